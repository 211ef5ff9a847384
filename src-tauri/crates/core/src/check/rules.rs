//! The rules, one function each.

use super::{Code, Evidence, Outlook, Raw, VariantEvidence, outlook};
use crate::host::parse_time;
use crate::ledger::{ChangeState, changes};
use crate::prompt::{
    Content, Engine, Level, PolicyKind, PromptConfig, PromptName, Template, TemplateError, Variant,
    Version,
};
use crate::set::{Prompt, PromptSet};

/// One prompt, with what every rule asks for.
struct Subject<'a> {
    name: &'a PromptName,
    settings: &'a PromptConfig,
    prompt: &'a Prompt,
    primary: (&'a Variant, &'a Version),
    fallbacks: Vec<(&'a Variant, &'a Version)>,
    now: &'a str,
}

pub(super) fn find(
    set: &PromptSet,
    name: &PromptName,
    evidence: Option<&Evidence>,
    foreseen: &Outlook,
    now: &str,
) -> Vec<Raw> {
    let Some(settings) = set.config.prompts.get(name) else {
        return Vec::new();
    };
    let primary = set
        .primary(name)
        .and_then(|variant| Some((variant, variant.head()?)));
    let (Some(prompt), Some(primary)) = (set.prompts.get(name), primary) else {
        let wanted = set
            .config
            .chain_of(name)
            .first()
            .map_or("the primary", |model| model.as_str());
        return vec![raw(
            Code::FallbackMissing,
            format!("no variant for {wanted} yet: there is no primary to fall back from"),
            format!("save one: understudy variant save {name} {wanted} --file FILE -m MESSAGE"),
        )];
    };
    let fallbacks = set
        .fallbacks(name)
        .into_iter()
        .filter_map(|variant| Some((variant, variant.head()?)))
        .collect();
    let subject = Subject {
        name,
        settings,
        prompt,
        primary,
        fallbacks,
        now,
    };
    let mut found = missing_fallbacks(set, &subject);
    found.extend(unmatched(&subject));
    found.extend(
        subject
            .fallbacks
            .iter()
            .filter_map(|fallback| same_as_primary(&subject, fallback)),
    );
    found.extend(
        subject
            .fallbacks
            .iter()
            .filter_map(|fallback| max_output_tokens(&subject, fallback)),
    );
    let all = || std::iter::once(&subject.primary).chain(&subject.fallbacks);
    found.extend(all().flat_map(|variant| unknown_variables(&subject, variant)));
    found.extend(all().filter_map(|variant| outlook::retired(foreseen, variant, now)));
    for fallback in &subject.fallbacks {
        found.extend(outlook::lost(foreseen, name, fallback));
    }
    if let Some(evidence) = evidence {
        let known = |variant: &Variant| {
            evidence
                .get(&(name.clone(), variant.model.clone()))
                .copied()
                .unwrap_or_default()
        };
        found.extend(all().filter_map(|variant| runs(&subject, variant, known(variant.0))));
        let primary = known(subject.primary.0);
        found.extend(
            subject
                .fallbacks
                .iter()
                .filter_map(|variant| schema(&subject, variant, primary, known(variant.0))),
        );
    }
    found
}

fn raw(code: Code, message: String, help: String) -> Raw {
    Raw {
        code,
        model: None,
        version: None,
        message,
        help,
        level: None,
    }
}

pub(super) fn about(
    code: Code,
    (variant, version): &(&Variant, &Version),
    message: String,
    help: String,
) -> Raw {
    Raw {
        model: Some(variant.model.clone()),
        version: Some(version.number),
        ..raw(code, message, help)
    }
}

