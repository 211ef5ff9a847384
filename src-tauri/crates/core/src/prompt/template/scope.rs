//! Looks every path up before anything is rendered.
//!
//! Handlebars' strict mode refuses `{{typo}}` but lets `{{#if typo}}`, `{{#each typo}}`, `{{#unless typo}}` and null
//! pass in silence, and prints `[object]` for objects. A prompt with a silent hole is worse than an error.

use handlebars::template::{HelperTemplate, Template as Ast, TemplateElement};
use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext};
use serde_json::Value;

use super::{TemplateError, path_of, root_name};

pub(super) fn check(ast: &Ast, root: &Value) -> Result<(), TemplateError> {
    walk(ast, &mut vec![root], true)
}

/// `taken`: whether this branch will really be rendered. In a branch that will not, only root variables are asked
/// for: deeper paths are exactly what the branch's condition guards.
fn walk(ast: &Ast, scopes: &mut Vec<&Value>, taken: bool) -> Result<(), TemplateError> {
    for element in &ast.elements {
        match element {
            TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) => {
                check_expression(call, scopes, taken)?;
            }
            TemplateElement::HelperBlock(block) => check_block(block, scopes, taken)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_expression(
    call: &HelperTemplate,
    scopes: &[&Value],
    taken: bool,
) -> Result<(), TemplateError> {
    let as_json = !call.params.is_empty();
    let argument = call.params.first().unwrap_or(&call.name);
    let path = path_of(argument).unwrap_or_default();
    let Some(value) = resolve(path, scopes, taken)? else {
        return Ok(());
    };
    let unfit = |found| {
        Err(TemplateError::Unfit {
            name: path.to_owned(),
            found,
            wanted: "give it text, a number or true/false, or write {{json …}}",
        })
    };
    match value {
        _ if as_json => Ok(()),
        Value::Null => unfit("null"),
        Value::Array(_) => unfit("a list"),
        Value::Object(_) => unfit("an object"),
        _ => Ok(()),
    }
}

fn check_block(
    block: &HelperTemplate,
    scopes: &mut Vec<&Value>,
    taken: bool,
) -> Result<(), TemplateError> {
    let kind = path_of(&block.name).unwrap_or_default();
    let path = block.params.first().and_then(path_of).unwrap_or_default();
    let value = resolve(path, scopes, taken)?;
    let (body, inverse) = (block.template.as_ref(), block.inverse.as_ref());
    let items: Vec<&Value> = match (kind, value) {
        ("each", Some(Value::Array(list))) => list.iter().collect(),
        ("each", Some(Value::Object(map))) => map.values().collect(),
        ("with", Some(value)) if truthy(value) => vec![value],
        ("each", Some(Value::Null)) | ("with", Some(_)) | ("each" | "with", None) => Vec::new(),
        ("each", Some(_)) => {
            return Err(TemplateError::Unfit {
                name: path.to_owned(),
                found: "a single value",
                wanted: "`each` needs a list or an object",
            });
        }
        (_, value) => {
            let holds = value.is_some_and(truthy) == (kind == "if");
            let known = value.is_some() && taken;
            if let Some(body) = body {
                walk(body, scopes, known && holds)?;
            }
            if let Some(inverse) = inverse {
                walk(inverse, scopes, known && !holds)?;
            }
            return Ok(());
        }
    };
    if let Some(body) = body {
        for item in &items {
            scopes.push(item);
            let result = walk(body, scopes, taken);
            scopes.pop();
            result?;
        }
    }
    match inverse {
        Some(inverse) => walk(inverse, scopes, taken && items.is_empty()),
        None => Ok(()),
    }
}

/// Follows a path; `Ok(None)` for loop variables (`@index`) and for paths in a branch that will not be rendered.
fn resolve<'v>(
    path: &str,
    scopes: &[&'v Value],
    taken: bool,
) -> Result<Option<&'v Value>, TemplateError> {
    let mut depth = scopes.len().saturating_sub(1);
    let mut rest = path;
    while let Some(parent) = rest.strip_prefix("../") {
        rest = parent;
        depth = depth.saturating_sub(1);
    }
    if let Some(root) = rest.strip_prefix("@root") {
        rest = root.trim_start_matches(['.', '/']);
        depth = 0;
    }
    if rest.starts_with('@') {
        return Ok(None);
    }
    let missing = || TemplateError::Missing {
        name: path.to_owned(),
    };
    let mut value = *scopes.get(depth).ok_or_else(missing)?;
    if !taken {
        return match (depth, root_name(rest)) {
            (0, Some(name)) if value.get(name).is_none() => Err(missing()),
            _ => Ok(None),
        };
    }
    for part in rest
        .split(['.', '/'])
        .filter(|part| !part.is_empty() && *part != "this")
    {
        let part = part.trim_start_matches('[').trim_end_matches(']');
        value = match value {
            Value::Array(list) => part.parse::<usize>().ok().and_then(|index| list.get(index)),
            other => other.get(part),
        }
        .ok_or_else(missing)?;
    }
    Ok(Some(value))
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(_) => true,
    }
}

/// `{{json name}}`: the value as compact JSON.
pub(super) fn json_helper(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    if let Some(parameter) = helper.param(0) {
        out.write(&parameter.value().to_string())?;
    }
    Ok(())
}
