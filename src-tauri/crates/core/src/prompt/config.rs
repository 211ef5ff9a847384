//! What `understudy.toml` says: models, chains and each prompt's settings. Holds no secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{LevelSetting, Margins, ModelName, Policy, Price, PromptName};

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
    /// How the key is sent, where it differs from what the wire and the host ask for.
    pub auth: Option<Auth>,
    /// Whether replies are streamed.
    pub stream: bool,
    /// The most calls under way at this model's endpoint; `None` leaves it to the run.
    pub concurrency: Option<u32>,
    /// The team's own price, before any table.
    pub price: Option<Price>,
}

impl Model {
    /// A model with nothing set but what every model has.
    pub fn new(wire: Wire, id: impl Into<String>) -> Self {
        Self {
            wire,
            id: id.into(),
            key_env: None,
            base_url: None,
            headers: BTreeMap::new(),
            auth: None,
            stream: true,
            concurrency: None,
            price: None,
        }
    }
}

/// The header a key is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Auth {
    /// `Authorization: Bearer K`: most providers, and Vertex.
    Bearer,
    /// `api-key: K`: Azure.
    ApiKey,
    /// `x-api-key: K`: Anthropic.
    XApiKey,
    /// `x-goog-api-key: K`: Gemini.
    XGoogApiKey,
    /// `x-portkey-api-key: K`: Portkey.
    XPortkeyApiKey,
}

impl Auth {
    /// The word used in `understudy.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::ApiKey => "api-key",
            Self::XApiKey => "x-api-key",
            Self::XGoogApiKey => "x-goog-api-key",
            Self::XPortkeyApiKey => "x-portkey-api-key",
        }
    }

    /// The header's name.
    pub fn header(self) -> &'static str {
        match self {
            Self::Bearer => "authorization",
            Self::ApiKey => "api-key",
            Self::XApiKey => "x-api-key",
            Self::XGoogApiKey => "x-goog-api-key",
            Self::XPortkeyApiKey => "x-portkey-api-key",
        }
    }
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
