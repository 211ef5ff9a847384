//! The prompt and its variants, as pure values.
//!
//! Owns the nouns everybody shares ([`Config`], [`Variant`], [`Version`], [`Content`]), the template language and the
//! canonical form from which a content id is taken. Knows no file, no database, no model and no clock.

mod config;
mod content;
mod id;
mod message;
mod name;
mod policy;
mod price;
mod render;
pub mod template;
mod version;

pub use config::{Auth, Chain, Config, Model, PromptConfig, Wire};
pub use content::{Content, Engine, ExampleTurn, Params, Role, Tool, Turn};
pub use id::{ContentId, Digest, InvalidId};
pub use message::{Message, Replay, Speaker, ToolCall};
pub use name::{CaseId, InvalidName, ModelName, PromptName};
pub use policy::{LEVEL_CODES, Level, LevelSetting, Margins, Policy, PolicyKind};
pub use price::{InvalidPrice, Price, Usd};
pub use render::{RenderError, Rendered, Renderer, render};
pub use template::{Segment, Template, TemplateError};
pub use version::{Variant, Version};
