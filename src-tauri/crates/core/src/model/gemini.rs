//! Gemini `generateContent`, on the Gemini API and on Vertex.

mod body;
mod fold;

use super::wire::Shape;

pub(super) use body::body;
pub(super) use fold::Candidate;

pub(super) const SHAPE: Shape = Shape {
    origin: "https://generativelanguage.googleapis.com",
    endpoint: "/models/{model}:generateContent",
    version: "v1beta",
    version_anywhere: true,
    headers: &[],
};

/// The endpoint of streams.
pub(super) const STREAM: Shape = Shape {
    endpoint: "/models/{model}:streamGenerateContent",
    ..SHAPE
};

#[cfg(test)]
mod tests;
