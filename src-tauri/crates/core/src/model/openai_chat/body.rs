//! The body of Chat Completions, and the parts of it that Mistral and Cohere share.

use serde_json::{Map, Value, json};

use crate::model::conversation::{Manners, Said, are_a_message, link};
use crate::model::schema;
use crate::model::wire::{self, Choice};
use crate::prompt::{Content, Model, Rendered, Speaker, Tool};

/// Compatible servers make ids of every form, and some read them: they go back as they came.
const MANNERS: Manners = Manners {
    owns: are_a_message,
    takes: |_| true,
    id_length: 24,
};

/// OpenAI itself refuses ids that are longer than its own.
const OPENAI: Manners = Manners {
    takes: |id| id.len() <= 40,
    ..MANNERS
};

/// The body. `host` decides one spelling: OpenAI itself deprecates `max_tokens`, and its reasoning models refuse it,
/// while compatible servers often know nothing else.
pub(crate) fn body(
    model: &Model,
    content: &Content,
    rendered: &Rendered,
    host: &str,
) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), json!(model.id));
    let is_openai = is_openai(host);
    let manners = if is_openai { &OPENAI } else { &MANNERS };
    let said = link(model, &rendered.turns, manners);
    body.insert(
        "messages".into(),
        messages(rendered, &said, |said| match said.message.role {
            Speaker::Tool => result(said, false),
            _ => turn(said, Value::Null),
        }),
    );
    if !content.tools.is_empty() {
        body.insert("tools".into(), tools(content, false));
    }
    if let Some(schema) = &content.output_schema {
        body.insert("response_format".into(), response_format(schema));
    }
    if let Some(max) = content.max_output_tokens {
        let name = if is_openai {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        body.insert(name.into(), json!(max));
    }
    if wire::streams(model, content) {
        body.insert("stream".into(), json!(true));
        // Without it OpenAI and others count nothing in a stream.
        if wire::allows(content, "stream_options") {
            body.insert("stream_options".into(), json!({"include_usage": true}));
        }
    }
    for (name, value) in wire::params(content) {
        match name {
            "stop_sequences" => wire::put(&mut body, "stop", value.clone()),
            "effort" => wire::put(&mut body, "reasoning_effort", value.clone()),
            "tool_choice" => wire::put(&mut body, name, tool_choice(value, &content.tools)),
            name => wire::put(&mut body, name, value.clone()),
        }
    }
    body
}

/// Whether OpenAI itself answers at this host, or Azure with its models.
fn is_openai(host: &str) -> bool {
    let hosts = [
        "api.openai.com",
        "openai.azure.com",
        "cognitiveservices.azure.com",
    ];
    hosts.iter().any(|known| {
        host.strip_suffix(known)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// The system text and the turns; `write` writes those that are not sent back as they came.
///
/// `system`, not `developer`: OpenAI reads it as `developer` where that is due, and compatible servers know only it.
pub(crate) fn messages(
    rendered: &Rendered,
    said: &[Said<'_>],
    write: impl Fn(&Said<'_>) -> Value,
) -> Value {
    let system = rendered
        .system
        .iter()
        .map(|text| json!({"role": "system", "content": text}));
    let turns = said.iter().map(|said| match said.replay {
        Some([message]) => message.clone(),
        _ => write(said),
    });
    system.chain(turns).collect()
}

/// A turn of the user or the model. `empty` is what a message that only calls tools has for its text.
pub(crate) fn turn(said: &Said<'_>, empty: Value) -> Value {
    let message = said.message;
    let role = match message.role {
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
        Speaker::Tool => "tool",
    };
    if message.tool_calls.is_empty() {
        return json!({"role": role, "content": message.text});
    }
    let text = if message.text.is_empty() {
        empty
    } else {
        json!(message.text)
    };
    json!({"role": role, "content": text, "tool_calls": calls(said)})
}

/// The calls of a turn.
pub(crate) fn calls(said: &Said<'_>) -> Value {
    let calls = said.message.tool_calls.iter().zip(&said.ids);
    calls
        .map(|(call, id)| {
            let arguments = wire::written(&call.arguments);
            let function = json!({"name": call.name, "arguments": arguments});
            json!({"id": id, "type": "function", "function": function})
        })
        .collect()
}

/// A tool's result.
pub(crate) fn result(said: &Said<'_>, with_name: bool) -> Value {
    let mut result = Map::new();
    result.insert("role".into(), json!("tool"));
    if let Some(answers) = &said.answers {
        result.insert("tool_call_id".into(), json!(answers.id));
        if with_name && !answers.name.is_empty() {
            result.insert("name".into(), json!(answers.name));
        }
    }
    result.insert("content".into(), json!(said.message.text));
    Value::Object(result)
}

/// The tools; `spelt_out` where the wire requires parameters even of a tool that has none.
pub(crate) fn tools(content: &Content, spelt_out: bool) -> Value {
    let tools = content.tools.iter().map(|tool| {
        let mut function = Map::new();
        function.insert("name".into(), json!(tool.name));
        if !tool.description.is_empty() {
            function.insert("description".into(), json!(tool.description));
        }
        if spelt_out || !tool.parameters.is_null() {
            function.insert("parameters".into(), wire::parameters(tool));
        }
        json!({"type": "function", "function": function})
    });
    tools.collect()
}

/// The choice of tools.
pub(crate) fn tool_choice(value: &Value, tools: &[Tool]) -> Value {
    match Choice::read(value, tools) {
        Some(Choice::Auto) => json!("auto"),
        Some(Choice::None) => json!("none"),
        Some(Choice::Required) => json!("required"),
        Some(Choice::Tool(name)) => json!({"type": "function", "function": {"name": name}}),
        None => value.clone(),
    }
}

/// `strict` only where the schema fits its rules; elsewhere OpenAI would refuse the request, and the schema is the
/// team's. Switch it by hand with the provider option `response_format.json_schema.strict`.
pub(crate) fn response_format(schema: &Value) -> Value {
    let mut format = Map::new();
    format.insert("name".into(), json!(schema::name(schema)));
    format.insert("schema".into(), schema.clone());
    if schema::is_strict(schema) {
        format.insert("strict".into(), json!(true));
    }
    json!({"type": "json_schema", "json_schema": format})
}
