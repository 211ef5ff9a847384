//! A planted key: a server sends it back in every way it can, and it is found nowhere.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::loopback::{Reply, Seen, Server};
use crate::run::{CASES, asked, desk};

/// One for each model. With characters that URLs, JSON and HTML escape.
const KEYS: [&str; 2] = ["sk-planted-1/a+b=c&d", "sk-planted-2/e+f=g&h"];

/// Every spelling that is looked for: none of the server's own making may be left.
fn spellings() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for key in KEYS {
        for (name, text) in [
            ("as it is", key.to_owned()),
            ("percent-encoded", percent(key)),
            ("base64", STANDARD_NO_PAD.encode(key)),
            ("escaped", escaped(key)),
        ] {
            all.push((format!("{key} {name}"), text.into_bytes()));
        }
    }
    // What no spelling of it does without.
    all.push(("a part".to_owned(), b"planted".to_vec()));
    all
}

fn percent(key: &str) -> String {
    key.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn escaped(key: &str) -> String {
    key.bytes()
        .map(|byte| format!("\\u{:04x}", u32::from(byte)))
        .collect()
}

/// The key that a request was made with.
fn key_of(request: &Seen) -> String {
    let key = request
        .header("x-api-key")
        .or_else(|| request.header("authorization"))
        .unwrap();
    key.trim_start_matches("Bearer ").to_owned()
}

fn echo(key: &str) -> String {
    let base64 = STANDARD_NO_PAD.encode(key);
    format!(
        "{key} {} {base64} Bearer {key}, key={}",
        percent(key),
        key.replace('/', "\\/")
    )
}

fn raw(status: &str, kind: &str, key: &str, body: &str) -> Reply {
    let more = format!(
        "x-echo: {key}\r\nx-request-id: {key}\r\nset-cookie: {key}\r\nlocation: /{key}?k={key}\r\n"
    );
    let body = body.replace("ESCAPED", &escaped(key));
    Reply::Raw(
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{more}connection: close\r\n\r\n{body}"
        )
        .into_bytes(),
    )
}

fn is_anthropic(request: &Seen) -> bool {
    request.path.ends_with("/messages")
}

/// A good answer that is nothing but the key.
fn whole(request: &Seen, key: &str) -> Reply {
    let body = if is_anthropic(request) {
        json!({"id": key, "model": key, "stop_reason": key, "usage": {"input_tokens": 1, "output_tokens": 1},
            "content": [{"type": "text", "text": echo(key)},
                {"type": "tool_use", "id": key, "name": "t", "input": {key: [key]}}]})
    } else {
        let arguments = json!({key: [key]}).to_string();
        json!({"id": key, "model": key, "usage": {"prompt_tokens": 1, "completion_tokens": 1},
            "choices": [{"finish_reason": key, "message": {"content": echo(key),
                "tool_calls": [{"id": key, "function": {"name": "t", "arguments": arguments}}]}}]})
    };
    raw("200 OK", "application/json", key, &body.to_string())
}

/// The same as a stream, the key cut in two, up to its last event or not.
fn stream(request: &Seen, key: &str, ends: bool) -> Reply {
    let (start, end) = key.split_at(key.len() / 2);
    let pieces = ["it is ", start, end, " and ", key, "."];
    let mut events = Vec::new();
    if is_anthropic(request) {
        events.push(json!({"type": "message_start", "message": {"id": key, "model": key, "role": "assistant",
            "content": [], "usage": {"input_tokens": 1, "output_tokens": 1}}}));
        events.push(json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}));
        events.extend(pieces.map(|piece| {
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}})
        }));
        events.push(json!({"type": "content_block_stop", "index": 0}));
        events.push(
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 1}}),
        );
        if ends {
            events.push(json!({"type": "message_stop"}));
        }
    } else {
        events.extend(pieces.map(
            |piece| json!({"model": key, "choices": [{"index": 0, "delta": {"content": piece}}]}),
        ));
        events.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
    }
    let mut body = format!(": {key}\n\n");
    for event in events {
        if let Some(kind) = event["type"].as_str() {
            body += &format!("event: {kind}\n");
        }
        body += &format!("data: {event}\n\n");
    }
    if ends && !is_anthropic(request) {
        body += "data: [DONE]\n\n";
    }
    raw("200 OK", "text/event-stream", key, &body)
}

/// Answers each case in its own way.
fn betray(request: &Seen) -> Reply {
    let key = key_of(request);
    let key = key.as_str();
    let error = json!({"type": "error", "error": {"type": key, "code": key, "param": key, "message": echo(key)}});
    let page = format!("<html><title>{0}</title>{0}", echo(key));
    let case = asked(request);
    match case.trim_start_matches("hello ") {
        "1" => stream(request, key, true),
        "2" => raw("401 No", "application/json", key, &error.to_string()),
        "3" => raw("500 No", "text/html", key, &page),
        "4" => raw("200 OK", "text/html", key, &page),
        "5" => stream(request, key, false),
        "6" => raw(
            "200 OK",
            "text/event-stream",
            key,
            &format!("event: error\ndata: {error}\n\n"),
        ),
        "7" => raw("200 OK", "text/plain", key, &echo(key)),
        "8" => raw("302 Found", "text/plain", key, &echo(key)),
        "9" => raw(
            "400 No",
            "application/json",
            key,
            r#"{"error":{"message":"ESCAPED"}}"#,
        ),
        "10" => raw(
            "429 No",
            "application/json",
            key,
            r#"{"ESCAPED":"ESCAPED"}"#,
        ),
        // Cut inside of the key.
        "11" => raw(
            "503 No",
            "text/plain",
            key,
            &format!("{}{}", "x".repeat(280), &key[..key.len() - 1]),
        ),
        _ => whole(request, key),
    }
}

