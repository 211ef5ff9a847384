//! Streams of every wire, cut everywhere. The streams are ours, in the form each provider documents.

use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::Delta;

/// A stream, and the body the same reply has when it is not streamed.
struct Stream {
    wire: Wire,
    stream: &'static str,
    body: &'static str,
}

macro_rules! stream {
    ($wire:ident, $name:literal) => {
        Stream {
            wire: Wire::$wire,
            stream: include_str!(concat!("streams/", $name, ".txt")),
            body: include_str!(concat!("streams/", $name, ".json")),
        }
    };
}

const STREAMS: [Stream; 7] = [
    stream!(OpenaiChat, "openai_chat"),
    stream!(OpenaiChat, "openrouter"),
    stream!(OpenaiResponses, "openai_responses"),
    stream!(Anthropic, "anthropic"),
    stream!(Gemini, "gemini"),
    stream!(Cohere, "cohere"),
    stream!(Mistral, "mistral"),
];

/// Feeds pieces. An error is given instead of the answer.
fn fold<'a>(
    wire: Wire,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Answer, bool), CallError> {
    let mut folder = Folder::new(wire, "m");
    for piece in pieces {
        folder.feed(piece, &Nobody)?;
    }
    Ok(folder.end())
}

fn complete(wire: Wire, text: &str) -> Answer {
    let (answer, complete) = fold(wire, [text.as_bytes()]).unwrap();
    assert!(complete, "{text}");
    answer
}

fn whole(wire: Wire, body: &str) -> Answer {
    answer_bytes(wire, "m", body.as_bytes()).unwrap().unwrap()
}

#[test]
fn a_stream_means_what_its_body_means() {
    for Stream { wire, stream, body } in STREAMS {
        let (streamed, whole) = (complete(wire, stream), whole(wire, body));
        assert_eq!(streamed, whole, "{wire:?}");
        assert!(streamed.replay.is_some() && !streamed.mended && streamed.usage.is_some());
    }
}

#[test]
fn a_stream_may_be_cut_anywhere() {
    for Stream { wire, stream, body } in STREAMS {
        let expected = (whole(wire, body), true);
        let bytes = stream.as_bytes();
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(fold(wire, [head, tail]).unwrap(), expected, "{wire:?} {at}");
        }
        assert_eq!(fold(wire, bytes.chunks(1)).unwrap(), expected, "{wire:?}");
    }
}

#[test]
fn marks_line_ends_comments_and_pings_make_no_difference() {
    for Stream { wire, stream, body } in STREAMS {
        let expected = whole(wire, body);
        let ping = ": keep-alive\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\ndata:\n\n";
        for (what, text) in [
            ("mark", format!("\u{feff}{stream}")),
            ("CRLF", stream.replace('\n', "\r\n")),
            ("CR", stream.replace('\n', "\r")),
            ("comments", stream.replace('\n', "\n: a comment\n")),
            ("pings", stream.replace("\n\n", &format!("\n\n{ping}"))),
            (
                "fields",
                stream.replace("data:", "id: 1\nretry: 5\nodd\ndata:"),
            ),
            ("no space", stream.replace("data: ", "data:")),
            ("no last line end", stream.trim_end().to_owned()),
            (
                "all",
                format!("\u{feff}{}", stream.replace("\n\n", &format!("\n\n{ping}")))
                    .replace('\n', "\r\n"),
            ),
        ] {
            assert_eq!(complete(wire, &text), expected, "{wire:?} {what}");
            let cut = fold(wire, text.as_bytes().chunks(1)).unwrap();
            assert_eq!(cut, (expected.clone(), true), "{wire:?} {what}");
        }
    }
}

#[test]
fn a_stream_without_its_last_event_is_not_complete() {
    for Stream { wire, stream, body } in STREAMS {
        let whole = whole(wire, body);
        let last = stream.trim_end().rfind("\n\n").unwrap();
        for at in 0..=last {
            let (partial, complete) = fold(wire, [&stream.as_bytes()[..at]]).unwrap();
            assert!(!complete, "{wire:?} {at}");
            assert!(whole.text.starts_with(&partial.text), "{wire:?} {at}");
            assert_eq!(partial.replay, None, "{wire:?} {at}");
            assert!(!partial.mended, "{wire:?} {at}");
        }
        let (partial, _) = fold(wire, [&stream.as_bytes()[..last]]).unwrap();
        assert_eq!(partial.text, whole.text, "{wire:?}");
    }
}

