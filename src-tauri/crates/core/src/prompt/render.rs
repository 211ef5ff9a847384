//! From a version and a case to the texts of one request, still independent of any wire.

use serde::Serialize;

use super::{Content, Engine, Template, TemplateError, Turn};
use crate::case::Case;

/// A text that could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} text: {source}")]
pub struct RenderError {
    /// Which text: `system`, `example turn` or `final user`.
    pub place: &'static str,
    /// What is wrong with it.
    pub source: TemplateError,
}

/// The texts of one request: what the model reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// The system text; `None` when the version has none.
    pub system: Option<String>,
    /// Example turns, the case's turns, and the final user turn, in this order.
    pub turns: Vec<Turn>,
}

/// Renders `content` for `case`. The case's own turns go in literally.
pub fn render(content: &Content, case: &Case) -> Result<Rendered, RenderError> {
    let text = |place: &'static str, text: &str| -> Result<String, RenderError> {
        match content.engine {
            Engine::None => Ok(text.to_owned()),
            Engine::Handlebars => Template::parse(text)
                .and_then(|template| template.render(&case.variables))
                .map_err(|source| RenderError { place, source }),
        }
    };
    let system = match content.system.as_str() {
        "" => None,
        system => Some(text("system", system)?),
    };
    let mut turns = Vec::with_capacity(content.turns.len() + case.turns.len() + 1);
    for turn in &content.turns {
        turns.push(Turn {
            role: turn.role,
            text: text("example turn", &turn.text)?,
        });
    }
    turns.extend(case.turns.iter().cloned());
    if let Some(user) = &content.user {
        turns.push(Turn {
            role: super::Role::User,
            text: text("final user", user)?,
        });
    }
    Ok(Rendered { system, turns })
}
