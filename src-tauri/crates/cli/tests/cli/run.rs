//! Runs against servers on loopback: cells are filled, failures are told, and nothing that was reported is ever lost.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use understudy_core::compare::Mode;
use understudy_core::host::System;
use understudy_core::workspace::Workspace;

use crate::desk::Desk;
use crate::loopback::{Reply, Seen, Server, reply};

pub(crate) const CASES: usize = 12;

/// A workspace of one prompt with an Anthropic primary and an OpenAI fallback, both on this port.
pub(crate) fn desk(server: &Server) -> Desk {
    let mut desk = Desk::new();
    let port = server.port;
    desk.write(
        "set/understudy.toml",
        format!(
            "[models.claude]\nwire = \"anthropic\"\nid = \"claude-x\"\nkey_env = \"CLAUDE_KEY\"\n\
             base_url = \"http://127.0.0.1:{port}\"\n\n\
             [models.local]\nwire = \"openai-chat\"\nid = \"local-x\"\nkey_env = \"LOCAL_KEY\"\n\
             base_url = \"http://127.0.0.1:{port}/v1\"\n\n\
             [chains.all]\nmodels = [\"claude\", \"local\"]\n\n\
             [prompts.greet]\nchain = \"all\"\nowner = \"docs\"\npolicy = \"strict\"\n"
        ),
    );
    let prompt = |model: &str, text: &str| {
        format!(
            "---\nmodel: \"{model}\"\nconfig:\n  maxOutputTokens: 64\n---\n{{{{role \"system\"}}}}\n{text}\n{{{{history}}}}\n"
        )
    };
    desk.write(
        "set/greet.prompt",
        prompt("claude", "<task>Greet {{name}}.</task>"),
    );
    desk.write(
        "set/greet.local.prompt",
        prompt("local", "Greet {{name}} in one line."),
    );
    let cases: String = (1..=CASES)
        .map(|n| {
            let turns = json!([{"role": "user", "text": format!("hello {n}")}]);
            let tags: &[&str] = if n == 1 { &["first"] } else { &[] };
            json!({"id": format!("case-{n}"), "variables": {"name": "Ada"}, "turns": turns, "tags": tags}).to_string()
                + "\n"
        })
        .collect();
    desk.write("cases.jsonl", cases);
    desk.run("init").expect(0);
    desk.run("sync set --pull").expect(0);
    desk.run("case import cases.jsonl --prompt greet").expect(0);
    desk.env
        .push(("CLAUDE_KEY".to_owned(), "sk-claude-secret".to_owned()));
    desk.env
        .push(("LOCAL_KEY".to_owned(), "sk-local-secret".to_owned()));
    desk
}

