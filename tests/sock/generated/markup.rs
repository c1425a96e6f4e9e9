//! The text of the hand-written sections, in a few marks of Markdown, as roff:
//!
//! - `# HEADING`, `## Heading`; an empty line parts paragraphs
//! - four spaces: as it stands
//! - `- term: what it is`; further lines are indented by two spaces
//! - `| a | b |`: a row of a table; the first is its heading, `|---|` is skipped
//! - `code` in bold; `<!-- -->` is for the tests alone

use std::fmt::Write;

/// Text for roff: no escape, no control line, and hyphens that can be searched.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    if text.starts_with(['.', '\'']) {
        out += "\\&";
    }
    for c in text.chars() {
        match c {
            '\\' => out += "\\e",
            '-' => out += "\\-",
            '\'' => out += "\\(aq",
            '^' => out += "\\(ha",
            '~' => out += "\\(ti",
            '`' => out += "\\(ga",
            'µ' => out += "\\(mc",
            c => out.push(c),
        }
    }
    out
}

/// The same, with what stands between backticks in bold.
pub fn inline(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        match at % 2 {
            0 if at == 0 => out += &escape(part),
            0 => out += escape(part).trim_start_matches("\\&"),
            _ => {
                let _ = write!(out, "\\fB{}\\fR", escape(part).trim_start_matches("\\&"));
            }
        }
    }
    out
}

/// A paragraph as it stands.
pub fn literal<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::from(".RS 2\n.nf\n");
    for line in lines {
        let _ = writeln!(out, "{}", escape(line));
    }
    out + ".fi\n.RE\n"
}

/// A paragraph under a term.
pub fn item(term: &str, text: &str) -> String {
    format!(".TP\n{}\n{}\n", inline(term), inline(text))
}

/// All of it.
pub fn roff(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    // A heading has its own space below.
    let mut fresh = true;
    while let Some(line) = lines.next() {
        let follows = |start: &'static str| move |line: &&str| line.starts_with(start);
        if line.trim().is_empty() || line.starts_with("<!--") {
            continue;
        }
        if let Some(heading) = line.strip_prefix("# ") {
            let _ = writeln!(out, ".SH {}", quoted(heading));
            fresh = true;
            continue;
        }
        if let Some(heading) = line.strip_prefix("## ") {
            let _ = writeln!(out, ".SS {}", quoted(heading));
            fresh = true;
            continue;
        }
        if let Some(first) = line.strip_prefix("    ") {
            let mut block = vec![first];
            while let Some(line) = lines.next_if(follows("    ")) {
                block.push(&line[4..]);
            }
            if !fresh {
                out += ".PP\n";
            }
            out += &literal(block);
        } else if let Some(first) = line.strip_prefix("- ") {
            let mut words = first.to_owned();
            while let Some(line) = lines.next_if(follows("  ")) {
                let _ = write!(words, " {}", line.trim());
            }
            let (term, what) = words.split_once(": ").expect("- term: what it is");
            out += &item(term, what);
        } else if line.starts_with('|') {
            let mut rows = vec![line];
            while let Some(line) = lines.next_if(follows("|")) {
                rows.push(line);
            }
            out += &table(&rows);
        } else {
            let mut words = line.trim().to_owned();
            while let Some(line) =
                lines.next_if(|line| !line.trim().is_empty() && !line.starts_with("    "))
            {
                let _ = write!(words, " {}", line.trim());
            }
            if !fresh {
                out += ".PP\n";
            }
            let _ = writeln!(out, "{}", inline(&words));
        }
        fresh = false;
    }
    out
}

fn quoted(heading: &str) -> String {
    format!("\"{}\"", escape(heading))
}

/// A table of two columns is a list of terms: its text may be long. One of more
/// is a table of tbl(1), whose cells must be short.
fn table(rows: &[&str]) -> String {
    let cells = |row: &str| -> Vec<String> {
        let inner = row
            .trim()
            .strip_prefix('|')
            .and_then(|row| row.strip_suffix('|'))
            .expect("| a | b |");
        inner
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let (head, rest) = rows.split_first().expect("a heading");
    let head = cells(head);
    let rest = rest.iter().filter(|row| !row.starts_with("|-"));
    if head.len() == 2 {
        return rest
            .map(|row| {
                let row = cells(row);
                item(&row[0], &row[1])
            })
            .collect();
    }
    // tbl(1) would keep it on one page, and a terminal has none.
    let columns = "l2 ".repeat(head.len() - 1) + "l.";
    let mut out = format!(".PP\n.TS\nnokeep;\n{columns}\n");
    let joined = |row: &[String]| -> String {
        let cells: Vec<String> = row.iter().map(|cell| inline(cell)).collect();
        cells.join("\t")
    };
    let _ = writeln!(out, "{}\n_", joined(&head));
    for row in rest {
        let _ = writeln!(out, "{}", joined(&cells(row)));
    }
    out + ".TE\n"
}

#[test]
fn generated_roff_says_what_was_written() {
    let text = "# A HEADING\n\nOne `-v`\nline.\n\n    $ x '\\n'\n    .y\n\n- `a`: b\n  c\n";
    let want = ".SH \"A HEADING\"\nOne \\fB\\-v\\fR line.\n.PP\n.RS 2\n.nf\n$ x \\(aq\\en\\(aq\n\
                \\&.y\n.fi\n.RE\n.TP\n\\fBa\\fR\nb c\n";
    assert_eq!(roff(text), want);
}
