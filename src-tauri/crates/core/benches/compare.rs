//! How long a comparison takes and how much it finds, beside an unbounded search.
//!
//! `cargo bench -p understudy-core --bench compare`. Each pair has 60 % of its words changed. Times are the best of
//! five on this machine; what counts is their proportion.
#![expect(clippy::print_stdout, reason = "a bench reports on stdout")]

use std::collections::HashMap;
use std::time::Instant;

use understudy_core::compare::{Mode, compare};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return;
    }
    // Run as a test, it only shows that it runs.
    let sizes: &[(usize, &str)] = if arguments.iter().any(|argument| argument == "--bench") {
        &[(10_000, "10 KB"), (100_000, "100 KB"), (1_000_000, "1 MB")]
    } else {
        &[(10_000, "10 KB")]
    };
    println!(
        "{:8} {:12} {:6} {:>9} {:>7} {:>10} {:>9} coarse",
        "size", "text", "lines", "ms", "ratio", "unbounded", "of it"
    );
    for (bytes, size) in sizes {
        for (name, text) in [
            ("prose", Text::Prose),
            ("few words", Text::FewWords),
            ("repeated", Text::Repeated),
        ] {
            for lines in ["many", "one"] {
                let (left, right) = pair(*bytes, text, lines == "one");
                let mut best = f64::MAX;
                let mut comparison = compare(&left, &right, Mode::Words);
                for _ in 0..5 {
                    let start = Instant::now();
                    comparison = compare(&left, &right, Mode::Words);
                    best = best.min(start.elapsed().as_secs_f64() * 1e3);
                }
                let unbounded = unbounded_ratio(&left, &right);
                println!(
                    "{size:8} {name:12} {lines:6} {best:9.2} {:7.3} {unbounded:10.3} {:9.3} {}",
                    comparison.ratio,
                    comparison.ratio / unbounded,
                    comparison.coarse
                );
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Text {
    /// Words as unevenly frequent as in prose.
    Prose,
    /// Sixty words, equally frequent: nearly every word has a match somewhere.
    FewWords,
    /// A page over and over: no sequence of words is unique.
    Repeated,
}

/// A pair of texts, the same on every machine. Of ten words six are replaced, dropped, or doubled.
fn pair(bytes: usize, text: Text, one_line: bool) -> (String, String) {
    let mut seed = 42u64;
    let mut next = move |limit: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % limit
    };
    let vocabulary = if let Text::FewWords = text {
        60
    } else {
        20_000
    };
    let words: Vec<String> = (0..vocabulary)
        .map(|_| {
            (0..2 + next(8))
                .map(|_| char::from(b'a' + next(26) as u8))
                .collect()
        })
        .collect();
    let word = |next: &mut dyn FnMut(usize) -> usize| match text {
        Text::FewWords => next(vocabulary),
        // Zipf's law: the rank is evenly spread on a logarithmic scale.
        _ => (vocabulary as f64).powf(next(1 << 20) as f64 / f64::from(1 << 20)) as usize - 1,
    };
    let page: Vec<usize> = (0..1_500).map(|_| word(&mut next)).collect();
    let (mut left, mut right) = (String::new(), String::new());
    for at in 0.. {
        if left.len() >= bytes {
            break;
        }
        let here = if let Text::Repeated = text {
            page[at % page.len()]
        } else {
            word(&mut next)
        };
        let end = match at % 12 {
            11 if !one_line => ".\n",
            5 => ", ",
            _ => " ",
        };
        left.push_str(&words[here]);
        left.push_str(end);
        let fate = next(10);
        match fate {
            0 => {}
            1..6 => right.push_str(&words[word(&mut next)]),
            _ => right.push_str(&words[here]),
        }
        if fate == 1 {
            right.push(' ');
            right.push_str(&words[word(&mut next)]);
        }
        right.push_str(end);
    }
    (left, right)
}

/// 2 × the longest common subsequence of words / all words: what a search without any bound finds.
fn unbounded_ratio(left: &str, right: &str) -> f64 {
    let split = |c: char| !c.is_alphanumeric();
    let a: Vec<&str> = left.split(split).filter(|word| !word.is_empty()).collect();
    let b: Vec<&str> = right.split(split).filter(|word| !word.is_empty()).collect();
    let width = a.len().div_ceil(64);
    let mut masks: HashMap<&str, Vec<u64>> = HashMap::new();
    for (at, word) in a.iter().enumerate() {
        masks.entry(word).or_insert_with(|| vec![0; width])[at / 64] |= 1 << (at % 64);
    }
    let mut row = vec![u64::MAX; width];
    for mask in b.iter().filter_map(|word| masks.get(word)) {
        let mut carry = false;
        for (bits, mask) in row.iter_mut().zip(mask) {
            let (sum, over) = bits.overflowing_add(*bits & mask);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            *bits = sum | (*bits & !mask);
            carry = over | again;
        }
    }
    let matched = (0..a.len())
        .filter(|at| row[at / 64] >> (at % 64) & 1 == 0)
        .count();
    2.0 * matched as f64 / (a.len() + b.len()) as f64
}
