use serde_json::{Value, json};

use super::*;
use crate::model::build;
use crate::prompt::{Params, Rendered};

/// A side with this body, whatever its adapter would make.
fn with<T>(
    wire: Wire,
    body: Value,
    facts: &Entry,
    remove: &[&str],
    use_it: impl FnOnce(Side<'_>) -> T,
) -> T {
    let model = Model::new(wire, "the-model");
    let content = Content {
        params: Params {
            remove: remove.iter().map(|name| (*name).to_owned()).collect(),
            ..Params::default()
        },
        ..Content::default()
    };
    let rendered = Rendered {
        system: None,
        turns: vec![],
    };
    let plain = Model::new(Wire::OpenaiChat, "the-model");
    let mut request = build(&plain, &content, &rendered).unwrap();
    request.body = body;
    use_it(Side {
        model: &model,
        content: &content,
        request: &request,
        facts,
    })
}

fn found_knowing(
    primary: (Wire, Value),
    fallback: (Wire, Value),
    facts: &Entry,
    remove: &[&str],
) -> Vec<Loss> {
    let nothing = Entry::default();
    with(primary.0, primary.1, &nothing, &[], |ours| {
        with(fallback.0, fallback.1, facts, remove, |theirs| {
            losses(&ours, &theirs)
        })
    })
}

fn found(primary: (Wire, Value), fallback: (Wire, Value)) -> Vec<(LossKind, String)> {
    found_knowing(primary, fallback, &Entry::default(), &[])
        .into_iter()
        .map(|loss| (loss.kind, loss.subject))
        .collect()
}

const CHAT: Wire = Wire::OpenaiChat;

fn schema() -> Value {
    json!({"response_format": {"type": "json_schema"}})
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name}})
}

#[test]
fn equal_requests_lose_nothing() {
    let full = json!({"response_format": {"type": "json_schema"}, "tools": [tool("a")], "tool_choice": "required",
        "stop": ["x"], "seed": 1, "temperature": 0.2});
    assert_eq!(found((CHAT, full.clone()), (CHAT, full)), []);
    assert_eq!(found((CHAT, json!({})), (Wire::Anthropic, json!({}))), []);
    // What the fallback has and the primary has not is no loss, nor is another temperature.
    assert_eq!(
        found((CHAT, json!({"temperature": 1})), (CHAT, schema())),
        []
    );
}

#[test]
fn a_schema_is_lost_when_it_is_not_sent_or_not_taken() {
    let lost = [(LossKind::Schema, "schema".to_owned())];
    assert_eq!(found((CHAT, schema()), (Wire::Anthropic, json!({}))), lost);
    let plain = json!({"response_format": {"type": "json_object"}});
    assert_eq!(found((CHAT, schema()), (CHAT, plain)), lost);
    let facts = |can| Entry {
        structured_output: can,
        ..Entry::default()
    };
    let knowing = |can| found_knowing((CHAT, schema()), (CHAT, schema()), &facts(can), &[]).len();
    assert_eq!(
        (knowing(None), knowing(Some(true)), knowing(Some(false))),
        (0, 0, 1)
    );
    let cohere = |tools: Value| json!({"response_format": {"type": "json_object", "json_schema": {}}, "tools": tools});
    assert_eq!(
        found((CHAT, schema()), (Wire::Cohere, cohere(json!([tool("a")])))),
        lost
    );
    assert_eq!(
        found((CHAT, schema()), (Wire::Cohere, cohere(json!([])))),
        []
    );
}

#[test]
fn tools_are_compared_by_name() {
    let tools =
        |names: &[&str]| json!({"tools": names.iter().map(|name| tool(name)).collect::<Vec<_>>()});
    let said = |theirs: &[&str]| {
        let found = found_knowing(
            (CHAT, tools(&["a", "b", "c"])),
            (CHAT, tools(theirs)),
            &Entry::default(),
            &[],
        );
        assert!(found.iter().all(|loss| loss.kind == LossKind::Tools));
        found
            .into_iter()
            .map(|loss| loss.message)
            .collect::<Vec<_>>()
    };
    assert_eq!(said(&["c", "b", "a", "d"]), Vec::<String>::new());
    assert!(said(&["a", "b"])[0].contains("cannot call `c`"));
    assert!(said(&["a"])[0].contains("2 of the primary's tools"));
    assert!(said(&[])[0].contains("none of the primary's 3 tools"));
}

