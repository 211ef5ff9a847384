//! Anthropic Messages, API version 2023-06-01 unless a header of the model says otherwise.

mod body;
mod fold;

use serde_json::Value;

use super::wire::Shape;
use super::{Answer, CallError};
use crate::prompt::Wire;

pub(super) use body::{DEFAULT_MAX_TOKENS, body};
pub(super) use fold::Messages;

pub(super) const SHAPE: Shape = Shape {
    origin: "https://api.anthropic.com",
    endpoint: "/messages",
    version: "v1",
    version_anywhere: false,
    headers: &[("anthropic-version", "2023-06-01")],
};

/// Reads the body of a 200.
pub(super) fn answer(body: &Value) -> Result<Answer, CallError> {
    super::fold::answer(Wire::Anthropic, "", body)
}

#[cfg(test)]
mod tests;
