//! The DSSE envelope: frozen payload bytes and signatures over them.
//!
//! Signatures are made over the pre-authentication encoding of exactly the payload bytes that came.
//! Nobody re-serialises a payload: a reviewer appends to what the exporter froze. Nothing in here
//! reads the payload.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::code::{Code, Rejection, quote, reject};
use crate::draft::Frozen;
use crate::error::Error;
use crate::key::{KeyId, PublicKey, SigningKey};
use crate::{limits, statement};

/// `payloadType` of every envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An envelope in its outer form: three fields, base64 decoded. Says nothing about what it carries
/// or who signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

/// A signature by a key that need not be known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    /// As it stands in the envelope; may be no key id of ours.
    keyid: String,
    sig: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EnvelopeJson {
    payload: String,
    payload_type: String,
    signatures: Vec<SignatureJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureJson {
    keyid: String,
    sig: String,
}

impl Envelope {
    /// An envelope that nobody has signed yet.
    #[must_use]
    pub fn new(frozen: Frozen) -> Self {
        Envelope {
            payload: frozen.into_payload(),
            signatures: Vec::new(),
        }
    }

    /// Reads an envelope file. White space and field order are free, as only the payload's bytes
    /// are signed.
    ///
    /// # Errors
    /// [`Code::Size`], [`Code::Envelope`], [`Code::PayloadType`] or [`Code::Base64`].
    pub fn parse(json: &[u8]) -> Result<Self, Rejection> {
        if json.len() as u64 > limits::ENVELOPE_BYTES {
            return reject(
                Code::Size,
                format!(
                    "the envelope has more than {} bytes",
                    limits::ENVELOPE_BYTES
                ),
            );
        }
        let outer: EnvelopeJson = serde_json::from_slice(json).map_err(|error| {
            Rejection::new(Code::Envelope, format!("this is no DSSE envelope: {error}"))
        })?;
        if outer.signatures.len() > limits::SIGNATURES {
            let (found, limit) = (outer.signatures.len(), limits::SIGNATURES);
            return reject(
                Code::Size,
                format!("the envelope has {found} signatures, more than {limit}"),
            );
        }
        if outer.payload_type != PAYLOAD_TYPE {
            let found = quote(&outer.payload_type);
            return reject(
                Code::PayloadType,
                format!("the payload type is {found}, not \"{PAYLOAD_TYPE}\""),
            );
        }
        let payload = strict_base64(&outer.payload, "payload")?;
        let decode = |signature: SignatureJson| {
            let sig = strict_base64(&signature.sig, "signature")?;
            Ok(Signature {
                keyid: signature.keyid,
                sig,
            })
        };
        let signatures = outer
            .signatures
            .into_iter()
            .map(decode)
            .collect::<Result<_, Rejection>>()?;
        Ok(Envelope {
            payload,
            signatures,
        })
    }

    /// The bytes of the envelope file: one line of JSON and a line feed.
    ///
    /// # Errors
    /// When the file would be larger than an envelope may be.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let encode = |signature: &Signature| SignatureJson {
            keyid: signature.keyid.clone(),
            sig: STANDARD.encode(&signature.sig),
        };
        let outer = EnvelopeJson {
            payload: STANDARD.encode(&self.payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: self.signatures.iter().map(encode).collect(),
        };
        let mut json = serde_json::to_vec(&outer).map_err(crate::canonical::Fault::from)?;
        json.push(b'\n');
        let (bytes, limit) = (json.len() as u64, limits::ENVELOPE_BYTES);
        if bytes > limit {
            return Err(Error::TooLarge {
                what: "the envelope".to_owned(),
                bytes,
                limit,
            });
        }
        Ok(json)
    }

    /// The payload's bytes. Not to be believed before [`crate::verify()`].
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The key ids that claim to have signed, as they stand in the envelope.
    pub fn claimed_signers(&self) -> impl Iterator<Item = &str> {
        self.signatures
            .iter()
            .map(|signature| signature.keyid.as_str())
    }

    /// Appends this key's signature over the frozen payload.
    ///
    /// Only a payload that is a canonical statement of this format is signed, so a key cannot be
    /// made to sign something that means another thing elsewhere. Whether it is *true* is for
    /// the signer to look at first.
    ///
    /// # Errors
    /// When the payload is no such statement, the key has signed already, or the envelope is full.
    pub fn sign(&mut self, key: &SigningKey) -> Result<(), Error> {
        statement::read(&self.payload)?;
        let id = key.public().id();
        let keyid = id.to_string();
        if self.claimed_signers().any(|signer| signer == keyid) {
            return Err(Error::AlreadySigned { key: id });
        }
        if self.signatures.len() >= limits::SIGNATURES {
            return Err(Error::TooManySignatures {
                limit: limits::SIGNATURES,
            });
        }
        let sig = key
            .sign(&pre_authentication_encoding(&self.payload))
            .to_vec();
        self.signatures.push(Signature { keyid, sig });
        Ok(())
    }

    /// Which of these keys have signed the payload.
    ///
    /// # Errors
    /// [`Code::Signature`] when a key id stands twice, or one of these keys is named with a
    /// signature that it did not make. Other key ids are ignored: keys rotate.
    pub(crate) fn signers(&self, keys: &[PublicKey]) -> Result<BTreeSet<KeyId>, Rejection> {
        let message = pre_authentication_encoding(&self.payload);
        let mut seen = BTreeSet::new();
        let mut signers = BTreeSet::new();
        for signature in &self.signatures {
            if !seen.insert(signature.keyid.as_str()) {
                let keyid = quote(&signature.keyid);
                return reject(
                    Code::Signature,
                    format!("the envelope has two signatures of key {keyid}"),
                );
            }
            let Some(key) = keys
                .iter()
                .find(|key| key.id().to_string() == signature.keyid)
            else {
                continue;
            };
            if !key.has_signed(&message, &signature.sig) {
                return reject(
                    Code::Signature,
                    format!("the signature of key {} is not over this payload", key.id()),
                );
            }
            signers.insert(key.id());
        }
        Ok(signers)
    }
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let signers: Vec<_> = self.claimed_signers().collect();
        f.debug_struct("Envelope")
            .field("payload", &self.payload.len())
            .field("claimed_signers", &signers)
            .finish()
    }
}

/// DSSE's encoding of type and payload, over which signatures are made:
/// `DSSEv1 28 application/vnd.in-toto+json <length> <payload>`.
#[must_use]
pub fn pre_authentication_encoding(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

fn strict_base64(text: &str, what: &str) -> Result<Vec<u8>, Rejection> {
    STANDARD
        .decode(text)
        .ok()
        // The decoder is strict by itself; that each text decodes to bytes that encode to it is the
        // format's rule.
        .filter(|bytes| STANDARD.encode(bytes) == text)
        .ok_or_else(|| {
            Rejection::new(
                Code::Base64,
                format!("the {what} is not strict, padded, standard base64"),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_dsse() {
        assert_eq!(
            pre_authentication_encoding(b"hi \xff"),
            b"DSSEv1 28 application/vnd.in-toto+json 4 hi \xff"
        );
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(strict_base64("aGk=", "payload"), Ok(b"hi".to_vec()));
        for wrong in [
            "aGk", "aGl=", "aGk=\n", " aGk=", "aG k=", "aGk==", "a-_=", "aGk=aGk=",
        ] {
            assert_eq!(
                strict_base64(wrong, "payload").map_err(|rejection| rejection.code),
                Err(Code::Base64),
                "{wrong}"
            );
        }
    }
}
