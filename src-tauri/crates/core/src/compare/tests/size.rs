//! Texts of size: what the bound on work may cost, and that it is told.

use super::super::lcs::Lcs;
use super::super::text::{Space, cut_pair};
use super::super::{Comparison, Edit, Mode, compare};
use super::{assert_common, assert_law};

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    /// A word, the frequent ones far more often.
    fn word(&mut self, words: usize) -> String {
        let rank = (words as f64).powf(self.roll(1 << 20) as f64 / f64::from(1 << 20)) as usize;
        format!("w{rank}")
    }
}

struct Shape {
    words: usize,
    vocabulary: usize,
    /// Words after which the left repeats itself.
    period: usize,
    /// Words in a line.
    line: usize,
}

/// A pair of which six words in ten are replaced, dropped or doubled.
fn pair(shape: &Shape) -> (String, String) {
    let mut dice = Dice(7);
    let page: Vec<String> = (0..shape.period)
        .map(|_| dice.word(shape.vocabulary))
        .collect();
    let (mut left, mut right) = (String::new(), String::new());
    for at in 0..shape.words {
        let end = if at % shape.line == shape.line - 1 {
            ".\n"
        } else {
            " "
        };
        let word = &page[at % page.len()];
        left.push_str(word);
        left.push_str(end);
        match dice.roll(10) {
            0 => {}
            1 => right.push_str(&format!(
                "{} {}",
                dice.word(shape.vocabulary),
                dice.word(shape.vocabulary)
            )),
            2..6 => right.push_str(&dice.word(shape.vocabulary)),
            _ => right.push_str(word),
        }
        right.push_str(end);
    }
    (left, right)
}

/// What a search without bound would give.
fn unbounded(left: &str, right: &str) -> f64 {
    let (left, right, symbols) = cut_pair(left, right, Space::Ignored);
    let all = left.words.len() + right.words.len();
    let (a, b) = (
        left.ids_of(&(0..left.words.len())),
        right.ids_of(&(0..right.words.len())),
    );
    2.0 * Lcs::new(symbols).pairs(&a, &b).len() as f64 / all as f64
}

fn compared(left: &str, right: &str) -> Comparison {
    let comparison = compare(left, right, Mode::Words);
    assert_law(left, right, &comparison);
    assert_common(&comparison, Mode::Words);
    comparison
}

#[test]
fn the_ratio_stays_near_that_of_an_unbounded_search() {
    for (words, vocabulary) in [(1_500, 60), (1_500, 20_000), (14_000, 60), (14_000, 20_000)] {
        for (period, line) in [(words, 12), (words, words), (700, 12)] {
            let (left, right) = pair(&Shape {
                words,
                vocabulary,
                period,
                line,
            });
            let (found, best) = (compared(&left, &right).ratio, unbounded(&left, &right));
            assert!(
                found >= 0.9 * best,
                "{found} of {best}: {words} {vocabulary} {period} {line}"
            );
        }
    }
}

#[test]
fn the_ratio_can_be_counted_from_the_pieces() {
    let (left, right) = pair(&Shape {
        words: 2_000,
        vocabulary: 500,
        period: 2_000,
        line: 9,
    });
    let comparison = compared(&left, &right);
    let words = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .count()
    };
    let pieces = comparison
        .rows
        .iter()
        .filter_map(|row| row.left.as_ref())
        .flat_map(|side| &side.pieces);
    let same: usize = pieces
        .filter(|piece| piece.edit == Edit::Same)
        .map(|piece| words(&piece.text))
        .sum();
    assert_eq!(
        comparison.ratio,
        2.0 * same as f64 / (words(&left) + words(&right)) as f64
    );
}

#[test]
fn a_search_cut_short_says_so() {
    // A page repeated has no sequence that occurs once: no anchor to cut at.
    let (left, right) = pair(&Shape {
        words: 30_000,
        vocabulary: 60,
        period: 700,
        line: 30_000,
    });
    let comparison = compared(&left, &right);
    assert!(comparison.coarse);
    let pieces = || {
        comparison
            .rows
            .iter()
            .flat_map(|row| [&row.left, &row.right])
            .flatten()
            .flat_map(|s| &s.pieces)
    };
    assert!(pieces().any(|piece| piece.edit == Edit::Coarse));
    assert!(pieces().any(|piece| piece.edit == Edit::Same));
    // The same search again is the same search.
    assert_eq!(comparison, compare(&left, &right, Mode::Words));
}

#[test]
fn a_block_moved_in_is_found_again() {
    let (text, other) = pair(&Shape {
        words: 20_000,
        vocabulary: 20_000,
        period: 20_000,
        line: 12,
    });
    let middle = text.len() / 2;
    let middle = text[..middle].rfind('\n').map_or(0, |at| at + 1);
    let longer = format!("{}{other}{}", &text[..middle], &text[middle..]);
    let comparison = compared(&text, &longer);
    assert!(!comparison.coarse);
    // All of the text is in the longer one.
    let words = |text: &str| text.split_whitespace().count() as f64;
    let best = 2.0 * words(&text) / (words(&text) + words(&longer));
    assert!(
        comparison.ratio > 0.99 * best,
        "{} of {best}",
        comparison.ratio
    );
}

#[test]
fn many_lines_are_compared_in_bounded_work() {
    let lines = |seed| {
        let mut dice = Dice(seed);
        (0..12_000)
            .map(|_| ["{\n", "a\n"][dice.roll(2)])
            .collect::<String>()
    };
    let (left, right) = (lines(1), lines(2));
    for mode in [Mode::Lines, Mode::Words] {
        let comparison = compare(&left, &right, mode);
        assert_law(&left, &right, &comparison);
        assert_common(&comparison, mode);
    }
    assert!(compare(&left, &right, Mode::Lines).coarse);
}
