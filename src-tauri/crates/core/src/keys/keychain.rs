//! API keys in the system's keychain, for who does not want them in the environment.
//!
//! The keychain is asked only for names that the user put there: a list of those names, no secret among them, lies in
//! the user's data folder. So nobody is asked to unlock a keychain that is not in use, and a machine without one never
//! notices. Which key goes where is no business of this module.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error as StoreError};
use zeroize::Zeroizing;

/// What the keys are filed under in the keychain.
const SERVICE: &str = "understudy";

/// The list of names, in the user's data folder.
const LIST: &str = "api-keys";

/// The most bytes of a name.
const NAME_BYTES: usize = 128;

/// Why a key could not be kept, given or taken away. Holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum KeychainError {
    /// The name cannot be that of a variable.
    #[error(
        "{name:?} is no name for an API key: it is that of an environment variable, letters, digits and underscores"
    )]
    Name {
        /// The name as given.
        name: String,
    },
    /// The key is empty.
    #[error("the key is empty; nothing was kept")]
    Empty,
    /// The key is not what a header can hold.
    #[error("the key holds characters that no header can carry; nothing was kept")]
    Unfit,
    /// There is no keychain, or it does not let us in.
    #[error(
        "the system's keychain cannot be used ({reason}); set the environment variable {name} instead"
    )]
    Unusable {
        /// The key's name.
        name: String,
        /// What the system says.
        reason: String,
    },
    /// The key is not on the list.
    #[error(
        "the keychain holds no {name} of understudy's; `understudy key api list` shows what it holds"
    )]
    NotKept {
        /// The key's name.
        name: String,
    },
    /// The key is on the list, and somebody took it out of the keychain.
    #[error(
        "{name} is no longer in the keychain; `understudy key api set {name}` puts it there again"
    )]
    Gone {
        /// The key's name.
        name: String,
    },
    /// The list of names cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    List {
        /// The list.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Opens the store. Boxed so that tests have one of their own.
type Opener = dyn Fn() -> Result<Arc<CredentialStore>, StoreError> + Send + Sync;

/// The system's keychain, as far as it holds API keys of ours.
///
/// Methods that reach the keychain block, for as long as the user takes to unlock it.
pub struct Keychain {
    list: PathBuf,
    opener: Box<Opener>,
    store: Mutex<Option<Arc<CredentialStore>>>,
}

impl std::fmt::Debug for Keychain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keychain")
            .field("list", &self.list)
            .finish_non_exhaustive()
    }
}

impl Keychain {
    /// The keychain of this system, with the list of names in that folder. Opens nothing yet.
    #[must_use]
    pub fn system(data_folder: &Path) -> Self {
        Self::with_store(data_folder, system_store)
    }

    /// The same with another store.
    fn with_store<F>(data_folder: &Path, opener: F) -> Self
    where
        F: Fn() -> Result<Arc<CredentialStore>, StoreError> + Send + Sync + 'static,
    {
        Self {
            list: data_folder.join(LIST),
            opener: Box::new(opener),
            store: Mutex::new(None),
        }
    }

    /// The names on the list, sorted. Does not reach the keychain.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn names(&self) -> Result<Vec<String>, KeychainError> {
        match fs::read_to_string(&self.list) {
            Ok(text) => {
                let names = text.lines().filter(|name| is_name(name));
                let mut names: Vec<String> = names.map(str::to_owned).collect();
                names.sort();
                names.dedup();
                Ok(names)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(self.list_error(source)),
        }
    }

