//! The rules every request of this program keeps, to a provider or to a collector, and how a failure below HTTP is told.

use std::error::Error as _;
use std::fmt;

use reqwest::{ClientBuilder, NoProxy, Proxy, Url};

use crate::host::Host;

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

    /// The passwords in their URLs.
    pub(super) fn passwords(&self) -> Vec<String> {
        let proxies = [&self.https, &self.http];
        proxies
            .into_iter()
            .flatten()
            .filter_map(|url| Some(Url::parse(url).ok()?.password()?.to_owned()))
            .collect()
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

/// A client that follows no redirect (keys would travel), repeats nothing (a repeat bills again) and reads no
/// environment. `secure`: it is for `https`. One for `http` alone needs no CA certificates, which not every machine has.
pub(super) fn strict(proxies: &Proxies, secure: bool) -> reqwest::Result<ClientBuilder> {
    let mut builder = ClientBuilder::new()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Before our own: it also keeps reqwest from reading the environment.
        .no_proxy();
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
    Ok(builder)
}

/// The innermost cause, which is the one that says something. Outer ones can hold the URL.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let Some(mut inner) = error.source() else {
        return if error.is_timeout() {
            "no answer in time".to_owned()
        } else {
            "the HTTP client gives no reason".to_owned()
        };
    };
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string()
}
