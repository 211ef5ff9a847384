//! From a version and a case's input to the texts of one request, still independent of any wire.

use serde::Serialize;

use serde_json::{Map, Value};

use super::{Content, Engine, Message, Speaker, Template, TemplateError};

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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rendered {
    /// The system text; `None` when the version has none.
    pub system: Option<String>,
    /// Example turns, the case's turns, and the final user turn, in this order.
    pub turns: Vec<Message>,
}

/// Renders `content` for a case's variables and turns. The case's turns go in literally.
pub fn render(
    content: &Content,
    variables: &Map<String, Value>,
    conversation: &[Message],
) -> Result<Rendered, RenderError> {
    let text = |place: &'static str, text: &str| -> Result<String, RenderError> {
        match content.engine {
            Engine::None => Ok(text.to_owned()),
            Engine::Handlebars => Template::parse(text)
                .and_then(|template| template.render(variables))
                .map_err(|source| RenderError { place, source }),
        }
    };
    let system = match content.system.as_str() {
        "" => None,
        system => Some(text("system", system)?),
    };
    let mut turns = Vec::with_capacity(content.turns.len() + conversation.len() + 1);
    for turn in &content.turns {
        let said = text("example turn", &turn.text)?;
        turns.push(Message::new(turn.role.into(), said));
    }
    turns.extend(conversation.iter().cloned());
    if let Some(user) = &content.user {
        turns.push(Message::new(Speaker::User, text("final user", user)?));
    }
    Ok(Rendered { system, turns })
}
