//! How telemetry leaves, and that no trouble on the way reaches a run.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata};

use super::collector::{Collector, taken};
use super::fixture::{Try, World, answer, telemetry};
use crate::telemetry::{Telemetry, TelemetryError};

/// Counts warnings and worse.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("understudy_core")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        assert_eq!(
            *event.metadata().level(),
            Level::WARN,
            "trouble is no error"
        );
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// How many warnings `act` leads to.
fn warnings(act: impl FnOnce()) -> usize {
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), act);
    warnings.0.load(Ordering::SeqCst)
}

#[test]
fn headers_and_paths_are_those_that_were_asked_for() {
    let collector = Collector::start();
    let headers = (
        "OTEL_EXPORTER_OTLP_HEADERS",
        "x-team=a%20b,authorization=Bearer%20t",
    );
    let telemetry = telemetry(&collector, &[headers]);
    Try::fallback(answer("x")).tell(&telemetry);
    telemetry.shutdown();
    let mut paths: Vec<_> = collector
        .seen()
        .iter()
        .map(|seen| seen.path.clone())
        .collect();
    paths.sort();
    assert_eq!(paths, ["/v1/metrics", "/v1/traces"]);
    for seen in collector.seen() {
        assert!(seen.headers.contains("x-team: a b\n"), "{}", seen.headers);
        assert!(seen.headers.contains("authorization: Bearer t\n"));
        assert!(seen.headers.contains("user-agent: understudy/"));
    }
    assert_eq!(telemetry.lost(), 0);
}

#[test]
fn json_is_the_json_of_the_protocol() {
    let collector = Collector::start();
    let telemetry = telemetry(&collector, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]);
    Try::fallback(answer("x")).tell(&telemetry);
    telemetry.shutdown();
    // Read back, it is the same messages.
    assert_eq!(collector.spans().len(), 2);
    assert_eq!(collector.metrics().len(), 3);
    let seen = collector.seen();
    let traces = seen.iter().find(|seen| seen.path == "/v1/traces").unwrap();
    let body: serde_json::Value = serde_json::from_slice(&traces.body).unwrap();
    let span = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    // Ids are hexadecimal and 64-bit numbers are strings.
    assert_eq!(span["traceId"].as_str().unwrap().len(), 32);
    assert_eq!(span["startTimeUnixNano"], "1000000000");
    assert_eq!(span["kind"], 3);
}

#[test]
fn an_unreachable_collector_costs_one_warning() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let warned = warnings(|| {
        let endpoint = format!("http://127.0.0.1:{port}");
        let host = World::new(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())]);
        let telemetry = Telemetry::from_host(&host).unwrap().unwrap();
        for repeat in 1..=600 {
            Try::fallback(answer("x")).repeat(repeat).tell(&telemetry);
        }
        telemetry.shutdown();
        // Every try and the run.
        assert_eq!(telemetry.lost(), 601);
    });
    assert_eq!(warned, 1);
}

#[test]
fn a_collector_that_never_answers_is_left() {
    let collector = Collector::answering(|_| None);
    let warned = warnings(|| {
        let telemetry = telemetry(&collector, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "50")]);
        Try::fallback(answer("x")).tell(&telemetry);
        telemetry.shutdown();
        assert_eq!(telemetry.lost(), 2);
    });
    assert_eq!(warned, 1);
}

#[test]
fn what_can_pass_is_tried_again() {
    for status in ["429 Wait", "503 Away"] {
        let collector = Collector::answering(move |number| match number {
            1 => Some((status, "retry-after: 0\r\n", Vec::new())),
            _ => taken(),
        });
        let warned = warnings(|| {
            let telemetry = telemetry(&collector, &[("OTEL_METRICS_EXPORTER", "none")]);
            Try::primary(answer("x")).tell(&telemetry);
            // Before the end is called, so that the wait is the collector's.
            telemetry.queue.hasten();
            collector.wait_for(2);
            telemetry.shutdown();
            assert_eq!(telemetry.lost(), 0);
        });
        assert_eq!(warned, 0);
        let seen = collector.seen();
        assert_eq!(seen[0].body, seen[1].body);
    }
}

#[test]
fn what_was_refused_is_not_tried_again() {
    for status in [
        "400 No",
        "401 No",
        "404 No",
        "302 There\r\nlocation: http://127.0.0.1:1/",
    ] {
        let collector = Collector::answering(move |_| Some((status, "", Vec::new())));
        let warned = warnings(|| {
            let telemetry = telemetry(&collector, &[]);
            Try::fallback(answer("x")).tell(&telemetry);
            telemetry.shutdown();
            assert_eq!(telemetry.lost(), 2);
        });
        // Spans once, and metrics once all the same: they may have a home elsewhere.
        assert_eq!(collector.seen().len(), 2, "{status}");
        assert_eq!(warned, 1);
    }
}

#[test]
fn what_is_rejected_in_part_is_counted() {
    let protobuf = ExportTraceServiceResponse {
        partial_success: Some(ExportTracePartialSuccess {
            rejected_spans: 1,
            error_message: "too old".to_owned(),
        }),
    }
    .encode_to_vec();
    let json = br#"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}"#.to_vec();
    for (protocol, body) in [("http/protobuf", protobuf), ("http/json", json)] {
        let collector = Collector::answering(move |_| Some(("200 OK", "", body.clone())));
        let warned = warnings(|| {
            let env = [
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_METRICS_EXPORTER", "none"),
            ];
            let telemetry = telemetry(&collector, &env);
            Try::fallback(answer("x")).tell(&telemetry);
            telemetry.shutdown();
            assert_eq!(telemetry.lost(), 1, "{protocol}");
        });
        assert_eq!(warned, 1);
    }
}

#[test]
fn addresses_and_headers_that_cannot_be_used_are_refused_at_once() {
    let refused = |env: &[(&str, &str)]| Telemetry::from_host(&World::new(env)).unwrap_err();
    for endpoint in ["collector:4318", "ftp://planted@c", "/planted"] {
        let error = refused(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);
        assert!(
            matches!(&error, TelemetryError::Endpoint { .. }),
            "{endpoint}"
        );
        let error = error.to_string();
        assert!(
            error.starts_with("OTEL_EXPORTER_OTLP_ENDPOINT: "),
            "{error}"
        );
        assert!(!error.contains("planted"), "{error}");
    }
    let error = refused(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x%0aplanted=1"),
    ]);
    assert!(matches!(
        error,
        TelemetryError::Pairs {
            variable: "OTEL_EXPORTER_OTLP_HEADERS"
        }
    ));
}

#[test]
fn telemetry_that_is_dropped_lets_go_of_its_thread() {
    let collector = Collector::start();
    let telemetry = telemetry(&collector, &[("OTEL_METRICS_EXPORTER", "none")]);
    Try::fallback(answer("x")).tell(&telemetry);
    let home = telemetry.home.lock().unwrap().take().unwrap();
    drop(telemetry);
    assert!(home.recv().is_err(), "the courier has gone home");
    assert_eq!(collector.spans().len(), 2);
}
