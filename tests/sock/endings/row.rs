//! The words in which the tables are written.

/// What the peer does, step by step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Do {
    /// Reads so many bytes.
    Read(usize),
    /// Reads to the end, in order or not.
    ReadAll,
    Write(&'static str),
    /// Milliseconds in which it does nothing.
    Wait(u64),
    /// Half-closes: it has no more to say, and reads on.
    Shut,
    /// Closes; what was not read makes it a reset.
    Close,
    Reset,
    /// Neither speaks nor closes until we have ended.
    Hold,
}

/// What our stdin is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum In {
    /// /dev/null.
    Null,
    /// These bytes and the end: from a pipe, a file or a socket, by carrier.
    Bytes(&'static str),
    /// A pipe with these bytes, that stays open.
    Open(&'static str),
    /// A pipe into which this is written five times, 100 ms apart.
    Busy(&'static str),
    /// A terminal at which this is typed.
    Tty(&'static str),
    /// Closed at start.
    Closed,
}

/// What our stdout is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Out {
    /// A pipe, a file, /dev/null: by carrier.
    Any,
    /// A pipe whose reader has gone.
    Gone,
    /// Closed at start.
    Closed,
}

/// How we end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ends {
    Code(i32),
    Sigpipe,
}

/// What the peer sees of our end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen {
    Fin,
    /// TCP only: a Unix socket has no way to say it.
    Cut,
    /// It did not look, or it had ended itself.
    Nothing,
}

/// One line of a table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub options: &'static str,
    pub stdin: In,
    pub stdout: Out,
    pub peer: &'static [Do],
    /// Only where there are resets.
    pub tcp_only: bool,
    pub ends: Ends,
    /// Not before, and no later than, from the start on, in milliseconds.
    pub after: (u64, u64),
    /// The first line on stderr; empty where there is none.
    pub says: &'static str,
    /// On our stdout.
    pub out: &'static str,
    /// At the peer, as far as it reads.
    pub came: &'static str,
    pub seen: Seen,
}

impl Row {
    /// A row that ends at once, with 0, in silence.
    pub const fn new(options: &'static str, stdin: In, peer: &'static [Do]) -> Row {
        Row {
            options,
            stdin,
            stdout: Out::Any,
            peer,
            tcp_only: false,
            ends: Ends::Code(0),
            after: (0, 0),
            says: "",
            out: "",
            came: "",
            seen: Seen::Nothing,
        }
    }

    pub const fn stdout(mut self, stdout: Out) -> Row {
        self.stdout = stdout;
        self
    }

    pub const fn tcp_only(mut self) -> Row {
        self.tcp_only = true;
        self
    }

    pub const fn code(mut self, code: i32, says: &'static str) -> Row {
        self.ends = Ends::Code(code);
        self.says = says;
        self
    }

    pub const fn sigpipe(mut self) -> Row {
        self.ends = Ends::Sigpipe;
        self
    }

    pub const fn after(self, millis: u64) -> Row {
        self.between(millis, millis)
    }

    pub const fn between(mut self, least: u64, most: u64) -> Row {
        self.after = (least, most);
        self
    }

    pub const fn out(mut self, out: &'static str) -> Row {
        self.out = out;
        self
    }

    pub const fn came(mut self, came: &'static str, seen: Seen) -> Row {
        self.came = came;
        self.seen = seen;
        self
    }
}
