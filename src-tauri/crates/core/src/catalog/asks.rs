//! What a rendered request asks for, read off its body, the same for every wire.
//!
//! The body is what counts: provider options are merged into it last, and a gateway sends it on as it stands.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::prompt::Wire;

/// How the model may choose among its tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// As it likes.
    Auto,
    /// No tool.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Named,
}

/// How Responses is asked for log probabilities: not by a field, but by what its reply shall include.
const LOGPROBS: &str = "message.output_text.logprobs";

/// A parameter and where each wire has it; `""` where it has no field at all.
struct Field {
    name: &'static str,
    /// OpenAI Responses, OpenAI Chat, Anthropic, Gemini, Cohere, Mistral.
    paths: [&'static str; 6],
}

const FIELDS: [Field; 14] = [
    field(
        "temperature",
        [
            "temperature",
            "temperature",
            "temperature",
            "generationConfig.temperature",
            "temperature",
            "temperature",
        ],
    ),
    field(
        "top_p",
        [
            "top_p",
            "top_p",
            "top_p",
            "generationConfig.topP",
            "p",
            "top_p",
        ],
    ),
    field(
        "top_k",
        ["", "", "top_k", "generationConfig.topK", "k", "top_k"],
    ),
    field(
        "frequency_penalty",
        [
            "",
            "frequency_penalty",
            "",
            "generationConfig.frequencyPenalty",
            "frequency_penalty",
            "frequency_penalty",
        ],
    ),
    field(
        "presence_penalty",
        [
            "",
            "presence_penalty",
            "",
            "generationConfig.presencePenalty",
            "presence_penalty",
            "presence_penalty",
        ],
    ),
    field(
        "seed",
        [
            "",
            "seed",
            "",
            "generationConfig.seed",
            "seed",
            "random_seed",
        ],
    ),
    field(
        "stop",
        [
            "",
            "stop",
            "stop_sequences",
            "generationConfig.stopSequences",
            "stop_sequences",
            "stop",
        ],
    ),
    field(
        "n",
        ["", "n", "", "generationConfig.candidateCount", "", "n"],
    ),
    field(
        "reasoning_effort",
        [
            "reasoning.effort",
            "reasoning_effort",
            "output_config.effort",
            "generationConfig.thinkingConfig.thinkingLevel",
            "",
            "reasoning_effort",
        ],
    ),
    field(
        "logprobs",
        [
            "",
            "logprobs",
            "",
            "generationConfig.responseLogprobs",
            "logprobs",
            "logprobs",
        ],
    ),
    field(
        "top_logprobs",
        [
            "top_logprobs",
            "top_logprobs",
            "",
            "generationConfig.logprobs",
            "",
            "top_logprobs",
        ],
    ),
    field("verbosity", ["text.verbosity", "verbosity", "", "", "", ""]),
    field(
        "thinking",
        [
            "",
            "",
            "thinking",
            "generationConfig.thinkingConfig",
            "thinking",
            "",
        ],
    ),
    field(
        "parallel_tool_calls",
        [
            "parallel_tool_calls",
            "parallel_tool_calls",
            "",
            "",
            "",
            "parallel_tool_calls",
        ],
    ),
];

const fn field(name: &'static str, paths: [&'static str; 6]) -> Field {
    Field { name, paths }
}

impl Field {
    fn path(&self, wire: Wire) -> &'static str {
        let [responses, chat, anthropic, gemini, cohere, mistral] = self.paths;
        match wire {
            Wire::OpenaiResponses => responses,
            Wire::OpenaiChat => chat,
            Wire::Anthropic => anthropic,
            Wire::Gemini => gemini,
            Wire::Cohere => cohere,
            Wire::Mistral => mistral,
        }
    }

    fn is_known_as(&self, name: &str) -> bool {
        self.name == name
            || self
                .paths
                .iter()
                .any(|path| path.rsplit('.').next() == Some(name) && !path.is_empty())
    }
}

