use std::process::{Command, Output};

use proptest::prelude::*;

use super::pem::Fault;
use super::*;

fn randomness() -> Randomness {
    Randomness {
        secret: [7; 32],
        salt: [8; 16],
        iv: [9; 16],
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse „ä“".to_owned())
}

/// A ring in a folder that does not exist yet.
fn ring() -> (tempfile::TempDir, KeyRing) {
    let folder = tempfile::tempdir().unwrap();
    let ring = KeyRing::open(&folder.path().join("a/keys"));
    (folder, ring)
}

fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    output
}

#[test]
fn a_key_is_made_listed_exported_and_unlocked() {
    let (_folder, ring) = ring();
    assert_eq!(ring.list().unwrap(), []);
    let key = ring.new_key("release", &passphrase()).unwrap();
    ring.new_key("alice", &passphrase()).unwrap();
    let listed = ring.list().unwrap();
    assert_eq!(
        listed
            .iter()
            .map(|key| key.name.as_str())
            .collect::<Vec<_>>(),
        ["alice", "release"]
    );
    assert_eq!(listed[1], key);
    assert_ne!(listed[0].keyid, listed[1].keyid, "keys are drawn");
    let public = PublicKey::from_pem(&ring.export("release").unwrap()).unwrap();
    assert_eq!(public.id().to_string(), key.keyid);
    assert_eq!(
        *ring.unlock("release", &passphrase()).unwrap().public(),
        public
    );
}

#[test]
fn the_same_randomness_is_the_same_file() {
    let (_one, first) = ring();
    let (_two, second) = ring();
    first
        .new_key_from("a", &passphrase(), &randomness())
        .unwrap();
    second
        .new_key_from("a", &passphrase(), &randomness())
        .unwrap();
    let file = |ring: &KeyRing| fs::read(ring.secret_path("a")).unwrap();
    assert_eq!(file(&first), file(&second));
}

#[cfg(unix)]
#[test]
fn the_secret_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, ring) = ring();
    ring.new_key_from("a", &passphrase(), &randomness())
        .unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&ring.secret_path("a")), 0o600);
    assert_eq!(mode(&ring.folder), 0o700);
}

#[test]
fn nothing_is_overwritten() {
    let (_folder, ring) = ring();
    ring.new_key_from("a", &passphrase(), &randomness())
        .unwrap();
    let before = fs::read(ring.secret_path("a")).unwrap();
    let error = ring.new_key("a", &passphrase()).unwrap_err();
    assert!(matches!(&error, KeyError::Exists { path, .. } if *path == ring.secret_path("a")));
    assert_eq!(fs::read(ring.secret_path("a")).unwrap(), before);

    // Also not a public half whose secret key is elsewhere, and no half of a new key is left
    // behind.
    fs::write(ring.public_path("b"), "mine").unwrap();
    let error = ring.new_key("b", &passphrase()).unwrap_err();
    assert!(matches!(&error, KeyError::Exists { path, .. } if *path == ring.public_path("b")));
    assert_eq!(fs::read(ring.public_path("b")).unwrap(), b"mine");
    assert!(!ring.secret_path("b").exists());
}

#[test]
fn names_that_would_be_paths_are_refused_everywhere() {
    let (_folder, ring) = ring();
    for name in ["", "../a", "a/b", "A", "a.pub", "-a", "ä", &"a".repeat(64)] {
        let wrong = [
            ring.new_key(name, &passphrase()).unwrap_err(),
            ring.export(name).unwrap_err(),
            ring.unlock(name, &passphrase()).unwrap_err(),
        ];
        for error in wrong {
            assert!(matches!(error, KeyError::Name { .. }), "{error}");
        }
    }
    assert!(!ring.folder.exists(), "and nothing was made");
}

