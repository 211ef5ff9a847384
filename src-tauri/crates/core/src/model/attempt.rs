//! One try at a call: what came of it, and the record of how.

use std::collections::BTreeMap;

use super::{Answer, CallError};

/// A piece of a reply, as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delta<'a> {
    /// Text of the answer.
    Text(&'a str),
    /// The model thinking aloud; no part of the answer.
    Reasoning(&'a str),
    /// A tool call: the tool's name once, then pieces of its arguments.
    Tool {
        /// The tool; empty where only arguments arrive.
        name: &'a str,
        /// A piece of the arguments' text.
        arguments: &'a str,
    },
}

/// Who looks on while a reply arrives. What was told is no output yet: the stream can still break.
pub trait Watch: Send + Sync {
    /// A piece arrived.
    fn delta(&self, delta: Delta<'_>);
}

/// Looks at nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Watch for Nobody {
    fn delta(&self, _: Delta<'_>) {}
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The answer, or why there is none.
    pub outcome: Result<Answer, CallError>,
    /// What a stream had given when it broke. Never an output: nobody knows what was still to come.
    pub partial: Option<Answer>,
    /// The record.
    pub trace: Trace,
}

impl Attempt {
    /// A try that nothing is recorded of: scripts, and errors before anything was sent.
    pub fn of(outcome: Result<Answer, CallError>) -> Self {
        Self {
            outcome,
            partial: None,
            trace: Trace::default(),
        }
    }
}

/// The record of a try. Holds no secret: headers, addresses and bytes are redacted before they get here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// The address without user, secrets and fragment.
    pub url: String,
    /// Headers sent, names in lower case, secrets replaced by `[secret]`.
    pub sent_headers: BTreeMap<String, String>,
    /// The HTTP status, when there was one.
    pub status: Option<u16>,
    /// Headers received, likewise.
    pub headers: BTreeMap<String, String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// Seconds until the status line.
    pub first_byte_seconds: Option<f64>,
    /// Seconds until the first piece of text, reasoning or tool call; only of streams.
    pub first_token_seconds: Option<f64>,
    /// Seconds in all.
    pub seconds: f64,
    /// Whether part of an answer had arrived: a repeat would bill again and change the sample.
    pub answered: bool,
    /// How long the server asks to wait, in seconds.
    pub retry_after_seconds: Option<f64>,
    /// What the server itself says of repeating (`x-should-retry`).
    pub should_retry: Option<bool>,
    /// The body as received, up to a cap: of failed, cut and unreadable answers, and of all when asked for. A
    /// note of ours in their place where a stream sent a secret in pieces.
    pub raw: Option<Vec<u8>>,
}
