//! `runs`: what each run did, cost, and has left.

use understudy_core::workspace::view::{RunEntry, RunList, RunState, TryList};

use super::quote::dollars;
use crate::args::RunsArgs;
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::table::Table;
use crate::text::{Line, date};

pub(super) async fn runs(shell: &mut Shell, args: &RunsArgs) -> Result<Answer, Failure> {
    if let Some(run) = &args.tries {
        let workspace = shell.open().await?;
        let tries = workspace.tries(run, args.case.as_deref()).await?;
        shell.answer(&tries, print_tries);
        return Ok(Answer::Yes);
    }
    let list = shell.open().await?.runs(args.prompt.as_deref()).await?;
    shell.answer(&list, print);
    Ok(Answer::Yes)
}

/// The record; headers and bytes are in `--json`.
fn print_tries(out: &mut Out, list: &TryList) {
    if list.tries.is_empty() {
        out.say("No call was made.");
        return;
    }
    let head = [
        "CASE",
        "MODEL",
        "TRY",
        "",
        "STATUS",
        "FIRST",
        "TOOK",
        "REQUEST ID",
    ];
    let mut table = Table::new(&head, 7);
    for each in &list.tries {
        let seconds = |seconds: Option<f64>| match seconds {
            Some(seconds) => Line::plain(format!("{seconds:.2} s")),
            None => Line::of(Ink::Dim, "–"),
        };
        let mut model = Line::plain(&each.model);
        if each.passthrough {
            model.push(Ink::Dim, " passthrough");
        }
        let mut number = Line::plain(each.number.to_string());
        if each.call > 1 {
            number.push(Ink::Dim, format!(" of call {}", each.call));
        }
        table.row(vec![
            Line::plain(&each.case),
            model,
            number,
            match &each.kind {
                None => Line::of(Ink::Good, "✓"),
                Some(kind) => Line::of(Ink::Error, format!("◆ {kind}")),
            },
            each.status.map_or_else(
                || Line::of(Ink::Dim, "–"),
                |status| Line::plain(status.to_string()),
            ),
            seconds(each.first_token_seconds.or(each.first_byte_seconds)),
            seconds(Some(each.seconds)),
            Line::of(Ink::Dim, each.request_id.as_deref().unwrap_or("–")),
        ]);
    }
    out.table(&table);
}

fn print(out: &mut Out, list: &RunList) {
    if list.runs.is_empty() {
        out.say("There are no runs yet. `understudy run PROMPT` makes one.");
        return;
    }
    let head = [
        "RUN", "PROMPT", "STARTED", "", "FINISHED", "FAILED", "COST", "MODELS",
    ];
    let mut table = Table::new(&head, 7);
    for run in &list.runs {
        table.row(vec![
            Line::of(Ink::Bold, run.run.as_str()),
            Line::plain(run.prompt.as_str()),
            Line::plain(date::minute(&run.at)),
            standing(run),
            Line::plain(format!("{} of {}", run.finished, run.cells)),
            match run.failed {
                0 => Line::of(Ink::Dim, "–"),
                failed => Line::of(Ink::Warning, format!("▲ {failed}")),
            },
            cost(run),
            models(run),
        ]);
    }
    out.table(&table);
    if list
        .runs
        .iter()
        .any(|run| run.state == RunState::Unfinished)
    {
        out.say("`understudy run --resume RUN` does what is left.");
    }
}

fn standing(run: &RunEntry) -> Line {
    match (run.live, run.state) {
        (false, _) => Line::of(Ink::Dim, "– recorded"),
        (true, RunState::Going) => Line::of(Ink::Plain, "… under way"),
        (true, RunState::Finished) => Line::of(Ink::Good, "✓ finished"),
        (true, RunState::Unfinished) => Line::of(Ink::Warning, "▲ unfinished"),
    }
}

fn cost(run: &RunEntry) -> Line {
    match (run.live, run.unpriced, run.spent_usd > 0.0) {
        (false, ..) => Line::of(Ink::Dim, "–"),
        (true, 0, _) => Line::plain(dollars(run.spent_usd)),
        (true, _, false) => Line::of(Ink::Dim, "unknown"),
        (true, unpriced, true) => {
            Line::plain(dollars(run.spent_usd)).then(Ink::Dim, format!(" and {unpriced} unknown"))
        }
    }
}

fn models(run: &RunEntry) -> Line {
    let names: Vec<&str> = run.models.iter().map(|model| model.as_str()).collect();
    let mut line = Line::plain(names.join(", "));
    if run.repeat > 1 {
        line.push(Ink::Dim, format!(" × {}", run.repeat));
    }
    if run.passthrough {
        line.push(Ink::Dim, " passthrough");
    }
    if run.handoff {
        line.push(Ink::Dim, " handoff");
    }
    line
}
