//! Lines mode: equal lines first, byte for byte; words only within lines that changed.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::Comparison;
use super::align::Aligner;
use super::pieces::{Marks, paint};
use super::rows::{self, Beside};
use super::text::{Ids, Space, Text, cut_pair};
use super::tidy;

pub(super) fn compare(left: &str, right: &str) -> Comparison {
    let (left, right, symbols) = cut_pair(left, right, Space::Counts);
    let mut aligner = Aligner::new(symbols);
    let mut marks = Marks::new(&left, &right);
    let mut rows = Vec::new();
    let mut matched = 0;
    for op in line_ops(&left, &right) {
        let span = Beside::new(op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            marks.equal(
                left.tokens_of_lines(&span.left),
                right.tokens_of_lines(&span.right),
            );
            matched += left.words_of_lines(&span.left).len();
            rows.extend(
                span.left
                    .zip(span.right)
                    .map(|(l, r)| Beside::new(l..l + 1, r..r + 1)),
            );
            continue;
        }
        let (words_left, words_right) = (
            left.words_of_lines(&span.left),
            right.words_of_lines(&span.right),
        );
        let ids = |text: &Text<'_>, words: &Range<usize>| -> Vec<u32> {
            text.words[words.clone()]
                .iter()
                .map(|token| text.tokens[*token].id)
                .collect()
        };
        let found = aligner.align(&ids(&left, &words_left), &ids(&right, &words_right));
        let (from_left, from_right) = (words_left.start, words_right.start);
        let mut pairs: tidy::Pairs = found
            .pairs
            .iter()
            .map(|(i, j)| (i + from_left, j + from_right))
            .collect();
        let beside = rows::strict(&left, &right, &span, &mut pairs);
        let shift = |ranges: &[Range<usize>], by: usize| -> Vec<Range<usize>> {
            ranges
                .iter()
                .map(|range| range.start + by..range.end + by)
                .collect()
        };
        let coarse = (
            shift(&found.coarse_a, from_left),
            shift(&found.coarse_b, from_right),
        );
        marks.coarse(&left, &right, (&coarse.0, &coarse.1));
        marks.same(&left, &right, &pairs);
        matched += pairs.len();
        rows.extend(beside);
    }
    paint(&left, &right, marks, &rows, matched)
}

/// The difference of the lines. `similar`'s histogram prefers rare lines as anchors, which reads best for edited
/// text, and bounds its own work.
fn line_ops(left: &Text<'_>, right: &Text<'_>) -> Vec<DiffOp> {
    let mut ids = Ids::default();
    let a: Vec<u32> = (0..left.lines.len())
        .map(|line| ids.id(left.line_text(line)))
        .collect();
    let b: Vec<u32> = (0..right.lines.len())
        .map(|line| ids.id(right.line_text(line)))
        .collect();
    capture_diff_slices(Algorithm::Histogram, &a, &b)
}
