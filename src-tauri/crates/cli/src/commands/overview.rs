//! `overview`: prompts × models, and what an outage would do now.

use understudy_core::workspace::view::{
    Outage, Overview, OverviewRow, Share, Standing, VariantState,
};

use super::{findings, heading};
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::table::Table;
use crate::text::{Line, counted, date};

pub(super) async fn overview(shell: &mut Shell) -> Result<Answer, Failure> {
    let overview = shell.open().await?.overview().await?;
    shell.answer(&overview, print);
    Ok(Answer::Yes)
}

pub(super) fn shape(standing: Standing) -> (Ink, &'static str) {
    match standing {
        Standing::Error => (Ink::Error, "◆"),
        Standing::Warning => (Ink::Warning, "▲"),
        Standing::Good => (Ink::Good, "✓"),
        Standing::Apart => (Ink::Dim, "–"),
    }
}

fn print(out: &mut Out, overview: &Overview) {
    out.line(&heading(&overview.workspace, overview.sample));
    out.blank();
    if overview.prompts.is_empty() {
        out.say("There are no prompts yet. `understudy sync DIR --pull` takes a directory of prompt files in.");
        return;
    }
    grid(out, overview);
    out.blank();
    if let Some(outage) = &overview.outage {
        print_outage(out, outage);
        out.blank();
    }
    let totals = findings::totals_of(overview.errors, overview.warnings);
    let hint = if overview.errors + overview.warnings > 0 {
        "  understudy check names them"
    } else {
        ""
    };
    out.line(&totals.then(Ink::Dim, hint));
}

const HEAD: [&str; 6] = ["", "PROMPT", "POLICY", "OWNER", "CASES", "LAST OUTPUT"];

/// One column a model where they fit, else one line a model.
fn grid(out: &mut Out, overview: &Overview) {
    let released = overview.prompts.iter().any(|row| row.released.is_some());
    let mut head = HEAD.to_vec();
    if released {
        head.push("RELEASED");
    }
    let fixed = head.len();
    let mut table = Table::new(&head, 1);
    for model in &overview.models {
        table.column(Line::of(Ink::Bold, model.as_str()));
    }
    for row in &overview.prompts {
        let mut cells = about(row, released);
        cells.extend(overview.models.iter().map(|model| {
            states(row)
                .find(|(_, state)| &state.model == model)
                .map_or_else(Line::new, |(primary, state)| cell(primary, state))
        }));
        table.row(cells);
    }
    if out.room().is_none_or(|room| table.width() <= room) {
        out.table(&table);
        return;
    }
    head.extend(["MODEL", "STANDING"]);
    let mut table = Table::new(&head, head.len() - 1);
    for row in &overview.prompts {
        let mut cells = about(row, released);
        for (primary, state) in states(row) {
            cells.push(Line::plain(state.model.as_str()));
            cells.push(cell(primary, state));
            table.row(std::mem::replace(&mut cells, vec![Line::new(); fixed]));
        }
    }
    out.table(&table);
}

fn about(row: &OverviewRow, released: bool) -> Vec<Line> {
    let (ink, shape) = shape(row.standing);
    let mut cells = vec![
        Line::of(ink, shape),
        Line::plain(row.prompt.as_str()),
        Line::plain(row.policy.as_str()),
        Line::plain(&row.owner),
        Line::plain(row.cases.to_string()),
        Line::plain(row.last_output.as_deref().map_or("never", date::day)),
    ];
    if released {
        cells.push(Line::plain(row.released.as_deref().unwrap_or("–")));
    }
    cells
}

fn states(row: &OverviewRow) -> impl Iterator<Item = (bool, &VariantState)> {
    let primary = row.primary.iter().map(|state| (true, state));
    primary.chain(row.fallbacks.iter().map(|state| (false, state)))
}

fn cell(primary: bool, state: &VariantState) -> Line {
    let (ink, shape) = shape(state.standing);
    let version = state
        .version
        .map_or_else(String::new, |version| format!(" v{version}"));
    let line = Line::of(ink, shape).then(Ink::Plain, version);
    // The primary is in step with itself; saying so would be noise.
    if primary && state.standing == Standing::Good {
        line.then(Ink::Dim, " primary")
    } else {
        line.then(Ink::Plain, format!(" {}", state.label))
    }
}

fn print_outage(out: &mut Out, outage: &Outage) {
    let title = format!(
        "If {} failed now, {} would answer {}:",
        outage.primary, outage.fallback, outage.prompt
    );
    out.line(&Line::of(Ink::Bold, title));
    out.say(format!("  {}", outage.sentence));
    let mut table = Table::new(&["", "", "", ""], 1);
    let mut row = |who: String, what: &str, share: &Option<Share>| {
        let (said, count) = match share {
            None => ("unknown".to_owned(), "needs a run".to_owned()),
            Some(share) => (
                format!(
                    "{:.0} %",
                    100.0 * f64::from(share.held) / f64::from(share.of.max(1))
                ),
                format!(
                    "{} of {}",
                    share.held,
                    counted(share.of, "reply", "replies")
                ),
            ),
        };
        table.row(vec![
            Line::plain(format!("  {who}")),
            Line::of(Ink::Dim, what),
            Line::plain(said),
            Line::of(Ink::Dim, count),
        ]);
    };
    row(
        format!("{} v{}", outage.primary, outage.primary_version),
        "the primary",
        &outage.primary_share,
    );
    row(
        outage.fallback.to_string(),
        "given the primary's prompt, as naive failover does",
        &outage.passthrough_share,
    );
    row(
        format!("{} v{}", outage.fallback, outage.fallback_version),
        "with its own variant",
        &outage.fallback_share,
    );
    out.table(&table);
}
