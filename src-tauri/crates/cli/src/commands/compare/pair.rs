//! One pair in full: what was asked, then the outputs beside each other, then what passthrough would have sent.

use serde_json::Value;
use understudy_core::case::Case;
use understudy_core::prompt::Speaker;
use understudy_core::workspace::view::{OutputView, Pair};

use super::{chips, heading, percent};
use crate::args::ModeWord;
use crate::out::Out;
use crate::text::style::Ink;
use crate::text::{Line, counted, paragraph, pieces};

pub(super) fn print(out: &mut Out, pair: &Pair, mode: ModeWord, sample: bool) {
    out.line(&heading(
        format!("{} · {}", pair.prompt, pair.case.id),
        sample,
    ));
    print_input(out, &pair.case);
    out.blank();
    let both = pair.primary.present && pair.fallback.present;
    if both {
        print_beside(out, pair);
    } else {
        for (title, output) in [("primary", &pair.primary), ("fallback", &pair.fallback)] {
            print_alone(out, title, output);
        }
    }
    print_passthrough(out, pair, mode);
}

/// What was asked: nobody judges an answer without the question.
fn print_input(out: &mut Out, case: &Case) {
    let width = out.width();
    let mut about = Line::of(Ink::Dim, "asked");
    if case.is_handoff() {
        about.push(
            Ink::Warning,
            "  ▲ handoff: the primary wrote the earlier answers",
        );
    }
    if !case.tags.is_empty() {
        about.push(Ink::Dim, format!("  {}", case.tags.join(", ")));
    }
    out.line(&about);
    for (name, value) in &case.variables {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        labelled(out, name, &value, width);
    }
    for turn in &case.turns {
        let who = match turn.role {
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
            Speaker::Tool => turn.name.as_deref().unwrap_or("tool"),
        };
        labelled(out, who, &turn.text, width);
    }
}

/// A name, and a text that hangs beside it.
fn labelled(out: &mut Out, name: &str, text: &str, width: usize) {
    let label = Line::of(Ink::Dim, format!("  {name}"));
    let indent = label.width().max(11) + 1;
    let mut lines = paragraph(Ink::Plain, text, 0, width.saturating_sub(indent)).into_iter();
    let first = lines
        .next()
        .unwrap_or_else(|| Line::of(Ink::Dim, "(empty)"));
    out.line(&label.padded(indent).join(first));
    for line in lines {
        out.line(&Line::plain(" ".repeat(indent)).join(line));
    }
}

fn print_beside(out: &mut Out, pair: &Pair) {
    let (width, style) = (out.width(), out.style());
    if !pair.chips.is_empty() {
        for line in chips(&pair.chips).wrap(width) {
            out.line(&line);
        }
    }
    let titles = [&pair.primary, &pair.fallback].map(title);
    let [left, right] = &titles;
    out.lines(&pieces::beside(
        &pair.comparison.rows,
        [left, right],
        width,
        style,
    ));
    let (left, right) = (pair.primary.model.as_str(), pair.fallback.model.as_str());
    let mut line = Line::plain(format!("{} alike", percent(pair.comparison.ratio).trim()));
    if let Some(rating) = &pair.rating {
        line.push(Ink::Plain, format!(", rated {rating}"));
    }
    line.push(Ink::Plain, "  ");
    for line in line
        .join(pieces::legend(left, right, pair.comparison.coarse, style))
        .wrap(width)
    {
        out.line(&line);
    }
    for output in [&pair.primary, &pair.fallback] {
        print_tools(out, output);
        print_repeats(out, output);
        print_unmet(out, output);
    }
}

/// How far the other repeats agree with the one that is shown.
fn print_repeats(out: &mut Out, output: &OutputView) {
    if output.repeats < 2 {
        return;
    }
    let different = match output.different {
        1 => "all alike".to_owned(),
        different => format!("{different} different"),
    };
    let text = format!("{}: {} repeats, {different}", output.model, output.repeats);
    out.line(&Line::of(Ink::Dim, text));
}

/// What the case expects and the output does not hold.
fn print_unmet(out: &mut Out, output: &OutputView) {
    let unmet = output.verdicts.iter();
    for verdict in unmet.filter(|verdict| verdict.passed == Some(false)) {
        let why = verdict.why.as_deref().unwrap_or("it does not hold");
        let line = Line::of(Ink::Warning, "▲").then(
            Ink::Plain,
            format!(" {} {}: {why}", output.model, verdict.kind),
        );
        out.hang(&line, 2);
    }
}

/// `gpt-4o v5  stop · 120 tokens · 1.8 s`.
fn title(output: &OutputView) -> Line {
    let mut about = Vec::new();
    if let Some(finish) = &output.finish {
        about.push(finish.clone());
    }
    if let Some(tokens) = output.output_tokens {
        about.push(counted(tokens, "token", "tokens"));
    }
    if let Some(seconds) = output.seconds {
        about.push(format!("{seconds:.1} s"));
    }
    let title = format!("{} v{}", output.model, output.version);
    Line::of(Ink::Bold, title).then(Ink::Dim, format!("  {}", about.join(" · ")))
}

fn print_tools(out: &mut Out, output: &OutputView) {
    if let Some(calls) = &output.tool_calls {
        let text = format!("{} calls {calls}", output.model);
        out.hang(&Line::of(Ink::Dim, text), 2);
    }
}

fn print_alone(out: &mut Out, role: &str, output: &OutputView) {
    if let Some(missing) = &output.missing {
        out.line(
            &Line::of(Ink::Warning, format!("▲ no output of the {role}: "))
                .then(Ink::Plain, missing),
        );
        return;
    }
    let width = out.width();
    out.line(&title(output));
    out.lines(&paragraph(Ink::Plain, &output.text, 2, width));
    print_tools(out, output);
}

/// What naive failover would have sent. Not a third column: most terminals have no room for one.
fn print_passthrough(out: &mut Out, pair: &Pair, mode: ModeWord) {
    let naive = &pair.passthrough;
    if !naive.present {
        return;
    }
    let (width, style) = (out.width(), out.style());
    out.blank();
    let text = format!(
        "passthrough: {} given the prompt of {} v{}, as naive failover does",
        naive.model, pair.primary.model, naive.version
    );
    out.line(&Line::of(Ink::Bold, text));
    match (&pair.passthrough_fields, mode) {
        (Some(fields), ModeWord::Fields) => {
            let changed: Vec<_> = fields
                .rows
                .iter()
                .filter(|row| row.changed)
                .cloned()
                .collect();
            if changed.is_empty() {
                out.say("  the same fields as the primary");
                return;
            }
            let (left, right) = (
                Line::of(Ink::Bold, pair.primary.model.as_str()),
                Line::of(Ink::Bold, "passthrough"),
            );
            out.lines(&pieces::beside(&changed, [&left, &right], width, style));
        }
        _ => out.lines(&paragraph(Ink::Plain, &naive.text, 2, width)),
    }
}
