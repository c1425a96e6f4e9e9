//! sock-json(5), from the schema.

use std::fmt::Write;

use super::markup::{escape, inline, item, roff};
use super::page::{references, title};
use crate::support::json::Json;
use crate::support::schema::{events, schema};

const NAME: &str = "sock-json";

/// The page.
pub fn page() -> String {
    let mut out = title(NAME, 5);
    let _ = writeln!(
        out,
        ".SH NAME\n{} \\- what sock writes with \\-\\-json",
        escape(NAME)
    );
    out += &roff(INTRODUCTION);
    let of_stdout = |definition: &Json| definition.at("x-stream").text() == "stdout";
    for (heading, out_there) in [("RESULTS (STDOUT)", true), ("EVENTS (STDERR)", false)] {
        let _ = writeln!(out, ".SH \"{heading}\"");
        for (name, definition) in events().filter(|(_, one)| of_stdout(one) == out_there) {
            let _ = writeln!(out, ".SS {}", escape(name));
            out += &event(definition);
        }
    }
    let figures = schema().at("$defs").at("figures");
    let _ = writeln!(
        out,
        ".SH FIGURES\n{}",
        inline(figures.at("description").text())
    );
    out += &fields(figures);
    out += &roff(include_str!("text/sock-json.md"));
    out + &references([("sock", 1), ("sock-probe", 1), ("jq", 1)])
}

const INTRODUCTION: &str = "\
# DESCRIPTION

With `--json` every line that sock itself writes is one JSON object, in the
schema `sock/1`, written as soon as what it tells has happened. Payload stays
payload: of `connect`, `listen` and `recv` it has stdout for itself.

Every object begins with the field `schema`, which is `\"sock/1\"`, and the field
`event`, which is the name of one of the events below. All fields of an event are
always there, in the order given here; what is absent is null. Fields may be added
at the end of an event, and events may be added; names, types and order of those
that are here stay as they are for as long as the schema is `sock/1`.

Times are numbers in milliseconds, rates are bytes a second, addresses are
written as they are typed (`10.0.0.5:5432`, `[::1]:80`, `unix:/run/x`), IPv4
peers unmapped. Bytes that came from elsewhere are escaped.
";

fn event(definition: &Json) -> String {
    let mut out = inline(definition.at("description").text());
    let told = definition.at("x-told").text();
    let _ = writeln!(out, " Told {}.", inline(told));
    out + &fields(definition)
}

fn fields(definition: &Json) -> String {
    let properties = definition.at("properties").fields().iter();
    properties
        .filter(|(_, property)| property.get("const").is_none())
        .map(|(name, property)| {
            let mut text = property.at("description").text().to_owned();
            if let Some(values) = property.get("enum") {
                let values = values.list().iter().filter(|value| !value.is("null"));
                let values: Vec<String> = values.map(|one| format!("`{}`", one.text())).collect();
                let _ = write!(text, ": {}", values.join(", "));
            }
            item(&format!("`{name}` ({})", kind(property)), &text)
        })
        .collect()
}

fn kind(property: &Json) -> String {
    let Some(kind) = property.get("type") else {
        return "figures or null".to_owned();
    };
    match kind {
        Json::Text(kind) if kind == "array" => {
            format!("array of {}", property.at("items").at("type").text())
        }
        Json::Text(kind) => kind.clone(),
        kinds => kinds
            .list()
            .iter()
            .map(Json::text)
            .collect::<Vec<_>>()
            .join(" or "),
    }
}
