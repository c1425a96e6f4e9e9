//! Habits from nc, ncat, socat and nmap: what was typed in their language, in ours.
//! Pure; whether the answer parses is for the caller to see.

mod habit;
mod line;
mod names;
mod nc;
mod socat;
mod table;
#[cfg(test)]
mod tests;

use clap::Command;

use crate::address::Host;
use crate::ports::PortList;
use crate::word::nearest;
pub use habit::Habit;
#[cfg(test)]
use habit::quoted;
use habit::shown;
use table::Tongue;

/// What the words after `sock`, which were refused, mean elsewhere; nothing
/// where they look like nobody's habit.
pub fn meant(command: &Command, words: &[String]) -> Option<Habit> {
    let (first, rest) = words.split_first()?;
    match first.as_str() {
        "help" => return Some(help(command, rest)),
        "version" => {
            let version = vec!["--version".to_owned()];
            return Some(Habit::one("`version` is no verb".to_owned(), version));
        }
        name if names::is_tool(name) => return tool(command, name, rest),
        _ => {}
    }
    if let Some(habit) = named_otherwise(command, first, rest) {
        return Some(habit);
    }
    if let Some(habit) = option_first(command, words) {
        return Some(habit);
    }
    let verb = command.find_subcommand(first).map(Command::get_name);
    let words = if verb.is_some() { rest } else { words };
    if let Some(habit) = socat::meant(verb, words) {
        return Some(habit);
    }
    if verb.is_none() && !first.starts_with('-') && !is_address(command, words) {
        return None;
    }
    if let Some(habit) = nc::meant(command, verb, words) {
        return Some(habit);
    }
    let lacks_verb = verb.is_none() && first.starts_with('-') && nc::is_known(command, words);
    lacks_verb.then(|| {
        let first = shown(first);
        let verbs = "listen, connect, send, recv or probe";
        Habit::none(format!("a verb comes before `{first}`: {verbs}"))
    })
}

/// A word that is no verb, and no habit either.
pub fn no_verb(command: &Command, word: &str) -> String {
    let verbs = command.get_subcommands().map(Command::get_name);
    let word = shown(word);
    match nearest(&word, verbs) {
        Some(verb) => format!("`{word}` is no verb; did you mean `{verb}`?"),
        None => format!("`{word}` is no verb: listen, connect, send, recv or probe"),
    }
}

/// `sock nc -l 80`: the words of a tool after its name.
fn tool(command: &Command, name: &str, rest: &[String]) -> Option<Habit> {
    let wrong = format!("`{name}` is no verb");
    let habit = match name {
        "nmap" => nc::read_in(Tongue::Nmap, command, Some("probe"), rest).or_else(|| {
            let words = nc::ours(command, "probe", rest)?;
            Some(Habit::one(String::new(), words))
        })?,
        _ => meant(command, rest)?,
    };
    Some(habit.told(wrong))
}

/// A verb of ours by another name.
fn named_otherwise(command: &Command, first: &str, rest: &[String]) -> Option<Habit> {
    let wrong = format!("`{first}` is no verb");
    if let Some(verb) = names::dialler(first) {
        let has_options = rest.iter().any(|word| word.starts_with('-'));
        let words = nc::ours(command, verb, rest).filter(|_| !has_options)?;
        return Some(Habit::one(wrong, words));
    }
    let verb = names::verb(first)?;
    let habit = match nc::meant(command, Some(verb), rest) {
        Some(habit) => habit.told(wrong),
        None => Habit::one(wrong, nc::ours(command, verb, rest)?),
    };
    // Who wants a shell behind an open port says so himself.
    Some(match habit.runs() {
        true => Habit::none(format!("`{first}` is no verb; did you mean `{verb}`?")),
        false => habit,
    })
}

/// `sock -v connect host 80`, as other tools of several verbs take it.
fn option_first(command: &Command, words: &[String]) -> Option<Habit> {
    if !words.first()?.starts_with('-') {
        return None;
    }
    let is_verb = |word: &String| command.find_subcommand(word).is_some();
    let at = words.iter().position(is_verb)?;
    let (options, rest) = (&words[..at], &words[at + 1..]);
    let wrong = format!("a verb comes before `{}`", shown(&options[0]));
    let verb = &words[at];
    let after: Vec<String> = options.iter().chain(rest).cloned().collect();
    if let Some(habit) = nc::meant(command, Some(verb), &after) {
        return Some(habit.told(wrong));
    }
    let meant = std::iter::once(verb.clone()).chain(after).collect();
    Some(Habit::one(wrong, meant))
}

/// `sock help`, `sock help VERB`
fn help(command: &Command, rest: &[String]) -> Habit {
    let verb = rest
        .first()
        .filter(|verb| command.find_subcommand(verb).is_some());
    let words = verb.into_iter().cloned().chain(["--help".to_owned()]);
    let habit = Habit::one("`help` is no verb".to_owned(), words.collect());
    Habit {
        verb: verb.cloned(),
        ..habit
    }
}

/// Whether the first word is no verb because it is an address already.
fn is_address(command: &Command, words: &[String]) -> bool {
    let [first, rest @ ..] = words else {
        return false;
    };
    let verbs = command.get_subcommands().map(Command::get_name);
    let is_port = |word: &String| PortList::looks_like(word);
    let is_host = first == "localhost" || first.contains('.') && Host::parse(first).is_ok();
    let begins = is_port(first) || is_host || first.contains([':', '/']);
    // `lisen 5005` is no host of that name.
    nearest(first, verbs).is_none() && (begins || rest.first().is_some_and(is_port))
}
