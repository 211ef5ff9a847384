//! What an error body says, in the shapes of all providers.

use serde_json::Value;

use super::{CallError, ErrorKind};
use crate::model::json::{list, maybe, word};
use crate::model::{Answer, Finish};

/// What the words of providers mean where the status does not tell: inside a stream it is always 200, and 429 also
/// means "no money left", which no waiting cures. From the vendors' own clients and specifications.
const WORDS: [(&str, Meaning); 27] = [
    ("insufficient_quota", Meaning::NoMoney),
    ("billing_error", Meaning::NoMoney),
    ("rate_limit_exceeded", Meaning::RateLimited),
    ("rate_limit_error", Meaning::RateLimited),
    ("RESOURCE_EXHAUSTED", Meaning::RateLimited),
    ("overloaded_error", Meaning::Overloaded),
    ("UNAVAILABLE", Meaning::Overloaded),
    ("timeout_error", Meaning::Timeout),
    ("DEADLINE_EXCEEDED", Meaning::Timeout),
    ("authentication_error", Meaning::Unauthorized),
    ("invalid_api_key", Meaning::Unauthorized),
    ("UNAUTHENTICATED", Meaning::Unauthorized),
    ("permission_error", Meaning::Forbidden),
    ("PERMISSION_DENIED", Meaning::Forbidden),
    ("not_found_error", Meaning::NotFound),
    ("model_not_found", Meaning::NotFound),
    ("NOT_FOUND", Meaning::NotFound),
    ("invalid_request_error", Meaning::BadRequest),
    ("invalid_prompt", Meaning::BadRequest),
    ("context_length_exceeded", Meaning::BadRequest),
    ("request_too_large", Meaning::BadRequest),
    ("unsupported_parameter", Meaning::BadRequest),
    ("unsupported_value", Meaning::BadRequest),
    ("INVALID_ARGUMENT", Meaning::BadRequest),
    ("FAILED_PRECONDITION", Meaning::BadRequest),
    ("server_error", Meaning::Server),
    ("api_error", Meaning::Server),
];

/// Data, not rules: further words for "no money left", and the mark of a daily quota in the ids of Gemini's quotas.
/// Second-hand, as of 2026-11-20: they want a look when a provider's bill does not match.
const NO_MONEY: [&str; 4] = [
    "credit_balance_exhausted",
    "enforced_spend_limit_reached",
    "contract_spend_limit_reached",
    "billing_hard_limit_reached",
];
const DAILY_QUOTA: &str = "PerDay";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    NoMoney,
    RateLimited,
    Overloaded,
    Timeout,
    Unauthorized,
    Forbidden,
    NotFound,
    BadRequest,
    Server,
}

/// What an error body says: its message, and its words for the cases in which the status does not tell enough.
#[derive(Debug, Default, PartialEq)]
pub(in crate::model) struct Complaint {
    pub(in crate::model) message: String,
    code: String,
    param: String,
    /// Words that can mean something: type, status, and the code of details.
    words: Vec<String>,
    daily_quota: bool,
    retry_after_seconds: Option<f64>,
}

impl Complaint {
    /// Reads the error bodies of all wires: `{error:{message,type,param,code}}`, `{error:"…"}`, `{message}`,
    /// `{detail}` as text or as a list, Gemini's one-element array, and anything else as it stands.
    pub(in crate::model) fn read(body: &Value) -> Self {
        let outer = match body {
            Value::Array(items) => items.first().unwrap_or(body),
            _ => body,
        };
        let inner = match outer.get("error") {
            Some(error @ (Value::Object(_) | Value::String(_))) => error,
            _ => outer,
        };
        let shown = |name: &str| match inner.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let message = match inner {
            Value::String(text) => text.clone(),
            _ => ["message", "detail"]
                .iter()
                .find_map(|name| said(inner.get(name)?))
                .unwrap_or_else(|| inner.to_string()),
        };
        // OpenRouter says "Provider returned error" and puts what the provider said beside it.
        let upstream = inner.pointer("/metadata/raw").and_then(Value::as_str);
        let message = match upstream.filter(|raw| !raw.is_empty()) {
            Some(raw) => format!("{message}: {raw}"),
            None => message,
        };
        let code = shown("code");
        let inner_code = inner.pointer("/details/error_code").and_then(Value::as_str);
        let words = ["type", "status"]
            .into_iter()
            .filter_map(|name| maybe(inner, name));
        let words = words.chain(inner_code).chain(maybe(outer, "code"));
        let mut complaint = Self {
            message,
            param: shown("param"),
            words: words.chain([code.as_str()]).map(str::to_owned).collect(),
            code,
            daily_quota: false,
            retry_after_seconds: None,
        };
        for detail in list(inner.get("details")) {
            complaint.detail(detail);
        }
        complaint
    }

