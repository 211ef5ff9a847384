//! Every command through Tauri's own door, over real workspace files.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod server;
mod window;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};
use understudy_core::workspace::{SyncMode, Workspace};

use window::{Window, World};

const TRIAGE: &str = "support-triage";

fn head(window: &Window, model: &str) -> u64 {
    let view = window.ask("variant", json!({"prompt": TRIAGE, "model": model}));
    view.unwrap()["version"]["number"].as_u64().unwrap()
}

fn system(window: &Window, model: &str) -> String {
    let view = window.ask("variant", json!({"prompt": TRIAGE, "model": model}));
    view.unwrap()["content"]["system"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn refused(answer: Result<Value, Value>, code: &str) -> String {
    let report = answer.unwrap_err();
    assert_eq!(report["code"], code, "{report}");
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "message"]);
    report["message"].as_str().unwrap().to_owned()
}

/// A run of the sample, as the form of the window asks for it.
fn starting(over: Value) -> Value {
    let mut args = json!({
        "prompt": TRIAGE, "models": ["claude-sonnet", "gpt-4o"], "cases": [], "passthrough": true,
        "handoff": false, "repeat": 1, "cache": false, "max_cost_usd": null, "ticket": "one",
    });
    for (name, value) in over.as_object().unwrap() {
        args[name] = value.clone();
    }
    args
}

