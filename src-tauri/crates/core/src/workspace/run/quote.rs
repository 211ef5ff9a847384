//! What a run would do and cost, told before anything is sent.

use std::collections::{HashMap, HashSet};

use super::pricing::Rate;
use super::{Ready, ResumeRequest, RunRequest};
use crate::catalog::{Bound, Catalog};
use crate::host::data_folder;
use crate::keys::Keychain;
use crate::prompt::{ModelName, Usd};
use crate::run::{Plan, Target, can_hand_off};
use crate::workspace::view::{PriceView, QuoteLine, RunQuote};
use crate::workspace::{Error, Workspace};

/// How many cells of one target are rendered for an estimate; further ones are taken to cost the same on average. What
/// a call can cost at most is asked again before each.
const SAMPLED: usize = 1000;

const NOTHING: Bound = Bound {
    likely: Usd(0),
    at_most: Some(Usd(0)),
};

impl Workspace {
    /// What a run would do and cost. Sends nothing, stores nothing.
    pub async fn quote(&self, request: &RunRequest) -> Result<RunQuote, Error> {
        let ready = self.ready(request).await?;
        self.quoted(&ready).await
    }

    /// What resuming a run would do and cost.
    pub async fn quote_resume(&self, request: &ResumeRequest) -> Result<RunQuote, Error> {
        let ready = self.ready_again(request).await?;
        self.quoted(&ready).await
    }

    async fn quoted(&self, ready: &Ready) -> Result<RunQuote, Error> {
        let mut lines = Vec::new();
        for target in ready.plan.targets() {
            lines.push(self.line(ready, target).await?);
        }
        if let Some(primary) = ready.plan.primary() {
            lines.extend(self.earlier_turns(ready, primary));
        }
        let sum = |part: fn(&QuoteLine) -> Option<f64>| {
            lines
                .iter()
                .filter(|line| line.calls > 0)
                .map(part)
                .sum::<Option<f64>>()
        };
        Ok(RunQuote {
            prompt: ready.prompt.clone(),
            cells: ready.plan.len(),
            finished: ready.plan.finished().0,
            likely_usd: sum(|line| line.likely_usd),
            at_most_usd: sum(|line| line.at_most_usd),
            findings: ready.losses.clone(),
            handoff_cases: handoff_cases(&ready.plan),
            lines,
        })
    }

    async fn line(&self, ready: &Ready, target: &Target) -> Result<QuoteLine, Error> {
        let calls = calls_of(&ready.plan, target);
        let rate = Rate::of(&ready.catalog, &target.settings);
        let usual = self
            .store
            .mean_output_tokens(&ready.prompt, &target.model, &target.content_id)
            .await?;
        let bound = estimated(&ready.plan, target, &rate, usual)
            .map(|(sampled, bound)| scaled(bound, sampled, calls));
        let bound = if calls == 0 { Some(NOTHING) } else { bound };
        Ok(QuoteLine {
            model: target.model.clone(),
            passthrough: target.passthrough,
            earlier_turns: false,
            calls,
            key_present: self.key_present(target.settings.key_env.as_deref()),
            price: price_view(&ready.catalog, &target.settings),
            likely_usd: bound.map(|bound| bound.likely.dollars()),
            at_most_usd: bound.and_then(|bound| bound.at_most).map(Usd::dollars),
        })
    }

    /// What the primary's turns before the takeover cost, once for all fallbacks. Each is priced as if it came last.
    fn earlier_turns(&self, ready: &Ready, primary: &Target) -> Option<QuoteLine> {
        let rate = Rate::of(&ready.catalog, &primary.settings);
        let mut seen = HashSet::new();
        let (mut calls, mut bound) = (0, Some(NOTHING));
        for cell in ready.plan.left() {
            let turns = ready.plan.earlier_turns(&cell);
            if turns == 0 || !seen.insert((cell.case().id.clone(), cell.repeat())) {
                continue;
            }
            calls += turns;
            let one = primary
                .call_for(cell.case())
                .ok()
                .and_then(|call| rate.estimate(&call.request, None));
            bound = bound
                .zip(one)
                .map(|(sum, one)| sum.plus(one.times(u64::from(turns))));
        }
        (calls > 0).then(|| QuoteLine {
            model: primary.model.clone(),
            passthrough: false,
            earlier_turns: true,
            calls,
            key_present: self.key_present(primary.settings.key_env.as_deref()),
            price: price_view(&ready.catalog, &primary.settings),
            likely_usd: bound.map(|bound| bound.likely.dollars()),
            at_most_usd: bound.and_then(|bound| bound.at_most).map(Usd::dollars),
        })
    }

