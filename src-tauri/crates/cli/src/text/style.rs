//! Inks: what a stretch of text means, and how that looks with colours and without.

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Nothing special.
    Plain,
    /// A heading or a name to find.
    Bold,
    /// Less important.
    Dim,
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// Good.
    Good,
    /// Stands only on the left. Neither side is the edit of the other: never red or green.
    OnlyLeft,
    /// Stands only on the right.
    OnlyRight,
    /// Only on its side as far as was searched.
    Coarse,
    /// A line that a version took out.
    Removed,
    /// What exactly it took out of the line.
    RemovedHere,
    /// A line that a version brought.
    Added,
    /// What exactly it brought.
    AddedHere,
}

impl Ink {
    const fn codes(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Error | Self::Removed => "31",
            Self::Warning => "33",
            Self::Good | Self::Added => "32",
            Self::OnlyLeft => "4;34",
            Self::OnlyRight => "4;33",
            Self::Coarse => "2;4",
            Self::RemovedHere => "1;4;31",
            Self::AddedHere => "1;4;32",
        }
    }

    /// Brackets that stand for the ink where there are no colours; empty for inks whose loss loses nothing.
    pub(crate) const fn brackets(self) -> (&'static str, &'static str) {
        match self {
            Self::OnlyLeft => ("{<", "<}"),
            Self::OnlyRight => ("{>", ">}"),
            Self::Coarse => ("{~", "~}"),
            _ => ("", ""),
        }
    }
}

/// Whether colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether colours are used.
    pub(crate) colour: bool,
}

impl Style {
    pub(crate) fn paint(self, ink: Ink, text: &str) -> String {
        match ink.codes() {
            codes if self.colour && !codes.is_empty() => format!("\x1b[{codes}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }
}
