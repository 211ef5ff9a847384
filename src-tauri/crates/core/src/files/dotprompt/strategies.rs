//! Contents for property tests.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::files::yaml::strategies::{json_value, object, text};
use crate::prompt::{Content, Engine, Params, Role, Tool, Turn};

fn turn(role: Role, text: &str) -> Turn {
    Turn {
        role,
        text: text.to_owned(),
    }
}

/// Text that a section can hold: templates of the profile, and anything at all without braces.
pub(in crate::files) fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        text(),
        prop::sample::select(vec![
            "{{name}}",
            "{{{order.id}}}",
            "{{#if a}}x{{else}}y{{/if}}",
            "{{#each l}}{{this}}, {{/each}}",
            "{{json o}}",
            "{{! why }}",
            "{{!-- {{x}} --}}",
            "\\{{role \"user\"}}",
            "\\{{history}}",
            "\\\\{{x}}",
            "---\n",
            "\n",
            "{",
            "}}",
            "'",
            "\\",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

pub(in crate::files) fn content() -> impl Strategy<Value = Content> {
    let turns = prop::collection::vec((template(), template()), 0..3).prop_map(|pairs| {
        pairs
            .into_iter()
            .flat_map(|(user, model)| [turn(Role::User, &user), turn(Role::Assistant, &model)])
            .collect::<Vec<_>>()
    });
    let known = prop::sample::select(vec![
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "seed",
        "presence_penalty",
        "frequency_penalty",
    ])
    .prop_map(str::to_owned);
    let set = prop::collection::btree_map(prop_oneof![known, text()], json_value(), 0..4);
    let schema = prop_oneof![
        Just(None),
        any::<bool>().prop_map(|flag| Some(json!(flag))),
        object(json_value()).prop_map(|map| Some(Value::Object(map))),
    ];
    let tool = (text(), text(), json_value()).prop_map(|(name, description, parameters)| Tool {
        name,
        description,
        parameters,
    });
    let extra_key = prop_oneof![
        text(),
        prop::sample::select(vec!["input", "output", "tools"]).prop_map(str::to_owned)
    ];
    let extra = prop::collection::vec((extra_key, json_value()), 0..4)
        .prop_map(|entries| entries.into_iter().collect::<Map<_, _>>());
    (
        (
            any::<bool>(),
            template(),
            turns,
            prop::option::of(template()),
        ),
        (
            prop::collection::vec(tool, 0..3),
            set,
            prop::collection::btree_set(text(), 0..3),
        ),
        (any::<Option<u32>>(), schema, object(json_value()), extra),
    )
        .prop_map(
            |(
                (plain, system, turns, user),
                (tools, set, remove),
                (limit, schema, options, extra),
            ): (_, (_, BTreeMap<_, _>, BTreeSet<_>), _)| {
                let engine = if plain {
                    Engine::None
                } else {
                    Engine::Handlebars
                };
                Content {
                    engine,
                    system,
                    turns: if plain { Vec::new() } else { turns },
                    user: user.filter(|_| !plain),
                    tools,
                    params: Params { set, remove },
                    max_output_tokens: limit,
                    output_schema: schema,
                    provider_options: options,
                    extra,
                }
            },
        )
}
