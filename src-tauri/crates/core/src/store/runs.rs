//! Runs as they stand: the list of them, and what resuming one needs.

use serde_json::{Map, Value};
use sqlx::FromRow;

use super::{CellOutput, Store, StoreError, small};
use crate::case::Case;
use crate::prompt::{CaseId, Content, ContentId, Digest, ModelName, PromptName};

/// A run in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRun {
    /// Its id.
    pub id: String,
    /// The prompt.
    pub prompt: PromptName,
    /// Whether this program made the calls.
    pub live: bool,
    /// When it started, RFC 3339.
    pub at: String,
    /// How many cells it planned.
    pub cells: u32,
    /// How many are finished.
    pub finished: u32,
    /// How many of those ended with an error.
    pub failed: u32,
    /// The sum of known costs, in millionths of a millionth of a US dollar.
    pub cost: u64,
    /// How many finished cells have no known cost.
    pub unpriced: u32,
    /// What was planned, as JSON; `None` for recorded runs.
    pub plan: Option<String>,
}

/// A run to be taken up again.
#[derive(Debug, Clone)]
pub struct StoredRun {
    /// The prompt.
    pub prompt: PromptName,
    /// What was planned, as JSON.
    pub plan: String,
    /// The cases as they were asked, in order; tags and expectations as they are now.
    pub cases: Vec<Case>,
    /// Cells that are finished.
    pub cells: Vec<StoredCell>,
    /// Conversations that were handed over: case, repeat, JSON.
    pub transcripts: Vec<(CaseId, u32, String)>,
}

/// A finished cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoredCell {
    /// The model that was called.
    pub model: ModelName,
    /// The content it was given.
    pub content_id: ContentId,
    /// The case.
    pub case: CaseId,
    /// Which repeat, from 1.
    pub repeat: u32,
    /// Whether the fallback was given the primary's prompt.
    pub passthrough: bool,
    /// Whether it ended with an error.
    pub failed: bool,
}

#[derive(FromRow)]
struct Listed {
    run_id: String,
    name: String,
    live: bool,
    at: String,
    cells: i64,
    finished: i64,
    failed: i64,
    cost: i64,
    unpriced: i64,
    plan: Option<String>,
}

type CellColumns = (String, String, String, i64, bool, bool);

