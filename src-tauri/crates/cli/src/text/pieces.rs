//! Comparisons as lines: two outputs side by side, or two versions of one variant line under line.
//!
//! Side by side neither output is the edit of the other: blue underline stands only left, yellow underline only
//! right. Where there are no colours, brackets say the same, so that nothing is lost in a pipe.

use understudy_core::compare::{Comparison, Edit, Row, Side};

use super::Line;
use super::style::{Ink, Style};

/// Below this many columns the sides go under each other.
const NARROW: usize = 60;
/// The widest a field's name may be beside its values.
const LABEL: usize = 22;
/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;

/// Rows as two columns under `titles`, fitted to `width`.
pub(crate) fn beside(rows: &[Row], titles: [&Line; 2], width: usize, style: Style) -> Vec<Line> {
    let label = rows
        .iter()
        .filter_map(|row| row.label.as_deref())
        .map(|label| Line::plain(label).width())
        .max()
        .map_or(0, |widest| widest.min(LABEL) + 2);
    let column = width.saturating_sub(label + 3) / 2;
    let stacked = width < NARROW;
    let mut lines = Vec::new();
    if !stacked {
        let rule = |width: usize| "─".repeat(width);
        let [left, right] = titles.map(|title| title.shortened(column));
        lines.push(pair(Line::new(), left, right, " │ ", label, column));
        let cross = Line::of(Ink::Dim, rule(label + column + 1))
            .then(Ink::Dim, "┼")
            .then(Ink::Dim, rule(column + 1));
        lines.push(cross);
    }
    for row in rows {
        let sides = [(&row.left, Ink::OnlyLeft), (&row.right, Ink::OnlyRight)]
            .map(|(side, only)| side_lines(side.as_ref(), only, row.label.is_some(), style));
        let name = row.label.as_deref().unwrap_or_default();
        if stacked {
            stack(&mut lines, name, &titles, sides, row.changed, width);
            continue;
        }
        let [left, right] = sides
            .map(|side| -> Vec<Line> { side.iter().flat_map(|line| line.wrap(column)).collect() });
        let names = Line::of(Ink::Dim, name).wrap(label.saturating_sub(2).max(1));
        let height = left.len().max(right.len()).max(names.len());
        let bar = if row.changed { " ┃ " } else { " │ " };
        for at in 0..height {
            let part = |lines: &[Line]| lines.get(at).cloned().unwrap_or_default();
            lines.push(pair(
                part(&names),
                part(&left),
                part(&right),
                bar,
                label,
                column,
            ));
        }
    }
    lines
}

fn pair(label: Line, left: Line, right: Line, bar: &str, labels: usize, column: usize) -> Line {
    let line = label.padded(labels).join(left.padded(column)).then(
        if bar.contains('┃') {
            Ink::Plain
        } else {
            Ink::Dim
        },
        bar.trim_end(),
    );
    if right.is_empty() {
        line
    } else {
        line.then(Ink::Plain, " ").join(right)
    }
}

fn stack(
    lines: &mut Vec<Line>,
    name: &str,
    titles: &[&Line; 2],
    sides: [Vec<Line>; 2],
    changed: bool,
    width: usize,
) {
    if !name.is_empty() {
        lines.push(Line::of(Ink::Dim, name));
    }
    let [left, right] = sides;
    if !changed {
        lines.extend(left.iter().flat_map(|line| line.wrap(width)));
        return;
    }
    for (title, side) in titles.iter().zip([left, right]) {
        if !side.is_empty() {
            lines.push((*title).clone().then(Ink::Dim, ":"));
            let indent = |line: Line| Line::plain("  ").join(line);
            let wrapped = side.iter().flat_map(|line| line.wrap(width - 2));
            lines.extend(wrapped.map(indent));
        }
    }
}

/// The lines of one side of a row; `fields` says that an absent side is worth a word.
fn side_lines(side: Option<&Side>, only: Ink, fields: bool, style: Style) -> Vec<Line> {
    let Some(side) = side else {
        return if fields {
            vec![Line::of(Ink::Dim, "– missing")]
        } else {
            Vec::new()
        };
    };
    let mut lines = Vec::new();
    let mut line: Vec<(Ink, String)> = Vec::new();
    for piece in &side.pieces {
        let ink = match piece.edit {
            Edit::Same => Ink::Plain,
            Edit::Only => only,
            Edit::Coarse => Ink::Coarse,
        };
        let blank = piece.text.trim().is_empty();
        for part in piece.text.split_inclusive('\n') {
            let ended = part.ends_with('\n');
            let text = part.strip_suffix('\n').unwrap_or(part);
            let mut text = text.to_owned();
            if ended && ink == Ink::Plain {
                // Both sides end their lines so; it is shown only where they differ.
                text.truncate(text.strip_suffix('\r').unwrap_or(&text).len());
            } else if ended && blank {
                text.push('\n');
            }
            match line.last_mut() {
                Some((last, shown)) if *last == ink => shown.push_str(&text),
                _ => line.push((ink, text)),
            }
            if ended {
                lines.push(marked(std::mem::take(&mut line), style));
            }
        }
    }
    if line.iter().any(|(_, text)| !text.is_empty()) {
        lines.push(marked(line, style));
    }
    lines
}

