//! `--allow` and `--deny` with their files read and their names looked up,
//! before anybody is invited.

use std::fs::File;
use std::io::{self, Read};
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
use crate::units::human_bytes;

/// The longest file, in bytes: half a million addresses fit in.
const LONGEST: u64 = 16 << 20;

/// So many wrong lines of a file are told one by one.
const TOLD: usize = 9;

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
    if allow.as_ref().is_some_and(Vec::is_empty) {
        run.note(
            Stage::Resolve,
            "--allow",
            "nobody is named: nobody may come in",
        );
    }
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
    let text = (run.guarded(|| read(path)))
        .map_err(|error| StageError::io(Stage::Resolve, &*object, Class::Local, &error))?;
    if text.len() as u64 > LONGEST {
        let reason = format!("it is longer than {}", human_bytes(LONGEST));
        return Err(StageError::new(Stage::Resolve, object, Class::Local, reason).into());
    }
    let (guests, wrong) = Guest::lines(&text);
    let Some((last, others)) = wrong.split_last() else {
        return Ok(guests);
    };
    let name = path.display();
    let is = |(line, why): &(usize, String)| {
        StageError::new(Stage::Resolve, format!("{name}:{line}"), Class::Local, why)
    };
    for one in others.iter().take(TOLD) {
        if let Some(event) = Failure::from(is(one)).event() {
            run.tell(event);
        }
    }
    Err(match others.len().checked_sub(TOLD) {
        None | Some(0) => is(last),
        Some(more) => {
            let reason = format!("{} more lines are wrong", more + 1);
            StageError::new(Stage::Resolve, name.to_string(), Class::Local, reason)
        }
    }
    .into())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    // A device may have no end.
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut text)?;
    Ok(text)
}
