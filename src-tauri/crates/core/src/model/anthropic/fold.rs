//! What events and bodies of Messages mean.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::model::answer::tokens;
use crate::model::draft::{Draft, Pen, Text};
use crate::model::fold::Fold;
use crate::model::json::{index, list, maybe, word};
use crate::model::{Answer, CallError, ErrorKind, Finish, Usage};

/// A reply of content blocks.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    done: bool,
    /// The blocks by index, as they go back.
    blocks: BTreeMap<u64, Block>,
    /// The usage so far: later events replace what they name.
    usage: Map<String, Value>,
    /// Why the model refused.
    explanation: String,
}

#[derive(Debug, Default)]
struct Block {
    start: Map<String, Value>,
    text: Text,
    thinking: Text,
    /// The input of a tool that the provider runs itself.
    input: Text,
    signature: String,
    citations: Vec<Value>,
}

impl Fold for Messages {
    fn frame(&mut self, kind: &str, frame: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        let null = Value::Null;
        match kind {
            "message_start" => {
                self.envelope(frame.get("message").unwrap_or(&null), pen);
                // At the start it is only a place holder.
                self.usage.shift_remove("output_tokens");
            }
            "content_block_start" => {
                let block = frame.get("content_block").unwrap_or(&null);
                self.start(index(frame, "index"), block, pen);
            }
            "content_block_delta" => {
                let delta = frame.get("delta").unwrap_or(&null);
                self.delta(index(frame, "index"), delta, pen);
            }
            "message_delta" => {
                self.ending(frame.get("delta").unwrap_or(&null), pen);
                self.count(frame);
            }
            "message_stop" => self.done = true,
            // Pings, ends of blocks, and events that do not exist yet.
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, body: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        if !body.get("content").is_some_and(Value::is_array) {
            let message = "it has no list of `content` blocks";
            return Err(CallError::new(ErrorKind::BadBody, message));
        }
        self.envelope(body, pen);
        for (at, block) in list(body.get("content")).iter().enumerate() {
            self.start(at as u64, block, pen);
        }
        self.ending(body, pen);
        self.done = true;
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.done
    }

    fn end(self: Box<Self>, mut draft: Draft) -> (Answer, Option<Value>) {
        draft.usage = read_usage(&self.usage);
        let finish = match draft.finish.as_deref() {
            Some("end_turn" | "stop_sequence") => Finish::Stop,
            Some("max_tokens" | "model_context_window_exceeded") => Finish::Length,
            Some("tool_use") => Finish::ToolCalls,
            Some("refusal") => Finish::Refusal,
            other => Finish::unknown(other),
        };
        let items = items(self.blocks, &draft);
        let mut answer = draft.answer(finish);
        if answer.finish == Finish::Refusal && answer.text.is_empty() {
            answer.text = self.explanation;
        }
        (answer, items)
    }
}

impl Messages {
    fn envelope(&mut self, message: &Value, pen: &mut Pen<'_>) {
        if let Some(model) = maybe(message, "model") {
            pen.draft.model = Some(model.to_owned());
        }
        self.count(message);
    }

    fn ending(&mut self, said: &Value, pen: &mut Pen<'_>) {
        if let Some(reason) = maybe(said, "stop_reason") {
            pen.draft.finish = Some(reason.to_owned());
        }
        if let Some(details) = said.get("stop_details") {
            self.explanation = word(details, "explanation").to_owned();
        }
    }

    /// Counts are cumulative: the later one stands.
    fn count(&mut self, said: &Value) {
        let usage = said.get("usage").and_then(Value::as_object);
        for (name, value) in usage.into_iter().flatten() {
            if !value.is_null() {
                self.usage.insert(name.clone(), value.clone());
            }
        }
    }

