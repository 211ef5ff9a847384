//! The prompt and its variants, as pure values.
//!
//! Owns the nouns everybody shares ([`Prompt`], [`Variant`], [`Version`], [`Content`]), the template language and the
//! canonical form from which a content id is taken. Knows no file, no database, no model and no clock.

mod content;
mod id;
mod name;
mod policy;
mod render;
mod set;
pub mod template;

pub use content::{Content, Engine, ExampleTurn, Params, Role, Tool, Turn};
pub use id::{ContentId, Digest, InvalidId};
pub use name::{CaseId, InvalidName, ModelName, PromptName};
pub use policy::{Level, LevelSetting, Margins, Policy, PolicyKind};
pub use render::{RenderError, Rendered, render};
pub use set::{Chain, Config, Model, Prompt, PromptConfig, PromptSet, Variant, Version, Wire};
pub use template::{Segment, Template, TemplateError};
