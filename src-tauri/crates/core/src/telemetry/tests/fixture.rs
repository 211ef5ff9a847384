//! Tries to tell of, and a world to tell them in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::collector::Collector;
use crate::host::Host;
use crate::model::{Answer, Attempt, Call, CallError, ErrorKind, Trace, Usage, build};
use crate::prompt::{
    CaseId, Content, Digest, Message, Model, ModelName, Rendered, Speaker, ToolCall, Wire,
};
use crate::run::{Observer as _, Part, Tried};
use crate::telemetry::Telemetry;

/// A world with this environment.
#[derive(Debug, Clone)]
pub(in crate::telemetry) struct World(BTreeMap<String, String>);

impl World {
    pub(in crate::telemetry) fn new(env: &[(&str, &str)]) -> Self {
        let pairs = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self(pairs.collect())
    }
}

impl Host for World {
    fn now_millis(&self) -> i64 {
        1_763_632_800_000
    }

    fn new_id(&self) -> String {
        "instance-1".to_owned()
    }

    fn env(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// Telemetry to `collector`, with more of an environment.
pub(super) fn telemetry(collector: &Collector, env: &[(&str, &str)]) -> Telemetry {
    let url = collector.url();
    let mut all = vec![("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    all.extend(env);
    Telemetry::from_host(&World::new(&all)).unwrap().unwrap()
}

/// What was said: none of it may leave unasked.
pub(super) const TEXTS: [&str; 5] = [
    "You are the system text",
    "The question of the case",
    "The result of the tool",
    "The provider repeats the question",
    "fine",
];

pub(super) fn answer(text: &str) -> Attempt {
    let mut answer = Answer::of(text);
    answer.model = Some("gpt-1-dated".to_owned());
    answer.usage = Some(Usage {
        cached_input_tokens: Some(40),
        reasoning_tokens: Some(7),
        ..Usage::new(120, 30)
    });
    answer.tool_calls =
        vec![ToolCall::from_value("look_up", Some(&json!({"id": 7}))).with_id(Some("call-1"))];
    Attempt {
        outcome: Ok(answer),
        partial: None,
        trace: Trace {
            status: Some(200),
            request_id: Some("req-1".to_owned()),
            first_token_seconds: Some(0.25),
            seconds: 1.5,
            ..Trace::default()
        },
    }
}

pub(in crate::telemetry) fn failure(kind: ErrorKind) -> Attempt {
    let mut error = CallError::new(kind, TEXTS[3]);
    error.status = Some(529);
    Attempt {
        outcome: Err(error),
        partial: None,
        trace: Trace {
            seconds: 1.5,
            ..Trace::default()
        },
    }
}

/// One try to be told of.
pub(in crate::telemetry) struct Try {
    run: String,
    case: &'static str,
    repeat: u32,
    number: u32,
    part: Part,
    began_millis: i64,
    pub(super) attempt: Attempt,
}

impl Try {
    fn new(part: Part, attempt: Attempt) -> Self {
        Self {
            run: "r1".to_owned(),
            case: "c1",
            repeat: 1,
            number: 1,
            part,
            began_millis: 1_000,
            attempt,
        }
    }

    pub(in crate::telemetry) fn primary(attempt: Attempt) -> Self {
        Self::new(Part::Primary, attempt)
    }

    pub(in crate::telemetry) fn fallback(attempt: Attempt) -> Self {
        Self::new(Part::Fallback, attempt)
    }

    pub(super) fn passthrough(attempt: Attempt) -> Self {
        Self::new(Part::Passthrough, attempt)
    }

    pub(super) fn at(self, began_millis: i64) -> Self {
        Self {
            began_millis,
            ..self
        }
    }

    pub(in crate::telemetry) fn run(self, run: impl Into<String>) -> Self {
        let run = run.into();
        Self { run, ..self }
    }

    pub(super) fn case(self, case: &'static str) -> Self {
        Self { case, ..self }
    }

    pub(in crate::telemetry) fn repeat(self, repeat: u32) -> Self {
        Self { repeat, ..self }
    }

    pub(super) fn number(self, number: u32) -> Self {
        Self { number, ..self }
    }

    pub(super) fn tell(&self, telemetry: &Telemetry) {
        self.with(|tried| telemetry.tried(*tried));
    }

    pub(in crate::telemetry) fn with<T>(&self, act: impl FnOnce(&Tried<'_>) -> T) -> T {
        let primary = self.part == Part::Primary;
        let call = Call {
            case: CaseId::parse(self.case).unwrap(),
            repeat: self.repeat,
            passthrough: self.part == Part::Passthrough,
            ..call(primary, None)
        };
        act(&Tried {
            run: &self.run,
            prompt: "triage",
            version: Some(3),
            content_id: &Digest::of("content"),
            part: self.part,
            order: u32::from(!primary),
            call: &call,
            number: self.number,
            attempt: &self.attempt,
            began_millis: self.began_millis,
            reason: self.attempt.outcome.as_ref().err().map(|e| e.kind.code()),
        })
    }
}

/// A call of the primary on Anthropic, or of the fallback on OpenAI.
pub(super) fn call(primary: bool, base_url: Option<String>) -> Call {
    let (wire, id, name) = if primary {
        (Wire::Anthropic, "claude-1", "claude")
    } else {
        (Wire::OpenaiChat, "gpt-1", "gpt")
    };
    let settings = Model {
        key_env: Some("PLANTED".to_owned()),
        base_url,
        ..Model::new(wire, id)
    };
    let mut content = Content {
        system: TEXTS[0].to_owned(),
        max_output_tokens: Some(500),
        ..Content::default()
    };
    content
        .params
        .set
        .insert("temperature".to_owned(), json!(0.2));
    content.params.set.insert("top_p".to_owned(), json!(0.9));
    let rendered = Rendered {
        system: Some(TEXTS[0].to_owned()),
        turns: vec![Message::new(Speaker::User, TEXTS[1])],
    };
    Call {
        model: ModelName::parse(name).unwrap(),
        request: build(&settings, &content, &rendered).unwrap(),
        settings: Arc::new(settings),
        case: CaseId::parse("c1").unwrap(),
        repeat: 1,
        passthrough: false,
        keep_raw: true,
    }
}
