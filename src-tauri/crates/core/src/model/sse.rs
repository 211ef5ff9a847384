//! Server-sent events: from bytes cut anywhere to events.
//!
//! Owns the framing and nothing else: it knows no JSON, no wire and no network. Follows the WHATWG text (LF, CRLF and
//! CR end lines, comments, several `data` lines, one space after the colon, a byte order mark at the start), with two
//! deliberate differences. Bytes are not decoded here: the reader of the JSON says what was not UTF-8. And an event
//! that the end of the body cuts off before its blank line is handed out by [`Parser::finish`]: some servers leave the
//! blank line out after their last event, and an event that is not whole is no JSON anyway.
//!
//! `id` and `retry` are ignored: a reply cannot be resumed, and reconnecting would bill again.

use super::{CallError, ErrorKind};

/// The most bytes of a line. OpenAI's last event repeats the whole reply, encrypted reasoning and tools included, on
/// one line; a server that sends more than this is not answering.
pub(super) const LINE_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes of an event: its `data` lines together.
pub(super) const EVENT_BYTES: usize = 8 * 1024 * 1024;

/// One event. Events without data are never handed out: they are keep-alives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event<'a> {
    /// Its name; empty where the stream names none.
    pub(super) name: &'a str,
    /// Its data lines, joined by LF.
    pub(super) data: &'a [u8],
}

/// The parser. Every byte is looked at once, and complete lines are read where they lie.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// The start of a line whose end has not arrived.
    line: Vec<u8>,
    /// The event's data so far, with an LF after each line.
    data: Vec<u8>,
    name: String,
    /// The last line ended in CR: an LF that follows belongs to it.
    after_cr: bool,
    /// The first line, before which a byte order mark may stand, has been read.
    begun: bool,
}

