//! What parity is judged in. So far: counts of the same thing on both sides, the schema judgement they rest on, and
//! what a case expects of every answer.
//! Intervals and results come on top of these numbers; nothing here claims parity.
//!
//! Pure: outputs come in as text, and the same schema reads both sides.

mod expect;
mod judge;

pub use expect::{Expectations, OutputSchema, Verdict};
pub use judge::{Judge, Judgement, NO_SCHEMA};

/// What the latest outputs of one model for one content say, over the cases as they are now.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Outputs.
    pub outputs: u32,
    /// Cases that have at least one.
    pub cases: u32,
    /// Outputs that hold the schema; with no schema, that are not empty.
    pub held: u32,
    /// Outputs that are empty and call no tool.
    pub empty: u32,
    /// Outputs that were cut off at the length limit.
    pub cut: u32,
    /// Words in all.
    pub words: u32,
    /// Tokens written in all, where known.
    pub output_tokens: u32,
    /// Seconds in all, where known.
    pub seconds: f64,
    /// Outputs with a known time.
    pub timed: u32,
}

impl Tally {
    /// The share of outputs that hold, 0 to 1; `None` without outputs.
    pub fn share(&self) -> Option<f64> {
        (self.outputs > 0).then(|| f64::from(self.held) / f64::from(self.outputs))
    }
}
