//! The body of Responses.

use serde_json::{Map, Value, json};

use crate::model::conversation::{Manners, Said, are_typed, is_plain, link};
use crate::model::schema;
use crate::model::wire::{self, Choice};
use crate::prompt::{Content, Model, Rendered, Speaker, Tool};

const MANNERS: Manners = Manners {
    owns: are_typed,
    takes: |id| is_plain(id) && id.len() <= 64,
    id_length: 24,
};

const LOGPROBS: &str = "message.output_text.logprobs";
const ENCRYPTED: &str = "reasoning.encrypted_content";

/// The body.
///
/// `store` is false unless the version says otherwise: this API keeps what it is sent by default, and a workbench's
/// prompts are nobody's to keep. Reasoning then has to travel in the reply, encrypted, which is asked for where the
/// version sets an effort: models that do not reason refuse to be asked.
pub(crate) fn body(model: &Model, content: &Content, rendered: &Rendered) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), json!(model.id));
    if let Some(system) = &rendered.system {
        body.insert("instructions".into(), json!(system));
    }
    if wire::allows(content, "store") {
        body.insert("store".into(), json!(false));
    }
    if !content.tools.is_empty() {
        body.insert(
            "tools".into(),
            content.tools.iter().map(declaration).collect(),
        );
    }
    if let Some(schema) = &content.output_schema {
        body.insert("text".into(), json!({"format": format(schema)}));
    }
    if let Some(max) = content.max_output_tokens {
        body.insert("max_output_tokens".into(), json!(max));
    }
    if wire::streams(model, content) {
        body.insert("stream".into(), json!(true));
    }
    for (name, value) in wire::params(content) {
        match name {
            "effort" | "reasoning_effort" => {
                wire::put(&mut body, "reasoning", json!({"effort": value}));
            }
            "verbosity" => wire::put(&mut body, "text", json!({"verbosity": value})),
            "tool_choice" => wire::put(&mut body, name, tool_choice(value, &content.tools)),
            "logprobs" if value.is_boolean() => {
                if *value == json!(true) {
                    include(&mut body, LOGPROBS);
                }
            }
            "top_logprobs" => {
                include(&mut body, LOGPROBS);
                wire::put(&mut body, name, value.clone());
            }
            name => wire::put(&mut body, name, value.clone()),
        }
    }
    let stored = body.get("store") != Some(&json!(false));
    if !stored
        && body
            .get("reasoning")
            .is_some_and(|reasoning| reasoning.get("effort").is_some())
        && wire::allows(content, "include")
    {
        include(&mut body, ENCRYPTED);
    }
    let said = link(model, &rendered.turns, &MANNERS);
    body.insert("input".into(), Value::Array(input(&said, stored)));
    body
}

fn include(body: &mut Map<String, Value>, what: &str) {
    let list = body.entry("include").or_insert_with(|| json!([]));
    if let Value::Array(list) = list
        && !list.iter().any(|known| known == what)
    {
        list.push(json!(what));
    }
}

/// `strict` is said even where it is false: left out, this API would try to make the schema strict, which Chat does
/// not, and the same version would mean two things.
fn declaration(tool: &Tool) -> Value {
    let mut shown = Map::new();
    shown.insert("type".into(), json!("function"));
    shown.insert("name".into(), json!(tool.name));
    if !tool.description.is_empty() {
        shown.insert("description".into(), json!(tool.description));
    }
    shown.insert("parameters".into(), wire::parameters(tool));
    shown.insert("strict".into(), json!(false));
    Value::Object(shown)
}

fn format(schema: &Value) -> Value {
    json!({
        "type": "json_schema",
        "name": schema::name(schema),
        "schema": schema,
        "strict": schema::is_strict(schema),
    })
}

fn tool_choice(value: &Value, tools: &[Tool]) -> Value {
    match Choice::read(value, tools) {
        Some(Choice::Auto) => json!("auto"),
        Some(Choice::None) => json!("none"),
        Some(Choice::Required) => json!("required"),
        Some(Choice::Tool(name)) => json!({"type": "function", "name": name}),
        None => value.clone(),
    }
}

fn input(said: &[Said<'_>], stored: bool) -> Vec<Value> {
    let mut input = Vec::with_capacity(said.len());
    for said in said {
        let message = said.message;
        match message.role {
            Speaker::User => input.push(json!({"role": "user", "content": message.text})),
            Speaker::Tool => {
                let id = said.answers.as_ref().map(|answers| &answers.id);
                let output = &message.text;
                input.push(json!({
                    "type": "function_call_output", "call_id": id, "output": output
                }));
            }
            Speaker::Assistant => match said.replay {
                // Reasoning that neither the provider keeps nor the item holds cannot be found again.
                Some(items) => input.extend(
                    items
                        .iter()
                        .filter(|item| stored || !is_empty_reasoning(item))
                        .cloned(),
                ),
                None => assistant(said, &mut input),
            },
        }
    }
    input
}

fn is_empty_reasoning(item: &Value) -> bool {
    item.get("type") == Some(&json!("reasoning"))
        && !item.get("encrypted_content").is_some_and(Value::is_string)
}

fn assistant(said: &Said<'_>, input: &mut Vec<Value>) {
    let message = said.message;
    if message.tool_calls.is_empty() || !message.text.is_empty() {
        input.push(json!({"role": "assistant", "content": message.text}));
    }
    let calls = message.tool_calls.iter().zip(&said.ids);
    input.extend(calls.map(|(call, id)| {
        let arguments = wire::written(&call.arguments);
        json!({"type": "function_call", "call_id": id, "name": call.name, "arguments": arguments})
    }));
}
