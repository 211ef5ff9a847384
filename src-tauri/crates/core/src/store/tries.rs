//! The record of a run's calls: every try, as it was kept.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::FromRow;

use super::{Store, StoreError, small};
use crate::prompt::Digest;

/// One try of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTry {
    /// The case.
    pub case: String,
    /// Whom it called.
    pub model: String,
    /// The cell's repeat.
    pub repeat: u32,
    /// Whether the cell is one of passthrough.
    pub passthrough: bool,
    /// Which call of the cell, from 1.
    pub call: u32,
    /// Which try of that call, from 1.
    pub number: u32,
    /// When it began, in milliseconds since 1970 UTC.
    pub began_millis: i64,
    /// The digest of its request.
    pub request: Option<Digest>,
    /// The error's code.
    pub kind: Option<String>,
    /// The HTTP status.
    pub status: Option<u32>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The address, secrets left out.
    pub url: Option<String>,
    /// Headers sent, secrets replaced.
    pub sent_headers: BTreeMap<String, String>,
    /// Headers received, likewise.
    pub headers: BTreeMap<String, String>,
    /// Seconds until the status line.
    pub first_byte_seconds: Option<f64>,
    /// Seconds until the first piece of a stream.
    pub first_token_seconds: Option<f64>,
    /// Seconds in all.
    pub seconds: f64,
    /// How long the server asked to wait.
    pub retry_after_seconds: Option<f64>,
    /// The body as received, where it was kept.
    pub raw: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct Row {
    case_id: String,
    model: String,
    repeat: i64,
    passthrough: bool,
    call: i64,
    number: i64,
    began: i64,
    request: Option<Vec<u8>>,
    error_kind: Option<String>,
    status: Option<i64>,
    request_id: Option<String>,
    sent: Option<String>,
    usual: Option<String>,
    received: Option<String>,
    first_byte: Option<i64>,
    first_token: Option<i64>,
    took: i64,
    retry_after: Option<f64>,
    raw: Option<Vec<u8>>,
}

impl Store {
    /// Every try of a run, in the order in which they began; of one case, or of all.
    pub async fn tries(&self, run: &str, case: Option<&str>) -> Result<Vec<StoredTry>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT i.case_id, coalesce(a.model, c.model) AS model, c.repeat, c.passthrough, a.call, a.number, a.began,
                    coalesce(a.request, c.request) AS request, a.error_kind, a.status, a.request_id,
                    s.body AS sent, u.body AS usual, a.received, a.first_byte, a.first_token, a.took, a.retry_after,
                    w.body AS raw
             FROM run r
             JOIN cell c ON c.run_id = r.id
             JOIN input i ON i.id = c.input_id
             JOIN attempt a ON a.cell_id = c.id
             LEFT JOIN header_set s ON s.id = a.sent_id
             LEFT JOIN header_set u ON u.id = a.received_id
             LEFT JOIN attempt_raw w ON w.cell_id = a.cell_id AND w.seq = a.seq
             WHERE r.run_id = ?1 AND (?2 IS NULL OR i.case_id = ?2)
             ORDER BY a.began, c.id, a.seq",
        )
        .bind(run)
        .bind(case)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }
}

impl Row {
    fn read(self) -> Result<StoredTry, StoreError> {
        let seconds = |micros: i64| micros as f64 / 1e6;
        let document = |text: Option<String>| -> Result<Value, StoreError> {
            text.map_or(Ok(Value::Null), |text| {
                super::load::read_json("the headers of a try", &text)
            })
        };
        let sent = document(self.sent)?;
        let usual = document(self.usual)?;
        let mut headers = texts(&usual, "headers");
        // What this reply had of its own goes over what the others had; null takes away.
        if let Value::Object(own) = document(self.received)? {
            for (name, value) in own {
                match value {
                    Value::String(value) => headers.insert(name, value),
                    _ => headers.remove(&name),
                };
            }
        }
        Ok(StoredTry {
            case: self.case_id,
            model: self.model,
            repeat: small(self.repeat),
            passthrough: self.passthrough,
            call: small(self.call),
            number: small(self.number),
            began_millis: self.began,
            request: self.request.as_deref().map(Digest::from_bytes),
            kind: self.error_kind,
            status: self.status.map(small),
            request_id: self.request_id,
            url: sent.get("url").and_then(Value::as_str).map(str::to_owned),
            sent_headers: texts(&sent, "headers"),
            headers,
            first_byte_seconds: self.first_byte.map(seconds),
            first_token_seconds: self.first_token.map(seconds),
            seconds: seconds(self.took),
            retry_after_seconds: self.retry_after,
            raw: self.raw,
        })
    }
}

fn texts(document: &Value, field: &str) -> BTreeMap<String, String> {
    let fields = document.get(field).and_then(Value::as_object);
    fields
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}
