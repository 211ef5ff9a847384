//! One call and what came of it.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::model::{Answer, CallError};
use crate::prompt::{CaseId, ContentId, Digest, ModelName};

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

/// A call that is over. Finished only when a [`Sink`] has committed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Which.
    pub key: CellKey,
    /// The case it was made for, whole: what is stored of an input is the sink's business.
    pub case: Arc<Case>,
    /// What came of it.
    pub outcome: Outcome,
    /// How long the call took, in seconds; `None` when there was none to make.
    pub seconds: Option<f64>,
    /// When it was over, RFC 3339 in UTC.
    pub at: String,
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
