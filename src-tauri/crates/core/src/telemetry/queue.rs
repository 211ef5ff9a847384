//! What waits to leave, bounded: a run never waits for a collector, and a collector that is away costs no memory.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::{Context, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::{Notify, watch};

/// The most spans that wait.
const SPANS: usize = 2048;
/// The most bytes that wait, counted roughly: contents can be large.
const BYTES: usize = 16 * 1024 * 1024;
/// The most spans of one delivery, and the bytes after which it takes no more.
const BATCH_SPANS: usize = 512;
const BATCH_BYTES: usize = 1024 * 1024;
/// The most collections of metrics that wait. Cumulative ones make the older superfluous.
const COLLECTIONS: usize = 8;

/// What leaves at once.
#[derive(Debug)]
pub(super) enum Parcel {
    Spans(Vec<SpanData>),
    /// A collection of metrics, as it is sent.
    Metrics(Vec<u8>),
}

#[derive(Debug, Default)]
struct Waiting {
    spans: VecDeque<(SpanData, usize)>,
    bytes: usize,
    metrics: VecDeque<Vec<u8>>,
}

/// The queue between runs and the courier.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// Something waits, or no more comes.
    filled: Notify,
    /// There is no reason to wait for more.
    hurry: Notify,
    closed: watch::Sender<bool>,
    lost: AtomicU64,
}

impl Queue {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            filled: Notify::new(),
            hurry: Notify::new(),
            closed: watch::Sender::new(false),
            lost: AtomicU64::new(0),
        })
    }

    /// Takes a span, or counts it as lost.
    fn push(&self, span: SpanData) {
        let size = weight(&span);
        let full = {
            let mut waiting = self.waiting();
            if waiting.spans.len() >= SPANS
                || waiting.bytes.saturating_add(size) > BYTES
                || self.is_closed()
            {
                self.lose(1);
                return;
            }
            waiting.spans.push_back((span, size));
            waiting.bytes += size;
            waiting.spans.len() >= BATCH_SPANS || waiting.bytes >= BATCH_BYTES
        };
        self.filled.notify_one();
        if full {
            self.hurry.notify_one();
        }
    }

    /// Takes a collection of metrics; the oldest goes when there are too many.
    pub(super) fn push_metrics(&self, encoded: Vec<u8>) {
        let mut waiting = self.waiting();
        if waiting.metrics.len() >= COLLECTIONS {
            waiting.metrics.pop_front();
        }
        waiting.metrics.push_back(encoded);
        drop(waiting);
        self.filled.notify_one();
    }

    /// The next delivery; `None` when nothing waits.
    pub(super) fn take(&self) -> Option<Parcel> {
        let mut waiting = self.waiting();
        let mut spans = Vec::new();
        let mut taken = 0;
        while spans.len() < BATCH_SPANS && taken < BATCH_BYTES {
            let Some((span, size)) = waiting.spans.pop_front() else {
                break;
            };
            taken += size;
            spans.push(span);
        }
        waiting.bytes = waiting.bytes.saturating_sub(taken);
        if spans.is_empty() {
            waiting.metrics.pop_front().map(Parcel::Metrics)
        } else {
            Some(Parcel::Spans(spans))
        }
    }

    /// Waits until something is there to take and others had `gather` time to join it.
    pub(super) async fn due(&self, gather: Duration) {
        self.filled.notified().await;
        tokio::select! {
            () = self.hurry.notified() => {}
            () = tokio::time::sleep(gather) => {}
        }
    }

    /// Lets what waits leave now.
    pub(super) fn hasten(&self) {
        self.hurry.notify_one();
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.closed.send_replace(true);
        self.filled.notify_one();
        self.hurry.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    /// Waits for `time`, or until the queue is closed.
    pub(super) async fn pause(&self, time: Duration) {
        let mut closed = self.closed.subscribe();
        let _ = tokio::time::timeout(time, closed.wait_for(|closed| *closed)).await;
    }

    pub(super) fn lose(&self, spans: usize) {
        let spans = u64::try_from(spans).unwrap_or(u64::MAX);
        self.lost.fetch_add(spans, Ordering::Relaxed);
    }

    /// Spans that could not be delivered.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Every change to it is whole before anything can fail.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About how many bytes a span takes.
fn weight(span: &SpanData) -> usize {
    let attributes = span.attributes.iter().map(|attribute| {
        let value = match &attribute.value {
            Value::String(text) => text.as_str().len(),
            _ => 16,
        };
        attribute.key.as_str().len() + value
    });
    256 + attributes.sum::<usize>()
}

/// The end of the SDK's pipeline: spans go into the queue. The SDK's own batching is not used, because it keeps its
/// count of what was dropped to itself and knows no bound in bytes.
#[derive(Debug)]
pub(super) struct Entrance(pub(super) Arc<Queue>);

impl SpanProcessor for Entrance {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.hasten();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    fn entered(count: usize, text: &str) -> Arc<Queue> {
        let queue = Queue::new();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Entrance(queue.clone()))
            .build();
        for _ in 0..count {
            let mut span = provider.tracer("t").start("s");
            span.set_attribute(KeyValue::new("text", text.to_owned()));
            span.end();
        }
        queue
    }

    fn taken(queue: &Queue) -> Vec<usize> {
        std::iter::from_fn(|| queue.take())
            .map(|parcel| match parcel {
                Parcel::Spans(spans) => spans.len(),
                Parcel::Metrics(_) => 0,
            })
            .collect()
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let queue = entered(SPANS + 3, "");
        assert_eq!(queue.lost(), 3);
        assert_eq!(taken(&queue), [BATCH_SPANS; SPANS / BATCH_SPANS]);
        assert!(queue.take().is_none());
    }

    #[test]
    fn large_contents_are_bounded_in_bytes() {
        let queue = entered(40, &"x".repeat(BATCH_BYTES));
        assert_eq!(
            queue.lost(),
            40 - 15,
            "16 MiB hold 15 spans of a little over 1 MiB"
        );
        assert_eq!(taken(&queue), [1; 15]);
        // What was taken makes room again.
        assert_eq!(queue.waiting().bytes, 0);
    }

    #[test]
    fn old_collections_give_way_to_new_ones() {
        let queue = Queue::new();
        for number in 0..=COLLECTIONS {
            queue.push_metrics(vec![u8::try_from(number).unwrap()]);
        }
        let Some(Parcel::Metrics(first)) = queue.take() else {
            panic!("no metrics");
        };
        assert_eq!(first, [1]);
    }

    #[test]
    fn nothing_enters_a_closed_queue() {
        let queue = Queue::new();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Entrance(queue.clone()))
            .build();
        queue.close();
        provider.tracer("t").start("late").end();
        assert_eq!((queue.lost(), taken(&queue).len()), (1, 0));
    }
}
