//! Where candidates come from: files and the kernel's lists of this machine.
//! What cannot be read is empty. Nothing here asks a network.

mod hosts;
mod kernel;
mod sockets;

use std::path::PathBuf;

use crate::services;

/// What the machine knows.
pub trait Sources {
    /// Names of hosts, each once.
    fn hosts(&self) -> Vec<String>;
    /// Services and their ports.
    fn services(&self) -> Vec<(String, u16)>;
    /// Network interfaces.
    fn interfaces(&self) -> Vec<String>;
    /// IP addresses of this machine.
    fn addresses(&self) -> Vec<String>;
    /// Congestion controls that this user may choose.
    fn congestion(&self) -> Vec<String>;
    /// The home directory of the user, without a slash at its end.
    fn home(&self) -> String;
    /// Unix sockets whose address (a path, or `@NAME`) begins with `typed`, and
    /// directories, which end with a slash.
    fn sockets(&self, typed: &str) -> Vec<String>;
}

/// This machine, and the files of this user.
#[derive(Debug, Clone)]
pub struct Machine {
    home: Option<PathBuf>,
}

impl Machine {
    /// With the home directory of this process's environment.
    pub fn of_this_user() -> Machine {
        Machine {
            home: std::env::var_os("HOME").map(PathBuf::from),
        }
    }
}

impl Sources for Machine {
    fn hosts(&self) -> Vec<String> {
        hosts::all(self.home.as_deref())
    }

    fn services(&self) -> Vec<(String, u16)> {
        services::all()
    }

    fn interfaces(&self) -> Vec<String> {
        kernel::interfaces()
    }

    fn addresses(&self) -> Vec<String> {
        kernel::addresses()
    }

    fn congestion(&self) -> Vec<String> {
        kernel::congestion()
    }

    fn home(&self) -> String {
        let home = self.home.as_deref().and_then(|home| home.to_str());
        home.unwrap_or_default().trim_end_matches('/').to_owned()
    }

    fn sockets(&self, typed: &str) -> Vec<String> {
        sockets::beginning_with(typed)
    }
}
