//! Flag lists of send(2) and recv(2), by name. Pure.

use std::fmt;

use nix::libc;

use crate::word::{WordError, nearest};

/// A flag: its name in lower case without `MSG_`, and its bit.
type Flag = (&'static str, i32);

const SEND: &[Flag] = &[
    ("confirm", libc::MSG_CONFIRM),
    ("dontroute", libc::MSG_DONTROUTE),
    ("dontwait", libc::MSG_DONTWAIT),
    ("eor", libc::MSG_EOR),
    ("more", libc::MSG_MORE),
    ("nosignal", libc::MSG_NOSIGNAL),
    ("oob", libc::MSG_OOB),
];

const RECV: &[Flag] = &[
    ("dontwait", libc::MSG_DONTWAIT),
    ("oob", libc::MSG_OOB),
    ("peek", libc::MSG_PEEK),
    ("trunc", libc::MSG_TRUNC),
    ("waitall", libc::MSG_WAITALL),
];

/// Flags of send(2). `nosignal` is among them unless `none` took it out: then
/// a write to a closed connection kills the process, as it would a C program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SendFlags(i32);

/// Flags of recv(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RecvFlags(i32);

impl Default for SendFlags {
    fn default() -> Self {
        Self(libc::MSG_NOSIGNAL)
    }
}

impl SendFlags {
    /// Reads names between commas, in any case, with or without `MSG_`. Each
    /// adds to `nosignal`; `none` (or `0`) clears what stands before it.
    ///
    /// # Errors
    /// A name that is no flag of send(2), with the nearest that is.
    pub fn parse(list: &str) -> Result<Self, WordError> {
        read(list, SEND, Self::default().0, "send(2)").map(Self)
    }

    /// The bits for the system call.
    pub fn bits(&self) -> i32 {
        self.0
    }

    /// Whether the flag of this name is set.
    pub fn has(&self, name: &str) -> bool {
        find(name, SEND).is_some_and(|bit| self.0 & bit != 0)
    }
}

/// The words of a list of send(2)'s flags, and what each asks for.
pub fn send_words() -> impl Iterator<Item = (&'static str, &'static str)> {
    words(SEND).chain([("none", "no flag at all, not even nosignal")])
}

/// The words of a list of recv(2)'s flags, and what each asks for.
pub fn recv_words() -> impl Iterator<Item = (&'static str, &'static str)> {
    words(RECV).chain([("none", "no flag at all")])
}

fn words(flags: &'static [Flag]) -> impl Iterator<Item = (&'static str, &'static str)> {
    flags.iter().map(|flag| (flag.0, about(flag.1)))
}

/// As send(2) and recv(2) describe it.
fn about(bit: i32) -> &'static str {
    match bit {
        libc::MSG_CONFIRM => "tell the link layer that the peer answered",
        libc::MSG_DONTROUTE => "to hosts of this link only",
        libc::MSG_DONTWAIT => "fail instead of waiting",
        libc::MSG_EOR => "the record ends here (seqpacket)",
        libc::MSG_MORE => "more follows: wait with a small segment",
        libc::MSG_NOSIGNAL => "no SIGPIPE where nobody reads any more",
        libc::MSG_OOB => "urgent data",
        libc::MSG_PEEK => "leave it in the queue",
        libc::MSG_TRUNC => "the real length of a datagram; TCP: throw it away",
        libc::MSG_WAITALL => "wait until as much is there as was asked for",
        _ => "",
    }
}

/// Flags of send(2) as a C program writes them: `MSG_MORE|MSG_NOSIGNAL`, or `0`.
pub fn send_names(bits: i32) -> String {
    c_names(bits, SEND)
}

/// Flags of recv(2) as a C program writes them.
pub fn recv_names(bits: i32) -> String {
    c_names(bits, RECV)
}

impl RecvFlags {
    /// Reads names between commas, in any case, with or without `MSG_`. `none`
    /// (or `0`) clears what stands before it.
    ///
    /// # Errors
    /// A name that is no flag of recv(2), with the nearest that is.
    pub fn parse(list: &str) -> Result<Self, WordError> {
        read(list, RECV, 0, "recv(2)").map(Self)
    }

    /// The bits for the system call.
    pub fn bits(&self) -> i32 {
        self.0
    }

    /// Whether the flag of this name is set.
    pub fn has(&self, name: &str) -> bool {
        find(name, RECV).is_some_and(|bit| self.0 & bit != 0)
    }
}

impl fmt::Display for SendFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without `none` in front the list would bring nosignal back.
        let prefix = match self.0 {
            bits if bits & libc::MSG_NOSIGNAL != 0 => "",
            0 => "none",
            _ => "none,",
        };
        write!(f, "{prefix}{}", names(self.0, SEND).join(","))
    }
}

