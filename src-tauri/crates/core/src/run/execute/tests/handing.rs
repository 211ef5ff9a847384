//! Conversations handed over, runs taken up again, outputs taken from earlier ones, expectations judged.

use std::collections::HashMap;

use super::moody::*;
use super::*;
use crate::parity::{Expectations, OutputSchema};
use crate::prompt::{Digest, Message};
use crate::run::Cache;

fn chat(id: &str) -> Case {
    serde_json::from_value(json!({"id": id, "turns": [
        {"role": "user", "text": "where is it?"},
        {"role": "assistant", "text": "saved", "tool_calls": [{"id": "x", "name": "track", "arguments": {}}]},
        {"role": "tool", "name": "track", "tool_call_id": "x", "text": "Ghent"},
        {"role": "assistant", "text": "saved"},
        {"role": "user", "text": "and when?"},
    ]}))
    .unwrap()
}

fn plan_of_chats(count: usize, models: &[&str]) -> Plan {
    let chats = (0..count).map(|index| chat(&format!("c{index}"))).collect();
    let primary = targets(&["p"]).remove(0);
    Plan::new(chats, targets(models), 1)
        .unwrap()
        .handing_off(primary, HashMap::new())
}

fn primary() -> Moody {
    let mut model = Moody::new();
    for index in 0..3 {
        let moods = [
            Mood::Calls("track", "call-1"),
            Mood::Says("In Ghent."),
            Mood::Says("Soon."),
        ];
        model = model.mood("p", &format!("c{index}"), &moods);
    }
    model
}

