//! What chunks and bodies of Chat Completions mean, Mistral's included.

use serde_json::{Map, Value, json};

use crate::model::answer::tokens;
use crate::model::draft::{CallDraft, Draft, Pen, Text};
use crate::model::error::Complaint;
use crate::model::fold::Fold;
use crate::model::json::{list, maybe, word};
use crate::model::{Answer, CallError, ErrorKind, Finish, Usage};

/// The index of calls in the form before tools, `function_call`. No server counts that far.
const FUNCTION_CALL: u64 = u64::MAX;

/// A reply of one choice. Only the first choice is read: a version that asks for several with `n` gets the first.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    done: bool,
    /// Mistral's reasoning: chunks of a content list.
    thinking: Text,
    /// DeepSeek's and older vLLM's reasoning.
    reasoning_content: Text,
    /// OpenRouter's, Ollama's and newer vLLM's.
    reasoning: Text,
    /// OpenRouter's reasoning state.
    details: Vec<Value>,
    /// Fields of calls that mean something to the server alone, such as Gemini's signatures behind this wire, by the
    /// calls' positions.
    extras: Vec<Map<String, Value>>,
}

impl Fold for Chat {
    fn frame(&mut self, _: &str, frame: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        self.envelope(frame, pen);
        for choice in list(frame.get("choices")) {
            // Azure's first chunk and the one with the usage hold no choice at all.
            if choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0 {
                self.choice(choice, choice.get("delta"), pen)?;
            }
        }
        Ok(())
    }

    fn whole(&mut self, body: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        let bad = |what: &str| Err(CallError::new(ErrorKind::BadBody, what));
        let Some(choice) = list(body.get("choices")).first() else {
            return bad("it has no `choices`");
        };
        let message = choice.get("message").filter(|message| message.is_object());
        if message.is_none() && choice.get("error").is_none_or(Value::is_null) {
            return bad("its first choice has no `message`");
        }
        self.envelope(body, pen);
        self.choice(choice, message, pen)?;
        self.done = true;
        Ok(())
    }

    fn sentinel(&mut self) {
        self.done = true;
    }

    fn is_complete(&self) -> bool {
        self.done
    }

    fn end(self: Box<Self>, draft: Draft) -> (Answer, Option<Value>) {
        let message = self.message(&draft);
        let finish = match draft.finish.as_deref() {
            _ if draft.has_refusal() => Finish::Refusal,
            Some("stop") => Finish::Stop,
            Some("length" | "model_length") => Finish::Length,
            Some("tool_calls" | "function_call") => Finish::ToolCalls,
            Some("content_filter") => Finish::ContentFilter,
            other => Finish::unknown(other),
        };
        (draft.answer(finish), message)
    }
}

impl Chat {
    /// What stands around the choices.
    fn envelope(&mut self, frame: &Value, pen: &mut Pen<'_>) {
        if let Some(model) = maybe(frame, "model").filter(|model| !model.is_empty()) {
            pen.draft.model = Some(model.to_owned());
        }
        // Null in every chunk but the last; servers that count along send totals.
        if let Some(usage) = frame.get("usage").filter(|usage| usage.is_object()) {
            pen.draft.usage = read_usage(usage).or(pen.draft.usage);
            pen.draft.reported_cost = cost(usage).or(pen.draft.reported_cost.take());
        }
    }

    fn choice(
        &mut self,
        choice: &Value,
        said: Option<&Value>,
        pen: &mut Pen<'_>,
    ) -> Result<(), CallError> {
        if let Some(said) = said {
            self.say(said, pen);
        }
        // OpenRouter tells of an upstream's failure in the choice.
        if choice.get("error").is_some_and(Value::is_object) {
            return Err(Complaint::read(choice).error(200, None));
        }
        if let Some(reason) = maybe(choice, "finish_reason") {
            pen.draft.finish = Some(reason.to_owned());
        }
        Ok(())
    }

