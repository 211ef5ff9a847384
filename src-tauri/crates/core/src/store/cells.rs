//! Runs and their cells.

use sqlx::{FromRow, SqliteConnection};

use super::batch::{content_row, input_row, prompt_id};
use super::{Store, StoreError, small};
use crate::case::Case;
use crate::parity::Verdict;
use crate::prompt::{CaseId, ContentId, ModelName, PromptName};

/// A run about to start. Its row is stored before the first call.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id.
    pub id: String,
    /// The prompt.
    pub prompt: PromptName,
    /// Whether this program makes the calls, or the outputs come from elsewhere.
    pub live: bool,
    /// When, RFC 3339.
    pub at: String,
    /// How many cells it plans.
    pub cells: u32,
}

/// A run as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// Whether this program made the calls.
    pub live: bool,
    /// When it started, RFC 3339.
    pub at: String,
    /// How many cells it planned.
    pub cells: u32,
    /// How many are finished.
    pub finished: u32,
    /// When it ended; `None` while it runs, or when it was cut off.
    pub finished_at: Option<String>,
}

/// What one call gave, to be stored.
#[derive(Debug, Clone)]
pub struct CellRecord {
    /// The model that was called.
    pub model: ModelName,
    /// The content it was given.
    pub content_id: ContentId,
    /// The input it was given.
    pub case: std::sync::Arc<Case>,
    /// Which repeat, from 1.
    pub repeat: u32,
    /// Whether the fallback was given the primary's prompt.
    pub passthrough: bool,
    /// The output, or the kind and message of the error.
    pub outcome: Result<CellOutput, CellFailure>,
    /// Wall time of the call.
    pub seconds: Option<f64>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct CellOutput {
    /// The text, as the model gave it.
    pub text: String,
    /// Tool calls as a JSON list, when there were any.
    pub tool_calls: Option<serde_json::Value>,
    /// Why it ended: `stop`, `length`, `tool_calls`, `refusal`, or the provider's own word.
    pub finish: Option<String>,
    /// Tokens read.
    pub input_tokens: Option<u32>,
    /// Tokens written.
    pub output_tokens: Option<u32>,
}

/// A call that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFailure {
    /// A stable word.
    pub kind: String,
    /// A sentence.
    pub message: String,
}

/// A stored cell with an output.
#[derive(Debug, Clone, PartialEq)]
pub struct CellRow {
    /// The case.
    pub case: CaseId,
    /// The model that was called.
    pub model: ModelName,
    /// The content it was given.
    pub content_id: ContentId,
    /// Which repeat, from 1.
    pub repeat: u32,
    /// Whether the fallback was given the primary's prompt.
    pub passthrough: bool,
    /// The run.
    pub run: String,
    /// When that run started, RFC 3339.
    pub at: String,
    /// What it answered, or how it failed.
    pub outcome: Result<CellOutput, CellFailure>,
    /// Wall time.
    pub seconds: Option<f64>,
    /// What the case expected when it was made, judged.
    pub verdicts: Vec<Verdict>,
}

/// Which cells to read.
#[derive(Debug, Clone)]
pub struct CellFilter<'a> {
    /// The prompt.
    pub prompt: &'a PromptName,
    /// The model that was called.
    pub model: &'a ModelName,
    /// The content it was given.
    pub content_id: &'a ContentId,
    /// Passthrough or not.
    pub passthrough: bool,
    /// One case only.
    pub case: Option<&'a CaseId>,
    /// One run only; otherwise the latest outputs.
    pub run: Option<&'a str>,
}

#[derive(FromRow)]
struct Row {
    case_id: String,
    model: String,
    content_id: String,
    repeat: i64,
    passthrough: bool,
    run_id: String,
    at: String,
    output: Option<String>,
    tool_calls: Option<String>,
    finish: Option<String>,
    error_kind: Option<String>,
    error_message: Option<String>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    seconds: Option<f64>,
    verdicts: Option<String>,
}

