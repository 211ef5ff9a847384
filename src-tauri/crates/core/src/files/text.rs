//! What every text file of a prompt set must be: UTF-8 without a byte order mark, line feeds only, no NUL, not huge.
//!
//! Owns that check and nothing else; it knows no format.

use super::{LARGEST_FILE, ReadError};

/// The bytes as text, or the first line that is not in the profile.
pub(super) fn check(bytes: &[u8]) -> Result<&str, ReadError> {
    let refuse = |line: usize, reason: &str| {
        Err(ReadError {
            line,
            reason: reason.to_owned(),
        })
    };
    if bytes.len() > LARGEST_FILE {
        return refuse(1, "the file is larger than 4 MiB");
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return refuse(
            1,
            "the file starts with a byte order mark; save it as UTF-8 without one",
        );
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = line_at(bytes, error.valid_up_to());
            return refuse(line, "this line is not valid UTF-8");
        }
    };
    match bytes.iter().position(|byte| matches!(byte, 0 | b'\r')) {
        None => Ok(text),
        Some(at) => refuse(
            line_at(bytes, at),
            match bytes.get(at) {
                Some(0) => "this line holds a NUL character",
                _ => "this line holds a carriage return; lines end with a line feed only",
            },
        ),
    }
}

/// The line, from 1, of the byte at `at`.
pub(super) fn line_at(bytes: &[u8], at: usize) -> usize {
    1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count()
}

/// The first line, from 1, in which two texts differ; `None` when they are equal.
pub(super) fn first_difference(a: &str, b: &str) -> Option<usize> {
    if a == b {
        return None;
    }
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    Some(line_at(a.as_bytes(), same))
}
