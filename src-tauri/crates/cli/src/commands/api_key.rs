//! `key api …`: API keys in the system's keychain. They need no workspace, and are never printed.

use std::io::{IsTerminal as _, Read as _};

use serde::Serialize;
use understudy_core::host::data_folder;
use understudy_core::keys::Keychain;
use zeroize::Zeroizing;

use crate::args::ApiKeyCommand;
use crate::failure::{Answer, Failure};
use crate::shell::Shell;
use crate::text::Line;
use crate::text::style::Ink;

/// The most bytes of a key that are read. Access tokens have some thousands.
const KEY_BYTES: u64 = 64 * 1024;

/// The names of the keys in the keychain.
#[derive(Debug, Serialize)]
struct ApiKeyList {
    keys: Vec<ApiKeyEntry>,
}

/// A key by its name.
#[derive(Debug, Serialize)]
struct ApiKeyEntry {
    /// The variable that models name in `key_env`.
    name: String,
}

pub(super) fn api_key(shell: &mut Shell, command: ApiKeyCommand) -> Result<Answer, Failure> {
    let folder = data_folder(shell.host.as_ref()).ok_or(Failure::NoDataFolder)?;
    let keychain = Keychain::system(&folder);
    match command {
        ApiKeyCommand::Set {
            argument: Some(_), ..
        } => return Err(Failure::KeyAsArgument),
        ApiKeyCommand::Set { name, stdin, .. } => {
            let key = if stdin { piped()? } else { asked(&name)? };
            keychain.set(&name, &key)?;
            shell.answer(&ApiKeyEntry { name }, |out, kept: &ApiKeyEntry| {
                out.line(
                    &Line::of(Ink::Good, "✓ ")
                        .then(Ink::Plain, format!("{} is in the keychain", kept.name)),
                );
                out.line(&Line::of(
                    Ink::Dim,
                    "  an environment variable of that name goes first",
                ));
            });
        }
        ApiKeyCommand::List => {
            let names = keychain.names()?.into_iter();
            let keys = names.map(|name| ApiKeyEntry { name }).collect();
            shell.answer(&ApiKeyList { keys }, |out, list: &ApiKeyList| {
                if list.keys.is_empty() {
                    out.say(
                        "There are no API keys in the keychain. \
                         `understudy key api set NAME` puts one there.",
                    );
                }
                for key in &list.keys {
                    out.line(&Line::plain(&key.name));
                }
            });
        }
        ApiKeyCommand::Remove { name } => {
            keychain.remove(&name)?;
            shell.answer(&ApiKeyEntry { name }, |out, gone: &ApiKeyEntry| {
                out.line(
                    &Line::of(Ink::Good, "✓ ")
                        .then(Ink::Plain, format!("{} is out of the keychain", gone.name)),
                );
            });
        }
    }
    Ok(Answer::Yes)
}

/// A key from standard input, all of it.
fn piped() -> Result<Zeroizing<String>, Failure> {
    let mut key = Zeroizing::new(String::new());
    std::io::stdin()
        .take(KEY_BYTES)
        .read_to_string(&mut key)
        .map_err(Failure::AskKey)?;
    Ok(key)
}

/// A key typed or pasted on a terminal, unseen.
fn asked(name: &str) -> Result<Zeroizing<String>, Failure> {
    // The question would go to the terminal behind a redirected input, and a script would wait for ever.
    if !std::io::stdin().is_terminal() {
        return Err(Failure::NoTerminalForKey);
    }
    let key = rpassword::prompt_password(format!("API key for {name}: "));
    key.map(Zeroizing::new).map_err(Failure::AskKey)
}
