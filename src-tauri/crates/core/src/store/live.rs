//! Live runs: begun with all they will ask, written cell by cell, and taken up again.

mod cell;

pub use cell::{LiveCell, LiveTry};

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use sqlx::SqliteConnection;

use super::batch::{content_row, input_row};
use super::lock::RunLock;
use super::{NewRun, Store, StoreError};
use crate::case::Case;
use crate::prompt::{CaseId, ContentId, Digest};

/// A live run that is being written. Others see it as under way as long as this lives.
#[derive(Debug)]
pub struct LiveRun {
    store: Store,
    run: i64,
    prompt: i64,
    /// Whether its outputs count as the latest of their inputs: not those of a handoff, which answer something else.
    current: bool,
    inputs: HashMap<CaseId, i64>,
    contents: HashMap<ContentId, i64>,
    /// Rows that cells share. Only rows that are committed are remembered.
    shared: Mutex<Shared>,
    _lock: RunLock,
}

#[derive(Debug, Default, Clone)]
struct Shared {
    prices: HashMap<String, i64>,
    sets: HashMap<String, i64>,
    /// By model: headers most replies have.
    usual: HashMap<String, (i64, BTreeMap<String, String>)>,
}

impl Store {
    /// Stores the run's row and all it will ask, before the first call. `plan` is what resuming needs, as JSON.
    pub async fn begin_run(
        &self,
        new: &NewRun,
        plan: &str,
        cases: impl Iterator<Item = &Case>,
        contents: &[ContentId],
        handoff: bool,
    ) -> Result<LiveRun, StoreError> {
        let lock = self.lock_run(&new.id)?;
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let prompt = super::batch::prompt_id(&mut tx, &new.prompt).await?;
        let (run,): (i64,) = sqlx::query_as(
            "INSERT INTO run (run_id, prompt_id, kind, at, cells, plan) VALUES (?, ?, 'live', ?, ?, ?) RETURNING id",
        )
        .bind(&new.id)
        .bind(prompt)
        .bind(&new.at)
        .bind(new.cells)
        .bind(plan)
        .fetch_one(&mut *tx)
        .await?;
        let mut inputs = HashMap::new();
        for (position, case) in (0_i64..).zip(cases) {
            let input = input_row(&mut tx, prompt, case).await?;
            sqlx::query("INSERT INTO run_input (run_id, position, input_id) VALUES (?, ?, ?)")
                .bind(run)
                .bind(position)
                .bind(input)
                .execute(&mut *tx)
                .await?;
            inputs.insert(case.id.clone(), input);
        }
        let mut rows = HashMap::new();
        for content in contents {
            let row = content_row(&mut tx, content, None).await?;
            rows.insert(content.clone(), row);
        }
        tx.commit().await?;
        Ok(LiveRun {
            store: self.clone(),
            run,
            prompt,
            current: !handoff,
            inputs,
            contents: rows,
            shared: Mutex::default(),
            _lock: lock,
        })
    }

    /// Takes a run up again. Refused while it is under way elsewhere.
    pub async fn continue_run(
        &self,
        id: &str,
        contents: &[ContentId],
        handoff: bool,
    ) -> Result<LiveRun, StoreError> {
        let lock = self.lock_run(id)?;
        let mut tx = self.pool.begin().await?;
        let found: Option<(i64, i64)> =
            sqlx::query_as("SELECT id, prompt_id FROM run WHERE run_id = ?")
                .bind(id)
                .fetch_optional(&mut *tx)
                .await?;
        let (run, prompt) = found.ok_or_else(|| StoreError::unreadable(format!("no run {id}")))?;
        let inputs: Vec<(String, i64)> = sqlx::query_as(
            "SELECT i.case_id, i.id FROM run_input r JOIN input i ON i.id = r.input_id WHERE r.run_id = ?",
        )
        .bind(run)
        .fetch_all(&mut *tx)
        .await?;
        let mut rows = HashMap::new();
        for content in contents {
            let row = content_row(&mut tx, content, None).await?;
            rows.insert(content.clone(), row);
        }
        tx.commit().await?;
        Ok(LiveRun {
            store: self.clone(),
            run,
            prompt,
            current: !handoff,
            inputs: inputs
                .into_iter()
                .map(|(case, id)| Ok((CaseId::parse(&case)?, id)))
                .collect::<Result<_, crate::prompt::InvalidName>>()
                .map_err(|error| StoreError::unreadable(error.to_string()))?,
            contents: rows,
            shared: Mutex::default(),
            _lock: lock,
        })
    }
}

