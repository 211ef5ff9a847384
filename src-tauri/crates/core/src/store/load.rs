//! Reading a whole prompt set, without its outputs.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::{Store, StoreError, small};
use crate::case::Case;
use crate::ledger::Decision;
use crate::prompt::{Content, ContentId, ModelName, PromptName, Variant, Version};
use crate::set::Prompt;

/// What the workspace says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Whether it holds the shipped sample.
    pub sample: bool,
    /// understudy.toml, byte for byte.
    pub config_text: String,
}

/// A prompt as stored: variants by name, since the order of the chain is a matter of configuration.
pub type StoredPrompt = Prompt;

#[derive(FromRow)]
struct VersionRow {
    prompt: String,
    model: String,
    head: Option<String>,
    version_id: String,
    number: i64,
    content_id: String,
    parent: Option<String>,
    author: String,
    at: String,
    message: String,
    body: String,
}

impl Store {
    /// What the workspace says of itself.
    pub async fn settings(&self) -> Result<Settings, StoreError> {
        let (created_at, sample, config_text): (String, bool, String) =
            sqlx::query_as("SELECT created_at, sample, config FROM workspace WHERE id = 1")
                .fetch_one(&self.pool)
                .await?;
        Ok(Settings {
            created_at,
            sample,
            config_text,
        })
    }

    /// All prompts with their variants, cases and decisions, in one read transaction.
    pub async fn prompts(&self) -> Result<BTreeMap<PromptName, StoredPrompt>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let names: Vec<(String,)> = sqlx::query_as("SELECT name FROM prompt ORDER BY name")
            .fetch_all(&mut *tx)
            .await?;
        let versions: Vec<VersionRow> = sqlx::query_as(
            "SELECT p.name AS prompt, v.model, h.version_id AS head, x.version_id, x.number, c.content_id,
                    parent.version_id AS parent, x.author, x.at, x.message, c.body
             FROM version x
             JOIN variant v ON v.id = x.variant_id
             JOIN prompt p ON p.id = v.prompt_id
             JOIN content c ON c.id = x.content
             LEFT JOIN version h ON h.id = v.head_id
             LEFT JOIN version parent ON parent.id = x.parent_id
             ORDER BY p.name, v.model, x.number",
        )
        .fetch_all(&mut *tx)
        .await?;
        let cases: Vec<(String, String)> = sqlx::query_as(
            "SELECT p.name, s.body FROM saved_case s JOIN prompt p ON p.id = s.prompt_id ORDER BY p.name, s.position",
        )
        .fetch_all(&mut *tx)
        .await?;
        let decisions: Vec<(String, String)> = sqlx::query_as(
            "SELECT p.name, d.body FROM decision d JOIN prompt p ON p.id = d.prompt_id ORDER BY p.name, d.at, d.decision_id",
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;

        let mut prompts = BTreeMap::new();
        for (name,) in names {
            let name = prompt_name(&name)?;
            let empty = Prompt {
                name: name.clone(),
                variants: vec![],
                cases: vec![],
                ledger: vec![],
            };
            prompts.insert(name, empty);
        }
        for row in versions {
            add_version(&mut prompts, row)?;
        }
        for (name, body) in cases {
            let case: Case = read_json("case", &body)?;
            if let Some(prompt) = prompts.get_mut(&prompt_name(&name)?) {
                prompt.cases.push(case);
            }
        }
        for (name, body) in decisions {
            let decision: Decision = read_json("decision", &body)?;
            if let Some(prompt) = prompts.get_mut(&prompt_name(&name)?) {
                prompt.ledger.push(decision);
            }
        }
        Ok(prompts)
    }
}

fn add_version(
    prompts: &mut BTreeMap<PromptName, Prompt>,
    row: VersionRow,
) -> Result<(), StoreError> {
    let model =
        ModelName::parse(&row.model).map_err(|error| StoreError::unreadable(error.to_string()))?;
    let content: Content = read_json("content", &row.body)?;
    let version = Version {
        id: row.version_id,
        number: small(row.number),
        content_id: ContentId::parse(&row.content_id)
            .map_err(|error| StoreError::unreadable(error.to_string()))?,
        parent: row.parent,
        author: row.author,
        at: row.at,
        message: row.message,
        content,
    };
    let Some(prompt) = prompts.get_mut(&prompt_name(&row.prompt)?) else {
        return Ok(());
    };
    match prompt.variants.last_mut() {
        Some(variant) if variant.model == model => variant.versions.push(version),
        _ => {
            let head = row.head.unwrap_or_else(|| version.id.clone());
            prompt.variants.push(Variant {
                model,
                versions: vec![version],
                head,
            });
        }
    }
    Ok(())
}

pub(super) fn prompt_name(name: &str) -> Result<PromptName, StoreError> {
    PromptName::parse(name).map_err(|error| StoreError::unreadable(error.to_string()))
}

pub(super) fn read_json<T: serde::de::DeserializeOwned>(
    what: &str,
    body: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|error| StoreError::unreadable(format!("{what}: {error}")))
}
