//! From the bytes of a stream to an answer, for every wire.

use super::{Answer, CallError, ErrorKind, Watch};
use crate::prompt::Wire;

/// Folds one stream. Bytes go in as they arrive, cut anywhere.
#[derive(Debug)]
pub(super) struct Folder {
    wire: Wire,
}

impl Folder {
    /// A folder for one reply of the model with this id.
    pub(super) fn new(wire: Wire, _model_id: &str) -> Self {
        Self { wire }
    }

    /// Takes bytes. An error is one the provider sent inside the stream, or a stream that cannot be read on.
    pub(super) fn feed(&mut self, _bytes: &[u8], _watch: &dyn Watch) -> Result<(), CallError> {
        let wire = self.wire.as_str().to_owned();
        Err(CallError::new(ErrorKind::UnsupportedWire { wire }, ""))
    }

    /// Whether any text, reasoning or tool call has arrived.
    pub(super) fn has_begun(&self) -> bool {
        false
    }

    /// What arrived, and whether the stream's last event was among it.
    pub(super) fn end(self) -> (Answer, bool) {
        (Answer::of(""), false)
    }
}
