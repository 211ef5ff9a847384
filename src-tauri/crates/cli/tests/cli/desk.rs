//! A folder of its own with its own home and keys, in which commands are run, and what came of them.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Desk {
    folder: TempDir,
    /// Set for every command.
    pub(crate) env: Vec<(String, String)>,
}

/// How a command ended. Its `Display` is what snapshots hold.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            env: Vec::new(),
        }
    }

    /// A desk with the sample as its workspace.
    pub(crate) fn with_sample() -> Self {
        let desk = Self::new();
        assert_eq!(desk.run("init --sample").code, 0);
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Changes a file by replacing `old`, which must be there.
    pub(crate) fn edit(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "{name} has no {old}");
        self.write(name, text.replace(old, new));
    }

    /// A command, ready to be run or spawned.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("understudy"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("UNDERSTUDY_KEYS", self.path("keys"))
            .env("UNDERSTUDY_AUTHOR", "Ada")
            .env("COLUMNS", "100")
            .env("TMPDIR", std::env::temp_dir())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        // A coverage run or Windows cannot do without these.
        for name in ["LLVM_PROFILE_FILE", "SystemRoot", "TEMP"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs `command`, its words split at spaces; double quotes keep words together.
    pub(crate) fn run(&self, command: &str) -> Ended {
        let words = split(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.ended(self.command(&words).output().unwrap())
    }

    /// Runs a command that reads `input` from standard input.
    pub(crate) fn feed(&self, command: &str, input: &str) -> Ended {
        let words = split(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut child = self
            .command(&words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        self.ended(child.wait_with_output().unwrap())
    }

    pub(crate) fn ended(&self, output: std::process::Output) -> Ended {
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            let folder = self.folder.path().canonicalize().unwrap();
            text.replace(&folder.display().to_string(), "$DESK")
                .replace(&self.folder.path().display().to_string(), "$DESK")
        };
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs a command with `--json` and reads its document.
    pub(crate) fn json(&self, command: &str) -> Value {
        let ended = self.run(&format!("{command} --json"));
        serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("{command}: {error}\n{ended}"))
    }

    /// Names of everything in a folder, sorted.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(name))
            .map(|entries| {
                entries
                    .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }

    /// Every file below a folder with its bytes.
    pub(crate) fn tree(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        fn walk(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(root, &path, files);
                } else {
                    let name = path
                        .strip_prefix(root)
                        .unwrap()
                        .to_string_lossy()
                        .into_owned();
                    files.push((name, fs::read(&path).unwrap()));
                }
            }
        }
        let mut files = Vec::new();
        walk(&self.path(name), &self.path(name), &mut files);
        files.sort();
        files
    }
}

fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in command.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

impl Ended {
    /// What changes from day to day taken out: dates, days left, ids.
    pub(crate) fn settled(&self) -> String {
        let mut shown = String::new();
        for word in self
            .to_string()
            .split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let rest = &word[bare.len()..];
            let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
            let is_date = bare.len() == 10
                && bare.split('-').map(str::len).eq([4, 2, 2])
                && bare.split('-').all(digits);
            let is_hex = bare.len() >= 12 && bare.chars().all(|c| c.is_ascii_hexdigit());
            shown += if is_date {
                "yyyy-mm-dd"
            } else if is_hex {
                "(hex)"
            } else {
                bare
            };
            shown += rest;
        }
        // `8 days left`: the sample's dates are offsets from today, but a test may run over midnight.
        let mut lines: Vec<String> = Vec::new();
        for line in shown.split('\n') {
            let mut line = line.to_owned();
            if let Some(at) = line.find(" days left") {
                let start = line[..at]
                    .rfind(|c: char| !c.is_ascii_digit())
                    .map_or(0, |at| at + 1);
                if start < at {
                    line.replace_range(start..at, "N");
                }
            }
            lines.push(line);
        }
        lines.join("\n")
    }

    /// Asserts the exit code, with everything that was printed if it is another.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            writeln!(f, "[stderr]\n{}", self.stderr.trim_end())?;
        }
        write!(f, "[exit {}]", self.code)
    }
}
