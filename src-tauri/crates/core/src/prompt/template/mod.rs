//! The template language: Handlebars in a small profile, without HTML escaping, in which a missing variable is an
//! error in every construct.
//!
//! The profile: `{{name}}` and `{{{name}}}` with dotted paths, `{{#if}}`, `{{#unless}}`, `{{#each}}`, `{{#with}}`,
//! `{{else}}`, `{{json name}}`, comments, and the white-space marks `{{~ ~}}`. Partials, decorators, sub-expressions,
//! block parameters and any other helper are refused with their line, so that a template means the same here and at
//! the gateway.
//!
//! Roles are never part of a template: the text of each turn is rendered on its own. A value that contains a role
//! marker is therefore only text; there is no later pass that could read it.

mod scope;

use std::collections::BTreeSet;

use handlebars::template::{HelperTemplate, Parameter, Template as Ast, TemplateElement};
use handlebars::{Handlebars, Path};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is wrong with a template, or with the values given to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is not in the profile.
    #[error("line {line}: {reason}")]
    Syntax {
        /// Line inside the template text, from 1.
        line: usize,
        /// Why, in a sentence.
        reason: String,
    },
    /// A variable has no value.
    #[error("the variable `{name}` has no value")]
    Missing {
        /// The path as written.
        name: String,
    },
    /// A variable's value cannot stand where it is used.
    #[error("the variable `{name}` is {found}; {wanted}")]
    Unfit {
        /// The path as written.
        name: String,
        /// What it is.
        found: &'static str,
        /// What would do.
        wanted: &'static str,
    },
}

/// A literal stretch of text or a plain variable: what any language can render by joining.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// Literal text.
    Text(String),
    /// The name of a plain variable.
    Var(String),
}

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    ast: Ast,
}

impl Template {
    /// Parses `text` and checks that it stays inside the profile.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let ast = Ast::compile(text).map_err(|error| TemplateError::Syntax {
            line: error.pos().map_or(1, |(line, _)| line),
            reason: match error.reason() {
                handlebars::TemplateErrorReason::InvalidSyntax(_) => {
                    "this is not valid Handlebars".to_owned()
                }
                other => other.to_string(),
            },
        })?;
        check_profile(&ast)?;
        Ok(Self { ast })
    }

    /// The names of all root variables the template uses, `this` and loop variables aside. Names used only inside
    /// `{{#each}}` or `{{#with}}` belong to the item and are not listed.
    pub fn variables(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        collect(&self.ast, true, &mut names);
        names
    }

    /// The template as literal text and plain variables, or `None` when it needs blocks or helpers.
    pub fn segments(&self) -> Option<Vec<Segment>> {
        let mut segments: Vec<Segment> = Vec::new();
        for element in &self.ast.elements {
            match element {
                TemplateElement::RawString(text) => match segments.last_mut() {
                    Some(Segment::Text(last)) => last.push_str(text),
                    _ => segments.push(Segment::Text(text.clone())),
                },
                TemplateElement::Comment(_) => {}
                TemplateElement::Expression(inner) | TemplateElement::HtmlExpression(inner) => {
                    let name = plain_name(inner)?;
                    let simple = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                    if name.is_empty() || !name.chars().all(simple) || name == "this" {
                        return None;
                    }
                    segments.push(Segment::Var(name.to_owned()));
                }
                _ => return None,
            }
        }
        segments.retain(|segment| *segment != Segment::Text(String::new()));
        Some(segments)
    }

    /// Whether every variable has a fitting value; what [`Template::render`] asks first, and much cheaper than it.
    pub fn check(&self, variables: &Map<String, Value>) -> Result<(), TemplateError> {
        scope::check(&self.ast, &Value::Object(variables.clone()))
    }

    /// The text with every variable replaced. Values go in as they are: no escaping, no second reading.
    pub fn render(&self, variables: &Map<String, Value>) -> Result<String, TemplateError> {
        let root = Value::Object(variables.clone());
        scope::check(&self.ast, &root)?;
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        engine.set_recursive_lookup(false);
        engine.register_escape_fn(handlebars::no_escape);
        engine.register_helper("json", Box::new(scope::json_helper));
        engine.register_template("text", self.ast.clone());
        engine
            .render("text", &root)
            .map_err(|error| match error.reason() {
                handlebars::RenderErrorReason::MissingVariable(name) => TemplateError::Missing {
                    name: name.clone().unwrap_or_default(),
                },
                other => TemplateError::Syntax {
                    line: error.line_no.unwrap_or(1),
                    reason: other.to_string(),
                },
            })
    }
}