    /// A message, or the delta of one.
    fn say(&mut self, said: &Value, pen: &mut Pen<'_>) {
        for (name, kept) in [
            ("reasoning_content", &mut self.reasoning_content),
            ("reasoning", &mut self.reasoning),
        ] {
            if let Some(piece) = maybe(said, name) {
                // Some servers send the same under both names.
                if name == "reasoning_content" || maybe(said, "reasoning_content").is_none() {
                    pen.reasoning(piece);
                }
                kept.push(piece, pen.marks);
            }
        }
        for detail in list(said.get("reasoning_details")) {
            self.detail(detail);
        }
        match said.get("content") {
            Some(Value::String(text)) => pen.text(text),
            Some(Value::Array(parts)) => {
                for part in parts {
                    self.part(part, pen);
                }
            }
            _ => {}
        }
        pen.refusal(word(said, "refusal"));
        match said.get("tool_calls") {
            Some(Value::Array(calls)) => {
                for (at, call) in calls.iter().enumerate() {
                    self.call(at, call, pen);
                }
            }
            _ => {
                if let Some(function) = said.get("function_call").filter(|call| call.is_object()) {
                    pen.name_call(FUNCTION_CALL, None, maybe(function, "name"));
                    if let Some(arguments) = function.get("arguments") {
                        pen.arguments_value(FUNCTION_CALL, arguments);
                    }
                }
            }
        }
    }

    fn part(&mut self, part: &Value, pen: &mut Pen<'_>) {
        match part.get("thinking") {
            Some(Value::String(piece)) => self.think(piece, pen),
            Some(Value::Array(pieces)) => {
                for piece in pieces {
                    self.think(word(piece, "text"), pen);
                }
            }
            _ => {
                pen.text(word(part, "text"));
                pen.refusal(word(part, "refusal"));
            }
        }
    }

    fn think(&mut self, piece: &str, pen: &mut Pen<'_>) {
        pen.reasoning(piece);
        self.thinking.push(piece, pen.marks);
    }

    /// Details come in pieces too: those of one index and type belong together.
    fn detail(&mut self, detail: &Value) {
        let same = |name: &str, last: &Value| last.get(name) == detail.get(name);
        let last = self
            .details
            .last_mut()
            .filter(|last| same("index", last) && same("type", last));
        let (Some(Value::Object(last)), Value::Object(more)) = (last, detail) else {
            self.details.push(detail.clone());
            return;
        };
        for (name, value) in more {
            match (last.get_mut(name), value) {
                (Some(Value::String(text)), Value::String(piece))
                    if matches!(name.as_str(), "text" | "summary" | "data") =>
                {
                    text.push_str(piece);
                }
                (Some(place), value) if !value.is_null() => *place = value.clone(),
                (Some(_), _) => {}
                (None, value) => {
                    last.insert(name.clone(), value.clone());
                }
            }
        }
    }

    /// A call, or a piece of one. Pieces are grouped by `index`. Where that is missing or always 0, as behind some
    /// proxies, another id begins another call.
    fn call(&mut self, at: usize, call: &Value, pen: &mut Pen<'_>) {
        let Some(function) = call.get("function").filter(|function| function.is_object()) else {
            return;
        };
        let (id, name) = (maybe(call, "id"), maybe(function, "name"));
        let index = match call.get("index").and_then(Value::as_u64) {
            Some(index) => index,
            None => at as u64,
        };
        if is_another(pen.draft.call(index), id, name) {
            pen.open_call(index, id, name);
        } else {
            pen.name_call(index, id, name);
        }
        if let Some(arguments) = function.get("arguments") {
            pen.arguments_value(index, arguments);
        }
        let ours = ["index", "id", "type", "function"];
        let extras = call.as_object().into_iter().flatten();
        for (name, value) in extras.filter(|(name, _)| !ours.contains(&name.as_str())) {
            let position = pen.draft.position(index).unwrap_or_default();
            if self.extras.len() <= position {
                self.extras.resize(position + 1, Map::new());
            }
            if let Some(extras) = self.extras.get_mut(position) {
                extras.insert(name.clone(), value.clone());
            }
        }
    }