#[test]
fn each_fault_has_its_sentence() {
    let (_folder, ring) = ring();
    let other = Passphrase::new("other".to_owned());
    let unknown = ring.unlock("a", &other).unwrap_err().to_string();
    assert!(unknown.starts_with("there is no key a in ") && unknown.ends_with("there is none yet"));
    ring.new_key_from("a", &passphrase(), &randomness())
        .unwrap();
    ring.new_key("c", &passphrase()).unwrap();
    let unknown = ring.export("b").unwrap_err().to_string();
    assert!(unknown.ends_with("; there is a, c"), "{unknown}");
    assert_eq!(
        ring.unlock("a", &other).unwrap_err().to_string(),
        "the passphrase does not open the key a"
    );
    let empty = Passphrase::new(String::new());
    assert!(matches!(
        ring.new_key("d", &empty),
        Err(KeyError::EmptyPassphrase)
    ));
    assert!(matches!(
        ring.unlock("a", &empty),
        Err(KeyError::WrongPassphrase { .. })
    ));

    let write = |name: &str, text: &[u8]| fs::write(ring.secret_path(name), text).unwrap();
    write("e", b"hello");
    write("f", b"\xff");
    write("g", ring.export("a").unwrap().as_bytes());
    fs::create_dir(ring.secret_path("h")).unwrap();
    let error = |name: &str| ring.unlock(name, &passphrase()).unwrap_err();
    assert!(matches!(error("e"), KeyError::NotAKey { .. }));
    assert!(matches!(error("f"), KeyError::Unreadable { .. }));
    assert!(matches!(error("g"), KeyError::NotAKey { .. }));
    assert!(matches!(error("h"), KeyError::Unreadable { .. }));

    // Whoever trusts this public half would trust another key.
    fs::copy(ring.public_path("c"), ring.public_path("a")).unwrap();
    assert!(matches!(error("a"), KeyError::Mismatch { .. }));
    fs::write(ring.public_path("a"), "hello").unwrap();
    assert!(matches!(ring.list(), Err(KeyError::BadPublicHalf { .. })));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let ring = KeyRing::open(&folder.path().join("file/keys"));
    let error = ring
        .new_key_from("a", &passphrase(), &randomness())
        .unwrap_err();
    assert!(
        matches!(&error, KeyError::NotWritten { path, .. } if *path == ring.folder),
        "{error}"
    );
}

#[test]
fn openssl_reads_our_keys() {
    let (folder, ring) = ring();
    let folder = folder.path();
    let key = ring
        .new_key_from("a", &passphrase(), &randomness())
        .unwrap();
    fs::write(folder.join("pass"), passphrase().as_bytes()).unwrap();
    let secret = ring.secret_path("a");
    let secret = secret.to_str().unwrap();
    let public = openssl(
        folder,
        &["pkey", "-in", secret, "-passin", "file:pass", "-pubout"],
    )
    .stdout;
    assert_eq!(
        String::from_utf8(public).unwrap(),
        ring.export("a").unwrap()
    );

    // It signs with the key, too, and its signature is the one Ed25519 has for this message.
    fs::write(folder.join("message"), "message").unwrap();
    let arguments = [
        "pkeyutl",
        "-sign",
        "-rawin",
        "-inkey",
        secret,
        "-passin",
        "file:pass",
    ];
    let signature = openssl(folder, &[&arguments[..], &["-in", "message"]].concat()).stdout;
    let ours = ed25519_dalek::Signer::sign(
        &ed25519_dalek::SigningKey::from_bytes(&randomness().secret),
        b"message",
    );
    assert_eq!(signature, ours.to_bytes());
    assert_eq!(key.keyid.len(), 64);
}

#[test]
fn we_read_keys_that_openssl_made() {
    let (folder, ring) = ring();
    let folder = folder.path();
    fs::create_dir_all(&ring.folder).unwrap();
    fs::write(folder.join("pass"), "correct horse\nsecond line\n").unwrap();
    let typed = Passphrase::new("correct horse".to_owned());
    openssl(
        folder,
        &["genpkey", "-algorithm", "ed25519", "-out", "open"],
    );
    let public = openssl(folder, &["pkey", "-in", "open", "-pubout"]).stdout;
    let ways: [(&str, &[&str]); 3] = [
        ("scrypt", &["-scrypt"]),
        ("pbkdf2", &["-v2", "aes-256-cbc", "-iter", "2048"]),
        (
            "sha512",
            &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"],
        ),
    ];
    for (name, way) in ways {
        let path = ring.secret_path(name);
        let out = ["-out", path.to_str().unwrap()];
        let common = ["pkcs8", "-topk8", "-in", "open", "-passout", "file:pass"];
        openssl(folder, &[&common, &out[..], way].concat());
        assert!(matches!(
            ring.export(name),
            Err(KeyError::NoPublicHalf { .. })
        ));
        assert!(ring.list().unwrap().iter().all(|key| key.name != name));

        let key = ring.unlock(name, &typed).unwrap();
        assert_eq!(key.public().to_pem().as_bytes(), public);
        // From now on it is one of ours.
        assert_eq!(ring.export(name).unwrap().as_bytes(), public);
        assert!(ring.list().unwrap().iter().any(|key| key.name == name));
        let file = Passphrase::from_file(fs::read(folder.join("pass")).unwrap());
        assert!(ring.unlock(name, &file).is_ok());
    }
    fs::copy(folder.join("open"), ring.secret_path("open")).unwrap();
    let error = ring.unlock("open", &typed).unwrap_err();
    assert!(matches!(error, KeyError::NotEncrypted { .. }), "{error}");
}