/// The names in the generated map, so that a command without a test is noticed.
fn table() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/ipc/bindings.ts");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, map) = text.split_once("export type Commands = {").unwrap();
    map.lines()
        .filter_map(|line| line.trim().split_once(": { args:"))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Points the sample's models at a server, by way of its directory form.
async fn redirect(folder: &Path, url: &str) {
    let file = folder.join("workspace.understudy");
    let workspace = Workspace::create_sample(&file, Arc::new(World), &folder.join("keys"))
        .await
        .unwrap();
    let prompts = folder.join("prompts");
    workspace
        .sync(&prompts, SyncMode::Push, None)
        .await
        .unwrap();
    let config = prompts.join("understudy.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let text: String = text
        .lines()
        .flat_map(|line| match line.starts_with("wire = ") {
            true => vec![line.to_owned(), format!("base_url = \"{url}\"")],
            false => vec![line.to_owned()],
        })
        .map(|line| line + "\n")
        .collect();
    std::fs::write(&config, text).unwrap();
    workspace
        .sync(&prompts, SyncMode::Pull, None)
        .await
        .unwrap();
    workspace.close().await;
}

#[test]
fn the_main_job_from_the_first_look_to_the_verified_bundle_asks_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let window = Window::on_sample(folder.path());

    let about = window.get("about").unwrap();
    assert_eq!(about["workspace"], window.path("workspace.understudy"));
    assert_eq!(about["file"], "workspace.understudy");
    assert_eq!(about["sample"], true);
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));

    let overview = window.get("overview").unwrap();
    assert_eq!(overview["sample"], true);
    let behind: Vec<&Value> = overview["next"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "unmatched-change")
        .collect();
    assert_eq!(behind.len(), 2);
    let models = window.get("models").unwrap();
    assert!(models["models"].as_array().unwrap().len() >= 3);

    // What was changed, and where it never arrived.
    let detail = window
        .ask("prompt_detail", json!({"prompt": TRIAGE}))
        .unwrap();
    assert_eq!(detail["tracks"][0]["role"], "primary");
    let primary = head(&window, "claude-sonnet");
    let diff = json!({"prompt": TRIAGE, "model": "claude-sonnet", "a": primary - 1, "b": primary});
    let diff = window.ask("variant_diff", diff).unwrap();
    assert!(diff["comparison"]["ratio"].as_f64().unwrap() < 1.0);

    // What it means for those who ask.
    let of = json!({"prompt": TRIAGE, "fallback": "gpt-4o"});
    let list = window.ask("comparisons", of.clone()).unwrap();
    let case = list["comparisons"][0]["case"].clone();
    let pair = |mode: &str| {
        let args = json!({"prompt": TRIAGE, "case": case, "fallback": "gpt-4o", "mode": mode});
        window.ask("pair", args).unwrap()
    };
    let (words, lines) = (pair("words"), pair("lines"));
    assert_eq!(words["case"]["id"], case);
    assert!(!words["rows"].as_array().unwrap().is_empty());
    assert_eq!(words["primary"], lines["primary"]);
    let rated = window
        .ask(
            "rate",
            json!({"prompt": TRIAGE, "case": case, "fallback": "gpt-4o", "rating": "primary", "note": "shorter"}),
        )
        .unwrap();
    assert_eq!(rated["rating"], "primary");
    let undone = json!({"prompt": TRIAGE, "case": case, "fallback": "gpt-4o"});
    let undone = window.ask("undo_rating", undone).unwrap();
    assert_eq!(undone["rating"], Value::Null);
    let parity = window.ask("parity", of).unwrap();
    assert!(!parity["rows"].as_array().unwrap().is_empty());

    // Settling both rows.
    let key = json!({"name": "release", "passphrase": "correct horse"});
    assert_eq!(window.ask("new_key", key).unwrap()["name"], "release");
    let export = json!({
        "name": "sample", "out": window.path("out"), "sign": "release", "passphrase": "correct horse",
    });
    refused(window.ask("export_bundle", export.clone()), "blocked");
    assert!(!folder.path().join("out").exists());
    let matched = json!({"prompt": TRIAGE, "version": primary, "model": "gpt-4o"});
    let matched = window.ask("match_change", matched).unwrap();
    assert_eq!(matched["change"]["state"], "matched");
    let waived = json!({
        "prompt": TRIAGE, "version": primary, "model": "gemini-pro", "reason": "the two numbers conflict",
    });
    let waived = window.ask("waive_change", waived).unwrap();
    assert_eq!(waived["change"]["state"], "waived");
    assert_eq!(window.get("check").unwrap()["errors"], 0);

    // The release.
    let release = window.get("release").unwrap();
    assert_eq!(release["keys"][0]["name"], "release");
    let exported = window.ask("export_bundle", export).unwrap();
    let bundle = json!({
        "archive": exported["archive"], "envelope": exported["envelope"], "name": "release",
    });
    let verified = window.ask("verify_bundle", bundle.clone()).unwrap();
    assert_eq!(verified["accepted"], true, "{verified}");
    let archive = exported["archive"].as_str().unwrap();
    let mut bytes = std::fs::read(archive).unwrap();
    let last = bytes.len() / 2;
    bytes[last] ^= 1;
    std::fs::write(archive, bytes).unwrap();
    assert_eq!(
        window.ask("verify_bundle", bundle).unwrap()["accepted"],
        false
    );

    // A new version needs outputs of its own, or somebody who takes that upon them.
    let parent = head(&window, "gpt-4o");
    let save = |parent: u64, text: Value| {
        json!({
            "prompt": TRIAGE, "model": "gpt-4o", "parent": parent, "text": text,
            "message": "say it shorter", "answers": [],
        })
    };
    let text = system(&window, "gpt-4o") + "\nBe brief.\n";
    let draft = json!({"kind": "system", "system": text});
    let saved = window
        .ask("save_version", save(parent, draft.clone()))
        .unwrap();
    assert_eq!(saved["version"], parent + 1);
    let stale = saved["findings"]
        .as_array()
        .unwrap()
        .iter()
        .any(|finding| finding["code"] == "stale-run" && finding["level"] == "error");
    assert!(stale, "{saved}");
    let message = refused(
        window.ask("save_version", save(parent, draft)),
        "head_moved",
    );
    assert!(message.contains(&format!("v{}", parent + 1)), "{message}");
    let accept = json!({
        "code": "stale-run", "prompt": TRIAGE, "model": "gpt-4o", "reason": "a word at the end only",
    });
    assert_eq!(
        window.ask("accept_finding", accept).unwrap()["code"],
        "stale-run"
    );
    let restore = json!({"prompt": TRIAGE, "model": "gpt-4o", "version": parent});
    let restored = window.ask("restore_version", restore).unwrap();
    assert_eq!(restored["version"], parent + 2);
    let file = json!({"prompt": TRIAGE, "model": "gpt-4o"});
    let file = window.ask("variant", file).unwrap()["file"].clone();
    let same = save(parent + 2, json!({"kind": "file", "file": file}));
    assert_eq!(window.ask("save_version", same).unwrap()["created"], false);

    // A run; the model's key is not here, so that no call leaves this machine.
    assert_eq!(
        window.begin("attend", Value::Null).wait().unwrap(),
        Value::Null
    );
    let run = starting(json!({"models": ["gemini-pro"], "cases": [case], "passthrough": false}));
    let quote = window.ask("quote_run", run.clone()).unwrap();
    assert_eq!(quote["lines"][0]["calls"], 1);
    assert_eq!(quote["lines"][0]["key_present"], false);
    let summary = window.begin("start_run", run.clone()).wait().unwrap();
    assert_eq!(summary["finished"], 1);
    assert_eq!(summary["failed"], 1);
    refused(window.begin("start_run", run).wait(), "bad_input");
    let gone = json!({"run": summary["run"]});
    refused(window.ask("cancel_run", gone.clone()), "not_found");
    refused(window.begin("attach_run", gone).wait(), "not_found");
    assert_eq!(window.get("live_runs").unwrap(), json!([]));
    let runs = window.ask("runs", json!({"prompt": TRIAGE})).unwrap();
    assert_eq!(runs["runs"][0]["run"], summary["run"]);
    assert_eq!(runs["runs"][0]["failed"], 1);
    let again =
        json!({"run": summary["run"], "retry_errors": true, "max_cost_usd": null, "ticket": "two"});
    let quote = window.ask("quote_resume", again.clone()).unwrap();
    assert_eq!(quote["lines"][0]["calls"], 1);
    let resumed = window.begin("resume_run", again).wait().unwrap();
    assert_eq!(resumed["run"], summary["run"]);
    assert_eq!(
        window.ask("leave", json!({"how": "stay"})).unwrap(),
        Value::Null
    );

    // Models and endpoints.
    let test = window
        .ask("test_model", json!({"model": "gemini-pro"}))
        .unwrap();
    assert_eq!(test["ok"], false);
    let why = test["error"].as_str().unwrap();
    assert!(why.contains("GEMINI_API_KEY"), "{why}");
    let draft = json!({
        "wire": "openai-chat", "id": "llama3.3", "key_env": null, "base_url": "http://127.0.0.1:9/v1",
        "auth": null, "stream": true, "concurrency": 2, "price": {"input": "0.20", "output": "0.40"},
    });
    let saving = json!({"name": "local-llama", "draft": draft});
    let models = window.ask("save_model", saving).unwrap();
    let saved = models["models"].as_array().unwrap();
    let saved = saved
        .iter()
        .find(|model| model["name"] == "local-llama")
        .unwrap();
    assert_eq!(saved["price"]["source"], "workspace");
    assert_eq!(saved["concurrency"], 2);

    assert_eq!(window.asked(), table());
}

