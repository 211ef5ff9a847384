//! A model that answers each try of a call in its own way, and remembers when it was asked.

use std::collections::HashMap;
use std::sync::Mutex;

use super::*;
use crate::model::{Attempt, CallError};
use crate::run::{Retry, Stop, Target};

/// What one try gets.
#[derive(Debug, Clone)]
pub(super) enum Mood {
    Says(&'static str),
    Fails(ErrorKind),
    /// Fails after part of an answer had arrived.
    Breaks(ErrorKind),
    /// Calls a tool.
    Calls(&'static str, &'static str),
}

pub(super) fn limited(seconds: f64) -> Mood {
    Mood::Fails(ErrorKind::RateLimited {
        retry_after_seconds: Some(seconds),
    })
}

/// One call that was made: virtual seconds, model, case, the last message.
pub(super) type Asked = (f64, String, String, String);

pub(super) struct Moody {
    moods: Mutex<HashMap<(String, String), Vec<Mood>>>,
    pub(super) asked: Mutex<Vec<Asked>>,
    begun: Instant,
    latency: Duration,
    usage: Option<u32>,
}

impl Moody {
    pub(super) fn new() -> Self {
        Self {
            moods: Mutex::default(),
            asked: Mutex::default(),
            begun: Instant::now(),
            latency: MS,
            usage: None,
        }
    }

    /// What the tries of `model` at `case` get, in order; the last one stays.
    pub(super) fn mood(self, model: &str, case: &str, moods: &[Mood]) -> Self {
        let key = (model.to_owned(), case.to_owned());
        self.moods.lock().unwrap().insert(key, moods.to_vec());
        self
    }

    pub(super) fn using(mut self, tokens: u32) -> Self {
        self.usage = Some(tokens);
        self
    }

    pub(super) fn times(&self, model: &str, case: &str) -> Vec<f64> {
        let asked = self.asked.lock().unwrap();
        let mine = asked.iter().filter(|(_, m, c, _)| m == model && c == case);
        mine.map(|(at, ..)| (at * 1000.0).round() / 1000.0)
            .collect()
    }

    pub(super) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Caller for Moody {
    fn call<'a>(&'a self, call: &'a Call, watch: &'a dyn Watch) -> BoxFuture<'a, Attempt> {
        async move {
            let body: serde_json::Value = serde_json::from_str(call.request.body_text()).unwrap();
            let last = body["messages"]
                .as_array()
                .and_then(|all| all.last())
                .cloned();
            let last =
                last.map(|message| message["content"].as_str().unwrap_or_default().to_owned());
            let place = (call.model.to_string(), call.case.to_string());
            self.asked.lock().unwrap().push((
                self.begun.elapsed().as_secs_f64(),
                place.0.clone(),
                place.1.clone(),
                last.unwrap_or_default(),
            ));
            tokio::time::sleep(self.latency).await;
            let mood = {
                let mut moods = self.moods.lock().unwrap();
                match moods.get_mut(&place) {
                    Some(list) if list.len() > 1 => list.remove(0),
                    Some(list) => list[0].clone(),
                    None => Mood::Says("fine"),
                }
            };
            let usage = self
                .usage
                .map(|tokens| crate::model::Usage::new(tokens, tokens));
            match mood {
                Mood::Says(text) => {
                    for word in text.split_inclusive(' ') {
                        watch.delta(Delta::Text(word));
                    }
                    Attempt::of(Ok(Answer {
                        usage,
                        ..Answer::of(text)
                    }))
                }
                Mood::Calls(tool, id) => Attempt::of(Ok(Answer {
                    tool_calls: vec![
                        crate::prompt::ToolCall::from_text(tool, "{}").with_id(Some(id)),
                    ],
                    ..Answer::of("")
                })),
                Mood::Fails(kind) => Attempt::of(Err(CallError::new(kind, ""))),
                Mood::Breaks(kind) => {
                    watch.delta(Delta::Text("half"));
                    let mut attempt = Attempt::of(Err(CallError::new(kind, "")));
                    attempt.trace.answered = true;
                    attempt.partial = Some(Answer::of("half"));
                    attempt
                }
            }
        }
        .boxed()
    }
}

/// A run of `model` over `plan`.
pub(super) async fn go(plan: &Plan, model: &Moody, sink: &Memory, limits: Limits) -> Ran {
    go_with(plan, model, sink, limits, false).await
}

pub(super) async fn go_with(
    plan: &Plan,
    model: &Moody,
    sink: &Memory,
    limits: Limits,
    deltas: bool,
) -> Ran {
    let mut events = Vec::new();
    let cancel = Cancel::new();
    let execution = Execution {
        run: "run-1",
        prompt: "p",
        plan,
        caller: model,
        sink,
        cache: None,
        host: &World,
        observer: &Unobserved,
        limits,
        keep_raw: false,
        deltas,
        cancel: &cancel,
    };
    let result = execute(execution, |event| events.push(event)).await;
    Ran { result, events }
}

/// Models on endpoints of their own: `a` and `a2` share one.
pub(super) fn endpoints(cases: Vec<Case>, models: &[&str]) -> Plan {
    Plan::new(cases, targets(models), 1).unwrap()
}

pub(super) fn targets(models: &[&str]) -> Vec<Target> {
    let target = |name: &&str| {
        let settings = Arc::new(Model {
            base_url: Some(format!("http://{}.invalid", name.trim_end_matches('2'))),
            ..Model::new(Wire::OpenaiChat, "id-1")
        });
        let content = Arc::new(Content {
            max_output_tokens: Some(100),
            ..Content::default()
        });
        Target::own(ModelName::parse(name).unwrap(), settings, content)
    };
    models.iter().map(target).collect()
}

pub(super) fn cases(count: usize) -> Vec<Case> {
    let case = |index| {
        let turns = json!([{"role": "user", "text": "hi"}]);
        serde_json::from_value(json!({"id": format!("c{index}"), "turns": turns})).unwrap()
    };
    (0..count).map(case).collect()
}

pub(super) fn at(concurrency: usize) -> Limits {
    Limits {
        concurrency,
        ..Limits::default()
    }
}

pub(super) fn without_retry(concurrency: usize) -> Limits {
    Limits {
        retry: Retry::off(),
        ..at(concurrency)
    }
}

pub(super) fn closed(summary: &Summary) -> Vec<&str> {
    let stops = summary.stops.iter();
    stops
        .filter_map(|stop| match stop {
            Stop::Endpoint { model, .. } => Some(model.as_str()),
            _ => None,
        })
        .collect()
}
