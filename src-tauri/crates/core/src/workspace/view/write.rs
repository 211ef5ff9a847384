//! Prompts, models, variants, their history and the decisions about them.

use serde::Serialize;

use super::PriceView;
use crate::check::Finding;
use crate::compare::Comparison;
use crate::ledger::Change;
use crate::prompt::{Auth, Content, ModelName, PolicyKind, PromptName};

documents! {
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
        /// The environment variable with its key, under whose name the keychain may hold it too.
        pub key_env: Option<String>,
        /// Whether a key is here; true when none is needed.
        pub key_present: bool,
        /// Its base URL where it differs.
        pub base_url: Option<String>,
        /// The address calls go to, secrets left out; `None` when the settings make none.
        pub url: Option<String>,
        /// How the key is sent, where that was set by hand.
        pub auth: Option<Auth>,
        /// Whether replies are streamed.
        pub stream: bool,
        /// The most calls under way at its endpoint; `None` leaves it to the run.
        pub concurrency: Option<u32>,
        /// Its price; `None` when unknown.
        pub price: Option<PriceView>,
    }
}
