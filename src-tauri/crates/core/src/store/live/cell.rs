//! What a live run writes: one cell, and every try of its calls.

use std::collections::BTreeMap;

use crate::prompt::{CaseId, ContentId, Digest, ModelName};
use crate::store::{CellFailure, CellOutput};

/// A cell of a live run, to be kept.
#[derive(Debug, Clone)]
pub struct LiveCell {
    /// The model that was called.
    pub model: ModelName,
    /// The content it was given.
    pub content_id: ContentId,
    /// The case.
    pub case: CaseId,
    /// Which repeat, from 1.
    pub repeat: u32,
    /// Whether the fallback was given the primary's prompt.
    pub passthrough: bool,
    /// The output, or the kind and message of the error.
    pub outcome: Result<CellOutput, CellFailure>,
    /// Wall time of the call.
    pub seconds: Option<f64>,
    /// What a stream had given when it broke.
    pub partial: Option<String>,
    /// What the case expected, judged; JSON.
    pub verdicts: Option<String>,
    /// In millionths of a millionth of a US dollar.
    pub cost: Option<u64>,
    /// The price that was computed with; JSON.
    pub price: Option<std::sync::Arc<str>>,
    /// The digest of its request.
    pub request: Option<Digest>,
    /// Whether it was taken from an earlier run.
    pub cached: bool,
    /// The model as answered.
    pub answered_by: Option<String>,
    /// Of the input, what was read from a cache.
    pub cached_input_tokens: Option<u32>,
    /// Of the input, what was written to a cache.
    pub cache_write_tokens: Option<u32>,
    /// Of the output, reasoning.
    pub reasoning_tokens: Option<u32>,
    /// In a handoff, the conversation; JSON.
    pub transcript: Option<String>,
    /// Every try, in order.
    pub tries: Vec<LiveTry>,
}

/// One try of one call.
#[derive(Debug, Clone, Default)]
pub struct LiveTry {
    /// Whom it called.
    pub model: String,
    /// Which call of the cell, from 1.
    pub call: u32,
    /// Which try of that call, from 1.
    pub number: u32,
    /// Milliseconds since 1970 UTC.
    pub began_millis: i64,
    /// The digest of its request; `None` when it is the cell's own.
    pub request: Option<Digest>,
    /// The error's code.
    pub kind: Option<&'static str>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The address, secrets left out.
    pub url: String,
    /// Headers sent, secrets replaced.
    pub sent_headers: BTreeMap<String, String>,
    /// Headers received, likewise.
    pub headers: BTreeMap<String, String>,
    /// Seconds until the status line.
    pub first_byte_seconds: Option<f64>,
    /// Seconds until the first piece of a stream.
    pub first_token_seconds: Option<f64>,
    /// Seconds in all.
    pub seconds: f64,
    /// How long the server asked to wait.
    pub retry_after_seconds: Option<f64>,
    /// The body as received.
    pub raw: Option<Vec<u8>>,
}
