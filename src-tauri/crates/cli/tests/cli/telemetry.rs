//! Telemetry from the command line: off unless an endpoint is named, and never in the way.

use std::net::TcpListener;

use serde_json::json;

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
    let quote = "greet: 24 calls, cost unknown: no price for claude, local\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (0, quote), "{ended}");
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
