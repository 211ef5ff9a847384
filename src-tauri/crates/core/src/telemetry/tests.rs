//! Telemetry against a collector of our own on loopback: what leaves, byte for byte, and what must not.

mod collector;
mod contents;
mod delivery;
mod fixture;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use collector::{Collector, attribute, resource};
use fixture::{answer, telemetry};

pub(super) use fixture::{Try, World, failure};

use super::*;
use crate::model::ErrorKind;
use crate::prompt::Wire;
use crate::run::Part;

#[test]
fn nothing_is_built_and_nothing_sent_without_an_endpoint() {
    let collector = Collector::start();
    assert!(Telemetry::from_host(&World::new(&[])).unwrap().is_none());
    // Nor is anything sent when there is nothing to tell.
    let telemetry = telemetry(&collector, &[]);
    telemetry.shutdown();
    assert!(collector.seen().is_empty());
}

#[test]
fn every_try_is_a_client_span_in_the_trace_of_its_run() {
    let collector = Collector::start();
    let telemetry = telemetry(&collector, &[]);
    Try::primary(failure(ErrorKind::Overloaded)).tell(&telemetry);
    Try::fallback(answer("fine")).at(2_000).tell(&telemetry);
    telemetry.shutdown();

    let spans = collector.spans();
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!(spans.len(), 3);
    let run = named("run triage");
    let primary = named("chat claude-1");
    let fallback = named("chat gpt-1");

    assert_eq!(run.kind, SpanKind::Internal as i32);
    assert_eq!(run.parent_span_id, b"");
    assert_eq!(attribute(&run.attributes, "prompt_variant.attempts"), "2");
    assert_eq!(
        attribute(&run.attributes, "prompt_variant.failed_attempts"),
        "1"
    );
    // From the beginning of the first try to the end of the last.
    assert_eq!(run.start_time_unix_nano, 1_000_000_000);
    assert_eq!(run.end_time_unix_nano, 3_500_000_000);

    for span in [primary, fallback] {
        assert_eq!(span.kind, SpanKind::Client as i32);
        assert_eq!(span.trace_id, run.trace_id);
        assert_eq!(span.parent_span_id, run.span_id);
        assert_eq!(
            span.end_time_unix_nano - span.start_time_unix_nano,
            1_500_000_000
        );
    }
    let status = |span: &Span| {
        let status = span.status.clone().unwrap();
        (status.code, status.message)
    };
    assert_eq!(
        status(primary),
        (
            StatusCode::Error as i32,
            "the provider is overloaded".to_owned()
        )
    );
    assert_eq!(status(fallback), (StatusCode::Unset as i32, String::new()));
}

#[test]
fn a_fallback_links_the_primary_it_stands_in_for() {
    let collector = Collector::start();
    let telemetry = telemetry(&collector, &[]);
    Try::primary(failure(ErrorKind::Overloaded)).tell(&telemetry);
    Try::primary(failure(ErrorKind::Timeout))
        .number(2)
        .tell(&telemetry);
    Try::fallback(answer("fine")).tell(&telemetry);
    Try::passthrough(answer("naive")).tell(&telemetry);
    // Another repeat, another case, another run: none of their primaries failed.
    Try::fallback(answer("fine")).repeat(2).tell(&telemetry);
    Try::fallback(answer("fine")).case("c2").tell(&telemetry);
    Try::fallback(answer("fine")).run("r2").tell(&telemetry);
    // A primary that got there in the end failed nobody.
    Try::primary(failure(ErrorKind::Timeout))
        .case("c3")
        .tell(&telemetry);
    Try::primary(answer("at last"))
        .case("c3")
        .number(2)
        .tell(&telemetry);
    Try::fallback(answer("fine")).case("c3").tell(&telemetry);
    telemetry.shutdown();

    let spans = collector.spans();
    let failed = spans
        .iter()
        .find(|span| {
            attribute(&span.attributes, "prompt_variant.attempt") == "2"
                && attribute(&span.attributes, "error.type") == "timeout"
        })
        .unwrap();
    let linked: Vec<_> = spans.iter().filter(|span| !span.links.is_empty()).collect();
    let roles: Vec<_> = linked
        .iter()
        .map(|span| attribute(&span.attributes, "prompt_variant.role"))
        .collect();
    assert_eq!(roles, ["fallback", "passthrough"]);
    for span in linked {
        assert_eq!(span.links[0].span_id, failed.span_id);
        assert_eq!(span.links[0].trace_id, failed.trace_id);
        assert_eq!(
            attribute(&span.attributes, "prompt_variant.fallback_reason"),
            "timeout"
        );
    }
    let runs = spans.iter().filter(|span| span.name.starts_with("run "));
    let traces: std::collections::BTreeSet<_> = runs.map(|span| &span.trace_id).collect();
    assert_eq!(traces.len(), 2, "each run has a trace of its own");
    let reasons = spans
        .iter()
        .filter(|span| !attribute(&span.attributes, "prompt_variant.fallback_reason").is_empty());
    assert_eq!(reasons.count(), 2);
}

