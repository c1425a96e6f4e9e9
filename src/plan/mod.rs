//! What will be done: the rules between options, applied once, as data that
//! tests can compare. Pure but for [`Facts::ask`].
//!
//! Whatever a plan contains can be carried out as it stands; whatever cannot
//! is refused here, in clap's own form and with code 2.

mod errand;
mod facts;
mod flags;
mod options;
mod pauses;
mod rules;
mod survey;
#[cfg(test)]
mod tests;
mod verbs;
mod wrong;

use std::time::Duration;

use crate::cli::{self, Cli, Progress, Refusal, TheRun, When, usage_error};
use crate::report::{Rows, Style, Wanted};
use crate::run::Pause;
use crate::services::{Services, System};

pub use errand::{
    Act, Connect, Dial, Errand, Kind, Listen, Recv, Send, Talk, Verb, Wait, Way, What,
};
pub use facts::Facts;
pub use survey::{Expectation, Input, List, Pace, Probe, Series, Trace};
pub use wrong::{Undecided, Wrong};

/// A run, decided.
#[derive(Debug, PartialEq)]
pub struct Plan {
    pub style: Style,
    /// `--timeout`
    pub timeout: Option<Duration>,
    pub pauses: Vec<Pause>,
    pub errand: Errand,
}

impl Plan {
    /// Plans what was typed, on this machine.
    ///
    /// # Errors
    /// Words and combinations that make no sense.
    pub fn from_cli(cli: Cli) -> Result<Plan, Refusal> {
        Plan::new(cli, Facts::ask(), &System)
    }

    /// As [`Plan::from_cli`], with the facts given.
    ///
    /// # Errors
    /// Words and combinations that make no sense.
    pub fn new(cli: Cli, facts: Facts, services: &dyn Services) -> Result<Plan, Refusal> {
        Plan::decide(cli, facts, services).map_err(|no| usage_error(no.verb, no.json, no.wrong))
    }

    /// What is wrong with what was typed, if anything is.
    pub fn objection(cli: Cli) -> Option<String> {
        let decided = Plan::decide(cli, Facts::default(), &System);
        decided.err().map(|no| no.wrong.to_string())
    }

    /// As [`Plan::new`], for who wants to know only whether it can be done: a
    /// refusal in clap's form takes a thousand times as long.
    ///
    /// # Errors
    /// What is wrong.
    pub fn decide(cli: Cli, facts: Facts, services: &dyn Services) -> Result<Plan, Undecided> {
        let (verb, options, timeout, rows, planned) = match cli.verb {
            cli::Verb::Completions(shell) => return Ok(completions(shell.shell)),
            cli::Verb::Listen(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let plan = verbs::listen(typed, facts, services).map(Verb::Listen);
                ("listen", options, timeout, Rows::default(), plan)
            }
            cli::Verb::Connect(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let plan = verbs::connect(typed, services).map(Verb::Connect);
                ("connect", options, timeout, Rows::default(), plan)
            }
            cli::Verb::Send(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let plan = verbs::send(typed, facts, services).map(Verb::Send);
                ("send", options, timeout, Rows::default(), plan)
            }
            cli::Verb::Recv(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let plan = verbs::recv(typed, services).map(Verb::Recv);
                ("recv", options, timeout, Rows::default(), plan)
            }
            cli::Verb::Probe(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let rows = Rows {
                    all: typed.probe.all,
                    banner: typed.hear.banner,
                    differences: typed.expect.expect_file.is_some(),
                    attempts: typed.series.count.is_some(),
                };
                let plan = verbs::probe(typed, services).map(Verb::Probe);
                ("probe", options, timeout, rows, plan)
            }
        };
        let json = options.json;
        let planned = planned.map_err(|wrong| Undecided { verb, json, wrong })?;
        Ok(Plan {
            style: style(&options, facts, rows),
            timeout,
            pauses: options.pause,
            errand: Errand::Verb(Box::new(planned)),
        })
    }
}

fn completions(shell: clap_complete::Shell) -> Plan {
    Plan {
        style: Style::default(),
        timeout: None,
        pauses: Vec::new(),
        errand: Errand::Completions(shell),
    }
}

fn style(options: &TheRun, facts: Facts, rows: Rows) -> Style {
    let table = facts.stdout_terminal && !options.json;
    Style {
        json: options.json,
        verbose: options.verbose,
        quiet: options.quiet,
        color: match options.color {
            When::Always => true,
            When::Never => false,
            When::Auto => table && !facts.no_color,
        },
        table,
        rows,
        stderr_terminal: facts.stderr_terminal,
        width: facts.width,
        progress: match options.progress {
            Progress::Auto => Wanted::Auto,
            Progress::Always => Wanted::Always,
            Progress::Never => Wanted::Never,
        },
        stderr_width: facts.stderr_width,
    }
}