pub(crate) fn events(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What the user said last, whatever the wire.
pub(crate) fn asked(request: &Seen) -> String {
    let last = request.body["messages"].as_array().unwrap().last().unwrap();
    match &last["content"] {
        Value::String(text) => text.clone(),
        parts => parts[0]["text"].as_str().unwrap().to_owned(),
    }
}

#[test]
fn both_wires_fill_cells() {
    let server = Server::start(|request, _| reply(request, &format!("re: {}", asked(request))));
    let desk = desk(&server);
    assert_eq!(desk.json("check")["findings"][0]["code"], "never-run");
    insta::assert_snapshot!(desk.run("compare greet"), @r"
    greet: claude v1 beside local v1

    CASE     ALIKE  RATING  WHAT TO KNOW
    case-1   ▲ –    –       an output is missing: it needs a run
    case-2   ▲ –    –       an output is missing: it needs a run
    case-3   ▲ –    –       an output is missing: it needs a run
    case-4   ▲ –    –       an output is missing: it needs a run
    case-5   ▲ –    –       an output is missing: it needs a run
    case-6   ▲ –    –       an output is missing: it needs a run
    case-7   ▲ –    –       an output is missing: it needs a run
    case-8   ▲ –    –       an output is missing: it needs a run
    case-9   ▲ –    –       an output is missing: it needs a run
    case-10  ▲ –    –       an output is missing: it needs a run
    case-11  ▲ –    –       an output is missing: it needs a run
    case-12  ▲ –    –       an output is missing: it needs a run
    12 pairs, 0 identical, 12 missing, 0 rated
    [exit 0]
    ");
    insta::assert_snapshot!(desk.run("compare greet case-1"), @r"
    greet · case-1
    asked  first
      name      Ada
      user      hello 1

    ▲ no output of the primary: claude needs a run
    ▲ no output of the fallback: local needs a run
    [exit 0]
    ");
    let one = desk.run("run greet --case case-1 --model claude").expect(0);
    assert!(
        one.stdout.starts_with("✓ greet: 1 of 1 call finished"),
        "{one}"
    );
    let half = desk.run("compare greet case-1").expect(0).stdout;
    assert!(half.contains("re: hello 1"), "{half}");
    assert!(
        half.contains("▲ no output of the fallback: local needs a run"),
        "{half}"
    );
    let run = desk.run("run greet --passthrough --json").expect(0);
    assert_eq!(run.stderr, "");
    let events = events(&run.stdout);
    assert_eq!(events.len(), 1 + 3 * CASES + 1);
    assert_eq!(
        (&events[0]["event"], &events[0]["cells"]),
        (&json!("started"), &json!(3 * CASES))
    );
    let summary = events.last().unwrap();
    for (field, value) in [
        ("event", json!("summary")),
        ("cells", json!(3 * CASES)),
        ("finished", json!(3 * CASES)),
        ("failed", json!(0)),
        ("cost_usd", Value::Null),
    ] {
        assert_eq!(summary[field], value, "{field}");
    }
    desk.run("check").expect(0);

    let pair = desk.json("compare greet case-3");
    for side in ["primary", "fallback", "passthrough"] {
        assert_eq!(pair[side]["text"], "re: hello 3", "{side}");
        assert_eq!(pair[side]["output_tokens"], 5, "{side}");
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 1 + 3 * CASES);
    for request in &seen {
        let (key, system) = if request.path == "/v1/messages" {
            (
                request.header("x-api-key"),
                request.body["system"].to_string(),
            )
        } else {
            assert_eq!(request.path, "/v1/chat/completions");
            (
                request.header("authorization"),
                request.body["messages"][0]["content"].to_string(),
            )
        };
        assert!(key.unwrap().ends_with("-secret"));
        assert!(system.contains("Greet"), "{system}");
    }
    // Passthrough: the fallback is given the primary's very words.
    let naive = |request: &&Seen| {
        request.path.ends_with("completions") && request.body.to_string().contains("<task>")
    };
    assert_eq!(seen.iter().filter(naive).count(), CASES);
    assert!(!run.stdout.contains("secret"));
}

#[test]
fn cases_models_and_repeats_are_chosen() {
    let server = Server::start(|request, _| reply(request, "hi"));
    let desk = desk(&server);
    let text = desk
        .run("run greet --case case-1* --model local --repeat 2 --concurrency 1")
        .expect(0);
    assert!(
        text.stdout
            .starts_with("✓ greet: 8 of 8 calls finished, 0 failed"),
        "{text}"
    );
    assert_eq!(server.seen().len(), 8);
    desk.run("run greet --tag first --version 1 --model claude")
        .expect(0);
    assert_eq!(server.seen().len(), 9);
}

#[test]
fn failed_calls_are_exit_3_and_say_why() {
    let server = Server::start(|request, _| {
        if asked(request) == "hello 2" {
            Reply::Json(
                429,
                json!({"error": {"type": "rate_limit_error", "message": "slow down sk-claude-secret"}}),
            )
        } else {
            reply(request, "hi")
        }
    });
    let desk = desk(&server);
    let run = desk.run("run greet --model claude");
    assert_eq!(run.code, 3, "{run}");
    assert!(
        run.stdout.contains("12 of 12 calls finished, 1 failed"),
        "{run}"
    );
    assert!(
        run.stdout.contains("◆ rate_limited  claude, 1 call"),
        "{run}"
    );
    assert!(!run.to_string().contains("sk-claude-secret"), "{run}");
    let summary = events(&desk.run("run greet --model claude --json").stdout)
        .pop()
        .unwrap();
    assert_eq!(
        (&summary["finished"], &summary["failed"]),
        (&json!(12), &json!(1))
    );
}

#[test]
fn a_missing_key_is_named_and_no_call_is_made() {
    let server = Server::start(|request, _| reply(request, "hi"));
    let mut desk = desk(&server);
    desk.env.retain(|(name, _)| name != "LOCAL_KEY");
    let run = desk.run("run greet --model local");
    assert_eq!(run.code, 3);
    assert!(run.stdout.contains("LOCAL_KEY"), "{run}");
    assert!(server.seen().is_empty());
}

/// A server that answers so many calls and then falls silent, and a run that has heard all of them.
fn stalled(answered: usize) -> (Desk, Child, Vec<Value>) {
    let server = Server::start(move |request, number| {
        if number <= answered {
            reply(request, "hi")
        } else {
            Reply::Silence
        }
    });
    let desk = desk(&server);
    let mut child = desk
        .command(&["run", "greet", "--json", "--concurrency", "3"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    // Blocks until the event is there: no event, no progress.
    let seen: Vec<Value> = (0..=answered)
        .map(|_| serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap())
        .collect();
    assert_eq!(seen[0]["event"], "started");
    (desk, child, seen)
}

/// Which cells the file holds, by case and model.
fn stored(desk: &Desk) -> BTreeSet<(String, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let path = desk.path("workspace.understudy");
        let workspace = Workspace::open(&path, Arc::new(System), &desk.path("keys"))
            .await
            .unwrap();
        let mut stored = BTreeSet::new();
        for n in 1..=CASES {
            let case = format!("case-{n}");
            let pair = workspace
                .pair("greet", &case, None, None, Mode::Words)
                .await
                .unwrap();
            for output in [pair.primary, pair.fallback] {
                if output.present {
                    stored.insert((case.clone(), output.model.to_string()));
                }
            }
        }
        workspace.close().await;
        stored
    })
}

fn reported(events: &[Value]) -> BTreeSet<(String, String)> {
    let cells = events.iter().filter(|event| event["event"] == "cell");
    cells
        .map(|cell| {
            (
                cell["case"].as_str().unwrap().to_owned(),
                cell["model"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

#[test]
fn kill_9_in_the_middle_loses_no_cell_that_was_reported() {
    let (desk, mut child, seen) = stalled(9);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(reported(&seen).len(), 9);
    let stored = stored(&desk);
    assert!(stored.is_superset(&reported(&seen)), "{stored:?}");
    // The file opens, and says honestly what is left to do.
    let check = desk.json("check");
    assert!(
        check["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|finding| finding["code"] == "stale-run"),
        "{check}"
    );
    desk.run("compare greet").expect(0);
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_the_run_and_says_what_was_kept() {
    let (desk, mut child, seen) = stalled(5);
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let mut rest = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut rest)
        .unwrap();
    let mut told = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{told}");
    let summary = events(&rest).pop().unwrap();
    assert_eq!(
        (&summary["event"], &summary["cancelled"]),
        (&json!("summary"), &json!(true))
    );
    let run = summary["run"].as_str().unwrap();
    assert_eq!(
        told,
        format!(
            "stopped: 5 of 24 calls are finished and kept, the rest was not asked\n\
             19 calls are left; `understudy run --resume {run}` does the rest\n"
        )
    );
    assert_eq!(stored(&desk), reported(&seen));
}

#[test]
fn a_run_whose_reader_went_away_stops_and_keeps_what_is_finished() {
    let server = Server::start(|request, _| reply(request, "hi"));
    let desk = desk(&server);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let words = ["run", "greet", "--json", "--concurrency", "1"];
    let output = desk
        .command(&words)
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let ended = desk.ended(output);
    assert_eq!(ended.code, 3, "{ended}");
    assert!(server.seen().len() < 2 * CASES, "calls cost money");
}
