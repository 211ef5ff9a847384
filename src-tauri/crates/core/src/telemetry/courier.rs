//! The thread that carries spans and metrics to their collector. Nothing it meets is an error: the first trouble is a
//! warning in the log, what cannot be delivered is counted, and runs never hear of it.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use serde::Serialize;
use serde_json::Value;

use super::queue::{Parcel, Queue};
use super::settings::Encoding;
use crate::model::{Post, Posted};

/// How long spans gather before they leave.
const GATHER: Duration = Duration::from_secs(5);
/// How long it waits between tries of one delivery, unless the collector says otherwise.
const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// The longest wait that a collector is granted.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The way to the receiver of one signal.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) post: Post,
    pub(super) encoding: Encoding,
}

impl Route {
    pub(super) fn encode(&self, message: &(impl Message + Serialize)) -> Vec<u8> {
        encode(self.encoding, message)
    }
}

/// The bytes of a message.
pub(super) fn encode(encoding: Encoding, message: &(impl Message + Serialize)) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => message.encode_to_vec(),
        // Only maps with odd keys fail, and these messages hold none.
        Encoding::Json => serde_json::to_vec(message).unwrap_or_default(),
    }
}

/// Whoever carries.
#[derive(Debug)]
pub(super) struct Courier {
    pub(super) queue: Arc<Queue>,
    pub(super) traces: Option<Route>,
    pub(super) metrics: Option<Route>,
    pub(super) resource: ResourceAttributesWithSchema,
    /// Whether somebody was told of trouble.
    pub(super) warned: bool,
}

/// Why a delivery ended without success.
enum Trouble {
    /// Another try can help.
    Passing { reason: String, wait: Option<f64> },
    /// It cannot.
    Final { reason: String },
}

impl Trouble {
    fn reason(&self) -> &str {
        match self {
            Self::Passing { reason, .. } | Self::Final { reason } => reason,
        }
    }
}

impl Courier {
    /// Works until the queue is closed and empty.
    pub(super) async fn work(mut self) {
        let mut gone = false;
        while !gone {
            self.queue.due(GATHER).await;
            // Read before the queue is emptied: whatever came before the end is still carried.
            gone = self.queue.is_closed();
            while let Some(parcel) = self.queue.take() {
                let reached = self.deliver(parcel).await;
                if !reached && self.queue.is_closed() {
                    // Somebody waits for the end, and the rest would fare no better.
                    self.abandon();
                    return;
                }
            }
        }
    }

    fn abandon(&self) {
        while let Some(parcel) = self.queue.take() {
            if let Parcel::Spans(spans) = parcel {
                self.queue.lose(spans.len());
            }
        }
    }

    /// Whether the receiver can be reached at all, be it to refuse.
    async fn deliver(&mut self, parcel: Parcel) -> bool {
        let (signal, spans, body) = match parcel {
            Parcel::Spans(spans) => ("spans", spans.len(), self.encode_spans(spans)),
            Parcel::Metrics(encoded) => ("metrics", 0, Some(encoded)),
        };
        let route = if signal == "spans" {
            self.traces.as_ref()
        } else {
            self.metrics.as_ref()
        };
        let (Some(route), Some(body)) = (route, body) else {
            return true;
        };
        let origin = route.post.origin();
        match self.try_to_send(route, body).await {
            Ok(posted) => {
                let (rejected, reason) = rejected(signal, route.encoding, &posted.body);
                if rejected > 0 {
                    self.queue.lose(if spans > 0 { rejected } else { 0 });
                    self.complain(signal, &origin, &reason);
                }
                true
            }
            Err(trouble) => {
                self.queue.lose(spans);
                self.complain(signal, &origin, trouble.reason());
                matches!(trouble, Trouble::Final { .. })
            }
        }
    }

    fn encode_spans(&self, spans: Vec<SpanData>) -> Option<Vec<u8>> {
        let route = self.traces.as_ref()?;
        Some(route.encode(&ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(spans, &self.resource),
        }))
    }

    async fn try_to_send(&self, route: &Route, body: Vec<u8>) -> Result<Posted, Trouble> {
        let mut waits = WAITS.into_iter();
        loop {
            let closed = self.queue.is_closed();
            let trouble = match send(route, body.clone()).await {
                Ok(posted) => return Ok(posted),
                Err(trouble) => trouble,
            };
            let Trouble::Passing { wait, .. } = trouble else {
                return Err(trouble);
            };
            // A try that began after the end was called is the last.
            let Some(ours) = waits.next().filter(|_| !closed) else {
                return Err(trouble);
            };
            let theirs = wait.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            self.queue
                .pause(theirs.unwrap_or(ours).min(LONGEST_WAIT))
                .await;
        }
    }

    fn complain(&mut self, signal: &str, origin: &str, reason: &str) {
        let lost = self.queue.lost();
        if self.warned {
            tracing::debug!(signal, origin, reason, lost, "telemetry not delivered");
        } else {
            self.warned = true;
            tracing::warn!(
                signal,
                origin,
                reason,
                lost,
                "telemetry not delivered; runs go on, and this is said once"
            );
        }
    }
}

async fn send(route: &Route, body: Vec<u8>) -> Result<Posted, Trouble> {
    match route.post.send(route.encoding.content_type(), body).await {
        Ok(posted) if (200..300).contains(&posted.status) => Ok(posted),
        Ok(posted) => {
            let reason = format!("HTTP {}", posted.status);
            Err(match posted.status {
                429 | 502 | 503 | 504 => Trouble::Passing {
                    reason,
                    wait: posted.retry_after_seconds,
                },
                _ => Trouble::Final { reason },
            })
        }
        Err(error) => Err(Trouble::Passing {
            reason: error.to_string(),
            wait: None,
        }),
    }
}

/// How much of a delivery the receiver refused although it took it, and what it says.
fn rejected(signal: &str, encoding: Encoding, body: &[u8]) -> (usize, String) {
    let (count, reason) = match (encoding, signal) {
        (Encoding::Protobuf, "spans") => {
            let said = ExportTraceServiceResponse::decode(body).ok();
            let part = said.and_then(|said| said.partial_success);
            part.map(|part| (part.rejected_spans, part.error_message))
        }
        (Encoding::Protobuf, _) => {
            let said = ExportMetricsServiceResponse::decode(body).ok();
            let part = said.and_then(|said| said.partial_success);
            part.map(|part| (part.rejected_data_points, part.error_message))
        }
        (Encoding::Json, _) => said_in_json(body),
    }
    .unwrap_or_default();
    let reason: String = reason
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    (usize::try_from(count).unwrap_or(0), reason)
}

/// In this JSON, 64-bit numbers are strings, and not every receiver writes them so.
fn said_in_json(body: &[u8]) -> Option<(i64, String)> {
    let said: Value = serde_json::from_slice(body).ok()?;
    let part = said.get("partialSuccess")?;
    let count = part
        .get("rejectedSpans")
        .or(part.get("rejectedDataPoints"))?;
    let count = count.as_i64().or_else(|| count.as_str()?.parse().ok())?;
    let reason = part.get("errorMessage").and_then(Value::as_str);
    Some((count, reason.unwrap_or_default().to_owned()))
}
