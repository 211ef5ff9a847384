//! Ed25519 keys: who signed, by which bytes, and how both are written down.
//!
//! This module knows one algorithm and two text forms: the public key as PEM and the key id. How
//! secret keys are stored is not its business; they come in as 32 bytes and never leave.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::Document;
use serde::{Deserialize, Serialize};

use crate::digest::{NotHex, Sha256};

/// Bytes of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;

/// The DER of a SubjectPublicKeyInfo up to the 32 bytes of the key: a sequence of the algorithm
/// 1.3.101.112 without parameters and a bit string. DER allows no other spelling, so comparing
/// these bytes is parsing.
const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The name of a key: the SHA-256 of its DER SubjectPublicKeyInfo, as
/// `openssl pkey -pubin -outform DER | sha256sum` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(Sha256);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for KeyId {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        text.parse().map(KeyId)
    }
}

/// A public key file that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// No PEM at all.
    #[error("this is no PEM file; a public key begins with -----BEGIN PUBLIC KEY-----")]
    NotPem,
    /// PEM of a secret key. Said apart, because it must not be handed around.
    #[error("this PEM file holds a secret key; what is needed is the public key")]
    SecretKey,
    /// PEM of something else.
    #[error("this PEM file holds something other than a public key")]
    NotPublicKey,
    /// A public key of another algorithm.
    #[error("this public key is not an Ed25519 key")]
    WrongAlgorithm,
    /// 32 bytes that are no point of the curve, or a point of small order, which would accept
    /// signatures by nobody.
    #[error("this Ed25519 public key is not a usable point of the curve")]
    NotAKey,
}

/// The public half of a signing key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    point: ed25519_dalek::VerifyingKey,
    id: KeyId,
}

impl PublicKey {
    /// Reads the PEM that `openssl pkey -pubout` writes.
    ///
    /// # Errors
    /// When it is no PEM, holds something else, another algorithm, or no usable point.
    pub fn from_pem(pem: &str) -> Result<Self, PublicKeyError> {
        let (label, document) = Document::from_pem(pem).map_err(|_| PublicKeyError::NotPem)?;
        match label {
            "PUBLIC KEY" => {}
            label if label.ends_with("PRIVATE KEY") => return Err(PublicKeyError::SecretKey),
            _ => return Err(PublicKeyError::NotPublicKey),
        }
        let key = document
            .as_bytes()
            .strip_prefix(&SPKI_PREFIX)
            .ok_or(PublicKeyError::WrongAlgorithm)?;
        PublicKey::from_bytes(key.try_into().map_err(|_| PublicKeyError::WrongAlgorithm)?)
    }

    /// The key with these 32 bytes (RFC 8032).
    ///
    /// # Errors
    /// When they are no usable point of the curve.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PublicKeyError> {
        let point =
            ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| PublicKeyError::NotAKey)?;
        if point.is_weak() {
            Err(PublicKeyError::NotAKey)
        } else {
            Ok(PublicKey::new(point))
        }
    }

    fn new(point: ed25519_dalek::VerifyingKey) -> Self {
        PublicKey {
            point,
            id: KeyId(Sha256::of(&spki(&point))),
        }
    }

    /// The key's name in envelopes and approvals.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The 32 bytes of the key (RFC 8032).
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.point.to_bytes()
    }

    /// The DER SubjectPublicKeyInfo, whose digest is the key id.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        spki(&self.point)
    }

    /// PEM as OpenSSL writes it, with a line feed at the end.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // 44 bytes are 60 characters of base64: always one line.
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(self.to_der())
        )
    }

    /// Whether this is the one strict signature of the message by this key: no malleable S, no
    /// point of small order.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.point.verify_strict(message, &signature).is_ok())
    }
}

fn spki(point: &ed25519_dalek::VerifyingKey) -> Vec<u8> {
    [SPKI_PREFIX.as_slice(), point.as_bytes()].concat()
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.id).finish()
    }
}

