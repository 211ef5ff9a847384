//! From the bytes of a reply to an answer, for every wire.
//!
//! Owns what is the same for all: framing, JSON, errors inside a stream, when a stream is over. What a frame means is
//! said by the wire's own [`Fold`]. A whole body goes through the same folds, as one frame, so that a reply means the
//! same streamed or not. It must not know HTTP: whether a body is a stream at all is judged before it gets here.

use std::fmt;

use serde_json::Value;

use super::draft::{Draft, Pen};
use super::error::{Complaint, printable};
use super::json;
use super::sse::{self, Event};
use super::{
    Answer, CallError, ErrorKind, Finish, Nobody, Watch, anthropic, cohere, gemini, openai_chat,
    openai_responses,
};
use crate::prompt::{Replay, Wire};

/// The most bytes of a frame that is no JSON, in a message.
const EXCERPT_BYTES: usize = 300;

/// What the frames of one wire mean.
pub(super) trait Fold: fmt::Debug + Send {
    /// Takes a frame of a stream. `kind` is its `type`, else the event's name, else empty.
    fn frame(&mut self, kind: &str, frame: &Value, pen: &mut Pen<'_>) -> Result<(), CallError>;

    /// Takes the body of a reply that was not streamed.
    fn whole(&mut self, body: &Value, pen: &mut Pen<'_>) -> Result<(), CallError>;

    /// `data: [DONE]`, which only some wires end with.
    fn sentinel(&mut self) {}

    /// Whether the last event was seen.
    fn is_complete(&self) -> bool;

    /// Whether frames that follow the last event still count, such as one with the usage.
    fn is_open_ended(&self) -> bool {
        false
    }

    /// The answer, and the reply in the wire's own form where it must go back: it holds tool calls or reasoning state.
    fn end(self: Box<Self>, draft: Draft) -> (Answer, Option<Value>);
}

fn fold_of(wire: Wire) -> Box<dyn Fold> {
    match wire {
        Wire::OpenaiChat | Wire::Mistral => Box::new(openai_chat::Chat::default()),
        Wire::OpenaiResponses => Box::new(openai_responses::Responses::default()),
        Wire::Anthropic => Box::new(anthropic::Messages::default()),
        Wire::Gemini => Box::new(gemini::Candidate::default()),
        Wire::Cohere => Box::new(cohere::Chat::default()),
    }
}

/// Folds one stream. Bytes go in as they arrive, cut anywhere.
#[derive(Debug)]
pub(super) struct Folder {
    parser: sse::Parser,
    reply: Reply,
    model_id: String,
}

impl Folder {
    /// A folder for one reply of the model with this id.
    pub(super) fn new(wire: Wire, model_id: &str) -> Self {
        Self {
            parser: sse::Parser::default(),
            reply: Reply::new(wire),
            model_id: model_id.to_owned(),
        }
    }

    /// Takes bytes. An error is one the provider sent inside the stream, or a stream that cannot be read on: nothing
    /// may be fed after it, but [`Self::end`] still gives what had arrived.
    pub(super) fn feed(&mut self, bytes: &[u8], watch: &dyn Watch) -> Result<(), CallError> {
        let reply = &mut self.reply;
        let fed = self.parser.feed(bytes, |event| reply.take(event, watch));
        self.reply.failed |= fed.is_err();
        fed
    }

    /// Whether any text, reasoning or tool call has arrived.
    pub(super) fn has_begun(&self) -> bool {
        self.reply.draft.has_begun()
    }

    /// What arrived, and whether the stream's last event was among it.
    pub(super) fn end(mut self) -> (Answer, bool) {
        let reply = &mut self.reply;
        // Where the last event is not whole, or an error, the stream is cut.
        if !reply.failed {
            let last = self.parser.finish(|event| reply.take(event, &Nobody));
            reply.failed = last.is_err();
        }
        self.reply.end(&self.model_id)
    }
}

/// The answer in the body of a 200 that was not streamed.
pub(super) fn answer(wire: Wire, model_id: &str, body: &Value) -> Result<Answer, CallError> {
    let mut reply = Reply::new(wire);
    if let Some(complaint) = complaint(body) {
        reply.fail(&complaint)?;
    } else {
        let mut pen = Pen {
            draft: &mut reply.draft,
            watch: &Nobody,
            marks: None,
        };
        reply.fold.whole(body, &mut pen)?;
    }
    Ok(reply.end(model_id).0)
}

/// As [`answer`], from bytes. `None` where they are no JSON.
pub(super) fn answer_bytes(
    wire: Wire,
    model_id: &str,
    bytes: &[u8],
) -> Option<Result<Answer, CallError>> {
    let (body, marks) = json::read_marked(bytes).ok()?;
    Some(answer(wire, model_id, &body).map(|answer| Answer {
        mended: answer.mended || marks.is_some() && shows_replacement(&answer),
        ..answer
    }))
}

fn shows_replacement(answer: &Answer) -> bool {
    let has = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
    has(&answer.text)
        || answer
            .tool_calls
            .iter()
            .any(|call| has(&call.arguments.to_string()))
}

#[derive(Debug)]
struct Reply {
    fold: Box<dyn Fold>,
    draft: Draft,
    /// The provider's filter stopped it, and said so in the form of an error.
    filtered: bool,
    /// It ended in an error.
    failed: bool,
}

impl Reply {
    fn new(wire: Wire) -> Self {
        Self {
            fold: fold_of(wire),
            draft: Draft::default(),
            filtered: false,
            failed: false,
        }
    }

    fn take(&mut self, event: Event<'_>, watch: &dyn Watch) -> Result<(), CallError> {
        let data = event.data.trim_ascii();
        if self.filtered || self.fold.is_complete() && !self.fold.is_open_ended() {
            return Ok(());
        }
        if data == b"[DONE]" {
            self.fold.sentinel();
            return Ok(());
        }
        let Ok((frame, marks)) = json::read_marked(data) else {
            let said = printable(&String::from_utf8_lossy(data), EXCERPT_BYTES);
            let message = format!("an event of the stream is no JSON: {said}");
            return Err(CallError::new(ErrorKind::BadBody, message));
        };
        let kind = json::maybe(&frame, "type").unwrap_or(event.name);
        if let Some(complaint) = complaint(&frame) {
            return self.fail(&complaint);
        }
        if kind == "error" {
            return self.fail(&Complaint::read(&frame));
        }
        let mut pen = Pen {
            draft: &mut self.draft,
            watch,
            marks,
        };
        self.fold.frame(kind, &frame, &mut pen)
    }

    fn fail(&mut self, complaint: &Complaint) -> Result<(), CallError> {
        self.filtered = complaint.is_filtered();
        if self.filtered {
            return Ok(());
        }
        Err(complaint.error(200, None))
    }

    fn end(self, model_id: &str) -> (Answer, bool) {
        let complete = !self.failed && (self.filtered || self.fold.is_complete());
        let (mut answer, items) = self.fold.end(self.draft);
        if self.filtered {
            answer.finish = Finish::ContentFilter;
        } else if complete {
            // What is not whole cannot go back.
            answer.replay = items.map(|items| {
                let model_id = model_id.to_owned();
                std::sync::Arc::new(Replay { model_id, items })
            });
        }
        (answer, complete)
    }
}

/// The error at the top of a body or frame, if there is one. Many bodies have an empty one.
pub(super) fn complaint(body: &Value) -> Option<Complaint> {
    let outer = match body {
        Value::Array(items) => items.first()?,
        body => body,
    };
    if json::word(outer, "object") == "error" {
        return Some(Complaint::read(body));
    }
    match outer.get("error")? {
        Value::Null | Value::Bool(_) => None,
        Value::Object(error) if error.is_empty() => None,
        Value::String(error) if error.is_empty() => None,
        _ => Some(Complaint::read(body)),
    }
}

#[cfg(test)]
mod tests;