fn planted(server: &Server) -> Desk {
    let mut desk = desk(server);
    desk.env.retain(|(name, _)| !name.ends_with("_KEY"));
    for (name, key) in ["CLAUDE_KEY", "LOCAL_KEY"].iter().zip(KEYS) {
        desk.env.push(((*name).to_owned(), key.to_owned()));
    }
    // Whatever logs there are.
    for name in ["UNDERSTUDY_LOG", "RUST_LOG"] {
        desk.env.push((name.to_owned(), "trace".to_owned()));
    }
    desk
}

#[track_caller]
fn assert_clean(place: &str, bytes: &[u8]) {
    for (name, needle) in spellings() {
        let found = bytes
            .windows(needle.len())
            .position(|window| window.eq_ignore_ascii_case(&needle));
        if let Some(at) = found {
            let near = &bytes[at.saturating_sub(80)..(at + 80).min(bytes.len())];
            panic!(
                "{name} in {place}: {}",
                String::from_utf8_lossy(near).escape_debug()
            );
        }
    }
}

/// Searches every file that came to be: the workspace file byte by byte, with what stands beside it.
#[track_caller]
fn assert_all_files_clean(desk: &Desk) -> Vec<String> {
    let files = desk.tree(".");
    for (name, bytes) in &files {
        assert_clean(name, bytes);
    }
    let has = |name: &str| files.iter().find(|(file, _)| file == name);
    let workspace = has("workspace.understudy").unwrap();
    let wal = has("workspace.understudy-wal").map(|(_, bytes)| bytes.as_slice());
    let all = [workspace.1.as_slice(), wal.unwrap_or_default()].concat();
    assert!(
        all.windows(8).any(|window| window == b"[secret]"),
        "the search looks where answers are kept"
    );
    files.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_planted_key_is_found_nowhere() {
    let server = Server::start(|request, _| betray(request));
    let desk = planted(&server);
    for command in [
        "run greet --json --no-retry",
        "run greet --no-retry",
        "compare greet",
        "compare greet --json",
        "compare greet case-1",
        "compare greet case-12 --json",
        "check --json",
        "variant render greet claude --case case-1 --json",
        "variant render greet local --case case-1",
    ] {
        let ended = desk.run(command);
        assert!(!ended.stderr.is_empty(), "{command} logs nothing");
        assert_clean(&format!("stdout of {command}"), ended.stdout.as_bytes());
        assert_clean(&format!("stderr of {command}"), ended.stderr.as_bytes());
        if command.starts_with("run") {
            assert_eq!(ended.code, 3, "{ended}");
            assert!(ended.stdout.contains("[secret]"), "{ended}");
        }
    }
    let seen = server.seen();
    assert_eq!(
        seen.len(),
        2 * 2 * CASES,
        "the keys were sent, and only they"
    );
    assert!(
        seen.iter()
            .all(|seen| KEYS.contains(&key_of(seen).as_str()))
    );
    assert_all_files_clean(&desk);
}

#[test]
fn a_planted_key_is_in_no_bundle() {
    let server = Server::start(|request, _| whole(request, &key_of(request)));
    let desk = planted(&server);
    desk.run("run greet").expect(0);
    desk.write("pp", "correct horse\n");
    desk.run("key new release --passphrase-file pp").expect(0);
    let export = "bundle export --name greet --out out --sign release --passphrase-file pp";
    let exported = desk.run(export).expect(0);
    assert_clean("the export's words", exported.to_string().as_bytes());
    let shown = desk.run("bundle show out/greet-v1.promptbundle.dsse.json --json");
    assert_clean("bundle show", shown.expect(0).to_string().as_bytes());
    let files = assert_all_files_clean(&desk);
    assert!(files.iter().any(|name| name.ends_with(".promptbundle.tar")));
}

#[test]
fn a_planted_key_is_not_in_the_log_of_a_run_that_was_killed() {
    let server = Server::start(|request, number| {
        if number <= CASES {
            whole(request, &key_of(request))
        } else {
            Reply::Silence
        }
    });
    let desk = planted(&server);
    let mut child = desk
        .command(&["run", "greet", "--json", "--concurrency", "2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = String::new();
    // Blocks until the event is there: no event, no progress.
    for _ in 0..=CASES {
        said += &lines.next().unwrap().unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_clean("events", said.as_bytes());
    let files = assert_all_files_clean(&desk);
    assert!(files.iter().any(|name| name == "workspace.understudy-wal"));
}

#[test]
fn a_key_that_no_header_can_carry_is_not_shown_either() {
    let server = Server::start(|request, _| whole(request, &key_of(request)));
    let mut desk = planted(&server);
    for (name, value) in &mut desk.env {
        if name == "CLAUDE_KEY" {
            *value = "sk-planted\u{7}bell".to_owned();
        }
    }
    let ended = desk.run("run greet --model claude --json");
    assert_eq!(ended.code, 3, "{ended}");
    let events: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events[1]["kind"], "bad_settings", "{}", events[1]);
    assert_clean("everything", ended.to_string().as_bytes());
    assert!(server.seen().is_empty());
    let mut file = Vec::new();
    std::fs::File::open(desk.path("workspace.understudy"))
        .unwrap()
        .read_to_end(&mut file)
        .unwrap();
    assert_clean("the file", &file);
}
