//! An option that another verb has.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

/// The verb whose usage is shown, and what is said; nothing where no verb has
/// the option that clap refused.
pub fn option(
    command: &Command,
    error: &clap::Error,
    words: &[OsString],
) -> Option<(String, String)> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(refused)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let name = refused.split('=').next()?;
    let verb = words.get(1)?.to_str()?;
    command.find_subcommand(verb)?;
    let is_it = |arg: &Arg| match name.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => arg.get_short() == name.chars().nth(1),
    };
    let has = |verb: &&Command| verb.get_arguments().any(is_it);
    let verbs = command.get_subcommands().filter(has).map(Command::get_name);
    let verbs: Vec<&str> = verbs.collect();
    (!verbs.is_empty()).then(|| {
        let said = format!("{name} is no option of {verb}, but of {}", verbs.join(", "));
        (verb.to_owned(), said)
    })
}
