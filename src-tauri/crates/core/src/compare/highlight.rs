//! Highlight: what each stretch of a text is in its own language.
//!
//! Owns the way from syntect's scopes to our closed set of classes. Gives classes, never colours or
//! markup. The grammars are unpacked on first use, so that who compares only pays nothing for them.

use std::ops::Range;
use std::sync::OnceLock;

use serde::Serialize;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use super::text::cut_lines;
use super::{Class, Comparison, Piece, Row, Side};

/// The languages that prompts and outputs are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    Plain,
    Json,
    Markdown,
    /// XML and HTML, as in prompts whose sections are tags.
    Markup,
}

impl Syntax {
    /// JSON for what begins like JSON, Markdown (which knows tags too) for all else.
    pub fn of_output(text: &str) -> Self {
        if text.trim_start().starts_with(['{', '[']) {
            Self::Json
        } else {
            Self::Markdown
        }
    }
}

/// A stretch of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Span {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub class: Option<Class>,
}

/// Bytes beyond which a line stays plain. A grammar may go over a line many times.
const LINE: usize = 8 * 1024;
/// Bytes beyond which the rest of a text stays plain: a page is painted while somebody waits.
const TEXT: usize = 64 * 1024;

/// The lines of a text, each as spans that concatenate to it, its terminator included.
///
/// `{{…}}` is a variable (or a keyword, or a comment) whatever surrounds it. Lines of more than 8
/// KB, and all after the first 64 KB, are one span without a class.
pub fn highlight(text: &str, syntax: Syntax) -> Vec<Vec<Span>> {
    let classes = classes(text, syntax);
    let mut spans = Spans {
        text,
        classes: &classes,
        next: 0,
    };
    cut_lines(text)
        .into_iter()
        .map(|line| spans.cut(line, |text, class| Span { text, class }))
        .collect()
}

/// Adds classes to a comparison: pieces are split where a class begins or ends, and still
/// concatenate to the texts.
///
/// Not for the rows of fields, whose texts are no documents.
pub fn weave(comparison: &mut Comparison, left: Syntax, right: Syntax) {
    weave_side(&mut comparison.rows, left, |row| row.left.as_mut());
    weave_side(&mut comparison.rows, right, |row| row.right.as_mut());
}

fn weave_side(rows: &mut [Row], syntax: Syntax, side: impl Fn(&mut Row) -> Option<&mut Side>) {
    let mut text = String::new();
    for side in rows.iter_mut().filter_map(&side) {
        side.pieces
            .iter()
            .for_each(|piece| text.push_str(&piece.text));
    }
    let classes = classes(&text, syntax);
    let mut spans = Spans {
        text: &text,
        classes: &classes,
        next: 0,
    };
    let mut at = 0;
    for side in rows.iter_mut().filter_map(&side) {
        let mut pieces = Vec::with_capacity(side.pieces.len());
        for piece in &side.pieces {
            let end = at + piece.text.len();
            let edit = piece.edit;
            pieces.extend(spans.cut(at..end, |text, class| Piece { text, edit, class }));
            at = end;
        }
        side.pieces = pieces;
    }
}

/// Cuts ranges that ascend, at the borders of classes.
struct Spans<'a> {
    text: &'a str,
    classes: &'a [(Range<usize>, Class)],
    next: usize,
}

impl Spans<'_> {
    fn cut<T>(&mut self, range: Range<usize>, make: impl Fn(String, Option<Class>) -> T) -> Vec<T> {
        let mut made = Vec::new();
        let mut at = range.start;
        while at < range.end {
            while self
                .classes
                .get(self.next)
                .is_some_and(|(bytes, _)| bytes.end <= at)
            {
                self.next += 1;
            }
            let (end, class) = match self.classes.get(self.next) {
                Some((bytes, class)) if bytes.start <= at => (bytes.end, Some(*class)),
                Some((bytes, _)) => (bytes.start, None),
                None => (range.end, None),
            };
            let end = end.min(range.end);
            made.push(make(self.text[at..end].to_owned(), class));
            at = end;
        }
        made
    }
}

