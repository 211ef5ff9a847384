//! Passphrases: from the first line of a file, or asked for on a terminal. Never from an argument or a variable, and
//! wiped from memory after use.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use understudy_core::keys::Passphrase;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The passphrase of the key `name`, which exists.
pub(crate) fn existing(file: Option<&Path>, name: &str) -> Result<Passphrase, Failure> {
    match file {
        Some(file) => first_line(file),
        None => ask(&format!("Passphrase of {name}: ")),
    }
    .and_then(passphrase)
}

/// A passphrase for the new key `name`; on a terminal it is typed twice.
pub(crate) fn new(file: Option<&Path>, name: &str) -> Result<Passphrase, Failure> {
    let typed = match file {
        Some(file) => first_line(file)?,
        None => {
            let first = ask(&format!("New passphrase for {name}: "))?;
            let second = ask("The same again: ")?;
            if first != second {
                return Err(Failure::PassphrasesDiffer);
            }
            first
        }
    };
    passphrase(typed)
}

/// The passphrases of several keys: one file serves all, or each has its own.
pub(crate) fn of_each(
    files: &[PathBuf],
    names: &[String],
) -> Result<Vec<(String, Passphrase)>, Failure> {
    if files.len() > 1 && files.len() != names.len() {
        return Err(Failure::PassphraseFiles {
            keys: names.len(),
            files: files.len(),
        });
    }
    names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let file = files.get(at).or_else(|| files.first());
            Ok((name.clone(), existing(file.map(PathBuf::as_path), name)?))
        })
        .collect()
}

fn first_line(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = Zeroizing::new(std::fs::read(file).map_err(|source| Failure::Read {
        path: file.to_owned(),
        source,
    })?);
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::NotText {
        path: file.to_owned(),
    })?;
    Ok(Zeroizing::new(
        text.lines().next().unwrap_or_default().to_owned(),
    ))
}

fn ask(question: &str) -> Result<Zeroizing<String>, Failure> {
    // The question would go to the terminal behind a redirected input, and a script would wait for ever.
    if !std::io::stdin().is_terminal() {
        return Err(Failure::NoTerminal);
    }
    rpassword::prompt_password(question)
        .map(Zeroizing::new)
        .map_err(Failure::Ask)
}

fn passphrase(typed: Zeroizing<String>) -> Result<Passphrase, Failure> {
    if typed.is_empty() {
        return Err(Failure::EmptyPassphrase);
    }
    Ok(crate::commands::pending::passphrase(typed))
}
