//! One spelling of a secret, and whether some bytes begin with it.

use zeroize::Zeroizing;

/// From so many bytes of a secret on, or more than half of it, its start is taken for it at the end of what was cut
/// off. Fewer are left, because keys begin with words that are no secret, such as `sk-ant-api03-`.
const START_BYTES: usize = 16;

/// The most bytes of an HTML entity after its `&`.
const ENTITY_BYTES: usize = 8;

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
    // Errors are wrapped in errors, so that escapes are escaped again: `\\u002F`, `%252F`, `&amp;#x2F;`.
    let nested = |of: u8, more: &[u8]| {
        let mut rest = bytes.get(1..).unwrap_or_default();
        while wanted != of
            && let Some(inner) = rest.strip_prefix(more)
        {
            rest = inner;
        }
        (bytes.len() - rest.len(), rest)
    };
    let escape = match first {
        b'%' => match nested(b'%', b"25") {
            (taken, [high, low, ..]) => is(hex(Some(&[*high, *low])), taken + 2),
            (_, rest) => begun(rest),
        },
        b'\\' => match nested(b'\\', b"\\") {
            (taken, [b'u', a, b, c, d, ..]) => is(hex(Some(&[*a, *b, *c, *d])), taken + 5),
            (_, [b'u', rest @ ..]) => begun(rest),
            (taken, [next, ..]) => is(Some(u32::from(*next)), taken + 1),
            (_, []) => begun(&[]),
        },
        b'&' => {
            let (taken, rest) = nested(b'&', b"amp;");
            match entity(rest) {
                Some((value, length)) => is(value, taken + length),
                None if rest.len() < ENTITY_BYTES => begun(rest),
                None => Fit::None,
            }
        }
        _ => Fit::None,
    };
    match escape {
        Fit::None if *first == wanted => Fit::Whole(1),
        escape => escape,
    }
}

/// What an HTML entity stands for, after its `&`, and its length with the `;`. `None` without a `;`.
fn entity(bytes: &[u8]) -> Option<(Option<u32>, usize)> {
    let end = bytes
        .iter()
        .take(ENTITY_BYTES)
        .position(|byte| *byte == b';')?;
    let number = |digits: &[u8], radix| {
        let digits = std::str::from_utf8(digits).ok()?;
        u32::from_str_radix(digits, radix).ok()
    };
    let value = match bytes.get(..end).unwrap_or_default() {
        b"amp" => Some(u32::from(b'&')),
        b"lt" => Some(u32::from(b'<')),
        b"gt" => Some(u32::from(b'>')),
        b"quot" => Some(u32::from(b'"')),
        b"apos" => Some(u32::from(b'\'')),
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ => None,
    };
    Some((value, end + 1))
}