#[test]
fn a_fallback_that_is_over_first_waits_for_its_primary() {
    let collector = Collector::start();
    let telemetry = telemetry(&collector, &[]);
    for case in ["c1", "c2", "c3"] {
        Try::fallback(answer("quick")).case(case).tell(&telemetry);
    }
    Try::primary(failure(ErrorKind::Overloaded))
        .at(9_000)
        .tell(&telemetry);
    Try::primary(answer("slow")).case("c2").tell(&telemetry);
    telemetry.shutdown();

    let spans = collector.spans();
    let of = |case: &str, name: &str| {
        let of_case = |span: &&Span| attribute(&span.attributes, "prompt_variant.case") == case;
        let mut found = spans.iter().filter(of_case);
        found.find(|span| span.name == name).unwrap()
    };
    let fallback = of("c1", "chat gpt-1");
    assert_eq!(fallback.links[0].span_id, of("c1", "chat claude-1").span_id);
    assert_eq!(
        attribute(&fallback.attributes, "prompt_variant.fallback_reason"),
        "overloaded"
    );
    // However long it waited, it ended when it did.
    assert_eq!(fallback.end_time_unix_nano, 2_500_000_000);
    // A primary that answered, and one that was never asked.
    assert!(of("c2", "chat gpt-1").links.is_empty());
    assert!(of("c3", "chat gpt-1").links.is_empty());
}

#[test]
fn a_run_that_is_over_leaves_before_the_end() {
    let collector = Collector::start();
    let telemetry = telemetry(&collector, &[]);
    Try::primary(failure(ErrorKind::Server)).tell(&telemetry);
    telemetry.ended("r1");
    collector.wait_for(1);
    assert_eq!(collector.spans().len(), 2);
    // What is remembered of it is gone.
    Try::fallback(answer("fine")).tell(&telemetry);
    telemetry.shutdown();
    assert!(collector.spans().iter().all(|span| span.links.is_empty()));
}