/// What a body asks for.
#[derive(Debug)]
pub(super) struct Asks<'a> {
    wire: Wire,
    body: &'a Value,
    /// Whether the reply is held to a schema on the wire.
    pub(super) schema: bool,
    /// The tools' names.
    pub(super) tools: Vec<&'a str>,
    /// How they may be chosen, where the body says it.
    pub(super) choice: Option<Choice>,
}

impl<'a> Asks<'a> {
    /// Reads a body.
    pub(super) fn read(wire: Wire, body: &'a Value) -> Self {
        Self {
            wire,
            body,
            schema: schema(wire, body),
            tools: tools(wire, body),
            choice: choice(wire, body),
        }
    }

    /// The value of a parameter, by the name prompt files use or by its path in the body; `None` when it is not sent.
    pub(super) fn field(&self, name: &str) -> Option<&'a Value> {
        if name == "logprobs" && self.wire == Wire::OpenaiResponses {
            return self.included(LOGPROBS);
        }
        let known = FIELDS.iter().find(|field| field.name == name);
        let path = known.map_or(name, |field| field.path(self.wire));
        let found = at(self.body, path).or_else(|| {
            // A parameter the wire has no field for goes out under its own name.
            known.and_then(|_| self.parameters().find_map(|map| map.get(name)))
        });
        found.filter(|value| !is_nothing(value))
    }

    /// How many stop sequences are sent.
    pub(super) fn stops(&self) -> usize {
        match self.field("stop") {
            Some(Value::Array(list)) => list.len(),
            Some(_) => 1,
            None => 0,
        }
    }

    /// The most tokens of a reply, where the body says it.
    pub(super) fn max_output(&self) -> Option<u64> {
        let paths = [
            "max_completion_tokens",
            "max_output_tokens",
            "max_tokens",
            "generationConfig.maxOutputTokens",
        ];
        paths
            .into_iter()
            .find_map(|path| at(self.body, path)?.as_u64())
    }

    /// Parameters sent under a name that only other wires know, such as `seed` to Anthropic. Names that no wire is known
    /// to have are the team's own business.
    pub(super) fn foreign(&self) -> Vec<&'a str> {
        let ours = |name: &str| {
            FIELDS.iter().any(|field| {
                let path = field.path(self.wire);
                path.split('.').any(|part| part == name)
            })
        };
        self.parameters()
            .flat_map(Map::iter)
            .filter(|(name, value)| {
                !is_nothing(value)
                    && !ours(name)
                    && FIELDS.iter().any(|field| field.is_known_as(name))
            })
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// What Responses is asked to add to its reply.
    fn included(&self, what: &str) -> Option<&'a Value> {
        let list = self.body.get("include")?.as_array()?;
        list.iter().find(|included| *included == what)
    }

    /// Whether the wire has a field for a parameter.
    pub(super) fn has_field(&self, name: &str) -> bool {
        if name == "logprobs" && self.wire == Wire::OpenaiResponses {
            return true;
        }
        FIELDS
            .iter()
            .find(|field| field.name == name)
            .is_some_and(|field| !field.path(self.wire).is_empty())
    }

    /// The objects in which parameters lie.
    fn parameters(&self) -> impl Iterator<Item = &'a Map<String, Value>> {
        let nested = self.body.get("generationConfig");
        [Some(self.body), nested]
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
    }
}

fn at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return None;
    }
    path.split('.')
        .try_fold(body, |value, part| value.get(part))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

fn schema(wire: Wire, body: &Value) -> bool {
    let format = match wire {
        Wire::OpenaiResponses => at(body, "text.format"),
        Wire::Anthropic => at(body, "output_config.format"),
        Wire::Gemini => {
            let places = [
                "generationConfig.responseJsonSchema",
                "generationConfig.responseSchema",
            ];
            return places.iter().any(|path| at(body, path).is_some());
        }
        Wire::Cohere => return at(body, "response_format.json_schema").is_some(),
        Wire::OpenaiChat | Wire::Mistral => at(body, "response_format"),
    };
    let kind = format.and_then(|format| format.get("type"));
    kind.and_then(Value::as_str) == Some("json_schema")
}

