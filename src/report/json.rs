//! Events for programs: one JSON object a line, schema `sock/1`. Pure.

use serde::Serialize;

use crate::event::Event;

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    #[serde(flatten)]
    event: &'a Event,
}

/// The event as a line, newline included.
pub fn line(event: &Event) -> String {
    let line = Line {
        schema: "sock/1",
        event,
    };
    // Every field is a string, a number or null: there is nothing to fail.
    let mut text = serde_json::to_string(&line).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_fields_is_that_of_the_declaration() {
        let event = Event::Error {
            stage: "connect",
            object: "10.0.0.5:5432".into(),
            reason: "connection refused".into(),
            errno: Some("ECONNREFUSED".into()),
            hint: None,
            code: 4,
        };
        assert_eq!(
            line(&event),
            "{\"schema\":\"sock/1\",\"event\":\"error\",\"stage\":\"connect\",\
             \"object\":\"10.0.0.5:5432\",\"reason\":\"connection refused\",\
             \"errno\":\"ECONNREFUSED\",\"hint\":null,\"code\":4}\n"
        );
    }
}