#[test]
fn a_run_fills_cells_tells_of_each_and_sums_up() {
    let folder = tempfile::tempdir().unwrap();
    let url = server::start(
        |asked| match asked.to_string().contains("money back today") {
            true => (400, "the kitchen is closed".to_owned()),
            false => (
                200,
                format!("{} was here", asked["model"].as_str().unwrap()),
            ),
        },
    );
    tauri::async_runtime::block_on(redirect(folder.path(), &url));
    let window = Window::on_sample(folder.path());
    let run = starting(json!({"cases": ["charged-twice", "angry-caps-lock"]}));
    let summary = window.begin("start_run", run).wait().unwrap();
    assert_eq!(summary["cells"], 6);
    assert_eq!(summary["finished"], 6);
    assert_eq!(summary["failed"], 3);

    let messages = window.messages();
    let first = messages[0].as_array().unwrap();
    assert_eq!(first.len(), 1, "the start does not wait: {first:?}");
    let all = messages.iter().flat_map(|group| group.as_array().unwrap());
    // What arrived on the way says the same as what is stored in the end.
    let mut streamed = std::collections::BTreeMap::<String, String>::new();
    let mut events: Vec<&Value> = Vec::new();
    for event in all {
        if event["event"] == "delta" {
            let text = streamed
                .entry(event["model"].as_str().unwrap().to_owned())
                .or_default();
            if event["passthrough"] == false {
                text.push_str(event["text"].as_str().unwrap());
            }
        } else {
            events.push(event);
        }
    }
    let whole = |model: &str| streamed[model].ends_with("was here");
    assert!(whole("claude-sonnet") && whole("gpt-4o"), "{streamed:?}");
    assert_eq!(events[0]["event"], "started");
    assert_eq!(events[0]["run"], summary["run"]);
    assert_eq!(events.len(), 8);
    for (index, event) in events[1..7].iter().enumerate() {
        assert_eq!(event["event"], "cell");
        assert_eq!(event["finished"], index + 1);
        let failed = event["case"] == "charged-twice";
        assert_eq!(event["state"], if failed { "error" } else { "output" });
        assert_eq!(event["message"].is_string(), failed);
    }
    assert_eq!(events[7]["event"], "summary");

    let pair = json!({
        "prompt": TRIAGE, "case": "angry-caps-lock", "fallback": "gpt-4o", "mode": "words",
    });
    let pair = window.ask("pair", pair).unwrap();
    assert!(
        pair["primary"]["text"]
            .as_str()
            .unwrap()
            .starts_with("claude-sonnet"),
        "{pair}"
    );
    assert!(
        pair["fallback"]["text"]
            .as_str()
            .unwrap()
            .starts_with("gpt-4o"),
        "{pair}"
    );
    assert!(
        pair["passthrough"]["text"]
            .as_str()
            .unwrap()
            .starts_with("gpt-4o"),
        "{pair}"
    );
}