#[test]
fn a_forced_call_is_lost_when_it_becomes_a_choice() {
    let choice = |value: Value| json!({"tools": [tool("a")], "tool_choice": value});
    let named = json!({"type": "function", "function": {"name": "a"}});
    let lost = |ours: Value, theirs: Value| {
        !found((CHAT, choice(ours)), (CHAT, choice(theirs))).is_empty()
    };
    assert!(lost(json!("required"), json!("auto")));
    assert!(lost(json!("required"), Value::Null));
    assert!(lost(named.clone(), json!("required")));
    assert!(lost(json!("none"), json!("auto")));
    assert!(!lost(json!("required"), named.clone()));
    assert!(!lost(json!("auto"), json!("required")));
    assert!(!lost(Value::Null, json!("auto")));
    let facts = Entry {
        refuses_tool_choice: vec![Choice::Required, Choice::Named],
        ..Entry::default()
    };
    let anthropic = json!({"tools": [{"name": "a"}], "tool_choice": {"type": "any"}});
    let refused = found_knowing(
        (CHAT, choice(json!("required"))),
        (Wire::Anthropic, anthropic),
        &facts,
        &[],
    );
    assert_eq!(
        (refused[0].kind, refused[0].subject.as_str()),
        (LossKind::Refused, "tool_choice")
    );
    assert_eq!(refused.len(), 1);
    let cohere = |choice: Value| json!({"tools": [tool("a")], "tool_choice": choice});
    let certain = json!({"type": "function", "function": {"name": "a"}});
    let lost = |theirs: Value| {
        found(
            (CHAT, choice(json!("required"))),
            (Wire::Cohere, cohere(theirs)),
        )
    };
    assert_eq!(
        lost(certain),
        [(LossKind::Refused, "tool_choice".to_owned())]
    );
    assert_eq!(lost(json!("REQUIRED")), []);
}

#[test]
fn what_the_api_refuses_is_named_once_with_its_value() {
    let facts: Entry = Entry {
        refuses: serde_json::from_value(
            json!(["temperature", {"fields": ["temperature"], "except": [1]}, "top_p"]),
        )
        .unwrap(),
        max_output_tokens: Some(100),
        ..Entry::default()
    };
    let body = json!({"temperature": 0.2, "max_completion_tokens": 101});
    let refused = found_knowing((CHAT, json!({})), (CHAT, body), &facts, &[]);
    let messages: Vec<_> = refused.iter().map(|loss| loss.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the-model refuses `temperature` 0.2",
            "the-model writes at most 100 tokens and is asked for 101"
        ]
    );
    assert!(refused.iter().all(|loss| loss.kind == LossKind::Refused));
}

#[test]
fn too_many_stop_sequences_are_refused() {
    let stops =
        |count: usize| json!({"stop": vec!["x"; count], "stop_sequences": vec!["x"; count]});
    for (wire, most) in [(CHAT, 4), (Wire::Cohere, 5)] {
        let refused = |count| {
            found((wire, json!({})), (wire, stops(count)))
                .contains(&(LossKind::Refused, "stop".into()))
        };
        assert!(!refused(most) && refused(most + 1), "{wire:?}");
    }
}

#[test]
fn a_name_the_api_does_not_know_is_refused_where_that_is_known() {
    let sent = |wire, base: Option<&str>| {
        let (nothing, facts) = (Entry::default(), Entry::default());
        with(CHAT, json!({}), &nothing, &[], |ours| {
            with(
                wire,
                json!({"seed": 1, "top_k": 2, "top_p": 0.5}),
                &facts,
                &[],
                |theirs| {
                    let model = Model {
                        base_url: base.map(str::to_owned),
                        ..theirs.model.clone()
                    };
                    let theirs = Side {
                        model: &model,
                        ..theirs
                    };
                    losses(&ours, &theirs)
                        .into_iter()
                        .map(|loss| (loss.kind, loss.subject))
                        .collect::<Vec<_>>()
                },
            )
        })
    };
    let refused = |name: &str| (LossKind::Refused, name.to_owned());
    assert_eq!(sent(Wire::Anthropic, None), [refused("seed")]);
    assert_eq!(sent(CHAT, None), [refused("top_k")]);
    assert_eq!(
        sent(Wire::OpenaiResponses, None),
        [refused("seed"), refused("top_k")]
    );
    assert_eq!(sent(CHAT, Some("http://127.0.0.1:8000/v1")), []);
    assert_eq!(
        sent(Wire::Cohere, None),
        [
            (LossKind::Parameter, "top_k".to_owned()),
            (LossKind::Parameter, "top_p".to_owned())
        ]
    );
}