/// The name of `{{name}}` without parameters; `None` for a helper call.
fn plain_name(expression: &HelperTemplate) -> Option<&str> {
    if expression.params.is_empty() && expression.hash.is_empty() {
        path_of(&expression.name)
    } else {
        None
    }
}

fn path_of(parameter: &Parameter) -> Option<&str> {
    match parameter {
        Parameter::Name(name) => Some(name),
        Parameter::Path(Path::Relative((_, raw)) | Path::Local((_, _, raw))) => Some(raw),
        _ => None,
    }
}

const BLOCKS: [&str; 4] = ["if", "unless", "each", "with"];

fn check_profile(ast: &Ast) -> Result<(), TemplateError> {
    for (index, element) in ast.elements.iter().enumerate() {
        let line = ast.mapping.get(index).map_or(1, |mapping| mapping.0);
        let refuse = |reason: String| Err(TemplateError::Syntax { line, reason });
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::Expression(inner) | TemplateElement::HtmlExpression(inner) => {
                match (plain_name(inner), path_of(&inner.name)) {
                    (Some("role" | "history"), _) => {
                        return refuse("a role marker cannot stand inside a text".to_owned());
                    }
                    (Some(_), _) => {}
                    (None, Some("json")) if one_path(inner) => {}
                    (None, Some("json")) => {
                        return refuse("`json` takes exactly one variable".to_owned());
                    }
                    (None, Some("role" | "history" | "media" | "section")) => {
                        return refuse(
                            "role, history, media and section markers stand between texts, never inside one or inside a block"
                                .to_owned(),
                        );
                    }
                    (None, name) => {
                        return refuse(format!("unknown helper `{}`", name.unwrap_or("(…)")));
                    }
                }
            }
            TemplateElement::HelperBlock(block) => {
                let name = path_of(&block.name).unwrap_or("(…)");
                if !BLOCKS.contains(&name) {
                    return refuse(format!("unknown helper `{name}`"));
                }
                if block.block_param.is_some() {
                    return refuse(format!(
                        "block parameters (`as |x|`) on `{name}` are not supported"
                    ));
                }
                if !one_path(block) {
                    return refuse(format!("`{name}` takes exactly one variable"));
                }
                for inner in [&block.template, &block.inverse].into_iter().flatten() {
                    check_profile(inner)?;
                }
            }
            _ => return refuse("partials and decorators are not supported".to_owned()),
        }
    }
    Ok(())
}

fn one_path(call: &HelperTemplate) -> bool {
    matches!(call.params.as_slice(), [Parameter::Path(_)]) && call.hash.is_empty()
}

/// `at_root`: whether names are looked up in the variables themselves rather than in an item of them.
fn collect(ast: &Ast, at_root: bool, names: &mut BTreeSet<String>) {
    let mut add = |path: Option<&str>| {
        if let Some(name) = path.filter(|_| at_root).and_then(root_name) {
            names.insert(name.to_owned());
        }
    };
    for element in &ast.elements {
        match element {
            TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) => {
                match call.params.first() {
                    None => add(path_of(&call.name)),
                    Some(argument) => add(path_of(argument)),
                }
            }
            TemplateElement::HelperBlock(block) => add(block.params.first().and_then(path_of)),
            _ => {}
        }
    }
    for element in &ast.elements {
        if let TemplateElement::HelperBlock(block) = element {
            let same = matches!(path_of(&block.name), Some("if" | "unless"));
            if let Some(inner) = &block.template {
                collect(inner, at_root && same, names);
            }
            if let Some(inner) = &block.inverse {
                collect(inner, at_root, names);
            }
        }
    }
}

/// The first name of a path that starts at the current scope; `None` for `this`, `@index` and `../x`.
fn root_name(path: &str) -> Option<&str> {
    let path = path.strip_prefix("this.").unwrap_or(path);
    let first = path.split(['.', '/', '[']).next()?;
    (!first.is_empty() && first != "this" && !first.starts_with('@')).then_some(first)
}

#[cfg(test)]
mod tests;
