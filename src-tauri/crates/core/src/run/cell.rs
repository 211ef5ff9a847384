//! One cell and what came of it.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::model::{Answer, CallError, Request, Trace};
use crate::parity::Verdict;
use crate::prompt::{CaseId, ContentId, Digest, Message, ModelName, Usd};

/// Which cell of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CellKey {
    /// The model that is called.
    pub model: ModelName,
    /// The content it is given: with passthrough, the primary's.
    pub content_id: ContentId,
    /// The case.
    pub case: CaseId,
    /// The input of the case as it was when the run was planned.
    pub input_digest: Digest,
    /// Which repetition, from 1.
    pub repeat: u32,
    /// Whether the model is given the primary's prompt.
    pub passthrough: bool,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer; refused, filtered and cut ones too.
    Output(Answer),
    /// No answer.
    Error(CallError),
}

/// One try of one of a cell's calls, as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Try {
    /// The model that was called; in a handoff not only the cell's own.
    pub model: ModelName,
    /// Which call of the cell, from 1; the last is its own, earlier ones are the primary's turns of a handoff.
    pub call: u32,
    /// Which try of that call, from 1.
    pub number: u32,
    /// When it began, in milliseconds since 1970 UTC.
    pub began_millis: i64,
    /// The digest of the request.
    pub request: Digest,
    /// The error's code; `None` when it was answered.
    pub kind: Option<&'static str>,
    /// The record.
    pub trace: Trace,
}

/// A cell that is over. Finished only when a [`Sink`] has committed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Which.
    pub key: CellKey,
    /// The case it was made for, whole: what is stored of an input is the sink's business.
    pub case: Arc<Case>,
    /// What came of it.
    pub outcome: Outcome,
    /// What a stream had given when it broke.
    pub partial: Option<Answer>,
    /// How long its own call took at the last try, in seconds; `None` when there was none to make.
    pub seconds: Option<f64>,
    /// When it was over, RFC 3339 in UTC.
    pub at: String,
    /// Every try, in order; none when it came from the cache.
    pub tries: Vec<Try>,
    /// The digest of its own request.
    pub request: Option<Digest>,
    /// Whether the output was taken from an earlier run of exactly the same request.
    pub cached: bool,
    /// What all its answers cost; `None` when any of that is unknown.
    pub cost: Option<Usd>,
    /// The price it was computed with, as JSON.
    pub price: Option<Arc<str>>,
    /// What the case expects, judged.
    pub verdicts: Vec<Verdict>,
    /// In a handoff, the conversation that was handed over.
    pub transcript: Option<Arc<Vec<Message>>>,
}

/// What a model's calls cost.
pub trait Pricing: fmt::Debug + Send + Sync {
    /// The most a call can cost; `None` when that has no bound, or no price is known.
    fn at_most(&self, request: &Request) -> Option<Usd>;

    /// What an answer cost; `None` when its provider does not say what it used, or no price is known.
    fn cost(&self, answer: &Answer) -> Option<Usd>;

    /// The price, as JSON, to be kept beside a cost.
    fn row(&self) -> Option<Arc<str>>;
}

/// Outputs of earlier runs, by exactly what was asked.
pub trait Cache: Send + Sync {
    /// The answer to this request at this repetition, if there is one.
    fn find<'a>(&'a self, request: &'a Digest, repeat: u32) -> BoxFuture<'a, Option<Answer>>;
}

/// Cells could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("outputs could not be stored: {0}")]
pub struct SinkError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl SinkError {
    /// Wraps the cause.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }

    /// The cause, for those who know its type.
    pub fn into_cause(self) -> Box<dyn std::error::Error + Send + Sync> {
        self.0
    }
}

/// Where finished cells are kept.
pub trait Sink: Send + Sync {
    /// Commits all of `cells` or none. Once this is `Ok` they must survive the end of the process.
    fn commit<'a>(&'a self, cells: &'a [Cell]) -> BoxFuture<'a, Result<(), SinkError>>;
}
