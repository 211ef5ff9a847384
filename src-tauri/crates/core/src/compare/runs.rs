//! Finds the lines that two texts have in common, in order. Knows lines as wholes, not their words.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::align::Aligner;
use super::text::Ids;

/// Runs of equal lines: where on both sides, and how many.
#[derive(Debug, Default)]
pub(super) struct Runs {
    pub(super) runs: Vec<(usize, usize, usize)>,
    /// The search was cut short.
    pub(super) coarse: bool,
}

/// The runs of lines that both sides have.
///
/// `similar`'s histogram prefers rare lines as anchors, which reads best for edited text; past some
/// thousand lines its worst case is out of proportion, and our own bounded search takes over.
pub(super) fn equal_runs<'a>(
    left: impl Iterator<Item = &'a str>,
    right: impl Iterator<Item = &'a str>,
) -> Runs {
    const MANY: usize = 5_000;
    let mut ids = Ids::default();
    let a: Vec<u32> = left.map(|line| ids.id(line)).collect();
    let b: Vec<u32> = right.map(|line| ids.id(line)).collect();
    if a.len().max(b.len()) <= MANY {
        let ops = capture_diff_slices(Algorithm::Histogram, &a, &b);
        let equal = ops.into_iter().filter_map(|op| match op {
            DiffOp::Equal {
                old_index,
                new_index,
                len,
            } => Some((old_index, new_index, len)),
            _ => None,
        });
        return Runs {
            runs: equal.collect(),
            coarse: false,
        };
    }
    let found = Aligner::new(ids.len()).align(&a, &b);
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for (i, j) in found.pairs {
        match runs.last_mut() {
            Some((a, b, len)) if *a + *len == i && *b + *len == j => *len += 1,
            _ => runs.push((i, j, 1)),
        }
    }
    Runs {
        runs,
        coarse: !found.coarse_a.is_empty(),
    }
}
