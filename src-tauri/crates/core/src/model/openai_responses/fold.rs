//! What events and bodies of Responses mean.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::answer::tokens;
use crate::model::draft::{Draft, Pen};
use crate::model::error::Complaint;
use crate::model::fold::Fold;
use crate::model::json::{index, list, maybe, word};
use crate::model::{Answer, CallError, ErrorKind, Finish, Usage};

/// A reply of output items.
///
/// The pieces are the answer. What an event repeats whole (`….done`, the last one) fills only what no piece has told:
/// some servers send no pieces of arguments, others no pieces at all.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    done: bool,
    /// The finished items by output index, as they go back.
    items: BTreeMap<u64, Value>,
    /// The contents, by output index and content index, of which a piece has been told.
    told: BTreeSet<(u64, u64)>,
    /// The status, and why it is incomplete.
    status: String,
    reason: Option<String>,
}

impl Fold for Responses {
    fn frame(&mut self, kind: &str, frame: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        let at = index(frame, "output_index");
        let place = (at, index(frame, "content_index"));
        let item = frame.get("item").unwrap_or(&Value::Null);
        match kind {
            "response.output_text.delta" => {
                self.content(place, |pen| pen.text(word(frame, "delta")), pen)
            }
            "response.refusal.delta" => {
                self.content(place, |pen| pen.refusal(word(frame, "delta")), pen)
            }
            "response.output_text.done" if !self.told.contains(&place) => {
                self.content(place, |pen| pen.text(word(frame, "text")), pen);
            }
            "response.refusal.done" if !self.told.contains(&place) => {
                self.content(place, |pen| pen.refusal(word(frame, "refusal")), pen);
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                pen.reasoning(word(frame, "delta"));
            }
            "response.output_item.added" if word(item, "type") == "function_call" => {
                pen.open_call(at, maybe(item, "call_id"), maybe(item, "name"));
            }
            "response.function_call_arguments.delta" => pen.arguments(at, word(frame, "delta")),
            "response.function_call_arguments.done" => {
                finish_arguments(at, word(frame, "arguments"), pen);
            }
            "response.output_item.done" => self.item(at, item, pen),
            "response.created" | "response.in_progress" | "response.queued" => {
                name_model(frame.get("response").unwrap_or(&Value::Null), pen);
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.response(frame.get("response").unwrap_or(&Value::Null), pen)?;
                if self.status.is_empty() {
                    self.status = kind.trim_start_matches("response.").to_owned();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, body: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        if !body.get("output").is_some_and(Value::is_array) && word(body, "status") != "failed" {
            let message = "it has no list of `output` items";
            return Err(CallError::new(ErrorKind::BadBody, message));
        }
        self.response(body, pen)
    }

    fn is_complete(&self) -> bool {
        self.done
    }

    fn end(self: Box<Self>, draft: Draft) -> (Answer, Option<Value>) {
        let finish = match (self.status.as_str(), self.reason.as_deref()) {
            _ if draft.has_refusal() => Finish::Refusal,
            ("completed", _) => Finish::Stop,
            // Compatible servers leave the reason out where it is the commonest.
            (_, Some("max_output_tokens")) | ("incomplete", None) => Finish::Length,
            (_, Some("content_filter")) => Finish::ContentFilter,
            (_, Some(reason)) => Finish::unknown(Some(reason)),
            (status, None) => Finish::unknown(Some(status)),
        };
        let must_go_back = self.items.values().any(|item| match word(item, "type") {
            "function_call" => true,
            "reasoning" => maybe(item, "encrypted_content").is_some(),
            _ => false,
        });
        let items = must_go_back.then(|| self.items.into_values().collect());
        (draft.answer(finish), items)
    }
}

impl Responses {
    fn content(&mut self, place: (u64, u64), write: impl FnOnce(&mut Pen<'_>), pen: &mut Pen<'_>) {
        self.told.insert(place);
        write(pen);
    }

    /// A response object: what is known before it ends, and at its end.
    fn response(&mut self, response: &Value, pen: &mut Pen<'_>) -> Result<(), CallError> {
        name_model(response, pen);
        if let Some(usage) = response.get("usage").filter(|usage| usage.is_object()) {
            pen.draft.usage = read_usage(usage);
        }
        for (at, item) in list(response.get("output")).iter().enumerate() {
            self.item(at as u64, item, pen);
        }
        self.status = word(response, "status").to_owned();
        let reason = response.pointer("/incomplete_details/reason");
        self.reason = reason.and_then(Value::as_str).map(str::to_owned);
        self.done = true;
        if self.status != "failed" {
            return Ok(());
        }
        Err(
            match response.get("error").filter(|error| error.is_object()) {
                Some(error) => Complaint::read(error).error(200, None),
                None => CallError::new(ErrorKind::Server, "the response failed, without a reason"),
            },
        )
    }

    /// An item that is whole.
    fn item(&mut self, at: u64, item: &Value, pen: &mut Pen<'_>) {
        match word(item, "type") {
            "message" => {
                for (part, content) in list(item.get("content")).iter().enumerate() {
                    if self.told.insert((at, part as u64)) {
                        pen.text(word(content, "text"));
                        pen.refusal(word(content, "refusal"));
                    }
                }
            }
            "function_call" => {
                if pen.draft.call(at).is_none() {
                    pen.open_call(at, maybe(item, "call_id"), maybe(item, "name"));
                } else {
                    pen.name_call(at, maybe(item, "call_id"), maybe(item, "name"));
                }
                finish_arguments(at, word(item, "arguments"), pen);
            }
            _ => {}
        }
        if item.is_object() {
            self.items.insert(at, item.clone());
        }
    }
}

/// All arguments of a call, where no piece of them was told.
fn finish_arguments(at: u64, arguments: &str, pen: &mut Pen<'_>) {
    if pen
        .draft
        .call(at)
        .is_none_or(|call| call.arguments.is_empty())
    {
        pen.arguments(at, arguments);
    }
}

fn name_model(response: &Value, pen: &mut Pen<'_>) {
    if let Some(model) = maybe(response, "model").filter(|model| !model.is_empty()) {
        pen.draft.model = Some(model.to_owned());
    }
}

fn read_usage(usage: &Value) -> Option<Usage> {
    let detail = |path: &str| tokens(usage.pointer(path));
    Some(Usage {
        cached_input_tokens: detail("/input_tokens_details/cached_tokens"),
        cache_write_tokens: detail("/input_tokens_details/cache_write_tokens"),
        reasoning_tokens: detail("/output_tokens_details/reasoning_tokens"),
        ..Usage::new(
            tokens(usage.get("input_tokens"))?,
            tokens(usage.get("output_tokens"))?,
        )
    })
}
