//! `--allow` and `--deny` with their files read and their names looked up,
//! before anybody is invited.

use std::path::Path;
use std::sync::Arc;

use crate::address::Host;
use crate::failure::{Class, Failure, StageError};
use crate::guests::{Guest, Guests, Typed, whole};
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::accept::Doorkeeper;
use crate::stage::resolve::{self, Family, resolve};
use crate::targets::Cidr;

/// Who watches the door; None where everybody may come.
///
/// # Errors
/// A file that cannot be read or has a wrong line, a name that does not resolve.
pub fn doorkeeper(
    run: &mut Run,
    typed: &Typed,
    options: &resolve::Options,
) -> Result<Option<Arc<Doorkeeper>>, Failure> {
    if typed.is_empty() {
        return Ok(None);
    }
    // -4 and -6 are about our own addresses, not about who may come.
    let options = resolve::Options {
        family: Family::Any,
        ..*options
    };
    let deny = blocks(run, "--deny", &typed.deny, &options)?;
    let allow = match typed.allow.as_slice() {
        [] => None,
        named => Some(blocks(run, "--allow", named, &options)?),
    };
    Ok(Some(Arc::new(Doorkeeper::new(Guests::new(allow, deny)))))
}

fn blocks(
    run: &mut Run,
    option: &str,
    guests: &[Guest],
    options: &resolve::Options,
) -> Result<Vec<Cidr>, Failure> {
    let mut found = Vec::new();
    for guest in guests {
        match guest {
            Guest::Block(block) => found.push(*block),
            Guest::Name(name) => {
                let addresses = resolve(run, &Host::Name(name.clone()), 0, options)?;
                found.extend(addresses.iter().filter_map(|address| whole(address.ip())));
            }
            Guest::File(path) => {
                let guests = file(run, option, path)?;
                found.extend(blocks(run, option, &guests, options)?);
            }
        }
    }
    Ok(found)
}

fn file(run: &mut Run, option: &str, path: &Path) -> Result<Vec<Guest>, Failure> {
    let object = format!("{option} @{}", path.display());
    run.enter(Stage::Resolve, &object);
    // A fifo waits for its writer.
    let text = run
        .guarded(|| std::fs::read_to_string(path))
        .map_err(|error| StageError::io(Stage::Resolve, &*object, Class::Local, &error))?;
    Guest::lines(&text).map_err(|(line, error)| {
        let reason = format!("line {line}: {error}");
        StageError::new(Stage::Resolve, object, Class::Local, reason).into()
    })
}
