//! What a fallback's request would lose against the primary's: told from the two rendered requests and what is known of
//! the fallback, before any call.
//!
//! Texts are not compared: the fallback has its own on purpose. Nor are sampling parameters that each model is tuned
//! with (temperature, nucleus, penalties, effort); but one that the fallback's API refuses is named, because then there
//! is no reply at all.

use super::Entry;
use super::asks::{Asks, Choice};
use crate::model::Request;
use crate::prompt::{Content, Model, Wire};

/// One side of the comparison.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The model.
    pub model: &'a Model,
    /// What its version holds.
    pub content: &'a Content,
    /// The request that makes for one case.
    pub request: &'a Request,
    /// What is known of the model.
    pub facts: &'a Entry,
}

/// A kind of loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossKind {
    /// The primary's reply is held to a schema, the fallback's is not.
    Schema,
    /// Tools the primary can call and the fallback cannot.
    Tools,
    /// The primary must call a tool, the fallback may.
    ToolChoice,
    /// The fallback's API answers with an error.
    Refused,
    /// A parameter of the primary's that callers notice, and that the fallback's request does not carry.
    Parameter,
}

/// A loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Its kind.
    pub kind: LossKind,
    /// What is lost: a parameter's name, `tools`, `schema` or `tool_choice`.
    pub subject: String,
    /// What would happen.
    pub message: String,
    /// A way out.
    pub help: String,
}

/// Parameters that change what callers get, and not only how it reads. `stop` has more to say than that it is there.
const NOTICED: [&str; 4] = ["stop", "n", "seed", "logprobs"];

/// What `fallback` would lose.
pub fn losses(primary: &Side<'_>, fallback: &Side<'_>) -> Vec<Loss> {
    let ours = Asks::read(primary.model.wire, &primary.request.body);
    let theirs = Asks::read(fallback.model.wire, &fallback.request.body);
    let mut found = Vec::new();
    found.extend(schema(fallback, &ours, &theirs));
    found.extend(tools(fallback, &ours, &theirs));
    found.extend(tool_choice(fallback, &ours, &theirs));
    found.extend(refused(fallback, &theirs));
    found.extend(lost(fallback, &ours, &theirs));
    found
}

fn schema(fallback: &Side<'_>, ours: &Asks<'_>, theirs: &Asks<'_>) -> Option<Loss> {
    if !ours.schema {
        return None;
    }
    let id = &fallback.model.id;
    let (message, help) = if !theirs.schema {
        (
            "the primary's replies are held to the output schema by its API; this request carries none".to_owned(),
            "give the variant the output schema, or accept this and let the runs show whether the text alone holds it",
        )
    } else if fallback.facts.structured_output == Some(false) {
        (
            format!("{id} takes no output schema: it refuses the request or ignores the schema"),
            "say the form in the prompt's own words and let the runs show whether it holds, or take another fallback",
        )
    } else if fallback.model.wire == Wire::Cohere && !theirs.tools.is_empty() {
        (
            format!("{id} refuses an output schema together with tools"),
            "give this variant either the schema or the tools",
        )
    } else {
        return None;
    };
    Some(Loss {
        kind: LossKind::Schema,
        subject: "schema".to_owned(),
        message,
        help: help.to_owned(),
    })
}

fn tools(fallback: &Side<'_>, ours: &Asks<'_>, theirs: &Asks<'_>) -> Option<Loss> {
    let lacking: Vec<&str> = ours
        .tools
        .iter()
        .copied()
        .filter(|name| !theirs.tools.contains(name))
        .collect();
    let first = lacking.first()?;
    let id = &fallback.model.id;
    let message = match lacking.len() {
        1 => format!("{id} cannot call `{first}`: its request does not carry the tool"),
        many if many == ours.tools.len() => {
            format!(
                "{id} can call none of the primary's {many} tools: its request carries none of them"
            )
        }
        many => format!("{id} cannot call {many} of the primary's tools, `{first}` among them"),
    };
    Some(Loss {
        kind: LossKind::Tools,
        subject: "tools".to_owned(),
        message,
        help: "give the variant the primary's tools, by the same names".to_owned(),
    })
}

fn tool_choice(fallback: &Side<'_>, ours: &Asks<'_>, theirs: &Asks<'_>) -> Option<Loss> {
    let wanted = ours.choice.unwrap_or(Choice::Auto);
    let given = theirs.choice.unwrap_or(Choice::Auto);
    let forced = |choice| matches!(choice, Choice::Required | Choice::Named);
    let refused = theirs.choice.filter(|choice| {
        // Cohere has words for some tool and for none, and no form for a certain one.
        fallback.facts.refuses_tool_choice.contains(choice)
            || (fallback.model.wire == Wire::Cohere && *choice == Choice::Named)
    });
    let id = &fallback.model.id;
    if let Some(choice) = refused {
        return Some(Loss {
            kind: LossKind::Refused,
            subject: "tool_choice".to_owned(),
            message: format!("{id} refuses {}", said(choice)),
            help: "leave the choice to this model and say in the prompt when to call".to_owned(),
        });
    }
    let message = match (wanted, given) {
        (wanted, given) if forced(wanted) && !forced(given) => {
            format!("the primary must call a tool; {id} may answer without")
        }
        (Choice::Named, Choice::Required) => {
            format!("the primary must call one certain tool; {id} may call any")
        }
        (Choice::None, given) if given != Choice::None && !theirs.tools.is_empty() => {
            format!("the primary may call no tool; {id} may")
        }
        _ => return None,
    };
    Some(Loss {
        kind: LossKind::ToolChoice,
        subject: "tool_choice".to_owned(),
        message,
        help: "set the same tool choice, in this wire's own words, in the variant's options"
            .to_owned(),
    })
}

