//! TEXT that comes from a file, read before anything is sent.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::failure::{Class, Failure, StageError};
use crate::run::Run;
use crate::stage::Stage;
use crate::text::Text;
use crate::units;

/// A text is kept in memory and sent in one piece: this is more than any
/// datagram holds. Longer ones are files to be sent as files.
const MOST: u64 = 1 << 20;

/// The text with its file, if it has one, read.
///
/// # Errors
/// open(2) and read(2), and a file that is no text.
pub fn loaded(run: &mut Run, text: &Text) -> Result<Text, Failure> {
    let mut text = text.clone();
    if let Some(path) = text.file().map(ToOwned::to_owned) {
        let object = path.display().to_string();
        run.enter(Stage::Send, &object);
        // A fifo waits for its writer.
        let content = run
            .guarded(|| read(&path))
            .map_err(|error| StageError::io(Stage::Send, &*object, Class::Local, &error))?;
        if content.len() as u64 > MOST {
            let most = units::human_bytes(MOST);
            let reason = format!("longer than the {most} that a text may have");
            return Err(StageError::new(Stage::Send, object, Class::Local, reason)
                .hint("sock send ADDRESS FILE sends files of any length")
                .into());
        }
        text.load(content);
    }
    Ok(text)
}

/// What there is, up to where it is certain to be too much.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut content)?;
    Ok(content)
}
