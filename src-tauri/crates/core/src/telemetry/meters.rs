//! The three histograms of the conventions, with their units and boundaries.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::{Histogram, MeterProvider as _};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

use super::courier::encode;
use super::names;
use super::queue::Queue;
use super::settings::Encoding;
use crate::run::Tried;

/// How often metrics leave while a run goes on.
const INTERVAL: Duration = Duration::from_secs(60);

/// The instruments.
#[derive(Debug)]
pub(super) struct Meters {
    provider: SdkMeterProvider,
    tokens: Histogram<u64>,
    duration: Histogram<f64>,
    first_chunk: Histogram<f64>,
}

impl Meters {
    pub(super) fn new(
        resource: Resource,
        scope: InstrumentationScope,
        queue: Arc<Queue>,
        encoding: Encoding,
        delta: bool,
    ) -> Self {
        let exit = Exit {
            queue,
            encoding,
            delta,
        };
        // The interval is said, or the SDK would ask the environment.
        let reader = PeriodicReader::builder(exit)
            .with_interval(INTERVAL)
            .build();
        let provider = SdkMeterProvider::builder()
            .with_resource(resource)
            .with_reader(reader)
            .build();
        let meter = provider.meter_with_scope(scope);
        let tokens = meter
            .u64_histogram(names::TOKEN_USAGE)
            .with_unit("{token}")
            .with_description("Number of input and output tokens used.")
            .with_boundaries(names::TOKEN_BUCKETS.to_vec())
            .build();
        let seconds = |name, description| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(description)
                .with_boundaries(names::SECOND_BUCKETS.to_vec())
                .build()
        };
        Self {
            tokens,
            duration: seconds(names::DURATION, "GenAI operation duration."),
            first_chunk: seconds(
                names::FIRST_CHUNK,
                "Time to receive the first chunk of a streamed reply.",
            ),
            provider,
        }
    }

    /// Counts a try. `common` are the attributes that every histogram has.
    pub(super) fn count(&self, tried: &Tried<'_>, common: &[KeyValue]) {
        let attempt = tried.attempt;
        match &attempt.outcome {
            Ok(_) => self.duration.record(attempt.trace.seconds, common),
            Err(error) => {
                let mut failed = common.to_vec();
                failed.push(KeyValue::new(names::ERROR_TYPE, error.kind.code()));
                self.duration.record(attempt.trace.seconds, &failed);
            }
        }
        // Only of streams, and the trace has it only of these.
        if let Some(seconds) = attempt.trace.first_token_seconds {
            self.first_chunk.record(seconds, common);
        }
        let answer = attempt.outcome.as_ref().ok().or(attempt.partial.as_ref());
        // What the provider did not count is left out; it is not zero.
        if let Some(usage) = answer.and_then(|answer| answer.usage) {
            for (kind, count) in [
                ("input", usage.input_tokens),
                ("output", usage.output_tokens),
            ] {
                let mut attributes = common.to_vec();
                attributes.push(KeyValue::new(names::TOKEN_TYPE, kind));
                self.tokens.record(u64::from(count), &attributes);
            }
        }
    }

    /// Collects a last time. What it collects only enters the queue, so nothing is waited for here.
    pub(super) fn end(&self) {
        // A second end is refused, which is as good.
        let _ = self.provider.shutdown();
    }
}

/// The end of the SDK's pipeline: collections go into the queue, as they are sent.
struct Exit {
    queue: Arc<Queue>,
    encoding: Encoding,
    delta: bool,
}

impl PushMetricExporter for Exit {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        if metrics.scope_metrics().next().is_some() {
            let request = ExportMetricsServiceRequest::from(metrics);
            self.queue.push_metrics(encode(self.encoding, &request));
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        if self.delta {
            Temporality::Delta
        } else {
            Temporality::Cumulative
        }
    }
}
