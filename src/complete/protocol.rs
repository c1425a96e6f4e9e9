//! How the scripts ask: `_SOCK_COMPLETE` says which shell wants to know, and
//! the words of the line are the words of the command.

use super::shell::Shell;
use super::sources::Machine;
use super::{Asked, Native, answer};
use crate::cli;
use crate::services::System;

/// The shell, and for bash what readline is about to do; see completions/.
const ASKED: &str = "_SOCK_COMPLETE";

/// The answer to a shell, if one is asking.
pub fn asked() -> Option<Vec<u8>> {
    let shell = Shell::read(std::env::var_os(ASKED)?.to_str()?)?;
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    let line = shell.line(&words);
    let mut command = cli::command();
    command.build();
    let asked = Asked {
        words: &line.words,
        matching: shell.matching(),
        sources: &Machine::of_this_user(),
        services: &System,
    };
    let mut found = match line.redirected {
        Some(answer) => answer,
        None => answer(&command, &asked),
    };
    if let Some(Native::Command { at }) = &mut found.native {
        *at = line.places.get(*at).copied().unwrap_or(*at);
    }
    let typed = words.last().map_or("", String::as_str);
    Some(shell.render(&found, typed).into_bytes())
}
