//! Text for people: lines of styled spans, tables, and pieces side by side.
//!
//! Owns how things look in a terminal. It must not know the workspace's use cases or where the lines go. Whatever
//! comes from outside (outputs, messages, names in files) becomes a [`Span`], and a span shows control characters
//! instead of sending them: no escape sequence but our own reaches the terminal.

pub(crate) mod date;
pub(crate) mod pieces;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod visible;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use style::{Ink, Style};
use visible::visible;

/// A stretch of one line in one ink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    text: String,
    ink: Ink,
}

/// One line: spans beside each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line(Vec<Span>);

impl Line {
    /// An empty line.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A line in the terminal's own colour.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self::new().then(Ink::Plain, text)
    }

    /// A line in one ink.
    pub(crate) fn of(ink: Ink, text: impl AsRef<str>) -> Self {
        Self::new().then(ink, text)
    }

    /// The line with more text at its end.
    pub(crate) fn then(mut self, ink: Ink, text: impl AsRef<str>) -> Self {
        self.push(ink, text);
        self
    }

    /// The line with another at its end.
    pub(crate) fn join(mut self, other: Self) -> Self {
        for span in other.0 {
            match self.0.last_mut() {
                Some(last) if last.ink == span.ink => last.text.push_str(&span.text),
                _ => self.0.push(span),
            }
        }
        self
    }

    /// Adds text at the end.
    pub(crate) fn push(&mut self, ink: Ink, text: impl AsRef<str>) {
        let text = visible(text.as_ref());
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.ink == ink => last.text.push_str(&text),
            _ => self.0.push(Span {
                text: text.into_owned(),
                ink,
            }),
        }
    }

    /// Adds a space unless the line is empty.
    pub(crate) fn gap(&mut self, spaces: usize) {
        if !self.0.is_empty() {
            self.push(Ink::Plain, " ".repeat(spaces));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Columns in a terminal.
    pub(crate) fn width(&self) -> usize {
        self.0.iter().map(|span| span.text.width()).sum()
    }

    /// The line with spaces up to `width` columns.
    pub(crate) fn padded(mut self, width: usize) -> Self {
        let missing = width.saturating_sub(self.width());
        if missing > 0 {
            self.push(Ink::Plain, " ".repeat(missing));
        }
        self
    }

    /// What goes to the terminal, without a line end.
    pub(crate) fn show(&self, style: Style) -> String {
        self.0
            .iter()
            .map(|span| style.paint(span.ink, &span.text))
            .collect()
    }

    /// The line in lines of at most `width` columns, broken at spaces where there are any. A space at a break is left
    /// out; nothing else is.
    pub(crate) fn wrap(&self, width: usize) -> Vec<Self> {
        self.hang(width, 0)
    }

    /// As [`Line::wrap`], every line but the first behind `indent` spaces.
    pub(crate) fn hang(&self, width: usize, indent: usize) -> Vec<Self> {
        let room = width.saturating_sub(indent).max(1);
        if self.width() <= width.max(1) {
            return vec![self.clone()];
        }
        let mut lines: Vec<Self> = Vec::new();
        let mut line = Self::new();
        let mut used = 0;
        let limit = |lines: &Vec<Self>| if lines.is_empty() { width.max(1) } else { room };
        for word in self.words() {
            let wide = word.width();
            if word.is_space() {
                // At the start of a continued line it was the space at the break.
                if used > 0 || lines.is_empty() {
                    line = line.join(word);
                    used += wide;
                }
                continue;
            }
            if used + wide > limit(&lines) && !line.is_blank() {
                lines.push(std::mem::take(&mut line).without_end_space());
                used = 0;
            }
            if used + wide <= limit(&lines) {
                line = line.join(word);
                used += wide;
                continue;
            }
            // Longer than a line: cut where the line ends.
            for (part, columns) in
                word.cut(room.min(limit(&lines).saturating_sub(used).max(1)), room)
            {
                if used + columns > limit(&lines) {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line = line.join(part);
                used += columns;
            }
        }
        if !line.is_blank() || lines.is_empty() {
            lines.push(line.without_end_space());
        }
        let indented = |(at, line): (usize, Self)| match at {
            0 => line,
            _ => Self::plain(" ".repeat(indent)).join(line),
        };
        lines.into_iter().enumerate().map(indented).collect()
    }

    /// The first `width` columns, with `…` at the end when that is not all.
    pub(crate) fn shortened(&self, width: usize) -> Self {
        if self.width() <= width {
            return self.clone();
        }
        let width = width.saturating_sub(1).max(1);
        match self.cut(width, width).into_iter().next() {
            Some((first, _)) => first.without_end_space().then(Ink::Dim, "…"),
            None => Self::new(),
        }
    }

    /// Words and the spaces between them; a word can have several inks.
    fn words(&self) -> Vec<Self> {
        let mut words: Vec<Self> = Vec::new();
        let mut last_is_space = None;
        for span in &self.0 {
            for c in span.text.chars() {
                let is_space = c == ' ';
                if last_is_space != Some(is_space) {
                    words.push(Self::new());
                    last_is_space = Some(is_space);
                }
                if let Some(word) = words.last_mut() {
                    word.push_char(span.ink, c);
                }
            }
        }
        words
    }

    fn push_char(&mut self, ink: Ink, c: char) {
        match self.0.last_mut() {
            Some(last) if last.ink == ink => last.text.push(c),
            _ => self.0.push(Span {
                text: c.to_string(),
                ink,
            }),
        }
    }

    fn is_space(&self) -> bool {
        self.0
            .iter()
            .all(|span| span.text.chars().all(|c| c == ' '))
    }

    fn is_blank(&self) -> bool {
        self.0.is_empty() || self.is_space()
    }

    fn without_end_space(mut self) -> Self {
        while let Some(last) = self.0.last_mut() {
            last.text.truncate(last.text.trim_end_matches(' ').len());
            if !last.text.is_empty() {
                break;
            }
            self.0.pop();
        }
        self
    }

    /// Parts of at most `first` columns and then `width`, cut anywhere between characters.
    fn cut(&self, first: usize, width: usize) -> Vec<(Self, usize)> {
        let mut parts = vec![(Self::new(), 0)];
        for span in &self.0 {
            for c in span.text.chars() {
                let wide = c.width().unwrap_or(0);
                let room = if parts.len() == 1 { first } else { width };
                if parts.last().is_some_and(|(_, used)| used + wide > room) {
                    parts.push((Self::new(), 0));
                }
                if let Some((part, used)) = parts.last_mut() {
                    part.push_char(span.ink, c);
                    *used += wide;
                }
            }
        }
        parts
    }
}

/// Wraps text of any length and number of lines, each line behind `indent` spaces.
pub(crate) fn paragraph(ink: Ink, text: &str, indent: usize, width: usize) -> Vec<Line> {
    let room = width.saturating_sub(indent).max(20);
    text.lines()
        .flat_map(|line| Line::of(ink, line).wrap(room))
        .map(|line| Line::plain(" ".repeat(indent)).join(line))
        .collect()
}

/// `1 case`, `2 cases`.
pub(crate) fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests;
