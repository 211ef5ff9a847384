//! The exact longest common subsequence of two sequences of numbers, 64 positions at a time.
//!
//! Why not Myers: its work grows with the *difference*, and two models' answers to one question
//! mostly differ. The bit-parallel recurrence (Crochemore and others, Hyyrö) is indifferent to
//! that: about `n × m / 64` steps at worst, and far fewer here, because a row touches only the
//! machine words in which its symbol occurs. To walk back, rows are kept in slabs and computed
//! again from checkpoints, so memory stays near `n × √m / 64`.
//!
//! Pure arithmetic: knows no text.

/// Scratch space that one comparison reuses for all its blocks.
#[derive(Debug)]
pub(super) struct Lcs {
    /// Symbol → its number in this block, or [`NONE`].
    local: Vec<u32>,
    /// For each local symbol the first of its entries; one more at the end.
    first: Vec<usize>,
    /// (machine word, bits in it) of each symbol, ascending.
    entries: Vec<(u32, u64)>,
    seen_in: Vec<u32>,
    fill: Vec<usize>,
}

const NONE: u32 = u32::MAX;
/// Machine words that a slab of rows may fill before checkpoints are used: half a megabyte, inside
/// the cache.
const SLAB_WORDS: usize = 64 * 1024;

impl Lcs {
    /// `symbols`: one more than the greatest number that will occur.
    pub(super) fn new(symbols: usize) -> Self {
        Self {
            local: vec![NONE; symbols],
            first: Vec::new(),
            entries: Vec::new(),
            seen_in: Vec::new(),
            fill: Vec::new(),
        }
    }

    /// The machine words that matching these two would touch; the price to bound before
    /// [`Lcs::pairs`].
    pub(super) fn cost(&mut self, a: &[u32], b: &[u32]) -> usize {
        self.index(a);
        let touched: usize = b.iter().map(|symbol| self.entries_of(*symbol).len()).sum();
        self.forget(a);
        touched
    }

    /// The matched positions, ascending on both sides.
    pub(super) fn pairs(&mut self, a: &[u32], b: &[u32]) -> Vec<(usize, usize)> {
        if a.is_empty() || b.is_empty() {
            return Vec::new();
        }
        self.index(a);
        let pairs = self.walk(a, b);
        self.forget(a);
        pairs
    }

    fn index(&mut self, a: &[u32]) {
        self.first.clear();
        self.seen_in.clear();
        self.first.push(0);
        for (at, symbol) in a.iter().enumerate() {
            let word = (at / 64) as u32;
            let local = &mut self.local[*symbol as usize];
            if *local == NONE {
                *local = self.seen_in.len() as u32;
                self.seen_in.push(NONE);
                self.first.push(0);
            }
            let local = *local as usize;
            if self.seen_in[local] != word {
                self.seen_in[local] = word;
                self.first[local + 1] += 1;
            }
        }
        for at in 1..self.first.len() {
            self.first[at] += self.first[at - 1];
        }
        let total = self.first[self.first.len() - 1];
        self.entries.clear();
        self.entries.resize(total, (NONE, 0));
        self.fill.clear();
        self.fill.extend_from_slice(&self.first);
        for (at, symbol) in a.iter().enumerate() {
            let word = (at / 64) as u32;
            let local = self.local[*symbol as usize] as usize;
            let fill = self.fill[local];
            let open = fill > self.first[local] && self.entries[fill - 1].0 == word;
            if open {
                self.entries[fill - 1].1 |= 1 << (at % 64);
            } else {
                self.entries[fill] = (word, 1 << (at % 64));
                self.fill[local] += 1;
            }
        }
    }

    fn forget(&mut self, a: &[u32]) {
        for symbol in a {
            self.local[*symbol as usize] = NONE;
        }
    }

    fn entries_of(&self, symbol: u32) -> &[(u32, u64)] {
        match self.local[symbol as usize] {
            NONE => &[],
            local => &self.entries[self.first[local as usize]..self.first[local as usize + 1]],
        }
    }

