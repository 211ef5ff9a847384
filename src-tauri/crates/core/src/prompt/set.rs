//! A whole prompt set in memory: what the directory form and the workspace both hold, without runs and ratings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Content, ContentId, LevelSetting, Margins, ModelName, Policy, PromptName};
use crate::case::Case;
use crate::ledger::Decision;

/// The wire format a model speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Wire {
    /// OpenAI Chat Completions and everything compatible.
    OpenaiChat,
    /// OpenAI Responses.
    OpenaiResponses,
    /// Anthropic Messages.
    Anthropic,
    /// Gemini `generateContent`.
    Gemini,
    /// Cohere v2 chat.
    Cohere,
    /// Mistral chat.
    Mistral,
}

impl Wire {
    /// The word used in `understudy.toml` and in bundles.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Cohere => "cohere",
            Self::Mistral => "mistral",
        }
    }
}

/// A model as the team calls it. Holds no secret: `key_env` names an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Model {
    /// Its wire format.
    pub wire: Wire,
    /// The provider's id, such as `gpt-4o-2024-11-20`.
    pub id: String,
    /// The environment variable that holds the API key; `None` for servers that need none.
    pub key_env: Option<String>,
    /// Base URL where it differs from the provider's own.
    pub base_url: Option<String>,
    /// Extra headers.
    pub headers: BTreeMap<String, String>,
}

/// A named list of models: the first is the primary's, the others the fallbacks in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Model names, primary first.
    pub models: Vec<ModelName>,
}

/// A prompt's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptConfig {
    /// The chain's name.
    pub chain: String,
    /// Who answers for it.
    pub owner: String,
    /// Its policy.
    pub policy: Policy,
    /// Its margins: the policy's, unless set.
    pub margins: Margins,
    /// Levels set by hand, by finding code.
    pub levels: BTreeMap<String, LevelSetting>,
}

/// What `understudy.toml` says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// Models by name.
    pub models: BTreeMap<ModelName, Model>,
    /// Chains by name.
    pub chains: BTreeMap<String, Chain>,
    /// Prompts by name.
    pub prompts: BTreeMap<PromptName, PromptConfig>,
}

impl Config {
    /// The models of a prompt's chain, primary first; empty when the prompt or its chain is unknown.
    pub fn chain_of(&self, prompt: &PromptName) -> &[ModelName] {
        self.prompts
            .get(prompt)
            .and_then(|settings| self.chains.get(&settings.chain))
            .map_or(&[], |chain| &chain.models)
    }
}

/// A saved step of a variant. Immutable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Its own id: unique, never reused, the name of its history file.
    pub id: String,
    /// The number people use; unique inside the variant.
    pub number: u32,
    /// What it holds, by id.
    pub content_id: ContentId,
    /// The version it was made from; `None` for the first.
    pub parent: Option<String>,
    /// Who saved it.
    pub author: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Why, in the author's words.
    pub message: String,
    /// What it holds.
    pub content: Content,
}

/// A prompt as tuned for one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The model, and so the variant's name.
    pub model: ModelName,
    /// All versions, by number.
    pub versions: Vec<Version>,
    /// The id of the version that counts now.
    pub head: String,
}

impl Variant {
    /// The version that counts now.
    pub fn head(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == self.head)
    }

    /// A version by its number.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions
            .iter()
            .find(|version| version.number == number)
    }

    /// A version by its id.
    pub fn version_by_id(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// The head and its ancestors, oldest first. Versions on a side branch are not part of it.
    pub fn lineage(&self) -> Vec<&Version> {
        let mut line = Vec::new();
        let mut next = self.head();
        while let Some(version) = next {
            // A parent chain can be cyclic only in a damaged file; every version is visited once.
            if line.iter().any(|seen: &&Version| seen.id == version.id) {
                break;
            }
            line.push(version);
            next = version
                .parent
                .as_deref()
                .and_then(|parent| self.version_by_id(parent));
        }
        line.reverse();
        line
    }
}

/// A role in the product, with its variants, cases and decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Its name.
    pub name: PromptName,
    /// Variants, in the order of the chain; those outside it come last, by name.
    pub variants: Vec<Variant>,
    /// Saved cases, in file order.
    pub cases: Vec<Case>,
    /// The ledger: decisions in the order they were taken.
    pub ledger: Vec<Decision>,
}

impl Prompt {
    /// A variant by its model.
    pub fn variant(&self, model: &ModelName) -> Option<&Variant> {
        self.variants.iter().find(|variant| &variant.model == model)
    }
}

/// A prompt set: configuration and prompts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromptSet {
    /// What `understudy.toml` says, parsed.
    pub config: Config,
    /// Its text, byte for byte: comments and order are the team's, and survive.
    pub config_text: String,
    /// Prompts by name.
    pub prompts: BTreeMap<PromptName, Prompt>,
}

impl PromptSet {
    /// A prompt's primary variant: that of the first model of its chain.
    pub fn primary(&self, prompt: &PromptName) -> Option<&Variant> {
        let model = self.config.chain_of(prompt).first()?;
        self.prompts.get(prompt)?.variant(model)
    }

    /// A prompt's fallback variants in the order of the chain. Chain models without a variant are skipped: that gap
    /// is the finding `fallback-missing`.
    pub fn fallbacks(&self, prompt: &PromptName) -> Vec<&Variant> {
        let Some(found) = self.prompts.get(prompt) else {
            return Vec::new();
        };
        let chain = self.config.chain_of(prompt);
        chain
            .iter()
            .skip(1)
            .filter_map(|model| found.variant(model))
            .collect()
    }
}
