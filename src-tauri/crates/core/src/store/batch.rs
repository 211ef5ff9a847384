//! Writing: everything that belongs together goes in together, or not at all.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::{Store, StoreError, small};
use crate::case::Case;
use crate::ledger::{Decision, Verdict};
use crate::prompt::{Content, Digest, ModelName, PromptName, Version};

/// A version to be added to a variant.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVersion {
    /// The prompt; created when it is new.
    pub prompt: PromptName,
    /// The variant; created when it is new.
    pub model: ModelName,
    /// The version. Its number must be free.
    pub version: Version,
}

/// Moves a variant's head.
#[derive(Debug, Clone, PartialEq)]
pub struct NewHead {
    /// The prompt.
    pub prompt: PromptName,
    /// The variant.
    pub model: ModelName,
    /// The id of the version that becomes the head.
    pub head: String,
    /// The id of the head the writer saw; `None` when there was none. A different head is [`StoreError::HeadMoved`].
    pub expected: Option<String>,
}

/// Something that is replaced whole. When what is there is not what the writer saw, it is [`StoreError::Moved`]: two
/// imports at once must not silently lose the first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replaced<T> {
    /// What the writer saw.
    pub before: T,
    /// What it becomes.
    pub after: T,
}

/// One change-set.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// A new text of understudy.toml.
    pub config_text: Option<Replaced<String>>,
    /// Prompts that must exist afterwards, with or without variants.
    pub prompts: Vec<PromptName>,
    /// Versions that get another number, by id, before the new ones come in: two branches gave the same one. Numbers
    /// are for people; nothing refers to them.
    pub renumbered: Vec<(String, u32)>,
    /// Versions to add, parents before children.
    pub versions: Vec<NewVersion>,
    /// Heads to move, after the versions are in.
    pub heads: Vec<NewHead>,
    /// Ledger rows to add. A row whose id is already there is left as it is.
    pub decisions: Vec<Decision>,
    /// The complete list of a prompt's cases, in order.
    pub cases: BTreeMap<PromptName, Replaced<Vec<Case>>>,
    /// Directory state to remember: the directory, and the digest of each path.
    pub sync_points: Option<(String, BTreeMap<String, Digest>)>,
}

impl Store {
    /// Writes a change-set in one transaction.
    pub async fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        if let Some(text) = &batch.config_text {
            let (now,): (String,) = sqlx::query_as("SELECT config FROM workspace WHERE id = 1")
                .fetch_one(&mut *tx)
                .await?;
            if now != text.before {
                return Err(StoreError::Moved {
                    what: "understudy.toml".to_owned(),
                });
            }
            let text = &text.after;
            sqlx::query("UPDATE workspace SET config = ? WHERE id = 1")
                .bind(text)
                .execute(&mut *tx)
                .await?;
        }
        for prompt in &batch.prompts {
            prompt_id(&mut tx, prompt).await?;
        }
        renumber(&mut tx, &batch.renumbered).await?;
        for new in &batch.versions {
            insert_version(&mut tx, new).await?;
        }
        for head in &batch.heads {
            move_head(&mut tx, head).await?;
        }
        for decision in &batch.decisions {
            insert_decision(&mut tx, decision).await?;
        }
        for (prompt, cases) in &batch.cases {
            replace_cases(&mut tx, prompt, cases).await?;
        }
        if let Some((dir, points)) = &batch.sync_points {
            sqlx::query("DELETE FROM sync_point WHERE dir = ?")
                .bind(dir)
                .execute(&mut *tx)
                .await?;
            for (path, digest) in points {
                sqlx::query("INSERT INTO sync_point (dir, path, digest) VALUES (?, ?, ?)")
                    .bind(dir)
                    .bind(path)
                    .bind(digest.as_str())
                    .execute(&mut *tx)
                    .await?;
            }
        }
        tx.commit().await?;
        tracing::debug!(
            versions = batch.versions.len(),
            heads = batch.heads.len(),
            decisions = batch.decisions.len(),
            case_lists = batch.cases.len(),
            config = batch.config_text.is_some(),
            "written"
        );
        Ok(())
    }

    /// What each file of a directory looked like when directory and workspace last agreed.
    pub async fn sync_points(&self, dir: &str) -> Result<BTreeMap<String, Digest>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT path, digest FROM sync_point WHERE dir = ?")
                .bind(dir)
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter()
            .map(|(path, digest)| {
                let digest = Digest::parse(&digest)
                    .map_err(|error| StoreError::unreadable(error.to_string()))?;
                Ok((path, digest))
            })
            .collect()
    }
}

