//! How a command ends: the exit codes, and what could not be done in one sentence.

use std::io;
use std::path::PathBuf;

use understudy_core::keys::KeychainError;
use understudy_core::telemetry::TelemetryError;
use understudy_core::workspace::Error;

use crate::text::visible::visible;

/// What a command answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Done, or: the answer is yes.
    Yes,
    /// The answer is no.
    No,
    /// Some calls of a run failed, or were not made because it was stopped.
    SomeFailed,
}

impl Answer {
    /// Yes or no.
    pub(crate) fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::SomeFailed => 3,
        }
    }
}

/// The exit code of everything that is no answer: usage, bad input, files that cannot be read or written.
pub(crate) const FAILED: u8 = 2;

/// A command that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The workspace says why.
    #[error(transparent)]
    Workspace(#[from] Error),
    /// A file that was named cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that was named is not text.
    #[error("{} is not UTF-8 text", .path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// A prompt file that was refused.
    #[error("{}, line {line}: {reason}. Nothing was saved", .path.display())]
    PromptFile {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// Standard output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
    /// A passphrase is needed and nobody can be asked.
    #[error(
        "a passphrase is needed and there is no terminal to ask on: name a file with --passphrase-file FILE"
    )]
    NoTerminal,
    /// A passphrase could not be read from the terminal.
    #[error("the passphrase could not be read: {0}")]
    Ask(io::Error),
    /// The passphrase file is empty, or nothing was typed.
    #[error("an empty passphrase protects nothing; nothing was done")]
    EmptyPassphrase,
    /// The passphrase was typed differently the second time.
    #[error("the two passphrases differ; nothing was done")]
    PassphrasesDiffer,
    /// More keys than passphrase files.
    #[error("{files} passphrase files for {keys} --sign: give one for all keys, or one for each")]
    PassphraseFiles {
        /// Keys.
        keys: usize,
        /// Files.
        files: usize,
    },
    /// The keychain says why.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// An API key is needed and nobody can be asked.
    #[error("an API key is needed and there is no terminal to ask on: pipe it in with --stdin")]
    NoTerminalForKey,
    /// An API key on the command line.
    #[error(
        "a key is no argument, because other users of the machine can read those: type it when asked, or pipe it in with --stdin"
    )]
    KeyAsArgument,
    /// An API key could not be read.
    #[error("the API key could not be read: {0}")]
    AskKey(io::Error),
    /// No folder for the names of API keys can be found.
    #[error("there is no home folder to keep the names of API keys in: set HOME")]
    NoDataFolder,
    /// No folder for keys can be found.
    #[error("there is no home folder to keep keys in: set UNDERSTUDY_KEYS to a folder")]
    NoKeysFolder,
    /// A pair `A=B` without `=`.
    #[error("`{given}` is not in the form {form}")]
    NotAPair {
        /// What was given.
        given: String,
        /// What is wanted.
        form: &'static str,
    },
    /// The runtime could not start.
    #[error("the program could not start: {0}")]
    Start(io::Error),
    /// Telemetry is asked for in a way that cannot be followed.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The tour is prose.
    #[error("the demo is a tour for people and has no JSON form")]
    NoJson,
    /// The tour could not be given.
    #[error("the demo could not {what}: {source}")]
    Demo {
        /// What was tried.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A command of the tour did not end as its story says.
    #[error("the demo is broken: `{command}` ended with {code}")]
    DemoStep {
        /// The command.
        command: String,
        /// Its exit code.
        code: u8,
    },
}

/// `error: ` and the sentence; what it quotes cannot steer the terminal.
pub(crate) fn sentence(failure: &Failure) -> String {
    format!("error: {}", visible(&without_numbers(&failure.to_string())))
}

/// The system's words for what went wrong, without its number: `(os error 2)` helps nobody.
fn without_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part.trim_start_matches(|c: char| c.is_ascii_digit());
        match number.strip_prefix(')') {
            Some(rest) if number.len() < part.len() => kept.push_str(rest),
            _ => {
                kept.push_str(" (os error ");
                kept.push_str(part);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_numbers;

    #[test]
    fn error_numbers_are_left_out() {
        for (text, expected) in [
            (
                "cannot read a: No such file (os error 2)",
                "cannot read a: No such file",
            ),
            ("a (os error 2). Nothing was done", "a. Nothing was done"),
            ("a (os error x) b", "a (os error x) b"),
            ("a (os error )", "a (os error )"),
        ] {
            assert_eq!(without_numbers(text), expected);
        }
    }
}