impl LiveRun {
    /// Commits finished cells. Once this returns, no crash can lose them. A cell that ended with an error before takes
    /// the new outcome; its earlier tries stay.
    pub async fn commit(&self, cells: &[LiveCell]) -> Result<(), StoreError> {
        let mut shared = self
            .shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut tx = self.store.pool.begin_with("BEGIN IMMEDIATE").await?;
        for cell in cells {
            self.insert(&mut tx, cell, &mut shared).await?;
        }
        tx.commit().await?;
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = shared;
        Ok(())
    }

    async fn insert(
        &self,
        db: &mut SqliteConnection,
        cell: &LiveCell,
        shared: &mut Shared,
    ) -> Result<(), StoreError> {
        let unknown = || StoreError::unreadable("a cell that was not planned");
        let input = *self.inputs.get(&cell.case).ok_or_else(unknown)?;
        let content = *self.contents.get(&cell.content_id).ok_or_else(unknown)?;
        let output = cell.outcome.as_ref().ok();
        let failure = cell.outcome.as_ref().err();
        let current = self.current && output.is_some();
        if current {
            sqlx::query(
                "UPDATE cell SET current = 0
                 WHERE current = 1 AND prompt_id = ? AND model = ? AND content = ? AND passthrough = ? AND input_id = ? AND repeat = ?",
            )
            .bind(self.prompt)
            .bind(cell.model.as_str())
            .bind(content)
            .bind(cell.passthrough)
            .bind(input)
            .bind(cell.repeat)
            .execute(&mut *db)
            .await?;
        }
        let price = match &cell.price {
            None => None,
            Some(price) => Some(price_row(db, price, shared).await?),
        };
        let words = output.map(|output| {
            u32::try_from(output.text.split_whitespace().count()).unwrap_or(u32::MAX)
        });
        let (id,): (i64,) = sqlx::query_as(
            "INSERT INTO cell (run_id, prompt_id, model, content, input_id, repeat, passthrough, current, output,
                               tool_calls, finish, words, error_kind, error_message, input_tokens, output_tokens,
                               seconds, partial, verdicts, cost, price_id, request, cached, answered_by,
                               cached_input_tokens, cache_write_tokens, reasoning_tokens)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (run_id, input_id, content, model, repeat, passthrough) DO UPDATE SET
                current = excluded.current, output = excluded.output, tool_calls = excluded.tool_calls,
                finish = excluded.finish, words = excluded.words, error_kind = excluded.error_kind,
                error_message = excluded.error_message, input_tokens = excluded.input_tokens,
                output_tokens = excluded.output_tokens, seconds = excluded.seconds, partial = excluded.partial,
                verdicts = excluded.verdicts, price_id = excluded.price_id,
                -- Both goes were paid for, and an unknown part makes the whole unknown.
                cost = cost + excluded.cost,
                request = excluded.request, cached = excluded.cached, answered_by = excluded.answered_by,
                cached_input_tokens = excluded.cached_input_tokens,
                cache_write_tokens = excluded.cache_write_tokens, reasoning_tokens = excluded.reasoning_tokens
             WHERE error_kind IS NOT NULL
             RETURNING id",
        )
        .bind(self.run)
        .bind(self.prompt)
        .bind(cell.model.as_str())
        .bind(content)
        .bind(input)
        .bind(cell.repeat)
        .bind(cell.passthrough)
        .bind(current)
        .bind(output.map(|output| output.text.as_str()))
        .bind(output.and_then(|output| output.tool_calls.as_ref()).map(ToString::to_string))
        .bind(output.and_then(|output| output.finish.as_deref()))
        .bind(words)
        .bind(failure.map(|failure| failure.kind.as_str()))
        .bind(failure.map(|failure| failure.message.as_str()))
        .bind(output.and_then(|output| output.input_tokens))
        .bind(output.and_then(|output| output.output_tokens))
        .bind(cell.seconds)
        .bind(cell.partial.as_deref())
        .bind(cell.verdicts.as_deref())
        .bind(cell.cost.map(|cost| i64::try_from(cost).unwrap_or(i64::MAX)))
        .bind(price)
        .bind(cell.request.as_ref().map(Digest::bytes))
        .bind(cell.cached)
        .bind(cell.answered_by.as_deref())
        .bind(cell.cached_input_tokens)
        .bind(cell.cache_write_tokens)
        .bind(cell.reasoning_tokens)
        .fetch_one(&mut *db)
        .await?;
        if let Some(transcript) = &cell.transcript {
            sqlx::query("INSERT INTO transcript (run_id, input_id, repeat, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
                .bind(self.run)
                .bind(input)
                .bind(cell.repeat)
                .bind(transcript)
                .execute(&mut *db)
                .await?;
        }
        for each in &cell.tries {
            insert_try(db, id, cell, each, shared).await?;
        }
        Ok(())
    }
}

