//! Bytes to an address that the user named and that is no model: what telemetry leaves by.
//!
//! The transport's rules hold here too: no redirects, because headers with secrets would travel; no retries and no
//! environment of its own; nothing is built before the first delivery. It must not know what the bytes mean.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Url};

use super::client::{self, Proxies, cause};

/// The most bytes of an answer that are read. Collectors answer in a few.
const ANSWER_BYTES: usize = 64 * 1024;

/// A delivery that did not come about. Holds neither the address nor a header: both can hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// The address cannot be used.
    #[error("{reason}")]
    Address {
        /// Why.
        reason: String,
    },
    /// A header cannot be sent.
    #[error("a header cannot be sent")]
    Header,
    /// No answer.
    #[error("{reason}")]
    Broken {
        /// The innermost cause.
        reason: String,
    },
}

/// What the receiver answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    /// The HTTP status.
    pub status: u16,
    /// How long it asks to wait, in seconds, if it says so in a number.
    pub retry_after_seconds: Option<f64>,
    /// The body, up to 64 KiB.
    pub body: Vec<u8>,
}

/// One address, and how it is reached.
pub struct Post {
    url: Url,
    headers: HeaderMap,
    timeout: Duration,
    proxies: Proxies,
    client: OnceLock<Result<Client, String>>,
}

impl Post {
    /// An address with the headers of every delivery, and how long one may take.
    pub fn new(
        url: &str,
        headers: &BTreeMap<String, String>,
        proxies: Proxies,
        timeout: Duration,
    ) -> Result<Self, PostError> {
        let refuse = |reason: &str| {
            let reason = reason.to_owned();
            Err(PostError::Address { reason })
        };
        let url = match Url::parse(url) {
            Ok(url) => url,
            Err(error) => return refuse(&format!("this is not a URL: {error}")),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("it must start with http:// or https://");
        }
        let headers = headers
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                let mut value = HeaderValue::from_str(value).ok()?;
                value.set_sensitive(true);
                Some((name, value))
            })
            .collect::<Option<HeaderMap>>()
            .ok_or(PostError::Header)?;
        Ok(Self {
            url,
            headers,
            timeout,
            proxies,
            client: OnceLock::new(),
        })
    }

    /// Scheme, host and port: what may be shown.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Delivers once.
    pub async fn send(
        &self,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Result<Posted, PostError> {
        let broken = |error: &reqwest::Error| PostError::Broken {
            reason: cause(error),
        };
        let client = self
            .client
            .get_or_init(|| self.build().map_err(|e| cause(&e)));
        let client = client.as_ref().map_err(|reason| PostError::Broken {
            reason: reason.clone(),
        })?;
        let mut response = client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, content_type)
            .body(body)
            .send()
            .await
            .map_err(|error| broken(&error))?;
        let status = response.status().as_u16();
        let wait = response.headers().get(RETRY_AFTER);
        let wait = wait.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            let room = ANSWER_BYTES.saturating_sub(answer.len());
            answer.extend(chunk.iter().take(room));
            if chunk.len() > room {
                break;
            }
        }
        Ok(Posted {
            status,
            retry_after_seconds: wait.filter(|wait: &f64| wait.is_finite() && *wait >= 0.0),
            body: answer,
        })
    }

    fn build(&self) -> reqwest::Result<Client> {
        client::strict(&self.proxies, self.url.scheme() == "https")?
            .user_agent(concat!("understudy/", env!("CARGO_PKG_VERSION")))
            .timeout(self.timeout)
            .build()
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post")
            .field("origin", &self.origin())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