fn marked(parts: Vec<(Ink, String)>, style: Style) -> Line {
    let mut line = Line::new();
    for (ink, text) in parts {
        let (open, close) = if style.colour || text.is_empty() {
            ("", "")
        } else {
            ink.brackets()
        };
        line.push(ink, open);
        line.push(ink, text);
        line.push(ink, close);
    }
    line
}

/// What the marks mean, in one line.
pub(crate) fn legend(left: &str, right: &str, coarse: bool, style: Style) -> Line {
    let mark = |line: Line, ink: Ink, text: String| {
        let (open, close) = if style.colour {
            ("", "")
        } else {
            ink.brackets()
        };
        line.then(ink, format!("{open}{text}{close}"))
    };
    let line = mark(Line::new(), Ink::OnlyLeft, format!("only {left}")).then(Ink::Plain, "  ");
    let line = mark(line, Ink::OnlyRight, format!("only {right}"));
    if !coarse {
        return line;
    }
    let line = mark(
        line.then(Ink::Plain, "  "),
        Ink::Coarse,
        "coarse".to_owned(),
    );
    line.then(
        Ink::Dim,
        ": too much differs here, the search was cut short and may have missed matches",
    )
}

/// Two versions of one variant, `-` and `+`, with a few lines around each change.
pub(crate) fn plus_minus(comparison: &Comparison) -> Vec<Line> {
    let rows = &comparison.rows;
    let near = |at: usize| {
        let (from, to) = (at.saturating_sub(CONTEXT), at.saturating_add(CONTEXT + 1));
        rows.get(from..to.min(rows.len()))
            .is_some_and(|rows| rows.iter().any(|row| row.changed))
    };
    let mut lines = Vec::new();
    let (mut taken, mut brought) = (Vec::new(), Vec::new());
    let mut skipped = 0_usize;
    for (at, row) in rows.iter().enumerate() {
        if row.changed {
            let here = row.left.is_some() && row.right.is_some();
            taken.extend(row.left.as_ref().map(|side| edited(side, here, false)));
            brought.extend(row.right.as_ref().map(|side| edited(side, here, true)));
            continue;
        }
        lines.append(&mut taken);
        lines.append(&mut brought);
        if !near(at) {
            skipped += 1;
            continue;
        }
        fold(&mut lines, &mut skipped);
        let text = row.left.as_ref().map(Side::text).unwrap_or_default();
        let line = Line::plain("  ").then(Ink::Plain, text.trim_end_matches(['\n', '\r']));
        lines.push(line.without_end_space());
    }
    fold(&mut lines, &mut skipped);
    lines.append(&mut taken);
    lines.append(&mut brought);
    lines
}

fn fold(lines: &mut Vec<Line>, skipped: &mut usize) {
    if *skipped > 0 {
        let word = if *skipped == 1 { "line" } else { "lines" };
        lines.push(Line::of(Ink::Dim, format!("  … {skipped} {word} alike")));
        *skipped = 0;
    }
}

/// One line of a version; `here` says that the other version has a line like it, so that the difference is inside.
fn edited(side: &Side, here: bool, brought: bool) -> Line {
    let (sign, whole, inside) = if brought {
        ("+ ", Ink::Added, Ink::AddedHere)
    } else {
        ("- ", Ink::Removed, Ink::RemovedHere)
    };
    let mut line = Line::of(whole, sign);
    for piece in &side.pieces {
        let ink = if here && piece.edit != Edit::Same {
            inside
        } else {
            whole
        };
        line.push(ink, piece.text.trim_end_matches(['\n', '\r']));
    }
    // An empty line is its sign alone; spaces at the end of a line are part of what changed.
    if side.text().trim_end_matches(['\n', '\r']).is_empty() {
        return line.without_end_space();
    }
    line
}

#[cfg(test)]
mod tests;
