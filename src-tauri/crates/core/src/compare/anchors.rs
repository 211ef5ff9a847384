//! Finds the points at which a pair too large for the exact search can be cut without much loss.
//!
//! An anchor is a short sequence that occurs exactly once on each side (as in patience diff, but
//! over sequences of words, since single words are rarely unique). Of all anchors the longest chain
//! is kept that ascends on both sides.

use std::collections::HashMap;

/// A run of equal symbols: positions on both sides, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) len: usize,
}

/// The chain of anchors of `2^doublings` symbols each, extended as far as they agree.
pub(super) fn chain(a: &[u32], b: &[u32], doublings: u32) -> Vec<Run> {
    let size = 1usize << doublings;
    if a.len() < size || b.len() < size {
        return Vec::new();
    }
    let mut candidates = unique_on_both(&hashes(a, doublings), &hashes(b, doublings));
    candidates.retain(|(i, j)| a[*i..*i + size] == b[*j..*j + size]);
    candidates.sort_unstable();
    let runs = extend(a, b, &candidates, size);
    ascending(&runs)
}

/// A hash of each sequence of `2^doublings` symbols, built by doubling. Deterministic.
fn hashes(symbols: &[u32], doublings: u32) -> Vec<u64> {
    let mut hashes: Vec<u64> = symbols
        .iter()
        .map(|symbol| mix(u64::from(*symbol) + 1, 0))
        .collect();
    for doubling in 0..doublings {
        let half = 1usize << doubling;
        let len = hashes.len().saturating_sub(half);
        for at in 0..len {
            hashes[at] = mix(hashes[at], hashes[at + half]);
        }
        hashes.truncate(len);
    }
    hashes
}

fn mix(x: u64, y: u64) -> u64 {
    let z = (x ^ y.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 29))
        .wrapping_add(y)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 32)
}

fn unique_on_both(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    const MANY: usize = usize::MAX;
    let mut seen: HashMap<u64, (usize, Option<usize>)> = HashMap::with_capacity(a.len());
    for (at, hash) in a.iter().enumerate() {
        seen.entry(*hash)
            .and_modify(|entry| entry.0 = MANY)
            .or_insert((at, None));
    }
    for (at, hash) in b.iter().enumerate() {
        if let Some(entry) = seen.get_mut(hash) {
            entry.1 = Some(if entry.1.is_none() { at } else { MANY });
        }
    }
    seen.into_values()
        .filter_map(|(i, j)| j.map(|j| (i, j)))
        .filter(|(i, j)| *i != MANY && *j != MANY)
        .collect()
}

/// Joins neighbouring candidates and lets each run grow while both sides agree.
fn extend(a: &[u32], b: &[u32], candidates: &[(usize, usize)], size: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (i, j) in candidates.iter().copied() {
        if let Some(last) = runs.last()
            && i < last.a + last.len
            && i + last.b == j + last.a
        {
            continue;
        }
        let before = a[..i]
            .iter()
            .rev()
            .zip(b[..j].iter().rev())
            .take_while(|(x, y)| x == y)
            .count();
        let rest = a[i + size..]
            .iter()
            .zip(&b[j + size..])
            .take_while(|(x, y)| x == y)
            .count();
        runs.push(Run {
            a: i - before,
            b: j - before,
            len: before + size + rest,
        });
    }
    runs.sort_unstable_by_key(|run| (run.a, run.b));
    runs.dedup();
    runs
}

/// The heaviest chain that ascends on both sides, by length in symbols; overlaps are trimmed away.
fn ascending(runs: &[Run]) -> Vec<Run> {
    // Fenwick tree of the best chain that ends at or before a rank on side b.
    let mut ranks: Vec<usize> = runs.iter().map(|run| run.b).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut tree: Vec<(usize, Option<usize>)> = vec![(0, None); ranks.len() + 1];
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(runs.len());
    for (at, run) in runs.iter().enumerate() {
        let rank = ranks.partition_point(|b| *b < run.b);
        let mut before = (0, None);
        let mut node = rank;
        while node > 0 {
            if tree[node].0 > before.0 {
                before = tree[node];
            }
            node &= node - 1;
        }
        let weight = before.0 + run.len;
        best.push((weight, before.1));
        let mut node = rank + 1;
        while node < tree.len() {
            if weight > tree[node].0 {
                tree[node] = (weight, Some(at));
            }
            node += node & node.wrapping_neg();
        }
    }
    let mut at = (0..best.len()).max_by_key(|at| (best[*at].0, std::cmp::Reverse(*at)));
    let mut kept = Vec::new();
    while let Some(index) = at {
        kept.push(runs[index]);
        at = best[index].1;
    }
    kept.reverse();
    let (mut end_a, mut end_b) = (0, 0);
    kept.retain_mut(|run| {
        let cut = end_a.max(run.a) - run.a;
        let cut = cut.max(end_b.max(run.b) - run.b);
        if cut >= run.len {
            return false;
        }
        *run = Run {
            a: run.a + cut,
            b: run.b + cut,
            len: run.len - cut,
        };
        (end_a, end_b) = (run.a + run.len, run.b + run.len);
        true
    });
    kept
}
