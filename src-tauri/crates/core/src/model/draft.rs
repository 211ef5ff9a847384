//! A reply under way: what the folders of all wires write into.
//!
//! Owns how pieces become an [`Answer`]: texts, tool calls, and characters that a server cut in two. It must not know
//! any wire: what a piece means is said by the folder that holds the pen.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{self, Marks};
use super::{Answer, Delta, Finish, ToolCall, Usage, Watch};

/// Text that arrives in pieces.
///
/// A character cut in two by the server (see [`Marks`]) is put together again where its halves meet. A half that stays
/// alone is U+FFFD, and the text is marked as mended.
#[derive(Debug, Default)]
pub(super) struct Text {
    said: String,
    /// The first half of a character, waiting for the second.
    half: Option<u16>,
    mended: bool,
}

impl Text {
    /// Appends a piece. Returns what can be shown of it now.
    pub(super) fn push<'a>(&mut self, piece: &'a str, marks: Option<Marks>) -> Cow<'a, str> {
        if self.half.is_none() && marks.is_none() {
            self.said.push_str(piece);
            return Cow::Borrowed(piece);
        }
        if piece.is_empty() {
            return Cow::Borrowed(piece);
        }
        let from = self.said.len();
        let marked = marks.is_some();
        let marks = marks.unwrap_or_default();
        let mut rest = piece;
        if let Some(high) = self.half.take() {
            let second = rest.strip_prefix(char::REPLACEMENT_CHARACTER);
            let joined = second.zip(marks.begins).and_then(|(after, low)| {
                let joined = char::decode_utf16([high, low]).next()?.ok()?;
                Some((joined, after))
            });
            match joined {
                Some((joined, after)) => {
                    self.said.push(joined);
                    rest = after;
                }
                None => self.mend(),
            }
        }
        let stem = rest.strip_suffix(char::REPLACEMENT_CHARACTER);
        if let Some((stem, high)) = stem.zip(marks.ends) {
            self.half = Some(high);
            rest = stem;
        }
        self.mended |= marked && rest.contains(char::REPLACEMENT_CHARACTER);
        self.said.push_str(rest);
        Cow::Owned(self.said.get(from..).unwrap_or_default().to_owned())
    }

    fn mend(&mut self) {
        self.said.push(char::REPLACEMENT_CHARACTER);
        self.mended = true;
    }

    /// The whole text; sets `mended` where something was replaced.
    pub(super) fn end(mut self, mended: &mut bool) -> String {
        if self.half.take().is_some() {
            self.mend();
        }
        *mended |= self.mended;
        self.said
    }

    pub(super) fn is_empty(&self) -> bool {
        self.said.is_empty() && self.half.is_none()
    }

    /// What has been said so far, a waiting half aside.
    pub(super) fn as_str(&self) -> &str {
        &self.said
    }
}

/// A tool call under way.
#[derive(Debug, Default)]
pub(super) struct CallDraft {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    /// The arguments' JSON, where it comes as text.
    pub(super) arguments: Text,
    /// The arguments, where they come as JSON.
    pub(super) value: Option<Value>,
}

impl CallDraft {
    /// The arguments as the text they are sent back in.
    pub(super) fn written(&self) -> String {
        match (&self.value, self.arguments.as_str()) {
            (Some(value), _) => value.to_string(),
            (None, "") => "{}".to_owned(),
            (None, text) => text.to_owned(),
        }
    }

    /// The call; none where no name ever came.
    fn end(self, mended: &mut bool) -> Option<ToolCall> {
        let name = self.name?;
        let text = self.arguments.end(mended);
        let mut call = if text.is_empty() {
            ToolCall::from_value(&name, self.value.as_ref())
        } else {
            ToolCall::from_text(&name, &text)
        };
        // Arguments are JSON inside JSON: lone surrogates can stand in either.
        if call.unreadable().is_some()
            && let Ok((object @ Value::Object(_), Some(_))) = json::read_marked(text.as_bytes())
        {
            call.arguments = object;
            *mended = true;
        }
        Some(call.with_id(self.id.as_deref()))
    }
}

/// What has arrived of a reply.
#[derive(Debug, Default)]
pub(super) struct Draft {
    text: Text,
    refusal: Text,
    /// The calls by position.
    calls: BTreeMap<usize, CallDraft>,
    /// The position of the latest call of each of the wire's indices.
    places: BTreeMap<u64, usize>,
    /// Why it ended, in the wire's own word.
    pub(super) finish: Option<String>,
    /// The latest usage.
    pub(super) usage: Option<Usage>,
    /// The model as answered.
    pub(super) model: Option<String>,
    /// What the provider says it cost, in dollars.
    pub(super) reported_cost: Option<String>,
    begun: bool,
}

impl Draft {
    /// Whether any text, reasoning or tool call has arrived.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the model refused in the wire's own form.
    pub(super) fn has_refusal(&self) -> bool {
        !self.refusal.is_empty()
    }

