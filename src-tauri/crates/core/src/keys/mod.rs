//! Signing keys: a folder of encrypted files, a key by its name. And the system's keychain, for API keys.
//!
//! Owns where secret keys lie and how they are opened. `<name>.pem` is encrypted PKCS#8 as OpenSSL
//! writes and reads it, for its owner's eyes only; `<name>.pub.pem` beside it is the public half.
//! Nothing is ever overwritten. What is signed is no business of this module: it hands out a
//! [`SigningKey`] and knows no envelope.
//!
//! API keys of providers are kept in no file: where the user chose so they are in the system's [`Keychain`].

mod error;
mod keychain;
mod passphrase;
mod pem;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use understudy_bundle::manifest::is_bundle_name;
use understudy_bundle::{PublicKey, SigningKey};
use zeroize::{Zeroize as _, Zeroizing};

pub use error::KeyError;
#[cfg(test)]
pub(crate) use keychain::mocked;
pub use keychain::{Keychain, KeychainError};
pub use passphrase::Passphrase;

/// Bytes of a key file, at most. Ours have some 400.
const FILE_BYTES: u64 = 64 * 1024;

/// A folder of signing keys. It need not exist before the first key is made.
#[derive(Debug, Clone)]
pub struct KeyRing {
    folder: PathBuf,
}

/// A key by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `^[a-z0-9][a-z0-9-]{0,62}$`.
    pub name: String,
    /// 64 hex digits, as in envelopes and approvals.
    pub keyid: String,
}

/// The randomness that a new key takes. Whoever passes it in must have drawn it for this key alone.
pub struct Randomness {
    /// The secret itself.
    pub secret: [u8; 32],
    /// The salt of the passphrase.
    pub salt: [u8; 16],
    /// Where the cipher begins.
    pub iv: [u8; 16],
}

impl Randomness {
    /// Drawn from the operating system.
    ///
    /// # Errors
    /// When the system has none to give.
    pub fn draw() -> Result<Self, KeyError> {
        let mut drawn = Randomness {
            secret: [0; 32],
            salt: [0; 16],
            iv: [0; 16],
        };
        for part in [
            drawn.secret.as_mut_slice(),
            drawn.salt.as_mut_slice(),
            drawn.iv.as_mut_slice(),
        ] {
            getrandom::fill(part).map_err(|_| KeyError::NoRandomness)?;
        }
        Ok(drawn)
    }
}

impl Drop for Randomness {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl std::fmt::Debug for Randomness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Randomness(…)")
    }
}

