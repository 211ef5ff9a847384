//! Which workspace the window opens, and where keys are kept. Pure: the arguments and the environment are passed in.

use std::path::PathBuf;

use understudy_core::host::{Host, data_folder, keys_folder};

/// The file of the window's own workspace inside the user's data folder.
const OWN_FILE: &str = "workspace.understudy";

/// There is nowhere to put anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The environment names neither a data folder nor a home.
    #[error(
        "no folder for the user's data is known: set HOME, or name a workspace file and UNDERSTUDY_KEYS"
    )]
    NoDataFolder,
}

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The workspace file.
    pub file: PathBuf,
    /// Whether the sample is made there when nothing exists. Only for the window's own file: a name somebody gave is
    /// never filled with something else.
    pub make_sample: bool,
    /// The folder of the signing keys; it need not exist.
    pub keys: PathBuf,
}

impl Place {
    /// The file given, else `UNDERSTUDY_WORKSPACE`, else the window's own file in the user's data folder. Keys are in
    /// `UNDERSTUDY_KEYS`, else in the user's data folder, where the command line keeps them too.
    pub fn find(given: Option<PathBuf>, host: &dyn Host) -> Result<Self, PlaceError> {
        let keys = keys_folder(host).ok_or(PlaceError::NoDataFolder)?;
        let named = given.or_else(|| host.env("UNDERSTUDY_WORKSPACE").map(PathBuf::from));
        Ok(match named {
            Some(file) => Self {
                file,
                make_sample: false,
                keys,
            },
            None => Self {
                file: data_folder(host)
                    .ok_or(PlaceError::NoDataFolder)?
                    .join(OWN_FILE),
                make_sample: true,
                keys,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

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
            self.0.get(name).map(ToString::to_string)
        }
    }

    fn find<const N: usize>(
        given: Option<&str>,
        env: [(&'static str, &'static str); N],
    ) -> Result<Place, PlaceError> {
        Place::find(given.map(PathBuf::from), &Env(env.into()))
    }

    #[test]
    fn a_named_file_goes_before_the_environment_and_that_before_our_own() {
        let env = [
            ("UNDERSTUDY_WORKSPACE", "/w/env.understudy"),
            ("UNDERSTUDY_KEYS", "/k"),
        ];
        let given = find(Some("given.understudy"), env).unwrap();
        assert_eq!(given.file, Path::new("given.understudy"));
        assert!(!given.make_sample);
        let from_env = find(None, env).unwrap();
        assert_eq!(from_env.file, Path::new("/w/env.understudy"));
        assert!(!from_env.make_sample);
        assert_eq!(from_env.keys, Path::new("/k"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_file_and_keys_lie_in_the_data_folder() {
        let home = find(None, [("HOME", "/home/ada")]).unwrap();
        assert_eq!(
            home.file,
            Path::new("/home/ada/.local/share/understudy/workspace.understudy")
        );
        assert_eq!(
            home.keys,
            Path::new("/home/ada/.local/share/understudy/keys")
        );
        assert!(home.make_sample);
        let xdg = find(None, [("HOME", "/home/ada"), ("XDG_DATA_HOME", "/data")]).unwrap();
        assert_eq!(xdg.file, Path::new("/data/understudy/workspace.understudy"));
    }

    #[test]
    fn without_a_home_it_is_said() {
        assert_eq!(find(None, []), Err(PlaceError::NoDataFolder));
        assert_eq!(
            find(Some("w.understudy"), []),
            Err(PlaceError::NoDataFolder)
        );
        assert!(find(Some("w.understudy"), [("UNDERSTUDY_KEYS", "/k")]).is_ok());
    }
}
