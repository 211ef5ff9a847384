//! The exact request a version makes, as a value: what `variant render` prints and what the transport sends.

mod address;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use reqwest::Url;
use serde::Serialize;
use serde_json::Value;

use super::{
    CallError, ErrorKind, anthropic, cohere, gemini, json, mistral, openai_chat, openai_responses,
    wire,
};
use crate::prompt::{Auth, Content, Digest, Model, Rendered, Wire};

/// Settings of a model that make no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The base URL cannot be used.
    #[error("base_url: {reason}")]
    BaseUrl {
        /// Why. The URL itself is left out: it may hold a secret.
        reason: String,
    },
    /// A header cannot be sent.
    #[error("header `{name}`: {reason}")]
    Header {
        /// Its name.
        name: String,
        /// Why.
        reason: &'static str,
    },
}

impl From<BuildError> for CallError {
    fn from(error: BuildError) -> Self {
        Self::new(ErrorKind::BadSettings, error.to_string())
    }
}

/// One request without its secrets. Serialised it is `{"method","path","headers","body"}`.
///
/// `path` is path and query as sent, values of secret-looking query parameters aside. Left out are the credential,
/// headers of `understudy.toml` whose names say they hold one, and what HTTP itself adds (`host`, `content-length`,
/// `user-agent`).
#[derive(Clone, PartialEq, Serialize)]
pub struct Request {
    /// The HTTP method.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
    /// Where it goes. Never serialised or shown: a query can hold a secret.
    #[serde(skip)]
    url: Url,
    /// How the key is sent.
    #[serde(skip)]
    auth: Auth,
    /// The body as sent: written once, for the wire, the digest and the price.
    #[serde(skip)]
    text: Arc<str>,
}

impl Request {
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn auth(&self) -> Auth {
        self.auth
    }

    /// Scheme, host and port, such as `https://api.openai.com`: what rate limits are counted by, together with the key.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The body as sent.
    pub fn body_text(&self) -> &str {
        &self.text
    }

    /// The digest of what the model gets to see: address, shown headers and body.
    pub fn digest(&self) -> Digest {
        Digest::of(format!(
            "{} {} {:?}
{}",
            self.origin(),
            self.path,
            self.headers,
            self.text
        ))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &self.headers)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Builds the request of `content` for one rendered case.
///
/// - Unset parameters are absent from the body, never null. A parameter that the API refuses is sent all the same if
///   the version sets it: the refusal is what the user needs to see.
/// - `params.remove` takes a parameter out of `params.set`; `provider_options` are merged last, objects in depth.
/// - Parameters have neutral names, which each wire spells in its own way; a name the wire does not know goes out as it
///   stands, and so does a wire's own name.
/// - A field that a wire adds by itself (`stream`, `store`, …) can be taken out by its name in `params.remove`.
/// - Headers of the model replace the wire's own of the same name.
pub fn build(model: &Model, content: &Content, rendered: &Rendered) -> Result<Request, BuildError> {
    let shape = match model.wire {
        Wire::OpenaiChat => &openai_chat::SHAPE,
        Wire::OpenaiResponses => &openai_responses::SHAPE,
        Wire::Anthropic => &anthropic::SHAPE,
        Wire::Gemini if wire::streams(model, content) => &gemini::STREAM,
        Wire::Gemini => &gemini::SHAPE,
        Wire::Cohere => &cohere::SHAPE,
        Wire::Mistral => &mistral::SHAPE,
    };
    let url = address::join(model, shape)?;
    let mut body = match model.wire {
        Wire::OpenaiChat => {
            let host = url.host_str().unwrap_or_default();
            openai_chat::body(model, content, rendered, host)
        }
        Wire::OpenaiResponses => openai_responses::body(model, content, rendered),
        Wire::Anthropic => anthropic::body(model, content, rendered),
        Wire::Gemini => gemini::body(model, content, rendered),
        Wire::Cohere => cohere::body(model, content, rendered),
        Wire::Mistral => mistral::body(model, content, rendered),
    };
    json::merge(&mut body, &content.provider_options);

    let mut headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
    for (name, value) in shape.headers {
        headers.insert((*name).to_owned(), (*value).to_owned());
    }
    for (name, value) in &model.headers {
        let name = check_header(name, value)?;
        if !is_secret(&name) {
            headers.insert(name, value.clone());
        }
    }
    let body = Value::Object(body);
    Ok(Request {
        method: "POST",
        path: shown_path(&url),
        headers,
        text: body.to_string().into(),
        body,
        auth: auth(model, url.host_str().unwrap_or_default()),
        url,
    })
}

/// Where calls of this model go, secrets left out; `None` when its settings make no address.
pub fn address(model: &Model) -> Option<String> {
    let empty = Rendered {
        system: None,
        turns: Vec::new(),
    };
    let request = build(model, &Content::default(), &empty).ok()?;
    Some(format!("{}{}", request.origin(), request.path))
}

/// How this model's key is sent: as configured, else as its host asks, else as its wire does.
fn auth(model: &Model, host: &str) -> Auth {
    if let Some(auth) = model.auth {
        return auth;
    }
    if address::is_azure(host) && model.wire != Wire::Anthropic {
        return Auth::ApiKey;
    }
    if host == "api.portkey.ai" {
        return Auth::XPortkeyApiKey;
    }
    match model.wire {
        Wire::Anthropic => Auth::XApiKey,
        Wire::Gemini if address::is_vertex(host) => Auth::Bearer,
        Wire::Gemini => Auth::XGoogApiKey,
        _ => Auth::Bearer,
    }
}

/// Headers of the model that are sent but never shown.
pub(super) fn secret_headers(model: &Model) -> impl Iterator<Item = (String, &str)> {
    model
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
        .filter(|(name, _)| is_secret(name))
}

/// Whether a header or query parameter of this name holds a secret, as far as a name can tell.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = [
        "authorization",
        "cookie",
        "token",
        "secret",
        "password",
        "signature",
    ];
    name.ends_with("key")
        || name == "sig"
        || name == "x-portkey-config"
        || words.iter().any(|word| name.contains(word))
}

/// Query values that may hold a secret, for redaction.
pub(super) fn secret_query(url: &Url) -> Vec<String> {
    url.query_pairs()
        .filter(|(name, _)| is_secret(name))
        .map(|(_, value)| value.into_owned())
        .collect()
}

fn shown_path(url: &Url) -> String {
    let Some(query) = url.query() else {
        return url.path().to_owned();
    };
    let shown: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}=[secret]"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{}?{}", url.path(), shown.join("&"))
}

fn check_header(name: &str, value: &str) -> Result<String, BuildError> {
    let refuse = |reason| {
        Err(BuildError::Header {
            name: super::error::printable(name, 80),
            reason,
        })
    };
    let lower = name.to_ascii_lowercase();
    if reqwest::header::HeaderName::from_bytes(lower.as_bytes()).is_err() {
        return refuse("this is not the name of a header");
    }
    if reqwest::header::HeaderValue::from_str(value).is_err() {
        return refuse("its value cannot be sent in a header");
    }
    let transport = [
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
    ];
    if transport.contains(&lower.as_str()) {
        return refuse("it is set by the transport");
    }
    Ok(lower)
}

#[cfg(test)]
mod tests;
