//! The one way out: HTTP with our own time limits, sizes and rules about secrets.
//!
//! - No redirects, because keys would travel with them. No retries, not even reqwest's own of refused streams: a
//!   repeat bills again. No environment: proxies are passed in.
//! - The client is built at the first call, one for `https` and one for `http`. Building the first needs the system's
//!   CA certificates; a server on `http://localhost` must not.
//! - A key goes into its header and nowhere else. What a call leaves behind is redacted in one place, on the way out of
//!   [`Http::call`]: errors, records, bytes and the answers themselves.
//! - A reply is a stream when its content type says so, whatever was asked for.
//!
//! Deliberately absent: trying again. One call is one request; the executor decides about the next.

mod exchange;
mod headers;
mod reply;
mod wait;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::Client;

use super::client::{self, Proxies, cause};
use super::key::{ApiKey, Guarded, Keys, Redaction};
use super::request::{secret_headers, secret_query};
use super::{ApiKeys, Attempt, Call, CallError, Caller, ErrorKind, Watch};
use crate::host::Host;

/// What is recorded in place of bytes that hold a secret in pieces, one an event: nothing finds it among them.
const PIECES: &[u8] = b"[secret]: it came in pieces, so the bytes are not kept";

/// Connections kept for the next call. Runs of 128 calls at once open each of theirs once.
const IDLE_CONNECTIONS: usize = 512;

/// Limits of the transport.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long the status line may take. Reasoning models can be silent for minutes before a reply in one piece.
    pub first_byte_timeout: Duration,
    /// How long a reply may be silent once it has begun. Bytes that only keep the connection alive count as sound:
    /// against a server that sends them for ever stands the deadline.
    pub idle_timeout: Duration,
    /// How long a whole call may take.
    pub deadline: Duration,
    /// The most bytes of an answer, streamed or not.
    pub max_body_bytes: usize,
    /// The most bytes that are recorded of a failed answer. Of answers that are kept on purpose, all are.
    pub max_raw_bytes: usize,
    /// Proxies.
    pub proxies: Proxies,
}

impl Default for Settings {
    /// 10 s to connect, 300 s to the status line, 120 s of silence, 600 s in all, 16 MiB, 256 KiB, no proxy.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(300),
            idle_timeout: Duration::from_secs(120),
            deadline: Duration::from_secs(600),
            max_body_bytes: 16 * 1024 * 1024,
            max_raw_bytes: 256 * 1024,
            proxies: Proxies::default(),
        }
    }
}

/// The real providers.
pub struct Http {
    settings: Settings,
    keys: Arc<dyn ApiKeys>,
    host: Arc<dyn Host>,
    passwords: Vec<String>,
    secure: OnceLock<Result<Client, String>>,
    plain: OnceLock<Result<Client, String>>,
}

impl Http {
    /// A transport with these limits and keys. `host` tells the time, for servers that name a date to wait for.
    pub fn new(host: Arc<dyn Host>, keys: Arc<dyn ApiKeys>, settings: Settings) -> Self {
        Self {
            passwords: settings.proxies.passwords(),
            settings,
            keys,
            host,
            secure: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }

    /// Keys from `host`'s environment, else from the system's keychain where the user put them there; proxies from the
    /// environment; the default limits.
    pub fn from_env(host: Arc<dyn Host>) -> Self {
        let settings = Settings {
            proxies: Proxies::from_env(host.as_ref()),
            ..Settings::default()
        };
        Self::new(host.clone(), Arc::new(Keys::new(host)), settings)
    }

    fn client(&self, secure: bool) -> Result<&Client, CallError> {
        let cell = if secure { &self.secure } else { &self.plain };
        cell.get_or_init(|| self.build_client(secure).map_err(|error| cause(&error)))
            .as_ref()
            .map_err(|reason| CallError::new(ErrorKind::Connect, reason))
    }

    fn build_client(&self, secure: bool) -> reqwest::Result<Client> {
        client::strict(&self.settings.proxies, secure)?
            .connect_timeout(self.settings.connect_timeout)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()
    }

    /// The call's key, when its model names one.
    async fn key(&self, call: &Call) -> Result<Option<ApiKey>, CallError> {
        let Some(env) = &call.settings.key_env else {
            return Ok(None);
        };
        let missing = |why: String| CallError::new(ErrorKind::NoKey { env: env.clone() }, why);
        match self.keys.api_key(env).await {
            Ok(Some(key)) => Ok(Some(key)),
            Ok(None) => Err(missing(String::new())),
            Err(error) => Err(missing(error.to_string())),
        }
    }

    /// Everything that must not come back from this call.
    fn redaction(&self, call: &Call, key: Option<&ApiKey>) -> Redaction {
        let mut secrets = self.passwords.clone();
        for (_, value) in secret_headers(&call.settings) {
            secrets.extend(Redaction::parts_of_header(value));
        }
        secrets.extend(secret_query(call.request.url()));
        let secrets = secrets.iter().map(String::as_str);
        Redaction::of(secrets.chain(key.map(ApiKey::expose)))
    }

    async fn once(&self, call: &Call, watch: &dyn Watch) -> Attempt {
        let key = match self.key(call).await {
            Ok(key) => key,
            Err(error) => return Attempt::of(Err(error)),
        };
        let redaction = self.redaction(call, key.as_ref());
        let watch = Guarded::new(watch, &redaction);
        let now = self.host.now_millis();
        let mut exchange = exchange::Exchange::new(call, &self.settings, &redaction, now);
        let ready = headers::outgoing(call, key.as_ref()).and_then(|headers| {
            let secure = call.request.url().scheme() == "https";
            Ok((self.client(secure)?, headers))
        });
        let end = match ready {
            Ok((client, headers)) => {
                let deadline = self.settings.deadline;
                let run = exchange.run(client, headers, &watch);
                tokio::time::timeout(deadline, run)
                    .await
                    .unwrap_or_else(|_| exchange::past(deadline))
            }
            Err(error) => exchange::End::Limit(error),
        };
        watch.end();
        let mut attempt = exchange.end(end);
        redaction.clean(&mut attempt);
        if attempt.trace.raw.is_some() && watch.met_pieces() {
            attempt.trace.raw = Some(PIECES.to_vec());
        }
        attempt
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
    fn call<'a>(&'a self, call: &'a Call, watch: &'a dyn Watch) -> BoxFuture<'a, Attempt> {
        async move {
            let attempt = self.once(call, watch).await;
            if let Err(error) = &attempt.outcome {
                tracing::debug!(
                    model = %call.model,
                    case = %call.case,
                    kind = error.kind.code(),
                    status = error.status,
                    answered = attempt.trace.answered,
                    "call failed"
                );
            }
            attempt
        }
        .boxed()
    }
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

#[cfg(test)]
mod tests;
