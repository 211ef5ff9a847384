use futures::future::join_all;

use super::*;
use crate::keys::mocked;

#[derive(Debug)]
struct World(&'static [(&'static str, &'static str)]);

impl Host for World {
    fn now_millis(&self) -> i64 {
        0
    }

    fn new_id(&self) -> String {
        String::new()
    }

    fn env(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

/// Keys with these in the keychain.
fn keys(
    env: &'static [(&'static str, &'static str)],
    kept: &[(&str, &str)],
) -> (Keys, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let keychain = mocked::keychain(folder.path(), kept);
    (
        Keys::with_keychain(Arc::new(World(env)), Some(keychain)),
        folder,
    )
}

async fn got(keys: &Keys, name: &str) -> Option<String> {
    let key = keys.api_key(name).await.unwrap()?;
    Some(key.expose().to_owned())
}

#[test]
fn a_key_is_never_shown() {
    let key = ApiKey::new("sk-planted".into());
    assert_eq!(format!("{key:?}"), "ApiKey(…)");
    let (keys, _folder) = keys(&[], &[]);
    assert!(!format!("{keys:?}").contains("planted"));
}

#[tokio::test]
async fn the_environment_goes_before_the_keychain() {
    let (keys, _folder) = keys(
        &[("A_KEY", "from-env\n"), ("B_KEY", " ")],
        &[("A_KEY", "kept-a"), ("B_KEY", "kept-b")],
    );
    assert_eq!(got(&keys, "A_KEY").await.as_deref(), Some("from-env"));
    assert_eq!(got(&keys, "C_KEY").await, None);
    assert!(!keys.keychain.as_ref().unwrap().is_open());
    assert_eq!(got(&keys, "B_KEY").await.as_deref(), Some("kept-b"));
}

#[tokio::test]
async fn the_keychain_is_asked_once_for_calls_that_start_together() {
    let (keys, folder) = keys(&[], &[("A_KEY", "kept")]);
    let all = join_all((0..100).map(|_| got(&keys, "A_KEY"))).await;
    assert!(all.iter().all(|key| key.as_deref() == Some("kept")));
    // Not from the keychain any more: its list is gone.
    std::fs::remove_file(folder.path().join("api-keys")).unwrap();
    assert_eq!(got(&keys, "A_KEY").await.as_deref(), Some("kept"));
}

#[tokio::test]
async fn a_keychain_that_fails_is_an_error_and_no_missing_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("api-keys"), "A_KEY\n").unwrap();
    let keychain = mocked::broken(folder.path());
    let keys = Keys::with_keychain(Arc::new(World(&[])), Some(keychain));
    let error = keys.api_key("A_KEY").await.unwrap_err();
    assert!(matches!(error, KeychainError::Unusable { .. }), "{error}");
    assert!(keys.api_key("B_KEY").await.unwrap().is_none());
}

#[tokio::test]
async fn without_a_data_folder_there_is_only_the_environment() {
    let keys = Keys::new(Arc::new(World(&[("A_KEY", "k")])));
    assert!(keys.keychain.is_none());
    assert_eq!(got(&keys, "A_KEY").await.as_deref(), Some("k"));
    assert_eq!(got(&keys, "B_KEY").await, None);
}
