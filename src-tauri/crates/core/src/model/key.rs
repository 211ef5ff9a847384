//! API keys on their way from wherever they are kept to the one header they belong in.

mod guarded;
mod redaction;

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::host::Host;

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
    fn api_key(&self, name: &str) -> Option<ApiKey>;
}

/// Keys from the environment.
#[derive(Debug, Clone)]
pub struct EnvKeys(pub Arc<dyn Host>);

impl ApiKeys for EnvKeys {
    fn api_key(&self, name: &str) -> Option<ApiKey> {
        // Keys pasted into a file often bring its line end along, which no header can hold.
        let secret = Zeroizing::new(self.0.env(name)?);
        let trimmed = secret.trim();
        (!trimmed.is_empty()).then(|| ApiKey::new(trimmed.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::new("sk-planted".into());
        assert_eq!(format!("{key:?}"), "ApiKey(…)");
    }
}