async fn insert_try(
    db: &mut SqliteConnection,
    cell_id: i64,
    cell: &LiveCell,
    each: &LiveTry,
    shared: &mut Shared,
) -> Result<(), StoreError> {
    let micros = |seconds: f64| (seconds * 1e6) as i64;
    let sent = if each.url.is_empty() {
        None
    } else {
        let body = serde_json::json!({"url": each.url, "headers": each.sent_headers}).to_string();
        Some(set_row(db, body, shared).await?)
    };
    let (received, own) = received(db, each, shared).await?;
    let (seq,): (i64,) = sqlx::query_as(
        "INSERT INTO attempt (cell_id, seq, model, call, number, began, request, error_kind, status, request_id,
                              sent_id, received_id, received, first_byte, first_token, took, retry_after)
         VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM attempt WHERE cell_id = ?1),
                 ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
         RETURNING seq",
    )
    .bind(cell_id)
    .bind((each.model != cell.model.as_str()).then_some(each.model.as_str()))
    .bind(each.call)
    .bind(each.number)
    .bind(each.began_millis)
    .bind(each.request.as_ref().map(Digest::bytes))
    .bind(each.kind)
    .bind(each.status)
    .bind(each.request_id.as_deref())
    .bind(sent)
    .bind(received)
    .bind(own)
    .bind(each.first_byte_seconds.map(micros))
    .bind(each.first_token_seconds.map(micros))
    .bind(micros(each.seconds))
    .bind(each.retry_after_seconds)
    .fetch_one(&mut *db)
    .await?;
    if let Some(raw) = &each.raw {
        sqlx::query("INSERT INTO attempt_raw (cell_id, seq, body) VALUES (?, ?, ?)")
            .bind(cell_id)
            .bind(seq)
            .bind(raw)
            .execute(db)
            .await?;
    }
    Ok(())
}

/// The headers of a reply as a row that others share, and what is different in this one. Most of what providers send
/// is the same every time; kept whole it would be several times the answer.
async fn received(
    db: &mut SqliteConnection,
    each: &LiveTry,
    shared: &mut Shared,
) -> Result<(Option<i64>, Option<String>), StoreError> {
    if each.headers.is_empty() {
        return Ok((None, None));
    }
    if !shared.usual.contains_key(&each.model) {
        let body = serde_json::json!({"headers": each.headers}).to_string();
        let row = set_row(db, body, shared).await?;
        shared
            .usual
            .insert(each.model.clone(), (row, each.headers.clone()));
    }
    let Some((row, usual)) = shared.usual.get(&each.model) else {
        return Ok((None, None));
    };
    let mut own: BTreeMap<&str, Option<&str>> = each
        .headers
        .iter()
        .filter(|(name, value)| usual.get(*name) != Some(value))
        .map(|(name, value)| (name.as_str(), Some(value.as_str())))
        .collect();
    let missing = usual
        .keys()
        .filter(|name| !each.headers.contains_key(*name));
    own.extend(missing.map(|name| (name.as_str(), None)));
    let own = (!own.is_empty()).then(|| serde_json::json!(own).to_string());
    Ok((Some(*row), own))
}

async fn set_row(
    db: &mut SqliteConnection,
    body: String,
    shared: &mut Shared,
) -> Result<i64, StoreError> {
    if let Some(id) = shared.sets.get(&body) {
        return Ok(*id);
    }
    sqlx::query("INSERT INTO header_set (body) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(&body)
        .execute(&mut *db)
        .await?;
    let (id,): (i64,) = sqlx::query_as("SELECT id FROM header_set WHERE body = ?")
        .bind(&body)
        .fetch_one(db)
        .await?;
    shared.sets.insert(body, id);
    Ok(id)
}

async fn price_row(
    db: &mut SqliteConnection,
    body: &str,
    shared: &mut Shared,
) -> Result<i64, StoreError> {
    if let Some(id) = shared.prices.get(body) {
        return Ok(*id);
    }
    sqlx::query("INSERT INTO price (body) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(body)
        .execute(&mut *db)
        .await?;
    let (id,): (i64,) = sqlx::query_as("SELECT id FROM price WHERE body = ?")
        .bind(body)
        .fetch_one(db)
        .await?;
    shared.prices.insert(body.to_owned(), id);
    Ok(id)
}