#[test]
fn what_callers_notice_is_lost_unless_it_is_removed_on_purpose() {
    let ours = json!({"stop": ["x"], "seed": 1, "n": 2, "top_p": 0.5});
    let lost = |remove: &[&str]| {
        let found = found_knowing(
            (CHAT, ours.clone()),
            (Wire::Anthropic, json!({})),
            &Entry::default(),
            remove,
        );
        found
            .into_iter()
            .map(|loss| loss.message)
            .collect::<Vec<_>>()
    };
    let all = lost(&[]);
    assert_eq!(all.len(), 3);
    assert!(
        all[0].contains("`stop`") && all[0].contains("carries none"),
        "{all:?}"
    );
    assert!(
        all[2].contains("`seed`") && all[2].contains("no field"),
        "{all:?}"
    );
    assert_eq!(lost(&["stop", "n", "seed"]), Vec::<String>::new());
    assert_eq!(
        found(
            (CHAT, ours.clone()),
            (Wire::Anthropic, json!({"stop_sequences": ["y"]}))
        )
        .len(),
        2
    );
}

#[test]
fn the_shipped_table_knows_who_refuses_what() {
    let refused = |wire, id: &str, body: Value| -> Vec<String> {
        let facts = crate::catalog::Catalog::shipped().entry(&Model::new(wire, id));
        let ours = (CHAT, json!({}));
        found_knowing(ours, (wire, body), &facts, &[])
            .into_iter()
            .filter(|loss| loss.kind == LossKind::Refused)
            .map(|loss| loss.subject)
            .collect()
    };
    let nothing: [&str; 0] = [];
    let warm = || json!({"temperature": 0.2});
    let effort = |effort: &str| json!({"temperature": 0.2, "reasoning_effort": effort});
    // Reasoning by default, so that nothing but an effort of none lets a temperature through.
    assert_eq!(refused(CHAT, "gpt-4o-2024-11-20", warm()), nothing);
    assert_eq!(refused(CHAT, "gpt-5-2025-08-07", warm()), ["temperature"]);
    assert_eq!(refused(CHAT, "gpt-5", json!({"temperature": 1})), nothing);
    assert_eq!(
        refused(CHAT, "gpt-5", json!({"max_tokens": 9})),
        ["max_tokens"]
    );
    assert_eq!(refused(CHAT, "gpt-5.2", warm()), nothing);
    assert_eq!(refused(CHAT, "gpt-5.2", effort("low")), ["temperature"]);
    assert_eq!(refused(CHAT, "gpt-5.5", warm()), ["temperature"]);
    assert_eq!(refused(CHAT, "gpt-5.5", effort("none")), nothing);
    let responses = json!({"temperature": 0.2, "reasoning": {"effort": "none"}});
    assert_eq!(
        refused(Wire::OpenaiResponses, "gpt-5.6-luna", responses),
        nothing
    );
    let tools = json!({"tools": [tool("a")]});
    assert_eq!(refused(CHAT, "gpt-5.6-sol", tools.clone()), ["tools"]);
    assert_eq!(
        refused(Wire::OpenaiResponses, "gpt-5.6-sol", tools),
        nothing
    );
    assert_eq!(refused(CHAT, "gpt-6-sol", effort("none")), ["temperature"]);
    assert_eq!(
        refused(CHAT, "gpt-6-astra", effort("none")),
        ["temperature", "reasoning_effort"]
    );
    assert_eq!(refused(CHAT, "gpt-6.9-nova", warm()), ["temperature"]);
    assert_eq!(refused(CHAT, "o3", json!({"stop": ["x"]})), ["stop"]);
    let anthropic = |id, body| refused(Wire::Anthropic, id, body);
    let both = json!({"temperature": 0.2, "top_p": 0.9});
    assert_eq!(
        anthropic("claude-sonnet-4-5-20250929", both.clone()),
        ["temperature"]
    );
    assert_eq!(anthropic("claude-sonnet-4-6", both.clone()), nothing);
    assert_eq!(
        anthropic("claude-haiku-4-5", json!({"temperature": 1.5})),
        ["temperature"]
    );
    assert_eq!(anthropic("claude-sonnet-5", both), ["temperature", "top_p"]);
    let forced = json!({"tools": [{"name": "a"}], "tool_choice": {"type": "any"}});
    assert_eq!(
        anthropic("claude-opus-5-5", forced.clone()),
        ["tool_choice"]
    );
    assert_eq!(anthropic("claude-opus-5", forced), nothing);
    let thinking = json!({"thinking": {"type": "disabled"}});
    assert_eq!(
        anthropic("claude-sonnet-5-5", thinking.clone()),
        ["thinking.type"]
    );
    assert_eq!(anthropic("claude-haiku-5-5", thinking), nothing);
    let cohere = json!({"tools": [{"function": {"name": "a"}}], "tool_choice": "REQUIRED"});
    assert_eq!(
        refused(Wire::Cohere, "command-r-08-2024", cohere.clone()),
        ["tool_choice"]
    );
    assert_eq!(refused(Wire::Cohere, "command-a-03-2025", cohere), nothing);
}
