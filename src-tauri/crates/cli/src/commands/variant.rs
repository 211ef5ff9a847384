//! `variant …`.

use understudy_core::workspace::view::{Saved, VariantDiff, VariantView};
use understudy_core::workspace::{Error, SaveRequest, SaveText};

use super::{findings, heading, prompt};
use crate::args::{SaveArgs, VariantCommand};
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::visible::visible_text;
use crate::text::{Line, date, paragraph, pieces};

pub(super) async fn variant(shell: &mut Shell, command: VariantCommand) -> Result<Answer, Failure> {
    match command {
        VariantCommand::Show {
            prompt,
            model,
            version,
        } => {
            let view = shell
                .open()
                .await?
                .variant(&prompt, &model, version)
                .await?;
            shell.answer(&view, print_view);
        }
        VariantCommand::Render {
            prompt,
            model,
            case,
            version,
        } => {
            let workspace = shell.open().await?;
            let request = workspace.render(&prompt, &model, &case, version).await?;
            // The body is JSON as it is sent, so there is nothing to make nicer than the document itself.
            shell.out.json(&request);
        }
        VariantCommand::Save(args) => save(shell, args).await?,
        VariantCommand::Log { prompt, model } => {
            let workspace = shell.open().await?;
            let log = workspace.log(&prompt, model.as_deref()).await?;
            let sample = workspace.is_sample().await?;
            shell.answer(&log, |out, log| {
                out.line(&heading(log.prompt.as_str(), sample));
                for track in &log.tracks {
                    out.blank();
                    prompt::print_track(out, track);
                }
            });
        }
        VariantCommand::Diff {
            prompt,
            model,
            from,
            to,
        } => {
            let workspace = shell.open().await?;
            let diff = workspace.variant_diff(&prompt, &model, from, to).await?;
            shell.answer(&diff, print_diff);
        }
        VariantCommand::Restore {
            prompt,
            model,
            version,
        } => {
            let workspace = shell.open().await?;
            let saved = workspace.restore_version(&prompt, &model, version).await?;
            shell.answer(&saved, print_saved);
        }
    }
    Ok(Answer::Yes)
}

async fn save(shell: &mut Shell, args: SaveArgs) -> Result<(), Failure> {
    let text = shell.read(&args.file)?;
    let request = SaveRequest {
        prompt: args.prompt,
        model: args.model,
        parent: args.parent,
        text: SaveText::File(text),
        message: args.message,
        answers: args.answers,
    };
    let saved = shell.open().await?.save_version(request).await;
    let saved = saved.map_err(|error| match error {
        // The workspace was given a text; only here is it known whose.
        Error::PromptFile { line, reason } => Failure::PromptFile {
            path: args.file,
            line,
            reason,
        },
        other => other.into(),
    })?;
    shell.answer(&saved, print_saved);
    Ok(())
}

/// On a terminal a few words go before the file; into a pipe goes exactly the file, so that it can be saved again.
fn print_view(out: &mut Out, view: &VariantView) {
    if out.verbatim() {
        out.bytes(view.file.as_bytes());
        return;
    }
    let version = &view.version;
    let title = format!("{} on {} v{}", view.prompt, view.model, version.number);
    out.line(&Line::of(Ink::Bold, title).then(Ink::Dim, format!("  {}", view.role)));
    let about = format!(
        "{} · {} · {}{} · about {} tokens of system text (estimated)",
        date::minute(&version.at),
        version.author,
        version.content_id.get(..12).unwrap_or_default(),
        if version.head { " · head" } else { "" },
        view.estimated_tokens,
    );
    for line in Line::of(Ink::Dim, about).wrap(out.width()) {
        out.line(&line);
    }
    let width = out.width();
    for line in paragraph(Ink::Plain, &version.message, 2, width) {
        out.line(&line);
    }
    for change in &view.behind {
        let text = format!(
            "◆ never answered v{} \"{}\"",
            change.version, change.message
        );
        out.hang(&Line::of(Ink::Error, text), 2);
    }
    out.blank();
    let file = visible_text(&view.file);
    out.bytes(file.as_bytes());
}

fn print_diff(out: &mut Out, diff: &VariantDiff) {
    let title = format!(
        "{} on {}: v{} → v{}",
        diff.prompt, diff.model, diff.a, diff.b
    );
    out.line(&Line::of(Ink::Bold, title));
    if diff.comparison.rows.iter().all(|row| !row.changed) {
        out.say("no difference");
        return;
    }
    out.lines(&pieces::plus_minus(&diff.comparison));
}

fn print_saved(out: &mut Out, saved: &Saved) {
    let place = format!("{} on {}", saved.prompt, saved.model);
    let id = saved.content_id.get(..12).unwrap_or_default();
    if saved.created {
        out.line(&Line::of(Ink::Good, "✓ ").then(
            Ink::Plain,
            format!("{place} is now at v{}  {id}", saved.version),
        ));
    } else {
        out.say(format!(
            "– nothing to save: the content is that of v{}, the head of {place}",
            saved.version
        ));
    }
    for version in &saved.answers {
        if saved.created {
            out.say(format!("  it answers v{version} of the primary"));
        } else {
            // The same slip that `change match` names: an answer without an edit may be right, but never unnoticed.
            out.line(&Line::of(Ink::Warning, "▲ ").then(
                Ink::Plain,
                format!("no edit: v{version} of the primary counts as answered by what {place} said before"),
            ));
        }
    }
    for note in &saved.notes {
        out.hang(&Line::of(Ink::Dim, format!("  normalised: {note}")), 4);
    }
    findings::aftermath(out, saved.prompt.as_str(), &saved.findings);
}
