//! Examples in a text: commands after `$ `, and what is shown of their output.

/// Commands that belong together: what listens in one of them, listens for the
/// later ones.
#[derive(Debug, Default)]
pub struct Block {
    pub steps: Vec<Step>,
    /// The code of the last command; others end with 0.
    pub code: Option<i32>,
}

/// One command.
#[derive(Debug)]
pub struct Step {
    pub line: String,
    pub shown: Vec<String>,
}

/// What stands before a block that is not just run: `<!-- example: code 4 -->`, or
/// `not run`, and why.
fn directive(line: &str) -> Option<&str> {
    let inner = line.strip_prefix("<!-- example: ")?;
    Some(inner.trim_end_matches("-->").trim())
}

fn block<'a>(said: Option<&str>, lines: impl Iterator<Item = &'a str>) -> Option<Block> {
    let mut block = Block::default();
    match said {
        None => {}
        Some(said) if said.starts_with("not run") => return None,
        Some(said) => {
            let code = said.strip_prefix("code ").expect("a known directive");
            block.code = Some(code.parse().expect("a code"));
        }
    }
    for line in lines {
        match (line.strip_prefix("$ "), block.steps.last_mut()) {
            (Some(line), _) => block.steps.push(Step {
                line: line
                    .split("  #")
                    .next()
                    .unwrap_or(line)
                    .trim_end()
                    .to_owned(),
                shown: Vec::new(),
            }),
            // A command goes on where it cannot have ended.
            (None, Some(step)) if step.line.ends_with(['\\', '|']) => {
                step.line = format!("{}\n{line}", step.line);
            }
            (None, Some(step)) if !line.trim().is_empty() => step.shown.push(line.to_owned()),
            _ => {}
        }
    }
    (!block.steps.is_empty()).then_some(block)
}

/// The ```console blocks of a Markdown text.
pub fn console(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut said = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(words) = directive(line) {
            said = Some(words);
        } else if line == "```console" {
            let inside = lines.by_ref().take_while(|line| *line != "```");
            blocks.extend(block(said.take(), inside.collect::<Vec<_>>().into_iter()));
        }
    }
    blocks
}

/// The indented blocks of the text of a page.
pub fn indented(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut said = None;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(words) = directive(line) {
            said = Some(words);
        } else if let Some(first) = line.strip_prefix("    ") {
            let mut inside = vec![first];
            while let Some(line) = lines.next_if(|line| line.starts_with("    ")) {
                inside.push(&line[4..]);
            }
            blocks.extend(block(said.take(), inside.into_iter()));
        }
    }
    blocks
}
