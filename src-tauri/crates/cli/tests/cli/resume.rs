//! Runs that were cut off, stopped or refused, and what comes of taking them up again.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::loopback::{Reply, Seen, Server, reply};
use crate::run::{asked, desk, events};

type CellName = (String, String, u64);

fn name(cell: &Value) -> CellName {
    let text = |field: &str| cell[field].as_str().unwrap().to_owned();
    (
        text("case"),
        text("model"),
        cell["repeat"].as_u64().unwrap(),
    )
}

/// A small generator of numbers that look random: the same every time, and different from moment to moment.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Goes on with the run until a random moment, and kills it there. Gives the cells it had reported.
fn go_and_kill(desk: &Desk, words: &[&str], dice: &mut Dice) -> (String, Vec<CellName>) {
    let mut child = desk
        .command(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let started: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    // Some events, and then some more time: the moment falls before, into and after commits.
    let mut seen = Vec::new();
    for _ in 0..dice.below(12) {
        seen.push(lines.next().unwrap().unwrap());
    }
    let moment = Instant::now() + Duration::from_micros(dice.below(15_000));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it had written before it died; the last line may be cut.
    seen.extend(lines.map_while(Result::ok));
    let cells = seen
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|event| event["event"] == "cell")
        .map(|cell| name(&cell))
        .collect();
    (started["run"].as_str().unwrap().to_owned(), cells)
}

