//! The machine form of a variant: what a gateway applies without knowing Dotprompt.

use serde_json::{Map, Number, Value};
use understudy_bundle::variant::{
    Breaker, CallerSystem, Failover, LimitMode, MachineForm, MaxOutputTokens, Model as FormModel,
    Params, Role as Place, Segment as FormSegment, Speaker, Tool as FormTool, ToolMode, Tools,
    Turn as FormTurn, join,
};
use understudy_bundle::{Sha256, manifest};

use crate::prompt::{
    Content, Engine, Model, ModelName, Policy, PromptName, Role, Segment, Template, Version,
};

/// A variant that cannot be written in machine form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MachineFormError {
    /// A number that thousandths cannot say.
    #[error("{prompt} on {model}: {place} is {number}; bundles hold numbers to a thousandth")]
    Number {
        /// The prompt.
        prompt: PromptName,
        /// The variant.
        model: ModelName,
        /// Where.
        place: String,
        /// The number.
        number: String,
    },
    /// A content id that is no digest; only a damaged workspace has one.
    #[error("{prompt} on {model}: its content id is damaged")]
    ContentId {
        /// The prompt.
        prompt: PromptName,
        /// The variant.
        model: ModelName,
    },
}

/// What a machine form is made from.
#[derive(Debug, Clone, Copy)]
pub struct VariantForm<'a> {
    /// The prompt.
    pub prompt: &'a PromptName,
    /// The variant.
    pub model: &'a ModelName,
    /// Its model's settings.
    pub settings: &'a Model,
    /// 0 for the primary, else the place among the fallbacks.
    pub order: u32,
    /// The version.
    pub version: &'a Version,
    /// The `.prompt` file's text, for gateways that render it themselves.
    pub file: &'a str,
    /// The prompt's policy: its message is what callers get.
    pub policy: &'a Policy,
}

/// Makes the machine form. A template of literal text and plain variables becomes segments; one that needs more is
/// handed over whole, and whoever serves it needs a renderer.
pub fn machine_form(of: &VariantForm<'_>) -> Result<MachineForm, MachineFormError> {
    let content = &of.version.content;
    let segments = segments(content);
    let template = segments.is_none().then(|| body(of.file).to_owned());
    let hashed = match (&segments, &template) {
        (Some(segments), _) => join(segments),
        (None, template) => template.clone().unwrap_or_default(),
    };
    Ok(MachineForm {
        schema_version: manifest::SCHEMA_VERSION,
        prompt: of.prompt.to_string(),
        variant: of.model.to_string(),
        role: if of.order == 0 {
            Place::Primary
        } else {
            Place::Fallback
        },
        order: u64::from(of.order),
        content_id: of.version.content_id.as_str().parse().map_err(|_| {
            MachineFormError::ContentId {
                prompt: of.prompt.clone(),
                model: of.model.clone(),
            }
        })?,
        model: FormModel {
            name: of.model.to_string(),
            wire: of.settings.wire.as_str().to_owned(),
            id: of.settings.id.clone(),
        },
        system: segments,
        template,
        system_sha256: Sha256::of(hashed.as_bytes()),
        caller_system: CallerSystem::Drop,
        turns: content
            .turns
            .iter()
            .map(|turn| FormTurn {
                role: match turn.role {
                    Role::User => Speaker::User,
                    Role::Assistant => Speaker::Assistant,
                },
                text: turn.text.clone(),
            })
            .collect(),
        params: params(of, content)?,
        max_output_tokens: content.max_output_tokens.map(|value| MaxOutputTokens {
            value: u64::from(value),
            // The caller may ask for less, never for more.
            mode: LimitMode::Cap,
        }),
        tools: Tools {
            // The app runs the tools: its schema stays, our description replaces its own.
            mode: ToolMode::Describe,
            items: content
                .tools
                .iter()
                .map(|tool| {
                    Ok(FormTool {
                        name: tool.name.clone(),
                        description: tool.description.clone(),
                        parameters: whole(of, &format!("tool {}", tool.name), &tool.parameters)?,
                    })
                })
                .collect::<Result<_, _>>()?,
        },
        output_schema: match &content.output_schema {
            Some(schema) => Some(whole(of, "the output schema", schema)?),
            None => None,
        },
        failover: Failover {
            timeout_ms: 12_000,
            retries: 1,
            breaker: Breaker {
                failures: 3,
                window_seconds: 30,
                probe_seconds: 60,
            },
            message: of.policy.message.clone(),
        },
    })
}

/// `None` when the texts need more than joining: blocks, helpers, variables in example turns, a final user text.
fn segments(content: &Content) -> Option<Vec<FormSegment>> {
    if content.engine == Engine::None {
        let text = content.system.clone();
        return Some(if text.is_empty() {
            Vec::new()
        } else {
            vec![FormSegment::Text(text)]
        });
    }
    if content.user.is_some() {
        return None;
    }
    let plain = |text: &str| Template::parse(text).ok()?.segments();
    let literal = |text: &str| {
        plain(text).is_some_and(|segments| {
            segments
                .iter()
                .all(|segment| *segment == Segment::Text(text.to_owned()))
        })
    };
    if !content
        .turns
        .iter()
        .all(|turn| turn.text.is_empty() || literal(&turn.text))
    {
        return None;
    }
    let segments = plain(&content.system)?;
    Some(
        segments
            .into_iter()
            .map(|segment| match segment {
                Segment::Text(text) => FormSegment::Text(text),
                Segment::Var(name) => FormSegment::Var(name),
            })
            .collect(),
    )
}

/// What follows the front matter.
fn body(file: &str) -> &str {
    file.strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or(file, |(_, body)| body)
}