impl Parser {
    /// Takes bytes and hands out the events they complete.
    ///
    /// Errors: what `each` returns, and [`ErrorKind::TooLarge`].
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(Event<'_>) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        while let Some(first) = bytes.first() {
            if std::mem::take(&mut self.after_cr) && *first == b'\n' {
                bytes = bytes.get(1..).unwrap_or_default();
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (piece, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + piece.len() > LINE_BYTES {
                return Err(too_large("line", LINE_BYTES));
            }
            let Some((end, rest)) = rest.split_first() else {
                self.line.extend_from_slice(piece);
                break;
            };
            self.after_cr = *end == b'\r';
            bytes = rest;
            if self.line.is_empty() {
                self.take(piece, &mut each)?;
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(piece);
                let taken = self.take(&line, &mut each);
                // Its room is used again.
                line.clear();
                self.line = line;
                taken?;
            }
        }
        Ok(())
    }

    /// The body has ended: hands out the event it cut off, if there is one.
    pub(super) fn finish(
        mut self,
        mut each: impl FnMut(Event<'_>) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.take(&line, &mut each)?;
        }
        self.dispatch(&mut each)
    }

    fn take(
        &mut self,
        mut line: &[u8],
        each: &mut impl FnMut(Event<'_>) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(each);
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.data.len() + value.len() > EVENT_BYTES {
                    return Err(too_large("event", EVENT_BYTES));
                }
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            b"event" => {
                self.name.clear();
                self.name.push_str(&String::from_utf8_lossy(value));
            }
            // Comments, whose field is empty, and fields that mean nothing here.
            _ => {}
        }
        Ok(())
    }

    fn dispatch(
        &mut self,
        each: &mut impl FnMut(Event<'_>) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        let data = self.data.strip_suffix(b"\n").unwrap_or(&self.data);
        let told = if data.trim_ascii().is_empty() {
            Ok(())
        } else {
            each(Event {
                name: &self.name,
                data,
            })
        };
        self.data.clear();
        self.name.clear();
        told
    }
}

fn too_large(what: &str, cap: usize) -> CallError {
    let message = format!("the cap of a {what} in a stream is {cap} bytes");
    CallError::new(ErrorKind::TooLarge, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The events of a stream that arrives in these pieces, and whether it ended in an error.
    fn events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<(String, String)>, bool) {
        let mut seen = Vec::new();
        let mut each = |event: Event<'_>| {
            let data = String::from_utf8_lossy(event.data).into_owned();
            seen.push((event.name.to_owned(), data));
            Ok(())
        };
        let mut parser = Parser::default();
        let fed = pieces
            .into_iter()
            .try_for_each(|piece| parser.feed(piece, &mut each));
        let failed = fed.and_then(|()| parser.finish(&mut each)).is_err();
        (seen, failed)
    }

    fn whole(text: &str) -> Vec<(String, String)> {
        events([text.as_bytes()]).0
    }

    fn data(of: &[&str]) -> Vec<(String, String)> {
        of.iter()
            .map(|data| (String::new(), (*data).to_owned()))
            .collect()
    }

    #[test]
    fn events_end_at_a_blank_line() {
        assert_eq!(whole("data: a\n\ndata: b\n\n"), data(&["a", "b"]));
        assert_eq!(whole("data: a\ndata: b\n\n"), data(&["a\nb"]));
        assert_eq!(whole("data:a\n\ndata:  b\n\n"), data(&["a", " b"]));
        assert_eq!(
            whole("event: e\ndata: a\n\ndata: b\n\n"),
            [
                ("e".to_owned(), "a".to_owned()),
                (String::new(), "b".to_owned())
            ]
        );
    }

    #[test]
    fn what_is_no_data_is_skipped() {
        assert_eq!(
            whole(": ping\n\nid: 7\nretry: 1\nodd\ndatax: 1\nevent: ping\n\ndata: a\n\n"),
            data(&["a"])
        );
        assert_eq!(whole("data\n\ndata:\n\ndata: \ndata:\n\n"), []);
        assert_eq!(whole("event: e\n\ndata: a\n\n"), data(&["a"]));
        assert_eq!(
            whole(": data: a\ndata: b\n: c\ndata: d\n\n"),
            data(&["b\nd"])
        );
    }

    #[test]
    fn every_line_end_is_one() {
        let expected = data(&["a\nb", "c"]);
        for end in ["\n", "\r\n", "\r"] {
            let text = "data: a\ndata: b\n\ndata: c\n\n".replace('\n', end);
            assert_eq!(whole(&text), expected, "{end:?}");
        }
        assert_eq!(whole("data: a\r\ndata: b\n\rdata: c\r\r\n"), expected);
    }

    #[test]
    fn a_byte_order_mark_counts_only_at_the_start() {
        assert_eq!(whole("\u{feff}data: a\n\n"), data(&["a"]));
        assert_eq!(whole("\u{feff}\ndata: a\n\n"), data(&["a"]));
        assert_eq!(whole("data: a\n\n\u{feff}data: b\n\n"), data(&["a"]));
        assert_eq!(whole("\u{feff}\u{feff}data: a\n\n"), []);
    }

    #[test]
    fn the_last_event_may_lack_its_blank_line() {
        for tail in ["", "\n", "\r", "\r\n", "\n\n"] {
            assert_eq!(whole(&format!("data: a{tail}")), data(&["a"]), "{tail:?}");
        }
        assert_eq!(whole(""), []);
    }

    #[test]
    fn lines_and_events_have_caps() {
        let line = vec![b'x'; LINE_BYTES];
        assert!(!events([line.as_slice()]).1);
        assert!(events([line.as_slice(), b"x"]).1);
        assert!(events([b"y".as_slice(), &line, b"\n"]).1);
        // The cap is met before the line's end has come.
        let mut parser = Parser::default();
        let mut fed = Ok(());
        let mut taken = 0;
        while fed.is_ok() && taken < 2 * LINE_BYTES {
            taken += 1000;
            fed = parser.feed(&[b'z'; 1000], |_| Ok(()));
        }
        assert_eq!(fed.unwrap_err().kind, ErrorKind::TooLarge);
        assert!(taken <= LINE_BYTES + 1000);

        let data = [b"data:".as_slice(), &vec![b'x'; 1000], b"\n"].concat();
        let lines = vec![data.as_slice(); EVENT_BYTES / 1000 + 1];
        assert!(events(lines.iter().copied()).1);
        let spread = lines.iter().flat_map(|line| [*line, b"\n".as_slice()]);
        assert!(!events(spread).1);
    }

    #[test]
    fn what_the_taker_refuses_ends_it() {
        let mut seen = 0;
        let refused = Parser::default().feed(b"data: a\n\ndata: b\n\n", |_| {
            seen += 1;
            Err(CallError::new(ErrorKind::Server, ""))
        });
        assert!(refused.is_err());
        assert_eq!(seen, 1);
    }

    proptest! {
        #[test]
        fn cuts_make_no_difference(
            text in "(data: ?|event: |:|\u{feff}|\r|\n|\r\n|\n\n|é😀|[a-z{}]){0,40}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let bytes = text.as_bytes();
            let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            let pieces = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
            prop_assert_eq!(events(pieces), events([bytes]));
            prop_assert_eq!(events(bytes.chunks(1)), events([bytes]));
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(!events([bytes.as_slice()]).1);
        }
    }
}
