//! Reviewers' ratings.

use std::collections::BTreeMap;

use super::batch::{content_row, input_row, prompt_id};
use super::{Store, StoreError, small};
use crate::case::Case;
use crate::prompt::{ContentId, ModelName, PromptName};

/// One reviewer's choice for one pair of outputs.
#[derive(Debug, Clone)]
pub struct RatingRow<'a> {
    /// The prompt.
    pub prompt: &'a PromptName,
    /// The case.
    pub case: &'a Case,
    /// The fallback.
    pub fallback: &'a ModelName,
    /// The primary's content when it was rated.
    pub primary_content: &'a ContentId,
    /// The fallback's content when it was rated.
    pub fallback_content: &'a ContentId,
    /// `primary`, `tie`, `fallback` or `neither`.
    pub rating: &'a str,
    /// What the reviewer noted.
    pub note: Option<&'a str>,
    /// Who.
    pub author: &'a str,
    /// When, RFC 3339.
    pub at: &'a str,
}

/// Ratings of one pair of contents: by case, and how many of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RatingTally {
    /// The latest rating of each case.
    pub by_case: BTreeMap<String, String>,
}

impl RatingTally {
    /// How many cases have this rating.
    pub fn count(&self, rating: &str) -> u32 {
        small(
            i64::try_from(
                self.by_case
                    .values()
                    .filter(|given| *given == rating)
                    .count(),
            )
            .unwrap_or(i64::MAX),
        )
    }
}

impl Store {
    /// Keeps a rating. A later one for the same pair counts instead of an earlier one.
    pub async fn rate(&self, rating: &RatingRow<'_>) -> Result<(), StoreError> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let prompt = prompt_id(&mut tx, rating.prompt).await?;
        let input = input_row(&mut tx, prompt, rating.case).await?;
        let primary = content_row(&mut tx, rating.primary_content, None).await?;
        let fallback = content_row(&mut tx, rating.fallback_content, None).await?;
        sqlx::query(
            "INSERT INTO rating (prompt_id, input_id, fallback, primary_content, fallback_content, rating, note, author, at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(prompt)
        .bind(input)
        .bind(rating.fallback.as_str())
        .bind(primary)
        .bind(fallback)
        .bind(rating.rating)
        .bind(rating.note)
        .bind(rating.author)
        .bind(rating.at)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes the latest rating of this pair back. Answers whether there was one.
    pub async fn withdraw_rating(
        &self,
        prompt: &PromptName,
        case: &Case,
        fallback: &ModelName,
        primary_content: &ContentId,
        fallback_content: &ContentId,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE rating SET withdrawn = 1 WHERE id = (
                SELECT g.id FROM rating g JOIN input i ON i.id = g.input_id
                WHERE g.prompt_id = (SELECT id FROM prompt WHERE name = ?1) AND g.fallback = ?2
                  AND g.primary_content = (SELECT id FROM content WHERE content_id = ?3)
                  AND g.fallback_content = (SELECT id FROM content WHERE content_id = ?4)
                  AND i.case_id = ?5 AND i.digest = ?6 AND g.withdrawn = 0
                ORDER BY g.id DESC LIMIT 1)",
        )
        .bind(prompt.as_str())
        .bind(fallback.as_str())
        .bind(primary_content.as_str())
        .bind(fallback_content.as_str())
        .bind(case.id.as_str())
        .bind(case.input_digest().as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// The ratings of one pair of contents, for the inputs as they are now.
    pub async fn ratings(
        &self,
        prompt: &PromptName,
        fallback: &ModelName,
        primary_content: &ContentId,
        fallback_content: &ContentId,
    ) -> Result<RatingTally, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT s.case_id, g.rating
             FROM rating g JOIN saved_case s ON s.input_id = g.input_id
             WHERE g.withdrawn = 0 AND g.prompt_id = (SELECT id FROM prompt WHERE name = ?1) AND g.fallback = ?2
               AND g.primary_content = (SELECT id FROM content WHERE content_id = ?3)
               AND g.fallback_content = (SELECT id FROM content WHERE content_id = ?4)
             ORDER BY g.id",
        )
        .bind(prompt.as_str())
        .bind(fallback.as_str())
        .bind(primary_content.as_str())
        .bind(fallback_content.as_str())
        .fetch_all(&self.pool)
        .await?;
        // Later rows overwrite earlier ones.
        Ok(RatingTally {
            by_case: rows.into_iter().collect(),
        })
    }
}
