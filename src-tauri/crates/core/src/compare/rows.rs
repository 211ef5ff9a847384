//! Decides which lines stand beside each other.
//!
//! Knows lines and matched words; paints nothing. Matches ascend on both sides, so the links
//! between lines (a left and a right line that share words) form a staircase, and rows are the
//! pieces into which it can be cut.

use std::ops::Range;

use super::runs::equal_runs;
use super::text::Text;
use super::tidy::Pairs;

/// Lines that stand beside each other; at most one of the ranges is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Beside {
    pub(super) left: Range<usize>,
    pub(super) right: Range<usize>,
    /// Equal lines without any word, such as a brace or a fence; no match of words says so.
    pub(super) equal: bool,
}

impl Beside {
    pub(super) fn new(left: Range<usize>, right: Range<usize>) -> Self {
        Self {
            left,
            right,
            equal: false,
        }
    }
}

#[derive(Debug, Clone)]
struct Link {
    left: usize,
    right: usize,
    /// In [`Pairs`].
    pairs: Range<usize>,
    gone: bool,
}

impl Link {
    fn weight(&self) -> usize {
        self.pairs.len()
    }

    fn touches(&self, other: &Link) -> bool {
        self.left == other.left || self.right == other.right
    }
}

fn links(left: &Text<'_>, right: &Text<'_>, pairs: &Pairs) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for (at, (i, j)) in pairs.iter().enumerate() {
        let (i, j) = (left.line_of_word(*i), right.line_of_word(*j));
        match links.last_mut() {
            Some(last) if last.left == i && last.right == j => last.pairs.end = at + 1,
            _ => links.push(Link {
                left: i,
                right: j,
                pairs: at..at + 1,
                gone: false,
            }),
        }
    }
    links
}

fn forget(links: &mut Vec<Link>, pairs: &mut Pairs) {
    let mut at = 0;
    let mut gone = links
        .iter()
        .filter(|link| link.gone)
        .map(|link| link.pairs.clone())
        .peekable();
    pairs.retain(|_| {
        let here = at;
        at += 1;
        while gone.next_if(|range| range.end <= here).is_some() {}
        !gone.peek().is_some_and(|range| range.contains(&here))
    });
    links.retain(|link| !link.gone);
}

/// Rows for prose: as many lines on a side as the words of the other side are spread over.
///
/// A few words that stray into a neighbouring paragraph would glue both into one row. Such weak
/// links are dropped from `pairs`, `allowance` words at most, but never where a run of words simply
/// goes on over a line's end: that is a re-wrap.
pub(super) fn flowing(
    left: &Text<'_>,
    right: &Text<'_>,
    pairs: &mut Pairs,
    allowance: usize,
) -> Vec<Beside> {
    let mut links = links(left, right, pairs);
    let mut weak: Vec<usize> = (0..links.len())
        .filter(|at| is_weak(left, right, &links, *at, pairs))
        .collect();
    weak.sort_by_key(|at| (links[*at].weight(), *at));
    let mut spent = 0;
    for at in weak {
        if spent + links[at].weight() > allowance {
            break;
        }
        spent += links[at].weight();
        links[at].gone = true;
    }
    forget(&mut links, pairs);

    let mut groups: Vec<Beside> = Vec::new();
    for (at, link) in links.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if at > 0 && link.touches(&links[at - 1]) => {
                group.left.end = link.left + 1;
                group.right.end = link.right + 1;
            }
            _ => groups.push(Beside::new(
                link.left..link.left + 1,
                link.right..link.right + 1,
            )),
        }
    }
    let mut rows = Vec::new();
    let (mut from_left, mut from_right) = (0, 0);
    for group in groups {
        let gap = Beside::new(from_left..group.left.start, from_right..group.right.start);
        (from_left, from_right) = (group.left.end, group.right.end);
        without_words(left, right, gap, &mut rows);
        rows.push(group);
    }
    let gap = Beside::new(from_left..left.lines.len(), from_right..right.lines.len());
    without_words(left, right, gap, &mut rows);
    close_up(left, right, rows)
}

/// Puts a blank line that has no counterpart to the row before it: in prose white space is no
/// difference.
fn close_up(left: &Text<'_>, right: &Text<'_>, rows: Vec<Beside>) -> Vec<Beside> {
    let mut closed: Vec<Beside> = Vec::with_capacity(rows.len());
    let (mut last_left, mut last_right): (Option<usize>, Option<usize>) = (None, None);
    for row in rows {
        let blank_left = row.right.is_empty() && left.is_blank(row.left.start);
        let blank_right = row.left.is_empty() && right.is_blank(row.right.start);
        match (blank_left, last_left, blank_right, last_right) {
            (true, Some(last), _, _) => closed[last].left.end = row.left.end,
            (_, _, true, Some(last)) => closed[last].right.end = row.right.end,
            _ => {
                if !row.left.is_empty() {
                    last_left = Some(closed.len());
                }
                if !row.right.is_empty() {
                    last_right = Some(closed.len());
                }
                closed.push(row);
            }
        }
    }
    closed
}

fn is_weak(left: &Text<'_>, right: &Text<'_>, links: &[Link], at: usize, pairs: &Pairs) -> bool {
    let link = &links[at];
    let before = at
        .checked_sub(1)
        .and_then(|at| links.get(at))
        .filter(|other| other.touches(link));
    let after = links.get(at + 1).filter(|other| other.touches(link));
    if before.is_none() && after.is_none() {
        return false;
    }
    // Of equals the first stays, or a chain of single words would never break.
    let weight = link.weight();
    let stronger = before.is_some_and(|before| before.weight() >= weight)
        || after.is_some_and(|after| after.weight() > weight);
    if !stronger {
        return false;
    }
    let shorter = left
        .words_in_line(link.left)
        .min(right.words_in_line(link.right));
    if weight * 4 >= shorter {
        return false;
    }
    let goes_on = |to: usize| match pairs.get(to - 1..=to) {
        Some([a, b]) => a.0 + 1 == b.0 && a.1 + 1 == b.1,
        _ => false,
    };
    let joined_before = before.is_some() && goes_on(link.pairs.start);
    let joined_after = after.is_some() && goes_on(link.pairs.end);
    !joined_before && !joined_after
}