    /// The message as it goes back to the same model, where it has to.
    fn message(&self, draft: &Draft) -> Option<Value> {
        if draft.call_count() == 0 && self.details.is_empty() {
            return None;
        }
        let mut message = Map::new();
        message.insert("role".into(), json!("assistant"));
        let content = if !self.thinking.is_empty() {
            let thinking = json!([{"type": "text", "text": self.thinking.as_str()}]);
            let mut parts = vec![json!({"type": "thinking", "thinking": thinking})];
            if draft.has_text() {
                parts.push(json!({"type": "text", "text": draft.text()}));
            }
            Value::Array(parts)
        } else if draft.has_text() {
            json!(draft.text())
        } else {
            Value::Null
        };
        message.insert("content".into(), content);
        for (name, kept) in [
            ("reasoning_content", &self.reasoning_content),
            ("reasoning", &self.reasoning),
        ] {
            if !kept.is_empty() {
                message.insert(name.into(), json!(kept.as_str()));
            }
        }
        if !self.details.is_empty() {
            message.insert("reasoning_details".into(), json!(self.details));
        }
        let calls: Vec<Value> = draft
            .calls()
            .enumerate()
            .filter_map(|(position, call)| {
                let mut shown = match json!({
                    "id": call.id.as_deref()?,
                    "type": "function",
                    "function": {"name": call.name.as_deref()?, "arguments": call.written()},
                }) {
                    Value::Object(shown) => shown,
                    _ => return None,
                };
                shown.extend(self.extras.get(position).cloned().into_iter().flatten());
                Some(Value::Object(shown))
            })
            .collect();
        // A call that has no id cannot be told apart when it goes back: then the message is built anew, with one.
        if calls.len() < draft.call_count() {
            return None;
        }
        if !calls.is_empty() {
            message.insert("tool_calls".into(), Value::Array(calls));
        }
        Some(Value::Array(vec![Value::Object(message)]))
    }
}

/// Whether this piece begins another call than the one its index has so far.
fn is_another(known: Option<&CallDraft>, id: Option<&str>, name: Option<&str>) -> bool {
    let differs = |known: Option<&str>, new: Option<&str>| {
        known
            .zip(new)
            .is_some_and(|(known, new)| !known.is_empty() && !new.is_empty() && known != new)
    };
    match known {
        None => true,
        Some(known) => {
            let begun = !known.arguments.is_empty() || known.value.is_some();
            differs(known.id.as_deref(), id) || begun && differs(known.name.as_deref(), name)
        }
    }
}

fn read_usage(usage: &Value) -> Option<Usage> {
    let detail = |path: &str| tokens(usage.pointer(path));
    Some(Usage {
        cached_input_tokens: detail("/prompt_tokens_details/cached_tokens"),
        cache_write_tokens: detail("/prompt_tokens_details/cache_write_tokens"),
        reasoning_tokens: detail("/completion_tokens_details/reasoning_tokens"),
        ..Usage::new(
            tokens(usage.get("prompt_tokens"))?,
            tokens(usage.get("completion_tokens"))?,
        )
    })
}

/// What OpenRouter says the call cost, as a decimal. With a key of the user's own at the upstream it is OpenRouter's
/// share alone, which is not the cost.
fn cost(usage: &Value) -> Option<String> {
    if usage.get("is_byok") == Some(&Value::Bool(true)) {
        return None;
    }
    let cost = usage.get("cost")?.as_f64()?;
    if !cost.is_finite() || cost < 0.0 {
        return None;
    }
    // At most the twelve places that prices have, and never an exponent.
    let text = format!("{cost:.12}");
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}
