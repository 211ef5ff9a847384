//! Paints: turns matched words and rows into the rows of pieces that leave this module.
//!
//! Here the law is kept: a side's pieces are cut from its text byte range by byte range, each line
//! once.

use std::ops::Range;

use super::rows::Beside;
use super::text::{Kind, Text};
use super::tidy::Pairs;
use super::{Comparison, Edit, Piece, Row, Side};

/// What each token of both sides is.
#[derive(Debug)]
pub(super) struct Marks {
    left: Vec<Edit>,
    right: Vec<Edit>,
}

impl Marks {
    /// Nothing is common yet; `coarse` if the search for it was cut short throughout.
    pub(super) fn new(left: &Text<'_>, right: &Text<'_>, coarse: bool) -> Self {
        let edit = if coarse { Edit::Coarse } else { Edit::Only };
        Self {
            left: vec![edit; left.tokens.len()],
            right: vec![edit; right.tokens.len()],
        }
    }

    /// Marks the unmatched tokens between these words as coarse. Before [`Marks::same`].
    pub(super) fn coarse(
        &mut self,
        left: &Text<'_>,
        right: &Text<'_>,
        at: (&[Range<usize>], &[Range<usize>]),
    ) {
        for (text, marks, ranges) in [(left, &mut self.left, at.0), (right, &mut self.right, at.1)]
        {
            for range in ranges {
                let Some(words) = text.words.get(range.clone()) else {
                    continue;
                };
                if let (Some(first), Some(last)) = (words.first(), words.last()) {
                    marks[*first..=*last].fill(Edit::Coarse);
                }
            }
        }
    }

    /// Marks matched words, and the glue beside them that agrees.
    pub(super) fn same(&mut self, left: &Text<'_>, right: &Text<'_>, pairs: &Pairs) {
        let mut end = (0, 0);
        let mut before: Option<(usize, usize)> = None;
        for (i, j) in pairs {
            let at = (left.words[*i], right.words[*j]);
            if let Some(before) = before {
                let mut from = before;
                loop {
                    from = (from.0 + 1, from.1 + 1);
                    if from.0 >= at.0 || from.1 >= at.1 || !self.glue(left, right, from, before) {
                        break;
                    }
                    end = (from.0 + 1, from.1 + 1);
                }
            }
            let mut back = at;
            while back.0 > end.0 && back.1 > end.1 {
                back = (back.0 - 1, back.1 - 1);
                if !self.glue(left, right, back, at) {
                    break;
                }
            }
            self.left[at.0] = Edit::Same;
            self.right[at.1] = Edit::Same;
            before = Some(at);
            end = (at.0 + 1, at.1 + 1);
        }
        if let Some(last) = before {
            let mut from = (last.0 + 1, last.1 + 1);
            while from.0 < left.tokens.len() && from.1 < right.tokens.len() {
                if !self.glue(left, right, from, last) {
                    break;
                }
                from = (from.0 + 1, from.1 + 1);
            }
        }
    }

    /// Marks one token a side as same if both are equal glue on the line of the `word` they follow.
    fn glue(
        &mut self,
        left: &Text<'_>,
        right: &Text<'_>,
        at: (usize, usize),
        word: (usize, usize),
    ) -> bool {
        let (l, r) = (&left.tokens[at.0], &right.tokens[at.1]);
        let agree = l.kind == Kind::Glue
            && r.kind == Kind::Glue
            && l.id == r.id
            && l.line == left.tokens[word.0].line
            && r.line == right.tokens[word.1].line;
        if agree {
            self.left[at.0] = Edit::Same;
            self.right[at.1] = Edit::Same;
        }
        agree
    }

    /// Marks all tokens of two equal runs of lines.
    pub(super) fn equal(&mut self, left: Range<usize>, right: Range<usize>) {
        self.left[left].fill(Edit::Same);
        self.right[right].fill(Edit::Same);
    }

