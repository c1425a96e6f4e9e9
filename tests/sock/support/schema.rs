//! The schema of what `--json` writes, tests/schema/sock-1.json, and a check of
//! lines against it: as much of JSON Schema as that file uses, and beyond it the
//! order of fields, which is that of "required".

use std::ffi::OsString;
use std::fmt;
use std::sync::OnceLock;

use super::json::Json;

const SCHEMA: &str = include_str!("../../schema/sock-1.json");

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Stream::Out => "stdout",
            Stream::Err => "stderr",
        })
    }
}

/// The schema itself.
pub fn schema() -> &'static Json {
    static READ: OnceLock<Json> = OnceLock::new();
    READ.get_or_init(|| Json::parse(SCHEMA).expect("tests/schema/sock-1.json"))
}

/// The events in the order of the schema, each with its definition.
pub fn events() -> impl Iterator<Item = (&'static str, &'static Json)> {
    let list = schema().at("oneOf").list();
    list.iter().map(|one| {
        let name = one.at("$ref").text().trim_start_matches("#/$defs/");
        (name, schema().at("$defs").at(name))
    })
}

/// What is wrong with a line that `sock --json` wrote to this stream.
pub fn check(stream: Stream, line: &str) -> Result<(), String> {
    let found = Json::parse(line)?;
    let name = match found.get("event") {
        Some(Json::Text(name)) => name.as_str(),
        other => return Err(format!("no event, but {other:?}")),
    };
    let Some((_, wanted)) = events().find(|(known, _)| *known == name) else {
        return Err(format!("no event is called {name}"));
    };
    let there = wanted.at("x-stream").text();
    if there != stream.to_string() {
        return Err(format!("{name} belongs on {there}"));
    }
    matches(wanted, &found, name)
}

fn matches(wanted: &Json, found: &Json, at: &str) -> Result<(), String> {
    let wanted = match wanted.get("$ref") {
        Some(name) => (schema().at("$defs")).at(name.text().trim_start_matches("#/$defs/")),
        None => wanted,
    };
    let wrong = |what: String| Err(format!("{at}: {what}"));
    if let Some(only) = wanted.get("const")
        && only != found
    {
        return wrong(format!("{found:?} is not {only:?}"));
    }
    if let Some(kinds) = wanted.get("type") {
        let kinds = match kinds {
            Json::Text(_) => std::slice::from_ref(kinds),
            kinds => kinds.list(),
        };
        if !kinds.iter().any(|kind| found.is(kind.text())) {
            return wrong(format!("{found:?} is none of {kinds:?}"));
        }
    }
    if let Some(all) = wanted.get("enum")
        && !all.list().contains(found)
    {
        return wrong(format!("{found:?} is none of {:?}", all.list()));
    }
    if let (Some(Json::Number(least)), Json::Number(number)) = (wanted.get("minimum"), found)
        && number.as_f64() < least.as_f64()
    {
        return wrong(format!("{number} is less than {least}"));
    }
    match found {
        Json::List(items) => (items.iter())
            .try_for_each(|item| matches(wanted.at("items"), item, &format!("{at}[]"))),
        Json::Object(fields) => {
            let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            let order: Vec<&str> = wanted
                .at("required")
                .list()
                .iter()
                .map(Json::text)
                .collect();
            if names != order {
                return wrong(format!("its fields are {names:?}, not {order:?}"));
            }
            let properties = wanted.at("properties");
            (fields.iter()).try_for_each(|(name, value)| {
                matches(properties.at(name), value, &format!("{at}.{name}"))
            })
        }
        _ => Ok(()),
    }
}

/// What is wrong with the whole lines that a process wrote, if it was `sock` with
/// `--json`. Payload and what a peer's command complains about are others' lines.
pub fn complaints(program: &str, argv: &[OsString], out: &[u8], err: &[u8]) -> String {
    let Some(at) = argv.iter().position(|word| word == program) else {
        return String::new();
    };
    let own = argv[at + 1..].iter().take_while(|word| *word != "--");
    let words: Vec<_> = own.map(|word| word.to_string_lossy()).collect();
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&&**word));
    // Help is text, whatever else was asked for.
    if !any(&["--json"]) || any(&["-h", "--help", "-V", "--version"]) {
        return String::new();
    }
    let commands = argv.iter().any(|word| word == "--") || any(&["--sh"]);
    let probes = words.first().is_some_and(|verb| verb == "probe");
    let out = if probes { out } else { &[] };
    let mut wrong = String::new();
    for (stream, bytes) in [(Stream::Out, out), (Stream::Err, err)] {
        let text = String::from_utf8_lossy(bytes);
        for line in text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            if commands && !line.starts_with('{') {
                continue;
            }
            if let Err(why) = check(stream, line) {
                wrong += &format!("not of the schema, on {stream}: {why}\n    {line}");
            }
        }
    }
    wrong
}