/// The classes of a text, ascending, without overlap, neighbours of one class joined.
fn classes(text: &str, syntax: Syntax) -> Vec<(Range<usize>, Class)> {
    let text = &text[..floor(text, TEXT)];
    let grammar = match syntax {
        Syntax::Plain => Vec::new(),
        Syntax::Json => by_grammar(text, "json"),
        Syntax::Markdown => by_grammar(text, "md"),
        Syntax::Markup => by_grammar(text, "html"),
    };
    overlay(grammar, super::handlebars::marks(text))
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

struct Grammars {
    set: SyntaxSet,
    /// The first that stands in the stack of scopes decides.
    scopes: Vec<(Scope, Class)>,
}

fn grammars() -> &'static Grammars {
    static GRAMMARS: OnceLock<Grammars> = OnceLock::new();
    GRAMMARS.get_or_init(|| {
        let scopes = [
            ("comment", Class::Comment),
            ("meta.structure.dictionary.key", Class::Key),
            ("entity.other.attribute-name", Class::Key),
            ("markup.raw", Class::String),
            ("string", Class::String),
            ("constant.numeric", Class::Number),
            ("constant", Class::Keyword),
            ("keyword", Class::Keyword),
            ("storage", Class::Keyword),
            ("markup.heading", Class::Heading),
            ("entity.name.tag", Class::Tag),
            ("punctuation.definition.tag", Class::Tag),
            ("markup.quote", Class::Comment),
            ("markup.underline.link", Class::String),
            ("markup.list.numbered.bullet", Class::Punctuation),
            ("markup.list.unnumbered.bullet", Class::Punctuation),
            ("punctuation", Class::Punctuation),
        ];
        let scopes = scopes
            .iter()
            .filter_map(|(name, class)| Some((Scope::new(name).ok()?, *class)))
            .collect();
        Grammars {
            set: SyntaxSet::load_defaults_newlines(),
            scopes,
        }
    })
}

fn by_grammar(text: &str, extension: &str) -> Vec<(Range<usize>, Class)> {
    let Grammars { set, scopes } = grammars();
    let Some(syntax) = set.find_syntax_by_extension(extension) else {
        return Vec::new();
    };
    let class_of = |stack: &ScopeStack| {
        let stack = stack.as_slice();
        let held = |prefix: &Scope| stack.iter().any(|scope| prefix.is_prefix_of(*scope));
        scopes
            .iter()
            .find(|(prefix, _)| held(prefix))
            .map(|(_, class)| *class)
    };
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut found = Vec::new();
    let mut line_feed = String::new();
    for bytes in cut_lines(text) {
        let content = text[bytes.clone()].trim_end_matches(['\r', '\n']);
        if content.len() > LINE {
            continue;
        }
        // The grammars want every line to end in a line feed.
        line_feed.clear();
        line_feed.push_str(content);
        line_feed.push('\n');
        // A grammar that fails leaves the rest plain; that is no reason to show nothing.
        let Ok(ops) = state.parse_line(&line_feed, set) else {
            return found;
        };
        let mut at = 0;
        for (end, op) in ops {
            let end = end.min(content.len());
            push(
                &mut found,
                bytes.start + at..bytes.start + end,
                class_of(&stack),
            );
            at = at.max(end);
            if stack.apply(&op).is_err() {
                return found;
            }
        }
        push(
            &mut found,
            bytes.start + at..bytes.start + content.len(),
            class_of(&stack),
        );
    }
    found
}

fn push(found: &mut Vec<(Range<usize>, Class)>, bytes: Range<usize>, class: Option<Class>) {
    let Some(class) = class else { return };
    if bytes.is_empty() {
        return;
    }
    match found.last_mut() {
        Some((last, same)) if *same == class && last.end == bytes.start => last.end = bytes.end,
        _ => found.push((bytes, class)),
    }
}

/// Lays marks over classes: where both speak, the mark does.
fn overlay(
    below: Vec<(Range<usize>, Class)>,
    marks: Vec<(Range<usize>, Class)>,
) -> Vec<(Range<usize>, Class)> {
    if marks.is_empty() {
        return below;
    }
    let mut laid = Vec::with_capacity(below.len() + 2 * marks.len());
    let mut marks = marks.into_iter().peekable();
    for (bytes, class) in below {
        let mut start = bytes.start;
        while let Some((mark, _)) = marks.peek()
            && mark.start < bytes.end
        {
            push(&mut laid, start..mark.start.max(start), Some(class));
            start = start.max(mark.end);
            if mark.end > bytes.end {
                break;
            }
            if let Some((mark, class)) = marks.next() {
                laid.push((mark, class));
            }
        }
        push(&mut laid, start.min(bytes.end)..bytes.end, Some(class));
    }
    laid.extend(marks);
    laid
}
