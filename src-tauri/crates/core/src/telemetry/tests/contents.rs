//! What was said leaves when asked for, and secrets never.

use std::sync::Arc;

use serde_json::{Value, json};

use super::collector::{Collector, Reply, attribute};
use super::fixture::{TEXTS, Try, World, answer, call, failure, telemetry};
use crate::model::{Caller as _, ErrorKind, Http, Nobody};

const CONTENTS: (&str, &str) = ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true");
const KEY: &str = "sk-planted-0123456789";

fn tell_all(collector: &Collector, env: &[(&str, &str)]) {
    let telemetry = telemetry(collector, env);
    Try::primary(failure(ErrorKind::BadRequest)).tell(&telemetry);
    Try::fallback(answer(TEXTS[4])).tell(&telemetry);
    telemetry.shutdown();
}

#[test]
fn no_text_leaves_by_itself() {
    for protocol in ["http/protobuf", "http/json"] {
        let collector = Collector::start();
        tell_all(&collector, &[("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)]);
        let everything = collector.everything();
        assert!(
            everything.contains("claude-1"),
            "the look was at the wrong bytes"
        );
        for text in TEXTS {
            assert!(!everything.contains(text), "{protocol}: {text}");
        }
        assert!(
            !everything.contains("look_up"),
            "nor do a tool's name and arguments"
        );
    }
}

#[test]
fn contents_leave_when_asked_for() {
    let collector = Collector::start();
    tell_all(&collector, &[CONTENTS]);
    let spans = collector.spans();
    let read = |span: &str, name: &str| -> Value {
        let span = spans.iter().find(|one| one.name == span).unwrap();
        let text = attribute(&span.attributes, name);
        serde_json::from_str(&text).unwrap_or_default()
    };
    let question = json!({"role": "user", "parts": [{"type": "text", "content": TEXTS[1]}]});
    let system = json!({"type": "text", "content": TEXTS[0]});
    assert_eq!(
        read("chat claude-1", "gen_ai.system_instructions"),
        json!([system])
    );
    assert_eq!(
        read("chat claude-1", "gen_ai.input.messages"),
        json!([question])
    );
    assert_eq!(read("chat claude-1", "gen_ai.output.messages"), Value::Null);
    // On OpenAI the system text is a message of the conversation.
    let first = json!({"role": "system", "parts": [system]});
    assert_eq!(
        read("chat gpt-1", "gen_ai.input.messages"),
        json!([first, question])
    );
    assert_eq!(
        read("chat gpt-1", "gen_ai.output.messages"),
        json!([{
            "role": "assistant",
            "parts": [
                {"type": "text", "content": "fine"},
                {"type": "tool_call", "id": "call-1", "name": "look_up", "arguments": {"id": 7}},
            ],
            "finish_reason": "stop",
        }])
    );
    let failed = spans
        .iter()
        .find(|span| span.name == "chat claude-1")
        .unwrap();
    assert!(failed.status.clone().unwrap().message.contains(TEXTS[3]));
    // Metrics never have any.
    let metrics = format!("{:?}", collector.metric_requests());
    assert!(
        TEXTS.iter().all(|text| !metrics.contains(text)),
        "{metrics}"
    );
}

/// A provider that repeats the key in everything it says.
fn telltale(number: usize) -> Reply {
    let body = json!({"error": {"message": format!("{KEY} is wrong"), "type": KEY}});
    let status = if number == 1 { "401 No" } else { "500 No" };
    Some((
        status,
        "x-request-id: sk-planted-0123456789\r\n",
        body.to_string().into_bytes(),
    ))
}

#[test]
fn an_api_key_is_nowhere_in_the_bytes() {
    for protocol in ["http/protobuf", "http/json"] {
        let provider = Collector::answering(telltale);
        let collector = Collector::start();
        let telemetry = telemetry(
            &collector,
            &[CONTENTS, ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)],
        );
        let http = Http::from_env(Arc::new(World::new(&[("PLANTED", KEY)])));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        for primary in [true, false] {
            let call = call(primary, Some(provider.url()));
            let attempt = runtime.block_on(http.call(&call, &Nobody));
            let told = if primary {
                Try::primary(attempt)
            } else {
                Try::fallback(attempt)
            };
            told.tell(&telemetry);
        }
        telemetry.shutdown();
        assert!(
            provider.everything().contains(KEY),
            "the key was never used"
        );
        let everything = collector.everything();
        assert!(everything.contains("unauthorized"), "{everything}");
        assert!(!everything.contains(KEY), "{protocol}");
    }
}