    /// What rows add: equal lines without words, and where words are shared, the glue with which
    /// both sides begin (a bullet, an indent) and end (a bracket, a line end).
    fn rows(&mut self, left: &Text<'_>, right: &Text<'_>, rows: &[Beside]) {
        for row in rows {
            let (l, r) = (
                left.tokens_of_lines(&row.left),
                right.tokens_of_lines(&row.right),
            );
            if row.equal {
                self.equal(l, r);
                continue;
            }
            if !self.left[l.clone()].contains(&Edit::Same) {
                continue;
            }
            for (i, j) in l.clone().zip(r.clone()) {
                let free = (self.left[i] == Edit::Same) == (self.right[j] == Edit::Same);
                if !free || !self.glue(left, right, (i, j), (i, j)) {
                    break;
                }
            }
            let tail = l.clone().rev().zip(r.clone().rev());
            let tail = tail.take_while(|(i, j)| {
                let (a, b) = (&left.tokens[*i], &right.tokens[*j]);
                // What one side has matched elsewhere is not there to be matched again.
                let free = (self.left[*i] == Edit::Same) == (self.right[*j] == Edit::Same);
                free && a.kind == Kind::Glue && a.id == b.id
            });
            let tail: Vec<(usize, usize)> = tail.collect();
            // A full stop after two different words is no common ground; what it closes may be.
            if tail
                .iter()
                .any(|(i, _)| closes(&left.text[left.tokens[*i].bytes.clone()]))
            {
                for (i, j) in tail {
                    self.glue(left, right, (i, j), (i, j));
                }
            }
        }
    }
}

fn closes(glue: &str) -> bool {
    glue.starts_with(['"', '}', ']', ')', '>', '*', '`']) || glue.starts_with(char::is_whitespace)
}

/// The comparison that these rows and marks make; `matched` counts words.
pub(super) fn paint(
    left: &Text<'_>,
    right: &Text<'_>,
    mut marks: Marks,
    rows: &[Beside],
    matched: usize,
) -> Comparison {
    marks.rows(left, right, rows);
    let words = left.words.len() + right.words.len();
    let ratio = if words == 0 {
        1.0
    } else {
        2.0 * matched as f64 / words as f64
    };
    let rows: Vec<Row> = rows
        .iter()
        .map(|row| {
            let alone = row.left.is_empty() || row.right.is_empty();
            let left = side(left, &marks.left, &row.left, alone);
            let right = side(right, &marks.right, &row.right, alone);
            row_of(left, right, None)
        })
        .collect();
    let coarse = marks
        .left
        .iter()
        .chain(&marks.right)
        .any(|mark| *mark == Edit::Coarse);
    Comparison {
        rows,
        ratio,
        coarse,
    }
}

/// A row, with `changed` told from its pieces.
pub(super) fn row_of(left: Option<Side>, right: Option<Side>, label: Option<String>) -> Row {
    let differs = |side: &Option<Side>| match side {
        Some(side) => side.pieces.iter().any(|piece| piece.edit != Edit::Same),
        None => true,
    };
    let changed = differs(&left) || differs(&right);
    Row {
        left,
        right,
        label,
        changed,
    }
}

fn side(text: &Text<'_>, marks: &[Edit], lines: &Range<usize>, alone: bool) -> Option<Side> {
    if lines.is_empty() {
        return None;
    }
    let bytes = text.bytes_of_lines(lines);
    let tokens = text.tokens_of_lines(lines);
    let mut pieces = Pieces {
        text: text.text,
        at: bytes.start,
        pieces: Vec::new(),
    };
    if alone {
        let coarse = marks[tokens].contains(&Edit::Coarse);
        pieces.up_to(bytes.end, if coarse { Edit::Coarse } else { Edit::Only });
        return Some(Side {
            pieces: pieces.finish(),
        });
    }
    let mut before = Edit::Same;
    for at in tokens {
        let (token, mark) = (&text.tokens[at], marks[at]);
        // The space between two pieces that are not common belongs to them, any other to nobody.
        let space = if before == Edit::Same || mark == Edit::Same {
            Edit::Same
        } else {
            before
        };
        pieces.up_to(token.bytes.start, space);
        pieces.up_to(token.bytes.end, mark);
        before = mark;
    }
    pieces.up_to(bytes.end, Edit::Same);
    Some(Side {
        pieces: pieces.finish(),
    })
}

struct Pieces<'a> {
    text: &'a str,
    at: usize,
    pieces: Vec<(Range<usize>, Edit)>,
}

impl Pieces<'_> {
    fn up_to(&mut self, end: usize, edit: Edit) {
        if end <= self.at {
            return;
        }
        match self.pieces.last_mut() {
            Some((bytes, last)) if *last == edit => bytes.end = end,
            _ => self.pieces.push((self.at..end, edit)),
        }
        self.at = end;
    }

    fn finish(self) -> Vec<Piece> {
        let text = self.text;
        self.pieces
            .into_iter()
            .map(|(bytes, edit)| Piece {
                text: text[bytes].to_owned(),
                edit,
                class: None,
            })
            .collect()
    }
}
