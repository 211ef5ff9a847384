//! `sync`.

use understudy_core::workspace::view::SyncReport;
use understudy_core::workspace::{SyncMode, Take};

use crate::args::{SyncArgs, TakeSide};
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::Line;
use crate::text::style::Ink;

pub(super) async fn sync(shell: &mut Shell, args: &SyncArgs) -> Result<Answer, Failure> {
    let workspace = shell.open().await?;
    let mode = match (args.pull, args.push, args.check) {
        (true, ..) => SyncMode::Pull,
        (_, true, _) => SyncMode::Push,
        (.., true) => SyncMode::Check,
        _ => SyncMode::Both,
    };
    let take = args.take.map(|side| match side {
        TakeSide::Directory => Take::Directory,
        TakeSide::Workspace => Take::Workspace,
    });
    let report = workspace.sync(&args.dir, mode, take).await?;
    shell.answer(&report, print);
    // A conflict is a no as well: part of what was asked for has not been done.
    let yes = report.conflicts.is_empty() && (report.in_sync || !args.check);
    Ok(Answer::of(yes))
}

fn print(out: &mut Out, report: &SyncReport) {
    list(out, Ink::Plain, "written to the directory", &report.pushed);
    list(out, Ink::Plain, "taken into the workspace", &report.pulled);
    list(
        out,
        Ink::Warning,
        "▲ the workspace has newer, left alone",
        &report.to_push,
    );
    list(
        out,
        Ink::Warning,
        "▲ the directory has newer, left alone",
        &report.to_pull,
    );
    list(
        out,
        Ink::Error,
        "◆ changed on both sides, nothing was overwritten",
        &report.conflicts,
    );
    if !report.conflicts.is_empty() {
        out.say("  → sync again with --take directory or --take workspace");
    }
    list(
        out,
        Ink::Warning,
        "▲ versions beside the head: a choice to make with `understudy variant restore`",
        &report.forks,
    );
    list(out, Ink::Dim, "normalised while reading", &report.notes);
    let line = if report.in_sync {
        Line::of(Ink::Good, "✓ ").then(
            Ink::Plain,
            format!("{} and the workspace agree", report.dir),
        )
    } else {
        Line::of(Ink::Warning, "▲ ").then(
            Ink::Plain,
            format!("{} and the workspace differ", report.dir),
        )
    };
    out.line(&line);
}

fn list(out: &mut Out, ink: Ink, title: &str, files: &[String]) {
    if files.is_empty() {
        return;
    }
    out.line(&Line::of(ink, format!("{title}: {}", files.len())));
    for file in files {
        out.line(&Line::plain(format!("  {file}")));
    }
}
