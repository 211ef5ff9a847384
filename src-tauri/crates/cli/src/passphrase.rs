//! Passphrases: from the first line of a file, or asked for on a terminal. Never from an argument or a variable, and
//! wiped from memory after use.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use understudy_core::keys::Passphrase;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The passphrase of the key `name`, which exists.
pub(crate) fn existing(file: Option<&Path>, name: &str) -> Result<Passphrase, Failure> {
    filled(match file {
        Some(file) => first_line(file)?,
        None => Passphrase::new(ask(&format!("Passphrase of {name}: "))?),
    })
}

/// A passphrase for the new key `name`; on a terminal it is typed twice.
pub(crate) fn new(file: Option<&Path>, name: &str) -> Result<Passphrase, Failure> {
    filled(match file {
        Some(file) => first_line(file)?,
        None => {
            let mut first = Zeroizing::new(ask(&format!("New passphrase for {name}: "))?);
            let second = Zeroizing::new(ask("The same again: ")?);
            if first != second {
                return Err(Failure::PassphrasesDiffer);
            }
            Passphrase::new(std::mem::take(&mut *first))
        }
    })
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

fn first_line(file: &Path) -> Result<Passphrase, Failure> {
    match std::fs::read(file) {
        Ok(content) => Ok(Passphrase::from_file(content)),
        Err(source) => Err(Failure::Read {
            path: file.to_owned(),
            source,
        }),
    }
}

fn ask(question: &str) -> Result<String, Failure> {
    // The question would go to the terminal behind a redirected input, and a script would wait for ever.
    if !std::io::stdin().is_terminal() {
        return Err(Failure::NoTerminal);
    }
    rpassword::prompt_password(question).map_err(Failure::Ask)
}

fn filled(passphrase: Passphrase) -> Result<Passphrase, Failure> {
    if passphrase.is_empty() {
        return Err(Failure::EmptyPassphrase);
    }
    Ok(passphrase)
}
