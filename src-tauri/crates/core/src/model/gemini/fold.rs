//! What chunks and bodies of `generateContent` mean. They have the same form: a body is a stream of one chunk.

use serde_json::Value;

use crate::model::answer::tokens;
use crate::model::draft::{Draft, Pen};
use crate::model::fold::Fold;
use crate::model::json::{list, maybe, word};
use crate::model::{Answer, CallError, ErrorKind, Finish, Usage};

/// A reply of one candidate: a version that asks for several with `n` gets the first.
#[derive(Debug, Default)]
pub(crate) struct Candidate {
    /// The parts as they go back.
    parts: Vec<Value>,
    /// Whether a part holds a signature.
    signed: bool,
    /// Whether the prompt was blocked.
    blocked: bool,
    done: bool,
}

impl Fold for Candidate {
    fn frame(&mut self, _: &str, frame: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        if let Some(model) = maybe(frame, "modelVersion") {
            pen.draft.model = Some(model.to_owned());
        }
        // Every chunk counts anew what there is so far.
        if let Some(usage) = frame.get("usageMetadata").and_then(read_usage) {
            pen.draft.usage = Some(usage);
        }
        if let Some(reason) = frame.pointer("/promptFeedback/blockReason") {
            self.blocked = reason.as_str() != Some("BLOCK_REASON_UNSPECIFIED");
            self.done |= self.blocked;
        }
        let first = list(frame.get("candidates"))
            .iter()
            .find(|candidate| candidate.get("index").and_then(Value::as_u64).unwrap_or(0) == 0);
        let Some(candidate) = first else {
            return Ok(());
        };
        for part in list(candidate.pointer("/content/parts")) {
            self.part(part, pen);
        }
        if let Some(reason) = maybe(candidate, "finishReason") {
            pen.draft.finish = Some(reason.to_owned());
            self.done = true;
        }
        Ok(())
    }

    fn whole(&mut self, body: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        self.frame("", body, pen)?;
        if list(body.get("candidates")).is_empty() && !self.blocked {
            let message = "it has no `candidates`, and does not say that the prompt was blocked";
            return Err(CallError::new(ErrorKind::BadBody, message));
        }
        self.done = true;
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.done
    }

    /// The end is that of the body: what follows the reason may still be the usage.
    fn is_open_ended(&self) -> bool {
        true
    }

    fn end(self: Box<Self>, draft: Draft) -> (Answer, Option<Value>) {
        let finish = match draft.finish.as_deref() {
            None | Some("STOP") if self.blocked => Finish::ContentFilter,
            Some("STOP") => Finish::Stop,
            Some("MAX_TOKENS") => Finish::Length,
            // Not this API's own word, but that of servers which imitate it.
            Some("FUNCTION_CALL") => Finish::ToolCalls,
            Some(
                "SAFETY"
                | "RECITATION"
                | "BLOCKLIST"
                | "PROHIBITED_CONTENT"
                | "SPII"
                | "MODEL_ARMOR"
                | "IMAGE_SAFETY"
                | "IMAGE_PROHIBITED_CONTENT",
            ) => Finish::ContentFilter,
            other => Finish::unknown(other),
        };
        let must_go_back = draft.call_count() > 0 || self.signed;
        let parts = must_go_back.then_some(Value::Array(self.parts));
        (draft.answer(finish), parts)
    }
}

impl Candidate {
    fn part(&mut self, part: &Value, pen: &mut Pen<'_>) {
        let is_thought = part.get("thought") == Some(&Value::Bool(true));
        match maybe(part, "text") {
            Some(text) if is_thought => pen.reasoning(text),
            Some(text) => pen.text(text),
            None => {}
        }
        if let Some(call) = part.get("functionCall").filter(|call| call.is_object()) {
            // A call comes whole, and many have no id: they are told apart by their position.
            let at = pen.draft.call_count() as u64;
            pen.open_call(at, maybe(call, "id"), Some(word(call, "name")));
            if let Some(args) = call.get("args") {
                pen.arguments_value(at, args);
            }
        }
        self.signed |= part.get("thoughtSignature").is_some();
        self.keep(part);
    }

    /// Plain text is joined; a part with a signature stays as it is.
    fn keep(&mut self, part: &Value) {
        let plain = |part: &Value| {
            let fields = part.as_object()?;
            let known = |name: &String| name == "text" || name == "thought";
            let is_thought = fields.get("thought") == Some(&Value::Bool(true));
            fields.keys().all(known).then_some(is_thought)
        };
        if let Some(last) = self.parts.last_mut()
            && let (Some(kind), Some(more)) = (plain(last), maybe(part, "text"))
            && plain(part) == Some(kind)
            && let Some(Value::String(text)) = last.get_mut("text")
        {
            text.push_str(more);
            return;
        }
        if part.is_object() {
            self.parts.push(part.clone());
        }
    }
}

/// Thoughts are counted apart from the candidates, and billed with them. A count of 0 is left out by this API.
fn read_usage(usage: &Value) -> Option<Usage> {
    let count = |name: &str| tokens(usage.get(name));
    let input =
        count("promptTokenCount")?.saturating_add(count("toolUsePromptTokenCount").unwrap_or(0));
    let thoughts = count("thoughtsTokenCount");
    let output = count("candidatesTokenCount")
        .unwrap_or(0)
        .saturating_add(thoughts.unwrap_or(0));
    Some(Usage {
        cached_input_tokens: count("cachedContentTokenCount"),
        reasoning_tokens: thoughts,
        ..Usage::new(input, output)
    })
}