impl KeyRing {
    /// The keys in that folder.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        KeyRing {
            folder: folder.to_owned(),
        }
    }

    /// Makes a key with the system's randomness and stores it under that passphrase.
    ///
    /// # Errors
    /// When the name breaks its rule or is taken, the passphrase is empty, or the files cannot be
    /// written.
    pub fn new_key(&self, name: &str, passphrase: &Passphrase) -> Result<Key, KeyError> {
        self.new_key_from(name, passphrase, &Randomness::draw()?)
    }

    /// Makes a key of that randomness and stores it under that passphrase.
    ///
    /// # Errors
    /// As [`KeyRing::new_key`].
    pub fn new_key_from(
        &self,
        name: &str,
        passphrase: &Passphrase,
        randomness: &Randomness,
    ) -> Result<Key, KeyError> {
        checked(name)?;
        if passphrase.is_empty() {
            return Err(KeyError::EmptyPassphrase);
        }
        for path in [self.secret_path(name), self.public_path(name)] {
            if path.symlink_metadata().is_ok() {
                return Err(KeyError::Exists {
                    name: name.to_owned(),
                    path,
                });
            }
        }
        let secret = pem::seal(randomness, passphrase).map_err(|_| KeyError::NotSealed)?;
        let key = SigningKey::from_secret(&randomness.secret);
        self.make_folder()?;
        let path = self.secret_path(name);
        self.create(name, &path, secret.as_bytes(), 0o600)?;
        let public = key.public().to_pem();
        self.create(name, &self.public_path(name), public.as_bytes(), 0o644)
            // Half a key is no key. This one has never been handed out, so taking it back loses
            // nothing.
            .inspect_err(|_| drop(fs::remove_file(&path)))?;
        Ok(Key {
            name: name.to_owned(),
            keyid: key.public().id().to_string(),
        })
    }

    /// The keys by name. A secret key that lies here without its public half is listed from the
    /// first time it is unlocked.
    ///
    /// # Errors
    /// When the folder or a public key cannot be read.
    pub fn list(&self) -> Result<Vec<Key>, KeyError> {
        let mut keys = Vec::new();
        for name in self.names()? {
            if let Some(public) = self.public_half(&name)? {
                let keyid = public.id().to_string();
                keys.push(Key { name, keyid });
            }
        }
        Ok(keys)
    }

    /// The public half of a key, PEM.
    ///
    /// # Errors
    /// When there is no such key, or its public half is missing or cannot be read.
    pub fn export(&self, name: &str) -> Result<String, KeyError> {
        self.known(name)?;
        match self.public_half(name)? {
            Some(public) => Ok(public.to_pem()),
            None => Err(KeyError::NoPublicHalf {
                name: name.to_owned(),
                secret: self.secret_path(name),
                public: self.public_path(name),
            }),
        }
    }

    /// The key, ready to sign.
    ///
    /// # Errors
    /// When there is no such key, the passphrase is another one, or the file is no encrypted
    /// Ed25519 key.
    pub fn unlock(&self, name: &str, passphrase: &Passphrase) -> Result<SigningKey, KeyError> {
        self.known(name)?;
        let path = self.secret_path(name);
        let text = Zeroizing::new(read(&path)?);
        let secret = pem::unseal(&text, passphrase).map_err(|fault| fault.at(name, &path))?;
        let key = SigningKey::from_secret(&secret);
        match self.public_half(name)? {
            Some(public) if public != *key.public() => Err(KeyError::Mismatch {
                name: name.to_owned(),
                public: self.public_path(name),
            }),
            Some(_) => Ok(key),
            None => {
                // A key that OpenSSL made: now that its public half is known, it is laid beside it.
                // Where that fails, as in a read-only folder, signing is possible
                // all the same.
                let public = key.public().to_pem();
                let _ = self.create(name, &self.public_path(name), public.as_bytes(), 0o644);
                Ok(key)
            }
        }
    }

    fn secret_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.pem"))
    }

    fn public_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.pub.pem"))
    }

    /// The names that have a secret key here, sorted.
    fn names(&self) -> Result<Vec<String>, KeyError> {
        let unreadable = |source| KeyError::Unreadable {
            path: self.folder.clone(),
            source,
        };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry.map_err(unreadable)?.file_name();
            // Public halves end in `.pub.pem`, and no name has a dot.
            let name = file.to_str().and_then(|file| file.strip_suffix(".pem"));
            names.extend(name.filter(|name| is_bundle_name(name)).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    fn known(&self, name: &str) -> Result<(), KeyError> {
        checked(name)?;
        let known = self.names()?;
        if known.iter().any(|one| one == name) {
            Ok(())
        } else {
            Err(KeyError::Unknown {
                name: name.to_owned(),
                folder: self.folder.clone(),
                known,
            })
        }
    }

    fn public_half(&self, name: &str) -> Result<Option<PublicKey>, KeyError> {
        let path = self.public_path(name);
        let text = match read(&path) {
            Ok(text) => text,
            Err(KeyError::Unreadable { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        PublicKey::from_pem(&text)
            .map(Some)
            .map_err(|source| KeyError::BadPublicHalf { path, source })
    }

    fn make_folder(&self) -> Result<(), KeyError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.folder)
            .map_err(|source| KeyError::NotWritten {
                path: self.folder.clone(),
                source,
            })
    }

    /// Writes a file that does not exist yet; leaves none behind when that fails half way.
    fn create(&self, name: &str, path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeyError> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        #[cfg(not(unix))]
        let _ = mode;
        let mut file = options.open(path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists {
                name: name.to_owned(),
                path: path.to_owned(),
            },
            _ => KeyError::NotWritten {
                path: path.to_owned(),
                source,
            },
        })?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(|source| {
                drop(fs::remove_file(path));
                KeyError::NotWritten {
                    path: path.to_owned(),
                    source,
                }
            })
    }
}

fn checked(name: &str) -> Result<(), KeyError> {
    if is_bundle_name(name) {
        Ok(())
    } else {
        Err(KeyError::Name {
            name: name.to_owned(),
        })
    }
}

/// A key file as text. Links are followed: a key may lie on a stick.
fn read(path: &Path) -> Result<String, KeyError> {
    let unreadable = |source| KeyError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let strange = || unreadable(io::Error::other("this is no key file"));
    // Asked first, because opening a pipe would wait for a writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(strange());
    }
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES).read_to_string(&mut text))
        .map_err(unreadable)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
