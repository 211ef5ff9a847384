//! API keys on their way from wherever they are kept to the one header they belong in.

mod guarded;
mod redaction;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::{Mutex, oneshot};
use zeroize::Zeroizing;

use crate::host::{Host, data_folder};
use crate::keys::{Keychain, KeychainError};

pub(super) use guarded::Guarded;
pub(super) use redaction::{MARK, Redaction};

/// A secret. Neither `Debug` nor any error shows it; the bytes are wiped when it is dropped.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// Wraps a secret.
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// Where API keys come from.
pub trait ApiKeys: Send + Sync {
    /// The key that a model's `key_env` names; `None` when there is none.
    ///
    /// # Errors
    /// When there is one and it cannot be had.
    fn api_key<'a>(&'a self, name: &'a str)
    -> BoxFuture<'a, Result<Option<ApiKey>, KeychainError>>;
}

/// Keys from the environment.
#[derive(Debug, Clone)]
pub struct EnvKeys(pub Arc<dyn Host>);

impl EnvKeys {
    fn get(&self, name: &str) -> Option<ApiKey> {
        // Keys pasted into a file often bring its line end along, which no header can hold.
        let secret = Zeroizing::new(self.0.env(name)?);
        let trimmed = secret.trim();
        (!trimmed.is_empty()).then(|| ApiKey::new(trimmed.to_owned()))
    }
}

impl ApiKeys for EnvKeys {
    fn api_key<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<ApiKey>, KeychainError>> {
        std::future::ready(Ok(self.get(name))).boxed()
    }
}

/// Keys from the environment, else from the system's keychain where the user put them. What the keychain gave once is
/// not asked for again.
#[derive(Debug)]
pub struct Keys {
    env: EnvKeys,
    keychain: Option<Arc<Keychain>>,
    /// Locked while the keychain is asked: a hundred calls that start at once make one question of the system's.
    given: Mutex<BTreeMap<String, ApiKey>>,
}

impl Keys {
    /// The keys of `host`'s environment, and the system's keychain with its list in the user's data folder.
    pub fn new(host: Arc<dyn Host>) -> Self {
        let keychain = data_folder(host.as_ref()).map(|folder| Keychain::system(&folder));
        Self::with_keychain(host, keychain)
    }

    /// The same with another keychain, or none.
    pub fn with_keychain(host: Arc<dyn Host>, keychain: Option<Keychain>) -> Self {
        Self {
            env: EnvKeys(host),
            keychain: keychain.map(Arc::new),
            given: Mutex::default(),
        }
    }

    async fn ask(
        &self,
        keychain: &Arc<Keychain>,
        name: &str,
    ) -> Result<Option<ApiKey>, KeychainError> {
        let mut given = self.given.lock().await;
        if let Some(key) = given.get(name) {
            return Ok(Some(key.clone()));
        }
        let (answer, asked) = oneshot::channel();
        let (keychain, owned) = (keychain.clone(), name.to_owned());
        // A thread of its own: the system may ask the user to unlock, and neither the other calls nor the end of the
        // program wait for that.
        std::thread::spawn(move || {
            // Nobody may be there any more.
            let _ = answer.send(keychain.get(&owned));
        });
        let key = match asked.await {
            Ok(got) => got?.map(ApiKey),
            // The thread is gone without an answer: no key from there.
            Err(_) => None,
        };
        if let Some(key) = &key {
            given.insert(name.to_owned(), key.clone());
        }
        Ok(key)
    }
}

impl ApiKeys for Keys {
    fn api_key<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<ApiKey>, KeychainError>> {
        let found = self.env.get(name);
        match &self.keychain {
            Some(keychain) if found.is_none() => self.ask(keychain, name).boxed(),
            _ => std::future::ready(Ok(found)).boxed(),
        }
    }
}

#[cfg(test)]
mod tests;
