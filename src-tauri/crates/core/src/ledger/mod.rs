//! The ledger: what people decided about changes and findings, and what follows from it.
//!
//! Decisions are append-only and keyed by content ids, so that they survive renumbering, merging and moving between
//! workspaces. This module owns the decisions and the question "which primary change never reached which fallback?".
//! It is pure: time comes in as text in RFC 3339, nothing is stored here.

mod changes;
mod normal;

pub use changes::{Change, ChangeState, changes, sync_index};
pub use normal::normalised;

use serde::{Deserialize, Serialize};

use crate::host::parse_time;
use crate::prompt::{ContentId, ModelName, PromptName};

/// Reasons shorter than this say nothing.
pub const SHORTEST_REASON: usize = 10;
/// How long a waiver or an acceptance lasts unless said otherwise.
pub const DEFAULT_DAYS: i64 = 90;

/// Whether a waiver or an acceptance is over at `now`. Both are RFC 3339; a decision written by hand may have an offset
/// or fractions, so they are compared as times. What is no time is over.
pub fn has_ended(until: &str, now: &str) -> bool {
    match (parse_time(until), parse_time(now)) {
        (Some(until), Some(now)) => until <= now,
        _ => true,
    }
}

/// What was decided. `from` and `to` are the primary's content before and after the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// The fallback's first version was written against this primary content; earlier changes are none of its
    /// business.
    Start {
        /// The fallback.
        variant: ModelName,
        /// The primary's content at that time.
        to: ContentId,
        /// The fallback's first content.
        with: ContentId,
    },
    /// A fallback version answers the change.
    Match {
        /// The fallback.
        variant: ModelName,
        /// Primary content before.
        from: ContentId,
        /// Primary content after.
        to: ContentId,
        /// The fallback content that answers.
        with: ContentId,
    },
    /// The change will not be carried over, for a time.
    Waive {
        /// The fallback.
        variant: ModelName,
        /// Primary content before.
        from: ContentId,
        /// Primary content after.
        to: ContentId,
        /// Why.
        reason: String,
        /// Until when, RFC 3339.
        until: String,
    },
    /// An error finding is accepted, for a time and for exactly these heads.
    Accept {
        /// The finding's code.
        code: String,
        /// The fallback, when the finding names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        variant: Option<ModelName>,
        /// The primary's content when it was accepted.
        to: ContentId,
        /// The fallback's content when it was accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        with: Option<ContentId>,
        /// Why.
        reason: String,
        /// Until when, RFC 3339.
        until: String,
    },
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its own id; unique, never reused, the name of its file.
    pub id: String,
    /// The prompt.
    pub prompt: PromptName,
    /// Who decided.
    pub author: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub verdict: Verdict,
}

#[cfg(test)]
mod tests;
