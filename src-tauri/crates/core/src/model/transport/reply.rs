//! From an HTTP response to an answer or an error.

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Response, Url};

use super::broken;
use crate::model::error::{Complaint, printable};
use crate::model::{Answer, CallError, ErrorKind, anthropic, json, openai_chat};
use crate::prompt::Wire;

/// The most bytes of an error body that are read: it is cut to a message anyway.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// The most bytes of a foreign text that is no JSON, in a message.
const EXCERPT_BYTES: usize = 300;

/// Providers' names for the id of a request.
const REQUEST_IDS: [&str; 7] = [
    "request-id",
    "x-request-id",
    "apim-request-id",
    "x-generation-id",
    "mistral-correlation-id",
    "x-debug-trace-id",
    "x-litellm-call-id",
];

pub(super) struct Limits {
    pub(super) max_body_bytes: usize,
    pub(super) now_millis: i64,
}

/// Reads the response to its end, or to the cap.
pub(super) async fn read(
    wire: Wire,
    mut response: Response,
    limits: &Limits,
) -> Result<Answer, CallError> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let request_id = REQUEST_IDS
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
        .map(|id| printable(id, 200));
    let outcome = if (200..300).contains(&status) {
        match body(&mut response, limits.max_body_bytes).await {
            Ok(bytes) => answer(wire, &headers, &bytes),
            Err(error) => Err(error),
        }
    } else {
        // What cannot be read of an error's body is left out: the status has already said what matters.
        let bytes = start_of_body(&mut response).await;
        failure(
            wire,
            status,
            response.url(),
            &headers,
            &bytes,
            limits.now_millis,
        )
    };
    outcome.map_err(|error| CallError {
        status: Some(status),
        request_id,
        ..error
    })
}

async fn body(response: &mut Response, max: usize) -> Result<Vec<u8>, CallError> {
    let too_large = || {
        let message = format!("the cap is {max} bytes");
        CallError::new(ErrorKind::TooLarge, message)
    };
    if response
        .content_length()
        .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > max))
    {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn start_of_body(response: &mut Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < ERROR_BODY_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    bytes.truncate(ERROR_BODY_BYTES);
    bytes
}

fn answer(wire: Wire, headers: &HeaderMap, bytes: &[u8]) -> Result<Answer, CallError> {
    let body = json::read(bytes)
        .map_err(|_| CallError::new(ErrorKind::BadBody, foreign(headers, bytes)))?;
    match wire {
        Wire::OpenaiChat => openai_chat::answer(&body),
        Wire::Anthropic => anthropic::answer(&body),
        Wire::OpenaiResponses | Wire::Gemini | Wire::Cohere | Wire::Mistral => {
            let wire = wire.as_str().to_owned();
            Err(CallError::new(ErrorKind::UnsupportedWire { wire }, ""))
        }
    }
}

fn failure(
    wire: Wire,
    status: u16,
    url: &Url,
    headers: &HeaderMap,
    bytes: &[u8],
    now_millis: i64,
) -> Result<Answer, CallError> {
    if (300..400).contains(&status) {
        return Err(CallError::new(ErrorKind::Redirect, target(url, headers)));
    }
    let wait = retry_after(headers, now_millis);
    let Ok(body) = json::read(bytes) else {
        let kind = ErrorKind::of_status(status, wait);
        return Err(CallError::new(kind, foreign(headers, bytes)));
    };
    let complaint = Complaint::read(&body);
    if let (Wire::OpenaiChat, 400, Some(answer)) = (wire, status, openai_chat::filtered(&complaint))
    {
        return Ok(answer);
    }
    Err(CallError::new(
        complaint.kind(status, wait),
        complaint.sentence(),
    ))
}

/// A body that is no JSON, in a few words.
fn foreign(headers: &HeaderMap, bytes: &[u8]) -> String {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start();
    let starts = text
        .get(..64.min(text.len()))
        .unwrap_or(text)
        .to_ascii_lowercase();
    if kind.contains("html") || starts.starts_with("<!doctype html") || starts.starts_with("<html")
    {
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

/// How long to wait, in seconds: `retry-after-ms`, else `retry-after` as seconds or as a date. What is negative,
/// past or no number counts as not said.
fn retry_after(headers: &HeaderMap, now_millis: i64) -> Option<f64> {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let seconds = |text: &str| text.parse::<f64>().ok();
    let said = text("retry-after-ms")
        .and_then(seconds)
        .map(|millis| millis / 1000.0)
        .or_else(|| {
            let said = text("retry-after")?;
            seconds(said).or_else(|| {
                let date = jiff::fmt::rfc2822::parse(said).ok()?;
                Some((date.timestamp().as_millisecond() - now_millis) as f64 / 1000.0)
            })
        })?;
    (said.is_finite() && said >= 0.0).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn wait(name: &'static str, value: &'static str) -> Option<f64> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        retry_after(&headers, 1_445_412_470_000)
    }

    #[test]
    fn waits_come_in_many_forms() {
        assert_eq!(wait("retry-after", "2"), Some(2.0));
        assert_eq!(wait("retry-after", "0.5"), Some(0.5));
        assert_eq!(wait("retry-after", "86400"), Some(86400.0));
        assert_eq!(wait("retry-after-ms", "250"), Some(0.25));
        assert_eq!(
            wait("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
            Some(10.0)
        );
        for none in ["-1", "NaN", "inf", "soon", "Wed, 21 Oct 2015 07:27:00 GMT"] {
            assert_eq!(wait("retry-after", none), None, "{none}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), 0), None);
    }

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
                let _ = answer(wire, &HeaderMap::new(), bytes.as_bytes());
                let url = Url::parse("http://localhost/").unwrap();
                let failed = failure(wire, 500, &url, &HeaderMap::new(), bytes.as_bytes(), 0);
                assert!(failed.is_err(), "{body}");
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
                    match answer(wire, &HeaderMap::new(), &bytes) {
                        Ok(answer) => {
                            let stored = serde_json::to_string(&answer).unwrap();
                            prop_assert_eq!(serde_json::from_str::<Answer>(&stored).unwrap(), answer);
                        }
                        Err(error) => prop_assert!(!error.to_string().is_empty()),
                    }
                }
            }
        }
    }
}