#[test]
fn whoever_looks_on_sees_what_arrives() {
    #[derive(Default)]
    struct Seen(Mutex<(String, String, String)>);
    impl Watch for Seen {
        fn delta(&self, delta: Delta<'_>) {
            let mut seen = self.0.lock().unwrap();
            match delta {
                Delta::Text(text) => seen.0.push_str(text),
                Delta::Reasoning(text) => seen.1.push_str(text),
                Delta::Tool {
                    name: "",
                    arguments,
                } => seen.2.push_str(arguments),
                Delta::Tool { name, arguments } => seen.2.push_str(&format!(" {name}{arguments}")),
            }
        }
    }
    let mut shown = Vec::new();
    for Stream { wire, stream, body } in STREAMS {
        let seen = Seen::default();
        let mut folder = Folder::new(wire, "m");
        folder.feed(stream.as_bytes(), &seen).unwrap();
        assert!(folder.has_begun());
        let (text, reasoning, tools) = seen.0.into_inner().unwrap();
        assert_eq!(text, whole(wire, body).text);
        shown.push(format!("{}: {reasoning} |{tools}", wire.as_str()));
    }
    // Pieces of two calls come in turns on Chat.
    insta::assert_snapshot!(shown.join("\n"), @r#"
    openai-chat:  | find_order{"id": now{}"A-1 é"}
    openai-chat: Let me see. |
    openai-responses: Looking up | find_order{"id":"A-1"} now{}
    anthropic: Which order? A‑1. | find_order{"id": "A-1"} now
    gemini: **Checking** | find_order{"id":"A-1"} now{}
    cohere: An order.I will look it up. | find_order{"id":"A-1"} now{}
    mistral: The order. | find_order{"id": "A-1"} now{}
    "#);
}

#[test]
fn nothing_has_begun_before_something_is_said() {
    for (wire, text) in [
        (
            Wire::OpenaiChat,
            "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n",
        ),
        (
            Wire::Anthropic,
            "data: {\"type\":\"message_start\",\"message\":{}}\n\n",
        ),
        (Wire::Gemini, "data: {\"candidates\":[]}\n\n"),
    ] {
        let mut folder = Folder::new(wire, "m");
        folder.feed(text.as_bytes(), &Nobody).unwrap();
        assert!(!folder.has_begun(), "{wire:?}");
    }
}

/// A stream of Chat whose deltas are these JSON texts.
fn chat(deltas: &[&str]) -> String {
    let frames = deltas.iter().map(|delta| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{delta}\"}}}}]}}\n\n")
    });
    frames.collect::<String>() + "data: [DONE]\n\n"
}

#[test]
fn lone_surrogates_are_replaced_and_marked() {
    for (deltas, text, mended) in [
        (vec![r"a\ud83db"], "a\u{fffd}b", true),
        (vec![r"a\ud83d", "b"], "a\u{fffd}b", true),
        (vec!["a", r"\ude00b"], "a\u{fffd}b", true),
        (vec![r"a\ud83d"], "a\u{fffd}", true),
        (vec![r"\ude00", r"\ud83d"], "\u{fffd}\u{fffd}", true),
        // A half before a character of its own.
        (vec![r"a\ud83d", r"\ud83d\ude00"], "a\u{fffd}😀", true),
        // Halves that meet are a character.
        (vec![r"a\ud83d", r"\ude00b"], "a😀b", false),
        (
            vec![r"a\ud83d", "", r"\ude00\ud83d", r"\ude00"],
            "a😀😀",
            false,
        ),
        // U+FFFD that was sent as such is no replacement of ours.
        (vec!["a\u{fffd}", r"\ufffd"], "a\u{fffd}\u{fffd}", false),
        (vec!["a\u{fffd}", r"\ude00"], "a\u{fffd}\u{fffd}", true),
        (vec![r"a\ud83d", "\u{fffd}"], "a\u{fffd}\u{fffd}", true),
    ] {
        let stream = chat(&deltas);
        let answer = complete(Wire::OpenaiChat, &stream);
        assert_eq!(
            (answer.text.as_str(), answer.mended),
            (text, mended),
            "{deltas:?}"
        );
        let bytes = fold(Wire::OpenaiChat, stream.as_bytes().chunks(1)).unwrap();
        assert_eq!(bytes, (answer, true));
    }
    let body = r#"{"choices":[{"message":{"content":"a\ud83d"},"finish_reason":"stop"}]}"#;
    let answer = whole(Wire::OpenaiChat, body);
    assert_eq!((answer.text.as_str(), answer.mended), ("a\u{fffd}", true));
    // Not in what is kept: no mark.
    let body = r#"{"id":"\ud83d","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}"#;
    assert!(!whole(Wire::OpenaiChat, body).mended);
}

