//! Taking secrets out of everything a call leaves behind. The one place that does.
//!
//! A server sends back what it was sent: in error messages, headers, pages, streams. The text of an answer is no
//! exception, because answers are stored, shown and shipped.

mod form;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use zeroize::Zeroizing;

use self::form::{Fit, Form};
use crate::model::{Answer, Attempt, CallError, Finish};

/// What stands where a secret stood.
pub(in crate::model) const MARK: &str = "[secret]";

/// Shorter texts are no secrets: local servers are given keys such as `x`, and hiding those would make messages
/// unreadable.
const SECRET_BYTES: usize = 4;

/// From this length on a secret is looked for in base64 too.
const ENCODED_BYTES: usize = 8;

/// The secrets of a call, in every spelling they are likely to come back in: as they are, escaped for URLs, JSON or
/// HTML in whole or in part, and base64 at any offset.
pub(in crate::model) struct Redaction {
    forms: Vec<Form>,
    /// Which bytes a form can begin with.
    starts: [bool; 256],
}

impl Redaction {
    /// For these secrets.
    pub(in crate::model) fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut redaction = Self {
            forms: Vec::new(),
            starts: [false; 256],
        };
        for secret in secrets {
            if secret.len() >= SECRET_BYTES {
                redaction.add(secret.as_bytes().to_vec(), true);
            }
            if secret.len() >= ENCODED_BYTES {
                redaction.add_base64(secret);
            }
        }
        // The longest first, or the end of a secret would be left standing where a shorter one begins like it.
        redaction
            .forms
            .sort_by_key(|form| std::cmp::Reverse(form.bytes().len()));
        redaction
    }

    fn add(&mut self, form: Vec<u8>, escaped: bool) {
        let form = Form::new(form, escaped);
        for start in form.starts() {
            if let Some(place) = self.starts.get_mut(usize::from(start)) {
                *place = true;
            }
        }
        if !self.forms.iter().any(|known| known.bytes() == form.bytes()) {
            self.forms.push(form);
        }
    }

    fn add_base64(&mut self, secret: &str) {
        for lead in 0..3_usize {
            let mut bytes = Zeroizing::new(vec![0; lead]);
            bytes.extend_from_slice(secret.as_bytes());
            // Characters at either end hold bits of the neighbours too.
            let skip = (lead * 8).div_ceil(6);
            let end = bytes.len() * 8 / 6;
            for encoded in [
                STANDARD_NO_PAD.encode(&*bytes),
                URL_SAFE_NO_PAD.encode(&*bytes),
            ] {
                let form = encoded.get(skip..end).unwrap_or_default();
                self.add(form.as_bytes().to_vec(), false);
            }
        }
    }

    /// The secrets in the value of a header: `Bearer K` is echoed as `K` too, `Basic …` decoded.
    pub(in crate::model) fn parts_of_header(value: &str) -> Vec<String> {
        let mut parts: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
        let basic = value
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, rest)| STANDARD.decode(rest.trim()).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(pair) = basic {
            parts.extend(
                pair.split_once(':')
                    .map(|(_, password)| password.to_owned()),
            );
            parts.push(pair);
        }
        // Scheme names are words of every second error message.
        parts.retain(|part| {
            !["bearer", "basic", "token", "digest", "apikey"]
                .contains(&part.to_ascii_lowercase().as_str())
        });
        parts
    }

    /// How many bytes past a cut must be at hand to see every secret that begins before it.
    pub(in crate::model) fn reach(&self) -> usize {
        // `\\u0041` is the longest way to write a byte that anybody uses for all of them.
        self.forms.first().map_or(0, |form| form.bytes().len() * 7)
    }

    /// What stands at the start of `bytes`: the longest whole form, else the longest start of one.
    fn at(&self, bytes: &[u8]) -> Fit {
        let first = bytes.first().map_or(0, |first| usize::from(*first));
        if !self.starts.get(first).is_some_and(|is| *is) {
            return Fit::None;
        }
        let mut found = Fit::None;
        for form in &self.forms {
            match (form.fit(bytes), found) {
                (whole @ Fit::Whole(_), _) => return whole,
                (Fit::Start(some, _), Fit::Start(before, _)) if some <= before => {}
                (start @ Fit::Start(..), _) => found = start,
                (Fit::None, _) => {}
            }
        }
        found
    }

    /// The bytes without secrets; `None` when there were none. Looks at what begins before `upto` and drops the rest.
    /// `cut` says that the bytes may end inside a secret: then a good part of one at the end goes too.
    fn masked(&self, bytes: &[u8], upto: usize, cut: bool) -> Option<Vec<u8>> {
        let mut out: Option<Vec<u8>> = None;
        let (mut at, mut kept) = (0, 0);
        let upto = upto.min(bytes.len());
        while at < upto {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = match self.at(rest) {
                Fit::Whole(length) => length,
                Fit::Start(_, true) if cut => rest.len(),
                Fit::Start(..) | Fit::None => {
                    at += 1;
                    continue;
                }
            };
            let out = out.get_or_insert_with(|| Vec::with_capacity(upto));
            out.extend_from_slice(bytes.get(kept..at).unwrap_or_default());
            out.extend_from_slice(MARK.as_bytes());
            at += length;
            kept = at;
        }
        let mut out = out?;
        out.extend_from_slice(bytes.get(kept..upto).unwrap_or_default());
        Some(out)
    }

    /// Whether there is nothing to look for.
    pub(in crate::model) fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// Where the last bytes of a text may be the start of a secret that is still to come; its end where not.
    pub(in crate::model) fn certain(&self, text: &str) -> usize {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match self.at(bytes.get(at..).unwrap_or_default()) {
                Fit::Whole(length) => at += length,
                Fit::Start(..) => return at,
                Fit::None => at += 1,
            }
        }
        bytes.len()
    }

    /// A text without secrets.
    pub(in crate::model) fn text<'a>(&self, text: &'a str, cut: bool) -> Cow<'a, str> {
        match self.masked(text.as_bytes(), text.len(), cut) {
            None => Cow::Borrowed(text),
            // Forms are whole texts, so that nothing is replaced here but what was no text before.
            Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    fn mend(&self, text: &mut String, cut: bool) {
        if let Cow::Owned(clean) = self.text(text, cut) {
            *text = clean;
        }
    }

    /// The first `cap` of these bytes, without secrets.
    pub(in crate::model) fn bytes(&self, mut bytes: Vec<u8>, cap: usize) -> Vec<u8> {
        if let Some(clean) = self.masked(&bytes, cap, true) {
            return clean;
        }
        bytes.truncate(cap);
        bytes
    }

    /// An error without secrets.
    fn error(&self, error: &mut CallError) {
        self.mend(&mut error.message, true);
        if let Some(id) = &mut error.request_id {
            self.mend(id, true);
        }
    }

    fn answer(&self, answer: &mut Answer, cut: bool) {
        self.mend(&mut answer.text, cut);
        for call in &mut answer.tool_calls {
            if let Some(id) = &mut call.id {
                self.mend(id, cut);
            }
            self.mend(&mut call.name, cut);
            self.json(&mut call.arguments, cut);
        }
        if let Finish::Other(word) = &mut answer.finish {
            self.mend(word, true);
        }
        // It goes back unchanged or not at all, and a request is recorded.
        answer.replay = answer.replay.take().filter(|replay| {
            let items = replay.items.to_string();
            matches!(self.text(&items, cut), Cow::Borrowed(_))
        });
        for text in [&mut answer.model, &mut answer.reported_cost]
            .into_iter()
            .flatten()
        {
            self.mend(text, true);
        }
    }

    fn json(&self, value: &mut Value, cut: bool) {
        match value {
            Value::String(text) => self.mend(text, cut),
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item, cut)),
            Value::Object(fields) => {
                if fields
                    .keys()
                    .any(|name| matches!(self.text(name, cut), Cow::Owned(_)))
                {
                    *fields = std::mem::take(fields)
                        .into_iter()
                        .map(|(name, value)| (self.text(&name, cut).into_owned(), value))
                        .collect();
                }
                fields.values_mut().for_each(|field| self.json(field, cut));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Everything a try leaves behind, `raw` bytes aside: they pass [`Redaction::bytes`] when they are taken in.
    pub(in crate::model) fn clean(&self, attempt: &mut Attempt) {
        if self.forms.is_empty() {
            return;
        }
        match &mut attempt.outcome {
            Ok(answer) => self.answer(answer, false),
            Err(error) => self.error(error),
        }
        if let Some(partial) = &mut attempt.partial {
            self.answer(partial, true);
        }
        let trace = &mut attempt.trace;
        self.mend(&mut trace.url, true);
        if let Some(id) = &mut trace.request_id {
            self.mend(id, true);
        }
        for value in trace
            .headers
            .values_mut()
            .chain(trace.sent_headers.values_mut())
        {
            self.mend(value, true);
        }
        // A name can be an echo too.
        trace
            .headers
            .retain(|name, _| matches!(self.text(name, true), Cow::Borrowed(_)));
    }
}

#[cfg(test)]
mod tests;
