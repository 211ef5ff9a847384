//! What can be told of a prompt's models before any call: losses between rendered requests, and days on which models
//! stop answering. It comes from outside: rendering a request is not this room's business.

use std::collections::BTreeMap;

use super::{Code, Raw};
use crate::catalog::{Entry, Loss, LossKind};
use crate::host::parse_time;
use crate::prompt::{ModelName, PromptName, Variant, Version};

/// Days before a model's last one from which on it is named: as long as a release or a waiver lasts, unless said
/// otherwise. What is signed today may be needed on that day.
const NOTICE_DAYS: i64 = 90;
const DAY: i64 = 86_400;

/// What is told beforehand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outlook {
    /// What each fallback's request would lose against its primary's.
    pub losses: BTreeMap<(PromptName, ModelName), Vec<Loss>>,
    /// What is publicly known of each model.
    pub facts: BTreeMap<ModelName, Entry>,
}

/// What a fallback's request would lose.
pub(super) fn lost(
    outlook: &Outlook,
    prompt: &PromptName,
    fallback: &(&Variant, &Version),
) -> Vec<Raw> {
    let model = &fallback.0.model;
    let found = outlook.losses.get(&(prompt.clone(), model.clone()));
    let found = found.map(Vec::as_slice).unwrap_or_default();
    found
        .iter()
        .map(|loss| {
            let code = match loss.kind {
                LossKind::Schema => Code::SchemaLost,
                LossKind::Tools => Code::ToolsLost,
                LossKind::ToolChoice => Code::ToolChoiceLost,
                LossKind::Refused => Code::ParameterRefused,
                LossKind::Parameter => Code::ParameterLost,
            };
            let message = format!("{model}: {}", loss.message);
            super::rules::about(code, fallback, message, loss.help.clone())
        })
        .collect()
}

/// A model that has stopped answering, or soon will. The primary counts too: its day is the outage of all days.
pub(super) fn retired(outlook: &Outlook, variant: &(&Variant, &Version), now: &str) -> Option<Raw> {
    let model = &variant.0.model;
    let facts = outlook.facts.get(model)?;
    let day = facts.retires.as_deref()?;
    let (end, now) = (parse_time(day)?, parse_time(now)?);
    let message = if end <= now {
        format!(
            "{model} has been retired on {day}: its provider answers with an error, or with another model"
        )
    } else if end - now <= NOTICE_DAYS * DAY {
        format!("{model} retires on {day}")
    } else {
        return None;
    };
    let help = match &facts.source {
        Some(source) => {
            format!("move the variant to a model that stays; the day is said at {source}")
        }
        None => "move the variant to a model that stays".to_owned(),
    };
    Some(super::rules::about(
        Code::ModelRetired,
        variant,
        message,
        help,
    ))
}
