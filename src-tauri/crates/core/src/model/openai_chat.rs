//! OpenAI Chat Completions, and every server that speaks it.

pub(super) mod body;
pub(super) mod fold;

use serde_json::Value;

use super::error::Complaint;
use super::wire::Shape;
use super::{Answer, CallError, Finish};
use crate::prompt::Wire;

pub(super) use body::body;
pub(super) use fold::Chat;

pub(super) const SHAPE: Shape = Shape {
    origin: "https://api.openai.com",
    endpoint: "/chat/completions",
    version: "v1",
    version_anywhere: true,
    headers: &[],
};

/// Reads the body of a 200.
pub(super) fn answer(body: &Value) -> Result<Answer, CallError> {
    super::fold::answer(Wire::OpenaiChat, "", body)
}

/// A prompt that Azure's filter stopped: a 400 on the wire, an outcome for people.
pub(super) fn filtered(complaint: &Complaint) -> Option<Answer> {
    complaint.is_filtered().then(|| Answer {
        finish: Finish::ContentFilter,
        ..Answer::of("")
    })
}

#[cfg(test)]
mod tests;