fn unmatched(subject: &Subject<'_>) -> Vec<Raw> {
    let name = subject.name;
    let mut found = Vec::new();
    for (fallback, head) in &subject.fallbacks {
        for change in changes(
            name,
            subject.primary.0,
            fallback,
            &subject.prompt.ledger,
            subject.now,
        ) {
            if change.state != ChangeState::Unmatched {
                continue;
            }
            let (version, model) = (change.version, &fallback.model);
            let (code, message) = if change.expired {
                (
                    Code::WaiverExpired,
                    format!(
                        "the waiver of v{version} \"{}\" on {model} ended on {}",
                        change.message,
                        change
                            .until
                            .as_deref()
                            .unwrap_or_default()
                            .get(..10)
                            .unwrap_or_default()
                    ),
                )
            } else {
                (
                    Code::UnmatchedChange,
                    format!(
                        "v{version} \"{}\" never reached {model}, which is at v{}",
                        change.message, head.number
                    ),
                )
            };
            let help = format!(
                "carry it over: understudy variant save {name} {model} --file FILE --answers {version} -m MESSAGE; or link: understudy change match {name} {version} {model}; or understudy change waive {name} {version} {model} --reason TEXT"
            );
            found.push(Raw {
                model: Some(model.clone()),
                version: Some(version),
                ..raw(code, message, help)
            });
        }
    }
    found
}

fn missing_fallbacks(set: &PromptSet, subject: &Subject<'_>) -> Vec<Raw> {
    let name = subject.name;
    let policy = &subject.settings.policy;
    if policy.kind == PolicyKind::PrimaryOnly {
        let until = policy.until.as_deref().unwrap_or_default();
        let ended = match (parse_time(until), parse_time(subject.now)) {
            (Some(until), Some(now)) => until <= now,
            _ => true,
        };
        let model = &subject.primary.0.model;
        if ended {
            return vec![raw(
                Code::FallbackMissing,
                format!(
                    "the time without a fallback ended on {until}, and {model} still stands alone"
                ),
                "write a fallback, or give the policy a new end and a reason in understudy.toml"
                    .to_owned(),
            )];
        }
        return vec![raw(
            Code::PrimaryOnly,
            format!(
                "there is no fallback for {model} until {until}; in an outage callers get: \u{201c}{}\u{201d}",
                policy.message.as_deref().unwrap_or_default()
            ),
            "nothing to do now; the policy in understudy.toml says why and until when".to_owned(),
        )];
    }
    let chain = set.config.chain_of(name);
    if chain.len() < 2 {
        return vec![raw(
            Code::FallbackMissing,
            format!("policy {} asks for a fallback, and the chain names only one model", policy.kind.as_str()),
            "add a model to the chain in understudy.toml, or make the prompt primary-only with reason and end".to_owned(),
        )];
    }
    chain
        .iter()
        .skip(1)
        .filter(|model| subject.prompt.variant(model).is_none_or(|variant| variant.head().is_none()))
        .map(|model| Raw {
            model: Some(model.clone()),
            ..raw(
                Code::FallbackMissing,
                format!("{model} is in the chain and has no variant: it would be given nothing tuned for it"),
                format!("write it: understudy variant save {name} {model} --file FILE -m MESSAGE"),
            )
        })
        .collect()
}

