//! Telemetry from the command line: off unless an endpoint is named, and never in the way.

use std::collections::BTreeMap;
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::loopback::{Reply, Server, reply};
use crate::run;

fn with(mut desk: Desk, env: &[(&str, &str)]) -> Desk {
    let pairs = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    desk.env.extend(pairs);
    desk
}

#[test]
fn settings_that_cannot_be_followed_are_told_before_anything_is_paid_for() {
    let provider = Server::start(|request, _| reply(request, "hi"));
    let desk = with(
        run::desk(&provider),
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ],
    );
    let ended = desk.run("run greet");
    assert_eq!(ended.code, 2, "{ended}");
    insta::assert_snapshot!(ended.stderr, @"error: OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`: telemetry leaves by http/protobuf or http/json alone (collectors take them on port 4318); set one of these, or OTEL_SDK_DISABLED=true");
    assert!(provider.seen().is_empty());
    // Whatever calls no model does not care.
    desk.run("overview").expect(0);
    // Nor does a run, once telemetry is switched off.
    let desk = with(desk, &[("OTEL_SDK_DISABLED", "true")]);
    desk.run("run greet").expect(0);
}

#[test]
fn a_collector_that_is_away_changes_nothing() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let provider = Server::start(|request, _| reply(request, "hi"));
    let endpoint = format!("http://127.0.0.1:{port}");
    let desk = with(
        run::desk(&provider),
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())],
    );
    let ended = desk.run("run greet");
    assert_eq!(ended.code, 0, "{ended}");
    for word in ["telemetry", "OTEL", "error", "connect", "refused"] {
        assert!(!ended.stderr.contains(word), "{ended}");
    }
}

#[test]
fn a_command_without_calls_tells_nobody() {
    let provider = Server::start(|request, _| reply(request, "hi"));
    let collector = Server::start(|_, _| Reply::Json(200, json!({})));
    let endpoint = format!("http://127.0.0.1:{}", collector.port);
    let desk = with(
        run::desk(&provider),
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())],
    );
    for command in ["overview", "check", "run greet --case none"] {
        desk.run(command);
    }
    assert!(provider.seen().is_empty() && collector.seen().is_empty());
}

#[test]
fn the_log_tells_what_happened_and_no_text_or_secret() {
    let provider = Server::start(|request, _| reply(request, "the model's words"));
    let collector = Server::start(|_, _| Reply::Json(200, json!({})));
    let endpoint = format!("http://127.0.0.1:{}", collector.port);
    let desk = with(
        run::desk(&provider),
        &[
            ("UNDERSTUDY_LOG", "trace"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=planted-header"),
        ],
    );
    let told: String = ["sync set --push", "check", "run greet"]
        .into_iter()
        .map(|command| desk.run(command).stderr)
        .collect();
    for event in [
        "migrated",
        "opened",
        "synced",
        "checked",
        "telemetry on",
        "telemetry over",
    ] {
        assert!(told.contains(event), "{event} is missing from\n{told}");
    }
    for text in [
        "hello 1",
        "Greet {{name}}",
        "Greet Ada",
        "the model's words",
    ] {
        assert!(!told.contains(text), "{text} is in\n{told}");
    }
    for secret in ["sk-claude-secret", "sk-local-secret", "planted-header"] {
        assert!(!told.contains(secret), "{secret} is in\n{told}");
    }
}

/// Attributes of a span as a map; numbers are strings in this JSON.
fn attributes(span: &Value) -> BTreeMap<String, String> {
    let list = span["attributes"].as_array().unwrap();
    let entry = |attribute: &Value| {
        let value = attribute["value"].as_object().unwrap().values().next();
        let text = match value.unwrap() {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (attribute["key"].as_str().unwrap().to_owned(), text)
    };
    list.iter().map(entry).collect()
}

#[test]
fn every_try_of_a_run_reaches_the_collector_before_the_program_ends() {
    // The primary refuses the first case.
    let provider = Server::start(|request, _| {
        let first = request.body.to_string().contains("hello 1\"");
        if first && request.path.ends_with("/messages") {
            let error =
                json!({"type": "error", "error": {"type": "x", "message": "sk-claude-secret"}});
            return Reply::Json(400, error);
        }
        reply(request, "hi")
    });
    let collector = Server::start(|_, _| Reply::Json(200, json!({})));
    let endpoint = format!("http://127.0.0.1:{}", collector.port);
    let desk = with(
        run::desk(&provider),
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ],
    );
    let ended = desk.run("run greet --no-stream");
    assert_eq!(ended.code, 3, "{ended}");

    let all = collector.seen();
    let of = |path: &'static str| all.iter().filter(move |seen| seen.path == path);
    let spans: Vec<Value> = of("/v1/traces")
        .flat_map(|seen| seen.body["resourceSpans"].as_array().unwrap().clone())
        .flat_map(|resource| resource["scopeSpans"].as_array().unwrap().clone())
        .flat_map(|scope| scope["spans"].as_array().unwrap().clone())
        .collect();
    let named = |name: &str| spans.iter().filter(|span| span["name"] == name).count();
    assert_eq!(named("run greet"), 1);
    assert_eq!(named("chat claude-x"), run::CASES);
    assert_eq!(named("chat local-x"), run::CASES);

    let failed: Vec<_> = spans
        .iter()
        .filter(|span| span["status"]["code"] == 2)
        .collect();
    assert_eq!(failed.len(), 1);
    let told = attributes(failed[0]);
    assert_eq!(told["error.type"], "bad_request");
    assert_eq!(told["prompt_variant.role"], "primary");
    assert_eq!(told["prompt_variant.case"], "case-1");
    assert_eq!(told["gen_ai.prompt.name"], "greet");
    assert_eq!(told["gen_ai.prompt.version"], "1");
    assert_eq!(told["server.address"], "127.0.0.1");

    let metrics = of("/v1/metrics").next_back().unwrap().body.to_string();
    for name in [
        "gen_ai.client.token.usage",
        "gen_ai.client.operation.duration",
    ] {
        assert!(metrics.contains(name), "{metrics}");
    }
    let everything: String = all.iter().map(|seen| format!("{seen:?}")).collect();
    for kept in [
        "sk-claude-secret",
        "sk-local-secret",
        "hello",
        "Greet",
        "\"hi\"",
    ] {
        assert!(!everything.contains(kept), "{kept} left");
    }
}