#[test]
fn killed_at_a_hundred_moments_no_finished_cell_is_lost_or_asked_for_again() {
    let server = Server::start(|request, _| reply(request, &format!("re: {}", asked(request))));
    let desk = desk(&server);
    let mut dice = Dice(20_261_121);
    let mut reported: BTreeSet<CellName> = BTreeSet::new();
    let first = [
        "run",
        "greet",
        "--json",
        "--repeat",
        "250",
        "--concurrency",
        "4",
    ];
    let (run, cells) = go_and_kill(&desk, &first, &mut dice);
    reported.extend(cells);
    for round in 1..100 {
        let again = ["run", "--resume", &run, "--json", "--concurrency", "4"];
        let (_, cells) = go_and_kill(&desk, &again, &mut dice);
        for cell in cells {
            assert!(
                reported.insert(cell.clone()),
                "{cell:?} was finished before round {round}"
            );
        }
        let listed = desk.json("runs greet");
        let entry = &listed["runs"][0];
        assert_eq!(
            (&entry["run"], &entry["state"]),
            (&json!(run), &json!("unfinished"))
        );
        let finished = entry["finished"].as_u64().unwrap();
        assert!(finished >= reported.len() as u64, "{entry}");
    }
    let done = desk.run(&format!("run --resume {run} --json"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    let events = events(&done.stdout);
    let (start, end) = (&events[0], events.last().unwrap());
    assert_eq!(
        (&end["cells"], &end["finished"], &end["left"]),
        (&json!(6000), &json!(6000), &json!(0))
    );
    for cell in events.iter().filter(|event| event["event"] == "cell") {
        assert!(reported.insert(name(cell)), "{cell} was finished before");
    }
    // Cells that were committed and killed before they were reported make the difference, and nothing else does.
    let asked_last = events.len() as u64 - 2;
    assert_eq!(start["finished"].as_u64().unwrap() + asked_last, 6000);
    assert_eq!(desk.json("runs greet")["runs"][0]["state"], "finished");
    assert_eq!(
        desk.list(".")
            .iter()
            .filter(|name| name.contains("-run-"))
            .count(),
        0
    );
}

#[test]
fn a_run_under_way_is_not_taken_up_twice() {
    let server = Server::start(|request, number| {
        if number == 1 {
            reply(request, "hi")
        } else {
            Reply::Silence
        }
    });
    let desk = desk(&server);
    let mut child = desk
        .command(&["run", "greet", "--json", "--concurrency", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let started: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    lines.next().unwrap().unwrap();
    let run = started["run"].as_str().unwrap();
    assert_eq!(desk.json("runs")["runs"][0]["state"], "going");
    let second = desk.run(&format!("run --resume {run}"));
    assert_eq!(second.code, 2, "{second}");
    assert!(
        second
            .stderr
            .contains("is under way, here or in another program"),
        "{second}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(desk.json("runs")["runs"][0]["state"], "unfinished");
}

#[test]
fn failed_calls_are_asked_again_only_when_told_so_and_cost_what_both_cost() {
    let server = Server::start(|request, number| {
        if asked(request) == "hello 2" && number <= 12 {
            Reply::Json(
                400,
                json!({"error": {"message": "no such field", "param": "top_k"}}),
            )
        } else {
            reply(request, "hi")
        }
    });
    let desk = desk(&server);
    assert_eq!(desk.run("run greet --model claude").code, 3);
    let again = desk.run("run --resume last");
    assert_eq!(again.code, 3, "{again}");
    assert_eq!(
        server.seen().len(),
        12,
        "nothing is left, and nobody said to try again"
    );
    let again = desk.run("run --resume last --retry-errors");
    assert_eq!(again.code, 0, "{again}");
    assert!(
        again.stdout.contains("12 of 12 calls finished, 0 failed"),
        "{again}"
    );
    assert_eq!(server.seen().len(), 13);
    assert_eq!(desk.run("run --resume nothing").code, 2);
}

/// Prices for both models.
fn price(desk: &Desk) {
    let table = "as_of = \"2026-11-01\"\n\n[models.\"claude-x\"]\nprice = { input = \"3\", output = \"15\" }\n\n\
                 [models.\"local-x\"]\nprice = { input = \"0\", output = \"0.6\" }\n";
    desk.write("models.toml", table);
}

#[test]
fn a_limit_on_costs_is_kept_and_what_is_left_can_be_resumed() {
    let server = Server::start(|request, _| reply(request, "hi"));
    let mut desk = desk(&server);
    let refused = desk.run("run greet --max-cost 1");
    assert_eq!(refused.code, 2, "{refused}");
    assert!(
        refused
            .stderr
            .contains("claude and local: no price is known"),
        "{refused}"
    );
    price(&desk);
    let table = desk.path("models.toml").display().to_string();
    desk.env.push(("UNDERSTUDY_MODELS".into(), table));
    let quote = desk.json("run greet --dry-run");
    assert!(server.seen().is_empty());
    let line = &quote["quotes"][0]["lines"][0];
    assert_eq!(
        (&line["calls"], &line["price"]["source"]),
        (&json!(12), &json!("user"))
    );
    let most = quote["quotes"][0]["at_most_usd"].as_f64().unwrap();
    assert!(most > 0.0 && quote["quotes"][0]["likely_usd"].as_f64().unwrap() < most);
    // A call to claude may cost half a cent, because all of its body may be tokens; it costs a tenth of a thousandth.
    let stopped = desk.run("run greet --max-cost 0.0055 --json --concurrency 1");
    assert_eq!(stopped.code, 3, "{stopped}");
    let summary = events(&stopped.stdout).pop().unwrap();
    assert_eq!(summary["stops"], json!([{"why": "max_cost"}]));
    assert!(summary["spent_usd"].as_f64().unwrap() <= 0.0055);
    let left = summary["left"].as_u64().unwrap();
    assert!(left > 0 && left < 24, "{summary}");
    assert!(stopped.stderr.contains("does the rest"), "{stopped}");
    let rest = desk.run("run --resume last --max-cost 1").expect(0);
    assert!(rest.stdout.contains("24 of 24 calls finished"), "{rest}");
    assert_eq!(server.seen().len(), 24);
    // 10 tokens in and 5 out at 3 and 15 dollars a million; the fallback's input is free.
    let spent = desk.json("runs")["runs"][0]["spent_usd"].as_f64().unwrap();
    assert!((spent - 12.0 * (105e-6 + 3e-6)).abs() < 1e-12, "{spent}");
}

#[test]
fn the_cache_answers_what_was_asked_before_and_only_when_asked_to() {
    let server =
        Server::start(|request, number| reply(request, &format!("{number}: {}", asked(request))));
    let desk = desk(&server);
    desk.run("run greet --model local").expect(0);
    let cached = desk.run("run greet --model local --cache").expect(0);
    assert!(cached.stdout.contains("12 from the cache"), "{cached}");
    assert_eq!(server.seen().len(), 12);
    desk.run("run greet --model local --cache --repeat 2")
        .expect(0);
    assert_eq!(server.seen().len(), 24, "the second repeat was never asked");
    desk.run("run greet --model local").expect(0);
    assert_eq!(server.seen().len(), 36);
}

fn texts(request: &Seen) -> Vec<String> {
    let messages = request.body["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|message| match &message["content"] {
            Value::String(text) => text.clone(),
            parts => parts[0]["text"].as_str().unwrap().to_owned(),
        })
        .collect()
}

#[test]
fn a_conversation_is_led_by_the_primary_and_finished_by_the_fallback() {
    let server = Server::start(|request, _| {
        let who = request.body["model"].as_str().unwrap();
        reply(request, &format!("{who} on {}", asked(request)))
    });
    let desk = desk(&server);
    let refused = desk.run("run greet --handoff");
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("nothing to hand over"), "{refused}");
    let turns = json!([
        {"role": "user", "text": "one"}, {"role": "assistant", "text": "saved"}, {"role": "user", "text": "two"},
    ]);
    let case = json!({"id": "chat", "variables": {"name": "Ada"}, "turns": turns});
    desk.write("chat.jsonl", format!("{case}\n"));
    desk.run("case import chat.jsonl --prompt greet").expect(0);
    let run = desk.run("run greet --handoff --model local").expect(0);
    assert!(run.stdout.contains("1 of 1 call finished"), "{run}");
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(texts(&seen[0]), ["one"]);
    let told = texts(&seen[1]);
    assert_eq!(told[told.len() - 3..], ["one", "claude-x on one", "two"]);
    // It answers another conversation than the saved one, so it is no output of the case as it stands.
    let pair = desk.run("compare greet chat").expect(0);
    assert!(pair.stdout.contains("no output of the fallback"), "{pair}");
}

#[test]
fn refused_parameters_are_shown_and_never_dropped() {
    let server = Server::start(|request, _| {
        if request.body["model"] == "local-x" && request.body.get("temperature").is_some() {
            let error = json!({"message": "Unsupported value", "param": "temperature", "code": "unsupported_value"});
            Reply::Json(400, json!({"error": error}))
        } else {
            reply(request, "hi")
        }
    });
    let desk = desk(&server);
    desk.edit(
        "set/greet.prompt",
        "  maxOutputTokens: 64",
        "  maxOutputTokens: 64\n  temperature: 0.5",
    );
    desk.run("sync set --pull").expect(0);
    let run = desk.run("run greet --model local --passthrough --case case-1");
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stdout.contains("Unsupported value"), "{run}");
    let seen = server.seen();
    assert_eq!(
        seen.len(),
        2,
        "one for the variant, one for the primary's prompt, none again"
    );
}

#[test]
fn models_are_tried_with_one_word() {
    let server = Server::start(|request, _| {
        if request.path.ends_with("/messages") {
            reply(request, "ready")
        } else {
            Reply::Json(
                401,
                json!({"error": {"message": "Incorrect API key provided"}}),
            )
        }
    });
    let desk = desk(&server);
    let test = desk.run("model test");
    assert_eq!(test.code, 3);
    assert!(test.stdout.contains("✓ claude  answered as m in"), "{test}");
    assert!(
        test.stdout
            .contains("◆ local  the provider did not accept the API key (HTTP 401)"),
        "{test}"
    );
    let tests = desk.json("model test claude");
    assert_eq!(
        (&tests["tests"][0]["ok"], &tests["tests"][0]["status"]),
        (&json!(true), &json!(200))
    );
    assert_eq!(desk.run("model test nobody").code, 2);
}

#[test]
fn a_key_the_keychain_was_given_counts_as_here() {
    let server = Server::start(|request, _| reply(request, "hi"));
    let mut desk = desk(&server);
    desk.env.retain(|(name, _)| name != "LOCAL_KEY");
    let is_here = |desk: &Desk| desk.json("model list")["models"][1]["key_present"].clone();
    assert_eq!(is_here(&desk), json!(false));
    desk.write("home/.local/share/understudy/api-keys", "LOCAL_KEY\n");
    assert_eq!(is_here(&desk), json!(true));
}

#[test]
fn every_try_is_on_record_with_its_bytes_where_it_failed() {
    let server = Server::start(|request, number| match number {
        1 => Reply::Json(
            503,
            json!({"error": {"message": "busy", "echo": "sk-local-secret"}}),
        ),
        _ => reply(request, "hi"),
    });
    let desk = desk(&server);
    desk.run("run greet --model local --case case-1").expect(0);
    let list = desk.json("runs --tries last");
    let tries = list["tries"].as_array().unwrap();
    let told =
        |field: &str| -> Vec<Value> { tries.iter().map(|each| each[field].clone()).collect() };
    assert_eq!(told("number"), [json!(1), json!(2)]);
    assert_eq!(told("kind"), [json!("overloaded"), Value::Null]);
    assert_eq!(told("status"), [json!(503), json!(200)]);
    assert_eq!(tries[0]["request"], tries[1]["request"]);
    let raw = tries[0]["raw"].as_str().unwrap();
    assert!(raw.contains("busy") && raw.contains("[secret]"), "{raw}");
    assert_eq!(
        tries[1]["raw"],
        Value::Null,
        "a good answer is kept as text alone"
    );
    assert_eq!(tries[1]["sent_headers"]["authorization"], "[secret]");
    assert_eq!(tries[1]["headers"]["content-type"], "application/json");
    assert!(
        tries[1]["url"]
            .as_str()
            .unwrap()
            .ends_with("/v1/chat/completions")
    );
    let text = desk.run("runs --tries last --case case-1").expect(0).stdout;
    assert!(text.contains("◆ overloaded  503"), "{text}");
    assert_eq!(desk.run("runs --tries nothing").code, 2);
}