#[test]
fn the_attributes_of_an_answer() {
    let collector = Collector::start();
    let telemetry = telemetry(&collector, &[]);
    Try::fallback(answer("fine")).tell(&telemetry);
    telemetry.shutdown();
    let spans = collector.spans();
    let span = spans.iter().find(|span| span.name == "chat gpt-1").unwrap();
    insta::assert_snapshot!(collector::listed(&span.attributes), @r"
    gen_ai.conversation.id = string r1/c1/1
    gen_ai.operation.name = string chat
    gen_ai.prompt.name = string triage
    gen_ai.prompt.version = string 3
    gen_ai.provider.name = string openai
    gen_ai.request.max_tokens = int 500
    gen_ai.request.model = string gpt-1
    gen_ai.request.stream = bool true
    gen_ai.request.temperature = double 0.2
    gen_ai.request.top_p = double 0.9
    gen_ai.response.finish_reasons = array [stop]
    gen_ai.response.model = string gpt-1-dated
    gen_ai.response.time_to_first_chunk = double 0.25
    gen_ai.usage.cache_read.input_tokens = int 40
    gen_ai.usage.input_tokens = int 120
    gen_ai.usage.output_tokens = int 30
    gen_ai.usage.reasoning.output_tokens = int 7
    http.response.status_code = int 200
    openai.api.type = string chat_completions
    prompt_variant.attempt = int 1
    prompt_variant.case = string c1
    prompt_variant.content_id = string ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73
    prompt_variant.model = string gpt
    prompt_variant.order = int 1
    prompt_variant.repeat = int 1
    prompt_variant.request_id = string req-1
    prompt_variant.role = string fallback
    prompt_variant.run = string r1
    server.address = string api.openai.com
    server.port = int 443
    ");
}

#[test]
fn the_attributes_of_a_failure() {
    let collector = Collector::start();
    let telemetry = telemetry(&collector, &[]);
    Try::primary(failure(ErrorKind::Overloaded)).tell(&telemetry);
    telemetry.shutdown();
    let spans = collector.spans();
    let span = spans
        .iter()
        .find(|span| span.name == "chat claude-1")
        .unwrap();
    insta::assert_snapshot!(collector::listed(&span.attributes), @r"
    error.type = string overloaded
    gen_ai.conversation.id = string r1/c1/1
    gen_ai.operation.name = string chat
    gen_ai.prompt.name = string triage
    gen_ai.prompt.version = string 3
    gen_ai.provider.name = string anthropic
    gen_ai.request.max_tokens = int 500
    gen_ai.request.model = string claude-1
    gen_ai.request.stream = bool true
    gen_ai.request.temperature = double 0.2
    gen_ai.request.top_p = double 0.9
    http.response.status_code = int 529
    prompt_variant.attempt = int 1
    prompt_variant.attempt_reason = string overloaded
    prompt_variant.case = string c1
    prompt_variant.content_id = string ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73
    prompt_variant.model = string claude
    prompt_variant.order = int 0
    prompt_variant.repeat = int 1
    prompt_variant.role = string primary
    prompt_variant.run = string r1
    server.address = string api.anthropic.com
    server.port = int 443
    ");
}

#[test]
fn the_histograms_are_those_of_the_conventions() {
    let collector = Collector::start();
    let telemetry = telemetry(&collector, &[]);
    Try::primary(failure(ErrorKind::Overloaded)).tell(&telemetry);
    Try::fallback(answer("fine")).tell(&telemetry);
    Try::fallback(answer("fine")).repeat(2).tell(&telemetry);
    telemetry.shutdown();

    let metrics = collector.metrics();
    let mut told = Vec::new();
    for metric in &metrics {
        let Some(Data::Histogram(histogram)) = &metric.data else {
            panic!("{} is no histogram", metric.name);
        };
        assert_eq!(histogram.aggregation_temporality, 2, "cumulative");
        for point in &histogram.data_points {
            let of = |name| attribute(&point.attributes, name);
            told.push(format!(
                "{} {} {} {}{} n={} sum={} {:?}",
                metric.name,
                metric.unit,
                of("prompt_variant.role"),
                of("gen_ai.token.type"),
                of("error.type"),
                point.count,
                point.sum.unwrap(),
                (point.explicit_bounds[0], point.explicit_bounds[13]),
            ));
            for name in [
                "gen_ai.operation.name",
                "gen_ai.provider.name",
                "gen_ai.request.model",
                "server.address",
                "server.port",
            ] {
                assert_ne!(of(name), "", "{} has {name}", metric.name);
            }
        }
    }
    told.sort();
    insta::assert_snapshot!(told.join("\n"), @"
    gen_ai.client.operation.duration s fallback  n=2 sum=3 (0.01, 81.92)
    gen_ai.client.operation.duration s primary overloaded n=1 sum=1.5 (0.01, 81.92)
    gen_ai.client.operation.time_to_first_chunk s fallback  n=2 sum=0.5 (0.01, 81.92)
    gen_ai.client.token.usage {token} fallback input n=2 sum=240 (1.0, 67108864.0)
    gen_ai.client.token.usage {token} fallback output n=2 sum=60 (1.0, 67108864.0)
    ");
}

#[test]
fn deltas_are_counted_for_who_prefers_them() {
    let collector = Collector::start();
    let preference = ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");
    let telemetry = telemetry(&collector, &[preference]);
    Try::fallback(answer("fine")).tell(&telemetry);
    telemetry.shutdown();
    for metric in collector.metrics() {
        let Some(Data::Histogram(histogram)) = &metric.data else {
            panic!("{} is no histogram", metric.name);
        };
        assert_eq!(histogram.aggregation_temporality, 1);
    }
}

#[test]
fn the_sender_says_who_it_is() {
    let collector = Collector::start();
    let given = [
        ("OTEL_SERVICE_NAME", "nightly"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=support"),
    ];
    let telemetry = telemetry(&collector, &given);
    Try::fallback(answer("fine")).tell(&telemetry);
    telemetry.shutdown();
    for attributes in [
        resource(&collector.traces()[0]),
        collector.metric_requests()[0].resource_metrics[0]
            .resource
            .clone()
            .unwrap()
            .attributes,
    ] {
        assert_eq!(attribute(&attributes, "service.name"), "nightly");
        assert_eq!(attribute(&attributes, "service.instance.id"), "instance-1");
        assert_eq!(attribute(&attributes, "team"), "support");
        assert_eq!(attribute(&attributes, "telemetry.sdk.language"), "rust");
    }
    let scope = &collector.traces()[0].resource_spans[0].scope_spans[0];
    assert_eq!(scope.scope.clone().unwrap().name, "understudy");
    assert_eq!(scope.schema_url, "https://opentelemetry.io/schemas/1.41.0");
}

#[test]
fn each_part_has_its_role_and_gemini_its_operation() {
    for (part, role) in [
        (Part::Primary, "primary"),
        (Part::Fallback, "fallback"),
        (Part::Passthrough, "passthrough"),
    ] {
        assert_eq!(attributes::role(part), role);
    }
    assert_eq!(attributes::operation(Wire::Gemini), "generate_content");
    assert_eq!(attributes::operation(Wire::Mistral), "chat");
}
