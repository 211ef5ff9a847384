//! Runs: a matrix of calls, made with bounded concurrency, and never reported before it is safe.
//!
//! Owns the plan (pure), its execution and the events on the way. It must not know SQL, HTTP or the screen: calls go
//! to a [`crate::model::Caller`], finished cells to a [`Sink`], events to whoever started the run.
//!
//! The one promise: a cell is *finished* when the sink has committed it, and only then does its event go out. Whatever
//! a reader of events has seen survives `kill -9`.
//!
//! Deliberately absent so far: retries and waiting for rate limits (an error is a cell, and an outcome to look at),
//! streaming, resuming, prices. They fit in where they are needed: a retry inside the making of one cell, resuming as
//! a filter on the plan's cells.

mod cancel;
mod cell;
mod event;
mod execute;
mod observe;
mod plan;

pub use cancel::Cancel;
pub use cell::{Cell, CellKey, Outcome, Sink, SinkError};
pub use event::{CellEvent, CellState, Event, Started, Summary};
pub use execute::{Execution, Limits, RunError, execute};
pub use observe::{Observer, Part, Tried, Unobserved};
pub use plan::{CellPlan, Plan, PlanError, Target};
