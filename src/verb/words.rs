//! TEXT that comes from a file, read before anything is sent.

use crate::failure::{Class, Failure, StageError};
use crate::run::Run;
use crate::stage::Stage;
use crate::text::Text;

/// The text with its file, if it has one, read.
///
/// # Errors
/// open(2) and read(2).
pub fn loaded(run: &mut Run, text: &Text) -> Result<Text, Failure> {
    let mut text = text.clone();
    if let Some(path) = text.file().map(ToOwned::to_owned) {
        let object = path.display().to_string();
        run.enter(Stage::Send, &object);
        // A fifo waits for its writer.
        let content = run
            .guarded(|| std::fs::read(&path))
            .map_err(|error| StageError::io(Stage::Send, object, Class::Local, &error))?;
        text.load(content);
    }
    Ok(text)
}