fn tools(wire: Wire, body: &Value) -> Vec<&str> {
    let list = body.get("tools").and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .flat_map(|tool| match wire {
            Wire::Gemini => {
                let inner = tool.get("functionDeclarations").and_then(Value::as_array);
                inner.map(|list| list.iter().collect()).unwrap_or_default()
            }
            _ => vec![tool.get("function").unwrap_or(tool)],
        })
        .filter_map(|tool| tool.get("name")?.as_str())
        .collect()
}

fn choice(wire: Wire, body: &Value) -> Option<Choice> {
    let place = match wire {
        Wire::Gemini => {
            let config = at(body, "toolConfig.functionCallingConfig")?;
            let named = config.get("allowedFunctionNames").is_some();
            return match config.get("mode")?.as_str()? {
                "ANY" if named => Some(Choice::Named),
                "ANY" => Some(Choice::Required),
                "NONE" => Some(Choice::None),
                _ => Some(Choice::Auto),
            };
        }
        _ => body.get("tool_choice")?,
    };
    let word = match place {
        Value::String(word) => word.as_str(),
        Value::Object(table) => table.get("type").and_then(Value::as_str)?,
        _ => return None,
    };
    Some(match word.to_ascii_lowercase().as_str() {
        "none" => Choice::None,
        "required" | "any" => Choice::Required,
        "function" | "tool" => Choice::Named,
        _ => Choice::Auto,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::build;
    use crate::prompt::{Content, Model, Rendered, Tool};
    use serde_json::json;

    const WIRES: [Wire; 6] = [
        Wire::OpenaiResponses,
        Wire::OpenaiChat,
        Wire::Anthropic,
        Wire::Gemini,
        Wire::Cohere,
        Wire::Mistral,
    ];

    #[test]
    fn the_same_request_is_read_off_every_spelling() {
        let bodies = [
            json!({"text": {"format": {"type": "json_schema", "schema": {}}},
                "tools": [{"type": "function", "name": "look"}], "tool_choice": {"type": "function", "name": "look"},
                "temperature": 0.5, "max_output_tokens": 9}),
            json!({"response_format": {"type": "json_schema"}, "tools": [{"type": "function", "function": {"name": "look"}}],
                "tool_choice": {"type": "function", "function": {"name": "look"}}, "temperature": 0.5, "max_tokens": 9}),
            json!({"output_config": {"format": {"type": "json_schema"}}, "tools": [{"name": "look", "input_schema": {}}],
                "tool_choice": {"type": "tool", "name": "look"}, "temperature": 0.5, "max_tokens": 9}),
            json!({"generationConfig": {"responseJsonSchema": {}, "temperature": 0.5, "maxOutputTokens": 9},
                "tools": [{"functionDeclarations": [{"name": "look"}]}],
                "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}}}),
            json!({"response_format": {"type": "json_object", "json_schema": {}}, "tools": [{"function": {"name": "look"}}],
                "tool_choice": "REQUIRED", "temperature": 0.5, "max_tokens": 9}),
            json!({"response_format": {"type": "json_schema"}, "tools": [{"function": {"name": "look"}}],
                "tool_choice": "any", "temperature": 0.5, "max_tokens": 9}),
        ];
        for (wire, body) in WIRES.into_iter().zip(&bodies) {
            let asks = Asks::read(wire, body);
            assert!(asks.schema, "{wire:?}");
            assert_eq!(asks.tools, ["look"], "{wire:?}");
            let forced = if matches!(wire, Wire::Cohere | Wire::Mistral) {
                Choice::Required
            } else {
                Choice::Named
            };
            assert_eq!(asks.choice, Some(forced), "{wire:?}");
            assert_eq!(asks.field("temperature"), Some(&json!(0.5)), "{wire:?}");
            assert_eq!(asks.max_output(), Some(9), "{wire:?}");
            assert_eq!(asks.foreign(), Vec::<&str>::new(), "{wire:?}");
        }
        for wire in WIRES {
            let nothing = json!({"messages": []});
            let asks = Asks::read(wire, &nothing);
            assert!(!asks.schema && asks.tools.is_empty() && asks.choice.is_none());
        }
    }

    #[test]
    fn what_an_adapter_writes_is_read_back() {
        let sent = [
            "temperature",
            "top_p",
            "stop",
            "seed",
            "n",
            "frequency_penalty",
        ];
        let params = json!({"set": {"temperature": 0.5, "top_p": 0.9, "stop": ["x"], "seed": 7, "n": 2,
            "frequency_penalty": 0.1, "tool_choice": "required"}});
        let content = Content {
            params: serde_json::from_value(params).unwrap(),
            output_schema: Some(json!({"type": "object"})),
            tools: vec![Tool {
                name: "look".into(),
                description: String::new(),
                parameters: Value::Null,
            }],
            max_output_tokens: Some(9),
            ..Content::default()
        };
        let silent = Rendered {
            system: None,
            turns: vec![],
        };
        let mut read = 0;
        for wire in WIRES {
            // A wire without an adapter has nothing to read.
            let Ok(request) = build(&Model::new(wire, "m"), &content, &silent) else {
                continue;
            };
            read += 1;
            let asks = Asks::read(wire, &request.body);
            assert!(asks.schema, "{wire:?}");
            assert_eq!(
                (asks.tools.as_slice(), asks.max_output()),
                (["look"].as_slice(), Some(9)),
                "{wire:?}"
            );
            assert_eq!(asks.choice, Some(Choice::Required), "{wire:?}");
            assert_eq!(asks.stops(), 1, "{wire:?}");
            let foreign = asks.foreign();
            for name in sent {
                assert!(asks.field(name).is_some(), "{wire:?} {name}");
                assert_eq!(
                    foreign.contains(&name),
                    !asks.has_field(name),
                    "{wire:?} {name}"
                );
            }
        }
        assert!(read >= 2);
    }

    #[test]
    fn a_name_of_another_wire_is_foreign_and_an_unheard_one_is_not() {
        let foreign = |wire, body: Value| -> Vec<String> {
            let asks = Asks::read(wire, &body);
            asks.foreign().into_iter().map(str::to_owned).collect()
        };
        assert_eq!(
            foreign(
                Wire::Anthropic,
                json!({"seed": 1, "n": 2, "top_k": 3, "x": 4, "stop": null})
            ),
            ["seed", "n"]
        );
        assert_eq!(
            foreign(
                Wire::OpenaiResponses,
                json!({"stop": ["a"], "reasoning_effort": "low"})
            ),
            ["stop", "reasoning_effort"]
        );
        assert_eq!(
            foreign(
                Wire::Gemini,
                json!({"generationConfig": {"topK": 3, "top_logprobs": 1}})
            ),
            ["top_logprobs"]
        );
        assert_eq!(
            foreign(Wire::Mistral, json!({"seed": 1, "random_seed": 1})),
            ["seed"]
        );
        assert_eq!(
            foreign(Wire::OpenaiChat, json!({"top_k": 3, "thinking": {}})),
            ["top_k", "thinking"]
        );
    }

    #[test]
    fn a_parameter_without_a_field_is_still_seen() {
        let body = json!({"seed": 7, "stop_sequences": ["a", "b"]});
        let asks = Asks::read(Wire::Anthropic, &body);
        assert_eq!(asks.field("seed"), Some(&json!(7)));
        assert_eq!(asks.stops(), 2);
        assert!(!asks.has_field("seed") && asks.has_field("stop"));
    }

    #[test]
    fn log_probabilities_are_asked_of_responses_in_its_own_way() {
        let asked =
            json!({"include": ["reasoning.encrypted_content", LOGPROBS], "top_logprobs": 2});
        let asks = Asks::read(Wire::OpenaiResponses, &asked);
        assert!(asks.field("logprobs").is_some() && asks.foreign().is_empty());
        let not = json!({"include": ["reasoning.encrypted_content"]});
        let asks = Asks::read(Wire::OpenaiResponses, &not);
        assert!(asks.field("logprobs").is_none() && asks.has_field("logprobs"));
    }
}
