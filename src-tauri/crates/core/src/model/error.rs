//! Why a call brought no answer.

mod complaint;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::prompt::RenderError;

pub(super) use complaint::Complaint;

/// The most bytes of a provider's message that are kept.
const MESSAGE_BYTES: usize = 2048;

/// The kind of a failed call. Clients act on it; [`ErrorKind::code`] is the word in JSON, SQL and events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum ErrorKind {
    /// The provider says the request is at fault (400, 405, 413, 422 and other 4xx).
    BadRequest,
    /// The key was not accepted (401).
    Unauthorized,
    /// The key may not do this (403).
    Forbidden,
    /// No such model or path (404).
    NotFound,
    /// Out of credit or quota (402, and 429 that says so): waiting does not help.
    Payment,
    /// Too many requests or tokens (429).
    RateLimited {
        /// How long the provider asks to wait, in seconds, if it said.
        retry_after_seconds: Option<f64>,
    },
    /// The provider failed (500, 502, 504, 409 and other 5xx).
    Server,
    /// The provider has no capacity now (503, 529).
    Overloaded,
    /// No complete answer before the deadline, or the provider gave up waiting (408).
    Timeout,
    /// No connection: name, address, TLS or proxy.
    Connect,
    /// The connection broke before the answer was complete.
    Reset,
    /// A stream ended without its last event: what had arrived is kept as incomplete.
    Cut,
    /// The server answered with a redirect, which is not followed: the key would travel.
    Redirect,
    /// The answer is not what this wire sends.
    BadBody,
    /// The answer is larger than the cap.
    TooLarge,
    /// The environment has no key for this model.
    NoKey {
        /// The variable that was looked for.
        env: String,
    },
    /// No adapter for this wire. Only older versions say so; what they stored stays readable.
    UnsupportedWire {
        /// The wire, as in `understudy.toml`.
        wire: String,
    },
    /// The model's settings make no valid request: its base URL or a header.
    BadSettings,
    /// A text of the version could not be rendered for this case.
    Render,
    /// The earlier turns of a handoff could not be had from the primary.
    Handoff,
    /// Cancelled before it was answered.
    Cancelled,
    /// A kind written by a newer program.
    #[serde(other)]
    Unknown,
}

impl ErrorKind {
    /// The stable word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Payment => "payment",
            Self::RateLimited { .. } => "rate_limited",
            Self::Server => "server",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Reset => "reset",
            Self::Cut => "cut",
            Self::Redirect => "redirect",
            Self::BadBody => "bad_body",
            Self::TooLarge => "too_large",
            Self::NoKey { .. } => "no_key",
            Self::UnsupportedWire { .. } => "unsupported_wire",
            Self::BadSettings => "bad_settings",
            Self::Render => "render",
            Self::Handoff => "handoff",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// From a status other than 200.
    pub(super) fn of_status(status: u16, retry_after_seconds: Option<f64>) -> Self {
        match status {
            401 => Self::Unauthorized,
            402 => Self::Payment,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            408 => Self::Timeout,
            409 => Self::Server,
            429 => Self::RateLimited {
                retry_after_seconds,
            },
            503 | 529 => Self::Overloaded,
            300..=399 => Self::Redirect,
            400..=499 => Self::BadRequest,
            500..=599 => Self::Server,
            _ => Self::BadBody,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRequest => f.write_str("the provider refused the request"),
            Self::Unauthorized => f.write_str("the provider did not accept the API key"),
            Self::Forbidden => f.write_str("the API key may not do this"),
            Self::NotFound => f.write_str("the provider knows no such model or path"),
            Self::Payment => f.write_str("the account is out of credit or quota"),
            Self::RateLimited {
                retry_after_seconds: Some(seconds),
            } => write!(f, "rate limited, to be tried again after {seconds} s"),
            Self::RateLimited { .. } => f.write_str("rate limited"),
            Self::Server => f.write_str("the provider failed"),
            Self::Overloaded => f.write_str("the provider is overloaded"),
            Self::Timeout => f.write_str("no complete answer in time"),
            Self::Connect => f.write_str("no connection to the provider"),
            Self::Reset => f.write_str("the connection broke before the answer was complete"),
            Self::Cut => f.write_str("the stream ended before the answer was complete"),
            Self::Redirect => f.write_str("the server redirects elsewhere, which is not followed"),
            Self::BadBody => f.write_str("the answer is not what this wire sends"),
            Self::TooLarge => f.write_str("the answer is too large"),
            Self::NoKey { env } => write!(f, "the environment variable {env} holds no API key"),
            Self::UnsupportedWire { wire } => {
                write!(f, "the wire `{wire}` cannot be called yet")
            }
            Self::BadSettings => f.write_str("the model's settings make no valid request"),
            Self::Render => f.write_str("the prompt could not be rendered for this case"),
            Self::Handoff => {
                f.write_str("the primary did not get to where the fallback takes over")
            }
            Self::Cancelled => f.write_str("cancelled"),
            Self::Unknown => f.write_str("failed in a way this version does not know"),
        }
    }
}

/// A call without an answer. Holds no secret: messages are redacted before they get here.
///
/// In JSON `{"kind", "message", "status", "request_id"}`, and the fields of the kind beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct CallError {
    /// What happened.
    #[serde(flatten)]
    pub kind: ErrorKind,
    /// What the provider, or this program, says about it; at most 2 KB, may be empty.
    #[serde(default)]
    pub message: String,
    /// The HTTP status, when there was one.
    #[serde(default)]
    pub status: Option<u16>,
    /// The provider's id of the request, for its support.
    #[serde(default)]
    pub request_id: Option<String>,
}

impl CallError {
    /// An error of this program's own making.
    pub fn new(kind: ErrorKind, message: impl AsRef<str>) -> Self {
        Self {
            kind,
            message: printable(message.as_ref(), MESSAGE_BYTES),
            status: None,
            request_id: None,
        }
    }
}

impl fmt::Display for CallError {
    /// One sentence, the provider's words last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(status) = self.status {
            write!(f, " (HTTP {status})")?;
        }
        if self.message.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.message)
        }
    }
}

impl std::error::Error for CallError {}

impl From<RenderError> for CallError {
    fn from(error: RenderError) -> Self {
        Self::new(ErrorKind::Render, error.to_string())
    }
}

/// A foreign text made fit for a terminal and a log line: control characters become spaces, and it is cut at a
/// character.
pub(super) fn printable(text: &str, max_bytes: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(max_bytes));
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    for c in plain.skip_while(|c| c.is_whitespace()) {
        if shown.len() + c.len_utf8() > max_bytes {
            break;
        }
        shown.push(c);
    }
    shown.truncate(shown.trim_end().len());
    shown
}

#[cfg(test)]
mod tests;
