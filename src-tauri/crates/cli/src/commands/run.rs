//! `run`: events as they come, progress on standard error, and what was kept when it is stopped.

use std::collections::BTreeMap;
use std::io::Write as _;

use understudy_core::model::Http;
use understudy_core::run::{Cancel, CellEvent, CellState, Event, Summary};
use understudy_core::workspace::{RunRequest, Workspace};

use crate::args::RunArgs;
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::{Line, counted};

pub(super) async fn run(shell: &mut Shell, args: &RunArgs) -> Result<Answer, Failure> {
    let workspace = shell.open().await?;
    // A typing error in the last name must not be found after the first prompt was paid for.
    for prompt in &args.prompts {
        workspace.prompt(prompt).await?;
    }
    let _observer = shell.observer()?;
    let caller = Http::from_env(shell.host.clone());
    let cancel = Cancel::new();
    let mut answer = Answer::Yes;
    for prompt in &args.prompts {
        let request = request(prompt, args);
        let Some(summary) = run_one(shell, &workspace, &request, &caller, &cancel).await? else {
            return Ok(Answer::SomeFailed);
        };
        if summary.failed > 0 || summary.cancelled {
            answer = Answer::SomeFailed;
        }
        if summary.cancelled {
            break;
        }
    }
    Ok(answer)
}

fn request(prompt: &str, args: &RunArgs) -> RunRequest {
    RunRequest {
        prompt: prompt.to_owned(),
        cases: args.cases.clone(),
        tag: args.tag.clone(),
        models: args.models.clone(),
        version: args.version,
        passthrough: args.passthrough,
        repeat: args.repeat,
        concurrency: args.concurrency,
    }
}

/// One run; `None` when it was left at once, at the second Ctrl-C.
async fn run_one(
    shell: &mut Shell,
    workspace: &Workspace,
    request: &RunRequest,
    caller: &Http,
    cancel: &Cancel,
) -> Result<Option<Summary>, Failure> {
    let mut progress = Progress::new(shell.draws_progress());
    let json = shell.json;
    let summary = {
        let out = &mut shell.out;
        let report = |event: Event| {
            if json {
                out.json_line(&event);
                if out.closed() {
                    // Nobody reads any more: calls cost money, and what is finished is kept.
                    cancel.cancel();
                }
            }
            progress.take(&event);
        };
        let mut running = std::pin::pin!(workspace.run(request, caller, cancel, report));
        let mut stops = 0;
        loop {
            tokio::select! {
                summary = &mut running => break Some(summary?),
                Ok(()) = tokio::signal::ctrl_c() => {
                    stops += 1;
                    if stops > 1 {
                        break None;
                    }
                    cancel.cancel();
                }
            }
        }
    };
    progress.end();
    let Some(summary) = summary else {
        shell.note("left at once: calls that were finished are kept");
        return Ok(None);
    };
    if summary.cancelled {
        shell.note(&format!(
            "stopped: {} of {} are finished and kept, the rest was not asked",
            summary.finished,
            counted(summary.cells, "call", "calls")
        ));
    }
    if !json {
        print(&mut shell.out, &request.prompt, &summary, &progress);
    }
    Ok(Some(summary))
}

/// What happened so far: a line on a terminal, and the failures by kind for the end.
struct Progress {
    draws: bool,
    failures: BTreeMap<(String, String, String), u32>,
}

impl Progress {
    fn new(draws: bool) -> Self {
        Self {
            draws,
            failures: BTreeMap::new(),
        }
    }

    fn take(&mut self, event: &Event) {
        let Event::Cell(cell) = event else { return };
        if cell.state == CellState::Error {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let key = (
                cell.model.to_string(),
                text(&cell.kind),
                text(&cell.message),
            );
            *self.failures.entry(key).or_default() += 1;
        }
        self.draw(cell);
    }

    fn draw(&self, cell: &CellEvent) {
        if self.draws {
            let failed = if cell.failed > 0 {
                format!(", {} failed", cell.failed)
            } else {
                String::new()
            };
            let mut stderr = std::io::stderr();
            let _ = write!(
                stderr,
                "\r\x1b[2K{} of {} finished{failed}",
                cell.finished, cell.cells
            );
            let _ = stderr.flush();
        }
    }

    /// Takes the line away again.
    fn end(&self) {
        if self.draws {
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "\r\x1b[2K");
            let _ = stderr.flush();
        }
    }
}

fn print(out: &mut Out, prompt: &str, summary: &Summary, progress: &Progress) {
    let (ink, shape) = if summary.failed > 0 || summary.cancelled {
        (Ink::Warning, "▲")
    } else {
        (Ink::Good, "✓")
    };
    let text = format!(
        " {prompt}: {} of {} finished, {} failed, in {:.1} s",
        summary.finished,
        counted(summary.cells, "call", "calls"),
        summary.failed,
        summary.seconds
    );
    out.line(
        &Line::of(ink, shape)
            .then(Ink::Plain, text)
            .then(Ink::Dim, format!("  run {}", summary.run)),
    );
    for ((model, kind, message), count) in &progress.failures {
        let line = Line::plain("  ")
            .then(Ink::Error, format!("◆ {kind}"))
            .then(
                Ink::Plain,
                format!("  {model}, {}: {message}", counted(*count, "call", "calls")),
            );
        out.hang(&line, 4);
    }
}
