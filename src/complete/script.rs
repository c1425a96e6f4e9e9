//! `sock completions SHELL`.

use clap_complete::Shell;

use crate::cli;

/// What makes a shell ask: for bash, zsh and fish the files of completions/,
/// which the binary answers; for the others what clap_complete writes, a list
/// of options that asks nobody.
pub fn script(shell: Shell) -> Vec<u8> {
    match shell {
        Shell::Bash => include_bytes!("../../completions/sock.bash").to_vec(),
        Shell::Zsh => include_bytes!("../../completions/_sock").to_vec(),
        Shell::Fish => include_bytes!("../../completions/sock.fish").to_vec(),
        other => {
            let mut text = Vec::new();
            clap_complete::generate(other, &mut cli::command(), "sock", &mut text);
            text
        }
    }
}