impl Row {
    fn read(self) -> Result<CellRow, StoreError> {
        let outcome = match self.output {
            Some(text) => Ok(CellOutput {
                text,
                tool_calls: match &self.tool_calls {
                    Some(calls) => Some(super::load::read_json("tool calls", calls)?),
                    None => None,
                },
                finish: self.finish,
                input_tokens: self.input_tokens.map(small),
                output_tokens: self.output_tokens.map(small),
            }),
            None => Err(CellFailure {
                kind: self.error_kind.unwrap_or_default(),
                message: self.error_message.unwrap_or_default(),
            }),
        };
        let bad = |error: &dyn std::fmt::Display| StoreError::unreadable(error.to_string());
        Ok(CellRow {
            case: CaseId::parse(&self.case_id).map_err(|error| bad(&error))?,
            model: ModelName::parse(&self.model).map_err(|error| bad(&error))?,
            content_id: ContentId::parse(&self.content_id).map_err(|error| bad(&error))?,
            repeat: small(self.repeat),
            passthrough: self.passthrough,
            run: self.run_id,
            at: self.at,
            outcome,
            seconds: self.seconds,
            verdicts: match &self.verdicts {
                Some(verdicts) => serde_json::from_str(verdicts).map_err(|error| bad(&error))?,
                None => Vec::new(),
            },
        })
    }
}

impl Store {
    /// Stores a run's row.
    pub async fn insert_run(&self, run: &NewRun) -> Result<(), StoreError> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let prompt = prompt_id(&mut tx, &run.prompt).await?;
        sqlx::query("INSERT INTO run (run_id, prompt_id, kind, at, cells) VALUES (?, ?, ?, ?, ?)")
            .bind(&run.id)
            .bind(prompt)
            .bind(if run.live { "live" } else { "recorded" })
            .bind(&run.at)
            .bind(run.cells)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Marks a run as ended.
    pub async fn finish_run(&self, run: &str, at: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE run SET finished_at = ? WHERE run_id = ?")
            .bind(at)
            .bind(run)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// A prompt's runs, latest first.
    pub async fn runs(&self, prompt: &PromptName) -> Result<Vec<RunRow>, StoreError> {
        let rows: Vec<(String, bool, String, i64, i64, Option<String>)> = sqlx::query_as(
            "SELECT r.run_id, r.kind = 'live', r.at, r.cells,
                    (SELECT count(*) FROM cell c WHERE c.run_id = r.id), r.finished_at
             FROM run r JOIN prompt p ON p.id = r.prompt_id WHERE p.name = ? ORDER BY r.at DESC, r.id DESC",
        )
        .bind(prompt.as_str())
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, live, at, cells, finished, finished_at)| RunRow {
                id,
                live,
                at,
                cells: small(cells),
                finished: small(finished),
                finished_at,
            })
            .collect())
    }

    /// Commits finished cells. Once this returns, no crash can lose them.
    pub async fn commit_cells(&self, run: &str, cells: &[CellRecord]) -> Result<(), StoreError> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let found: Option<(i64, i64)> =
            sqlx::query_as("SELECT id, prompt_id FROM run WHERE run_id = ?")
                .bind(run)
                .fetch_optional(&mut *tx)
                .await?;
        let (run, prompt) = found.ok_or_else(|| StoreError::unreadable(format!("no run {run}")))?;
        for cell in cells {
            insert_cell(&mut tx, run, prompt, cell).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Cells in the order of the saved cases, then by repeat. Without a run: the latest outputs for the inputs as
    /// they are now.
    pub async fn cells(&self, filter: &CellFilter<'_>) -> Result<Vec<CellRow>, StoreError> {
        let query = match (filter.run, filter.case) {
            (None, None) => sqlx::query_as(
                "SELECT s.case_id, c.model, k.content_id, c.repeat, c.passthrough, r.run_id, r.at, c.output, c.tool_calls,
                        c.finish, c.error_kind, c.error_message, c.input_tokens, c.output_tokens, c.seconds, c.verdicts
                 FROM cell c
                 JOIN content k ON k.id = c.content
                 JOIN saved_case s ON s.input_id = c.input_id
                 JOIN run r ON r.id = c.run_id
                 WHERE c.current = 1 AND c.prompt_id = (SELECT id FROM prompt WHERE name = ?1) AND c.model = ?2
                   AND c.content = (SELECT id FROM content WHERE content_id = ?3) AND c.passthrough = ?4
                   AND ?5 IS NULL AND ?6 IS NULL
                 ORDER BY s.position, c.repeat",
            ),
            // One case out of many thousands: its input leads to the cells.
            (None, Some(_)) => sqlx::query_as(
                "SELECT s.case_id, c.model, k.content_id, c.repeat, c.passthrough, r.run_id, r.at, c.output, c.tool_calls,
                        c.finish, c.error_kind, c.error_message, c.input_tokens, c.output_tokens, c.seconds, c.verdicts
                 FROM cell c
                 JOIN content k ON k.id = c.content
                 JOIN saved_case s ON s.input_id = c.input_id
                 JOIN run r ON r.id = c.run_id
                 WHERE c.current = 1 AND c.prompt_id = (SELECT id FROM prompt WHERE name = ?1) AND c.model = ?2
                   AND c.content = (SELECT id FROM content WHERE content_id = ?3) AND c.passthrough = ?4
                   AND c.input_id = (SELECT input_id FROM saved_case
                                     WHERE case_id = ?5 AND prompt_id = (SELECT id FROM prompt WHERE name = ?1))
                   AND ?6 IS NULL
                 ORDER BY s.position, c.repeat",
            ),
            (Some(_), _) => sqlx::query_as(
                "SELECT i.case_id, c.model, k.content_id, c.repeat, c.passthrough, r.run_id, r.at, c.output, c.tool_calls,
                        c.finish, c.error_kind, c.error_message, c.input_tokens, c.output_tokens, c.seconds, c.verdicts
                 FROM run r
                 JOIN cell c ON c.run_id = r.id
                 JOIN content k ON k.id = c.content
                 JOIN input i ON i.id = c.input_id
                 WHERE r.run_id = ?6 AND c.prompt_id = (SELECT id FROM prompt WHERE name = ?1) AND c.model = ?2
                   AND k.content_id = ?3 AND c.passthrough = ?4 AND (?5 IS NULL OR i.case_id = ?5)
                 ORDER BY i.case_id, c.repeat",
            ),
        };
        let rows: Vec<Row> = query
            .bind(filter.prompt.as_str())
            .bind(filter.model.as_str())
            .bind(filter.content_id.as_str())
            .bind(filter.passthrough)
            .bind(filter.case.map(CaseId::as_str))
            .bind(filter.run)
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Row::read).collect()
    }
}

