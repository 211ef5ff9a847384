//! Cuts a text into lines and tokens, and gives equal tokens equal numbers.
//!
//! Owns what a *word* is. Knows nothing of matching, rows or pieces.
//!
//! A word is what Unicode's word boundaries call one, if it has a letter or a digit, or a symbol
//! that stands for itself (an emoji with all its joiners is one word). Each Han character and each
//! Hiragana is a word, as nothing short of a dictionary could do better. Punctuation is *glue*: it
//! never matches on its own account, it only follows the words beside it, so a lone comma between
//! two rewritten sentences is not shown as common ground.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Glue,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    /// Bytes of the text.
    pub(super) bytes: Range<usize>,
    /// Equal for tokens of equal text, on both sides.
    pub(super) id: u32,
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// The words of a text, for its length.
pub(super) fn count_words(text: &str) -> usize {
    let mut count = 0;
    each_segment(text, &mut |_, kind| {
        count += usize::from(kind == Some(Kind::Word))
    });
    count
}

/// Whether white space is a token (glue) of its own or belongs to no token at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Ignored,
    Counts,
}

/// One side of a comparison, cut up.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    /// Bytes of each line, its terminator (LF, CRLF or CR) included. An empty text has no line.
    pub(super) lines: Vec<Range<usize>>,
    pub(super) tokens: Vec<Token>,
    /// The tokens that are words.
    pub(super) words: Vec<usize>,
    /// For each line the tokens in it.
    pub(super) line_tokens: Vec<Range<usize>>,
}

impl<'a> Text<'a> {
    pub(super) fn line_text(&self, line: usize) -> &'a str {
        self.lines
            .get(line)
            .and_then(|bytes| self.text.get(bytes.clone()))
            .unwrap_or("")
    }

    pub(super) fn is_blank(&self, line: usize) -> bool {
        self.line_text(line).chars().all(char::is_whitespace)
    }

    /// The bytes of a run of lines.
    pub(super) fn bytes_of_lines(&self, lines: &Range<usize>) -> Range<usize> {
        if lines.is_empty() {
            return 0..0;
        }
        self.lines[lines.start].start..self.lines[lines.end - 1].end
    }

    /// The tokens of a run of lines.
    pub(super) fn tokens_of_lines(&self, lines: &Range<usize>) -> Range<usize> {
        if lines.is_empty() {
            return 0..0;
        }
        self.line_tokens[lines.start].start..self.line_tokens[lines.end - 1].end
    }

    /// The words (as a range of [`Text::words`]) of a run of lines.
    pub(super) fn words_of_lines(&self, lines: &Range<usize>) -> Range<usize> {
        let tokens = self.tokens_of_lines(lines);
        let start = self.words.partition_point(|token| *token < tokens.start);
        start
            ..self
                .words
                .partition_point(|token| *token < tokens.end)
                .max(start)
    }

    pub(super) fn words_in_line(&self, line: usize) -> usize {
        self.words_of_lines(&(line..line + 1)).len()
    }

    pub(super) fn line_of_word(&self, word: usize) -> usize {
        self.tokens[self.words[word]].line
    }

    pub(super) fn word(&self, word: usize) -> &'a str {
        &self.text[self.tokens[self.words[word]].bytes.clone()]
    }

    /// The numbers of some of the words.
    pub(super) fn ids_of(&self, words: &Range<usize>) -> Vec<u32> {
        let words = self.words.get(words.clone()).unwrap_or_default();
        words.iter().map(|token| self.tokens[*token].id).collect()
    }
}

/// Numbers the distinct tokens of both sides.
#[derive(Debug, Default)]
pub(super) struct Ids<'a> {
    known: HashMap<&'a str, u32>,
}