impl Store {
    /// Runs, latest first; of one prompt, or of all.
    pub async fn list_runs(
        &self,
        prompt: Option<&PromptName>,
    ) -> Result<Vec<ListedRun>, StoreError> {
        let rows: Vec<Listed> = sqlx::query_as(
            "SELECT r.run_id, p.name, r.kind = 'live' AS live, r.at, r.cells, r.plan,
                    count(c.id) AS finished, count(c.error_kind) AS failed,
                    coalesce(sum(c.cost), 0) AS cost, count(c.id) - count(c.cost) AS unpriced
             FROM run r JOIN prompt p ON p.id = r.prompt_id LEFT JOIN cell c ON c.run_id = r.id
             WHERE ?1 IS NULL OR p.name = ?1
             GROUP BY r.id ORDER BY r.at DESC, r.id DESC",
        )
        .bind(prompt.map(PromptName::as_str))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(ListedRun {
                    id: row.run_id,
                    prompt: PromptName::parse(&row.name)
                        .map_err(|error| StoreError::unreadable(error.to_string()))?,
                    live: row.live,
                    at: row.at,
                    cells: small(row.cells),
                    finished: small(row.finished),
                    failed: small(row.failed),
                    cost: u64::try_from(row.cost).unwrap_or_default(),
                    unpriced: small(row.unpriced),
                    plan: row.plan,
                })
            })
            .collect()
    }

    /// What resuming a run needs; `None` when there is no such run, or its outputs were made elsewhere.
    pub async fn stored_run(&self, id: &str) -> Result<Option<StoredRun>, StoreError> {
        let unreadable = |what: String| StoreError::unreadable(format!("run {id}: {what}"));
        let found: Option<(i64, String, String)> = sqlx::query_as(
            "SELECT r.id, p.name, r.plan FROM run r JOIN prompt p ON p.id = r.prompt_id
             WHERE r.run_id = ? AND r.plan IS NOT NULL",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let Some((run, prompt, plan)) = found else {
            return Ok(None);
        };
        let inputs: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "SELECT i.case_id, i.body, s.body FROM run_input r
             JOIN input i ON i.id = r.input_id
             LEFT JOIN saved_case s ON s.prompt_id = i.prompt_id AND s.case_id = i.case_id
             WHERE r.run_id = ? ORDER BY r.position",
        )
        .bind(run)
        .fetch_all(&self.pool)
        .await?;
        let mut cases = Vec::with_capacity(inputs.len());
        for (case, input, saved) in inputs {
            let case = case_of(&case, &input, saved.as_deref())
                .map_err(|error| unreadable(error.to_string()))?;
            cases.push(case);
        }
        let cells: Vec<CellColumns> = sqlx::query_as(
            "SELECT c.model, k.content_id, i.case_id, c.repeat, c.passthrough, c.error_kind IS NOT NULL
             FROM cell c JOIN content k ON k.id = c.content JOIN input i ON i.id = c.input_id WHERE c.run_id = ?",
        )
        .bind(run)
        .fetch_all(&self.pool)
        .await?;
        let cells = cells
            .into_iter()
            .map(|(model, content, case, repeat, passthrough, failed)| {
                Some(StoredCell {
                    model: ModelName::parse(&model).ok()?,
                    content_id: Digest::parse(&content).ok()?,
                    case: CaseId::parse(&case).ok()?,
                    repeat: small(repeat),
                    passthrough,
                    failed,
                })
            })
            .collect::<Option<_>>()
            .ok_or_else(|| unreadable("a cell's names".to_owned()))?;
        let transcripts: Vec<(String, i64, String)> = sqlx::query_as(
            "SELECT i.case_id, t.repeat, t.body FROM transcript t JOIN input i ON i.id = t.input_id WHERE t.run_id = ?",
        )
        .bind(run)
        .fetch_all(&self.pool)
        .await?;
        let transcripts = transcripts
            .into_iter()
            .map(|(case, repeat, body)| Some((CaseId::parse(&case).ok()?, small(repeat), body)))
            .collect::<Option<_>>()
            .ok_or_else(|| unreadable("a transcript's case".to_owned()))?;
        Ok(Some(StoredRun {
            prompt: PromptName::parse(&prompt).map_err(|error| unreadable(error.to_string()))?,
            plan,
            cases,
            cells,
            transcripts,
        }))
    }

    /// A content by its id; `None` when its text is not known here.
    pub async fn content(&self, id: &ContentId) -> Result<Option<Content>, StoreError> {
        let found: Option<(Option<String>,)> =
            sqlx::query_as("SELECT body FROM content WHERE content_id = ?")
                .bind(id.as_str())
                .fetch_optional(&self.pool)
                .await?;
        match found {
            Some((Some(body),)) => serde_json::from_str(&body).map(Some).map_err(|error| {
                StoreError::unreadable(format!("content {}: {error}", id.short()))
            }),
            _ => Ok(None),
        }
    }

    /// How many tokens a model's latest answers to a content have on average; `None` when nothing is known.
    pub async fn mean_output_tokens(
        &self,
        prompt: &PromptName,
        model: &ModelName,
        content: &ContentId,
    ) -> Result<Option<u32>, StoreError> {
        let (mean,): (Option<f64>,) = sqlx::query_as(
            "SELECT avg(output_tokens) FROM cell
             WHERE current = 1 AND prompt_id = (SELECT id FROM prompt WHERE name = ?) AND model = ?
               AND content = (SELECT id FROM content WHERE content_id = ?)",
        )
        .bind(prompt.as_str())
        .bind(model.as_str())
        .bind(content.as_str())
        .fetch_one(&self.pool)
        .await?;
        Ok(mean.map(|mean| mean.ceil() as u32))
    }

    /// The latest output to exactly this request at this repeat, with the model that gave it.
    pub async fn cached_output(
        &self,
        request: &Digest,
        repeat: u32,
    ) -> Result<Option<(CellOutput, Option<String>)>, StoreError> {
        type Row = (
            String,
            Option<String>,
            Option<String>,
            Option<i64>,
            Option<i64>,
            Option<String>,
        );
        let found: Option<Row> = sqlx::query_as(
            "SELECT output, tool_calls, finish, input_tokens, output_tokens, answered_by FROM cell
             WHERE request = ? AND repeat = ? AND output IS NOT NULL AND request IS NOT NULL ORDER BY id DESC LIMIT 1",
        )
        .bind(request.bytes())
        .bind(repeat)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.map(|(text, tool_calls, finish, input, output, by)| {
            let output = CellOutput {
                text,
                tool_calls: tool_calls.and_then(|calls| serde_json::from_str(&calls).ok()),
                finish,
                input_tokens: input.map(small),
                output_tokens: output.map(small),
            };
            (output, by)
        }))
    }
}

/// A case as it was asked. What is no part of the input comes from the saved case, if there still is one.
fn case_of(id: &str, input: &str, saved: Option<&str>) -> Result<Case, serde_json::Error> {
    let mut whole: Map<String, Value> = match saved {
        Some(saved) => serde_json::from_str(saved)?,
        None => Map::new(),
    };
    let input: Map<String, Value> = serde_json::from_str(input)?;
    whole.extend(input);
    whole.insert("id".to_owned(), Value::String(id.to_owned()));
    serde_json::from_value(Value::Object(whole))
}