impl fmt::Display for RecvFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("none"),
            bits => f.write_str(&names(bits, RECV).join(",")),
        }
    }
}

fn read(list: &str, flags: &[Flag], always: i32, call: &str) -> Result<i32, WordError> {
    list.split([',', '|']).try_fold(always, |bits, word| {
        let name = word.trim();
        if name.eq_ignore_ascii_case("none") || name == "0" {
            return Ok(0);
        }
        find(name, flags)
            .map(|bit| bits | bit)
            .ok_or_else(|| wrong(name, flags, call))
    })
}

fn wrong(name: &str, flags: &[Flag], call: &str) -> WordError {
    let all: Vec<&str> = flags.iter().map(|flag| flag.0).collect();
    let expected = format!("a flag of {call}: {} or none", all.join(", "));
    let error = WordError::new(name, expected);
    match nearest(&bare(name), all) {
        Some(meant) => error.meant(meant),
        None => error,
    }
}

fn bare(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("msg_").unwrap_or(&name).to_owned()
}

fn find(name: &str, flags: &[Flag]) -> Option<i32> {
    let name = bare(name);
    flags.iter().find(|flag| flag.0 == name).map(|flag| flag.1)
}

fn names(bits: i32, flags: &[Flag]) -> Vec<&'static str> {
    let set = flags.iter().filter(|flag| bits & flag.1 != 0);
    set.map(|flag| flag.0).collect()
}

fn c_names(bits: i32, flags: &[Flag]) -> String {
    match bits {
        0 => "0".to_owned(),
        _ => format!("MSG_{}", names(bits, flags).join("|MSG_").to_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nosignal_is_on_unless_it_is_cleared() {
        let table = [
            ("more", "MSG_MORE|MSG_NOSIGNAL", "more,nosignal"),
            (
                "MSG_MORE|msg_oob",
                "MSG_MORE|MSG_NOSIGNAL|MSG_OOB",
                "more,nosignal,oob",
            ),
            ("NoSignal", "MSG_NOSIGNAL", "nosignal"),
            ("none", "0", "none"),
            ("0", "0", "none"),
            ("more, none", "0", "none"),
            ("none,eor,more", "MSG_EOR|MSG_MORE", "none,eor,more"),
        ];
        for (list, c, shown) in table {
            let flags = SendFlags::parse(list).unwrap();
            assert_eq!(
                (
                    send_names(flags.bits()).as_str(),
                    flags.to_string().as_str()
                ),
                (c, shown)
            );
        }
        assert_eq!(SendFlags::default().bits(), libc::MSG_NOSIGNAL);
        assert!(SendFlags::default().has("MSG_NOSIGNAL"));
        assert!(!SendFlags::default().has("more"));
        assert_eq!(
            RecvFlags::parse("peek,TRUNC").unwrap().to_string(),
            "peek,trunc"
        );
        assert_eq!(RecvFlags::parse("peek,none").unwrap(), RecvFlags::default());
        assert_eq!(RecvFlags::default().to_string(), "none");
    }

    #[test]
    fn wrong_names_are_answered_with_the_nearest() {
        let table = [
            ("mor", Some("more")),
            ("MSG_DONTWAI", Some("dontwait")),
            ("more,nosignl", Some("nosignal")),
            ("peek", None),
            ("", None),
            ("more,", None),
        ];
        for (list, meant) in table {
            let error = SendFlags::parse(list).unwrap_err();
            assert_eq!(error.meant.as_deref(), meant, "{list}");
        }
        let error = RecvFlags::parse("peak").unwrap_err().to_string();
        let want = "`peak`: expected a flag of recv(2): \
                    dontwait, oob, peek, trunc, waitall or none; did you mean `peek`?";
        assert_eq!(error, want);
    }

    #[test]
    fn every_word_is_read_and_described() {
        for (word, about) in send_words() {
            assert!(
                SendFlags::parse(word).is_ok() && !about.is_empty(),
                "{word}"
            );
        }
        for (word, about) in recv_words() {
            assert!(
                RecvFlags::parse(word).is_ok() && !about.is_empty(),
                "{word}"
            );
        }
    }

    proptest! {
        #[test]
        fn round_trips(mask: i32) {
            let of = |flags: &[Flag]| flags.iter().fold(0, |all, flag| all | (mask & flag.1));
            let (send, recv) = (SendFlags(of(SEND)), RecvFlags(of(RECV)));
            prop_assert_eq!(SendFlags::parse(&send.to_string()).unwrap(), send);
            prop_assert_eq!(RecvFlags::parse(&recv.to_string()).unwrap(), recv);
        }
    }
}
