//! Where a user's data and signing keys are: one answer for window and terminal, or each would have its own keys.

use std::path::PathBuf;

use super::Host;

/// The keys folder; `None` when the environment names neither it nor a home. It need not exist.
pub fn keys_folder(host: &dyn Host) -> Option<PathBuf> {
    if let Some(folder) = host.env("UNDERSTUDY_KEYS") {
        return Some(PathBuf::from(folder));
    }
    data_folder(host).map(|data| data.join("keys"))
}

/// The user's data folder for this program; `None` when the environment does not tell. It need not exist.
pub fn data_folder(host: &dyn Host) -> Option<PathBuf> {
    user_folder(host, std::env::consts::OS).map(|data| data.join("understudy"))
}

fn user_folder(host: &dyn Host, system: &str) -> Option<PathBuf> {
    let home = || host.env("HOME").map(PathBuf::from);
    match system {
        "windows" => host.env("APPDATA").map(PathBuf::from).or_else(|| {
            Some(
                PathBuf::from(host.env("USERPROFILE")?)
                    .join("AppData")
                    .join("Roaming"),
            )
        }),
        "macos" => Some(home()?.join("Library").join("Application Support")),
        _ => host
            .env("XDG_DATA_HOME")
            .map(PathBuf::from)
            // The base directory specification: a relative path is to be ignored.
            .filter(|folder| folder.is_absolute())
            .or_else(|| Some(home()?.join(".local").join("share"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug)]
    struct Env(BTreeMap<&'static str, &'static str>);

    impl Host for Env {
        fn now_millis(&self) -> i64 {
            0
        }

        fn new_id(&self) -> String {
            String::new()
        }

        fn env(&self, name: &str) -> Option<String> {
            self.0.get(name).map(|value| (*value).to_owned())
        }
    }

    fn folder(system: &str, env: &[(&'static str, &'static str)]) -> Option<String> {
        let host = Env(env.iter().copied().collect());
        user_folder(&host, system).map(|path| path.to_string_lossy().into_owned())
    }

    #[test]
    fn each_system_has_its_own_place() {
        let home = ("HOME", "/home/ada");
        assert_eq!(
            folder("linux", &[home]).as_deref(),
            Some("/home/ada/.local/share")
        );
        assert_eq!(
            folder("linux", &[home, ("XDG_DATA_HOME", "/data")]).as_deref(),
            Some("/data")
        );
        assert_eq!(
            folder("linux", &[home, ("XDG_DATA_HOME", "data")]).as_deref(),
            Some("/home/ada/.local/share")
        );
        assert_eq!(
            folder("macos", &[home]).as_deref(),
            Some("/home/ada/Library/Application Support")
        );
        assert_eq!(folder("windows", &[("APPDATA", "A")]).as_deref(), Some("A"));
        assert_eq!(folder("linux", &[]), None);
    }

    #[test]
    fn the_variable_comes_first() {
        let host = Env([("UNDERSTUDY_KEYS", "k"), ("HOME", "/h")].into());
        assert_eq!(keys_folder(&host), Some(PathBuf::from("k")));
    }
}