    /// A block, whole or at its start.
    fn start(&mut self, at: u64, block: &Value, pen: &mut Pen<'_>) {
        let kept = self.blocks.entry(at).or_default();
        kept.start = block.as_object().cloned().unwrap_or_default();
        match word(block, "type") {
            "text" => {
                kept.text.push(word(block, "text"), pen.marks);
                pen.text(word(block, "text"));
            }
            "thinking" => {
                kept.thinking.push(word(block, "thinking"), pen.marks);
                kept.signature.push_str(word(block, "signature"));
                pen.reasoning(word(block, "thinking"));
            }
            "tool_use" => {
                pen.open_call(at, maybe(block, "id"), Some(word(block, "name")));
                // At the start of a streamed block the input is empty.
                let input = block.get("input").filter(|input| **input != json!({}));
                if let Some(input) = input {
                    pen.arguments_value(at, input);
                }
            }
            // Redacted thinking, and kinds that do not exist yet.
            _ => {}
        }
    }

    fn delta(&mut self, at: u64, delta: &Value, pen: &mut Pen<'_>) {
        let kept = self.blocks.entry(at).or_default();
        match word(delta, "type") {
            "text_delta" => {
                kept.text.push(word(delta, "text"), pen.marks);
                pen.text(word(delta, "text"));
            }
            "thinking_delta" => {
                kept.thinking.push(word(delta, "thinking"), pen.marks);
                pen.reasoning(word(delta, "thinking"));
            }
            "signature_delta" => kept.signature.push_str(word(delta, "signature")),
            "citations_delta" => kept.citations.extend(delta.get("citation").cloned()),
            "input_json_delta" if pen.draft.call(at).is_some() => {
                pen.arguments(at, word(delta, "partial_json"));
            }
            "input_json_delta" => {
                kept.input.push(word(delta, "partial_json"), pen.marks);
            }
            _ => {}
        }
    }
}

/// The blocks as they go back: only where there is more than text among them, and only if each is whole.
fn items(blocks: BTreeMap<u64, Block>, draft: &Draft) -> Option<Value> {
    let is_text = |block: &Block| block.start.get("type") == Some(&json!("text"));
    if blocks.values().all(is_text) {
        return None;
    }
    let items = blocks.into_iter().map(|(at, block)| {
        let mut item = block.start;
        match item.get("type").and_then(Value::as_str)? {
            "text" => {
                item.insert("text".into(), json!(block.text.as_str()));
                if !block.citations.is_empty() {
                    item.insert("citations".into(), Value::Array(block.citations));
                }
            }
            "thinking" => {
                item.insert("thinking".into(), json!(block.thinking.as_str()));
                item.insert("signature".into(), json!(block.signature));
            }
            "tool_use" => {
                let call = draft.call(at)?;
                let input = match (&call.value, call.arguments.as_str()) {
                    (Some(input), _) => input.clone(),
                    (None, "") => json!({}),
                    (None, text) => serde_json::from_str(text).ok()?,
                };
                item.insert("input".into(), input);
            }
            _ if !block.input.is_empty() => {
                let input = serde_json::from_str(block.input.as_str()).ok()?;
                item.insert("input".into(), input);
            }
            _ => {}
        }
        Some(Value::Object(item))
    });
    items.collect::<Option<Vec<_>>>().map(Value::Array)
}

/// Unlike elsewhere, `input_tokens` leaves out what came from or went into the cache: the input is all three.
fn read_usage(usage: &Map<String, Value>) -> Option<Usage> {
    let count = |name: &str| tokens(usage.get(name));
    let (read, written) = (
        count("cache_read_input_tokens"),
        count("cache_creation_input_tokens"),
    );
    let thinking = usage
        .get("output_tokens_details")
        .and_then(|details| tokens(details.get("thinking_tokens")));
    let input = [read, written]
        .into_iter()
        .flatten()
        .fold(count("input_tokens")?, u32::saturating_add);
    Some(Usage {
        cached_input_tokens: read,
        cache_write_tokens: written,
        reasoning_tokens: thinking,
        ..Usage::new(input, count("output_tokens")?)
    })
}
