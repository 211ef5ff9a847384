//! The passphrase of a key on its way from wherever it was asked for.

use std::fmt;

use zeroize::Zeroizing;

/// A passphrase. Never shown; wiped when it is dropped.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// The passphrase as it was typed.
    #[must_use]
    pub fn new(typed: String) -> Self {
        Passphrase(Zeroizing::new(typed.into_bytes()))
    }

    /// The first line of a file or descriptor, without its line end, as `openssl -passin file:`
    /// takes it. It need not be text.
    #[must_use]
    pub fn from_file(content: Vec<u8>) -> Self {
        let content = Zeroizing::new(content);
        let line = content
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Passphrase(Zeroizing::new(line.to_vec()))
    }

    /// Whether it is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}