#[test]
fn keys_of_another_algorithm_are_refused() {
    let (folder, ring) = ring();
    let folder = folder.path();
    fs::create_dir_all(&ring.folder).unwrap();
    let path = ring.secret_path("other");
    for algorithm in ["x25519", "ed448"] {
        openssl(
            folder,
            &["genpkey", "-algorithm", algorithm, "-out", "open"],
        );
        let arguments = [
            "pkcs8", "-topk8", "-scrypt", "-in", "open", "-passout", "pass:x", "-out",
        ];
        openssl(
            folder,
            &[&arguments[..], &[path.to_str().unwrap()]].concat(),
        );
        let error = ring
            .unlock("other", &Passphrase::new("x".to_owned()))
            .unwrap_err();
        assert!(matches!(error, KeyError::WrongAlgorithm { .. }), "{error}");
    }
}

/// The DER of a sealed key.
fn sealed() -> Vec<u8> {
    let pem = pem::seal(&randomness(), &passphrase()).unwrap();
    let (_, document) = pkcs8::Document::from_pem(&pem).unwrap();
    document.as_bytes().to_vec()
}

fn armoured(der: &[u8]) -> Option<Zeroizing<String>> {
    let document = pkcs8::SecretDocument::try_from(der).ok()?;
    document
        .to_pem("ENCRYPTED PRIVATE KEY", pkcs8::LineEnding::LF)
        .ok()
}

fn unseal_der(der: &[u8]) -> Result<Zeroizing<[u8; 32]>, Fault> {
    pem::unseal(&armoured(der).ok_or(Fault::NotAKey)?, &passphrase())
}

#[test]
fn a_file_cannot_ask_for_endless_work_or_for_none() {
    use pkcs8::EncryptedPrivateKeyInfoOwned;
    use pkcs8::der::Encode as _;
    use pkcs8::der::asn1::OctetString;
    use pkcs8::pkcs5::pbes2::{EncryptionScheme, Parameters, ScryptParams};

    assert_eq!(unseal_der(&sealed()).as_deref(), Ok(&[7; 32]));
    for (cost_parameter, block_size) in [(0, 8), (3, 8), (1 << 40, 8), (1 << 14, u16::MAX)] {
        let scrypt = ScryptParams {
            salt: [1; 16].as_slice().try_into().unwrap(),
            cost_parameter,
            block_size,
            parallelization: 1,
            key_length: None,
        };
        let scheme = Parameters {
            kdf: scrypt.into(),
            encryption: EncryptionScheme::Aes256Cbc { iv: [0; 16] },
        };
        let info = EncryptedPrivateKeyInfoOwned {
            encryption_algorithm: scheme.into(),
            encrypted_data: OctetString::new([0; 48]).unwrap(),
        };
        let verdict = unseal_der(&info.to_der().unwrap());
        assert_eq!(
            verdict,
            Err(Fault::Cipher),
            "N {cost_parameter}, r {block_size}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    // The cipher has no check of its own: a change in the middle of the file gives another secret. That is why the
    // public half is compared.
    #[test]
    fn a_damaged_key_file_never_panics_and_never_signs_as_another(
        place in any::<prop::sample::Index>(),
        put in any::<u8>(),
    ) {
        let (_folder, ring) = ring();
        let key = ring.new_key_from("a", &passphrase(), &randomness()).unwrap();
        let mut der = sealed();
        let index = place.index(der.len());
        der[index] = put;
        fs::write(ring.secret_path("a"), armoured(&der).unwrap_or_default()).unwrap();
        if let Ok(opened) = ring.unlock("a", &passphrase()) {
            prop_assert_eq!(opened.public().id().to_string(), key.keyid);
        }
    }
}

#[test]
fn a_secret_changed_inside_its_cipher_is_not_taken_for_the_key() {
    let (_folder, ring) = ring();
    ring.new_key_from("a", &passphrase(), &randomness())
        .unwrap();
    let mut der = sealed();
    // The last block but two hides the first half of the secret.
    let index = der.len() - 40;
    der[index] ^= 1;
    assert!(unseal_der(&der).is_ok_and(|secret| *secret != [7; 32]));
    fs::write(ring.secret_path("a"), armoured(&der).unwrap()).unwrap();
    assert!(matches!(
        ring.unlock("a", &passphrase()),
        Err(KeyError::Mismatch { .. })
    ));
}

#[test]
fn secrets_are_not_shown() {
    assert_eq!(format!("{:?}", passphrase()), "Passphrase(…)");
    assert_eq!(format!("{:?}", randomness()), "Randomness(…)");
    let (_folder, ring) = ring();
    ring.new_key_from("a", &passphrase(), &randomness())
        .unwrap();
    let file = fs::read_to_string(ring.secret_path("a")).unwrap();
    assert!(file.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
}

#[test]
fn a_passphrase_file_is_its_first_line() {
    let line = |content: &[u8]| Passphrase::from_file(content.to_vec()).as_bytes().to_vec();
    assert_eq!(line(b"a b\n"), b"a b");
    assert_eq!(line(b"a b\r\nc"), b"a b");
    assert_eq!(line(b" a\xff "), b" a\xff ");
    assert!(Passphrase::from_file(vec![]).is_empty());
    assert!(Passphrase::from_file(b"\n".to_vec()).is_empty());
}
