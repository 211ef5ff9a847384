//! Cases, outputs side by side, and what is counted of them.

use serde::Serialize;

use super::VariantState;
use crate::case::Case;
use crate::compare::{Chip, Comparison, FieldsComparison};
use crate::parity::Verdict;
use crate::prompt::{ModelName, PolicyKind, PromptName};

documents! {
    /// `case list`.
    pub struct CaseList {
        /// The prompt.
        pub prompt: PromptName,
        /// Cases in file order.
        pub cases: Vec<Case>,
    }

    /// `case import` and `output import`.
    pub struct Imported {
        /// Rows taken in.
        pub imported: u32,
        /// Rows that were there already, equal.
        pub unchanged: u32,
        /// Cases that were made from an output's input.
        pub cases_created: u32,
        /// The run the outputs were stored under.
        pub run: Option<String>,
    }

    /// `compare` without a case: all pairs, largest difference first.
    pub struct ComparisonList {
        /// The prompt.
        pub prompt: PromptName,
        /// The primary.
        pub primary: ModelName,
        /// Its head's number.
        pub primary_version: u32,
        /// The fallback.
        pub fallback: ModelName,
        /// Its head's number.
        pub fallback_version: u32,
        /// All fallbacks of the prompt, for the switch.
        pub fallbacks: Vec<ModelName>,
        /// One row a case.
        pub comparisons: Vec<ComparisonEntry>,
        /// How many pairs have a rating.
        pub rated: u32,
        /// How many pairs are identical.
        pub identical: u32,
        /// How many cases lack an output on either side.
        pub missing: u32,
    }

    /// A pair in the list.
    pub struct ComparisonEntry {
        /// The case.
        pub case: String,
        /// Its first user words, cut.
        pub title: String,
        /// 2 × matched words / all words; `None` when an output is missing.
        pub ratio: Option<f64>,
        /// What is worth saying at once.
        pub chips: Vec<Chip>,
        /// The reviewer's choice so far.
        pub rating: Option<String>,
        /// Labels of the case.
        pub tags: Vec<String>,
    }

    /// `compare CASE`: one pair in full. `rows`, `ratio` and `coarse` are those of the chosen mode.
    pub struct Pair {
        /// The prompt.
        pub prompt: PromptName,
        /// The case: what was asked.
        pub case: Case,
        /// The primary's output.
        pub primary: OutputView,
        /// The fallback's output.
        pub fallback: OutputView,
        /// The fallback given the primary's prompt.
        pub passthrough: OutputView,
        /// What is worth saying at once.
        pub chips: Vec<Chip>,
        /// Primary and fallback as rows.
        #[serde(flatten)]
        pub comparison: Comparison,
        /// Primary and fallback by field, when either is JSON.
        pub fields: Option<FieldsComparison>,
        /// Primary and passthrough by field.
        pub passthrough_fields: Option<FieldsComparison>,
        /// The reviewer's choice so far.
        pub rating: Option<String>,
    }

    /// One output, or the reason why there is none.
    pub struct OutputView {
        /// The model.
        pub model: ModelName,
        /// The version it was given; for passthrough the primary's.
        pub version: u32,
        /// Whether an output exists.
        pub present: bool,
        /// The text as the model gave it; empty when there is none.
        pub text: String,
        /// Tool calls.
        pub tool_calls: Option<serde_json::Value>,
        /// Why it ended.
        pub finish: Option<String>,
        /// Wall time in seconds.
        pub seconds: Option<f64>,
        /// Tokens written.
        pub output_tokens: Option<u32>,
        /// When it was made, RFC 3339.
        pub at: Option<String>,
        /// Why there is none, in a sentence.
        pub missing: Option<String>,
        /// How many outputs there are, one a repeat; the first is shown.
        pub repeats: u32,
        /// How many different texts those are: 1 when all repeats agree.
        pub different: u32,
        /// What the case expected when it was asked, judged.
        pub verdicts: Vec<Verdict>,
    }

    /// The Parity view so far: counts on the same outputs for both sides. No result is claimed yet.
    pub struct ParityTable {
        /// The prompt.
        pub prompt: PromptName,
        /// The primary.
        pub primary: VariantState,
        /// The fallback.
        pub fallback: VariantState,
        /// All fallbacks of the prompt, for the switch.
        pub fallbacks: Vec<ModelName>,
        /// The prompt's policy.
        pub policy: PolicyKind,
        /// Saved cases.
        pub cases: u32,
        /// One row a measure.
        pub rows: Vec<ParityRow>,
        /// Ratings by reviewers.
        pub ratings: RatingCounts,
    }

    /// One measure, three columns.
    pub struct ParityRow {
        /// Its id, such as `schema_holds`.
        pub id: String,
        /// Its name on screen.
        pub title: String,
        /// `share`, `per_reply`, `seconds` or `count`.
        pub unit: String,
        /// The primary.
        pub primary: Option<f64>,
        /// The fallback given the primary's prompt.
        pub passthrough: Option<f64>,
        /// The fallback.
        pub fallback: Option<f64>,
        /// Outputs behind each: primary, passthrough, fallback.
        pub outputs: [u32; 3],
    }

    /// How reviewers chose.
    pub struct RatingCounts {
        /// For the primary.
        pub primary: u32,
        /// No difference.
        pub tie: u32,
        /// For the fallback.
        pub fallback: u32,
        /// Neither.
        pub neither: u32,
    }

    /// A rating as kept.
    pub struct Rated {
        /// The case.
        pub case: String,
        /// The choice that counts now; `None` after the last was taken back.
        pub rating: Option<String>,
    }
}
