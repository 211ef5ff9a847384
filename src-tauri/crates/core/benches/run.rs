//! What a run costs this machine: processor time, memory and bytes a cell, and how near its wall time is to ideal.
//!
//! `cargo bench -p understudy-core --bench run`. 1,000 cases × 2 models with three expectations each, streamed from a
//! server in a process of its own that holds every answer for exactly as long as it is told. Every run is a process of
//! its own too, so that processor time and memory are its alone; they are read from `/proc`, and told as `-` where
//! there is none. Ideal is what as many patient clients as there are places would take: cells ÷ places × latency.
#![expect(clippy::print_stdout, reason = "a bench reports on stdout")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench stops where it cannot go on"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use understudy_core::host::System;
use understudy_core::model::Http;
use understudy_core::run::{Cancel, Unobserved};
use understudy_core::workspace::{RunContext, RunOptions, RunRequest, SyncMode, Workspace};

/// 0.3 KB, as a support agent would write them.
const ANSWER: &str = "I am sorry that the parcel has not arrived. I have asked the carrier to look for it, and if it is \
not found by Thursday we will send a new one at no cost. You do not have to do anything; a mail with the new number \
follows as soon as it leaves our house. Is there anything else that I can do for you today?";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--serve", millis] => serve(Duration::from_millis(millis.parse().unwrap())),
        ["--child", file, places, repeat] => child(file, places, repeat),
        words if words.contains(&"--list") => {}
        words => report(words.contains(&"--bench")),
    }
}

/// Run as a test, it only shows that it runs.
fn report(whole: bool) {
    let cases = if whole { 1000 } else { 5 };
    println!(
        "{:>7} {:>8} {:>7} {:>8} {:>8} {:>7} {:>9} {:>8} {:>10}",
        "cells",
        "latency",
        "places",
        "wall s",
        "ideal s",
        "ratio",
        "cpu ms",
        "peak MB",
        "bytes/cell"
    );
    let rows: &[(u64, u32, u32)] = if whole {
        &[(0, 8, 1), (0, 8, 10), (50, 128, 1), (50, 4, 1)]
    } else {
        &[(0, 8, 1)]
    };
    for (latency, places, repeat) in rows {
        let server = Server::start(*latency);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bench.understudy");
        make(&file, folder.path(), server.port, cases);
        let before = size(&file);
        let out = itself(&[
            "--child",
            file.to_str().unwrap(),
            &places.to_string(),
            &repeat.to_string(),
        ])
        .stdout(Stdio::piped())
        .output()
        .unwrap();
        let said = String::from_utf8(out.stdout).unwrap();
        let figures: Vec<f64> = said
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect();
        let [cells, wall, cpu, peak] = figures[..] else {
            panic!("the run said: {said}")
        };
        let ideal = cells / f64::from(*places) * (*latency as f64) / 1e3;
        let ratio = if ideal > 0.0 {
            format!("{:.3}", wall / ideal)
        } else {
            "-".to_owned()
        };
        let stored = (size(&file) - before) as f64 / cells;
        println!(
            "{cells:>7} {latency:>5} ms {places:>7} {wall:>8.2} {ideal:>8.2} {ratio:>7} {:>9} {:>8} {stored:>10.0}",
            shown(cpu / cells * 1e3),
            shown(peak / 1024.0),
        );
    }
}

fn shown(figure: f64) -> String {
    if figure > 0.0 {
        format!("{figure:.3}")
    } else {
        "-".to_owned()
    }
}

fn itself(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments);
    command
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).unwrap().len()
}

