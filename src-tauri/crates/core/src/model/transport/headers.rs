//! Headers on their way out and in, and what of them is recorded.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, SET_COOKIE, USER_AGENT};

use crate::model::error::printable;
use crate::model::key::{ApiKey, MARK};
use crate::model::request::{is_secret, secret_headers};
use crate::model::{Call, CallError, ErrorKind};
use crate::prompt::Auth;

/// The most bytes of a received header that are recorded.
const VALUE_BYTES: usize = 2048;

/// Providers' names for the id of a request.
const REQUEST_IDS: [&str; 8] = [
    "request-id",
    "x-request-id",
    "apim-request-id",
    "x-generation-id",
    "mistral-correlation-id",
    "x-debug-trace-id",
    "x-litellm-call-id",
    "x-portkey-trace-id",
];

/// All headers of a call but those that HTTP itself adds. A header that the user set by hand stands, even where a key
/// would go. Secret values are marked as sensitive.
pub(super) fn outgoing(call: &Call, key: Option<&ApiKey>) -> Result<HeaderMap, CallError> {
    let bad = |what: &str| CallError::new(ErrorKind::BadSettings, what);
    let name = |name: &str| {
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("a header has an invalid name"))
    };
    let value = |value: &str| {
        HeaderValue::from_str(value).map_err(|_| bad("a header has an invalid value"))
    };
    let mut headers = HeaderMap::with_capacity(call.request.headers.len() + 4);
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("understudy/", env!("CARGO_PKG_VERSION"))),
    );
    for (header, text) in &call.request.headers {
        headers.insert(name(header)?, value(text)?);
    }
    for (header, text) in secret_headers(&call.settings) {
        let mut value = value(text)?;
        value.set_sensitive(true);
        headers.insert(name(&header)?, value);
    }
    if let Some(key) = key {
        let auth = call.request.auth();
        let value = match auth {
            Auth::Bearer => HeaderValue::from_str(&format!("Bearer {}", key.expose())),
            _ => HeaderValue::from_str(key.expose()),
        };
        let mut value =
            value.map_err(|_| bad("the API key holds characters that no header can carry"))?;
        value.set_sensitive(true);
        headers
            .entry(HeaderName::from_static(auth.header()))
            .or_insert(value);
    }
    Ok(headers)
}

/// What is recorded of the headers sent: secrets by name alone.
pub(super) fn sent(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .map(|(name, value)| {
            let shown = if value.is_sensitive() {
                MARK.to_owned()
            } else {
                text(value)
            };
            (name.as_str().to_owned(), shown)
        })
        .collect()
}

/// What is recorded of the headers received. Repeated ones are joined; cookies are nobody's business.
pub(super) fn received(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut received = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        if name == SET_COOKIE {
            continue;
        }
        let shown = if is_secret(name.as_str()) && !counts(name.as_str()) {
            MARK.to_owned()
        } else {
            text(value)
        };
        match received.get_mut(name.as_str()) {
            None => {
                received.insert(name.as_str().to_owned(), shown);
            }
            Some(before) if before.len() < VALUE_BYTES => {
                before.push_str(", ");
                before.push_str(&shown);
            }
            Some(_) => {}
        }
    }
    received
}

/// Tokens that are counted are no secrets: `x-ratelimit-remaining-tokens`.
fn counts(name: &str) -> bool {
    name.contains("ratelimit") || name.contains("rate-limit") || name.ends_with("-tokens")
}

fn text(value: &HeaderValue) -> String {
    printable(&String::from_utf8_lossy(value.as_bytes()), VALUE_BYTES)
}

/// The provider's id of the request.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_IDS
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
        .map(|id| printable(id, 200))
        .filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn received_headers_are_recorded_without_secrets() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-ratelimit-remaining-tokens", "10"),
            ("set-cookie", "id=planted"),
            ("x-session-token", "planted"),
            ("via", "a"),
            ("via", "b"),
            ("x-request-id", "req-1"),
        ] {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        headers.append(
            "x-odd",
            HeaderValue::from_bytes(b"caf\xe9").unwrap_or(HeaderValue::from_static("")),
        );
        let shown: Vec<String> = received(&headers)
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            shown,
            [
                "via: a, b",
                "x-odd: caf\u{fffd}",
                "x-ratelimit-remaining-tokens: 10",
                "x-request-id: req-1",
                "x-session-token: [secret]"
            ]
        );
        assert_eq!(request_id(&headers).as_deref(), Some("req-1"));
    }
}