    /// Google's details.
    fn detail(&mut self, detail: &Value) {
        match word(detail, "@type").rsplit('.').next() {
            Some("RetryInfo") => self.retry_after_seconds = duration(word(detail, "retryDelay")),
            Some("QuotaFailure") => {
                self.daily_quota |= list(detail.get("violations"))
                    .iter()
                    .any(|violation| word(violation, "quotaId").contains(DAILY_QUOTA));
            }
            _ => {}
        }
    }

    /// The message, and the parameter it is about where the message does not name it.
    pub(in crate::model) fn sentence(&self) -> String {
        if self.param.is_empty() || self.message.contains(&self.param) {
            self.message.clone()
        } else {
            format!("{} (`{}`)", self.message, self.param)
        }
    }

    /// Whether the prompt was filtered: an outcome, although Azure sends it as a 400.
    pub(in crate::model) fn is_filtered(&self) -> bool {
        self.code == "content_filter"
    }

    /// The answer that a filtered prompt has.
    pub(in crate::model) fn outcome(&self) -> Option<Answer> {
        self.is_filtered().then(|| Answer {
            finish: Finish::ContentFilter,
            ..Answer::of("")
        })
    }

    /// The error, under this status and what the headers ask to wait.
    pub(in crate::model) fn error(&self, status: u16, wait: Option<f64>) -> CallError {
        CallError::new(self.kind(status, wait), self.sentence())
    }

    /// The kind for this complaint under this status.
    pub(in crate::model) fn kind(&self, status: u16, wait: Option<f64>) -> ErrorKind {
        let wait = wait.or(self.retry_after_seconds);
        let meaning = self.meaning();
        if meaning == Some(Meaning::NoMoney) {
            return ErrorKind::Payment;
        }
        if meaning == Some(Meaning::Overloaded) && (500..600).contains(&status) {
            return ErrorKind::Overloaded;
        }
        if status != 200 {
            return self.unless_daily(ErrorKind::of_status(status, wait));
        }
        // OpenRouter and others put the status of the real failure into an answer that is itself a 200.
        let inner = self.code.parse::<u16>().ok();
        if let Some(code) = inner.filter(|code| (400..600).contains(code)) {
            return self.unless_daily(ErrorKind::of_status(code, wait));
        }
        self.unless_daily(match meaning {
            Some(Meaning::RateLimited) => ErrorKind::of_status(429, wait),
            Some(Meaning::Overloaded) => ErrorKind::Overloaded,
            Some(Meaning::Timeout) => ErrorKind::Timeout,
            Some(Meaning::Unauthorized) => ErrorKind::Unauthorized,
            Some(Meaning::Forbidden) => ErrorKind::Forbidden,
            Some(Meaning::NotFound) => ErrorKind::NotFound,
            Some(Meaning::BadRequest) => ErrorKind::BadRequest,
            Some(Meaning::NoMoney) => ErrorKind::Payment,
            Some(Meaning::Server) | None => ErrorKind::Server,
        })
    }

    /// A quota of the day is not waited for.
    fn unless_daily(&self, kind: ErrorKind) -> ErrorKind {
        match kind {
            ErrorKind::RateLimited { .. } if self.daily_quota => ErrorKind::Payment,
            kind => kind,
        }
    }

