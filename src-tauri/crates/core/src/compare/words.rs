//! Words mode: the words of two outputs matched over line ends, laid out in rows of lines.

use super::Comparison;
use super::align::Aligner;
use super::pieces::{Marks, paint};
use super::text::{Space, cut_pair};
use super::{rows, tidy};

pub(super) fn compare(left: &str, right: &str) -> Comparison {
    let (left, right, symbols) = cut_pair(left, right, Space::Ignored);
    let found = Aligner::new(symbols).align(
        &left.ids_of(&(0..left.words.len())),
        &right.ids_of(&(0..right.words.len())),
    );
    let mut pairs = found.pairs;
    let words = left.words.len() + right.words.len();
    let allowance = tidy::allowance(pairs.len(), words);
    let spent = tidy::tidy(&left, &right, &mut pairs, allowance);
    // Rows may also take what tidying left.
    let allowance = allowance - spent + tidy::allowance_for_rows(pairs.len(), words);
    let rows = rows::flowing(&left, &right, &mut pairs, allowance);
    let mut marks = Marks::new(&left, &right, false);
    marks.coarse(&left, &right, (&found.coarse_a, &found.coarse_b));
    marks.same(&left, &right, &pairs);
    paint(&left, &right, marks, &rows, pairs.len())
}