#[test]
fn arguments_with_lone_surrogates_stay_arguments() {
    let frame = |arguments: &str| {
        let call = format!(
            r#"{{"index":0,"id":"c","function":{{"name":"t","arguments":"{arguments}"}}}}"#
        );
        format!("data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{call}]}}}}]}}\n\n")
    };
    // The escape stands in the arguments' own JSON, and cut in two in the frames' JSON.
    let escaped = frame(r#"{\"a\":\"x\\ud83d\"}"#) + "data: [DONE]\n\n";
    let answer = complete(Wire::OpenaiChat, &escaped);
    assert_eq!(answer.tool_calls[0].arguments, json!({"a": "x\u{fffd}"}));
    assert!(answer.mended);
    let cut = frame(r#"{\"a\":\"x\ud83d"#) + &frame(r#"\ude00\"}"#) + "data: [DONE]\n\n";
    let answer = complete(Wire::OpenaiChat, &cut);
    assert_eq!(answer.tool_calls[0].arguments, json!({"a": "x😀"}));
    assert!(!answer.mended);
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_marked() {
    let stream = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xffb\"}}]}\n\ndata: [DONE]\n\n";
    let (answer, complete) = fold(Wire::OpenaiChat, [stream.as_slice()]).unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.mended, complete),
        ("a\u{fffd}b", true, true)
    );
}

#[test]
fn errors_inside_a_stream_are_typed_and_keep_what_had_arrived() {
    let said = [
        (
            Wire::OpenaiChat,
            r#"data: {"choices":[{"delta":{"content":"so far"}}]}"#,
        ),
        (
            Wire::Anthropic,
            r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"so far"}}"#,
        ),
        (
            Wire::OpenaiResponses,
            r#"data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"so far"}"#,
        ),
        (
            Wire::Gemini,
            r#"data: {"candidates":[{"content":{"parts":[{"text":"so far"}]}}]}"#,
        ),
        (
            Wire::Cohere,
            r#"data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"so far"}}}}"#,
        ),
        (
            Wire::Mistral,
            r#"data: {"choices":[{"delta":{"content":"so far"}}]}"#,
        ),
    ];
    let mut shown = Vec::new();
    for (wire, error) in [
        (
            Wire::OpenaiChat,
            r#"data: {"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded"}}"#,
        ),
        (
            Wire::OpenaiChat,
            r#"data: {"error":{"code":502,"message":"upstream"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#,
        ),
        (
            Wire::OpenaiChat,
            r#"data: {"choices":[{"index":0,"error":{"code":429,"message":"busy"},"finish_reason":"error","delta":{}}]}"#,
        ),
        (
            Wire::Anthropic,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
        ),
        (
            Wire::OpenaiResponses,
            "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"sorry\",\"param\":null}",
        ),
        (
            Wire::OpenaiResponses,
            r#"data: {"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"wait"}}}"#,
        ),
        (
            Wire::OpenaiResponses,
            r#"data: {"type":"response.failed","response":{"status":"failed","error":null}}"#,
        ),
        (
            Wire::Gemini,
            r#"data: {"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}"#,
        ),
        (
            Wire::Cohere,
            r#"data: {"type":"message-end","delta":{"finish_reason":"ERROR","error":"it broke"}}"#,
        ),
        (
            Wire::Cohere,
            r#"data: {"type":"message-end","delta":{"finish_reason":"TIMEOUT"}}"#,
        ),
        (
            Wire::Mistral,
            r#"data: {"object":"error","message":"no capacity","type":"service_tier_capacity_exceeded","code":"3505"}"#,
        ),
        (Wire::OpenaiChat, "data: <html>"),
    ] {
        let so_far = said.iter().find(|(of, _)| *of == wire).unwrap().1;
        let mut folder = Folder::new(wire, "m");
        let stream = format!("{so_far}\n\n{error}\n\n");
        let failed = folder.feed(stream.as_bytes(), &Nobody).unwrap_err();
        let (partial, complete) = folder.end();
        assert_eq!(
            (partial.text.as_str(), partial.replay),
            ("so far", None),
            "{error}"
        );
        shown.push(format!("{}: {failed} {complete}", wire.as_str()));
    }
    insta::assert_snapshot!(shown.join("\n"), @r"
    openai-chat: rate limited: slow down false
    openai-chat: the provider failed: upstream false
    openai-chat: rate limited: busy false
    anthropic: the provider is overloaded: Overloaded false
    openai-responses: the provider failed: sorry false
    openai-responses: rate limited: wait false
    openai-responses: the provider failed: the response failed, without a reason false
    gemini: the provider is overloaded: overloaded false
    cohere: the provider failed: it broke false
    cohere: no complete answer in time false
    mistral: the provider failed: no capacity false
    openai-chat: the answer is not what this wire sends: an event of the stream is no JSON: <html> false
    ");
}

