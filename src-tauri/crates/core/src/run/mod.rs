//! Runs: a matrix of calls, made with bounded concurrency, and never reported before it is safe.
//!
//! Owns the plan (pure), its execution and the events on the way. It must not know SQL, HTTP or the screen: calls go
//! to a [`crate::model::Caller`], finished cells to a [`Sink`], events to whoever started the run.
//!
//! The one promise: a cell is *finished* when the sink has committed it, and only then does its event go out. Whatever
//! a reader of events has seen survives `kill -9`.
//!
//! Retries, waiting and money belong here and nowhere below: the transport makes each call once, the scheduler decides
//! what follows. A plan is a formula, not a list: what a run holds in memory grows with what is under way, not with its
//! cells. Resuming leaves finished cells out of the same plan.

mod budget;
mod cancel;
mod cell;
mod course;
mod event;
mod execute;
mod gate;
mod handoff;
mod observe;
mod plan;
mod retry;
mod schedule;
mod waiting;
mod work;

pub use cancel::Cancel;
pub use cell::{Cache, Cell, CellKey, Outcome, Pricing, Sink, SinkError, Try};
pub use event::{CellEvent, CellState, DeltaEvent, Event, Held, Started, Stop, Summary};
pub use execute::{Execution, Limits, RunError, execute};
pub use observe::{Observer, Part, Tried, Unobserved};
pub use plan::{CellPlan, Plan, PlanError, Target, TranscriptKey, can_hand_off};
pub use retry::{Next, Retry};
