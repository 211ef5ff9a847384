//! Anthropic Messages, API version 2023-06-01 unless a header of the model says otherwise.

mod body;
mod fold;

use super::wire::Shape;

pub(super) use body::body;
pub(super) use fold::Messages;

pub(super) const SHAPE: Shape = Shape {
    origin: "https://api.anthropic.com",
    endpoint: "/messages",
    version: "v1",
    version_anywhere: false,
    headers: &[("anthropic-version", "2023-06-01")],
};

#[cfg(test)]
mod tests;
