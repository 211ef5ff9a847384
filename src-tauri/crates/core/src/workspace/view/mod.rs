//! What the use cases answer: one set of documents for the window and for `--json`.
//!
//! Field names are snake_case everywhere. No 64-bit integer and no offset into a text is among them: numbers fit
//! JavaScript's, and text crosses as pieces.

/// Declares a document: serialisable, and known to TypeScript when asked for.
macro_rules! documents {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* pub $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
        pub struct $name { $($(#[$fmeta])* pub $field: $type,)* }
    )*};
}

// The macro stands above its modules, which see it by that.
mod compare;
mod overview;
mod release;
mod run;
mod write;

pub use compare::{
    CaseList, ComparisonEntry, ComparisonList, Imported, OutputView, Pair, ParityRow, ParityTable,
    Rated, RatingCounts,
};
pub use overview::{Outage, Overview, OverviewRow, Share, VariantState};
pub use release::{
    CheckReport, Exported, KeyEntry, KeyList, ReleaseEntry, ReleaseView, SyncReport, Verification,
};
pub use run::{
    ModelTest, PriceView, QuoteLine, RunEntry, RunList, RunQuote, RunState, TryEntry, TryList,
};
pub use write::{
    Accepted, ChangeList, ModelEntry, ModelList, PromptDetail, PromptEntry, PromptList, Saved,
    Settled, Track, VariantDiff, VariantLog, VariantView, VersionEntry,
};

use serde::{Deserialize, Serialize};

/// How a row of a list stands, drawn with its own shape: red ◆, amber ▲, green ✓, or a dash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Standing {
    /// An error finding.
    Error,
    /// A warning.
    Warning,
    /// Nothing to say.
    Good,
    /// Does not apply.
    Apart,
}

/// A reviewer's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Rating {
    /// The primary's.
    Primary,
    /// No difference that matters.
    Tie,
    /// The fallback's.
    Fallback,
    /// Neither could be sent.
    Neither,
}

impl Rating {
    /// The word used in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Tie => "tie",
            Self::Fallback => "fallback",
            Self::Neither => "neither",
        }
    }
}
