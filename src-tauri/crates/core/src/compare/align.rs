//! Matches two sequences of any size in bounded work.
//!
//! Exact where that is cheap; a large pair is first cut at anchors; what has no anchors is searched
//! in windows that slide along both sides, and called *coarse*: what matches there does match, but
//! more might have. The bound is a count of steps, never a clock, so the same pair gives the same
//! answer on every machine.
//!
//! Knows numbers only: no text, no rows.

use std::ops::Range;

use super::anchors::{Run, chain};
use super::lcs::Lcs;

/// Steps of the exact search that one block may take.
const EXACT_COST: usize = 1_500_000;
/// Symbols a block should have, at least, when a large pair is cut at anchors: the larger, the
/// nearer to exact.
const BLOCK: usize = 2_000;
/// Symbols of both sides in a sliding window (the geometric mean).
const WINDOW: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Alignment {
    /// Matched positions, ascending on both sides.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Where the search was not carried to its end.
    pub(super) coarse_a: Vec<Range<usize>>,
    pub(super) coarse_b: Vec<Range<usize>>,
}

/// Matches sequences; keeps its scratch space between them.
#[derive(Debug)]
pub(super) struct Aligner {
    lcs: Lcs,
}

impl Aligner {
    /// `symbols`: one more than the greatest number that will occur.
    pub(super) fn new(symbols: usize) -> Self {
        Self {
            lcs: Lcs::new(symbols),
        }
    }

    pub(super) fn align(&mut self, a: &[u32], b: &[u32]) -> Alignment {
        let mut search = Search {
            a,
            b,
            lcs: &mut self.lcs,
            found: Alignment::default(),
        };
        search.block(0..a.len(), 0..b.len(), 0);
        search.found
    }
}

struct Search<'a> {
    a: &'a [u32],
    b: &'a [u32],
    lcs: &'a mut Lcs,
    found: Alignment,
}

impl Search<'_> {
    fn same(&mut self, a: usize, b: usize, len: usize) {
        self.found.pairs.extend((0..len).map(|at| (a + at, b + at)));
    }

    fn block(&mut self, mut a: Range<usize>, mut b: Range<usize>, depth: u32) {
        let (left, right) = (&self.a[a.clone()], &self.b[b.clone()]);
        let prefix = left.iter().zip(right).take_while(|(x, y)| x == y).count();
        let suffix = left[prefix..]
            .iter()
            .rev()
            .zip(right[prefix..].iter().rev())
            .take_while(|(x, y)| x == y)
            .count();
        self.same(a.start, b.start, prefix);
        let tail = (a.end - suffix, b.end - suffix);
        a = a.start + prefix..tail.0;
        b = b.start + prefix..tail.1;
        if !a.is_empty() && !b.is_empty() {
            self.middle(a, b, depth);
        }
        self.same(tail.0, tail.1, suffix);
    }

    fn middle(&mut self, a: Range<usize>, b: Range<usize>, depth: u32) {
        let (left, right) = (&self.a[a.clone()], &self.b[b.clone()]);
        if self.lcs.cost(left, right) <= EXACT_COST {
            self.exact(a, b);
            return;
        }
        if depth < 6 {
            // Four words first; eight where the text repeats itself; two where hardly anything is
            // left.
            for doublings in [2, 3, 1] {
                let runs = trusted(
                    chain(left, right, doublings),
                    left.len().min(right.len()),
                    doublings,
                );
                let cuts = thin(&runs, left.len(), right.len());
                if cuts.is_empty() {
                    continue;
                }
                let (mut from_a, mut from_b) = (a.start, b.start);
                for cut in cuts {
                    let (cut_a, cut_b) = (a.start + cut.a, b.start + cut.b);
                    self.block(from_a..cut_a, from_b..cut_b, depth + 1);
                    self.same(cut_a, cut_b, cut.len);
                    (from_a, from_b) = (cut_a + cut.len, cut_b + cut.len);
                }
                self.block(from_a..a.end, from_b..b.end, depth + 1);
                return;
            }
        }
        self.slide(a, b);
    }

    fn exact(&mut self, a: Range<usize>, b: Range<usize>) {
        let pairs = self.lcs.pairs(&self.a[a.clone()], &self.b[b.clone()]);
        self.found
            .pairs
            .extend(pairs.iter().map(|(i, j)| (a.start + i, b.start + j)));
    }

    /// Solves a window, keeps the first half of its path, and goes on from where that ended.
    fn slide(&mut self, mut a: Range<usize>, mut b: Range<usize>) {
        self.found.coarse_a.push(a.clone());
        self.found.coarse_b.push(b.clone());
        while !a.is_empty() && !b.is_empty() {
            // Windows have the proportions of what is left, so that neither side runs out early.
            let slope = (a.len() as f64 / b.len() as f64).sqrt();
            let wide = ((WINDOW as f64 * slope) as usize).clamp(1, a.len());
            let high = ((WINDOW as f64 / slope) as usize).clamp(1, b.len());
            let window = (a.start..a.start + wide, b.start..b.start + high);
            let last = window.0.end == a.end && window.1.end == b.end;
            let pairs = self
                .lcs
                .pairs(&self.a[window.0.clone()], &self.b[window.1.clone()]);
            let keep = if last {
                pairs.len()
            } else {
                pairs.partition_point(|(i, j)| *i < wide.div_ceil(2) && *j < high.div_ceil(2))
            };
            self.found.pairs.extend(
                pairs[..keep]
                    .iter()
                    .map(|(i, j)| (a.start + i, b.start + j)),
            );
            if last {
                return;
            }
            // The next window starts at the first match not kept, or at the middle when there is
            // none.
            let (i, j) = pairs
                .get(keep)
                .copied()
                .unwrap_or((wide.div_ceil(2), high.div_ceil(2)));
            let (i, j) = if i == 0 && j == 0 { (1, 1) } else { (i, j) };
            a.start += i.min(a.len());
            b.start += j.min(b.len());
        }
    }
}