#[test]
fn a_run_that_is_cancelled_keeps_what_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    // One case is answered; the other never is, as long as the test holds the gate.
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let held = gate.clone();
    let url = server::start(move |asked| {
        if asked.to_string().contains("money back today") {
            let (open, changed) = held.as_ref();
            drop(
                changed
                    .wait_while(open.lock().unwrap(), |open| !*open)
                    .unwrap(),
            );
        }
        (200, "in time".to_owned())
    });
    tauri::async_runtime::block_on(redirect(folder.path(), &url));
    let window = Window::on_sample(folder.path());
    let run = starting(json!({
        "models": ["gpt-4o"], "cases": ["charged-twice", "angry-caps-lock"], "passthrough": false,
    }));
    let pending = window.begin("start_run", run);
    let started = window.message();
    let run = started[0]["run"].clone();
    assert_eq!(
        window.get("live_runs").unwrap(),
        json!([{"run": run, "prompt": TRIAGE}])
    );
    let cell = loop {
        let group = window.message();
        let found = group
            .as_array()
            .unwrap()
            .iter()
            .find(|event| event["event"] == "cell");
        if let Some(cell) = found {
            break cell.clone();
        }
    };
    assert_eq!(cell["case"], "angry-caps-lock", "{cell}");
    // A page that is loaded anew takes it up where it stands, and hears its end.
    let attached = window.begin("attach_run", json!({"run": run}));
    let taken = window.message();
    assert_eq!(
        (&taken[0]["event"], &taken[0]["finished"]),
        (&json!("started"), &json!(1))
    );
    assert_eq!(
        window.ask("cancel_run", json!({"run": run})).unwrap(),
        Value::Null
    );
    let summary = pending.wait().unwrap();
    assert_eq!(summary["cancelled"], true);
    assert_eq!(summary["finished"], 1);
    assert_eq!(summary["left"], 1);
    assert_eq!(summary["stops"], json!([{"why": "cancelled"}]));
    assert_eq!(attached.wait().unwrap(), summary);
    let (open, changed) = gate.as_ref();
    *open.lock().unwrap() = true;
    changed.notify_all();
}