#[test]
fn a_filter_that_speaks_up_in_an_error_is_an_outcome() {
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n\
        data: {\"error\":{\"code\":\"content_filter\",\"message\":\"filtered\"}}\n\n";
    let answer = complete(Wire::OpenaiChat, stream);
    assert_eq!(
        (answer.text.as_str(), answer.finish),
        ("a", Finish::ContentFilter)
    );
}

#[test]
fn an_endless_line_ends_it() {
    let mut folder = Folder::new(Wire::OpenaiChat, "m");
    let line = vec![b'x'; sse::LINE_BYTES];
    folder.feed(&line, &Nobody).unwrap();
    let error = folder.feed(b"x", &Nobody).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
}

/// JSON made of the very names the folds look for, in all the wrong places.
fn wrong_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zé\u{fffd}]{0,4}".prop_map(Value::from),
        prop::sample::select(vec![
            "text",
            "thinking",
            "tool_use",
            "function_call",
            "message",
            "refusal",
            "429",
            "text_delta",
            "input_json_delta",
            "signature_delta",
            "failed",
            "completed",
            "ERROR",
            "reasoning",
            "STOP",
            "{\"a\":1}",
            "{\"a\":",
        ])
        .prop_map(Value::from),
    ];
    let names = vec![
        "choices",
        "delta",
        "message",
        "content",
        "type",
        "text",
        "thinking",
        "refusal",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "id",
        "index",
        "finish_reason",
        "stop_reason",
        "stop_details",
        "usage",
        "prompt_tokens",
        "completion_tokens",
        "input",
        "input_tokens",
        "output_tokens",
        "error",
        "code",
        "output",
        "output_index",
        "item",
        "response",
        "status",
        "call_id",
        "candidates",
        "parts",
        "functionCall",
        "args",
        "finishReason",
        "usageMetadata",
        "promptFeedback",
        "blockReason",
        "tokens",
        "tool_plan",
        "content_block",
        "partial_json",
        "reasoning_details",
        "reasoning_content",
        "details",
    ];
    leaf.prop_recursive(6, 60, 4, move |inner| {
        let name = prop::sample::select(names.clone()).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name, inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const WIRES: [Wire; 6] = [
    Wire::OpenaiChat,
    Wire::OpenaiResponses,
    Wire::Anthropic,
    Wire::Gemini,
    Wire::Cohere,
    Wire::Mistral,
];

const EVENTS: [&str; 16] = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "message_delta",
    "message_stop",
    "response.output_text.delta",
    "response.output_item.added",
    "response.output_item.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.completed",
    "content-delta",
    "tool-call-start",
    "tool-call-delta",
    "message-end",
    "",
];

proptest! {
    #[test]
    fn cuts_at_random_make_no_difference(
        which in 0..STREAMS.len(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let Stream { wire, stream, body } = &STREAMS[which];
        let bytes = stream.as_bytes();
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let pieces = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
        prop_assert_eq!(fold(*wire, pieces).unwrap(), (whole(*wire, body), true));
    }

    #[test]
    fn no_stream_makes_a_fold_panic(
        frames in prop::collection::vec((prop::sample::select(EVENTS.to_vec()), wrong_json()), 0..6),
    ) {
        let text: String = frames
            .iter()
            .map(|(event, frame)| format!("event: {event}\ndata: {frame}\n\n"))
            .collect();
        for wire in WIRES {
            let mut folder = Folder::new(wire, "m");
            let fed = folder.feed(text.as_bytes(), &Nobody);
            let (answer, _) = folder.end();
            let stored = serde_json::to_string(&answer).unwrap();
            let read: Answer = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(read, Answer { replay: None, ..answer });
            if let Err(error) = fed {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn no_body_makes_a_fold_panic(inner in wrong_json()) {
        let bodies = [
            inner.clone(),
            json!({"choices": [{"message": inner, "delta": inner}]}),
            json!({"content": [inner], "usage": inner, "stop_reason": inner}),
            json!({"output": [inner], "usage": inner, "status": "completed"}),
            json!({"candidates": [{"content": {"parts": [inner]}, "finishReason": inner}]}),
            json!({"message": inner, "usage": inner}),
        ];
        for wire in WIRES {
            for body in &bodies {
                let _ = answer_bytes(wire, "m", body.to_string().as_bytes());
            }
        }
    }

    #[test]
    fn no_bytes_make_a_folder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for wire in WIRES {
            let _ = fold(wire, [bytes.as_slice()]);
            let _ = answer_bytes(wire, "m", &bytes);
        }
    }
}
