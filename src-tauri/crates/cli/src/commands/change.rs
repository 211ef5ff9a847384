//! `change …` and `accept`.

use understudy_core::host::Host;
use understudy_core::ledger::{Change, ChangeState};
use understudy_core::workspace::view::{Accepted, ChangeList, Settled};

use super::findings;
use crate::args::{AcceptArgs, ChangeCommand};
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::table::Table;
use crate::text::{Line, date, pieces};

pub(super) async fn change(shell: &mut Shell, command: ChangeCommand) -> Result<Answer, Failure> {
    let workspace = shell.open().await?;
    let host = shell.host.clone();
    match command {
        ChangeCommand::List { prompt, unmatched } => {
            let list = workspace.changes(prompt.as_deref(), unmatched).await?;
            shell.answer(&list, |out, list| {
                print_list(out, list, unmatched, host.as_ref())
            });
        }
        ChangeCommand::Match {
            prompt,
            version,
            model,
            with,
        } => {
            let settled = workspace
                .match_change(&prompt, version, &model, with)
                .await?;
            shell.answer(&settled, |out, settled| {
                print_settled(out, settled, host.as_ref());
                print_edit(out, settled);
                findings::aftermath(out, settled.change.prompt.as_str(), &settled.findings);
            });
        }
        ChangeCommand::Waive {
            prompt,
            version,
            model,
            reason,
            until,
        } => {
            let until = until.as_deref();
            let settled = workspace
                .waive_change(&prompt, version, &model, &reason, until)
                .await?;
            shell.answer(&settled, |out, settled| {
                print_settled(out, settled, host.as_ref());
                findings::aftermath(out, settled.change.prompt.as_str(), &settled.findings);
            });
        }
    }
    Ok(Answer::Yes)
}

pub(super) async fn accept(shell: &mut Shell, args: &AcceptArgs) -> Result<Answer, Failure> {
    let workspace = shell.open().await?;
    let accepted = workspace
        .accept_finding(
            &args.code,
            &args.prompt,
            args.model.as_deref(),
            &args.reason,
            args.until.as_deref(),
        )
        .await?;
    let host = shell.host.clone();
    shell.answer(&accepted, |out, accepted: &Accepted| {
        let on = accepted
            .model
            .as_ref()
            .map(|model| format!(" on {model}"))
            .unwrap_or_default();
        let text = format!(
            "{} of {}{on} is accepted until {}, for today's heads",
            accepted.code,
            accepted.prompt,
            date::until(&accepted.until, host.as_ref())
        );
        out.hang(&Line::of(Ink::Good, "✓ ").then(Ink::Plain, text), 2);
    });
    Ok(Answer::Yes)
}

fn print_list(out: &mut Out, list: &ChangeList, unmatched: bool, host: &dyn Host) {
    if list.changes.is_empty() {
        let text = if unmatched {
            "✓ every primary change is matched or waived on every fallback"
        } else {
            "there are no changes since the fallbacks began"
        };
        out.line(&Line::of(
            if unmatched { Ink::Good } else { Ink::Plain },
            text,
        ));
        return;
    }
    out.table(&table(&list.changes, true, host));
}

/// Changes as rows; `named` says that the prompt has a column.
pub(super) fn table(changes: &[Change], named: bool, host: &dyn Host) -> Table {
    let mut head = vec!["PROMPT", "CHANGE", "MESSAGE", "SAVED", "MODEL", "STATE"];
    if !named {
        head.remove(0);
    }
    let mut table = Table::new(&head, head.len() - 1);
    for change in changes {
        let mut cells = vec![
            Line::of(Ink::Bold, format!("v{}", change.version)),
            Line::plain(&change.message),
            Line::of(Ink::Dim, date::day(&change.at)),
            Line::plain(change.model.as_str()),
            state(change, host),
        ];
        if named {
            cells.insert(0, Line::plain(change.prompt.as_str()));
        }
        table.row(cells);
    }
    table
}

fn state(change: &Change, host: &dyn Host) -> Line {
    let until = || {
        change
            .until
            .as_deref()
            .map_or_else(String::new, |until| date::until(until, host))
    };
    match change.state {
        ChangeState::Matched => {
            let with = change
                .with
                .map(|version| format!(" by v{version}"))
                .unwrap_or_default();
            Line::of(Ink::Good, "✓ matched").then(Ink::Plain, with)
        }
        ChangeState::Waived => Line::of(Ink::Warning, "▲ waived")
            .then(Ink::Plain, format!(" until {}", until()))
            .then(
                Ink::Dim,
                format!(": {}", change.reason.as_deref().unwrap_or_default()),
            ),
        ChangeState::Unmatched if change.expired => Line::of(Ink::Error, "◆ unmatched")
            .then(Ink::Plain, format!(", waiver ended {}", until())),
        ChangeState::Unmatched => Line::of(Ink::Error, "◆ unmatched"),
        ChangeState::None => Line::of(Ink::Dim, "– nothing to carry over"),
    }
}

fn print_settled(out: &mut Out, settled: &Settled, host: &dyn Host) {
    let change = &settled.change;
    let line = Line::of(Ink::Bold, change.prompt.as_str())
        .then(
            Ink::Plain,
            format!(
                " v{} \"{}\" on {}: ",
                change.version, change.message, change.model
            ),
        )
        .join(state(change, host));
    out.hang(&line, 2);
}

fn print_edit(out: &mut Out, settled: &Settled) {
    let model = &settled.change.model;
    match &settled.edit {
        None => out.line(&Line::of(Ink::Warning, "▲ no edit").then(
            Ink::Plain,
            format!(": {model} has not changed since its last match"),
        )),
        Some(edit) => {
            out.say(format!("{model}'s edit since its last match:"));
            out.lines(&pieces::plus_minus(edit));
        }
    }
}
