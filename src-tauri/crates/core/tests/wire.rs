//! The adapters and the transport before a mock of the providers' APIs that others wrote: `make test-wire`.
//!
//! Its fixtures are ours (`wire/fixtures.json`), what it makes of them on each wire is not. Without the server nothing
//! is checked, and the test says so.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it cannot go on"
)]
#![expect(
    clippy::print_stderr,
    reason = "what was not checked has to be told somewhere"
)]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use understudy_core::host::System;
use understudy_core::model::{
    Answer, Attempt, Call, Caller as _, Delta, ErrorKind, Finish, Http, Nobody, Watch, build,
};
use understudy_core::prompt::{
    CaseId, Content, Message, Model, ModelName, Rendered, Speaker, Tool, Wire,
};

/// A wire, and where the mock serves it.
const PLACES: [(Wire, &str); 9] = [
    (Wire::OpenaiChat, ""),
    (Wire::OpenaiChat, "/v1/"),
    // OpenRouter's spelling.
    (Wire::OpenaiChat, "/api/v1"),
    (Wire::OpenaiResponses, ""),
    (Wire::Anthropic, ""),
    (Wire::Gemini, ""),
    // Vertex's path.
    (Wire::Gemini, "/v1/projects/p/locations/l/publishers/google"),
    (Wire::Cohere, ""),
    (Wire::Mistral, ""),
];

fn mock() -> Option<String> {
    let url = std::env::var("UNDERSTUDY_AIMOCK").ok();
    if url.is_none() {
        eprintln!("NOT CHECKED: UNDERSTUDY_AIMOCK names no running aimock (make test-wire)");
    }
    url
}

/// Every place, streamed and not.
fn models(url: &str) -> Vec<Model> {
    let both = PLACES
        .iter()
        .flat_map(|place| [(place, true), (place, false)]);
    both.map(|((wire, path), stream)| Model {
        base_url: Some(format!("{url}{path}")),
        stream,
        ..Model::new(*wire, "model-1")
    })
    .collect()
}

fn what(model: &Model) -> String {
    let base = model.base_url.as_deref().unwrap_or_default();
    format!(
        "{} at {base}, streamed: {}",
        model.wire.as_str(),
        model.stream
    )
}

fn content() -> Content {
    Content {
        tools: vec![
            Tool {
                name: "find_order".into(),
                description: "Finds an order.".into(),
                parameters: json!({"type": "object", "properties": {"id": {"type": "string"}}}),
            },
            Tool {
                name: "now".into(),
                description: "Tells the time.".into(),
                parameters: Value::Null,
            },
        ],
        max_output_tokens: Some(100),
        ..Content::default()
    }
}

async fn attempt(model: &Model, turns: Vec<Message>, watch: &dyn Watch) -> Attempt {
    let rendered = Rendered {
        system: Some("You help.".into()),
        turns,
    };
    let call = Call {
        model: ModelName::parse("m").unwrap(),
        request: build(model, &content(), &rendered).unwrap(),
        settings: Arc::new(model.clone()),
        case: CaseId::parse("c").unwrap(),
        repeat: 1,
        passthrough: false,
        keep_raw: true,
    };
    Http::from_env(Arc::new(System)).call(&call, watch).await
}

async fn answer(model: &Model, turns: Vec<Message>) -> Answer {
    let attempt = attempt(model, turns, &Nobody).await;
    let raw =
        String::from_utf8_lossy(attempt.trace.raw.as_deref().unwrap_or_default()).into_owned();
    match attempt.outcome {
        Ok(answer) => answer,
        Err(error) => panic!("{}: {error}\n{raw}", what(model)),
    }
}

fn ask(text: &str) -> Vec<Message> {
    vec![Message::new(Speaker::User, text)]
}

#[derive(Default)]
struct Seen(Mutex<(String, String)>);

impl Watch for Seen {
    fn delta(&self, delta: Delta<'_>) {
        let mut seen = self.0.lock().unwrap();
        match delta {
            Delta::Text(text) => seen.0.push_str(text),
            Delta::Reasoning(text) => seen.1.push_str(text),
            Delta::Tool { .. } => {}
        }
    }
}