    pub(super) fn has_text(&self) -> bool {
        !self.text.is_empty()
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        self.text.as_str()
    }

    /// The calls so far, in order.
    pub(super) fn calls(&self) -> impl Iterator<Item = &CallDraft> {
        self.calls.values()
    }

    /// The latest call of this index.
    pub(super) fn call(&self, index: u64) -> Option<&CallDraft> {
        self.calls.get(&self.position(index)?)
    }

    /// The position of the latest call of this index.
    pub(super) fn position(&self, index: u64) -> Option<usize> {
        self.places.get(&index).copied()
    }

    /// How many calls there are, those without a name included.
    pub(super) fn call_count(&self) -> usize {
        self.calls.len()
    }

    fn call_mut(&mut self, index: u64) -> &mut CallDraft {
        let next = self.calls.len();
        let position = *self.places.entry(index).or_insert(next);
        self.calls.entry(position).or_default()
    }

    /// The answer. A reply that stopped with tool calls called tools, whatever its wire says: OpenAI says `stop` where
    /// the tool was forced, Gemini always.
    pub(super) fn answer(self, finish: Finish) -> Answer {
        let mut mended = false;
        let (text, refusal) = (self.text.end(&mut mended), self.refusal.end(&mut mended));
        let tool_calls: Vec<ToolCall> = self
            .calls
            .into_values()
            .filter_map(|call| call.end(&mut mended))
            .collect();
        let finish = match finish {
            Finish::Stop if !tool_calls.is_empty() => Finish::ToolCalls,
            finish => finish,
        };
        Answer {
            text: if text.is_empty() { refusal } else { text },
            tool_calls,
            finish,
            usage: self.usage,
            model: self.model,
            reported_cost: self.reported_cost,
            mended,
            replay: None,
        }
    }
}

/// Writes into a draft, and tells whoever looks on.
pub(super) struct Pen<'a> {
    pub(super) draft: &'a mut Draft,
    pub(super) watch: &'a dyn Watch,
    /// What was replaced in the frame being read.
    pub(super) marks: Option<Marks>,
}

impl Pen<'_> {
    fn tell(&mut self, delta: Delta<'_>) {
        self.draft.begun = true;
        self.watch.delta(delta);
    }

    /// Text of the answer.
    pub(super) fn text(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        let shown = self.draft.text.push(piece, self.marks);
        self.draft.begun = true;
        if !shown.is_empty() {
            self.watch.delta(Delta::Text(&shown));
        }
    }

    /// The words of a refusal. They are shown as text: it is what the model says.
    pub(super) fn refusal(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        let shown = self.draft.refusal.push(piece, self.marks);
        self.draft.begun = true;
        if !shown.is_empty() {
            self.watch.delta(Delta::Text(&shown));
        }
    }

    /// Reasoning. It is told and not kept; a wire that needs it for the next turn keeps it itself.
    pub(super) fn reasoning(&mut self, piece: &str) {
        if !piece.is_empty() {
            self.tell(Delta::Reasoning(piece));
        }
    }

    /// A new tool call at this index; what comes for the index from now on is its.
    pub(super) fn open_call(&mut self, index: u64, id: Option<&str>, name: Option<&str>) {
        self.draft.places.remove(&index);
        let call = self.draft.call_mut(index);
        call.id = id.filter(|id| !id.is_empty()).map(str::to_owned);
        call.name = name.map(str::to_owned);
        let name = name.unwrap_or_default();
        self.tell(Delta::Tool {
            name,
            arguments: "",
        });
    }

    /// Adds to the id and name of the latest call at this index.
    pub(super) fn name_call(&mut self, index: u64, id: Option<&str>, name: Option<&str>) {
        let call = self.draft.call_mut(index);
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            call.id.get_or_insert_with(|| id.to_owned());
        }
        let Some(name) = name else { return };
        // Some servers repeat the name with every piece, others send it in pieces.
        let known = call.name.get_or_insert_default();
        if !name.is_empty() && known != name {
            known.push_str(name);
            self.tell(Delta::Tool {
                name,
                arguments: "",
            });
        }
    }

    /// A piece of the arguments' text.
    pub(super) fn arguments(&mut self, index: u64, piece: &str) {
        if piece.is_empty() {
            return;
        }
        let marks = self.marks;
        let shown = self.draft.call_mut(index).arguments.push(piece, marks);
        self.draft.begun = true;
        self.watch.delta(Delta::Tool {
            name: "",
            arguments: &shown,
        });
    }

    /// All arguments, as JSON.
    pub(super) fn arguments_value(&mut self, index: u64, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => self.arguments(index, text),
            value => {
                self.draft.call_mut(index).value = Some(value.clone());
                self.draft.begun = true;
                self.watch.delta(Delta::Tool {
                    name: "",
                    arguments: &value.to_string(),
                });
            }
        }
    }
}
