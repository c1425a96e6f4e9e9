//! `sock completions`.

use clap::Args;
use clap_complete::Shell;

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(
    long_about = "\
Print the completion script of a shell.

Those of bash, zsh and fish ask sock itself at TAB: it knows the hosts of \
/etc/hosts and of ssh's config and known_hosts, services, interfaces, Unix \
sockets and every value, and offers no option that the line would be refused \
for. It looks no name up.",
    after_long_help = COMPLETIONS_EXAMPLES
)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  sock completions bash >~/.local/share/bash-completion/completions/sock
  sock completions zsh >~/.zfunc/_sock    a directory of $fpath
  sock completions fish >~/.config/fish/completions/sock.fish
  . <(sock completions bash)              for this bash only";