fn said(choice: Choice) -> &'static str {
    match choice {
        Choice::Auto => "a tool choice of `auto`",
        Choice::None => "a tool choice of `none`",
        Choice::Required => "to be made to call a tool",
        Choice::Named => "to be made to call a certain tool",
    }
}

/// What the fallback's API answers with an error.
fn refused(fallback: &Side<'_>, theirs: &Asks<'_>) -> Vec<Loss> {
    let (id, wire) = (&fallback.model.id, fallback.model.wire);
    let refuse = |subject: &str, message: String, help: &str| Loss {
        kind: LossKind::Refused,
        subject: subject.to_owned(),
        message,
        help: help.to_owned(),
    };
    let mut found: Vec<Loss> = Vec::new();
    for refusal in &fallback.facts.refuses {
        for field in refusal.hits(wire, theirs) {
            if found.iter().all(|loss| loss.subject != field) {
                let message = format!("{id} {}", refusal.sentence(field, theirs));
                let help = "take it out of the variant, and list it under `understudy.remove` so that no caller's reaches this model";
                found.push(refuse(field, message, help));
            }
        }
    }
    let most = match wire {
        Wire::OpenaiChat if is_openai(fallback) => Some(4),
        Wire::Cohere => Some(5),
        _ => None,
    };
    let stops = theirs.stops();
    if let Some(most) = most.filter(|most| stops > *most) {
        let message = format!("{id} takes {most} stop sequences at most and is sent {stops}");
        found.push(refuse("stop", message, "leave out those that matter least"));
    }
    if let (Some(most), Some(sent)) = (fallback.facts.max_output_tokens, theirs.max_output())
        && sent > u64::from(most)
    {
        let message = format!("{id} writes at most {most} tokens and is asked for {sent}");
        found.push(refuse(
            "max_output_tokens",
            message,
            "set maxOutputTokens to what this model can write",
        ));
    }
    if is_exact(fallback) {
        for name in theirs.foreign() {
            if found.iter().all(|loss| loss.subject != name) {
                let message = format!("the API of {id} knows no `{name}` and refuses the request");
                found.push(refuse(
                    name,
                    message,
                    "take it out of the variant, or name it as this wire does",
                ));
            }
        }
    }
    found
}

/// What the primary sends, callers notice, and the fallback does without. A parameter that the variant takes out on
/// purpose (`understudy.remove`) is nobody's loss.
fn lost(fallback: &Side<'_>, ours: &Asks<'_>, theirs: &Asks<'_>) -> Vec<Loss> {
    let id = &fallback.model.id;
    let lose = |name: &str, message: String| Loss {
        kind: LossKind::Parameter,
        subject: name.to_owned(),
        message,
        help: format!(
            "set `{name}` on the variant, or list it under `understudy.remove` to say that it does without"
        ),
    };
    let mut found: Vec<Loss> = NOTICED
        .into_iter()
        .filter(|name| ours.field(name).is_some() && theirs.field(name).is_none())
        .filter(|name| !fallback.content.params.remove.contains(*name))
        .map(|name| {
            let why = if theirs.has_field(name) {
                "its request carries none"
            } else {
                "its API has no field for it"
            };
            lose(
                name,
                format!("the primary sends `{name}`; {id} goes without, {why}"),
            )
        })
        .collect();
    // Servers that take any name may do nothing with it.
    if !is_exact(fallback) && fallback.model.wire == Wire::Cohere {
        found.extend(theirs.foreign().into_iter().map(|name| {
            lose(
                name,
                format!(
                    "the API of {id} knows no `{name}`: it has no effect, or the request is refused"
                ),
            )
        }));
    }
    found
}

fn is_openai(side: &Side<'_>) -> bool {
    let host = super::host_of(side.model).to_ascii_lowercase();
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

/// Whether the API is known to refuse names it does not know. Servers that are merely compatible take more than OpenAI
/// does (`top_k` for one), or overlook it.
fn is_exact(side: &Side<'_>) -> bool {
    match side.model.wire {
        Wire::OpenaiChat | Wire::OpenaiResponses => is_openai(side),
        Wire::Anthropic | Wire::Gemini | Wire::Mistral => true,
        Wire::Cohere => false,
    }
}

#[cfg(test)]
mod tests;