impl<'a> Ids<'a> {
    pub(super) fn id(&mut self, text: &'a str) -> u32 {
        let next = self.known.len() as u32;
        *self.known.entry(text).or_insert(next)
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

/// Cuts both sides. When neither has a single word, glue is promoted, so that `---` and `***` still
/// differ.
pub(super) fn cut_pair<'a>(
    left: &'a str,
    right: &'a str,
    space: Space,
) -> (Text<'a>, Text<'a>, usize) {
    let mut ids = Ids::default();
    let mut left = cut(left, space, &mut ids);
    let mut right = cut(right, space, &mut ids);
    if left.words.is_empty() && right.words.is_empty() {
        for side in [&mut left, &mut right] {
            for (at, token) in side.tokens.iter_mut().enumerate() {
                if !side.text[token.bytes.clone()]
                    .chars()
                    .all(char::is_whitespace)
                {
                    token.kind = Kind::Word;
                    side.words.push(at);
                }
            }
        }
    }
    (left, right, ids.len())
}

fn cut<'a>(text: &'a str, space: Space, ids: &mut Ids<'a>) -> Text<'a> {
    let lines = cut_lines(text);
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut words = Vec::with_capacity(text.len() / 6);
    let mut line_tokens = Vec::with_capacity(lines.len());
    for (line, bytes) in lines.iter().enumerate() {
        let first = tokens.len();
        each_segment(&text[bytes.clone()], &mut |segment: Range<usize>, kind| {
            let bytes = bytes.start + segment.start..bytes.start + segment.end;
            let Some(kind) = kind else {
                if space == Space::Counts {
                    let id = ids.id(&text[bytes.clone()]);
                    tokens.push(Token {
                        bytes,
                        id,
                        line,
                        kind: Kind::Glue,
                    });
                }
                return;
            };
            if kind == Kind::Word {
                words.push(tokens.len());
            }
            let id = ids.id(&text[bytes.clone()]);
            tokens.push(Token {
                bytes,
                id,
                line,
                kind,
            });
        });
        line_tokens.push(first..tokens.len());
    }
    Text {
        text,
        lines,
        tokens,
        words,
        line_tokens,
    }
}

/// The bytes of each line with its terminator.
pub(super) fn cut_lines(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'\n' => at + 1,
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => at + 2,
            b'\r' => at + 1,
            _ => {
                at += 1;
                continue;
            }
        };
        lines.push(start..end);
        start = end;
        at = end;
    }
    if start < bytes.len() {
        lines.push(start..bytes.len());
    }
    lines
}

/// Calls back for each segment of a line: `None` is white space.
///
/// Decided chunk by chunk between white space, so that a word is cut the same way wherever it
/// stands: the common ASCII chunk takes a short way, any other the full Unicode rules.
fn each_segment(line: &str, found: &mut impl FnMut(Range<usize>, Option<Kind>)) {
    let mut rest = line;
    let mut at = 0;
    while !rest.is_empty() {
        let chunk = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if chunk > 0 {
            let text = &rest[..chunk];
            if text.is_ascii() {
                each_ascii(text.as_bytes(), at, found);
            } else {
                for (offset, segment) in text.split_word_bound_indices() {
                    let start = at + offset;
                    found(start..start + segment.len(), Some(kind_of(segment)));
                }
            }
        }
        rest = &rest[chunk..];
        at += chunk;
        let space = rest
            .find(|c: char| !c.is_whitespace())
            .unwrap_or(rest.len());
        if space > 0 {
            found(at..at + space, None);
        }
        rest = &rest[space..];
        at += space;
    }
}

fn each_ascii(bytes: &[u8], base: usize, found: &mut impl FnMut(Range<usize>, Option<Kind>)) {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        if !is_word(bytes[at]) {
            at += 1;
            found(base + start..base + at, Some(Kind::Glue));
            continue;
        }
        while at < bytes.len() {
            if is_word(bytes[at]) {
                at += 1;
                continue;
            }
            // `can't`, `3.14` and `1,000` are one word; `end.Next` is two.
            let before = bytes[at - 1];
            let after = bytes.get(at + 1).copied().unwrap_or(b' ');
            let joins = match bytes[at] {
                b'\'' => before.is_ascii_alphabetic() && after.is_ascii_alphabetic(),
                b'.' | b',' => before.is_ascii_digit() && after.is_ascii_digit(),
                _ => false,
            };
            if !joins {
                break;
            }
            at += 1;
        }
        found(base + start..base + at, Some(Kind::Word));
    }
}

fn kind_of(segment: &str) -> Kind {
    if segment.chars().all(is_glue) {
        Kind::Glue
    } else {
        Kind::Word
    }
}

/// Punctuation, marks and invisible characters; the standard library knows no Unicode categories.
fn is_glue(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_alphanumeric();
    }
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}'
        )
        || matches!(c, '\u{2000}'..='\u{206f}' | '\u{2e00}'..='\u{2e7f}')
        || matches!(c, '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{3030}')
        || matches!(c, '\u{fe00}'..='\u{fe1f}' | '\u{fe30}'..='\u{fe6b}' | '\u{feff}')
        || matches!(c, '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}')
        || matches!(c, '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}')
}
