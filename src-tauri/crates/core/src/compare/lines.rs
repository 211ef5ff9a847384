//! Lines mode: equal lines first, byte for byte; words only within lines that changed.

use std::ops::Range;

use super::Comparison;
use super::align::Aligner;
use super::pieces::{Marks, paint};
use super::rows::{self, Beside};
use super::runs::{Runs, equal_runs};
use super::text::{Space, Text, cut_pair};
use super::tidy::Pairs;

pub(super) fn compare(left: &str, right: &str) -> Comparison {
    let (left, right, symbols) = cut_pair(left, right, Space::Counts);
    let Runs { runs, coarse } = equal_runs(
        (0..left.lines.len()).map(|line| left.line_text(line)),
        (0..right.lines.len()).map(|line| right.line_text(line)),
    );
    let mut painting = Painting {
        aligner: Aligner::new(symbols),
        marks: Marks::new(&left, &right, coarse),
        rows: Vec::new(),
        matched: 0,
    };
    let (mut from_left, mut from_right) = (0, 0);
    for (i, j, len) in runs {
        painting.changed(&left, &right, &Beside::new(from_left..i, from_right..j));
        painting.equal(&left, &right, Beside::new(i..i + len, j..j + len));
        (from_left, from_right) = (i + len, j + len);
    }
    let rest = Beside::new(from_left..left.lines.len(), from_right..right.lines.len());
    painting.changed(&left, &right, &rest);
    let Painting {
        marks,
        rows,
        matched,
        ..
    } = painting;
    paint(&left, &right, marks, &rows, matched)
}

struct Painting {
    aligner: Aligner,
    marks: Marks,
    rows: Vec<Beside>,
    matched: usize,
}

impl Painting {
    fn equal(&mut self, left: &Text<'_>, right: &Text<'_>, span: Beside) {
        self.marks.equal(
            left.tokens_of_lines(&span.left),
            right.tokens_of_lines(&span.right),
        );
        self.matched += left.words_of_lines(&span.left).len();
        let lines = span.left.zip(span.right);
        self.rows
            .extend(lines.map(|(l, r)| Beside::new(l..l + 1, r..r + 1)));
    }

    fn changed(&mut self, left: &Text<'_>, right: &Text<'_>, span: &Beside) {
        let words = (
            left.words_of_lines(&span.left),
            right.words_of_lines(&span.right),
        );
        let found = self
            .aligner
            .align(&left.ids_of(&words.0), &right.ids_of(&words.1));
        let (by_left, by_right) = (words.0.start, words.1.start);
        let mut pairs: Pairs = found
            .pairs
            .iter()
            .map(|(i, j)| (i + by_left, j + by_right))
            .collect();
        let rows = rows::strict(left, right, span, &mut pairs);
        let shift = |ranges: &[Range<usize>], by: usize| -> Vec<Range<usize>> {
            ranges
                .iter()
                .map(|range| range.start + by..range.end + by)
                .collect()
        };
        let coarse = (
            shift(&found.coarse_a, by_left),
            shift(&found.coarse_b, by_right),
        );
        self.marks.coarse(left, right, (&coarse.0, &coarse.1));
        self.marks.same(left, right, &pairs);
        self.matched += pairs.len();
        self.rows.extend(rows);
    }
}
