//! A provider on loopback: speaks just enough of both wires, streamed where that is asked for.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};

/// What a request gets: status and the assistant's text.
pub(crate) type Answer = dyn Fn(&Value) -> (u16, String) + Send + Sync;

/// The server's base URL. It serves until the test's process ends.
pub(crate) fn start(answer: impl Fn(&Value) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer: Arc<Answer> = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            // A client that hangs up in between is not this server's problem.
            std::thread::spawn(move || serve(stream, answer.as_ref()).ok());
        }
    });
    url
}

fn serve(mut stream: TcpStream, answer: &Answer) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let (status, text) = answer(&asked);
    if status == 200 && asked["stream"] == true {
        let events = match path.ends_with("/messages") {
            true => anthropic_events(&text),
            false => chat_events(&text),
        };
        return write!(
            stream,
            "HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{events}"
        );
    }
    let reply = match (status, path.ends_with("/messages")) {
        (200, true) => json!({
            "id": "m", "type": "message", "role": "assistant", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": text}],
            "usage": {"input_tokens": 3, "output_tokens": 2},
        }),
        (200, false) => json!({
            "id": "c", "object": "chat.completion",
            "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        }),
        _ => json!({"error": {"type": "error", "message": text}}),
    }
    .to_string();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{reply}",
        reply.len()
    )
}

/// The text in two pieces.
fn halves(text: &str) -> [&str; 2] {
    let middle = text.char_indices().nth(text.chars().count() / 2);
    let (one, other) = text.split_at(middle.map_or(0, |(at, _)| at));
    [one, other]
}

fn anthropic_events(text: &str) -> String {
    let [one, other] = halves(text);
    let piece = |text: &str| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
    let events = [
        json!({"type": "message_start", "message": {
            "id": "m", "type": "message", "role": "assistant", "model": "loopback", "content": [],
            "stop_reason": null, "usage": {"input_tokens": 3, "output_tokens": 1},
        }}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        piece(one),
        piece(other),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ];
    let lines = events.iter().map(|event| {
        format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap()
        )
    });
    lines.collect()
}

fn chat_events(text: &str) -> String {
    let [one, other] = halves(text);
    let chunk = |delta: Value, finish: Option<&str>| {
        json!({
            "id": "c", "object": "chat.completion.chunk", "model": "loopback",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })
    };
    let events = [
        chunk(json!({"role": "assistant", "content": one}), None),
        chunk(json!({"content": other}), None),
        chunk(json!({}), Some("stop")),
        json!({"id": "c", "object": "chat.completion.chunk", "choices": [],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}),
    ];
    let lines = events.iter().map(|event| format!("data: {event}\n\n"));
    lines.chain(["data: [DONE]\n\n".to_owned()]).collect()
}
