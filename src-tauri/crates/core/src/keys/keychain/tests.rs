use std::sync::atomic::{AtomicUsize, Ordering};

use keyring_core::mock;

use super::*;

fn key(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// A keychain over a store of the test's, which counts how often it is opened.
fn keychain(folder: &Path) -> (Keychain, Arc<mock::Store>, Arc<AtomicUsize>) {
    let store = mock::Store::new().unwrap();
    let opened = Arc::new(AtomicUsize::new(0));
    let (given, count) = (store.clone(), opened.clone());
    let keychain = Keychain::with_store(folder, move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(given.clone())
    });
    (keychain, store, opened)
}

/// Makes the next use of the key fail like this.
fn fails(store: &Arc<mock::Store>, name: &str, error: StoreError) {
    let store: Arc<CredentialStore> = store.clone();
    let entry = store.build(SERVICE, name, None).unwrap();
    let entry: &mock::Cred = entry.as_any().downcast_ref().unwrap();
    entry.set_error(error);
}

#[test]
fn a_key_is_kept_given_and_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a/data");
    let (keychain, store, opened) = keychain(&data);
    assert_eq!(keychain.names().unwrap(), Vec::<String>::new());
    assert!(keychain.get("B_KEY").unwrap().is_none());
    assert_eq!(opened.load(Ordering::Relaxed), 0, "nobody chose a keychain");

    keychain.set("B_KEY", &key(" planted-b\n")).unwrap();
    keychain.set("A_KEY", &key("planted-a")).unwrap();
    keychain.set("A_KEY", &key("planted-c")).unwrap();
    assert_eq!(keychain.names().unwrap(), ["A_KEY", "B_KEY"]);
    assert_eq!(**keychain.get("A_KEY").unwrap().unwrap(), *"planted-c");
    assert_eq!(**keychain.get("B_KEY").unwrap().unwrap(), *"planted-b");
    assert_eq!(opened.load(Ordering::Relaxed), 1, "one store serves all");
    // The list holds names and nothing else, and no draft of it is left.
    let files: Vec<_> = fs::read_dir(&data).unwrap().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(
        fs::read_to_string(data.join(LIST)).unwrap(),
        "A_KEY\nB_KEY\n"
    );

    // Another process sees the same.
    let again = Keychain::with_store(&data, move || Ok(store.clone()));
    again.remove("A_KEY").unwrap();
    assert_eq!(keychain.names().unwrap(), ["B_KEY"]);
    assert!(keychain.get("A_KEY").unwrap().is_none());
    assert!(matches!(
        keychain.remove("A_KEY"),
        Err(KeychainError::NotKept { .. })
    ));
}

#[test]
fn names_and_keys_that_cannot_be_are_refused_before_anything_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (keychain, _, opened) = keychain(folder.path());
    for name in ["", "1A", "A-KEY", "A KEY", "Ä", "A=B", &"A".repeat(129)] {
        let refused = keychain.set(name, &key("k")).unwrap_err();
        assert!(matches!(refused, KeychainError::Name { .. }), "{name}");
    }
    assert!(matches!(
        keychain.set("A", &key(" \n")),
        Err(KeychainError::Empty)
    ));
    for unfit in ["a\nb", "ä", "a\u{7}"] {
        let refused = keychain.set("A", &key(unfit)).unwrap_err();
        assert!(matches!(refused, KeychainError::Unfit));
        assert!(!refused.to_string().contains(unfit));
    }
    assert_eq!(opened.load(Ordering::Relaxed), 0);
    assert_eq!(keychain.names().unwrap(), Vec::<String>::new());
}

#[test]
fn a_system_without_a_keychain_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = Keychain::with_store(folder.path(), || {
        Err(StoreError::PlatformFailure("no D-Bus here".into()))
    });
    let error = keychain.set("A_KEY", &key("planted")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the system's keychain cannot be used (no D-Bus here); set the environment variable A_KEY instead"
    );
    assert_eq!(keychain.names().unwrap(), Vec::<String>::new());
}

#[test]
fn a_keychain_that_does_not_give_its_key_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (keychain, store, _) = keychain(folder.path());
    keychain.set("A_KEY", &key("planted")).unwrap();
    fails(
        &store,
        "A_KEY",
        StoreError::NoStorageAccess("it is locked".into()),
    );
    let locked = keychain.get("A_KEY").unwrap_err();
    assert!(locked.to_string().contains("(it is locked)"), "{locked}");
    // What was read is part of some errors.
    fails(
        &store,
        "A_KEY",
        StoreError::BadEncoding(b"planted".to_vec()),
    );
    let odd = keychain.get("A_KEY").unwrap_err();
    assert!(!format!("{odd} {odd:?}").contains("112"), "{odd:?}");
    // While it cannot be taken out, its name stays on the list.
    fails(&store, "A_KEY", StoreError::NoStorageAccess("no".into()));
    assert!(keychain.remove("A_KEY").is_err());
    assert_eq!(keychain.names().unwrap(), ["A_KEY"]);
    // Somebody else took it out.
    let other: Arc<CredentialStore> = store;
    let entry = other.build(SERVICE, "A_KEY", None).unwrap();
    entry.delete_credential().unwrap();
    assert!(matches!(
        keychain.get("A_KEY"),
        Err(KeychainError::Gone { .. })
    ));
    keychain.remove("A_KEY").unwrap();
}

#[test]
fn a_list_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (keychain, ..) = keychain(folder.path());
    fs::create_dir(folder.path().join(LIST)).unwrap();
    for result in [
        keychain.names().map(drop),
        keychain.get("A").map(drop),
        keychain.set("A", &key("k")),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, KeychainError::List { .. }), "{error}");
    }
    // Lines that are no names are passed over.
    fs::remove_dir(folder.path().join(LIST)).unwrap();
    fs::write(folder.path().join(LIST), "B\n\n# no\nA\r\nA\n").unwrap();
    assert_eq!(keychain.names().unwrap(), ["A", "B"]);
}
