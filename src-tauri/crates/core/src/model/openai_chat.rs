//! OpenAI Chat Completions, and every server that speaks it.

pub(super) mod body;
pub(super) mod fold;

use super::wire::Shape;

pub(super) use body::body;
pub(super) use fold::Chat;

pub(super) const SHAPE: Shape = Shape {
    origin: "https://api.openai.com",
    endpoint: "/chat/completions",
    version: "v1",
    version_anywhere: true,
    headers: &[],
};

#[cfg(test)]
mod tests;
