//! The one way out: HTTP with our own time limits, sizes and rules about secrets.
//!
//! - No redirects, because keys would travel with them. No retries, not even reqwest's own of refused streams: a
//!   repeat bills again. No environment: proxies are passed in.
//! - The client is built at the first call, one for `https` and one for `http`. Building the first needs the system's
//!   CA certificates; a server on `http://localhost` must not.
//! - A key goes into its header and nowhere else. Errors are redacted in one place, on the way out of [`Http::call`].

mod reply;

use std::error::Error as _;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, NoProxy, Proxy};

use super::key::{ApiKey, EnvKeys};
use super::request::{secret_headers, secret_query};
use super::{Answer, ApiKeys, Attempt, Call, CallError, Caller, ErrorKind, Watch};
use crate::host::Host;
use crate::prompt::Auth;

/// Proxies by the scheme they are for. URLs can hold passwords, so `Debug` shows only which are set.
#[derive(Clone, Default)]
pub struct Proxies {
    /// For `https` servers.
    pub https: Option<String>,
    /// For `http` servers. Loopback addresses never go through a proxy.
    pub http: Option<String>,
    /// Hosts reached directly, as in `NO_PROXY`.
    pub except: Option<String>,
}

impl Proxies {
    /// The usual variables: `https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`, in lower or upper case.
    pub fn from_env(host: &dyn Host) -> Self {
        let get = |name: &str| {
            host.env(name)
                .or_else(|| host.env(&name.to_ascii_uppercase()))
        };
        Self {
            https: get("https_proxy").or_else(|| get("all_proxy")),
            http: get("http_proxy").or_else(|| get("all_proxy")),
            except: get("no_proxy"),
        }
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("https", &self.https.is_some())
            .field("http", &self.http.is_some())
            .field("except", &self.except)
            .finish()
    }
}

/// Limits of the transport.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a whole call may take. Reasoning models can be silent for minutes before a reply that is not streamed.
    pub deadline: Duration,
    /// The most bytes of an answer.
    pub max_body_bytes: usize,
    /// Proxies.
    pub proxies: Proxies,
}

impl Default for Settings {
    /// 10 s to connect, 120 s in all, 16 MiB, no proxy.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(120),
            max_body_bytes: 16 * 1024 * 1024,
            proxies: Proxies::default(),
        }
    }
}

/// The real providers.
pub struct Http {
    settings: Settings,
    keys: Arc<dyn ApiKeys>,
    host: Arc<dyn Host>,
    secure: OnceLock<Result<Client, String>>,
    plain: OnceLock<Result<Client, String>>,
}