#[test]
fn what_does_not_fit_is_refused_with_a_code_and_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let window = Window::on_sample(folder.path());
    let ask = |command: &str, args: Value| window.ask(command, args);

    let message = refused(
        ask("prompt_detail", json!({"prompt": "no-such"})),
        "not_found",
    );
    assert!(
        message.contains("no-such") && message.contains(TRIAGE),
        "{message}"
    );
    let nobody = json!({"prompt": TRIAGE, "model": "nobody"});
    refused(ask("variant", nobody), "not_found");
    let late = json!({"prompt": TRIAGE, "model": "gpt-4o", "version": 99});
    refused(ask("variant", late), "not_found");
    let short = json!({"prompt": TRIAGE, "version": 12, "model": "gpt-4o", "reason": "no"});
    refused(ask("waive_change", short), "bad_input");
    refused(ask("cancel_run", json!({"run": "none"})), "not_found");
    let empty = json!({"name": "release", "passphrase": ""});
    refused(ask("new_key", empty), "bad_input");

    // Arguments of another shape are refused by field, in the same form.
    let message = refused(ask("prompt_detail", json!({})), "bad_input");
    assert!(
        message.contains("prompt_detail") && message.contains("`prompt`"),
        "{message}"
    );
    let message = refused(
        ask("prompt_detail", json!({"prompt": TRIAGE, "colour": "red"})),
        "bad_input",
    );
    assert!(message.contains("colour"), "{message}");
    let sideways = json!({"prompt": TRIAGE, "case": "x", "fallback": "gpt-4o", "mode": "sideways"});
    refused(ask("pair", sideways), "bad_input");
    refused(window.get("prompt_detail"), "bad_input");
    refused(ask("cancel_run", json!("r")), "bad_input");
    let negative = json!({"prompt": TRIAGE, "model": "gpt-4o", "version": -1});
    refused(ask("variant", negative), "bad_input");
}

#[test]
fn a_workspace_that_cannot_be_opened_is_told_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Window::open(folder.path(), "missing.understudy", false);
    let message = refused(missing.get("overview"), "not_found");
    assert!(message.contains("missing.understudy"), "{message}");
    assert!(!folder.path().join("missing.understudy").exists());

    std::fs::write(
        folder.path().join("notes.understudy"),
        "these are my notes\n".repeat(400),
    )
    .unwrap();
    let notes = Window::open(folder.path(), "notes.understudy", false);
    for command in ["about", "overview", "check"] {
        let message = refused(notes.get(command), "io");
        assert!(message.contains("notes.understudy"), "{message}");
    }
    let kept = std::fs::read_to_string(folder.path().join("notes.understudy")).unwrap();
    assert!(kept.starts_with("these are my notes"));
}

#[test]
fn only_our_own_page_may_ask() {
    let folder = tempfile::tempdir().unwrap();
    let window = Window::on_sample(folder.path());
    let refusal = window
        .send_from("https://example.com/", "overview", json!({}))
        .wait();
    assert!(refusal.is_err());
    // Nor may our own page ask Tauri for more than our own commands.
    let refusal = window
        .send("plugin:window|close", json!({"label": "main"}))
        .wait();
    assert!(refusal.is_err());
}

#[test]
fn the_page_may_load_nothing_from_elsewhere() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tauri.conf.json");
    let config: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let policy = config["app"]["security"]["csp"].as_object().unwrap();
    let sources = |name: &str| policy[name].as_str().unwrap();
    assert_eq!(sources("default-src"), "'self'");
    assert_eq!(sources("script-src"), "'self'");
    // The editors' styles carry the nonce that Tauri gives the page's own style element.
    assert_eq!(sources("style-src"), "'self'");
    for (name, value) in policy {
        for source in value.as_str().unwrap().split(' ') {
            let ours = matches!(source, "'self'" | "'none'")
                || (name == "connect-src" && matches!(source, "ipc:" | "http://ipc.localhost"));
            assert!(ours, "{name} {source}");
        }
    }
}