    fn meaning(&self) -> Option<Meaning> {
        let says = |word: &str| self.words.iter().any(|said| said == word);
        if NO_MONEY.iter().any(|word| says(word)) {
            return Some(Meaning::NoMoney);
        }
        let mut known = WORDS.iter().filter(|(word, _)| says(word));
        known.next().map(|(_, meaning)| *meaning).or_else(|| {
            let invalid = self.words.iter().any(|word| word.starts_with("invalid_"));
            invalid.then_some(Meaning::BadRequest)
        })
    }
}

/// What a message or detail says: text, or a list of what is wrong where.
fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        // Mistral wraps the list once more.
        Value::Object(fields) if fields.contains_key("detail") => said(fields.get("detail")?),
        Value::Array(items) => {
            let faults: Option<Vec<String>> = items.iter().map(fault).collect();
            let faults = faults.filter(|faults| !faults.is_empty());
            Some(faults.map_or_else(|| value.to_string(), |faults| faults.join("; ")))
        }
        other => Some(other.to_string()),
    }
}

/// One fault of a 422, as `body.temperature: it must be at most 1.5`.
fn fault(fault: &Value) -> Option<String> {
    let what = maybe(fault, "msg")?;
    let place: Vec<String> = list(fault.get("loc"))
        .iter()
        .map(|step| {
            step.as_str()
                .map_or_else(|| step.to_string(), str::to_owned)
        })
        .collect();
    Some(if place.is_empty() {
        what.to_owned()
    } else {
        format!("{}: {what}", place.join("."))
    })
}

