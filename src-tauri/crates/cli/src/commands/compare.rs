//! `compare` and `diff`: two outputs, or two files, beside each other.

mod pair;

use serde::Serialize;
use understudy_core::compare::{
    Chip, ChipLevel, Comparison, FieldsComparison, Mode, Row, compare as lay, compare_fields,
};
use understudy_core::workspace::view::{ComparisonList, Pair};

use super::heading;
use crate::args::{CompareArgs, DiffArgs, ModeWord};
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::table::Table;
use crate::text::{Line, counted, pieces};

pub(super) async fn compare(shell: &mut Shell, args: &CompareArgs) -> Result<Answer, Failure> {
    let workspace = shell.open().await?;
    let sample = workspace.is_sample().await?;
    let (prompt, run) = (args.prompt.as_str(), args.run.as_deref());
    let fallback = args.fallback.as_deref();
    let mode = match args.mode {
        ModeWord::Lines => Mode::Lines,
        ModeWord::Words | ModeWord::Fields => Mode::Words,
    };
    let Some(case) = &args.case else {
        let list = workspace.comparisons(prompt, fallback, run).await?;
        let largest = list
            .comparisons
            .iter()
            .find(|entry| entry.ratio.is_some_and(|ratio| ratio < 1.0));
        let pair = match largest {
            // A list for programs is the list and nothing else.
            Some(entry) if !shell.json => {
                let pair = workspace
                    .pair(prompt, &entry.case, fallback, run, mode)
                    .await?;
                Some(in_mode(pair, args.mode))
            }
            _ => None,
        };
        shell.answer(&list, |out, list| {
            print_list(out, list, sample);
            if let Some(pair) = &pair {
                out.blank();
                out.line(&Line::of(Ink::Dim, "The largest difference:"));
                pair::print(out, pair, args.mode, false);
            }
        });
        return Ok(Answer::Yes);
    };
    let pair = in_mode(
        workspace.pair(prompt, case, fallback, run, mode).await?,
        args.mode,
    );
    shell.answer(&pair, |out, pair| pair::print(out, pair, args.mode, sample));
    Ok(Answer::Yes)
}

/// The pair with the rows of the mode that was asked for.
fn in_mode(mut pair: Pair, mode: ModeWord) -> Pair {
    if mode == ModeWord::Fields && pair.primary.present && pair.fallback.present {
        let fields = pair
            .fields
            .clone()
            .unwrap_or_else(|| compare_fields(&pair.primary.text, &pair.fallback.text));
        pair.comparison = rows_of(fields);
    }
    pair
}

fn rows_of(fields: FieldsComparison) -> Comparison {
    Comparison {
        rows: fields.rows,
        ratio: fields.ratio,
        coarse: fields.coarse,
    }
}

fn print_list(out: &mut Out, list: &ComparisonList, sample: bool) {
    let title = format!(
        "{}: {} v{} beside {} v{}",
        list.prompt, list.primary, list.primary_version, list.fallback, list.fallback_version
    );
    out.line(&heading(title, sample));
    if list.comparisons.is_empty() {
        out.say("There are no cases to compare.");
        return;
    }
    out.blank();
    let mut table = Table::new(&["CASE", "ALIKE", "RATING", "WHAT TO KNOW"], 3);
    for entry in &list.comparisons {
        table.row(vec![
            Line::of(Ink::Bold, &entry.case),
            match entry.ratio {
                Some(ratio) => Line::plain(percent(ratio)),
                None => Line::of(Ink::Warning, "▲ –"),
            },
            match &entry.rating {
                Some(rating) => Line::plain(rating),
                None => Line::of(Ink::Dim, "–"),
            },
            match entry.ratio {
                Some(_) => chips(&entry.chips),
                None => Line::of(Ink::Dim, "an output is missing: it needs a run"),
            },
        ]);
    }
    out.table(&table);
    let total = u32::try_from(list.comparisons.len()).unwrap_or(u32::MAX);
    let line = format!(
        "{}, {} identical, {} missing, {} rated",
        counted(total, "pair", "pairs"),
        list.identical,
        list.missing,
        list.rated
    );
    out.line(&Line::of(Ink::Dim, line));
}

/// A share of words, never rounded up to all of them.
fn percent(ratio: f64) -> String {
    let rounded = (ratio * 100.0).round();
    let shown = if ratio < 1.0 {
        rounded.min(99.0)
    } else {
        rounded
    };
    format!("{shown:>3.0} %")
}

fn chips(chips: &[Chip]) -> Line {
    let mut line = Line::new();
    for chip in chips {
        line.gap(2);
        let (ink, shape) = match chip.level {
            ChipLevel::Error => (Ink::Error, "◆"),
            ChipLevel::Warning => (Ink::Warning, "▲"),
        };
        line.push(ink, format!("{shape} {}", chip.text));
    }
    line
}

/// What `diff` answers.
#[derive(Debug, Serialize)]
struct Diff {
    left: String,
    right: String,
    rows: Vec<Row>,
    ratio: f64,
    coarse: bool,
    /// Whether the two differ in the mode that was asked for.
    differ: bool,
}

pub(super) fn diff(shell: &mut Shell, args: &DiffArgs) -> Result<Answer, Failure> {
    let (left, right) = (shell.read(&args.left)?, shell.read(&args.right)?);
    let comparison = match args.mode {
        ModeWord::Words => lay(&left, &right, Mode::Words),
        ModeWord::Lines => lay(&left, &right, Mode::Lines),
        ModeWord::Fields => rows_of(compare_fields(&left, &right)),
    };
    let diff = Diff {
        left: args.left.display().to_string(),
        right: args.right.display().to_string(),
        differ: comparison.rows.iter().any(|row| row.changed),
        rows: comparison.rows,
        ratio: comparison.ratio,
        coarse: comparison.coarse,
    };
    shell.answer(&diff, |out, diff| {
        let (width, style) = (out.width(), out.style());
        if !diff.differ {
            out.line(&Line::of(Ink::Good, "✓ ").then(Ink::Plain, "no difference"));
            return;
        }
        let titles = [&diff.left, &diff.right].map(|title| Line::of(Ink::Bold, title));
        let [left, right] = &titles;
        out.lines(&pieces::beside(&diff.rows, [left, right], width, style));
        out.line(
            &Line::plain(format!("{} alike  ", percent(diff.ratio).trim())).join(pieces::legend(
                "left",
                "right",
                diff.coarse,
                style,
            )),
        );
    });
    Ok(Answer::of(!diff.differ))
}
