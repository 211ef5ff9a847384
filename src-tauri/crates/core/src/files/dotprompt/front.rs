//! The front matter of a `.prompt` file: everything of a [`Content`] that is not text.
//!
//! Owns the keys' names, their order, and which shapes are refused. A key this program does not know goes to
//! [`Content::extra`] and comes back out; a key *inside* one it does know is refused, for there it would be dropped.

use serde_json::{Map, Value};

use super::super::yaml::{Node, Yaml, entry};
use super::super::{Note, ReadError, WriteError};
use crate::prompt::{Content, Engine, ModelName, Params, Tool};

/// Dotprompt's name and ours, in the order they are written. `maxOutputTokens` stands between the third and the
/// fourth.
const PARAMS: [(&str, &str); 7] = [
    ("temperature", "temperature"),
    ("topP", "top_p"),
    ("topK", "top_k"),
    ("stopSequences", "stop"),
    ("seed", "seed"),
    ("presencePenalty", "presence_penalty"),
    ("frequencyPenalty", "frequency_penalty"),
];
const MAX_TOKENS: &str = "maxOutputTokens";
const REMOVE: &str = "understudy.remove";
const OPTIONS: &str = "understudy.options";
const TEMPLATE: &str = "understudy.template";

#[derive(Debug)]
pub(super) struct Front {
    pub(super) model: ModelName,
    pub(super) model_line: usize,
    pub(super) content: Content,
    pub(super) schema_ref: Option<String>,
}

/// What front matter cannot hold.
pub(super) fn check(content: &Content) -> Result<(), WriteError> {
    let refuse = |reason: String| Err(WriteError { reason });
    for name in content.params.set.keys() {
        let known = PARAMS.iter().find(|(file, _)| *file == name.as_str());
        if let Some((_, ours)) = known.filter(|(file, ours)| file != ours) {
            return refuse(format!("the parameter `{name}` is called `{ours}`"));
        }
        if matches!(name.as_str(), MAX_TOKENS | "max_output_tokens") {
            return refuse(
                "the output limit is no sampling parameter; it has its own field".into(),
            );
        }
    }
    match &content.output_schema {
        None | Some(Value::Bool(_) | Value::Object(_)) => {}
        Some(_) => return refuse("an output schema is an object, true or false".into()),
    }
    if content.output_schema.is_some() && content.extra.contains_key("output") {
        return refuse(
            "`output` is kept as an unknown key although there is an output schema".into(),
        );
    }
    if content
        .extra
        .get("output")
        .is_some_and(|output| output.get("schema").is_some())
    {
        return refuse("the schema in `output` is kept as an unknown key".into());
    }
    for key in content.extra.keys() {
        if matches!(key.as_str(), "model" | "config" | "toolDefs" | "understudy")
            || key.starts_with("understudy.")
        {
            return refuse(format!("`{key}` cannot be kept as an unknown key"));
        }
    }
    Ok(())
}

pub(super) fn write(
    out: &mut String,
    model: &ModelName,
    content: &Content,
    schema_ref: Option<&str>,
) {
    let mut put = |key: &str, value: &Value| entry(out, 0, key, value);
    put("model", &Value::from(model.as_str()));
    let config = config_of(content);
    if !config.is_empty() {
        put("config", &Value::Object(config));
    }
    // Dotprompt's own order has `input` here. Moving it is only safe while it leads the unknown keys: their order is
    // part of the content id.
    let leading = content
        .extra
        .iter()
        .take(1)
        .filter(|(key, _)| *key == "input");
    for (key, value) in leading {
        put(key, value);
    }
    if let Some(schema) = &content.output_schema {
        let schema = schema_ref.map_or_else(|| schema.clone(), Value::from);
        put(
            "output",
            &serde_json::json!({"format": "json", "schema": schema}),
        );
    }
    if !content.tools.is_empty() {
        let tools = content.tools.iter().map(|tool| {
            serde_json::json!({
                "name": tool.name,
                "description": tool.description,
                "inputSchema": tool.parameters,
            })
        });
        put("toolDefs", &Value::Array(tools.collect()));
    }
    for (index, (key, value)) in content.extra.iter().enumerate() {
        if index > 0 || key != "input" {
            put(key, value);
        }
    }
    if !content.params.remove.is_empty() {
        let names = content
            .params
            .remove
            .iter()
            .map(|name| Value::from(name.as_str()));
        put(REMOVE, &Value::Array(names.collect()));
    }
    if !content.provider_options.is_empty() {
        put(OPTIONS, &Value::Object(content.provider_options.clone()));
    }
    if content.engine == Engine::None {
        put(TEMPLATE, &Value::from("none"));
    }
}