impl Http {
    /// A transport with these limits and keys. `host` tells the time, for servers that name a date to wait for.
    pub fn new(host: Arc<dyn Host>, keys: Arc<dyn ApiKeys>, settings: Settings) -> Self {
        Self {
            settings,
            keys,
            host,
            secure: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }

    /// Keys and proxies from `host`'s environment, the default limits.
    pub fn from_env(host: Arc<dyn Host>) -> Self {
        let settings = Settings {
            proxies: Proxies::from_env(host.as_ref()),
            ..Settings::default()
        };
        Self::new(host.clone(), Arc::new(EnvKeys(host)), settings)
    }

    fn client(&self, secure: bool) -> Result<&Client, CallError> {
        let cell = if secure { &self.secure } else { &self.plain };
        cell.get_or_init(|| self.build_client(secure).map_err(|error| cause(&error)))
            .as_ref()
            .map_err(|reason| CallError::new(ErrorKind::Connect, reason))
    }

    fn build_client(&self, secure: bool) -> reqwest::Result<Client> {
        let mut builder = ClientBuilder::new()
            .user_agent(concat!("understudy/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.settings.connect_timeout)
            // Before our own: it also keeps reqwest from reading the environment.
            .no_proxy();
        let proxies = &self.settings.proxies;
        let proxy = if secure {
            proxies.https.as_deref().map(Proxy::https)
        } else {
            builder = builder.tls_certs_only([]);
            proxies.http.as_deref().map(Proxy::http)
        };
        if let Some(proxy) = proxy {
            let direct = proxies.except.as_deref().unwrap_or_default();
            let direct = NoProxy::from_string(&format!("localhost,127.0.0.0/8,::1,{direct}"));
            builder = builder.proxy(proxy?.no_proxy(direct));
        }
        builder.build()
    }

    async fn exchange(&self, call: &Call, key: Option<&ApiKey>) -> Result<Answer, CallError> {
        let url = call.request.url().clone();
        let response = self
            .client(url.scheme() == "https")?
            .post(url)
            .headers(headers(call, key)?)
            .body(call.request.body_text().to_owned())
            .send()
            .await
            .map_err(|error| broken(&error))?;
        let limits = reply::Limits {
            max_body_bytes: self.settings.max_body_bytes,
            now_millis: self.host.now_millis(),
        };
        reply::read(call.settings.wire, response, &limits).await
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Caller for Http {
    fn call<'a>(&'a self, call: &'a Call, _watch: &'a dyn Watch) -> BoxFuture<'a, Attempt> {
        async move {
            let key = match &call.settings.key_env {
                None => None,
                Some(env) => match self.keys.api_key(env) {
                    Some(key) => Some(key),
                    None => {
                        let kind = ErrorKind::NoKey { env: env.clone() };
                        return Attempt::of(Err(CallError::new(kind, "")));
                    }
                },
            };
            let deadline = self.settings.deadline;
            let result = tokio::time::timeout(deadline, self.exchange(call, key.as_ref()))
                .await
                .unwrap_or_else(|_| {
                    let message = format!("the deadline is {} s", deadline.as_secs_f64());
                    Err(CallError::new(ErrorKind::Timeout, message))
                });
            let outcome = result.map_err(|error| {
                let error = error.redacted(&secrets(call, key.as_ref()));
                tracing::debug!(
                    model = %call.model,
                    case = %call.case,
                    kind = error.kind.code(),
                    status = error.status,
                    "call failed"
                );
                error
            });
            Attempt::of(outcome)
        }
        .boxed()
    }
}

/// All headers of a call. A header that the user set by hand stands, even where a key would go.
fn headers(call: &Call, key: Option<&ApiKey>) -> Result<HeaderMap, CallError> {
    let bad = |what: &str| CallError::new(ErrorKind::BadSettings, what);
    let name = |name: &str| {
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("a header has an invalid name"))
    };
    let mut headers = HeaderMap::new();
    for (header, value) in &call.request.headers {
        let value =
            HeaderValue::from_str(value).map_err(|_| bad("a header has an invalid value"))?;
        headers.insert(name(header)?, value);
    }
    for (header, value) in secret_headers(&call.settings) {
        let mut value =
            HeaderValue::from_str(value).map_err(|_| bad("a header has an invalid value"))?;
        value.set_sensitive(true);
        headers.insert(name(&header)?, value);
    }
    if let Some(key) = key {
        let auth = call.request.auth();
        let value = match auth {
            Auth::Bearer => HeaderValue::from_str(&format!("Bearer {}", key.expose())),
            _ => HeaderValue::from_str(key.expose()),
        };
        let header = auth.header();
        let mut value =
            value.map_err(|_| bad("the API key holds characters that no header can carry"))?;
        value.set_sensitive(true);
        headers.entry(name(header)?).or_insert(value);
    }
    Ok(headers)
}

/// Everything that must not come back in an error.
fn secrets(call: &Call, key: Option<&ApiKey>) -> Vec<String> {
    let mut secrets: Vec<String> = Vec::new();
    secrets.extend(key.map(|key| key.expose().to_owned()));
    for (_, value) in secret_headers(&call.settings) {
        // `Bearer K` is echoed as `K` too.
        secrets.extend(value.split_whitespace().map(str::to_owned));
    }
    secrets.extend(secret_query(call.request.url()));
    secrets
}

/// A failure below HTTP.
fn broken(error: &reqwest::Error) -> CallError {
    let kind = if error.is_connect() {
        ErrorKind::Connect
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_builder() {
        ErrorKind::BadSettings
    } else {
        ErrorKind::Reset
    };
    CallError::new(kind, cause(error))
}

/// The innermost cause, which is the one that says something. Outer ones can hold the URL.
fn cause(error: &reqwest::Error) -> String {
    let Some(mut inner) = error.source() else {
        return "the HTTP client gives no reason".to_owned();
    };
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests;
