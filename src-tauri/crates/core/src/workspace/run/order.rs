//! What a run is told: what to ask, how to go, and whom to work with.

use crate::model::Caller;
use crate::prompt::Usd;
use crate::run::{Cancel, Observer};

/// What to run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The prompt.
    pub prompt: String,
    /// Cases by id, `*` standing for any text; all when empty.
    pub cases: Vec<String>,
    /// Only cases with this tag.
    pub tag: Option<String>,
    /// Models; primary and all fallbacks when empty.
    pub models: Vec<String>,
    /// A version other than the head; needs exactly one model.
    pub version: Option<u32>,
    /// Also gives each chosen fallback the primary's prompt.
    pub passthrough: bool,
    /// The primary answers the earlier turns of each conversation, live; only cases that have such turns.
    pub handoff: bool,
    /// How often each cell is asked, from 1.
    pub repeat: u32,
    /// How.
    pub options: RunOptions,
}

impl RunRequest {
    /// Every case once on every model.
    pub fn of(prompt: &str) -> Self {
        Self {
            prompt: prompt.to_owned(),
            cases: Vec::new(),
            tag: None,
            models: Vec::new(),
            version: None,
            passthrough: false,
            handoff: false,
            repeat: 1,
            options: RunOptions::default(),
        }
    }
}

/// A run to be taken up again: what was not finished is asked, with the inputs and versions of then.
#[derive(Debug, Clone)]
pub struct ResumeRequest {
    /// Its id, or `last`.
    pub run: String,
    /// Asks again what ended with an error, too.
    pub retry_errors: bool,
    /// How.
    pub options: RunOptions,
}

/// How a run goes.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Calls under way at once, over all models.
    pub concurrency: u32,
    /// The most it may spend.
    pub max_cost: Option<Usd>,
    /// Takes outputs of earlier runs for exactly the same request and repeat.
    pub cache: bool,
    /// Keeps the raw bytes of good answers too.
    pub keep_raw: bool,
    /// Tries again what gave no answer.
    pub retry: bool,
    /// Streams, or does not; `None` leaves it to each model's settings.
    pub stream: Option<bool>,
    /// Reports replies as they arrive.
    pub deltas: bool,
}

impl Default for RunOptions {
    /// Eight calls at a time, tried again where that is right; any money; no cache.
    fn default() -> Self {
        Self {
            concurrency: 8,
            max_cost: None,
            cache: false,
            keep_raw: false,
            retry: true,
            stream: None,
            deltas: false,
        }
    }
}

/// Whom a run works with.
#[derive(Clone, Copy)]
pub struct RunContext<'a> {
    /// Who answers.
    pub caller: &'a dyn Caller,
    /// The switch that stops it.
    pub cancel: &'a Cancel,
    /// Who is told of every try.
    pub observer: &'a dyn Observer,
}

impl std::fmt::Debug for RunContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunContext")
            .field("cancel", self.cancel)
            .finish_non_exhaustive()
    }
}
