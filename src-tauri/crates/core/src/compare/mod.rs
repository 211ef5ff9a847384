//! Comparison: two texts as rows of pieces.
//!
//! Owns the one diff engine of the product. Pure: it knows neither colours nor markup nor where its
//! texts come from; window and terminal draw the same rows in their own way.
//!
//! **The law**: the pieces of a side, over all rows, concatenate to that side's text exactly, line
//! endings included. (It does not hold for [`compare_fields`], whose rows show values, not text.)
//!
//! | mode | rows | what counts as equal |
//! |---|---|---|
//! | words | lines that share words; a re-wrapped paragraph is one row of several lines | words |
//! | lines | one line a side | lines, byte for byte; in changed lines words and white space |
//!
//! In words mode white space is never a difference, so a re-wrap changes nothing. A blank line
//! without a counterpart goes with the row before it. Punctuation follows the words beside it.
//!
//! **Neither output is the edit of the other**: a piece is [`Edit::Same`] or stands [`Edit::Only`]
//! on its side. Nothing here says added or removed.
//!
//! **Ratio**: `2 × matched words / all words`, counted from the very pieces that are shown, after
//! tidying; so anyone can count it again. Both sides without words: 1.0.
//!
//! **Tidying** takes away matches that are true and useless: a lone `the` between two rewritten
//! sentences. What it may take is capped, so that the ratio stays above nine tenths of what an
//! unbounded search would find. Two kinds of pairs are tidied further: short ones (by six words at
//! most), and those that share less than a third, where nearly every match is chance.
//!
//! **Work is bounded by steps, not by a clock**; the same pair gives the same rows on every
//! machine. Parts in which the search was cut short are [`Edit::Coarse`] instead of `Only`, and
//! [`Comparison::coarse`] says so.

mod align;
mod anchors;
mod chips;
mod fields;
mod handlebars;
mod highlight;
mod json_form;
mod lcs;
mod lines;
mod manner;
mod pieces;
mod rows;
mod runs;
mod schema;
mod text;
mod tidy;
mod words;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use chips::{Chip, ChipLevel, ChipRules, chips};
pub use fields::{FieldsComparison, compare_fields};
pub use highlight::{Span, Syntax, highlight, weave};
pub use json_form::{JsonForm, find_json};

/// What a piece is, seen from the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Stands on both sides.
    Same,
    /// Stands on this side only.
    Only,
    /// Has no match, but the search was cut short here: it might have one.
    Coarse,
}

/// What a piece is in its own language; see [`highlight`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Tag,
    String,
    Number,
    Key,
    Keyword,
    Comment,
    Variable,
    Heading,
    Punctuation,
}

/// A stretch of text of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Piece {
    pub text: String,
    pub edit: Edit,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub class: Option<Class>,
}

/// One side of a row; its text is one line or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Side {
    pub pieces: Vec<Piece>,
}

impl Side {
    /// The text of this side of the row.
    pub fn text(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| piece.text.as_str())
            .collect()
    }
}

/// What stands beside each other. At least one side is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Row {
    /// `None`: nothing on the left answers to the right.
    pub left: Option<Side>,
    pub right: Option<Side>,
    /// The field that the row shows; only in fields mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub label: Option<String>,
    /// Some piece of the row is not [`Edit::Same`].
    pub changed: bool,
}

/// Two texts side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Comparison {
    pub rows: Vec<Row>,
    /// 2 × matched words / all words, 0 to 1.
    pub ratio: f64,
    /// Some part was searched less than fully.
    pub coarse: bool,
}

/// How two texts are laid beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// For outputs: what they say, however it is wrapped.
    Words,
    /// For versions of one text: every byte counts, and no row has more than one line a side.
    Lines,
}

/// Lays two texts beside each other.
///
/// Never fails: any text is valid, empty ones included.
pub fn compare(left: &str, right: &str, mode: Mode) -> Comparison {
    match mode {
        Mode::Words => words::compare(left, right),
        Mode::Lines => lines::compare(left, right),
    }
}
