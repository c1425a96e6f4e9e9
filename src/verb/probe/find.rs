//! From targets to subjects: each name is looked up once, before the first
//! question is put.

use std::collections::HashMap;
use std::path::PathBuf;

use super::subject::{At, Subject};
use crate::address::{Host, Unix};
use crate::failure::{Class, Failure, StageError};
use crate::plan::Probe;
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::resolve::{Family, resolve};
use crate::targets::{Cidr, Target, TargetHost};

/// What was found.
#[derive(Default)]
pub struct Found {
    /// The targets whose addresses are known; after an early end also those
    /// that were not looked up.
    pub subjects: Vec<Subject>,
    /// The kinds of trouble of the others, which have been told.
    pub missing: Vec<Class>,
    /// What ended the run before all were looked up.
    pub ended: Option<Failure>,
}

/// Looks all targets up. A name that does not resolve is told and left out.
pub fn find(run: &mut Run, plan: &Probe) -> Found {
    let mut known: HashMap<&Host, Result<At, Class>> = HashMap::new();
    let mut found = Found::default();
    for target in &plan.targets {
        let at = match &target.host {
            TargetHost::Unix(unix) => Ok(At::Unix(path(unix))),
            _ if found.ended.is_some() => Ok(At::Unknown),
            TargetHost::Cidr(block) => in_reach(block, plan).map_err(|error| tell(run, error)),
            TargetHost::Host(host) => match known.get(host) {
                Some(at) => at.clone(),
                None => match addresses(run, host, plan) {
                    Err(Failure::Stage(error)) => {
                        let at = Err(tell(run, error));
                        known.insert(host, at.clone());
                        at
                    }
                    Err(ended) => {
                        found.ended = Some(ended);
                        Ok(At::Unknown)
                    }
                    Ok(at) => {
                        known.insert(host, Ok(at.clone()));
                        Ok(at)
                    }
                },
            },
        };
        match at {
            Ok(at) => found.subjects.push(subject(target, at)),
            Err(class) => found.missing.push(class),
        }
    }
    found
}

fn subject(target: &Target, at: At) -> Subject {
    Subject {
        name: target.host.to_string(),
        at,
        ports: target.ports.clone(),
    }
}

fn tell(run: &mut Run, error: StageError) -> Class {
    let class = error.class;
    if let Some(event) = Failure::from(error).event() {
        run.tell(event);
    }
    class
}

fn addresses(run: &mut Run, host: &Host, plan: &Probe) -> Result<At, Failure> {
    let mut addresses = resolve(run, host, 0, &plan.resolve)?;
    if let Some(source) = &plan.source {
        addresses.retain(|address| source.reaches(address));
    }
    match addresses.is_empty() {
        true => Err(out_of_reach(host.to_string()).into()),
        false => Ok(At::Addresses(addresses)),
    }
}

/// A block, if it is of a family that is asked.
fn in_reach(block: &Cidr, plan: &Probe) -> Result<At, StageError> {
    let Some(first) = block.iter().next() else {
        return Ok(At::Block(*block));
    };
    if !plan.resolve.family.takes(first) {
        let family = match plan.resolve.family {
            Family::V4 => "IPv4",
            Family::V6 | Family::Any => "IPv6",
        };
        let reason = format!("has no {family} address");
        return Err(StageError::new(
            Stage::Resolve,
            block.to_string(),
            Class::Name,
            reason,
        ));
    }
    if (plan.source).is_some_and(|source| !source.reaches(&(first, 0).into())) {
        return Err(out_of_reach(block.to_string()));
    }
    Ok(At::Block(*block))
}

fn out_of_reach(name: String) -> StageError {
    let reason = "has no address of the family of --source";
    StageError::new(Stage::Bind, name, Class::Local, reason)
}

/// The name as unix(7) has it in `sun_path`.
fn path(unix: &Unix) -> PathBuf {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    match unix {
        Unix::Path(path) => path.clone(),
        Unix::Abstract(name) => {
            let mut bytes = vec![0];
            bytes.extend(name);
            OsString::from_vec(bytes).into()
        }
    }
}
