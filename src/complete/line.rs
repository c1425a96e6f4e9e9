//! The words of an unfinished command line, read by the definition. Unlike
//! clap it takes words that are wrong: somebody is still typing. Pure.

use clap::{Arg, Command};

/// What has been typed.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its definition, built; the program's own before a verb was typed.
    pub verb: &'a Command,
    /// The words before the cursor, the program's name first.
    pub before: &'a [String],
    /// The options among them.
    pub given: Vec<&'a Arg>,
    /// The words that are neither options nor their values.
    pub words: Vec<&'a str>,
    /// The word at the cursor.
    pub typed: &'a str,
    pub place: Place<'a>,
}

/// What the word at the cursor is.
#[derive(Debug)]
pub enum Place<'a> {
    Verb,
    /// The name of an option.
    Option,
    /// The value of this option, after this part of the same word.
    Value {
        arg: &'a Arg,
        before: String,
    },
    /// A word that is no option.
    Word,
    /// A part of the command that begins at this word.
    Command {
        at: usize,
    },
}

impl<'a> Line<'a> {
    /// Reads the words, the last of which is at the cursor; nothing where the
    /// verb is not one of ours, or an option stands before it: that line is
    /// refused whatever comes next.
    pub fn read(command: &'a Command, words: &'a [String]) -> Option<Line<'a>> {
        let (typed, before) = words.split_last()?;
        let mut line = Line {
            verb: command,
            before,
            given: Vec::new(),
            words: Vec::new(),
            typed,
            place: Place::Verb,
        };
        // The option whose value comes next, and whether `--` has ended options.
        let mut open: Option<&Arg> = None;
        let mut options = true;
        for (index, word) in before.iter().enumerate().skip(1) {
            if open.take().is_some() {
                continue;
            }
            if line.is_before_verb() && word.starts_with('-') {
                line.own(word)?;
            } else if options && word == "--" {
                if line.has_command() {
                    line.place = Place::Command { at: index + 1 };
                    return Some(line);
                }
                options = false;
            } else if options && word.starts_with('-') && word.len() > 1 {
                open = line.option(word);
            } else if line.is_before_verb() {
                line.verb = command.find_subcommand(word)?;
            } else {
                line.words.push(word);
            }
        }
        line.place = match open {
            Some(arg) => Place::Value {
                arg,
                before: String::new(),
            },
            None if options && typed.starts_with('-') => line.at_option(),
            None if line.is_before_verb() => Place::Verb,
            None => Place::Word,
        };
        Some(line)
    }

    /// Whether the option of this id was given.
    pub fn has(&self, id: &str) -> bool {
        self.given.iter().any(|arg| arg.get_id() == id)
    }

    /// Whether no verb was typed yet.
    pub fn is_before_verb(&self) -> bool {
        self.verb.has_subcommands()
    }

    /// The program's own option, such as `--version`.
    fn own(&self, word: &str) -> Option<&'a Arg> {
        match word.strip_prefix("--") {
            Some(long) => self.long(long),
            None => self.short(word.chars().nth(1)?),
        }
    }

    fn has_command(&self) -> bool {
        self.verb.get_positionals().any(Arg::is_last_set)
    }

    /// Notes an option, and says whether its value is the next word.
    fn option(&mut self, word: &str) -> Option<&'a Arg> {
        if let Some(name) = word.strip_prefix("--") {
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (name, None),
            };
            let arg = self.long(name)?;
            self.given.push(arg);
            return (takes_value(arg) && value.is_none()).then_some(arg);
        }
        let mut rest = word.chars().skip(1);
        while let Some(letter) = rest.next() {
            let arg = self.short(letter)?;
            self.given.push(arg);
            if takes_value(arg) {
                return rest.next().is_none().then_some(arg);
            }
        }
        None
    }

    /// The word at the cursor, which begins with a hyphen.
    fn at_option(&self) -> Place<'a> {
        let typed = self.typed;
        if let Some((name, _)) = typed.split_once('=')
            && let Some(arg) = name.strip_prefix("--").and_then(|name| self.long(name))
            && takes_value(arg)
        {
            let before = format!("{name}=");
            return Place::Value { arg, before };
        }
        let mut letters = typed.char_indices().skip(1);
        if let Some((_, letter)) = letters.next()
            && let Some(arg) = self.short(letter)
            && let Some((value, _)) = letters.next()
            && takes_value(arg)
        {
            let before = typed[..value].to_owned();
            return Place::Value { arg, before };
        }
        Place::Option
    }

    fn long(&self, name: &str) -> Option<&'a Arg> {
        let mut all = self.verb.get_arguments();
        all.find(|arg| arg.get_long() == Some(name))
    }

    fn short(&self, letter: char) -> Option<&'a Arg> {
        let mut all = self.verb.get_arguments();
        all.find(|arg| arg.get_short() == Some(letter))
    }
}

/// Whether a value follows the option.
pub fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}
