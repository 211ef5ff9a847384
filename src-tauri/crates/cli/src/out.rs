//! The one handle through which everything reaches standard output.
//!
//! Writing never fails at the place of writing: a closed pipe is the end of interest and what follows is dropped; any
//! other failure is kept and told once, by [`Out::finish`].

use std::io::{self, Write};

use serde::Serialize;

use crate::text::Line;
use crate::text::style::Style;
use crate::text::table::Table;

/// Where to write, and what it can show.
pub(crate) struct Out {
    sink: Box<dyn Write>,
    style: Style,
    width: usize,
    fits: bool,
    verbatim: bool,
    end: Option<io::Error>,
}

/// What the other end of standard output is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// Whether colours are used.
    pub(crate) colour: bool,
    /// Columns, when they are known.
    pub(crate) columns: Option<usize>,
    /// Whether a person looks at it directly.
    pub(crate) terminal: bool,
}

/// Columns where nothing says how many there are.
const COLUMNS: usize = 100;

impl Out {
    pub(crate) fn new(sink: Box<dyn Write>, screen: Screen) -> Self {
        Self {
            sink,
            style: Style {
                colour: screen.colour,
            },
            width: screen.columns.unwrap_or(COLUMNS).clamp(40, 400),
            fits: screen.columns.is_some(),
            verbatim: !screen.terminal,
            end: None,
        }
    }

    /// Columns to lay things out in.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Whether bytes can pass as they are, because no terminal would act on them.
    pub(crate) fn verbatim(&self) -> bool {
        self.verbatim
    }

    /// Whether the reader is gone, so that nothing need be worked out any more.
    pub(crate) fn closed(&self) -> bool {
        self.end.is_some()
    }

    /// One line.
    pub(crate) fn line(&mut self, line: &Line) {
        let mut shown = line.show(self.style);
        shown.push('\n');
        self.bytes(shown.as_bytes());
    }

    /// A line that is continued `indent` columns in where it does not fit.
    pub(crate) fn hang(&mut self, line: &Line, indent: usize) {
        let lines = line.hang(self.width, indent);
        self.lines(&lines);
    }

    /// Several lines.
    pub(crate) fn lines<'a>(&mut self, lines: impl IntoIterator<Item = &'a Line>) {
        for line in lines {
            self.line(line);
        }
    }

    /// An empty line.
    pub(crate) fn blank(&mut self) {
        self.bytes(b"\n");
    }

    /// A line of plain text, wrapped to the width.
    pub(crate) fn say(&mut self, text: impl AsRef<str>) {
        for line in Line::plain(text).wrap(self.width) {
            self.line(&line);
        }
    }

    /// Columns that a table has; `None` into a pipe, where nothing has to fit and a row is a line.
    pub(crate) fn room(&self) -> Option<usize> {
        self.fits.then_some(self.width)
    }

    /// A table.
    pub(crate) fn table(&mut self, table: &Table) {
        self.lines(&table.lines(self.room()));
    }

    /// One JSON document.
    pub(crate) fn json(&mut self, document: &impl Serialize) {
        // Documents are our own types: they serialise, or the sentence below is printed instead of half a document.
        match serde_json::to_vec_pretty(document) {
            Ok(mut bytes) => {
                bytes.push(b'\n');
                self.bytes(&bytes);
            }
            Err(error) => self.end = self.end.take().or_else(|| Some(error.into())),
        }
    }

    /// One JSON document on one line, written at once.
    pub(crate) fn json_line(&mut self, document: &impl Serialize) {
        match serde_json::to_vec(document) {
            Ok(mut bytes) => {
                bytes.push(b'\n');
                self.bytes(&bytes);
                self.flush();
            }
            Err(error) => self.end = self.end.take().or_else(|| Some(error.into())),
        }
    }

    /// Bytes as they are: only for our own, or where [`Out::verbatim`] says so.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        if self.end.is_none()
            && let Err(error) = self.sink.write_all(bytes)
        {
            self.end = Some(error);
        }
    }

    /// Hands everything on.
    pub(crate) fn flush(&mut self) {
        if self.end.is_none()
            && let Err(error) = self.sink.flush()
        {
            self.end = Some(error);
        }
    }

    /// Hands everything on, and tells what failed on the way. A closed pipe is no failure.
    pub(crate) fn finish(&mut self) -> Result<(), io::Error> {
        self.flush();
        match self.end.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}
