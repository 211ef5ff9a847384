//! From the bytes of a whole body to an answer or an error.

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};

use super::wait;
use crate::model::error::{Complaint, printable};
use crate::model::{Answer, CallError, ErrorKind, fold, json};
use crate::prompt::Wire;

/// The most bytes of a foreign text that is no JSON, in a message.
const EXCERPT_BYTES: usize = 300;

/// The body of a 2xx: the answer, or why it is none.
pub(super) fn answer(
    wire: Wire,
    model_id: &str,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<Answer, CallError> {
    fold::answer_bytes(wire, model_id, bytes)
        .unwrap_or_else(|| Err(CallError::new(ErrorKind::BadBody, foreign(headers, bytes))))
}

/// What a refused call says of itself.
pub(super) struct Refusal {
    /// The error; or an answer, where a provider sends an outcome with the status of an error.
    pub(super) outcome: Result<Answer, CallError>,
    /// How long to wait, in seconds.
    pub(super) retry_after_seconds: Option<f64>,
}

/// The body of any other status.
pub(super) fn refusal(
    wire: Wire,
    status: u16,
    url: &Url,
    headers: &HeaderMap,
    bytes: &[u8],
    now_millis: i64,
) -> Refusal {
    let said = wait::of_headers(wire, headers, now_millis);
    let failed = |kind: ErrorKind, message: String, retry_after_seconds| Refusal {
        outcome: Err(CallError::new(kind, message)),
        retry_after_seconds,
    };
    if (300..400).contains(&status) {
        return failed(ErrorKind::Redirect, target(url, headers), None);
    }
    let Ok(body) = json::read(bytes) else {
        return failed(
            ErrorKind::of_status(status, said),
            foreign(headers, bytes),
            said,
        );
    };
    let said = said.or_else(|| wait::of_body(&body));
    let complaint = Complaint::read(&body);
    if let (400, Some(answer)) = (status, complaint.outcome()) {
        return Refusal {
            outcome: Ok(answer),
            retry_after_seconds: None,
        };
    }
    failed(complaint.kind(status, said), complaint.sentence(), said)
}

/// Whether a body is a page for people: of a proxy, a captive portal, a sign-in.
pub(super) fn is_page(headers: &HeaderMap, bytes: &[u8]) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let starts = |word: &str| {
        let start = bytes.trim_ascii_start().get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    kind.contains("html") || starts("<!doctype html") || starts("<html")
}

/// A body that is no JSON, in a few words.
fn foreign(headers: &HeaderMap, bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start();
    if is_page(headers, bytes) {
        let title = text
            .split_once("<title>")
            .and_then(|(_, rest)| rest.split_once("</title>"))
            .map(|(title, _)| printable(title, EXCERPT_BYTES))
            .filter(|title| !title.is_empty());
        return match title {
            Some(title) => format!("an HTML page instead of JSON, titled \"{title}\""),
            None => "an HTML page instead of JSON".to_owned(),
        };
    }
    if text.is_empty() {
        return "an empty body".to_owned();
    }
    if ["data:", "event:", ": "]
        .iter()
        .any(|field| text.starts_with(field))
    {
        return "an event stream without its content type".to_owned();
    }
    format!("no JSON: {}", printable(text, EXCERPT_BYTES))
}

/// Where a redirect leads, without user, query and fragment.
fn target(url: &Url, headers: &HeaderMap) -> String {
    let location = headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|location| url.join(location).ok());
    match location {
        Some(to) => format!(
            "to {}{}",
            to.origin().ascii_serialization(),
            printable(to.path(), EXCERPT_BYTES)
        ),
        None => "it does not say where".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn pages_and_texts_are_named_shortly() {
        let said = |body: &str| foreign(&HeaderMap::new(), body.as_bytes());
        assert_eq!(
            said(" <!DOCTYPE html><title>502 Bad\nGateway</title>"),
            "an HTML page instead of JSON, titled \"502 Bad Gateway\""
        );
        assert_eq!(said("<html>"), "an HTML page instead of JSON");
        assert_eq!(said(""), "an empty body");
        assert_eq!(said("upstream gone\n"), "no JSON: upstream gone");
        assert_eq!(
            said("data: {}\n\n"),
            "an event stream without its content type"
        );
        let _ = said(&"é".repeat(1000));
    }

    #[test]
    fn a_body_of_any_json_gives_an_answer_or_a_typed_error() {
        let bodies: [Value; 12] = [
            Value::Null,
            Value::Bool(true),
            json!([]),
            json!([[]]),
            json!({"choices": {}}),
            json!({"choices": [null]}),
            json!({"choices": [{"message": null}]}),
            json!({"choices": [{"message": {"content": 1, "tool_calls": [1, {"function": []}]}}]}),
            json!({"choices": [{"message": {"content": [null, {"text": 2}]}}], "usage": []}),
            json!({"content": "text"}),
            json!({"content": [null, 1, {"type": "text"}, {"type": "tool_use"}], "usage": 1}),
            json!({"error": []}),
        ];
        for wire in [Wire::OpenaiChat, Wire::Anthropic, Wire::Gemini] {
            for body in &bodies {
                let bytes = body.to_string();
                let _ = answer(wire, "m", &HeaderMap::new(), bytes.as_bytes());
                let url = Url::parse("http://localhost/").unwrap();
                let failed = refusal(wire, 500, &url, &HeaderMap::new(), bytes.as_bytes(), 0);
                assert!(failed.outcome.is_err(), "{body}");
            }
        }
    }

    /// JSON made of the very names the parsers look for, in all the wrong places.
    fn wrong_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z_]{0,6}".prop_map(Value::from),
            prop::sample::select(vec!["text", "tool_use", "refusal", "429"]).prop_map(Value::from),
        ];
        let names = vec![
            "choices",
            "message",
            "content",
            "type",
            "text",
            "refusal",
            "tool_calls",
            "function",
            "name",
            "arguments",
            "finish_reason",
            "stop_reason",
            "usage",
            "prompt_tokens",
            "completion_tokens",
            "input",
            "input_tokens",
            "output_tokens",
            "error",
            "code",
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

    proptest! {
        #[test]
        fn no_json_makes_a_parser_panic(inner in wrong_json()) {
            for body in [
                inner.clone(),
                json!({"choices": [{"message": inner}]}),
                json!({"content": [inner], "usage": inner, "stop_reason": inner}),
            ] {
                let bytes = body.to_string().into_bytes();
                for wire in [Wire::OpenaiChat, Wire::Anthropic] {
                    match answer(wire, "m", &HeaderMap::new(), &bytes) {
                        Ok(answer) => {
                            let stored = serde_json::to_string(&answer).unwrap();
                            let read: Answer = serde_json::from_str(&stored).unwrap();
                            prop_assert_eq!(read, Answer { replay: None, ..answer });
                        }
                        Err(error) => prop_assert!(!error.to_string().is_empty()),
                    }
                }
            }
        }
    }
}