fn same_as_primary(subject: &Subject<'_>, fallback: &(&Variant, &Version)) -> Option<Raw> {
    let (primary, theirs) = (&subject.primary.1.content, &fallback.1.content);
    // White space aside, word for word: the same rules in another idiom are tuned.
    let texts = |content: &Content| -> Vec<String> {
        content
            .texts()
            .map(|(_, text)| text.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    };
    let empty = theirs.texts().all(|(_, text)| text.trim().is_empty());
    (!empty && texts(primary) == texts(theirs)).then(|| {
        about(
            Code::SameAsPrimary,
            fallback,
            format!(
                "{} has the text of {}: nobody has tuned it",
                fallback.0.model, subject.primary.0.model
            ),
            "compare outputs, then write the variant in this model's own idiom".to_owned(),
        )
    })
}

fn max_output_tokens(subject: &Subject<'_>, fallback: &(&Variant, &Version)) -> Option<Raw> {
    let primary = subject.primary.1.content.max_output_tokens;
    let message = match (primary, fallback.1.content.max_output_tokens) {
        (_, None) => format!(
            "{} may write without end: no maximum is set",
            fallback.0.model
        ),
        (Some(most), Some(theirs)) if theirs > most => format!(
            "{} may write {theirs} tokens where {} may write {most}",
            fallback.0.model, subject.primary.0.model
        ),
        _ => return None,
    };
    Some(about(
        Code::MaxOutputTokens,
        fallback,
        message,
        "set maxOutputTokens to at most the primary's: an outage must not cost more or break a layout".to_owned(),
    ))
}

fn unknown_variables(subject: &Subject<'_>, variant: &(&Variant, &Version)) -> Vec<Raw> {
    let content = &variant.1.content;
    if content.engine == Engine::None || subject.prompt.cases.is_empty() {
        return Vec::new();
    }
    let mut lacking: std::collections::BTreeMap<String, (Vec<&str>, String)> =
        std::collections::BTreeMap::new();
    let templates: Vec<_> = content
        .texts()
        .map(|(_, text)| Template::parse(text))
        .collect();
    for case in &subject.prompt.cases {
        for template in &templates {
            let problem = match template {
                Ok(template) => template.check(&case.variables).err(),
                Err(error) => Some(error.clone()),
            };
            let Some(problem) = problem else { continue };
            let key = match &problem {
                TemplateError::Missing { name } | TemplateError::Unfit { name, .. } => name.clone(),
                TemplateError::Syntax { .. } => String::new(),
            };
            let entry = lacking
                .entry(key)
                .or_insert_with(|| (Vec::new(), problem.to_string()));
            if entry.0.last() != Some(&case.id.as_str()) {
                entry.0.push(case.id.as_str());
            }
        }
    }
    let total = subject.prompt.cases.len();
    lacking
        .into_values()
        .map(|(cases, problem)| {
            let named = cases.iter().take(3).copied().collect::<Vec<_>>().join(", ");
            let more = if cases.len() > 3 { ", …" } else { "" };
            about(
                Code::UnknownVariable,
                variant,
                format!(
                    "{}: {problem} in {} of {total} cases ({named}{more})",
                    variant.0.model,
                    cases.len()
                ),
                "give the variable in those cases, or take it out of the template".to_owned(),
            )
        })
        .collect()
}

fn runs(
    subject: &Subject<'_>,
    variant: &(&Variant, &Version),
    known: VariantEvidence,
) -> Option<Raw> {
    let cases = subject.prompt.cases.len();
    let (model, number) = (&variant.0.model, variant.1.number);
    let run = format!("understudy run {} --model {model}", subject.name);
    if cases == 0 {
        let is_primary = std::ptr::eq(variant.0, subject.primary.0);
        return is_primary.then(|| {
            about(
                Code::NeverRun,
                variant,
                "there are no cases: nothing is known of any variant".to_owned(),
                format!(
                    "save some: understudy case import FILE --prompt {}",
                    subject.name
                ),
            )
        });
    }
    if !known.ever {
        return Some(about(
            Code::NeverRun,
            variant,
            format!("{model} has never been run"),
            run,
        ));
    }
    let done = usize::try_from(known.head.cases).unwrap_or(usize::MAX);
    (done < cases).then(|| {
        about(
            Code::StaleRun,
            variant,
            format!("{model} v{number} has outputs for {done} of {cases} cases; it needs a run"),
            run,
        )
    })
}

fn schema(
    subject: &Subject<'_>,
    fallback: &(&Variant, &Version),
    primary: VariantEvidence,
    known: VariantEvidence,
) -> Option<Raw> {
    subject.primary.1.content.output_schema.as_ref()?;
    let (theirs, ours) = (known.head.share()?, primary.head.share()?);
    let fall = ours - theirs;
    if fall <= 0.0 {
        return None;
    }
    let margin = subject.settings.margins.share;
    let points = |share: f64| format!("{:.0} %", share * 100.0);
    // One part in a million forgives binary fractions: 0.95 − 0.85 must not exceed a margin of 0.10.
    let within = fall <= margin + 1e-6;
    let mut found = about(
        Code::SchemaBroken,
        fallback,
        format!(
            "{}: the output schema holds in {} of {} replies ({}), on {} in {} of {} ({}); margin {:.0} points",
            fallback.0.model,
            known.head.held,
            known.head.outputs,
            points(theirs),
            subject.primary.0.model,
            primary.head.held,
            primary.head.outputs,
            points(ours),
            margin * 100.0
        ),
        format!(
            "look at them: understudy compare {} --fallback {} --mode fields",
            subject.name, fallback.0.model
        ),
    );
    found.level = within.then_some(Level::Warning);
    Some(found)
}
