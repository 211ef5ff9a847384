//! What a run tells while it goes. One JSON object an event: a line of NDJSON, and what crosses to the window.

use serde::{Deserialize, Serialize};

use super::{Cell, Outcome};
use crate::prompt::{CaseId, ModelName};

/// An event. The first is `started`, the last of a run that was not cut off by its sink is `summary`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunEvent"))]
pub enum Event {
    /// The run begins.
    Started(Started),
    /// A cell is finished, which means committed.
    Cell(CellEvent),
    /// The run is over.
    Summary(Summary),
}

/// The run begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunStarted"))]
pub struct Started {
    /// The run's id.
    pub run: String,
    /// How many cells it has.
    pub cells: u32,
}

/// How a cell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum CellState {
    /// With an output.
    Output,
    /// With an error.
    Error,
}

/// A cell is finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunCell"))]
pub struct CellEvent {
    /// The case.
    pub case: CaseId,
    /// The model that was called.
    pub model: ModelName,
    /// Which repetition, from 1.
    pub repeat: u32,
    /// Whether it was given the primary's prompt.
    pub passthrough: bool,
    /// How it ended.
    pub state: CellState,
    /// The error's code, such as `rate_limited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub kind: Option<String>,
    /// The error, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub message: Option<String>,
    /// Cells finished so far, this one included.
    pub finished: u32,
    /// How many of those ended with an error.
    pub failed: u32,
    /// How many cells the run has.
    pub cells: u32,
}

impl CellEvent {
    /// The event of `cell`, with the run's counts as they stand after it.
    pub(super) fn of(cell: &Cell, finished: u32, failed: u32, cells: u32) -> Self {
        let (state, kind, message) = match &cell.outcome {
            Outcome::Output(_) => (CellState::Output, None, None),
            Outcome::Error(error) => (
                CellState::Error,
                Some(error.kind.code().to_owned()),
                Some(error.to_string()),
            ),
        };
        Self {
            case: cell.key.case.clone(),
            model: cell.key.model.clone(),
            repeat: cell.key.repeat,
            passthrough: cell.key.passthrough,
            state,
            kind,
            message,
            finished,
            failed,
            cells,
        }
    }
}

/// The run is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunSummary"))]
pub struct Summary {
    /// The run's id.
    pub run: String,
    /// How many cells it had.
    pub cells: u32,
    /// How many are finished, with an output or an error. Fewer than `cells` when it was cancelled.
    pub finished: u32,
    /// How many of those ended with an error.
    pub failed: u32,
    /// How long it took.
    pub seconds: f64,
    /// What it cost; `null` means unknown, and it is, as long as no prices are known.
    pub cost_usd: Option<f64>,
    /// Whether it was cancelled before all cells were finished.
    pub cancelled: bool,
}
