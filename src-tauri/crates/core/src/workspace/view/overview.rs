//! The whole workspace on one page.

use serde::Serialize;

use super::Standing;
use crate::check::Finding;
use crate::prompt::{ModelName, PolicyKind, PromptName};

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
}
