//! Who is told of every try, for telemetry. What they are told holds texts; whether any leaves is theirs to decide.

use crate::model::{Attempt, Call};
use crate::prompt::ContentId;

/// In which part a model was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The primary, with its own prompt.
    Primary,
    /// A fallback, with its own variant.
    Fallback,
    /// A fallback given the primary's prompt.
    Passthrough,
}

/// One try, over.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    /// The run's id.
    pub run: &'a str,
    /// The prompt.
    pub prompt: &'a str,
    /// The version's number, when the content is one's.
    pub version: Option<u32>,
    /// The content it was given.
    pub content_id: &'a ContentId,
    /// In which part.
    pub part: Part,
    /// The place in the chain: 0 is the primary.
    pub order: u32,
    /// The call.
    pub call: &'a Call,
    /// Which try of it, from 1.
    pub number: u32,
    /// What came of it.
    pub attempt: &'a Attempt,
    /// When it began, in milliseconds since 1970 UTC.
    pub began_millis: i64,
    /// Why it was tried again, or why nothing more was tried; `None` for a good first try.
    pub reason: Option<&'a str>,
}

/// Who is told. Must not block: it is called between two calls.
pub trait Observer: Send + Sync {
    /// A try is over.
    fn tried(&self, tried: Tried<'_>);

    /// A run is over, or was stopped: nothing more of it will be told.
    fn ended(&self, _run: &str) {}
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn tried(&self, _: Tried<'_>) {}
}
