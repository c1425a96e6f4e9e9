//! TEXT that comes from a file, read before anything is sent.

use crate::failure::{Class, Failure, StageError};
use crate::stage::Stage;
use crate::text::Text;

/// The text with its file, if it has one, read.
///
/// # Errors
/// open(2) and read(2).
pub fn loaded(text: &Text) -> Result<Text, Failure> {
    let mut text = text.clone();
    if let Some(path) = text.file().map(ToOwned::to_owned) {
        let content = std::fs::read(&path).map_err(|error| {
            let object = path.display().to_string();
            StageError::io(Stage::Send, object, Class::Local, &error)
        })?;
        text.load(content);
    }
    Ok(text)
}
