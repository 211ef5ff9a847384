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
    Renderer::new(content)?.render(variables, conversation)
}

/// The templates of a version, parsed once for many cases.
#[derive(Debug, Clone)]
pub struct Renderer {
    system: Option<Text>,
    examples: Vec<(Speaker, Text)>,
    user: Option<Text>,
}

#[derive(Debug, Clone)]
enum Text {
    Plain(String),
    Template(Box<Template>),
}

impl Text {
    fn new(engine: Engine, text: &str, place: &'static str) -> Result<Self, RenderError> {
        match engine {
            Engine::None => Ok(Self::Plain(text.to_owned())),
            Engine::Handlebars => Template::parse(text)
                .map(|template| Self::Template(Box::new(template)))
                .map_err(|source| RenderError { place, source }),
        }
    }

    fn render(
        &self,
        variables: &Map<String, Value>,
        place: &'static str,
    ) -> Result<String, RenderError> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::Template(template) => template
                .render(variables)
                .map_err(|source| RenderError { place, source }),
        }
    }
}

impl Renderer {
    /// Parses the texts of `content`.
    pub fn new(content: &Content) -> Result<Self, RenderError> {
        let text = |text: &str, place| Text::new(content.engine, text, place);
        Ok(Self {
            system: match content.system.as_str() {
                "" => None,
                system => Some(text(system, "system")?),
            },
            examples: content
                .turns
                .iter()
                .map(|turn| Ok((turn.role.into(), text(&turn.text, "example turn")?)))
                .collect::<Result<_, _>>()?,
            user: match &content.user {
                None => None,
                Some(user) => Some(text(user, "final user")?),
            },
        })
    }

    /// The texts for a case's variables and turns.
    pub fn render(
        &self,
        variables: &Map<String, Value>,
        conversation: &[Message],
    ) -> Result<Rendered, RenderError> {
        let mut rendered = self.render_open(variables, conversation)?;
        if let Some(user) = &self.user {
            let said = user.render(variables, "final user")?;
            rendered.turns.push(Message::new(Speaker::User, said));
        }
        Ok(rendered)
    }

    /// The same without the final user turn: a conversation that is still going on.
    pub fn render_open(
        &self,
        variables: &Map<String, Value>,
        conversation: &[Message],
    ) -> Result<Rendered, RenderError> {
        let system = match &self.system {
            None => None,
            Some(system) => Some(system.render(variables, "system")?),
        };
        let mut turns = Vec::with_capacity(self.examples.len() + conversation.len() + 1);
        for (role, example) in &self.examples {
            turns.push(Message::new(
                *role,
                example.render(variables, "example turn")?,
            ));
        }
        turns.extend(conversation.iter().cloned());
        Ok(Rendered { system, turns })
    }
}
