//! An option that another verb has.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

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
    let name = refused.strip_prefix("--")?.split('=').next()?;
    let verb = words.get(1)?.to_str()?;
    command.find_subcommand(verb)?;
    let has = |verb: &&Command| verb.get_arguments().any(|arg| arg.get_long() == Some(name));
    let verbs = command.get_subcommands().filter(has).map(Command::get_name);
    let verbs: Vec<&str> = verbs.collect();
    (!verbs.is_empty()).then(|| {
        let said = format!(
            "--{name} is no option of {verb}, but of {}",
            verbs.join(", ")
        );
        (verb.to_owned(), said)
    })
}
