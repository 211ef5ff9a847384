//! OpenAI Responses.

mod body;
mod fold;

use super::wire::Shape;

pub(super) use body::body;
pub(super) use fold::Responses;

pub(super) const SHAPE: Shape = Shape {
    origin: "https://api.openai.com",
    endpoint: "/responses",
    version: "v1",
    version_anywhere: true,
    headers: &[],
};

#[cfg(test)]
mod tests;
