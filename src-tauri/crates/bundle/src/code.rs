//! Why a bundle was rejected: a stable code for programs and a sentence for people.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// The reason for a rejection. The order of the variants is the order of the checks, and the texts never change:
        /// gateways and pipelines bind to them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// Every code, in the order of the checks.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The code as programs see it, such as `E_SIGNATURE`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)+ }
            }
        }
    };
}

codes! {
    /// A file could not be read, or is no regular file.
    Io = "E_IO",
    /// A limit of the format is exceeded.
    Size = "E_SIZE",
    /// The envelope is no DSSE envelope with exactly its three fields.
    Envelope = "E_ENVELOPE",
    /// The envelope carries something other than an in-toto statement.
    PayloadType = "E_PAYLOAD_TYPE",
    /// Payload or signature is not strict, padded, standard base64.
    Base64 = "E_BASE64",
    /// A trusted key's signature is wrong, or one key signed twice.
    Signature = "E_SIGNATURE",
    /// Too few trusted keys have signed.
    Threshold = "E_THRESHOLD",
    /// The payload is no in-toto statement, version 1.
    Statement = "E_STATEMENT",
    /// The payload is not in canonical form.
    NotCanonical = "E_NOT_CANONICAL",
    /// The statement attests something other than a prompt bundle.
    PredicateType = "E_PREDICATE_TYPE",
    /// A field is missing, unknown, or of the wrong kind.
    Schema = "E_SCHEMA",
    /// A name breaks its rule, or is not the one asked for.
    Name = "E_NAME",
    /// The bundle was made later than now.
    NotYetValid = "E_NOT_YET_VALID",
    /// The bundle's time is over.
    Expired = "E_EXPIRED",
    /// The bundle is older than what was loaded last.
    Rollback = "E_ROLLBACK",
    /// There is not exactly one subject with the bundle's file name.
    Subject = "E_SUBJECT",
    /// The archive is not the one that was signed.
    Digest = "E_DIGEST",
    /// A path in the file list breaks the rules of paths.
    Path = "E_PATH",
    /// The archive is not the canonical ustar of the file list.
    Tar = "E_TAR",
    /// The content of a file is not the one in the file list.
    FileDigest = "E_FILE_DIGEST",
    /// A file's content is not what its media type or its place promises.
    Content = "E_CONTENT",
    /// Files and the prompts that use them do not agree.
    FileSet = "E_FILE_SET",
    /// A change does not cover exactly the fallbacks of its prompt.
    Coverage = "E_COVERAGE",
    /// A waiver is missing, dead, or lacks author or reason.
    Waiver = "E_WAIVER",
    /// A fallback's eval is missing or did not pass.
    Eval = "E_EVAL",
    /// An approval's key has not signed, or there are too few approvals.
    Approval = "E_APPROVAL",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A bundle that was not accepted. Its `Display` is the code, a colon and the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code}: {sentence}")]
pub struct Rejection {
    /// What programs act on.
    pub code: Code,
    /// What people read. May quote the bundle, with everything unprintable escaped, and may change
    /// between versions.
    pub sentence: String,
}

impl Rejection {
    pub(crate) fn new(code: Code, sentence: impl Into<String>) -> Self {
        Rejection {
            code,
            sentence: sentence.into(),
        }
    }
}

/// `Err` with that code and sentence.
pub(crate) fn reject<T>(code: Code, sentence: impl Into<String>) -> Result<T, Rejection> {
    Err(Rejection::new(code, sentence))
}

/// A foreign text made fit for a sentence: quoted, without control characters, never longer than a
/// line.
pub(crate) fn quote(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut out = String::from("\"");
    for (index, character) in text.chars().enumerate() {
        if index == SHOWN {
            out.push('…');
            break;
        }
        // Directional marks reorder a terminal line, and `escape_debug` leaves some of them alone.
        if matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            out.extend(character.escape_unicode());
        } else if character == '\'' {
            out.push('\'');
        } else {
            out.extend(character.escape_debug());
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_format_in_its_order() {
        let listed = "E_IO E_SIZE E_ENVELOPE E_PAYLOAD_TYPE E_BASE64 E_SIGNATURE E_THRESHOLD E_STATEMENT \
                      E_NOT_CANONICAL E_PREDICATE_TYPE E_SCHEMA E_NAME E_NOT_YET_VALID E_EXPIRED E_ROLLBACK \
                      E_SUBJECT E_DIGEST E_PATH E_TAR E_FILE_DIGEST E_CONTENT E_FILE_SET E_COVERAGE E_WAIVER \
                      E_EVAL E_APPROVAL";
        let ours: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(ours, listed.split_whitespace().collect::<Vec<_>>());
        assert!(Code::ALL.is_sorted());
    }

    #[test]
    fn a_hostile_text_is_quoted_harmlessly_and_shortly() {
        assert_eq!(quote("a\u{1b}[31m\n\"'"), "\"a\\u{1b}[31m\\n\\\"'\"");
        assert_eq!(quote("\u{202e}x"), "\"\\u{202e}x\"");
        assert_eq!(quote(&"x".repeat(500)).chars().count(), 83);
    }
}
