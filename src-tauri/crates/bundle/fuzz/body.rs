//! What is fuzzed: the verifier, on an envelope and an archive in one heap of bytes.
//!
//! Input: one byte of mode, four bytes (little-endian) of length, so many bytes of envelope, the
//! rest is the archive. In mode 0 the envelope is taken as it is. In any other mode the bytes are
//! the *payload*, which is signed here with a trusted key, for a fuzzer cannot guess signatures and
//! would never get past them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use understudy_bundle::{
    Bundle, Envelope, Moment, PAYLOAD_TYPE, PublicKey, Rejection, SigningKey, Trust, Unverified,
    Verified, pre_authentication_encoding, verify as verify_bundle,
};

/// The secret of the key that the fuzzed gateway trusts.
pub(crate) const SECRET: [u8; 32] = [7; 32];

/// Verifies an input. `None` when it is too short to be one.
pub(crate) fn verify(data: &[u8]) -> Option<Result<Verified<Bundle>, Rejection>> {
    let (mode, data) = data.split_first()?;
    let (length, data) = data.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (first, archive) = data.split_at_checked(length.min(data.len()))?;
    let signed;
    let envelope = if *mode == 0 {
        first
    } else {
        signed = sign(first);
        &signed
    };
    // Looking without believing must survive everything as well.
    if let Ok(envelope) = Envelope::parse(envelope) {
        let _ = Unverified::read(&envelope);
        let _ = envelope.to_json();
    }
    let now: Moment = "2026-11-21T00:00:00Z".parse().ok()?;
    Some(verify_bundle(
        archive,
        envelope,
        &Trust::new(vec![public()], now),
    ))
}

fn public() -> PublicKey {
    SigningKey::from_secret(&SECRET).public().clone()
}

fn sign(payload: &[u8]) -> Vec<u8> {
    let key = ed25519_dalek::SigningKey::from_bytes(&SECRET);
    let sig = STANDARD.encode(key.sign(&pre_authentication_encoding(payload)).to_bytes());
    let (payload, keyid) = (STANDARD.encode(payload), public().id());
    serde_json::json!({
        "payload": payload,
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": keyid.to_string(), "sig": sig}],
    })
    .to_string()
    .into_bytes()
}
