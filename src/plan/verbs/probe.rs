//! The plan of `sock probe`.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use super::trace::trace;
use crate::cli;
use crate::plan::options::{self};
use crate::plan::rules::{self, resolve, source};
use crate::plan::{Expectation, Input, List, Pace, Probe, Series, Wrong};
use crate::ports::PortList;
use crate::services::Services;
use crate::stage::socket::Transport;
use crate::targets::{self, LineForm, Target};
use crate::verdict::State;
use crate::word::nearest;

/// How long a server may take to speak first.
const BANNER: Duration = Duration::from_secs(2);

/// The time between two attempts, as ping(8) has it.
const INTERVAL: Duration = Duration::from_secs(1);

/// # Errors
/// Targets and combinations that make no sense.
pub fn probe(typed: cli::Probe, services: &dyn Services) -> Result<Probe, Wrong> {
    rules::scheme(&typed.words, typed.udp.udp)?;
    let ports = match &typed.targets.ports {
        Some(list) => Some(PortList::parse(list, services)?),
        None => None,
    };
    let lists = lists(&typed, ports.as_ref(), services)?;
    let words: Vec<String> = (typed.words.iter())
        .filter(|word| *word != "-")
        .cloned()
        .collect();
    let (targets, note) = match (&typed.targets.targets[..], &ports) {
        _ if words.is_empty() && !lists.is_empty() => (Vec::new(), None),
        // Beside --targets every word is a target, with ports of its own.
        ([_, ..], None) => each(&words, services)?,
        _ => targets::targets(&words, ports.as_ref(), services)?,
    };
    let unix = |target: &Target| matches!(target.host, targets::TargetHost::Unix(_));
    if typed.udp.udp
        && let Some(target) = targets.iter().find(|target| unix(target))
    {
        return Err(Wrong(format!(
            "{target}: -u asks over UDP, which a Unix socket is not"
        )));
    }
    let expect = match &typed.expect.expect {
        Some(word) => Some(word.parse::<State>().map_err(|unknown| {
            match nearest(word, State::EXPECTABLE.iter().map(|state| state.name())) {
                Some(meant) => Wrong(format!("--expect: {unknown}; did you mean `{meant}`?")),
                None => Wrong(format!("--expect: {unknown}")),
            }
        })?),
        None => None,
    };
    rules::expectable(expect)?;
    rules::expected_of_somebody(expect, &targets, &lists)?;
    rules::probe_pauses(&typed.run.pause)?;
    let hear = &typed.hear;
    let given = [("--banner-timeout", hear.banner_timeout.is_some())];
    rules::goes_with("--banner", hear.banner, &given)?;
    let is_heard = hear.banner || typed.udp.udp;
    rules::goes_with(
        "--banner or -u",
        is_heard,
        &[("--data", hear.data.is_some())],
    )?;
    let series = series(&typed, &targets)?;
    let transport = match typed.udp.udp {
        true => Transport::Udp,
        false => Transport::Tcp,
    };
    Ok(Probe {
        trace: trace(&typed, &targets, &lists, services)?,
        set: options::probe(&typed.packets, transport)?,
        source: source(
            typed.bind.source.as_deref(),
            !targets.is_empty() && targets.iter().all(unix),
        )?,
        targets,
        udp: typed.udp.udp,
        resolve: resolve(&typed.resolve),
        wait: typed.connect.connect_timeout,
        lists,
        pace: Pace {
            window: typed.pace.concurrency.map(|n| n as usize),
            max_rate: typed.pace.max_rate.and_then(NonZeroU32::new),
            retries: typed.connect.retry,
        },
        expect: Expectation {
            state: expect,
            wait: typed.expect.wait,
            any: typed.expect.any,
        },
        all_addresses: typed.probe.all_addresses,
        series,
        banner: (hear.banner).then(|| hear.banner_timeout.unwrap_or(BANNER)),
        data: typed.hear.data,
        note,
    })
}

/// How often all of it is asked.
fn series(typed: &cli::Probe, targets: &[Target]) -> Result<Option<Series>, Wrong> {
    let cli::Probe {
        series: typed,
        expect,
        trace,
        ..
    } = typed;
    let given = [
        ("--interval", typed.interval.is_some()),
        ("--max-loss", typed.max_loss.is_some()),
    ];
    rules::goes_with("--count", typed.count.is_some(), &given)?;
    let Some(count) = typed.count else {
        return Ok(None);
    };
    rules::asked_in_another_way(&[
        ("--wait", expect.wait.is_some()),
        ("--trace", trace.trace || trace.trace_against.is_some()),
    ])?;
    let rows = targets.iter().map(Target::len);
    rules::series_of_too_many(rows.fold(0, u64::saturating_add))?;
    Ok(Some(Series {
        count,
        interval: typed.interval.unwrap_or(INTERVAL),
        max_loss: typed.max_loss.unwrap_or(0.0),
    }))
}

/// The lists that were named.
fn lists(
    typed: &cli::Probe,
    ports: Option<&PortList>,
    services: &dyn Services,
) -> Result<Vec<List>, Wrong> {
    targets::after_stdin(&typed.words, services)?;
    let list = |input, expects| List {
        input,
        form: LineForm {
            ports: ports.cloned(),
            expects,
            udp: typed.udp.udp,
        },
    };
    let words = typed.words.iter().filter(|word| *word == "-");
    let words = words.map(|_| list(Input::Stdin, false));
    let files = typed.targets.targets.iter();
    let files = files.map(|path| list(input(path), false));
    let expected = typed.expect.expect_file.iter();
    let expected = expected.map(|path| list(input(path), true));
    let lists: Vec<List> = words.chain(files).chain(expected).collect();
    rules::one_stdin(&lists)?;
    Ok(lists)
}

fn input(path: &Path) -> Input {
    match path.as_os_str() == "-" {
        true => Input::Stdin,
        false => Input::File(path.to_owned()),
    }
}

/// Every word a target, and what there is to tell about them.
fn each(words: &[String], services: &dyn Services) -> Result<(Vec<Target>, Option<String>), Wrong> {
    let (mut all, mut notes) = (Vec::new(), Vec::new());
    for word in words {
        let (targets, note) = targets::targets(std::slice::from_ref(word), None, services)?;
        all.extend(targets);
        notes.extend(note);
    }
    Ok((all, (!notes.is_empty()).then(|| notes.join("; "))))
}
