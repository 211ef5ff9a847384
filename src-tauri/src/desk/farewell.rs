//! Closing the window while runs are under way: the person is asked, and nothing that is finished is lost either way.

use std::sync::Arc;

use serde::Serialize;

use super::LiveRun;

/// What the program tells the window by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "summons", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Summons {
    /// The window is being closed while something runs: what becomes of it?
    Closing {
        /// Runs that are under way.
        runs: Vec<LiveRun>,
    },
}

/// What the desk may do to the window and the program.
pub trait Door: Send + Sync {
    /// Takes the window out of sight; the program goes on.
    fn hide(&self);
    /// Ends the program.
    fn shut(&self);
}

/// Hears summonses; answers whether it could be told.
pub(super) type Page = Arc<dyn Fn(Summons) -> bool + Send + Sync>;

/// Who is asked, what can be done, and what was answered. Page and door are taken out before they are used: both talk
/// to the thread that draws, which may be waiting for this.
#[derive(Default)]
pub(super) struct Parting {
    pub(super) page: Option<Page>,
    pub(super) door: Option<Arc<dyn Door>>,
    /// The program ends with its last run.
    pub(super) leaving: bool,
}