    /// One row: a zero bit in `row` says that the subsequence grows at that position of `a`. A row
    /// cut short on the right is right as far as it goes, since carries only run to the right.
    fn advance(&self, row: &mut [u64], symbol: u32) {
        let mut carry = false;
        let mut next = 0;
        for (word, bits) in self.entries_of(symbol) {
            let word = *word as usize;
            if word >= row.len() {
                break;
            }
            while carry && next < word {
                carry = ripple(&mut row[next]);
                next += 1;
            }
            let old = row[word];
            let (sum, over) = old.overflowing_add(old & bits);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            row[word] = sum | (old & !bits);
            carry = over | over_again;
            next = word + 1;
        }
        while carry && next < row.len() {
            carry = ripple(&mut row[next]);
            next += 1;
        }
    }

    fn walk(&self, a: &[u32], b: &[u32]) -> Vec<(usize, usize)> {
        let width = a.len().div_ceil(64);
        let step = if width * b.len() <= SLAB_WORDS {
            b.len()
        } else {
            b.len().isqrt().max(SLAB_WORDS / width).clamp(1, b.len())
        };
        let mut row = vec![u64::MAX; width];
        let mut checkpoints = Vec::with_capacity(width * b.len().div_ceil(step));
        for (at, symbol) in b.iter().enumerate() {
            if at % step == 0 {
                checkpoints.extend_from_slice(&row);
                if at + step >= b.len() {
                    break;
                }
            }
            self.advance(&mut row, *symbol);
        }
        let mut pairs = Vec::new();
        let mut slab = vec![0; width * step];
        let (mut i, mut j) = (a.len(), b.len());
        while i > 0 && j > 0 {
            let start = (j - 1) / step * step;
            let index = start / step;
            row.copy_from_slice(&checkpoints[index * width..(index + 1) * width]);
            // Columns right of `i` are never looked at again.
            let needed = i.div_ceil(64);
            for (at, symbol) in b[start..j].iter().enumerate() {
                self.advance(&mut row[..needed], *symbol);
                slab[at * width..at * width + needed].copy_from_slice(&row[..needed]);
            }
            while i > 0 && j > start {
                if a[i - 1] == b[j - 1] {
                    i -= 1;
                    j -= 1;
                    pairs.push((i, j));
                } else if slab[(j - 1 - start) * width + (i - 1) / 64] >> ((i - 1) % 64) & 1 == 1 {
                    i -= 1;
                } else {
                    j -= 1;
                }
            }
        }
        pairs.reverse();
        pairs
    }
}

/// Adds a carry to a machine word without a match in it.
fn ripple(word: &mut u64) -> bool {
    let (sum, over) = word.overflowing_add(1);
    *word |= sum;
    over
}

#[cfg(test)]
mod tests {
    use super::Lcs;
    use proptest::prelude::*;

    fn by_table(a: &[u32], b: &[u32]) -> usize {
        let mut row = vec![0; a.len() + 1];
        for y in b {
            let mut diagonal = 0;
            for (i, x) in a.iter().enumerate() {
                let up = row[i + 1];
                row[i + 1] = if x == y { diagonal + 1 } else { up.max(row[i]) };
                diagonal = up;
            }
        }
        row[a.len()]
    }

    proptest! {
        #[test]
        fn agrees_with_the_table(
            a in prop::collection::vec(0u32..9, 0..300),
            b in prop::collection::vec(0u32..9, 0..300),
        ) {
            let mut lcs = Lcs::new(9);
            let pairs = lcs.pairs(&a, &b);
            prop_assert_eq!(pairs.len(), by_table(&a, &b));
            prop_assert!(pairs.iter().all(|(i, j)| a[*i] == b[*j]));
            prop_assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
            prop_assert_eq!(lcs.pairs(&a, &b), pairs);
        }
    }

    #[test]
    fn checkpoints_change_nothing() {
        // Large enough for several slabs.
        let mut state = 7u32;
        let mut next = |limit: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % limit
        };
        let a: Vec<u32> = (0..6000).map(|_| next(400)).collect();
        let b: Vec<u32> = (0..6500).map(|_| next(400)).collect();
        let pairs = Lcs::new(400).pairs(&a, &b);
        assert_eq!(pairs.len(), by_table(&a, &b));
    }
}
