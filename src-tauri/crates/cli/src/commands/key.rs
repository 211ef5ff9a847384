//! `key …`: the signing keys. They need no workspace.

use serde::Serialize;
use understudy_core::workspace::view::{KeyEntry, KeyList};
use understudy_core::workspace::{export_key, key_list, new_key};

use crate::args::KeyCommand;
use crate::failure::{Answer, Failure};
use crate::passphrase;
use crate::shell::Shell;
use crate::text::Line;
use crate::text::style::Ink;
use crate::text::table::Table;

/// The public half of a key.
#[derive(Debug, Serialize)]
struct Exported {
    /// Its name.
    name: String,
    /// PEM.
    public_key: String,
}

pub(super) fn key(shell: &mut Shell, command: KeyCommand) -> Result<Answer, Failure> {
    match command {
        KeyCommand::New {
            name,
            passphrase_file,
        } => {
            let passphrase = passphrase::new(passphrase_file.as_deref(), &name)?;
            let made = new_key(shell.keys()?, &name, &passphrase)?;
            let folder = shell.keys()?.display().to_string();
            shell.answer(&made, |out, made: &KeyEntry| {
                out.line(
                    &Line::of(Ink::Good, "✓ ")
                        .then(Ink::Plain, format!("key {} in {folder}", made.name)),
                );
                out.line(&Line::of(Ink::Dim, format!("  key id {}", made.keyid)));
            });
        }
        KeyCommand::List => {
            let list = key_list(shell.keys()?)?;
            let folder = shell.keys()?.display().to_string();
            shell.answer(&list, |out, list: &KeyList| {
                if list.keys.is_empty() {
                    out.say(format!(
                        "There are no keys in {folder}. `understudy key new NAME` makes one."
                    ));
                    return;
                }
                let mut table = Table::new(&["KEY", "KEY ID"], 1);
                for key in &list.keys {
                    table.row(vec![
                        Line::of(Ink::Bold, &key.name),
                        Line::plain(&key.keyid),
                    ]);
                }
                out.table(&table);
            });
        }
        KeyCommand::Export { name } => {
            let exported = Exported {
                public_key: export_key(shell.keys()?, &name)?,
                name,
            };
            // PEM is what other programs read: not a word around it.
            shell.answer(&exported, |out, exported| {
                out.bytes(exported.public_key.as_bytes())
            });
        }
        KeyCommand::Api(command) => return super::api_key::api_key(shell, command),
    }
    Ok(Answer::Yes)
}
