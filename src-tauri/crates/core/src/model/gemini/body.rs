//! The body of `generateContent`.

use serde_json::{Map, Value, json};

use crate::model::conversation::{Manners, Said, link};
use crate::model::wire::{self, Choice};
use crate::prompt::{Content, Model, Rendered, Speaker, Tool};

const MANNERS: Manners = Manners {
    owns: |parts| {
        parts
            .iter()
            .all(|part| part.get("type").is_none() && part.get("role").is_none())
    },
    takes: |_| true,
    id_length: 24,
};

/// What stands beside `generationConfig`, in the spelling with underscores that this API takes as well. Everything
/// else a version sets is a sampling field.
const TOP_LEVEL: [&str; 9] = [
    "cached_content",
    "contents",
    "labels",
    "safety_settings",
    "service_tier",
    "store",
    "system_instruction",
    "tool_config",
    "tools",
];

/// The body. Whether it is streamed is a matter of the path, not of the body.
pub(crate) fn body(model: &Model, content: &Content, rendered: &Rendered) -> Map<String, Value> {
    let mut body = Map::new();
    if let Some(system) = &rendered.system {
        let parts = json!({"parts": [{"text": system}]});
        body.insert("systemInstruction".into(), parts);
    }
    let said = link(model, &rendered.turns, &MANNERS);
    body.insert("contents".into(), Value::Array(contents(&said)));
    if !content.tools.is_empty() {
        let declarations: Value = content.tools.iter().map(declaration).collect();
        let tools = json!([{"functionDeclarations": declarations}]);
        body.insert("tools".into(), tools);
    }
    let mut config = Map::new();
    if let Some(schema) = &content.output_schema {
        config.insert("responseMimeType".into(), json!("application/json"));
        config.insert("responseJsonSchema".into(), schema.clone());
    }
    if let Some(max) = content.max_output_tokens {
        config.insert("maxOutputTokens".into(), json!(max));
    }
    for (name, value) in wire::params(content) {
        param(name, value, &content.tools, &mut body, &mut config);
    }
    if !config.is_empty() {
        wire::put(&mut body, "generationConfig", Value::Object(config));
    }
    body
}

fn param(
    name: &str,
    value: &Value,
    tools: &[Tool],
    body: &mut Map<String, Value>,
    config: &mut Map<String, Value>,
) {
    let ours = match name {
        "top_p" => "topP",
        "top_k" => "topK",
        "stop" | "stop_sequences" => {
            return wire::put(config, "stopSequences", wire::listed(value));
        }
        "frequency_penalty" => "frequencyPenalty",
        "presence_penalty" => "presencePenalty",
        "n" => "candidateCount",
        // Words are levels; numbers are the budgets of the models before levels. The two exclude each other.
        "effort" | "reasoning_effort" => {
            let field = if value.is_number() {
                "thinkingBudget"
            } else {
                "thinkingLevel"
            };
            return wire::put(config, "thinkingConfig", json!({field: value}));
        }
        "logprobs" if value.is_boolean() => "responseLogprobs",
        "top_logprobs" => "logprobs",
        "generationConfig" | "generation_config" => {
            return wire::put(body, "generationConfig", value.clone());
        }
        "tool_choice" => {
            return match tool_choice(value, tools) {
                Some(config) => wire::put(body, "toolConfig", config),
                None => wire::put(body, name, value.clone()),
            };
        }
        name if TOP_LEVEL.contains(&snake(name).as_str()) => {
            return wire::put(body, name, value.clone());
        }
        name => name,
    };
    wire::put(config, ours, value.clone());
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn declaration(tool: &Tool) -> Value {
    let mut shown = Map::new();
    shown.insert("name".into(), json!(tool.name));
    if !tool.description.is_empty() {
        shown.insert("description".into(), json!(tool.description));
    }
    if !tool.parameters.is_null() {
        shown.insert("parametersJsonSchema".into(), tool.parameters.clone());
    }
    Value::Object(shown)
}

fn tool_choice(value: &Value, tools: &[Tool]) -> Option<Value> {
    let mode = match (Choice::read(value, tools), value) {
        (Some(Choice::Auto), _) => json!({"mode": "AUTO"}),
        (Some(Choice::None), _) => json!({"mode": "NONE"}),
        (Some(Choice::Required), _) => json!({"mode": "ANY"}),
        (Some(Choice::Tool(name)), _) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
        // A mode that only this API has.
        (None, Value::String(mode)) => json!({"mode": mode}),
        (None, value) => value.get("functionCallingConfig")?.clone(),
    };
    Some(json!({"functionCallingConfig": mode}))
}

/// All results of a turn go into one content: a model that called in parallel wants its answers together.
fn contents(said: &[Said<'_>]) -> Vec<Value> {
    let mut contents = Vec::with_capacity(said.len());
    let mut results: Vec<Value> = Vec::new();
    for said in said {
        if said.message.role == Speaker::Tool {
            results.push(result(said));
            continue;
        }
        if !results.is_empty() {
            let parts = std::mem::take(&mut results);
            contents.push(json!({"role": "user", "parts": parts}));
        }
        contents.push(match said.message.role {
            Speaker::Assistant => json!({"role": "model", "parts": model_parts(said)}),
            _ => json!({"role": "user", "parts": [{"text": said.message.text}]}),
        });
    }
    if !results.is_empty() {
        contents.push(json!({"role": "user", "parts": results}));
    }
    contents
}

/// A result is an object here. One that is no JSON object goes into the field this API names for it.
fn result(said: &Said<'_>) -> Value {
    let text = &said.message.text;
    let response = match serde_json::from_str(text) {
        Ok(object @ Value::Object(_)) => object,
        _ => json!({"result": text}),
    };
    let mut result = Map::new();
    if let Some(answers) = &said.answers {
        // Ids are this model's own, or left out: not every version of the API knows them.
        if let Some(id) = answers.own_id {
            result.insert("id".into(), json!(id));
        }
        result.insert("name".into(), json!(answers.name));
    }
    result.insert("response".into(), response);
    json!({"functionResponse": result})
}

fn model_parts(said: &Said<'_>) -> Value {
    if let Some(parts) = said.replay {
        return json!(parts);
    }
    let message = said.message;
    let text = (message.tool_calls.is_empty() || !message.text.is_empty())
        .then(|| json!({"text": message.text}));
    let calls = message.tool_calls.iter().map(|call| {
        let args = wire::object(&call.arguments);
        json!({"functionCall": {"name": call.name, "args": args}})
    });
    text.into_iter().chain(calls).collect()
}