/// Lines that share no word. Equal lines without words hold the gap together, the rest is laid out
/// between them.
fn without_words(left: &Text<'_>, right: &Text<'_>, gap: Beside, rows: &mut Vec<Beside>) {
    let marks = |text: &Text<'_>, lines: &Range<usize>| -> Vec<usize> {
        lines
            .clone()
            .filter(|line| text.words_in_line(*line) == 0 && !text.is_blank(*line))
            .collect()
    };
    let (marks_left, marks_right) = (marks(left, &gap.left), marks(right, &gap.right));
    let (mut from_left, mut from_right) = (gap.left.start, gap.right.start);
    if !marks_left.is_empty() && !marks_right.is_empty() {
        let runs = equal_runs(
            marks_left.iter().map(|line| left.line_text(*line).trim()),
            marks_right.iter().map(|line| right.line_text(*line).trim()),
        );
        for (i, j, len) in runs.runs {
            for (l, r) in marks_left
                .iter()
                .skip(i)
                .zip(marks_right.iter().skip(j))
                .take(len)
            {
                side_by_side(
                    left,
                    right,
                    Beside::new(from_left..*l, from_right..*r),
                    rows,
                );
                rows.push(Beside {
                    equal: true,
                    ..Beside::new(*l..l + 1, *r..r + 1)
                });
                (from_left, from_right) = (l + 1, r + 1);
            }
        }
    }
    side_by_side(
        left,
        right,
        Beside::new(from_left..gap.left.end, from_right..gap.right.end),
        rows,
    );
}

/// Lines that share nothing: beside each other in order, blank with blank.
fn side_by_side(left: &Text<'_>, right: &Text<'_>, gap: Beside, rows: &mut Vec<Beside>) {
    let end = gap.left.end;
    let (mut l, mut r) = (gap.left, gap.right);
    while !l.is_empty() && !r.is_empty() {
        let (take_left, take_right) = match (left.is_blank(l.start), right.is_blank(r.start)) {
            (true, false) => (1, 0),
            (false, true) => (0, 1),
            _ => (1, 1),
        };
        rows.push(Beside::new(
            l.start..l.start + take_left,
            r.start..r.start + take_right,
        ));
        l.start += take_left;
        r.start += take_right;
    }
    rows.extend(l.map(|line| Beside::new(line..line + 1, r.start..r.start)));
    rows.extend(r.map(|line| Beside::new(end..end, line..line + 1)));
}

/// Rows for versions of one text: one line a side. Lines stand beside each other when they share
/// enough words; any other line stands alone. Matches between lines that do not stand beside each
/// other are dropped from `pairs`.
pub(super) fn strict(
    left: &Text<'_>,
    right: &Text<'_>,
    gap: &Beside,
    pairs: &mut Pairs,
) -> Vec<Beside> {
    let mut links = links(left, right, pairs);
    // Of links that share a line one can stay; the heaviest choice, from left to right.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(links.len());
    let mut peak: Vec<(usize, Option<usize>)> = Vec::with_capacity(links.len());
    let (mut first_left, mut first_right) = (0, 0);
    for (at, link) in links.iter().enumerate() {
        let total = left.words_in_line(link.left) + right.words_in_line(link.right);
        // Two fifths of the words in common, as a reader would call it the same line.
        let weight = if link.weight() * 5 >= total {
            link.weight()
        } else {
            0
        };
        let newer =
            |other: Option<&Link>, line: fn(&Link) -> usize| other.map(line) != Some(line(link));
        let last = at.checked_sub(1).and_then(|at| links.get(at));
        if newer(last, |link| link.left) {
            first_left = at;
        }
        if newer(last, |link| link.right) {
            first_right = at;
        }
        let free = first_left.min(first_right).checked_sub(1);
        let before = free
            .and_then(|free| peak.get(free))
            .copied()
            .unwrap_or((0, None));
        best.push((weight + before.0, before.1));
        let last = at
            .checked_sub(1)
            .and_then(|at| peak.get(at))
            .copied()
            .unwrap_or((0, None));
        let here = if weight > 0 { weight + before.0 } else { 0 };
        peak.push(if here > last.0 {
            (here, Some(at))
        } else {
            last
        });
    }
    for link in &mut links {
        link.gone = true;
    }
    let mut at = peak.last().and_then(|last| last.1);
    while let Some(index) = at {
        links[index].gone = false;
        at = best[index].1;
    }
    forget(&mut links, pairs);

    let mut rows = Vec::new();
    let (mut from_left, mut from_right) = (gap.left.start, gap.right.start);
    let alone = |l: Range<usize>, r: Range<usize>, rows: &mut Vec<Beside>| {
        rows.extend(
            l.clone()
                .map(|line| Beside::new(line..line + 1, r.start..r.start)),
        );
        rows.extend(r.map(|line| Beside::new(l.end..l.end, line..line + 1)));
    };
    for link in &links {
        alone(from_left..link.left, from_right..link.right, &mut rows);
        rows.push(Beside::new(
            link.left..link.left + 1,
            link.right..link.right + 1,
        ));
        (from_left, from_right) = (link.left + 1, link.right + 1);
    }
    alone(
        from_left..gap.left.end,
        from_right..gap.right.end,
        &mut rows,
    );
    rows
}