/// A key that can sign. Wiped from memory when dropped; its `Debug` shows the public half only.
#[derive(Clone)]
pub struct SigningKey {
    secret: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl SigningKey {
    /// The key of this 32-byte secret (RFC 8032). Every secret is a key, so nothing can go wrong
    /// here; whoever draws it owes the randomness.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(secret);
        let public = PublicKey::new(secret.verifying_key());
        SigningKey { secret, public }
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature of these bytes. Kept inside the crate: keys sign envelopes and nothing else,
    /// so a signature can never be lured out for bytes that nobody looked at.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.secret.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("public", &self.public.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8032, section 7.1, test 1, and its public key as OpenSSL 3.0 prints it.
    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
                          MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
                          -----END PUBLIC KEY-----\n";

    fn signing_key() -> SigningKey {
        SigningKey::from_secret(SECRET.parse::<Sha256>().unwrap().as_bytes())
    }

    #[test]
    fn the_public_key_is_written_and_read_as_openssl_does() {
        let key = signing_key();
        assert_eq!(key.public().to_pem(), PUBLIC);
        assert_eq!(&PublicKey::from_pem(PUBLIC).unwrap(), key.public());
        let windows = PUBLIC.replace('\n', "\r\n");
        assert_eq!(&PublicKey::from_pem(&windows).unwrap(), key.public());
    }

    #[test]
    fn files_that_are_no_ed25519_public_key_say_what_they_are() {
        let of = |pem: &str| PublicKey::from_pem(pem).unwrap_err();
        let der = |label: &str, der: &[u8]| {
            format!(
                "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
                STANDARD.encode(der)
            )
        };
        let x25519 = {
            let mut der = signing_key().public().to_der();
            der[8] = 0x6e;
            der
        };
        let longer = [signing_key().public().to_der().as_slice(), &[0]].concat();
        let identity = [SPKI_PREFIX.as_slice(), &[1], &[0; 31]].concat();
        let off_curve = [SPKI_PREFIX.as_slice(), &[2], &[0; 31]].concat();
        assert_eq!(of("hello"), PublicKeyError::NotPem);
        assert_eq!(of(""), PublicKeyError::NotPem);
        assert_eq!(of(&PUBLIC.replace("MCow", "MC*w")), PublicKeyError::NotPem);
        assert_eq!(
            of(&der("ENCRYPTED PRIVATE KEY", &[0x30, 0])),
            PublicKeyError::SecretKey
        );
        assert_eq!(
            of(&der("CERTIFICATE", &[0x30, 0])),
            PublicKeyError::NotPublicKey
        );
        assert_eq!(
            of(&der("PUBLIC KEY", &x25519)),
            PublicKeyError::WrongAlgorithm
        );
        assert!(PublicKey::from_pem(&der("PUBLIC KEY", &longer)).is_err());
        assert_eq!(of(&der("PUBLIC KEY", &identity)), PublicKeyError::NotAKey);
        assert_eq!(of(&der("PUBLIC KEY", &off_curve)), PublicKeyError::NotAKey);
    }

    #[test]
    fn a_signature_with_the_order_added_to_s_is_not_taken() {
        let key = signing_key();
        let good = key.sign(b"message");
        assert!(key.public().has_signed(b"message", &good));
        assert!(!key.public().has_signed(b"massage", &good));
        assert!(!key.public().has_signed(b"message", &good[..63]));
        // The order of the group, little-endian: S + L passes every check but the strict one.
        let order = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
            0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10_u8,
        ];
        let mut malleable = good;
        let mut carry = 0_u16;
        for (byte, add) in malleable[32..].iter_mut().zip(order) {
            carry += u16::from(*byte) + u16::from(add);
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        assert_ne!(malleable, good);
        assert!(!key.public().has_signed(b"message", &malleable));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", signing_key());
        assert!(shown.contains(&signing_key().public().id().to_string()));
        assert!(
            !shown.contains("9d61b1") && !shown.contains("157, 97"),
            "{shown}"
        );
    }
}
