//! What the use cases answer: one set of documents for the window and for `--json`.
//!
//! Field names are snake_case everywhere. No 64-bit integer and no offset into a text is among them: numbers fit
//! JavaScript's, and text crosses as pieces.

use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::check::Finding;
use crate::compare::{Chip, Comparison, FieldsComparison};
use crate::ledger::Change;
use crate::prompt::{Content, ModelName, PolicyKind, PromptName};

/// Declares a document: serialisable, and known to TypeScript when asked for.
macro_rules! documents {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* pub $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
        pub struct $name { $($(#[$fmeta])* pub $field: $type,)* }
    )*};
}

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

documents! {
    /// The whole workspace on one page.
    pub struct Overview {
        /// The workspace file's name, without its folder.
        pub workspace: String,
        /// Whether it holds the shipped sample.
        pub sample: bool,
        /// All models that appear as a primary or fallback, in the order of the longest chain.
        pub models: Vec<ModelName>,
        /// One row a prompt, by name.
        pub prompts: Vec<OverviewRow>,
        /// What an outage of the primary would do now: the prompt with most to lose; `None` without outputs.
        pub outage: Option<Outage>,
        /// Findings of level error or warning, most urgent first.
        pub next: Vec<Finding>,
        /// Error findings in all.
        pub errors: u32,
        /// Warnings in all.
        pub warnings: u32,
        /// When anything was last run or recorded, RFC 3339.
        pub last_output: Option<String>,
    }

    /// A prompt on the overview.
    pub struct OverviewRow {
        /// The prompt.
        pub prompt: PromptName,
        /// Who answers for it.
        pub owner: String,
        /// Its policy.
        pub policy: PolicyKind,
        /// How it stands.
        pub standing: Standing,
        /// A few words for the list on the left: `behind 2`, `needs a run`, `strict`.
        pub badge: String,
        /// The primary.
        pub primary: Option<VariantState>,
        /// The fallbacks in the order of the chain; a chain model without a variant has no version.
        pub fallbacks: Vec<VariantState>,
        /// Saved cases.
        pub cases: u32,
        /// When anything was last run or recorded, RFC 3339.
        pub last_output: Option<String>,
        /// The latest release that holds it, as `v12 in #3`; `None` when it was never released.
        pub released: Option<String>,
    }

    /// How one variant stands.
    pub struct VariantState {
        /// The model.
        pub model: ModelName,
        /// The head's number; `None` when the chain names the model and no variant exists.
        pub version: Option<u32>,
        /// Primary changes that never reached it.
        pub behind: u32,
        /// How it stands.
        pub standing: Standing,
        /// In words: `behind 1`, `in step`, `never run`, `needs a run`, `schema broken`, `missing`.
        pub label: String,
    }

    /// What callers would get if the primary failed now.
    pub struct Outage {
        /// The prompt.
        pub prompt: PromptName,
        /// The primary.
        pub primary: ModelName,
        /// The fallback that would answer.
        pub fallback: ModelName,
        /// The primary's version.
        pub primary_version: u32,
        /// The fallback's version.
        pub fallback_version: u32,
        /// What is counted: `output schema holds`, or `not empty` where there is no schema.
        pub measure: String,
        /// The primary itself.
        pub primary_share: Option<Share>,
        /// The fallback given the primary's prompt.
        pub passthrough_share: Option<Share>,
        /// The fallback with its own variant.
        pub fallback_share: Option<Share>,
        /// One sentence, such as `schema holds 98 % → 41 % → 96 %`.
        pub sentence: String,
    }

    /// A count out of a count.
    pub struct Share {
        /// How many hold.
        pub held: u32,
        /// Out of how many outputs.
        pub of: u32,
    }

    /// `prompt list`.
    pub struct PromptList {
        /// One entry a prompt, by name.
        pub prompts: Vec<PromptEntry>,
    }

    /// A prompt in the list.
    pub struct PromptEntry {
        /// Its name.
        pub name: PromptName,
        /// Who answers for it.
        pub owner: String,
        /// Its policy.
        pub policy: PolicyKind,
        /// The primary's model.
        pub primary: Option<ModelName>,
        /// The fallbacks' models, in order.
        pub fallbacks: Vec<ModelName>,
    }

    /// `prompt show`, and the head of the Write view.
    pub struct PromptDetail {
        /// Its name.
        pub name: PromptName,
        /// Who answers for it.
        pub owner: String,
        /// Its policy.
        pub policy: PolicyKind,
        /// Why there is no fallback.
        pub policy_reason: Option<String>,
        /// Until when.
        pub policy_until: Option<String>,
        /// What callers get in an outage.
        pub policy_message: Option<String>,
        /// The chain's name.
        pub chain: String,
        /// Margin for shares, as a fraction.
        pub margin_share: f64,
        /// Margin for lengths, as a ratio.
        pub margin_length: f64,
        /// Saved cases.
        pub cases: u32,
        /// One track a model, primary first.
        pub tracks: Vec<Track>,
        /// Every change since each fallback began, oldest first.
        pub changes: Vec<Change>,
    }

    /// A variant's history.
    pub struct Track {
        /// The model.
        pub model: ModelName,
        /// `primary`, or `fallback 1`, `fallback 2`, …
        pub role: String,
        /// Versions by number.
        pub versions: Vec<VersionEntry>,
        /// The head's number; `None` when the chain names the model and no variant exists.
        pub head: Option<u32>,
        /// Changes that never reached it.
        pub behind: u32,
    }

    /// A version in a list.
    pub struct VersionEntry {
        /// Its number.
        pub number: u32,
        /// Its content id.
        pub content_id: String,
        /// The parent's number.
        pub parent: Option<u32>,
        /// Who saved it.
        pub author: String,
        /// When, RFC 3339.
        pub at: String,
        /// Why.
        pub message: String,
        /// Whether it is the head.
        pub head: bool,
        /// For a fallback: the primary versions whose changes it answers.
        pub answers: Vec<u32>,
    }

    /// `variant log`.
    pub struct VariantLog {
        /// The prompt.
        pub prompt: PromptName,
        /// One track a model.
        pub tracks: Vec<Track>,
    }

    /// `variant show`: one version in full.
    pub struct VariantView {
        /// The prompt.
        pub prompt: PromptName,
        /// The model.
        pub model: ModelName,
        /// `primary`, or `fallback 1`, …
        pub role: String,
        /// The version.
        pub version: VersionEntry,
        /// What it holds.
        pub content: Content,
        /// The same as a `.prompt` file.
        pub file: String,
        /// A rough count of the system text's tokens (characters divided by four), labelled as an estimate.
        pub estimated_tokens: u32,
        /// Changes this variant is behind by; empty for the primary.
        pub behind: Vec<Change>,
    }

    /// `variant save` and `variant restore`.
    pub struct Saved {
        /// The prompt.
        pub prompt: PromptName,
        /// The model.
        pub model: ModelName,
        /// The version that is the head now.
        pub version: u32,
        /// Its content id.
        pub content_id: String,
        /// False when the content equals the head's, so that nothing was saved.
        pub created: bool,
        /// Primary changes this save answers.
        pub answers: Vec<u32>,
        /// What `check` says of the prompt now.
        pub findings: Vec<Finding>,
        /// What was normalised while the file was read.
        pub notes: Vec<String>,
    }

    /// `variant diff`.
    pub struct VariantDiff {
        /// The prompt.
        pub prompt: PromptName,
        /// The model.
        pub model: ModelName,
        /// The older number given.
        pub a: u32,
        /// The newer number given.
        pub b: u32,
        /// The two `.prompt` files, line by line.
        pub comparison: Comparison,
    }

    /// `change list`.
    pub struct ChangeList {
        /// Changes by prompt, version and place in the chain.
        pub changes: Vec<Change>,
    }

    /// `change match` and `change waive`.
    pub struct Settled {
        /// The change as it stands now.
        pub change: Change,
        /// The fallback's edit since its last match; `None` when there was no edit.
        pub edit: Option<Comparison>,
        /// What `check` says of the prompt now.
        pub findings: Vec<Finding>,
    }

    /// `accept`.
    pub struct Accepted {
        /// The finding's code.
        pub code: String,
        /// The prompt.
        pub prompt: PromptName,
        /// The fallback, when the finding names one.
        pub model: Option<ModelName>,
        /// Until when, RFC 3339.
        pub until: String,
    }

    /// `model list`.
    pub struct ModelList {
        /// One entry a model, by name.
        pub models: Vec<ModelEntry>,
    }

    /// A model in the list.
    pub struct ModelEntry {
        /// Its name.
        pub name: ModelName,
        /// Its wire format.
        pub wire: String,
        /// The provider's id.
        pub id: String,
        /// The environment variable with its key.
        pub key_env: Option<String>,
        /// Whether that variable is set here; true when none is needed.
        pub key_present: bool,
        /// Its base URL where it differs.
        pub base_url: Option<String>,
    }

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

    /// `check`.
    pub struct CheckReport {
        /// Findings, most urgent first; those switched off are left out.
        pub findings: Vec<Finding>,
        /// Error findings that are not accepted: any of them blocks.
        pub errors: u32,
        /// Codes that could not be asked, because a directory holds no outputs.
        pub skipped: Vec<String>,
    }

    /// `key list`.
    pub struct KeyList {
        /// Signing keys by name.
        pub keys: Vec<KeyEntry>,
    }

    /// A signing key.
    pub struct KeyEntry {
        /// Its name.
        pub name: String,
        /// Its key id.
        pub keyid: String,
    }

    /// The Release view.
    pub struct ReleaseView {
        /// What stands in the way.
        pub check: CheckReport,
        /// Things that hold, in a sentence each.
        pub holds: Vec<String>,
        /// The name the next bundle would have.
        pub name: String,
        /// Its number.
        pub next_version: u32,
        /// Signing keys.
        pub keys: Vec<KeyEntry>,
        /// Releases, latest first.
        pub releases: Vec<ReleaseEntry>,
    }

    /// A release in the list.
    pub struct ReleaseEntry {
        /// The bundle's name.
        pub name: String,
        /// Its number.
        pub version: u32,
        /// When it was frozen, RFC 3339.
        pub created_at: String,
        /// Until when it is valid, RFC 3339.
        pub expires_at: String,
        /// SHA-256 of the archive.
        pub sha256: String,
    }

    /// `bundle export`.
    pub struct Exported {
        /// The bundle's name.
        pub name: String,
        /// Its number.
        pub version: u32,
        /// The archive's path.
        pub archive: String,
        /// The envelope's path.
        pub envelope: String,
        /// SHA-256 of the archive.
        pub sha256: String,
        /// Until when it is valid, RFC 3339.
        pub expires_at: String,
        /// Key ids that signed.
        pub signers: Vec<String>,
        /// Key ids that were named as reviewers and have yet to sign.
        pub waiting_for: Vec<String>,
    }

    /// `bundle verify`.
    pub struct Verification {
        /// Whether a gateway may load it.
        pub accepted: bool,
        /// `OK`, or the code of the first rule it breaks.
        pub code: String,
        /// A sentence.
        pub sentence: String,
        /// The bundle's name; only when accepted.
        pub name: Option<String>,
        /// Its number; only when accepted.
        pub version: Option<u32>,
        /// SHA-256 of the archive; only when accepted.
        pub sha256: Option<String>,
        /// Key ids that signed; only when accepted.
        pub signers: Vec<String>,
        /// Until when it is valid; only when accepted.
        pub expires_at: Option<String>,
    }

    /// `sync`.
    pub struct SyncReport {
        /// The directory.
        pub dir: String,
        /// Files written to the directory.
        pub pushed: Vec<String>,
        /// Files taken into the workspace.
        pub pulled: Vec<String>,
        /// Files the workspace would write, left alone in this mode.
        pub to_push: Vec<String>,
        /// Files the directory has newer, left alone in this mode.
        pub to_pull: Vec<String>,
        /// Files changed on both sides: nothing of them was overwritten.
        pub conflicts: Vec<String>,
        /// Versions that share a parent with the head: a choice to make with `variant restore`.
        pub forks: Vec<String>,
        /// What was normalised while files were read.
        pub notes: Vec<String>,
        /// Whether directory and workspace agree now.
        pub in_sync: bool,
    }
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
