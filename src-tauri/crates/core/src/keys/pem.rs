//! Encrypted PKCS#8 in PEM, as OpenSSL 3 writes and reads it.
//!
//! Two things differ from what the libraries do by themselves. The public key is left out of the
//! PKCS#8, because OpenSSL 3.0 refuses keys that carry it. And scrypt's cost stays at N = 2^14,
//! because OpenSSL's memory limit refuses more.

use std::path::Path;

use ed25519_dalek::pkcs8::{ALGORITHM_OID, KeypairBytes};
use pkcs8::pkcs5::pbes2::{AES_256_CBC_OID, Kdf, Parameters};
use pkcs8::pkcs5::{self, EncryptionScheme, scrypt};
use pkcs8::{
    Document, EncodePrivateKey as _, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef,
};
use zeroize::Zeroizing;

use super::{KeyError, Passphrase, Randomness};

const LABEL: &str = "ENCRYPTED PRIVATE KEY";
const LOG_N: u8 = 14;
const R: u32 = 8;
const P: u32 = 1;

/// What a foreign file may ask of scrypt: 1 GiB, and as much work as that takes. OpenSSL's own
/// limit is 32 MiB.
const SCRYPT_BYTES: u64 = 1 << 30;
/// What a foreign file may ask of PBKDF2.
const PBKDF2_ROUNDS: u32 = 10_000_000;

/// Why a key file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    NotAKey,
    NotEncrypted,
    Cipher,
    WrongPassphrase,
    WrongAlgorithm,
}

impl Fault {
    /// The fault of that key in that file.
    pub(super) fn at(self, name: &str, path: &Path) -> KeyError {
        let (name, path) = (name.to_owned(), path.to_owned());
        match self {
            Fault::NotAKey => KeyError::NotAKey { path },
            Fault::NotEncrypted => KeyError::NotEncrypted { name, path },
            Fault::Cipher => KeyError::Cipher { name, path },
            Fault::WrongPassphrase => KeyError::WrongPassphrase { name },
            Fault::WrongAlgorithm => KeyError::WrongAlgorithm { path },
        }
    }
}

/// The key file of a new key.
pub(super) fn seal(
    randomness: &Randomness,
    passphrase: &Passphrase,
) -> Result<Zeroizing<String>, pkcs8::Error> {
    let plain = KeypairBytes {
        secret_key: randomness.secret,
        public_key: None,
    }
    .to_pkcs8_der()?;
    let cost =
        scrypt::Params::new(LOG_N, R, P).map_err(|_| pkcs5::Error::AlgorithmParametersInvalid {
            oid: AES_256_CBC_OID,
        })?;
    let scheme = Parameters::generate_scrypt_aes256cbc(cost, &randomness.salt, randomness.iv)?;
    let sealed = PrivateKeyInfoRef::try_from(plain.as_bytes())?
        .encrypt_with_params(scheme, passphrase.as_bytes())?;
    Ok(sealed.to_pem(LABEL, LineEnding::LF)?)
}

/// The secret in a key file.
pub(super) fn unseal(pem: &str, passphrase: &Passphrase) -> Result<Zeroizing<[u8; 32]>, Fault> {
    let (label, document) = Document::from_pem(pem).map_err(|_| Fault::NotAKey)?;
    if label != LABEL {
        let open = label.ends_with("PRIVATE KEY");
        return Err(if open {
            Fault::NotEncrypted
        } else {
            Fault::NotAKey
        });
    }
    let sealed =
        EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| Fault::NotAKey)?;
    let EncryptionScheme::Pbes2(scheme) = &sealed.encryption_algorithm else {
        return Err(Fault::Cipher);
    };
    if !is_affordable(&scheme.kdf) {
        return Err(Fault::Cipher);
    }
    let mut buffer = Zeroizing::new(sealed.encrypted_data.as_bytes().to_vec());
    let plain = scheme
        .decrypt_in_place(passphrase.as_bytes(), &mut buffer)
        .map_err(|error| match error {
            pkcs5::Error::DecryptFailed => Fault::WrongPassphrase,
            _ => Fault::Cipher,
        })?;
    // One wrong passphrase in 256 leaves padding that looks right; then it is noise that no longer
    // reads as a key.
    let key = PrivateKeyInfoRef::try_from(plain).map_err(|_| Fault::WrongPassphrase)?;
    if key.algorithm.oid != ALGORITHM_OID {
        return Err(Fault::WrongAlgorithm);
    }
    let key = KeypairBytes::try_from(key).map_err(|_| Fault::NotAKey)?;
    Ok(Zeroizing::new(key.secret_key))
}

/// Whether the work a file asks for can be done. The file may come from anywhere, and the library
/// believes its numbers: it reserves the memory they stand for, and panics at a cost of nought.
fn is_affordable(kdf: &Kdf) -> bool {
    match kdf {
        Kdf::Scrypt(scrypt) => {
            let block = 128 * u64::from(scrypt.block_size);
            let blocks = scrypt
                .cost_parameter
                .saturating_mul(u64::from(scrypt.parallelization));
            scrypt.cost_parameter.is_power_of_two() && blocks.saturating_mul(block) <= SCRYPT_BYTES
        }
        Kdf::Pbkdf2(pbkdf2) => pbkdf2.iteration_count <= PBKDF2_ROUNDS,
        // A derivation this program does not know yet.
        _ => false,
    }
}
