//! Makes control characters visible, so that foreign text cannot steer the terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` fit for one line of a terminal: line ends as `↵`, tabs as four spaces, other controls as their pictures
/// (`␛`) or numbers (`\u{9b}`). Marks that turn the reading direction count as controls: they can show a text in
/// another order than it has.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => shown.push('↵'),
            '\t' => shown.push_str("    "),
            '\u{7f}' => shown.push('␡'),
            // The pictures of the first 32 stand in the same order from U+2400.
            '\0'..='\u{1f}' => {
                shown.push(
                    char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
                );
            }
            c if steers(c) => {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// As [`visible`], but line ends stay what they are.
pub(crate) fn visible_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => {
                shown.push_str(&visible(line.strip_suffix('\r').unwrap_or(line)));
                shown.push('\n');
            }
            None => shown.push_str(&visible(line)),
        }
    }
    shown
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_comes_through() {
        assert_eq!(
            visible("a\x1b[31mb\x07\r\n\tc\u{9b}d\u{202e}e"),
            "a␛[31mb␇␍↵    c\\u{9b}d\\u{202e}e"
        );
        assert_eq!(visible("naïve 語 👩‍👧"), "naïve 語 👩‍👧");
        assert!(matches!(visible("plain"), Cow::Borrowed(_)));
        for code in (0..0x20).chain(0x7f..0xa0) {
            let c = char::from_u32(code).unwrap();
            assert!(!visible(&c.to_string()).contains(c), "{code:x}");
        }
    }

    #[test]
    fn lines_of_a_text_stay_lines() {
        assert_eq!(visible_text("a\x1b\r\nb\n"), "a␛\nb\n");
    }
}