/// Drops what may be chance. Many anchors in one chain are no chance; of few, only long ones count,
/// as a short one might tie the beginning of one side to the end of the other.
fn trusted(mut runs: Vec<Run>, size: usize, doublings: u32) -> Vec<Run> {
    const LONG: usize = 16;
    let enough = if doublings > 1 { 16 } else { 16 + size / 500 };
    if runs.len() < enough {
        runs.retain(|run| run.len >= LONG);
    }
    runs
}

/// Of the runs those that cut the pair into blocks worth cutting: the longest run each time a block
/// is full.
fn thin(runs: &[Run], len_a: usize, len_b: usize) -> Vec<Run> {
    let mut cuts = Vec::new();
    let (mut from_a, mut from_b) = (0, 0);
    let mut at = 0;
    while at < runs.len() {
        let full = |run: &Run| (run.a - from_a).max(run.b - from_b) >= BLOCK;
        let Some(first) = runs[at..].iter().position(full).map(|offset| at + offset) else {
            break;
        };
        let (edge_a, edge_b) = (runs[first].a, runs[first].b);
        let near = |run: &Run| run.a - edge_a < BLOCK / 4 && run.b - edge_b < BLOCK / 4;
        let last = first
            + runs[first..]
                .iter()
                .take_while(|run| near(run))
                .count()
                .max(1);
        let mut chosen = first;
        for candidate in first..last {
            if runs[candidate].len > runs[chosen].len {
                chosen = candidate;
            }
        }
        let run = runs[chosen];
        cuts.push(run);
        (from_a, from_b) = (run.a + run.len, run.b + run.len);
        at = chosen + 1;
    }
    // A cut that leaves the larger block as it was would only repeat the search.
    let largest = cuts.iter().fold(
        ((0, 0), 0),
        |((end_a, end_b), largest): ((usize, usize), usize), run| {
            let area = (run.a - end_a).saturating_mul(run.b - end_b);
            ((run.a + run.len, run.b + run.len), largest.max(area))
        },
    );
    let rest = (len_a - largest.0.0).saturating_mul(len_b - largest.0.1);
    let whole = len_a.saturating_mul(len_b);
    if largest.1.max(rest) > whole / 4 * 3 {
        Vec::new()
    } else {
        cuts
    }
}
