//! What events and bodies of Cohere's chat mean.

use serde_json::{Map, Value, json};

use crate::model::answer::tokens;
use crate::model::draft::{Draft, Pen, Text};
use crate::model::error::Complaint;
use crate::model::fold::Fold;
use crate::model::json::{index, list, maybe, word};
use crate::model::{Answer, CallError, ErrorKind, Finish, Usage};

/// A reply of one message. This API does not say which model answered.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    done: bool,
    /// What the model says to itself before it calls tools.
    plan: Text,
    thinking: Text,
}

impl Fold for Chat {
    fn frame(&mut self, kind: &str, frame: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        let delta = frame.get("delta").unwrap_or(&Value::Null);
        let message = delta.get("message").unwrap_or(&Value::Null);
        let at = index(frame, "index");
        match kind {
            "content-start" | "content-delta" => {
                if let Some(content) = message.get("content") {
                    self.content(content, pen);
                }
            }
            "tool-plan-delta" => self.plan(word(message, "tool_plan"), pen),
            "tool-call-start" | "tool-call-delta" => {
                // One call in the place of the list that bodies have.
                let call = match message.get("tool_calls") {
                    Some(Value::Array(calls)) => calls.first(),
                    call => call,
                };
                let call = call.unwrap_or(&Value::Null);
                self.call(at, call, kind == "tool-call-start", pen);
            }
            "message-end" => self.ending(delta, pen)?,
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, body: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        let Some(message) = body.get("message").filter(|message| message.is_object()) else {
            return Err(match maybe(body, "message") {
                Some(_) => Complaint::read(body).error(200, None),
                None => CallError::new(ErrorKind::BadBody, "it has no `message`"),
            });
        };
        self.plan(word(message, "tool_plan"), pen);
        match message.get("content") {
            Some(Value::Array(parts)) => {
                for part in parts {
                    self.content(part, pen);
                }
            }
            Some(text) => pen.text(text.as_str().unwrap_or_default()),
            None => {}
        }
        for (at, call) in list(message.get("tool_calls")).iter().enumerate() {
            self.call(at as u64, call, true, pen);
        }
        self.ending(body, pen)
    }

    fn is_complete(&self) -> bool {
        self.done
    }

    fn end(self: Box<Self>, draft: Draft) -> (Answer, Option<Value>) {
        let finish = match draft.finish.as_deref() {
            Some("COMPLETE" | "STOP_SEQUENCE") => Finish::Stop,
            Some("MAX_TOKENS") => Finish::Length,
            Some("TOOL_CALL") => Finish::ToolCalls,
            other => Finish::unknown(other),
        };
        let message = self.message(&draft);
        (draft.answer(finish), message)
    }
}

impl Chat {
    fn content(&mut self, content: &Value, pen: &mut Pen<'_>) {
        pen.text(word(content, "text"));
        let thinking = word(content, "thinking");
        pen.reasoning(thinking);
        self.thinking.push(thinking, pen.marks);
    }

    fn plan(&mut self, piece: &str, pen: &mut Pen<'_>) {
        pen.reasoning(piece);
        self.plan.push(piece, pen.marks);
    }

    fn call(&mut self, at: u64, call: &Value, starts: bool, pen: &mut Pen<'_>) {
        let function = call.get("function").unwrap_or(&Value::Null);
        if starts {
            pen.open_call(at, maybe(call, "id"), maybe(function, "name"));
        }
        if let Some(arguments) = function.get("arguments") {
            pen.arguments_value(at, arguments);
        }
    }

    fn ending(&mut self, said: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        self.done = true;
        if let Some(usage) = said.get("usage") {
            pen.draft.usage = read_usage(usage);
        }
        let reason = maybe(said, "finish_reason");
        pen.draft.finish = reason.map(str::to_owned);
        let kind = match reason {
            Some("ERROR") => ErrorKind::Server,
            Some("TIMEOUT") => ErrorKind::Timeout,
            _ => return Ok(()),
        };
        Err(match said.get("error") {
            Some(Value::String(text)) => CallError::new(kind, text),
            Some(error @ Value::Object(_)) => Complaint::read(error).error(200, None),
            _ => CallError::new(kind, ""),
        })
    }

    /// The message as it goes back to the same model, where it has to.
    fn message(&self, draft: &Draft) -> Option<Value> {
        if draft.call_count() == 0 {
            return None;
        }
        let mut message = Map::new();
        message.insert("role".into(), json!("assistant"));
        if !self.plan.is_empty() {
            message.insert("tool_plan".into(), json!(self.plan.as_str()));
        }
        let mut content = Vec::new();
        if !self.thinking.is_empty() {
            content.push(json!({"type": "thinking", "thinking": self.thinking.as_str()}));
        }
        if draft.has_text() {
            content.push(json!({"type": "text", "text": draft.text()}));
        }
        if !content.is_empty() {
            message.insert("content".into(), Value::Array(content));
        }
        let calls = draft.calls().map(|call| {
            let function = json!({"name": call.name.as_deref()?, "arguments": call.written()});
            Some(json!({"id": call.id.as_deref()?, "type": "function", "function": function}))
        });
        // A call without an id cannot be told apart: then the message is built anew, with one.
        let calls: Option<Vec<Value>> = calls.collect();
        message.insert("tool_calls".into(), Value::Array(calls?));
        Some(Value::Array(vec![Value::Object(message)]))
    }
}

/// Counts are floats here.
fn read_usage(usage: &Value) -> Option<Usage> {
    let of = |counts: Option<&Value>| {
        let counts = counts?;
        Some(Usage::new(
            tokens(counts.get("input_tokens"))?,
            tokens(counts.get("output_tokens"))?,
        ))
    };
    let counted = of(usage.get("tokens")).or_else(|| of(usage.get("billed_units")))?;
    Some(Usage {
        cached_input_tokens: tokens(usage.get("cached_tokens")),
        ..counted
    })
}