#[tokio::test]
async fn text_arrives_whole_on_every_wire() {
    let Some(url) = mock() else { return };
    for model in models(&url) {
        let seen = Seen::default();
        let attempt = attempt(&model, ask("Please greet me."), &seen).await;
        let answer = attempt.outcome.unwrap();
        // The mock cuts its text by UTF-16 units, so that halves of characters arrive alone.
        assert_eq!(
            answer.text,
            "Grüße, 日本 👋🏽!\nSecond line.",
            "{}",
            what(&model)
        );
        assert_eq!(answer.finish, Finish::Stop, "{}", what(&model));
        assert!(!answer.mended, "{}", what(&model));
        // As Chat, the mock counts in a stream only where it is asked to, which Mistral's wire has no need of.
        if model.wire != Wire::Mistral {
            assert!(answer.usage.is_some(), "{}", what(&model));
        }
        assert_eq!(attempt.trace.first_token_seconds.is_some(), model.stream);
        if model.stream {
            assert_eq!(seen.0.lock().unwrap().0, answer.text, "{}", what(&model));
        }
    }
}

#[tokio::test]
async fn reasoning_is_no_part_of_the_text() {
    let Some(url) = mock() else { return };
    // On Cohere's wire the mock sends reasoning as text.
    let others = |model: &Model| model.wire != Wire::Cohere;
    for model in models(&url).into_iter().filter(others) {
        let seen = Seen::default();
        let attempt = attempt(&model, ask("think first"), &seen).await;
        assert_eq!(
            attempt.outcome.unwrap().text,
            "Forty-two.",
            "{}",
            what(&model)
        );
        if model.stream {
            let thought = seen.0.lock().unwrap().1.clone();
            assert_eq!(thought, "Let me count the letters.", "{}", what(&model));
        }
    }
}

#[tokio::test]
async fn tools_are_called_and_their_results_go_back() {
    let Some(url) = mock() else { return };
    for model in models(&url) {
        let mut turns = ask("find my order");
        let called = answer(&model, turns.clone()).await;
        assert_eq!(called.finish, Finish::ToolCalls, "{}", what(&model));
        let calls: Vec<_> = called
            .tool_calls
            .iter()
            .map(|call| (call.name.as_str(), call.arguments.clone()))
            .collect();
        assert_eq!(
            calls,
            [("find_order", json!({"id": "A-1 é"})), ("now", json!({}))],
            "{}",
            what(&model)
        );
        for replay in [called.replay.clone(), None] {
            turns.truncate(1);
            turns.push(Message {
                tool_calls: called.tool_calls.clone(),
                replay,
                ..Message::new(Speaker::Assistant, called.text.clone())
            });
            for (call, result) in called.tool_calls.iter().zip(["sent", "noon"]) {
                turns.push(Message {
                    name: Some(call.name.clone()),
                    tool_call_id: call.id.clone(),
                    ..Message::new(Speaker::Tool, result)
                });
            }
            let last = answer(&model, turns.clone()).await;
            assert_eq!(last.text, "It was sent at noon.", "{}", what(&model));
        }
    }
}

#[tokio::test]
async fn a_length_cut_is_an_outcome() {
    let Some(url) = mock() else { return };
    for model in models(&url) {
        let cut = answer(&model, ask("say it at length")).await;
        assert_eq!(cut.text, "Once upon a", "{}", what(&model));
        assert_eq!(cut.finish, Finish::Length, "{}", what(&model));
    }
}

#[tokio::test]
async fn refusals_of_the_api_are_typed() {
    let Some(url) = mock() else { return };
    for model in models(&url) {
        for (text, status, code, words) in [
            (
                "wrong parameter",
                400,
                "bad_request",
                "Unsupported parameter: temperature",
            ),
            ("too fast", 429, "rate_limited", "Slow down"),
            ("out of order", 503, "overloaded", "Down"),
        ] {
            let attempt = attempt(&model, ask(text), &Nobody).await;
            let error = attempt.outcome.unwrap_err();
            let shown = format!("{}: {error}", what(&model));
            assert_eq!(error.status, Some(status), "{shown}");
            assert_eq!(error.kind.code(), code, "{shown}");
            assert_eq!(error.message, words, "{shown}");
            assert!(!attempt.trace.answered, "{shown}");
            if status == 429 {
                assert_eq!(attempt.trace.retry_after_seconds, Some(7.0), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_kept_as_incomplete() {
    let Some(url) = mock() else { return };
    for model in models(&url).into_iter().filter(|model| model.stream) {
        let attempt = attempt(&model, ask("break off"), &Nobody).await;
        let error = attempt.outcome.unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Cut | ErrorKind::Reset),
            "{}: {error}",
            what(&model)
        );
        if let Some(partial) = attempt.partial {
            let whole = "This sentence is never finished because the stream breaks.";
            assert!(whole.starts_with(&partial.text), "{}", what(&model));
            assert!(attempt.trace.answered);
        }
    }
}
