//! Cohere's chat, version 2.

mod body;
mod fold;

use super::wire::Shape;

pub(super) use body::body;
pub(super) use fold::Chat;

pub(super) const SHAPE: Shape = Shape {
    origin: "https://api.cohere.com",
    endpoint: "/chat",
    version: "v2",
    version_anywhere: false,
    headers: &[],
};

#[cfg(test)]
mod tests;