/// A workspace of one prompt with a primary and a fallback at the server.
fn make(file: &Path, folder: &Path, port: u16, cases: usize) {
    let set = folder.join("set");
    std::fs::create_dir(&set).unwrap();
    let write = |name: &str, text: String| std::fs::write(set.join(name), text).unwrap();
    write(
        "understudy.toml",
        format!(
            "[models.one]\nwire = \"anthropic\"\nid = \"one-1\"\nbase_url = \"http://127.0.0.1:{port}\"\n\
             price = {{ input = \"3\", output = \"15\" }}\n\n\
             [models.two]\nwire = \"openai-chat\"\nid = \"two-1\"\nbase_url = \"http://127.0.0.1:{port}\"\n\
             price = {{ input = \"2.5\", output = \"10\" }}\n\n\
             [chains.all]\nmodels = [\"one\", \"two\"]\n\n\
             [prompts.support]\nchain = \"all\"\nowner = \"bench\"\npolicy = \"relaxed\"\n"
        ),
    );
    let text = "You answer customers of a mail-order house.\nBe kind, be short, and never promise what the \
                house does not keep. The customer is {{name}}.\n";
    let prompt = |model: &str| {
        format!(
            "---\nmodel: \"{model}\"\nconfig:\n  maxOutputTokens: 400\n---\n{{{{role \"system\"}}}}\n{text}\n{{{{history}}}}\n"
        )
    };
    write("support.prompt", prompt("one"));
    write("support.two.prompt", prompt("two"));
    let lines: String = (0..cases)
        .map(|number| {
            serde_json::json!({
                "id": format!("case-{number}"),
                "variables": {"name": format!("Customer {number}")},
                "turns": [{"role": "user", "text": format!("Order {number} has not arrived after two weeks. Where is it?")}],
                "expect": [
                    {"type": "icontains", "value": "sorry"},
                    {"type": "not-contains", "value": "refund"},
                    {"type": "regex", "value": "(Thursday|Friday)"},
                ],
            })
            .to_string()
                + "\n"
        })
        .collect();
    write("support.cases.jsonl", lines);
    runtime().block_on(async {
        let keys = folder.join("keys");
        let workspace = Workspace::create(file, Arc::new(System), &keys)
            .await
            .unwrap();
        workspace.sync(&set, SyncMode::Pull, None).await.unwrap();
        workspace.close().await;
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// One run, alone in its process.
fn child(file: &str, places: &str, repeat: &str) {
    runtime().block_on(async {
        let host = Arc::new(System);
        let workspace = Workspace::open(Path::new(file), host.clone(), Path::new("keys"))
            .await
            .unwrap();
        let request = RunRequest {
            repeat: repeat.parse().unwrap(),
            options: RunOptions {
                concurrency: places.parse().unwrap(),
                ..RunOptions::default()
            },
            ..RunRequest::of("support")
        };
        let caller = Http::from_env(host);
        let context = RunContext {
            caller: &caller,
            cancel: &Cancel::new(),
            observer: &Unobserved,
        };
        let before = processor_seconds();
        let summary = workspace.run(&request, &context, |_| {}).await.unwrap();
        let cpu = processor_seconds() - before;
        workspace.close().await;
        assert_eq!((summary.failed, summary.left, summary.unmet), (0, 0, 0));
        println!("{} {} {cpu} {}", summary.cells, summary.seconds, peak_kb());
    });
}

/// User and system time of this process; 0 where there is no `/proc`.
fn processor_seconds() -> f64 {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else {
        return 0.0;
    };
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|word| word.parse::<f64>().ok())
        .sum();
    // Linux counts a hundred a second wherever it is asked in this form.
    ticks / 100.0
}

/// The most memory this process ever had; 0 where there is no `/proc`.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(latency: u64) -> Self {
        let mut child = itself(&["--serve", &latency.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            port: line.trim().parse().unwrap(),
            child,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A thread a connection: a sleeping thread wakes to a tenth of a millisecond, which no timer wheel does.
fn serve(latency: Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        std::thread::spawn(move || answer(&stream, latency));
    }
}

fn answer(mut stream: &TcpStream, latency: Duration) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut anthropic, mut line) = (0, false, String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.starts_with("POST") {
                anthropic = line.contains("/messages");
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        std::thread::sleep(latency);
        let events = if anthropic { messages() } else { chat() };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_0123456789abcdef\r\n\
                    transfer-encoding: chunked\r\n\r\n";
        let whole = format!("{head}{:x}\r\n{events}\r\n0\r\n\r\n", events.len());
        if stream.write_all(whole.as_bytes()).is_err() {
            return;
        }
    }
}

fn pieces() -> impl Iterator<Item = &'static str> {
    // Some four words a piece, as providers send them.
    let mut rest = ANSWER;
    std::iter::from_fn(move || {
        let end = rest
            .match_indices(' ')
            .nth(3)
            .map_or(rest.len(), |(at, _)| at + 1);
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn messages() -> String {
    let mut events = String::new();
    let mut event = |kind: &str, data: serde_json::Value| {
        events.push_str(&format!("event: {kind}\ndata: {data}\n\n"));
    };
    event(
        "message_start",
        serde_json::json!({"type": "message_start", "message": {"id": "msg_1", "model": "one-1",
        "role": "assistant", "content": [], "usage": {"input_tokens": 90, "output_tokens": 1}}}),
    );
    event(
        "content_block_start",
        serde_json::json!({"type": "content_block_start", "index": 0,
        "content_block": {"type": "text", "text": ""}}),
    );
    for piece in pieces() {
        event(
            "content_block_delta",
            serde_json::json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "text_delta", "text": piece}}),
        );
    }
    event(
        "content_block_stop",
        serde_json::json!({"type": "content_block_stop", "index": 0}),
    );
    event(
        "message_delta",
        serde_json::json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 70}}),
    );
    event("message_stop", serde_json::json!({"type": "message_stop"}));
    events
}

fn chat() -> String {
    let mut events = String::new();
    let mut chunk = |choices: serde_json::Value, usage: serde_json::Value| {
        let data = serde_json::json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
            "model": "two-1", "choices": choices, "usage": usage});
        events.push_str(&format!("data: {data}\n\n"));
    };
    for piece in pieces() {
        chunk(
            serde_json::json!([{"index": 0, "delta": {"content": piece}, "finish_reason": null}]),
            serde_json::Value::Null,
        );
    }
    chunk(
        serde_json::json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]),
        serde_json::Value::Null,
    );
    chunk(
        serde_json::json!([]),
        serde_json::json!({"prompt_tokens": 90, "completion_tokens": 70}),
    );
    events.push_str("data: [DONE]\n\n");
    events
}