pub(super) async fn prompt_id(
    db: &mut SqliteConnection,
    name: &PromptName,
) -> Result<i64, StoreError> {
    sqlx::query("INSERT INTO prompt (name) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(name.as_str())
        .execute(&mut *db)
        .await?;
    let (id,): (i64,) = sqlx::query_as("SELECT id FROM prompt WHERE name = ?")
        .bind(name.as_str())
        .fetch_one(db)
        .await?;
    Ok(id)
}

async fn variant_id(
    db: &mut SqliteConnection,
    prompt: &PromptName,
    model: &ModelName,
) -> Result<i64, StoreError> {
    let prompt = prompt_id(db, prompt).await?;
    sqlx::query("INSERT INTO variant (prompt_id, model) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(prompt)
        .bind(model.as_str())
        .execute(&mut *db)
        .await?;
    let (id,): (i64,) = sqlx::query_as("SELECT id FROM variant WHERE prompt_id = ? AND model = ?")
        .bind(prompt)
        .bind(model.as_str())
        .fetch_one(db)
        .await?;
    Ok(id)
}

/// The row of a content id; `body` fills it in when it is known now.
pub(super) async fn content_row(
    db: &mut SqliteConnection,
    id: &Digest,
    content: Option<&Content>,
) -> Result<i64, StoreError> {
    let body = content.map(|content| String::from_utf8_lossy(&content.canonical()).into_owned());
    sqlx::query(
        "INSERT INTO content (content_id, body) VALUES (?, ?)
         ON CONFLICT (content_id) DO UPDATE SET body = excluded.body
         WHERE content.body IS NULL AND excluded.body IS NOT NULL",
    )
    .bind(id.as_str())
    .bind(body)
    .execute(&mut *db)
    .await?;
    let (row,): (i64,) = sqlx::query_as("SELECT id FROM content WHERE content_id = ?")
        .bind(id.as_str())
        .fetch_one(db)
        .await?;
    Ok(row)
}

/// In two steps, because numbers trade places: first out of the way, then to where they belong.
async fn renumber(
    db: &mut SqliteConnection,
    renumbered: &[(String, u32)],
) -> Result<(), StoreError> {
    const ASIDE: i64 = 1 << 40;
    for step in [ASIDE, 0] {
        for (id, number) in renumbered {
            sqlx::query("UPDATE version SET number = ? WHERE version_id = ?")
                .bind(i64::from(*number) + step)
                .bind(id)
                .execute(&mut *db)
                .await?;
        }
    }
    Ok(())
}

async fn insert_version(db: &mut SqliteConnection, new: &NewVersion) -> Result<(), StoreError> {
    let variant = variant_id(db, &new.prompt, &new.model).await?;
    let version = &new.version;
    let content = content_row(db, &version.content_id, Some(&version.content)).await?;
    let parent: Option<(i64,)> = match &version.parent {
        None => None,
        Some(parent) => Some(
            sqlx::query_as("SELECT id FROM version WHERE version_id = ? AND variant_id = ?")
                .bind(parent)
                .bind(variant)
                .fetch_optional(&mut *db)
                .await?
                .ok_or_else(|| {
                    StoreError::unreadable(format!("version {} has no parent {parent}", version.id))
                })?,
        ),
    };
    // Two writers may have taken the same number from the same head: that is a moved head, not a broken file.
    let taken: Option<(i64,)> =
        sqlx::query_as("SELECT number FROM version WHERE variant_id = ? AND number = ?")
            .bind(variant)
            .bind(version.number)
            .fetch_optional(&mut *db)
            .await?;
    if taken.is_some() {
        return Err(StoreError::HeadMoved {
            prompt: new.prompt.to_string(),
            model: new.model.to_string(),
            head: version.number,
            expected: version.number.saturating_sub(1),
        });
    }
    sqlx::query(
        "INSERT INTO version (version_id, variant_id, number, content, parent_id, author, at, message)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&version.id)
    .bind(variant)
    .bind(version.number)
    .bind(content)
    .bind(parent.map(|(id,)| id))
    .bind(&version.author)
    .bind(&version.at)
    .bind(&version.message)
    .execute(db)
    .await?;
    Ok(())
}

async fn move_head(db: &mut SqliteConnection, new: &NewHead) -> Result<(), StoreError> {
    let variant = variant_id(db, &new.prompt, &new.model).await?;
    let current: Option<(String, i64)> = sqlx::query_as(
        "SELECT x.version_id, x.number FROM variant v JOIN version x ON x.id = v.head_id WHERE v.id = ?",
    )
    .bind(variant)
    .fetch_optional(&mut *db)
    .await?;
    if current.as_ref().map(|(id, _)| id) != new.expected.as_ref() {
        let expected: Option<(i64,)> =
            sqlx::query_as("SELECT number FROM version WHERE version_id = ?")
                .bind(&new.expected)
                .fetch_optional(&mut *db)
                .await?;
        return Err(StoreError::HeadMoved {
            prompt: new.prompt.to_string(),
            model: new.model.to_string(),
            head: current.map_or(0, |(_, number)| small(number)),
            expected: expected.map_or(0, |(number,)| small(number)),
        });
    }
    sqlx::query("UPDATE variant SET head_id = (SELECT id FROM version WHERE version_id = ? AND variant_id = ?) WHERE id = ?")
        .bind(&new.head)
        .bind(variant)
        .bind(variant)
        .execute(db)
        .await?;
    Ok(())
}

async fn insert_decision(db: &mut SqliteConnection, decision: &Decision) -> Result<(), StoreError> {
    let prompt = prompt_id(db, &decision.prompt).await?;
    let kind = match decision.verdict {
        Verdict::Start { .. } => "start",
        Verdict::Match { .. } => "match",
        Verdict::Waive { .. } => "waive",
        Verdict::Accept { .. } => "accept",
    };
    let body = serde_json::to_string(decision)
        .map_err(|error| StoreError::unreadable(error.to_string()))?;
    sqlx::query(
        "INSERT INTO decision (decision_id, prompt_id, kind, at, body) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (decision_id) DO NOTHING",
    )
    .bind(&decision.id)
    .bind(prompt)
    .bind(kind)
    .bind(&decision.at)
    .bind(body)
    .execute(db)
    .await?;
    Ok(())
}

/// The row of an input, made when it is new.
pub(super) async fn input_row(
    db: &mut SqliteConnection,
    prompt: i64,
    case: &Case,
) -> Result<i64, StoreError> {
    let digest = case.input_digest();
    let body = serde_json::json!({ "variables": case.variables, "turns": case.turns }).to_string();
    sqlx::query("INSERT INTO input (prompt_id, case_id, digest, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(prompt)
        .bind(case.id.as_str())
        .bind(digest.as_str())
        .bind(body)
        .execute(&mut *db)
        .await?;
    let (id,): (i64,) =
        sqlx::query_as("SELECT id FROM input WHERE prompt_id = ? AND case_id = ? AND digest = ?")
            .bind(prompt)
            .bind(case.id.as_str())
            .bind(digest.as_str())
            .fetch_one(db)
            .await?;
    Ok(id)
}

async fn replace_cases(
    db: &mut SqliteConnection,
    name: &PromptName,
    cases: &Replaced<Vec<Case>>,
) -> Result<(), StoreError> {
    let prompt = prompt_id(db, name).await?;
    let now: Vec<(String,)> =
        sqlx::query_as("SELECT body FROM saved_case WHERE prompt_id = ? ORDER BY position")
            .bind(prompt)
            .fetch_all(&mut *db)
            .await?;
    let seen = cases
        .before
        .iter()
        .map(|case| serde_json::to_string(case).unwrap_or_default());
    if !now
        .iter()
        .map(|(body,)| body)
        .eq(seen.collect::<Vec<_>>().iter())
    {
        return Err(StoreError::Moved {
            what: format!("the cases of {name}"),
        });
    }
    let cases = &cases.after;
    sqlx::query("DELETE FROM saved_case WHERE prompt_id = ?")
        .bind(prompt)
        .execute(&mut *db)
        .await?;
    for (position, case) in cases.iter().enumerate() {
        let input = input_row(db, prompt, case).await?;
        let body = serde_json::to_string(case)
            .map_err(|error| StoreError::unreadable(error.to_string()))?;
        sqlx::query("INSERT INTO saved_case (prompt_id, case_id, position, input_id, body) VALUES (?, ?, ?, ?, ?)")
            .bind(prompt)
            .bind(case.id.as_str())
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(input)
            .bind(body)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}
