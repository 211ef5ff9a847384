//! placeholder until the real module is merged
use std::path::Path;
#[derive(Debug, thiserror::Error)]
#[error("key")]
pub struct KeyError;
#[derive(Debug, Clone)]
pub struct Passphrase;
#[derive(Debug)]
pub struct KeyRing;
pub struct Key {
    pub name: String,
    pub keyid: String,
}
impl KeyRing {
    pub fn open(_: &Path) -> Self {
        Self
    }
    pub fn list(&self) -> Result<Vec<Key>, KeyError> {
        Err(KeyError)
    }
    pub fn new_key(&self, _: &str, _: &Passphrase) -> Result<Key, KeyError> {
        Err(KeyError)
    }
    pub fn export(&self, _: &str) -> Result<String, KeyError> {
        Err(KeyError)
    }
    pub fn unlock(
        &self,
        _: &str,
        _: &Passphrase,
    ) -> Result<understudy_bundle::SigningKey, KeyError> {
        Err(KeyError)
    }
}
