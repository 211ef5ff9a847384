//! One spelling of a secret, and whether some bytes begin with it.

use zeroize::Zeroizing;

/// From so many bytes of a secret on, or more than half of it, its start is taken for it at the end of what was cut
/// off. Fewer are left, because keys begin with words that are no secret, such as `sk-ant-api03-`.
const START_BYTES: usize = 16;

/// A spelling.
pub(super) struct Form {
    bytes: Zeroizing<Vec<u8>>,
    /// Whether escapes are looked through.
    escaped: bool,
}

/// How the start of some bytes compares with a form.
#[derive(Clone, Copy)]
pub(super) enum Fit {
    /// The form, in so many bytes.
    Whole(usize),
    /// All of the bytes are the start of the form: so many bytes of it, and whether they give much of it away.
    Start(usize, bool),
    None,
}

impl Form {
    pub(super) fn new(bytes: Vec<u8>, escaped: bool) -> Self {
        Self {
            bytes: Zeroizing::new(bytes),
            escaped,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes that it can begin with.
    pub(super) fn starts(&self) -> impl Iterator<Item = u8> {
        let escapes: &[u8] = if self.escaped { b"%\\&" } else { b"" };
        self.bytes.first().into_iter().chain(escapes).copied()
    }

    pub(super) fn fit(&self, bytes: &[u8]) -> Fit {
        if bytes.starts_with(&self.bytes) {
            return Fit::Whole(self.bytes.len());
        }
        if !self.escaped {
            let starts = self.bytes.starts_with(bytes);
            return if starts {
                self.start(bytes.len())
            } else {
                Fit::None
            };
        }
        let length = self.bytes.len();
        let literal = |number: usize, at: usize| {
            let (rest, form) = (bytes.get(at..), self.bytes.get(number..));
            rest.zip(form)
                .is_some_and(|(rest, form)| rest.starts_with(form))
        };
        let mut at = 0;
        for (number, wanted) in self.bytes.iter().enumerate() {
            match one(bytes.get(at..).unwrap_or_default(), *wanted) {
                Fit::Whole(length) => at += length,
                // `&` may be itself, and all that follows too.
                Fit::Start(..) if literal(number, at) => return Fit::Whole(at + length - number),
                Fit::Start(some, _) => return self.start(number + some),
                Fit::None => return Fit::None,
            }
        }
        Fit::Whole(at)
    }

    fn start(&self, some: usize) -> Fit {
        Fit::Start(some, some >= START_BYTES.min(self.bytes.len() / 2 + 1))
    }
}

/// Whether `bytes` begin with `wanted`, as it is or as URLs, JSON and HTML escape it.
fn one(bytes: &[u8], wanted: u8) -> Fit {
    let Some(first) = bytes.first() else {
        return Fit::Start(0, false);
    };
    // An escape that is not over yet.
    let begun = |rest: &[u8]| {
        let name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
        if rest.iter().all(name) {
            Fit::Start(1, false)
        } else {
            Fit::None
        }
    };
    let hex = |digits: Option<&[u8]>| {
        let digits = std::str::from_utf8(digits?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let is = |value: Option<u32>, taken: usize| {
        if value == Some(u32::from(wanted)) {
            Fit::Whole(taken)
        } else {
            Fit::None
        }
    };
    let escape = match bytes {
        [b'%', _, _, ..] => is(hex(bytes.get(1..3)), 3),
        [b'%', rest @ ..] => begun(rest),
        // JSON inside of JSON: every escape is escaped again, which no longer says how deep it was.
        [b'\\', b'\\', ..] if wanted != b'\\' => {
            let run = bytes.iter().take_while(|byte| **byte == b'\\').count();
            match bytes.get(run..) {
                Some([b'u', _, _, _, _, ..]) => is(hex(bytes.get(run + 1..run + 5)), run + 5),
                Some([b'u', rest @ ..]) => begun(rest),
                Some([next, ..]) => is(Some(u32::from(*next)), run + 1),
                _ => begun(&[]),
            }
        }
        [b'\\', b'u', _, _, _, _, ..] => is(hex(bytes.get(2..6)), 6),
        [b'\\', b'u', rest @ ..] => begun(rest),
        [b'\\', next, ..] => is(Some(u32::from(*next)), 2),
        [b'\\'] => begun(&[]),
        [b'&', rest @ ..] => match rest.iter().take(8).position(|byte| *byte == b';') {
            None if rest.len() < 8 => begun(rest),
            None => Fit::None,
            Some(end) => {
                let name = rest.get(..end).unwrap_or_default();
                let value = match name {
                    b"amp" => Some(u32::from(b'&')),
                    b"lt" => Some(u32::from(b'<')),
                    b"gt" => Some(u32::from(b'>')),
                    b"quot" => Some(u32::from(b'"')),
                    b"apos" => Some(u32::from(b'\'')),
                    [b'#', b'x' | b'X', digits @ ..] => hex(Some(digits)),
                    [b'#', digits @ ..] => std::str::from_utf8(digits)
                        .ok()
                        .and_then(|digits| digits.parse().ok()),
                    _ => None,
                };
                is(value, end + 2)
            }
        },
        _ => Fit::None,
    };
    match escape {
        Fit::None if *first == wanted => Fit::Whole(1),
        escape => escape,
    }
}