#[tokio::test(start_paused = true)]
async fn the_primary_leads_and_every_fallback_takes_over_the_same_conversation() {
    let (model, sink) = (primary(), Memory::default());
    let ran = go(&plan_of_chats(3, &["f", "g"]), &model, &sink, at(8)).await;
    let summary = ran.result.unwrap();
    assert_eq!((summary.finished, summary.failed), (6, 0));
    // Two calls of the primary a case, once for both fallbacks.
    assert_eq!(model.count(), 3 * 2 + 6);
    let commits = sink.commits.lock().unwrap();
    for cell in commits.iter().flatten() {
        let said = cell.transcript.as_ref().unwrap();
        let texts: Vec<_> = said.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(
            texts,
            ["where is it?", "", "Ghent", "In Ghent.", "and when?"]
        );
        assert_eq!(said[2].tool_call_id.as_deref(), Some("call-1"));
    }
    let tries: usize = commits.iter().flatten().map(|cell| cell.tries.len()).sum();
    assert_eq!(
        tries, 12,
        "the primary's tries are kept with the cell that asked for them"
    );
    let asked = model.asked.lock().unwrap();
    let fallbacks = asked.iter().filter(|(_, name, ..)| name != "p");
    assert!(fallbacks.clone().all(|(.., last)| last == "and when?"));
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_fails_fails_the_handoff_once() {
    let model = Moody::new().mood("p", "c0", &[Mood::Fails(ErrorKind::BadRequest)]);
    let sink = Memory::default();
    let ran = go(&plan_of_chats(1, &["f", "g"]), &model, &sink, at(8)).await;
    assert_eq!(ran.result.unwrap().failed, 2);
    assert_eq!(model.count(), 1);
    let commits = sink.commits.lock().unwrap();
    for cell in commits.iter().flatten() {
        let Outcome::Error(error) = &cell.outcome else {
            panic!("{cell:?}")
        };
        assert_eq!(error.kind, ErrorKind::Handoff);
        assert!(error.message.starts_with("p: "), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_was_led_before_is_not_led_again() {
    let said = Arc::new(vec![Message::new(crate::prompt::Speaker::User, "of then")]);
    let transcripts = HashMap::from([((chat("c0").id, 1), said)]);
    let plan = Plan::new(vec![chat("c0")], targets(&["f"]), 1)
        .unwrap()
        .handing_off(targets(&["p"]).remove(0), transcripts);
    let model = Moody::new();
    go(&plan, &model, &Memory::default(), at(1)).await;
    let asked = model.asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].3, "of then");
}

#[tokio::test(start_paused = true)]
async fn resuming_asks_what_is_missing_and_counts_the_rest() {
    let whole = endpoints(cases(6), &["a", "b"]);
    let plan = endpoints(cases(6), &["a", "b"]).resuming(|key| {
        match (key.model.as_str(), key.case.as_str()) {
            ("a", "c0" | "c3") => Some(false),
            ("b", "c5") => Some(true),
            _ => None,
        }
    });
    let (model, sink) = (Moody::new(), Memory::default());
    let ran = go(&plan, &model, &sink, at(3)).await;
    let Some(Event::Started(started)) = ran.events.first() else {
        panic!("no start")
    };
    assert_eq!((started.cells, started.finished), (12, 3));
    let summary = ran.result.unwrap();
    assert_eq!((summary.finished, summary.failed, summary.left), (12, 1, 0));
    assert_eq!(model.count(), 9);
    let made: HashSet<CellKey> = sink.keys().into_iter().collect();
    let planned: HashSet<CellKey> = whole.cells().map(|cell| cell.key()).collect();
    assert!(made.is_subset(&planned) && made.len() == 9);
}

/// Knows what was said to one request.
struct Known(Digest);

impl Cache for Known {
    fn find<'a>(&'a self, request: &'a Digest, repeat: u32) -> BoxFuture<'a, Option<Answer>> {
        let known = (*request == self.0 && repeat == 1).then(|| Answer::of("of then"));
        async move { known }.boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn the_cache_stands_in_for_exactly_the_same_request_and_repeat() {
    let plan = Plan::new(cases(2), targets(&["a"]), 2).unwrap();
    // Both cases ask the same; what differs is who asks how often.
    let known = Known(plan.cell(0).unwrap().call().unwrap().request.digest());
    let (model, sink, cancel) = (Moody::new(), Memory::default(), Cancel::new());
    let execution = Execution {
        run: "run-1",
        prompt: "p",
        plan: &plan,
        caller: &model,
        sink: &sink,
        cache: Some(&known),
        host: &World,
        observer: &Unobserved,
        limits: at(1),
        keep_raw: false,
        deltas: false,
        cancel: &cancel,
    };
    let summary = execute(execution, |_| {}).await.unwrap();
    assert_eq!((summary.cached, model.count()), (2, 2));
    let commits = sink.commits.lock().unwrap();
    let cached: Vec<_> = commits
        .iter()
        .flatten()
        .filter(|cell| cell.cached)
        .collect();
    for cell in cached {
        assert_eq!(cell.key.repeat, 1);
        assert_eq!(
            (cell.cost, cell.tries.len()),
            (Some(crate::prompt::Usd(0)), 0)
        );
        assert!(matches!(&cell.outcome, Outcome::Output(answer) if answer.text == "of then"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_case_expects_is_judged_as_its_cell_finishes() {
    let case: Case = serde_json::from_value(json!({"id": "c0", "expect": [
        {"type": "contains", "value": "refund"},
        {"type": "not-contains", "value": "sorry"},
    ]}))
    .unwrap();
    let plan = Plan::new(vec![case], targets(&["a"]), 1)
        .unwrap()
        .expecting(|case| {
            Some(Expectations::compile(
                &case.expect,
                &OutputSchema::compile(None),
            ))
        });
    let model = Moody::new().mood("a", "c0", &[Mood::Says("no refund, sorry")]);
    let sink = Memory::default();
    let ran = go(&plan, &model, &sink, at(1)).await;
    let counts = ran.events.iter().find_map(|event| match event {
        Event::Cell(cell) => Some((cell.expected, cell.unmet)),
        _ => None,
    });
    assert_eq!(counts, Some((2, 1)));
    assert_eq!(ran.result.unwrap().unmet, 1);
    let commits = sink.commits.lock().unwrap();
    let verdicts = serde_json::to_string(&commits[0][0].verdicts).unwrap();
    assert!(verdicts.contains("\"not-contains\""), "{verdicts}");
}