    /// Whether a key is here; true when none is needed. The keychain itself is not asked, which could ask the user:
    /// that a name was stored there is enough.
    pub(in crate::workspace) fn key_present(&self, key_env: Option<&str>) -> bool {
        let Some(name) = key_env else { return true };
        let stored = || {
            let folder = data_folder(self.host.as_ref())?;
            Keychain::system(&folder).names().ok()
        };
        self.host.env(name).is_some()
            || stored().is_some_and(|names| names.iter().any(|stored| stored == name))
    }
}

/// A model's price as it is shown.
pub(in crate::workspace) fn price_view(
    catalog: &Catalog,
    model: &crate::prompt::Model,
) -> Option<PriceView> {
    let row = catalog.price_row(model)?;
    let source = serde_json::to_value(row.source).ok()?;
    Some(PriceView {
        input: row.price.input.to_string(),
        output: row.price.output.to_string(),
        source: source.as_str().unwrap_or_default().to_owned(),
        as_of: row.as_of,
    })
}

/// Models that have no price, or whose answers have no longest length: a limit on costs cannot be kept with them.
pub(super) fn unbounded(ready: &Ready) -> Vec<ModelName> {
    let mut bounded: HashMap<&ModelName, bool> = HashMap::new();
    let primary = ready.plan.primary().map(|primary| &**primary);
    let targets = ready.plan.targets().iter().map(|target| &**target);
    for target in targets.chain(primary) {
        let rate = Rate::of(&ready.catalog, &target.settings);
        let call = ready.plan.cells().find_map(|cell| {
            let same = cell.target().model == target.model
                && cell.target().passthrough == target.passthrough;
            same.then(|| cell.call().ok()).flatten()
        });
        // What cannot be rendered costs nothing, and a primary that only says earlier turns has its own bound.
        let Some(call) = call else { continue };
        let known = rate
            .estimate(&call.request, None)
            .is_some_and(|bound| bound.at_most.is_some());
        let entry = bounded.entry(&target.model).or_insert(true);
        *entry &= known;
    }
    let mut models: Vec<ModelName> = bounded
        .into_iter()
        .filter(|(_, bounded)| !bounded)
        .map(|(model, _)| model.clone())
        .collect();
    models.sort();
    models
}

fn handoff_cases(plan: &Plan) -> u32 {
    let cases = plan.cases().filter(|case| can_hand_off(case));
    u32::try_from(cases.count()).unwrap_or(u32::MAX)
}

fn of_target(target: &Target, other: &Target) -> bool {
    target.model == other.model
        && target.content_id == other.content_id
        && target.passthrough == other.passthrough
}

fn calls_of(plan: &Plan, target: &Target) -> u32 {
    let left = plan.left().filter(|cell| of_target(cell.target(), target));
    u32::try_from(left.count()).unwrap_or(u32::MAX)
}

/// The sum over the first cells of a target, and how many those were; `None` without a price.
fn estimated(
    plan: &Plan,
    target: &Target,
    rate: &Rate,
    usual: Option<u32>,
) -> Option<(u32, Bound)> {
    if !rate.is_known() {
        return None;
    }
    let mut sum = NOTHING;
    let mut sampled = 0;
    let left = plan.left().filter(|cell| of_target(cell.target(), target));
    for cell in left.take(SAMPLED) {
        // What cannot be rendered makes no call.
        if let Ok(call) = cell.call() {
            sum = sum.plus(rate.estimate(&call.request, usual)?);
        }
        sampled += 1;
    }
    Some((sampled, sum))
}

/// From some cells to all, rounded up.
fn scaled(bound: Bound, sampled: u32, calls: u32) -> Bound {
    let scale = |Usd(amount): Usd| {
        let all = u128::from(amount) * u128::from(calls);
        let scaled = all.div_ceil(u128::from(sampled.max(1)));
        Usd(u64::try_from(scaled).unwrap_or(u64::MAX))
    };
    Bound {
        likely: scale(bound.likely),
        at_most: bound.at_most.map(scale),
    }
}
