//! Models as the settings show them: tried with a few words, and changed in understudy.toml.

use std::sync::Arc;

use serde::Deserialize;
use tokio::time::Instant;

use crate::files::config;
use crate::model::{Call, CallError, Caller, Nobody, build};
use crate::prompt::{
    Auth, CaseId, Content, Message, Model, ModelName, Price, Rendered, Speaker, Wire,
};
use crate::store::{Batch, Replaced};
use crate::workspace::view::{ModelList, ModelTest};
use crate::workspace::{Error, Workspace, lookup};

/// A model's settings, to be written into understudy.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ModelDraft {
    /// Its wire format.
    pub wire: Wire,
    /// The provider's id.
    pub id: String,
    /// The environment variable that holds the key.
    #[serde(default)]
    pub key_env: Option<String>,
    /// Base URL where it differs from the provider's own.
    #[serde(default)]
    pub base_url: Option<String>,
    /// How the key is sent, where it differs.
    #[serde(default)]
    pub auth: Option<Auth>,
    /// Whether replies are streamed.
    pub stream: bool,
    /// The most calls under way at its endpoint.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// The team's own price.
    #[serde(default)]
    pub price: Option<Price>,
}

/// Enough for a word, and for a reasoning model to get to it.
const TEST_TOKENS: u32 = 256;

impl Workspace {
    /// Asks a model for one word: whether address, key and settings work together. Costs what that costs, and stores
    /// nothing.
    pub async fn test_model(&self, name: &str, caller: &dyn Caller) -> Result<ModelTest, Error> {
        let set = self.load().await?;
        let models = &set.config.models;
        let unknown = || Error::UnknownModel {
            model: name.to_owned(),
            known: lookup::list(models.keys()),
        };
        let model = ModelName::parse(name).map_err(|_| unknown())?;
        let settings = models.get(&model).ok_or_else(unknown)?;
        let content = Content {
            max_output_tokens: Some(TEST_TOKENS),
            ..Content::default()
        };
        let rendered = Rendered {
            system: None,
            turns: vec![Message::new(
                Speaker::User,
                "Reply with the single word: ready",
            )],
        };
        let request = match build(settings, &content, &rendered) {
            Ok(request) => request,
            Err(error) => return Ok(failed(model, String::new(), error.into())),
        };
        let url = format!("{}{}", request.origin(), request.path);
        let call = Call {
            model: model.clone(),
            settings: Arc::new(settings.clone()),
            case: CaseId::parse("test").map_err(|_| unknown())?,
            repeat: 1,
            passthrough: false,
            keep_raw: false,
            request,
        };
        let begun = Instant::now();
        let attempt = caller.call(&call, &Nobody).await;
        let test = ModelTest {
            status: attempt.trace.status,
            seconds: begun.elapsed().as_secs_f64(),
            first_token_seconds: attempt.trace.first_token_seconds,
            ..failed(
                model,
                url,
                CallError::new(crate::model::ErrorKind::Unknown, ""),
            )
        };
        Ok(match attempt.outcome {
            Ok(answer) => ModelTest {
                ok: true,
                answered_by: answer.model,
                text: Some(answer.text),
                error: None,
                ..test
            },
            Err(error) => ModelTest {
                status: test.status.or(error.status),
                error: Some(error.to_string()),
                ..test
            },
        })
    }

    /// Writes a model's settings into understudy.toml, where comments and everything else stay as they are; a model
    /// that is not there yet is added. A text that would not be a valid understudy.toml is refused and nothing changes.
    pub async fn save_model(&self, name: &str, draft: &ModelDraft) -> Result<ModelList, Error> {
        let set = self.load().await?;
        let name = ModelName::parse(name)?;
        let kept = set.config.models.get(&name);
        let had = kept.and_then(|model| model.price.as_ref());
        let model = Model {
            wire: draft.wire,
            id: draft.id.trim().to_owned(),
            key_env: filled(draft.key_env.as_deref()),
            base_url: filled(draft.base_url.as_deref()),
            headers: kept.map(|model| model.headers.clone()).unwrap_or_default(),
            auth: draft.auth,
            stream: draft.stream,
            concurrency: draft.concurrency,
            price: draft.price.clone().map(|price| Price {
                // What the draft does not speak of stays.
                cached_input: price
                    .cached_input
                    .or(had.and_then(|price| price.cached_input)),
                cache_write: price
                    .cache_write
                    .or(had.and_then(|price| price.cache_write)),
                ..price
            }),
        };
        let text =
            config::with_model(&set.config_text, &name, &model).map_err(|error| Error::Config {
                reason: error.to_string(),
            })?;
        let batch = Batch {
            config_text: Some(Replaced {
                before: set.config_text,
                after: text,
            }),
            ..Batch::default()
        };
        self.store.apply(&batch).await?;
        self.models().await
    }
}

fn filled(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn failed(model: ModelName, url: String, error: CallError) -> ModelTest {
    ModelTest {
        model,
        ok: false,
        url,
        status: None,
        seconds: 0.0,
        first_token_seconds: None,
        answered_by: None,
        text: None,
        error: Some(error.to_string()),
    }
}
