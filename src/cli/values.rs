//! Values of options that have no room of their own.

use std::net::IpAddr;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::relay::ending::OnEof;
use crate::run::Pause;
use crate::stage::Stage;
use crate::stage::connect::Retry;
use crate::stage::listen::MOST;
use crate::units::{Size, duration};
use crate::word::WordError;

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// `--progress`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Progress {
    /// On a terminal, after 0.3 s, unless payload is read from or shown on one
    #[default]
    Auto,
    /// Everywhere; where it is no terminal, or JSON, a line a second
    Always,
    /// Not at all
    Never,
}

/// `--digest`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Algorithm {
    Sha256,
}

pub(super) fn on_eof() -> impl TypedValueParser<Value = OnEof> {
    let value = |one: OnEof| PossibleValue::new(one.name()).help(one.about());
    PossibleValuesParser::new(OnEof::ALL.map(value)).map(|word| {
        let named = OnEof::ALL.into_iter().find(|one| one.name() == word);
        // The parser has let nothing else through.
        named.unwrap_or_default()
    })
}

pub(super) fn retry(word: &str) -> Result<Retry, WordError> {
    if word.eq_ignore_ascii_case("inf") {
        return Ok(Retry::Inf);
    }
    word.parse()
        .map(Retry::Times)
        .map_err(|_| WordError::new(word, "a number of tries, or inf"))
}

/// Of probe, which has other words for asking on and on.
pub(super) fn retry_probe(word: &str) -> Result<u32, WordError> {
    word.parse().map_err(|_| {
        let expected = "a number of tries (--wait DUR asks until all is as expected, \
                        --count inf until Ctrl-C)";
        WordError::new(word, expected)
    })
}

/// listen(2) takes an int; what is more than somaxconn is capped by the kernel.
pub(super) fn backlog(word: &str) -> Result<i32, WordError> {
    if word.eq_ignore_ascii_case("somaxconn") {
        return Ok(MOST);
    }
    match word.parse() {
        Ok(backlog) if backlog >= 1 => Ok(backlog),
        _ => Err(WordError::new(
            word,
            "a number of connections from 1 to 2147483647, or somaxconn",
        )),
    }
}

pub(super) fn max_clients(word: &str) -> Result<usize, WordError> {
    match word.parse() {
        Ok(most @ 1..) => Ok(most),
        _ => Err(WordError::new(word, "a number of clients, at least 1")),
    }
}

/// setsockopt(2) takes an int.
pub(super) fn buffer(word: &str) -> Result<u32, WordError> {
    match Size::parse(word)? {
        Size(bytes @ 1..=0x7fff_ffff) => Ok(bytes as u32),
        _ => Err(WordError::new(word, "a size from one byte to below 2 GiB")),
    }
}

/// tcp(7) knows whole seconds, up to MAX_TCP_KEEPIDLE.
pub(super) fn keepalive(word: &str) -> Result<u16, WordError> {
    let wrong = || WordError::new(word, "whole seconds, from 1s to 32767s");
    let time = duration(word)?;
    match u16::try_from(time.as_secs()) {
        Ok(seconds @ 1..=32_767) if time.subsec_nanos() == 0 => Ok(seconds),
        _ => Err(wrong()),
    }
}

/// Milliseconds in an int; 0 would mean the kernel's own.
pub(super) fn user_timeout(word: &str) -> Result<Duration, WordError> {
    let time = duration(word)?;
    let is_whole = time.subsec_nanos().is_multiple_of(1_000_000);
    match time.as_millis() {
        1..=0x7fff_ffff if is_whole => Ok(time),
        _ => Err(WordError::new(
            word,
            "whole milliseconds, from 1ms to 24 days",
        )),
    }
}

/// `struct linger` counts whole seconds in an int; the kernel's own clock ends
/// somewhat before it.
pub(super) fn linger(word: &str) -> Result<Duration, WordError> {
    let time = duration(word)?;
    match time.as_secs() {
        0..=1_000_000 if time.subsec_nanos() == 0 => Ok(time),
        _ => Err(WordError::new(word, "whole seconds, at most 1000000")),
    }
}

pub(super) fn mark(word: &str) -> Result<u32, WordError> {
    let read = match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    };
    read.ok_or_else(|| WordError::new(word, "a number from 0 to 4294967295, or 0x0 to 0xffffffff"))
}

/// The kernel cuts longer names without a word: IFNAMSIZ, TCP_CA_NAME_MAX.
pub(super) fn kernel_name(word: &str) -> Result<String, WordError> {
    match word.len() {
        1..=15 if !word.contains(['\0', '/', ' ']) => Ok(word.to_owned()),
        _ => Err(WordError::new(word, "a name of 1 to 15 characters")),
    }
}

pub(super) fn group(word: &str) -> Result<IpAddr, WordError> {
    match word.parse::<IpAddr>() {
        Ok(ip) if ip.is_multicast() => Ok(ip),
        _ => Err(WordError::new(
            word,
            "the address of a group: 224.0.0.0 to 239.255.255.255, or ff00::/8",
        )),
    }
}

pub(super) fn chunk(word: &str) -> Result<Size, WordError> {
    match Size::parse(word)? {
        Size(0) => Err(WordError::new(word, "a size of at least one byte")),
        size => Ok(size),
    }
}

pub(super) fn recv_chunk(word: &str) -> Result<Size, WordError> {
    match Size::parse(word)? {
        size @ Size(1..=0x40_0000) => Ok(size),
        _ => Err(WordError::new(word, "a size from one byte to 4MiB")),
    }
}

/// `5`, `5%`, `0.1`
pub(super) fn percent(word: &str) -> Result<f64, WordError> {
    match word.strip_suffix('%').unwrap_or(word).parse() {
        Ok(percent @ 0.0..=100.0) => Ok(percent),
        _ => Err(WordError::new(word, "a share from 0 to 100 percent")),
    }
}

pub(super) fn pause(word: &str) -> Result<Pause, WordError> {
    let Some((stage, time)) = word.split_once('=') else {
        return Err(WordError::new(word, "STAGE=DUR").meant("connect=2s"));
    };
    Ok(Pause {
        stage: stage.parse::<Stage>()?,
        time: duration(time)?,
    })
}