fn config_of(content: &Content) -> Map<String, Value> {
    let mut config = Map::new();
    let set = &content.params.set;
    for (index, (file, ours)) in PARAMS.iter().enumerate() {
        if index == 3
            && let Some(limit) = content.max_output_tokens
        {
            config.insert(MAX_TOKENS.to_owned(), Value::from(limit));
        }
        if let Some(value) = set.get(*ours) {
            config.insert((*file).to_owned(), value.clone());
        }
    }
    for (name, value) in set {
        if !PARAMS.iter().any(|(_, ours)| ours == name) {
            config.insert(name.clone(), value.clone());
        }
    }
    config
}

pub(super) fn read(
    node: Option<Node>,
    schema: &dyn Fn(&str) -> Option<Value>,
    notes: &mut Vec<Note>,
    remarks: &mut Vec<Note>,
) -> Result<Front, ReadError> {
    let entries = match node {
        None => Vec::new(),
        Some(node) => map(node, "the front matter")?,
    };
    let mut content = Content::default();
    let mut model = None;
    let mut schema_ref = None;
    for (key, node) in entries {
        let line = node.line;
        match key.as_str() {
            "model" => {
                let name = ModelName::parse(&text(node, "`model`")?)
                    .or_else(|error| refuse(line, error.to_string()))?;
                model = Some((name, line));
            }
            "config" => read_config(map(node, "`config`")?, &mut content)?,
            "output" if holds_schema(&node) => {
                schema_ref = read_output(map(node, "`output`")?, schema, &mut content)?;
            }
            "toolDefs" => {
                for tool in list(node, "`toolDefs`")? {
                    content.tools.push(read_tool(tool, notes)?);
                }
            }
            REMOVE => {
                for name in list(node, "`understudy.remove`")? {
                    let line = name.line;
                    let name = text(name, "a parameter's name")?;
                    if !content.params.remove.insert(name.clone()) {
                        return refuse(line, format!("`{name}` is removed twice"));
                    }
                }
            }
            OPTIONS => match node.into_json() {
                Value::Object(options) => content.provider_options = options,
                _ => return refuse(line, "`understudy.options` must be a map"),
            },
            TEMPLATE => match text(node, "`understudy.template`")?.as_str() {
                "none" => content.engine = Engine::None,
                "handlebars" => content.engine = Engine::Handlebars,
                other => {
                    return refuse(
                        line,
                        format!(
                            "`understudy.template` is \"handlebars\" or \"none\", not \"{other}\""
                        ),
                    );
                }
            },
            other if other == "understudy" || other.starts_with("understudy.") => {
                return refuse(
                    line,
                    format!(
                        "unknown key `{other}`; there are {REMOVE}, {OPTIONS} and {TEMPLATE}, each as one key"
                    ),
                );
            }
            _ => {
                let value = node.into_json();
                if let Some(what) = unused(&key, &value) {
                    remarks.push(Note {
                        line,
                        text: what.to_owned(),
                    });
                }
                content.extra.insert(key, value);
            }
        }
    }
    let Some((model, model_line)) = model else {
        return refuse(1, "the front matter has no `model`");
    };
    Ok(Front {
        model,
        model_line,
        content,
        schema_ref,
    })
}

/// Keys of Dotprompt that do something there and nothing here: kept, but whoever relies on them has to know.
fn unused(key: &str, value: &Value) -> Option<&'static str> {
    match key {
        "tools" => Some("`tools` is kept but not sent; define the tools in `toolDefs`"),
        "input" if value.get("default").is_some() => {
            Some("`input.default` is kept but not applied; each case gives its own values")
        }
        "output" => Some("`output` without a schema is kept but not sent"),
        _ => None,
    }
}

fn read_config(entries: Vec<(String, Node)>, content: &mut Content) -> Result<(), ReadError> {
    let Params { set, .. } = &mut content.params;
    for (key, node) in entries {
        let line = node.line;
        let value = node.into_json();
        if matches!(key.as_str(), MAX_TOKENS | "max_output_tokens") {
            let limit = value.as_u64().and_then(|limit| u32::try_from(limit).ok());
            match limit {
                Some(_) if content.max_output_tokens.is_some() => {
                    return refuse(line, "the output limit stands here twice");
                }
                Some(limit) => content.max_output_tokens = Some(limit),
                None => {
                    return refuse(
                        line,
                        format!("`{key}` must be a whole number up to 4294967295"),
                    );
                }
            }
            continue;
        }
        let names = PARAMS
            .iter()
            .find(|(file, ours)| *file == key || *ours == key);
        let (file, ours) = names.copied().unwrap_or((&key, &key));
        if set.insert(ours.to_owned(), value).is_some() {
            return refuse(
                line,
                format!("`{file}` and `{ours}` are the same parameter"),
            );
        }
    }
    Ok(())
}

