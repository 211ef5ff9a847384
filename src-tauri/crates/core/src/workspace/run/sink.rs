//! Finished cells on their way into the workspace file, and earlier outputs on their way out of it.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::model::{Answer, Finish, Usage};
use crate::prompt::{Digest, Usd};
use crate::run::{Cache, Cell, Outcome, Sink, SinkError, TranscriptKey, Try};
use crate::store::{CellFailure, CellOutput, LiveCell, LiveRun, LiveTry, Store};

/// Commits finished cells to the workspace file.
#[derive(Debug)]
pub(super) struct StoreSink {
    live: LiveRun,
    /// Conversations that were handed in already: cells share them.
    told: Mutex<HashSet<TranscriptKey>>,
}

impl StoreSink {
    pub(super) fn new(live: LiveRun) -> Self {
        Self {
            live,
            told: Mutex::default(),
        }
    }

    fn record(&self, cell: &Cell) -> LiveCell {
        let answer = match &cell.outcome {
            Outcome::Output(answer) => Some(answer),
            Outcome::Error(_) => None,
        };
        let usage = answer.and_then(|answer| answer.usage);
        LiveCell {
            model: cell.key.model.clone(),
            content_id: cell.key.content_id.clone(),
            case: cell.key.case.clone(),
            repeat: cell.key.repeat,
            passthrough: cell.key.passthrough,
            outcome: match &cell.outcome {
                Outcome::Output(answer) => Ok(output(answer)),
                Outcome::Error(error) => Err(CellFailure {
                    kind: error.kind.code().to_owned(),
                    message: error.to_string(),
                }),
            },
            seconds: cell.seconds,
            partial: cell.partial.as_ref().map(|answer| answer.text.clone()),
            verdicts: (!cell.verdicts.is_empty())
                .then(|| serde_json::to_string(&cell.verdicts).ok())
                .flatten(),
            cost: cell.cost.map(|Usd(cost)| cost),
            price: cell.price.clone(),
            request: cell.request.clone(),
            cached: cell.cached,
            // Only where it is another name than the one that was asked: aliases resolve to dated ids.
            answered_by: answer.and_then(|answer| answer.model.clone()),
            cached_input_tokens: usage.and_then(|usage| usage.cached_input_tokens),
            cache_write_tokens: usage.and_then(|usage| usage.cache_write_tokens),
            reasoning_tokens: usage.and_then(|usage| usage.reasoning_tokens),
            transcript: self.transcript(cell),
            tries: cell
                .tries
                .iter()
                .map(|each| recorded(each, cell.request.as_ref()))
                .collect(),
        }
    }

    fn transcript(&self, cell: &Cell) -> Option<String> {
        let said = cell.transcript.as_ref()?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // A second row would change nothing; this only saves writing the text again for every fallback.
        if !told.insert((cell.key.case.clone(), cell.key.repeat)) {
            return None;
        }
        serde_json::to_string(said.as_ref()).ok()
    }
}

impl Sink for StoreSink {
    fn commit<'a>(&'a self, cells: &'a [Cell]) -> BoxFuture<'a, Result<(), SinkError>> {
        async move {
            let records: Vec<LiveCell> = cells.iter().map(|cell| self.record(cell)).collect();
            self.live.commit(&records).await.map_err(SinkError::new)
        }
        .boxed()
    }
}

fn output(answer: &Answer) -> CellOutput {
    CellOutput {
        text: answer.text.clone(),
        tool_calls: if answer.tool_calls.is_empty() {
            None
        } else {
            serde_json::to_value(&answer.tool_calls).ok()
        },
        finish: Some(answer.finish.as_str().to_owned()),
        input_tokens: answer.usage.as_ref().map(|usage| usage.input_tokens),
        output_tokens: answer.usage.as_ref().map(|usage| usage.output_tokens),
    }
}

fn recorded(each: &Try, own: Option<&Digest>) -> LiveTry {
    let trace = &each.trace;
    LiveTry {
        model: each.model.to_string(),
        call: each.call,
        number: each.number,
        began_millis: each.began_millis,
        request: (own != Some(&each.request)).then(|| each.request.clone()),
        kind: each.kind,
        status: trace.status,
        request_id: trace.request_id.clone(),
        url: trace.url.clone(),
        sent_headers: trace.sent_headers.clone(),
        headers: trace.headers.clone(),
        first_byte_seconds: trace.first_byte_seconds,
        first_token_seconds: trace.first_token_seconds,
        seconds: trace.seconds,
        retry_after_seconds: trace.retry_after_seconds,
        raw: trace.raw.clone(),
    }
}

/// Outputs of earlier runs of this workspace.
#[derive(Debug)]
pub(super) struct StoreCache<'a>(pub(super) &'a Store);

impl Cache for StoreCache<'_> {
    fn find<'a>(&'a self, request: &'a Digest, repeat: u32) -> BoxFuture<'a, Option<Answer>> {
        async move {
            // A cache that cannot be read is none; the call is then made.
            let (output, model) = self.0.cached_output(request, repeat).await.ok()??;
            Some(Answer {
                tool_calls: match output.tool_calls {
                    Some(calls) => serde_json::from_value(calls).ok()?,
                    None => Vec::new(),
                },
                finish: Finish::from(output.finish.unwrap_or_else(|| "stop".to_owned())),
                usage: output
                    .input_tokens
                    .zip(output.output_tokens)
                    .map(|(input, output)| Usage::new(input, output)),
                model,
                ..Answer::of(output.text)
            })
        }
        .boxed()
    }
}
