//! `prompt …`.

use understudy_core::workspace::view::{PromptDetail, PromptList, Track};

use super::{change, heading};
use crate::args::PromptCommand;
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::table::Table;
use crate::text::{Line, counted, date, paragraph};

pub(super) async fn prompt(shell: &mut Shell, command: PromptCommand) -> Result<Answer, Failure> {
    let workspace = shell.open().await?;
    match command {
        PromptCommand::List => {
            let list = workspace.prompts().await?;
            shell.answer(&list, print_list);
        }
        PromptCommand::Show { prompt } => {
            let detail = workspace.prompt(&prompt).await?;
            let sample = workspace.is_sample().await?;
            let host = shell.host.clone();
            shell.answer(&detail, |out, detail| {
                print_detail(out, detail, sample);
                if !detail.changes.is_empty() {
                    out.blank();
                    out.table(&change::table(&detail.changes, false, host.as_ref()));
                }
            });
        }
    }
    Ok(Answer::Yes)
}

fn print_list(out: &mut Out, list: &PromptList) {
    if list.prompts.is_empty() {
        out.say("There are no prompts.");
        return;
    }
    let mut table = Table::new(&["PROMPT", "POLICY", "OWNER", "PRIMARY", "FALLBACKS"], 4);
    for prompt in &list.prompts {
        let names: Vec<&str> = prompt
            .fallbacks
            .iter()
            .map(|model| model.as_str())
            .collect();
        let fallbacks = if names.is_empty() {
            Line::of(Ink::Dim, "none")
        } else {
            Line::plain(names.join(", "))
        };
        table.row(vec![
            Line::of(Ink::Bold, prompt.name.as_str()),
            Line::plain(prompt.policy.as_str()),
            Line::plain(&prompt.owner),
            Line::plain(
                prompt
                    .primary
                    .as_ref()
                    .map_or("none", |model| model.as_str()),
            ),
            fallbacks,
        ]);
    }
    out.table(&table);
}

fn print_detail(out: &mut Out, detail: &PromptDetail, sample: bool) {
    out.line(&heading(detail.name.as_str(), sample));
    let margins = format!(
        "{} · owner {} · chain {} · {} · margins {:.0} points, length {:.2}",
        detail.policy.as_str(),
        detail.owner,
        detail.chain,
        counted(detail.cases, "case", "cases"),
        detail.margin_share * 100.0,
        detail.margin_length,
    );
    out.say(margins);
    for (title, text) in [
        ("Why", &detail.policy_reason),
        ("Until", &detail.policy_until),
        ("In an outage callers get", &detail.policy_message),
    ] {
        if let Some(text) = text {
            out.say(format!("{title}: {text}"));
        }
    }
    out.blank();
    let mut table = Table::new(
        &[
            "MODEL",
            "ROLE",
            "HEAD",
            "VERSIONS",
            "LAST SAVED",
            "STANDING",
        ],
        5,
    );
    for track in &detail.tracks {
        table.row(row(track));
    }
    out.table(&table);
}

fn row(track: &Track) -> Vec<Line> {
    let last = track.versions.iter().find(|version| version.head);
    let standing = match (track.head, track.behind) {
        (None, _) => Line::of(Ink::Error, "◆ missing"),
        (Some(_), 0) => Line::of(Ink::Good, "✓ in step"),
        (Some(_), behind) => Line::of(Ink::Error, format!("◆ behind by {behind}")),
    };
    let is_primary = track.role == "primary" && track.head.is_some();
    vec![
        Line::of(Ink::Bold, track.model.as_str()),
        Line::plain(&track.role),
        Line::plain(
            track
                .head
                .map_or_else(|| "–".to_owned(), |head| format!("v{head}")),
        ),
        Line::plain(track.versions.len().to_string()),
        Line::plain(last.map_or("never", |version| date::day(&version.at))),
        if is_primary { Line::new() } else { standing },
    ]
}

/// Versions of one track, latest first.
pub(super) fn print_track(out: &mut Out, track: &Track) {
    let title =
        Line::of(Ink::Bold, track.model.as_str()).then(Ink::Dim, format!("  {}", track.role));
    let title = match (track.head, track.behind) {
        (None, _) => title.then(Ink::Error, "  ◆ missing"),
        (Some(_), 0) => title,
        (Some(_), behind) => title.then(Ink::Error, format!("  ◆ behind by {behind}")),
    };
    out.line(&title);
    for version in track.versions.iter().rev() {
        let mut line = Line::plain("  ").then(Ink::Bold, format!("v{}", version.number));
        line.push(
            Ink::Dim,
            format!("  {}  {}", date::minute(&version.at), version.author),
        );
        if version.head {
            line.push(Ink::Good, "  head");
        }
        if let Some(parent) = version.parent.filter(|parent| parent + 1 != version.number) {
            line.push(Ink::Dim, format!("  from v{parent}"));
        }
        if !version.answers.is_empty() {
            let answers: Vec<String> = version.answers.iter().map(|n| format!("v{n}")).collect();
            line.push(Ink::Dim, format!("  answers {}", answers.join(", ")));
        }
        line.push(
            Ink::Dim,
            format!("  {}", version.content_id.get(..12).unwrap_or_default()),
        );
        out.line(&line);
        let width = out.width();
        for line in paragraph(Ink::Plain, &version.message, 6, width) {
            out.line(&line);
        }
    }
}