fn holds_schema(node: &Node) -> bool {
    match &node.value {
        Yaml::Map(entries) => entries.iter().any(|(key, _)| key == "schema"),
        _ => false,
    }
}

fn read_output(
    entries: Vec<(String, Node)>,
    schema: &dyn Fn(&str) -> Option<Value>,
    content: &mut Content,
) -> Result<Option<String>, ReadError> {
    let mut reference = None;
    for (key, node) in entries {
        let line = node.line;
        match (key.as_str(), node.into_json()) {
            ("format", Value::String(format)) if format == "json" => {}
            ("format", _) => {
                return refuse(
                    line,
                    "`output.format` must be \"json\" where there is a schema",
                );
            }
            ("schema", Value::String(name)) => {
                if !name.ends_with(".schema.json") {
                    return refuse(
                        line,
                        "`output.schema` must be a JSON Schema or the name of a `.schema.json` file; Picoschema is not read",
                    );
                }
                match schema(&name) {
                    Some(found) => content.output_schema = Some(found),
                    None => {
                        return refuse(
                            line,
                            format!("there is no schema file `{name}` for this prompt"),
                        );
                    }
                }
                reference = Some(name);
            }
            ("schema", value @ (Value::Object(_) | Value::Bool(_))) => {
                if is_picoschema(&value) {
                    return refuse(
                        line,
                        "`output.schema` must be JSON Schema; Picoschema is not read",
                    );
                }
                content.output_schema = Some(value);
            }
            ("schema", _) => return refuse(line, "`output.schema` must be a map"),
            (other, _) => {
                return refuse(
                    line,
                    format!("unknown key `output.{other}`; there are format and schema"),
                );
            }
        }
    }
    Ok(reference)
}

/// Dotprompt's short notation: `name: string, a remark`, `tags?(array): string`. Taken for JSON Schema it would allow
/// anything, and nobody would notice.
fn is_picoschema(schema: &Value) -> bool {
    const TYPES: [&str; 6] = ["string", "boolean", "number", "integer", "null", "any"];
    const KEYWORDS: [&str; 7] = [
        "type",
        "properties",
        "$ref",
        "anyOf",
        "oneOf",
        "allOf",
        "enum",
    ];
    let Value::Object(map) = schema else {
        return false;
    };
    !KEYWORDS.iter().any(|keyword| map.contains_key(*keyword))
        && map.iter().any(|(key, value)| {
            let first = value.as_str().and_then(|text| text.split(',').next());
            key.contains('(')
                || key.ends_with('?')
                || first.is_some_and(|word| TYPES.contains(&word.trim()))
        })
}

fn read_tool(node: Node, notes: &mut Vec<Note>) -> Result<Tool, ReadError> {
    let line = node.line;
    let (mut name, mut description, mut parameters) = (None, None, None);
    for (key, node) in map(node, "a tool")? {
        match key.as_str() {
            "name" => name = Some(text(node, "a tool's `name`")?),
            "description" => description = Some(text(node, "a tool's `description`")?),
            "inputSchema" => parameters = Some(node.into_json()),
            other => {
                return refuse(
                    node.line,
                    format!(
                        "unknown key `{other}` of a tool; there are name, description and inputSchema"
                    ),
                );
            }
        }
    }
    let Some(name) = name else {
        return refuse(line, "a tool has no `name`");
    };
    let Some(parameters) = parameters else {
        return refuse(line, format!("the tool `{name}` has no `inputSchema`"));
    };
    if description.is_none() {
        notes.push(Note {
            line,
            text: format!("the tool `{name}` has no description; it gets an empty one"),
        });
    }
    Ok(Tool {
        name,
        description: description.unwrap_or_default(),
        parameters,
    })
}

fn refuse<T>(line: usize, reason: impl Into<String>) -> Result<T, ReadError> {
    Err(ReadError {
        line,
        reason: reason.into(),
    })
}

fn map(node: Node, what: &str) -> Result<Vec<(String, Node)>, ReadError> {
    match node.value {
        Yaml::Map(entries) => Ok(entries),
        _ => refuse(
            node.line,
            format!("{what} must be a map, not {}", node.kind()),
        ),
    }
}

fn list(node: Node, what: &str) -> Result<Vec<Node>, ReadError> {
    match node.value {
        Yaml::List(list) => Ok(list),
        _ => refuse(
            node.line,
            format!("{what} must be a list, not {}", node.kind()),
        ),
    }
}

fn text(node: Node, what: &str) -> Result<String, ReadError> {
    match node.value {
        Yaml::Leaf(Value::String(text)) => Ok(text),
        _ => refuse(
            node.line,
            format!("{what} must be text, not {}", node.kind()),
        ),
    }
}
