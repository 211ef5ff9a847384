//! Counting what is known of a content: the numbers behind findings and the parity table.

use sqlx::FromRow;

use super::{Store, StoreError, small};
use crate::parity::Tally;
use crate::prompt::{ContentId, Digest, ModelName, PromptName};

/// An output whose schema has not been judged yet.
#[derive(Debug, Clone, FromRow)]
pub struct Unjudged {
    /// The cell's row.
    pub cell_id: i64,
    /// What the model gave.
    pub output: String,
    /// Whether it called a tool instead of answering.
    pub called_tool: bool,
}

#[derive(FromRow)]
struct Row {
    outputs: i64,
    cases: i64,
    held: i64,
    empty: i64,
    cut: i64,
    words: i64,
    output_tokens: i64,
    seconds: f64,
    timed: i64,
}

impl Store {
    /// Outputs for `content` that have no judgement against `schema` yet.
    pub async fn unjudged(
        &self,
        prompt: &PromptName,
        model: &ModelName,
        content: &ContentId,
        schema: &Digest,
    ) -> Result<Vec<Unjudged>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT c.id AS cell_id, c.output, c.tool_calls IS NOT NULL AS called_tool
             FROM cell c
             LEFT JOIN judgement j ON j.cell_id = c.id AND j.schema_id = ?4
             WHERE c.current = 1 AND j.cell_id IS NULL AND c.prompt_id = (SELECT id FROM prompt WHERE name = ?1)
               AND c.model = ?2 AND c.content = (SELECT id FROM content WHERE content_id = ?3)",
        )
        .bind(prompt.as_str())
        .bind(model.as_str())
        .bind(content.as_str())
        .bind(schema.as_str())
        .fetch_all(&self.pool)
        .await?)
    }

    /// Keeps judgements: (cell row, form, held).
    pub async fn keep_judgements(
        &self,
        schema: &Digest,
        judged: &[(i64, &'static str, bool)],
    ) -> Result<(), StoreError> {
        if judged.is_empty() {
            return Ok(());
        }
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for (cell, form, held) in judged {
            sqlx::query(
                "INSERT INTO judgement (cell_id, schema_id, form, held) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(cell)
            .bind(schema.as_str())
            .bind(form)
            .bind(held)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The tally of one model for one content, judged by `schema`.
    pub async fn tally(
        &self,
        prompt: &PromptName,
        model: &ModelName,
        content: &ContentId,
        passthrough: bool,
        schema: &Digest,
    ) -> Result<Tally, StoreError> {
        let row: Row = sqlx::query_as(
            "SELECT count(*) AS outputs,
                    count(DISTINCT c.input_id) AS cases,
                    coalesce(sum(j.held), 0) AS held,
                    coalesce(sum(c.output = '' AND c.tool_calls IS NULL), 0) AS empty,
                    coalesce(sum(c.finish = 'length'), 0) AS cut,
                    coalesce(sum(c.words), 0) AS words,
                    coalesce(sum(c.output_tokens), 0) AS output_tokens,
                    coalesce(sum(c.seconds), 0.0) AS seconds,
                    count(c.seconds) AS timed
             FROM cell c
             JOIN saved_case s ON s.input_id = c.input_id
             LEFT JOIN judgement j ON j.cell_id = c.id AND j.schema_id = ?5
             WHERE c.current = 1 AND c.prompt_id = (SELECT id FROM prompt WHERE name = ?1) AND c.model = ?2
               AND c.content = (SELECT id FROM content WHERE content_id = ?3) AND c.passthrough = ?4",
        )
        .bind(prompt.as_str())
        .bind(model.as_str())
        .bind(content.as_str())
        .bind(passthrough)
        .bind(schema.as_str())
        .fetch_one(&self.pool)
        .await?;
        Ok(Tally {
            outputs: small(row.outputs),
            cases: small(row.cases),
            held: small(row.held),
            empty: small(row.empty),
            cut: small(row.cut),
            words: small(row.words),
            output_tokens: small(row.output_tokens),
            seconds: row.seconds,
            timed: small(row.timed),
        })
    }

    /// When a model last gave an output for any content of its own; `None` when it never did.
    pub async fn last_output(
        &self,
        prompt: &PromptName,
        model: &ModelName,
    ) -> Result<Option<String>, StoreError> {
        let (at,): (Option<String>,) = sqlx::query_as(
            "SELECT max(r.at) FROM cell c JOIN run r ON r.id = c.run_id
             WHERE c.current = 1 AND c.passthrough = 0 AND c.model = ?2
               AND c.prompt_id = (SELECT id FROM prompt WHERE name = ?1)",
        )
        .bind(prompt.as_str())
        .bind(model.as_str())
        .fetch_one(&self.pool)
        .await?;
        Ok(at)
    }
}
