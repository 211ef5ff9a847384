//! What a run tells while it goes. One JSON object an event: a line of NDJSON, and what crosses to the window.

use serde::{Deserialize, Serialize};

use crate::prompt::{CaseId, ModelName};

/// An event. The first is `started`, the last of a run that was not cut off by its sink is `summary`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunEvent"))]
pub enum Event {
    /// The run begins, or goes on.
    Started(Started),
    /// A piece of a reply arrived. No output yet: the stream can still break. Only for those who ask for it.
    Delta(DeltaEvent),
    /// Calls to a model wait.
    Held(Held),
    /// A cell is finished, which means committed.
    Cell(CellEvent),
    /// The run is over.
    Summary(Summary),
}

/// The run begins, or goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunStarted"))]
pub struct Started {
    /// The run's id.
    pub run: String,
    /// How many cells it has.
    pub cells: u32,
    /// How many of them were finished before and are not asked again.
    pub finished: u32,
}

/// A piece of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunDelta"))]
pub struct DeltaEvent {
    /// The case.
    pub case: CaseId,
    /// The model that is called.
    pub model: ModelName,
    /// Which repetition, from 1.
    pub repeat: u32,
    /// Whether it is given the primary's prompt.
    pub passthrough: bool,
    /// Text of the answer, to be added to what came before; empty with `restart`.
    pub text: String,
    /// The call begins anew: what came before is void.
    pub restart: bool,
}

/// Calls to a model wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunHeld"))]
pub struct Held {
    /// The model whose call was answered so.
    pub model: ModelName,
    /// For how many seconds from now. All models at the same endpoint wait.
    pub seconds: f64,
    /// Why, such as `rate_limited`.
    pub kind: String,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// How long it took, waiting between tries left out; `None` when no call was made.
    pub seconds: Option<f64>,
    /// How often it was tried; 0 when it came from the cache or no call could be made.
    pub tries: u32,
    /// Whether the output was taken from an earlier run of exactly the same request.
    pub cached: bool,
    /// What it cost; `None` means unknown.
    pub cost_usd: Option<f64>,
    /// Expectations that were judged.
    pub expected: u32,
    /// How many of those did not hold.
    pub unmet: u32,
    /// Cells finished so far, this one and those of before included.
    pub finished: u32,
    /// How many of those ended with an error.
    pub failed: u32,
    /// How many cells the run has.
    pub cells: u32,
    /// What is known to be spent so far, in this go.
    pub spent_usd: f64,
    /// Seconds since this go began.
    pub elapsed_seconds: f64,
}

/// Why a run ended before all its cells were finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunStop"))]
pub enum Stop {
    /// Somebody cancelled it.
    Cancelled,
    /// The next call could have cost more than was allowed.
    MaxCost,
    /// An endpoint wants nothing more for now: a wait longer than the run's patience, or no money left.
    Endpoint {
        /// The model whose call was answered so.
        model: ModelName,
        /// What it said.
        message: String,
    },
}

/// The run is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "RunSummary"))]
pub struct Summary {
    /// The run's id.
    pub run: String,
    /// How many cells it has.
    pub cells: u32,
    /// How many are finished, with an output or an error, those of before included.
    pub finished: u32,
    /// How many of those ended with an error.
    pub failed: u32,
    /// How many were never asked, or were under way when it ended: what resuming would do.
    pub left: u32,
    /// How many of this go came from the cache.
    pub cached: u32,
    /// How many of this go's outputs left an expectation unmet.
    pub unmet: u32,
    /// How long this go took.
    pub seconds: f64,
    /// What this go cost; `null` means unknown, because some cells' costs are.
    pub cost_usd: Option<f64>,
    /// What is known of it: the sum over cells whose cost is known.
    pub spent_usd: f64,
    /// How many cells of this go have no known cost.
    pub unpriced: u32,
    /// What counts against a limit: what is known, and the most that answers of unknown cost can have cost.
    pub counted_usd: f64,
    /// Whether it ended before all cells were finished.
    pub cancelled: bool,
    /// Why it ended before all cells were finished, most telling first; empty when it did not.
    pub stops: Vec<Stop>,
}