    /// Keeps a key under that name, in place of what was there. White space around it is dropped.
    ///
    /// # Errors
    /// When the name is none, the key is empty or fits no header, or the keychain or the list cannot be used.
    pub fn set(&self, name: &str, key: &Zeroizing<String>) -> Result<(), KeychainError> {
        let key = key.trim();
        if key.is_empty() {
            return Err(KeychainError::Empty);
        }
        if !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(KeychainError::Unfit);
        }
        self.entry(name)?
            .set_password(key)
            .map_err(|error| unusable(name, &error))?;
        // Last: a name on the list without a key would stop every run that needs it.
        let mut names = self.names()?;
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
            names.sort();
            self.write(&names)?;
        }
        Ok(())
    }

    /// The key of that name; `None` when it is not on the list, which does not reach the keychain.
    ///
    /// # Errors
    /// When the list cannot be read, or the keychain does not give what is on it.
    pub fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        if !self.names()?.iter().any(|known| known == name) {
            return Ok(None);
        }
        match self.entry(name)?.get_password() {
            Ok(key) => Ok(Some(Zeroizing::new(key))),
            Err(StoreError::NoEntry) => Err(KeychainError::Gone {
                name: name.to_owned(),
            }),
            Err(error) => Err(unusable(name, &error)),
        }
    }

    /// Takes a key out of the keychain and its name off the list.
    ///
    /// # Errors
    /// When it is not on the list, or the keychain or the list cannot be used.
    pub fn remove(&self, name: &str) -> Result<(), KeychainError> {
        let mut names = self.names()?;
        let before = names.len();
        names.retain(|known| known != name);
        if names.len() == before {
            return Err(KeychainError::NotKept {
                name: name.to_owned(),
            });
        }
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(StoreError::NoEntry) => self.write(&names),
            Err(error) => Err(unusable(name, &error)),
        }
    }

    fn entry(&self, name: &str) -> Result<Entry, KeychainError> {
        if !is_name(name) {
            return Err(KeychainError::Name {
                name: name.to_owned(),
            });
        }
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match &*store {
            Some(open) => open.clone(),
            None => {
                let open = (self.opener)().map_err(|error| unusable(name, &error))?;
                store.insert(open).clone()
            }
        };
        open.build(SERVICE, name, None)
            .map_err(|error| unusable(name, &error))
    }

    /// Writes the list in one step: half a list would lose names.
    fn write(&self, names: &[String]) -> Result<(), KeychainError> {
        let text: String = names.iter().map(|name| format!("{name}\n")).collect();
        let draft = self.list.with_extension(format!("{}", std::process::id()));
        let written = (|| {
            if let Some(folder) = self.list.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file = fs::File::create(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, &self.list)
        })();
        written.map_err(|source| {
            drop(fs::remove_file(&draft));
            self.list_error(source)
        })
    }

    fn list_error(&self, source: io::Error) -> KeychainError {
        KeychainError::List {
            path: self.list.clone(),
            source,
        }
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn unusable(name: &str, error: &StoreError) -> KeychainError {
    // The store's own words for the error say little, and those of some hold the secret as it was read.
    let reason = match error {
        StoreError::PlatformFailure(inner) | StoreError::NoStorageAccess(inner) => {
            inner.to_string()
        }
        StoreError::NoDefaultStore => "this system has none".to_owned(),
        StoreError::BadEncoding(_) | StoreError::BadDataFormat(..) => {
            "what it holds is no text".to_owned()
        }
        StoreError::Ambiguous(_) => "it holds more than one of that name".to_owned(),
        other => other.to_string(),
    };
    // `(os error 2)` helps nobody.
    let reason = match reason.split_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => reason,
    };
    KeychainError::Unusable {
        name: name.to_owned(),
        reason,
    }
}

#[cfg(target_os = "linux")]
fn system_store() -> Result<Arc<CredentialStore>, StoreError> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn system_store() -> Result<Arc<CredentialStore>, StoreError> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "windows")]
fn system_store() -> Result<Arc<CredentialStore>, StoreError> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
fn system_store() -> Result<Arc<CredentialStore>, StoreError> {
    Err(StoreError::NoDefaultStore)
}

/// Keychains for the tests of other modules.
#[cfg(test)]
pub(crate) mod mocked {
    use super::*;

    /// One that holds these keys and has not been opened yet.
    pub(crate) fn keychain(folder: &Path, kept: &[(&str, &str)]) -> Keychain {
        let store = keyring_core::mock::Store::new().unwrap();
        let filled = store.clone();
        let before = Keychain::with_store(folder, move || Ok(filled.clone()));
        for (name, key) in kept {
            before
                .set(name, &Zeroizing::new((*key).to_owned()))
                .unwrap();
        }
        Keychain::with_store(folder, move || Ok(store.clone()))
    }

    /// One that cannot be opened.
    pub(crate) fn broken(folder: &Path) -> Keychain {
        Keychain::with_store(folder, || {
            Err(StoreError::PlatformFailure("no D-Bus here".into()))
        })
    }

    impl Keychain {
        pub(crate) fn is_open(&self) -> bool {
            self.store.lock().unwrap().is_some()
        }
    }
}

#[cfg(test)]
mod tests;