/// Google's duration, such as `34s` or `1.5s`.
fn duration(text: &str) -> Option<f64> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    // Nobody waits for thirty years, and what is summed up must not overflow.
    (seconds.is_finite() && seconds >= 0.0).then(|| seconds.min(1e9))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn error_bodies_of_every_shape_are_read() {
        for (body, message) in [
            (
                json!({"error": {"message": "no", "type": "t", "param": null, "code": null}}),
                "no",
            ),
            (json!({"error": "plain"}), "plain"),
            (json!({"message": "short"}), "short"),
            (json!({"detail": "gone"}), "gone"),
            (json!({"detail": [{"msg": "m"}]}), "m"),
            (json!({"detail": [{"odd": "m"}]}), r#"[{"odd":"m"}]"#),
            (json!([{"error": {"message": "wrapped"}}]), "wrapped"),
            (
                json!({"type": "error", "error": {"type": "x", "message": "a"}}),
                "a",
            ),
            (json!({"odd": 1}), r#"{"odd":1}"#),
            (json!(null), "null"),
            (json!([]), "[]"),
        ] {
            assert_eq!(Complaint::read(&body).message, message, "{body}");
        }
        let named = Complaint::read(
            &json!({"error": {"message": "Unsupported value", "param": "temperature"}}),
        );
        assert_eq!(named.sentence(), "Unsupported value (`temperature`)");
    }

    #[test]
    fn no_money_is_not_a_rate_limit() {
        let broke = Complaint::read(&json!({"error": {"code": "insufficient_quota"}}));
        assert_eq!(broke.kind(429, Some(1.0)), ErrorKind::Payment);
        let busy = Complaint::read(&json!({"error": {"code": 429}}));
        assert_eq!(
            busy.kind(429, Some(1.0)),
            ErrorKind::RateLimited {
                retry_after_seconds: Some(1.0)
            }
        );
        // The real status inside a 200.
        assert_eq!(busy.kind(200, None).code(), "rate_limited");
        assert_eq!(Complaint::default().kind(200, None), ErrorKind::Server);
        let overloaded = Complaint::read(&json!({"error": {"type": "overloaded_error"}}));
        assert_eq!(overloaded.kind(500, None), ErrorKind::Overloaded);
    }

    #[test]
    fn words_tell_what_a_status_does_not() {
        let kind = |status: u16, body: Value| {
            let kind = Complaint::read(&body).kind(status, None);
            kind.code().to_owned()
        };
        let typed = |word: &str| json!({"type": "error", "error": {"type": word, "message": ""}});
        for (status, body, code) in [
            (
                429,
                json!({"error": {"type": "insufficient_quota"}}),
                "payment",
            ),
            (
                429,
                json!({"error": {"code": "credit_balance_exhausted"}}),
                "payment",
            ),
            (
                429,
                json!({"type": "error", "error": {"type": "rate_limit_error",
                    "details": {"error_code": "enforced_spend_limit_reached"}}}),
                "payment",
            ),
            (
                429,
                json!({"error": {"details": {"error_code": "contract_spend_limit_reached"}}}),
                "payment",
            ),
            (400, json!({"error": {"type": "billing_error"}}), "payment"),
            (
                200,
                json!({"error": {"code": "insufficient_quota"}}),
                "payment",
            ),
            (200, typed("overloaded_error"), "overloaded"),
            (200, typed("rate_limit_error"), "rate_limited"),
            (200, typed("invalid_request_error"), "bad_request"),
            (200, typed("authentication_error"), "unauthorized"),
            (200, typed("permission_error"), "forbidden"),
            (200, typed("not_found_error"), "not_found"),
            (200, typed("timeout_error"), "timeout"),
            (200, typed("api_error"), "server"),
            (200, typed("something_new"), "server"),
            (
                200,
                json!({"type": "error", "code": "rate_limit_exceeded"}),
                "rate_limited",
            ),
            (
                200,
                json!({"error": {"code": 503, "status": "UNAVAILABLE"}}),
                "overloaded",
            ),
            (200, json!({"error": {"code": "502"}}), "server"),
            (200, json!({"error": {"code": 402}}), "payment"),
            (
                503,
                json!({"error": {"status": "UNAVAILABLE"}}),
                "overloaded",
            ),
            // A word never makes a refusal out of what the status calls something else.
            (
                404,
                json!({"error": {"type": "invalid_request_error"}}),
                "not_found",
            ),
            (
                400,
                json!({"error": {"type": "overloaded_error"}}),
                "bad_request",
            ),
        ] {
            assert_eq!(kind(status, body.clone()), code, "{status} {body}");
        }
    }

    #[test]
    fn geminis_details_say_how_long_and_for_how_long() {
        let with = |quota: &str| {
            Complaint::read(
                &json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
                "message": "quota", "details": [
                    {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
                        "violations": [{"quotaId": quota}]},
                    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"},
                    {"@type": "type.googleapis.com/google.rpc.Help"}
                ]}}]),
            )
        };
        let minute = with("GenerateRequestsPerMinutePerProjectPerModel-FreeTier");
        assert_eq!(minute.retry_after_seconds, Some(34.0));
        let limited = |seconds| ErrorKind::RateLimited {
            retry_after_seconds: Some(seconds),
        };
        assert_eq!(minute.kind(429, None), limited(34.0));
        assert_eq!(minute.kind(429, Some(2.0)), limited(2.0));
        assert_eq!(minute.kind(200, None), limited(34.0));
        let day = with("GenerateRequestsPerDayPerProjectPerModel-FreeTier");
        assert_eq!(day.kind(429, None), ErrorKind::Payment);
        for (text, seconds) in [
            ("1.5s", Some(1.5)),
            ("0s", Some(0.0)),
            ("-1s", None),
            ("NaNs", None),
            ("34", None),
            ("", None),
        ] {
            assert_eq!(duration(text), seconds, "{text}");
        }
    }

    #[test]
    fn lists_of_faults_and_upstream_words_are_told() {
        let says = |body: Value| Complaint::read(&body).sentence();
        let faults = json!([{"loc": ["body", "messages", 0, "role"], "msg": "unknown", "type": "x"},
            {"msg": "and more"}]);
        assert_eq!(
            says(json!({"detail": faults})),
            "body.messages.0.role: unknown; and more"
        );
        assert_eq!(
            says(json!({"object": "error", "message": {"detail": faults}, "code": null})),
            "body.messages.0.role: unknown; and more"
        );
        assert_eq!(
            says(
                json!({"error": {"message": "Provider returned error", "code": 400,
                "metadata": {"raw": "temperature is not supported", "provider_name": "p"}}})
            ),
            "Provider returned error: temperature is not supported"
        );
        assert_eq!(
            says(json!({"id": "1", "message": "invalid request"})),
            "invalid request"
        );
    }
}
