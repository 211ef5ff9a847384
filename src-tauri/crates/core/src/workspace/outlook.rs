//! What `check` can be told before any call: the heads' requests laid side by side, and what is known of the models.

use crate::catalog::{Catalog, Entry, Side, losses};
use crate::check::Outlook;
use crate::model::{Request, build};
use crate::prompt::{Model, ModelName, PromptName, Rendered, Version};
use crate::set::PromptSet;

/// One variant's head with the request it makes.
struct Made<'a> {
    model: &'a Model,
    head: &'a Version,
    request: Request,
    facts: Entry,
}

/// Looks at the prompts for which `wanted` answers yes.
pub(super) fn outlook(
    set: &PromptSet,
    catalog: &Catalog,
    wanted: impl Fn(&PromptName) -> bool,
) -> Outlook {
    let mut outlook = Outlook::default();
    for name in set.config.prompts.keys().filter(|name| wanted(name)) {
        for model in set.config.chain_of(name) {
            if let Some(settings) = set.config.models.get(model)
                && !outlook.facts.contains_key(model)
            {
                outlook.facts.insert(model.clone(), catalog.entry(settings));
            }
        }
        let primary = set
            .primary(name)
            .and_then(|variant| made(set, &outlook, &variant.model, variant.head()?));
        let Some(primary) = primary else { continue };
        for fallback in set.fallbacks(name) {
            let made = fallback
                .head()
                .and_then(|head| made(set, &outlook, &fallback.model, head));
            let Some(made) = made else { continue };
            let found = losses(&primary.side(), &made.side());
            if !found.is_empty() {
                let place = (name.clone(), fallback.model.clone());
                outlook.losses.insert(place, found);
            }
        }
    }
    outlook
}

impl Made<'_> {
    fn side(&self) -> Side<'_> {
        Side {
            model: self.model,
            content: &self.head.content,
            request: &self.request,
            facts: &self.facts,
        }
    }
}

/// The request of a head, without texts: nothing of a loss depends on them, and rendering every prompt for every model
/// would be most of the time a check takes. `None` when it cannot be made, which a run will say better.
fn made<'a>(
    set: &'a PromptSet,
    outlook: &Outlook,
    model: &ModelName,
    head: &'a Version,
) -> Option<Made<'a>> {
    let settings = set.config.models.get(model)?;
    let silent = Rendered {
        system: None,
        turns: Vec::new(),
    };
    Some(Made {
        model: settings,
        head,
        request: build(settings, &head.content, &silent).ok()?,
        facts: outlook.facts.get(model).cloned().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests;
