//! The exact request a version makes, as a value: what `variant render` prints and what the transport sends.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use reqwest::Url;
use serde::Serialize;
use serde_json::Value;

use super::wire::Shape;
use super::{CallError, ErrorKind, anthropic, json, openai_chat};
use crate::prompt::{Auth, Content, Digest, Model, Rendered, Wire};

/// Settings of a model that make no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No adapter for the wire yet.
    #[error("the wire `{}` cannot be called yet", .wire.as_str())]
    UnsupportedWire {
        /// The wire.
        wire: Wire,
    },
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
        match &error {
            BuildError::UnsupportedWire { wire } => Self::new(
                ErrorKind::UnsupportedWire {
                    wire: wire.as_str().to_owned(),
                },
                "",
            ),
            _ => Self::new(ErrorKind::BadSettings, error.to_string()),
        }
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
/// - Headers of the model replace the wire's own of the same name.
pub fn build(model: &Model, content: &Content, rendered: &Rendered) -> Result<Request, BuildError> {
    let shape = match model.wire {
        Wire::OpenaiChat => &openai_chat::SHAPE,
        Wire::Anthropic => &anthropic::SHAPE,
        wire @ (Wire::OpenaiResponses | Wire::Gemini | Wire::Cohere | Wire::Mistral) => {
            return Err(BuildError::UnsupportedWire { wire });
        }
    };
    let url = join(model.base_url.as_deref(), shape)?;
    let mut body = match model.wire {
        Wire::Anthropic => anthropic::body(model, content, rendered),
        _ => openai_chat::body(model, content, rendered, url.host_str().unwrap_or_default()),
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
    if host.ends_with(".openai.azure.com") || host.ends_with(".cognitiveservices.azure.com") {
        return Auth::ApiKey;
    }
    if host == "api.portkey.ai" {
        return Auth::XPortkeyApiKey;
    }
    match model.wire {
        Wire::Anthropic => Auth::XApiKey,
        // Vertex takes an access token instead of a key.
        Wire::Gemini if host.ends_with("aiplatform.googleapis.com") => Auth::Bearer,
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

/// Joins a base URL and the wire's endpoint without doubling.
///
/// A base may end in `/` or not, and may or may not hold the version segment: `http://host:8000`,
/// `http://host:8000/v1/` and `https://openrouter.ai/api/v1` all lead to `…/v1/chat/completions`. A path with
/// `/deployments/` (Azure) takes none. A base that already ends in the endpoint is used as it stands, which is the way
/// out for servers that fit no rule. A query is kept.
fn join(base: Option<&str>, shape: &Shape) -> Result<Url, BuildError> {
    let refuse = |reason: &str| {
        Err(BuildError::BaseUrl {
            reason: reason.to_owned(),
        })
    };
    let mut url = match Url::parse(base.unwrap_or(shape.origin).trim()) {
        Ok(url) => url,
        Err(error) => return refuse(&format!("this is not a URL: {error}")),
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return refuse("it must start with http:// or https:// and name a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it holds a user name or password; put the key's variable into key_env");
    }
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    if path.ends_with(shape.endpoint) {
        url.set_path(&path);
        return Ok(url);
    }
    let segments: Vec<&str> = path.split('/').collect();
    let versioned = if shape.version_anywhere {
        segments
            .iter()
            .any(|segment| is_version(segment) || *segment == "deployments")
    } else {
        segments.last().is_some_and(|segment| is_version(segment))
    };
    let version = if versioned { "" } else { "/v1" };
    url.set_path(&format!("{path}{version}{}", shape.endpoint));
    Ok(url)
}

/// `v1`, `v2`, `v1beta`.
fn is_version(segment: &str) -> bool {
    let Some(rest) = segment.strip_prefix('v') else {
        return false;
    };
    rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests;
