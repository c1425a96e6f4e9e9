//! `sock`: the socket API, one stage at a time.
//!
//! The rooms of the house, in the order in which a run walks through them:
//!
//! argv -> cli -> plan -> verb -> stage/relay/serve/probe -> events -> report -> exit code

// The vocabulary: parse and Display, pure.
pub mod address;
pub mod dscp;
pub mod flags;
pub mod guests;
pub mod mode;
pub mod ports;
pub mod services;
pub mod targets;
pub mod text;
pub mod units;
pub mod word;

// What was typed, and what will be done.
pub mod cli;
pub mod plan;

// What may be typed next: cli and plan, asked from a shell.
pub mod complete;

// What happened and what it means: data.
pub mod event;
pub mod exit;
pub mod failure;
pub mod verdict;

// What does it.
pub mod probe;
pub mod relay;
pub mod run;
pub mod serve;
pub mod stage;
pub mod verb;

pub mod report;
pub mod sys;

use exit::{Done, Exit};
use failure::Failure;
use plan::{Errand, Plan};
use report::Report;
use run::Run;

/// From the words of the command line to the end of the process.
pub fn main() -> Exit {
    if let Some(candidates) = complete::asked() {
        return answer(&candidates);
    }
    let plan = match cli::parse(Plan::objection).and_then(Plan::from_cli) {
        Ok(plan) => plan,
        Err(refusal) => return refuse(refusal),
    };
    match plan.errand {
        Errand::Completions(shell) => answer(&complete::script(shell)),
        Errand::Verb(verb) => {
            let report = Report::new(plan.style);
            match Run::new(report, plan.timeout, plan.pauses) {
                Ok(mut run) => finish(verb::run(&mut run, &verb), run),
                Err(error) => local(&error, plan.style),
            }
        }
    }
}

fn finish(result: Result<Done, Failure>, run: Run) -> Exit {
    let exit = Exit::of(&result);
    let mut report = run.into_report();
    if let Err(failure) = result {
        report.failure(&failure);
    }
    exit
}

fn refuse(refusal: cli::Refusal) -> Exit {
    match cli::said(refusal) {
        cli::Said::Asked(text) => return answer(text.as_bytes()),
        cli::Said::Wrong(text) => report::complain(text.as_bytes()),
        cli::Said::WrongJson(first) => report::complain_json(&first),
    }
    Exit::Code(exit::USAGE)
}

/// Prints what was asked for, or says why it cannot.
fn answer(text: &[u8]) -> Exit {
    let Err(unwritten) = report::answer(text) else {
        return Exit::OK;
    };
    let failure = unwritten.at(stage::Stage::Send);
    report::last_words(&failure, report::Style::default());
    Exit::failure(&failure)
}

fn local(error: &std::io::Error, style: report::Style) -> Exit {
    let class = failure::Class::Local;
    let error = failure::StageError::io(stage::Stage::Socket, "signals", class, error);
    report::last_words(&error.into(), style);
    Exit::LOCAL
}