async fn insert_cell(
    db: &mut SqliteConnection,
    run: i64,
    prompt: i64,
    cell: &CellRecord,
) -> Result<(), StoreError> {
    let input = input_row(db, prompt, &cell.case).await?;
    let content = content_row(db, &cell.content_id, None).await?;
    let output = cell.outcome.as_ref().ok();
    let failure = cell.outcome.as_ref().err();
    if output.is_some() {
        sqlx::query(
            "UPDATE cell SET current = 0
             WHERE current = 1 AND prompt_id = ? AND model = ? AND content = ? AND passthrough = ? AND input_id = ? AND repeat = ?",
        )
        .bind(prompt)
        .bind(cell.model.as_str())
        .bind(content)
        .bind(cell.passthrough)
        .bind(input)
        .bind(cell.repeat)
        .execute(&mut *db)
        .await?;
    }
    let words = output
        .map(|output| u32::try_from(output.text.split_whitespace().count()).unwrap_or(u32::MAX));
    sqlx::query(
        "INSERT INTO cell (run_id, prompt_id, model, content, input_id, repeat, passthrough, current, output, tool_calls,
                           finish, words, error_kind, error_message, input_tokens, output_tokens, seconds)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(run)
    .bind(prompt)
    .bind(cell.model.as_str())
    .bind(content)
    .bind(input)
    .bind(cell.repeat)
    .bind(cell.passthrough)
    .bind(output.is_some())
    .bind(output.map(|output| output.text.as_str()))
    .bind(output.and_then(|output| output.tool_calls.as_ref()).map(ToString::to_string))
    .bind(output.and_then(|output| output.finish.as_deref()))
    .bind(words)
    .bind(failure.map(|failure| failure.kind.as_str()))
    .bind(failure.map(|failure| failure.message.as_str()))
    .bind(output.and_then(|output| output.input_tokens))
    .bind(output.and_then(|output| output.output_tokens))
    .bind(cell.seconds)
    .execute(db)
    .await?;
    Ok(())
}
