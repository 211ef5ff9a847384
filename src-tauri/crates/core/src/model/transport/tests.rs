//! The transport against servers of our own on loopback. Every test counts the requests that reached them.

mod connections;
mod limits;
mod records;
mod requests;
mod secrets;
mod statuses;
mod streams;

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::*;
use crate::model::loopback::{Server, Step};
use crate::model::{Delta, EnvKeys, Nobody, Trace, build};
use crate::prompt::{CaseId, Content, Message, Model, ModelName, Rendered, Speaker, Wire};

const KEY: &str = "sk-planted-0123456789";

/// The world of the tests: Wed, 21 Oct 2015 07:27:50 GMT.
#[derive(Debug)]
struct World(BTreeMap<&'static str, &'static str>);

impl Host for World {
    fn now_millis(&self) -> i64 {
        1_445_412_470_000
    }
    fn new_id(&self) -> String {
        "id".into()
    }
    fn env(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| (*value).to_owned())
    }
}

fn call(wire: Wire, base_url: &str, headers: &[(&str, &str)]) -> Call {
    let model = Model {
        key_env: Some("A_KEY".into()),
        base_url: Some(base_url.to_owned()),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Model::new(wire, "m-1")
    };
    let rendered = Rendered {
        system: None,
        turns: vec![Message::new(Speaker::User, "hi")],
    };
    let request = build(&model, &Content::default(), &rendered).unwrap();
    Call {
        model: ModelName::parse("m").unwrap(),
        settings: Arc::new(model),
        case: CaseId::parse("c").unwrap(),
        repeat: 1,
        passthrough: false,
        keep_raw: false,
        request,
    }
}

fn transport(settings: Settings) -> Http {
    let host = Arc::new(World([("A_KEY", KEY)].into()));
    Http::new(host.clone(), Arc::new(EnvKeys(host)), settings)
}

/// One try, of which one request must have reached the server, and which must hold no key.
async fn attempt(server: &Server, settings: Settings, call: &Call, watch: &dyn Watch) -> Attempt {
    let attempt = transport(settings).call(call, watch).await;
    assert_eq!(server.requests().len(), 1, "one request, never a retry");
    let raw = attempt.trace.raw.clone().unwrap_or_default();
    let shown = format!("{attempt:?} {}", String::from_utf8_lossy(&raw));
    assert!(!shown.contains("planted"), "{shown}");
    attempt
}

async fn attempt_openai(server: &Server) -> Attempt {
    let call = call(Wire::OpenaiChat, &server.url, &[]);
    attempt(server, Settings::default(), &call, &Nobody).await
}

async fn fails(server: &Server) -> (CallError, Trace) {
    let attempt = attempt_openai(server).await;
    assert_eq!(attempt.partial, None);
    (attempt.outcome.unwrap_err(), attempt.trace)
}

fn raw(trace: &Trace) -> Option<&str> {
    trace
        .raw
        .as_deref()
        .map(|bytes| std::str::from_utf8(bytes).unwrap())
}

fn good_body() -> Value {
    json!({"model": "m-1-dated", "choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
}

/// An event of an OpenAI stream.
fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn text_event(text: &str) -> String {
    event(&json!({"model": "m-1-dated", "choices": [{"index": 0, "delta": {"content": text}}]}))
}

fn last_events() -> String {
    let stop = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
    event(&stop) + &event(&usage) + "data: [DONE]\n\n"
}

/// Remembers what it was told.
#[derive(Default)]
struct Heard {
    text: Mutex<String>,
    told: Notify,
}

impl Heard {
    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// Waits until this has been told.
    async fn hears(&self, text: &str) {
        loop {
            let told = self.told.notified();
            if self.text().contains(text) {
                return;
            }
            told.await;
        }
    }
}

impl Watch for Heard {
    fn delta(&self, delta: Delta<'_>) {
        if let Delta::Text(text) = delta {
            self.text.lock().unwrap().push_str(text);
        }
        self.told.notify_waiters();
    }
}