/// Sampling parameters with fractions as thousandths: `temperature 0.2` becomes `temperature_milli 200`. Parameters
/// that take fractions are written so even when they happen to be whole, or a reader would have to look in two places.
fn params(of: &VariantForm<'_>, content: &Content) -> Result<Params, MachineFormError> {
    const FRACTIONS: [&str; 4] = [
        "temperature",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
    ];
    let mut set = Map::new();
    for (name, value) in &content.params.set {
        match value {
            Value::Number(number) if FRACTIONS.contains(&name.as_str()) || number.is_f64() => {
                set.insert(
                    format!("{name}_milli"),
                    Value::Number(thousandths(of, name, number)?),
                );
            }
            other => {
                set.insert(name.clone(), whole(of, name, other)?);
            }
        }
    }
    Ok(Params {
        set,
        remove: content.params.remove.iter().cloned().collect(),
    })
}

fn thousandths(
    of: &VariantForm<'_>,
    place: &str,
    number: &Number,
) -> Result<Number, MachineFormError> {
    let refuse = || MachineFormError::Number {
        prompt: of.prompt.clone(),
        model: of.model.clone(),
        place: place.to_owned(),
        number: number.to_string(),
    };
    let scaled = number.as_f64().ok_or_else(refuse)? * 1000.0;
    let rounded = scaled.round();
    if (scaled - rounded).abs() > 1e-6 || rounded.abs() > 1e12 {
        return Err(refuse());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be whole and small just above"
    )]
    let whole = rounded as i64;
    Ok(Number::from(whole))
}

/// A value in which every number is whole. `1.0` is; `0.5` inside a schema has no thousandths to go to.
fn whole(of: &VariantForm<'_>, place: &str, value: &Value) -> Result<Value, MachineFormError> {
    Ok(match value {
        Value::Number(number) if number.is_f64() => {
            let milli = thousandths(of, place, number)?;
            let whole = milli
                .as_i64()
                .filter(|milli| milli % 1000 == 0)
                .map(|milli| milli / 1000);
            Value::Number(Number::from(whole.ok_or_else(|| {
                MachineFormError::Number {
                    prompt: of.prompt.clone(),
                    model: of.model.clone(),
                    place: place.to_owned(),
                    number: number.to_string(),
                }
            })?))
        }
        Value::Array(list) => Value::Array(
            list.iter()
                .map(|item| whole(of, place, item))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, item)| Ok((key.clone(), whole(of, &format!("{place}, {key}"), item)?)))
                .collect::<Result<_, _>>()?,
        ),
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::{PolicyKind, Wire};
    use serde_json::json;

    fn form(content: Content) -> Result<MachineForm, MachineFormError> {
        let version = Version {
            id: "v".into(),
            number: 1,
            content_id: content.id(),
            parent: None,
            author: "ada".into(),
            at: "2026-06-01T00:00:00Z".into(),
            message: "m".into(),
            content,
        };
        let settings = Model {
            wire: Wire::Anthropic,
            id: "claude".into(),
            key_env: None,
            base_url: None,
            headers: std::collections::BTreeMap::new(),
            ..Model::new(Wire::Anthropic, "")
        };
        machine_form(&VariantForm {
            prompt: &PromptName::parse("p").unwrap(),
            model: &ModelName::parse("m").unwrap(),
            settings: &settings,
            order: 1,
            version: &version,
            file: "---\nmodel: \"m\"\n---\n{{role \"system\"}}\nHi {{#if a}}x{{/if}}\n",
            policy: &Policy::of(PolicyKind::Strict),
        })
    }

    fn content(system: &str) -> Content {
        Content {
            system: system.into(),
            ..Content::default()
        }
    }

    #[test]
    fn plain_variables_become_segments() {
        let form = form(content("For {{product}}.\n")).unwrap();
        let expected = [
            FormSegment::Text("For ".into()),
            FormSegment::Var("product".into()),
            FormSegment::Text(".\n".into()),
        ];
        assert_eq!(form.system.as_deref(), Some(expected.as_slice()));
        assert_eq!(form.template, None);
        assert_eq!(form.system_sha256, Sha256::of(b"For {{product}}.\n"));
        form.to_json().unwrap();
    }

    #[test]
    fn what_needs_a_renderer_is_handed_over_whole() {
        let mut with_user = content("Hi");
        with_user.user = Some("Go".into());
        let mut with_turn = content("Hi");
        with_turn.turns.push(crate::prompt::Turn {
            role: Role::User,
            text: "{{x}}".into(),
        });
        for content in [content("{{#if a}}x{{/if}}"), with_user, with_turn] {
            let form = form(content).unwrap();
            assert_eq!(form.system, None);
            assert_eq!(
                form.template.as_deref(),
                Some("{{role \"system\"}}\nHi {{#if a}}x{{/if}}\n")
            );
            form.to_json().unwrap();
        }
    }

    #[test]
    fn fractions_become_thousandths_or_are_refused() {
        let mut content = content("Hi");
        content.params.set =
            serde_json::from_value(json!({"temperature": 0.7, "top_p": 1, "top_k": 40, "x": 0.25}))
                .unwrap();
        let set = form(content.clone()).unwrap().params.set;
        assert_eq!(
            Value::Object(set),
            json!({"temperature_milli": 700, "top_k": 40, "top_p_milli": 1000, "x_milli": 250})
        );
        content
            .params
            .set
            .insert("temperature".into(), json!(0.123_45));
        assert!(
            form(content.clone())
                .unwrap_err()
                .to_string()
                .contains("0.12345")
        );
        content.params.set.clear();
        content.output_schema = Some(json!({"maximum": 5.0}));
        assert_eq!(
            form(content.clone()).unwrap().output_schema,
            Some(json!({"maximum": 5}))
        );
        content.output_schema = Some(json!({"maximum": 0.5}));
        assert!(form(content).is_err());
    }
}
