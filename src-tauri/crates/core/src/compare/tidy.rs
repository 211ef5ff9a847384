//! Takes away matches that are true and useless.
//!
//! The longest common subsequence of two answers is full of a lone `the` or `to` amid stretches
//! that share nothing else. Shown, they cut a rewritten sentence into confetti. A run of matched
//! words goes when what surrounds it is long in proportion to what it says. The caller gives the
//! number of words that may go, so the picture may get calmer but the ratio stays honest.

use super::text::Text;

/// Matched words: positions in [`Text::words`] of both sides, ascending.
pub(super) type Pairs = Vec<(usize, usize)>;

/// Words that may be taken away from `matched`, of `words` on both sides, without hiding what the
/// sides share.
///
/// Six in a hundred, so that with what rows may take the ratio stays above nine tenths of the
/// unbounded one. More where a pair shares less than a third of its words: there every match is
/// suspect, and the picture would be all litter. In short texts up to six words, as one stray word
/// is a larger share of them.
pub(super) fn allowance(matched: usize, words: usize) -> usize {
    let share = 6 + lack(matched, words) * 5 / 2;
    (matched * share / 100).max((matched / 4).min(6))
}

/// Words that rows may let go besides, to stay apart from their neighbours: two in a hundred, and
/// like the other allowance more where little is shared.
pub(super) fn allowance_for_rows(matched: usize, words: usize) -> usize {
    matched * (2 + lack(matched, words) * 3) / 100
}

/// By how many points of a hundred the ratio falls short of 30.
fn lack(matched: usize, words: usize) -> usize {
    30usize.saturating_sub(200 * matched / words.max(1))
}

#[derive(Debug, Clone, Copy)]
struct Island {
    left: usize,
    right: usize,
    len: usize,
    value: usize,
    gone: bool,
}

/// Drops worthless runs, the most worthless first, `allowance` words at most. Returns how many
/// words went.
pub(super) fn tidy(
    left: &Text<'_>,
    right: &Text<'_>,
    pairs: &mut Pairs,
    allowance: usize,
) -> usize {
    let mut islands = islands(left, pairs);
    let mut spent = 0;
    // How many times its own value a run must be surrounded by, from clear cases to doubtful ones.
    for times in [24, 12, 6, 4, 3] {
        spent += pass(
            &mut islands,
            left.words.len(),
            right.words.len(),
            times,
            allowance - spent,
        );
    }
    if spent > 0 {
        let mut kept = islands
            .iter()
            .flat_map(|island| std::iter::repeat_n(!island.gone, island.len));
        pairs.retain(|_| kept.next().unwrap_or(true));
    }
    spent
}

fn islands(left: &Text<'_>, pairs: &Pairs) -> Vec<Island> {
    let mut islands: Vec<Island> = Vec::new();
    for (i, j) in pairs.iter().copied() {
        let value = value(left.word(i));
        match islands.last_mut() {
            Some(last) if last.left + last.len == i && last.right + last.len == j => {
                last.len += 1;
                last.value += value;
            }
            _ => islands.push(Island {
                left: i,
                right: j,
                len: 1,
                value,
                gone: false,
            }),
        }
    }
    islands
}

fn pass(
    islands: &mut [Island],
    left: usize,
    right: usize,
    times: usize,
    allowance: usize,
) -> usize {
    let mut spent = 0;
    let (mut end_left, mut end_right) = (0, 0);
    for at in 0..islands.len() {
        let island = islands[at];
        if island.gone {
            continue;
        }
        let next = islands[at + 1..].iter().find(|next| !next.gone);
        let (next_left, next_right) = next.map_or((left, right), |next| (next.left, next.right));
        let before = (island.left - end_left).max(island.right - end_right);
        let after =
            (next_left - island.left - island.len).max(next_right - island.right - island.len);
        let worthless = before.min(after) >= island.value * times / 2;
        if worthless && spent + island.len <= allowance {
            islands[at].gone = true;
            spent += island.len;
        } else {
            (end_left, end_right) = (island.left + island.len, island.right + island.len);
        }
    }
    spent
}

/// What a match of this word says: 1 for the small change of a language, up to 4.
fn value(word: &str) -> usize {
    if COMMON.binary_search(&word).is_ok() {
        return 1;
    }
    match word.chars().count() {
        // Single Han or Kana characters and stray letters; digits say more.
        1 if !word.bytes().all(|byte| byte.is_ascii_digit()) => 1,
        1..=3 => 2,
        4..=6 => 3,
        _ => 4,
    }
}

/// Common English words, sorted. Other languages fare by the length of their words.
const COMMON: [&str; 72] = [
    "A", "An", "And", "As", "At", "But", "By", "For", "From", "I", "If", "In", "Is", "It", "Of",
    "On", "Or", "That", "The", "This", "To", "We", "With", "You", "a", "about", "all", "also",
    "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "do", "for", "from", "has",
    "have", "if", "in", "into", "is", "it", "its", "more", "not", "of", "on", "or", "other", "so",
    "such", "than", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was",
    "will", "with", "you", "your",
];

#[cfg(test)]
mod tests {
    #[test]
    fn common_words_are_sorted() {
        assert!(super::COMMON.is_sorted());
    }
}
