//! The parity table so far: the same counts for both sides. No result is claimed.

use super::overview::variant_state;
use super::read::{all_changes, count};
use super::view::{ParityRow, ParityTable, RatingCounts};
use super::{Error, Workspace, evidence, lookup};
use crate::parity::Tally;
use crate::prompt::PolicyKind;

/// A measure: id, title, unit and how it is counted.
type Measure = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Tally) -> Option<f64>,
);

const MEASURES: [Measure; 6] = [
    ("schema_holds", "Output schema holds", "share", |tally| {
        tally.share()
    }),
    ("empty_output", "Empty output", "share", |tally| {
        per(tally, f64::from(tally.empty))
    }),
    ("cut_output", "Cut at the length limit", "share", |tally| {
        per(tally, f64::from(tally.cut))
    }),
    ("words", "Words", "per_reply", |tally| {
        per(tally, f64::from(tally.words))
    }),
    ("output_tokens", "Output tokens", "per_reply", |tally| {
        per(tally, f64::from(tally.output_tokens)).filter(|tokens| *tokens > 0.0)
    }),
    ("seconds", "Time to the whole reply", "seconds", |tally| {
        (tally.timed > 0).then(|| tally.seconds / f64::from(tally.timed))
    }),
];

fn per(tally: &Tally, total: f64) -> Option<f64> {
    (tally.outputs > 0).then(|| total / f64::from(tally.outputs))
}

impl Workspace {
    /// The counts for the primary, the fallback, and the fallback given the primary's prompt.
    pub async fn parity_table(
        &self,
        prompt: &str,
        fallback: Option<&str>,
    ) -> Result<ParityTable, Error> {
        let set = self.load().await?;
        let found = lookup::prompt(&set, prompt)?;
        let (primary, ours) = found.primary()?;
        let (fallback, theirs) = found.fallback(fallback)?;
        let name = found.name();
        let judge = evidence::judge_of(&set, name);
        let ours_tally = self
            .tally(name, &primary.model, &ours.content_id, false, &judge)
            .await?;
        let naive = self
            .tally(name, &fallback.model, &ours.content_id, true, &judge)
            .await?;
        let theirs_tally = self
            .tally(name, &fallback.model, &theirs.content_id, false, &judge)
            .await?;
        let has_schema = ours.content.output_schema.is_some();
        let rows = MEASURES.iter().map(|(id, title, unit, measure)| ParityRow {
            id: if *id == "schema_holds" && !has_schema {
                "not_empty"
            } else {
                *id
            }
            .to_owned(),
            title: if *id == "schema_holds" && !has_schema {
                "Not empty"
            } else {
                *title
            }
            .to_owned(),
            unit: (*unit).to_owned(),
            primary: measure(&ours_tally),
            passthrough: measure(&naive),
            fallback: measure(&theirs_tally),
            outputs: [ours_tally.outputs, naive.outputs, theirs_tally.outputs],
        });
        let report = self.check_set(&set, &[prompt.to_owned()]).await?;
        let findings: Vec<_> = report.findings.iter().collect();
        let changes = all_changes(found, &self.host.now());
        let ratings = self
            .store
            .ratings(name, &fallback.model, &ours.content_id, &theirs.content_id)
            .await?;
        Ok(ParityTable {
            prompt: name.clone(),
            primary: variant_state(&primary.model, Some(ours.number), &changes, &findings),
            fallback: variant_state(&fallback.model, Some(theirs.number), &changes, &findings),
            fallbacks: found
                .fallbacks()
                .into_iter()
                .map(|variant| variant.model.clone())
                .collect(),
            policy: set
                .config
                .prompts
                .get(name)
                .map_or(PolicyKind::Strict, |settings| settings.policy.kind),
            cases: count(found.prompt.cases.len()),
            rows: rows.collect(),
            ratings: RatingCounts {
                primary: ratings.count("primary"),
                tie: ratings.count("tie"),
                fallback: ratings.count("fallback"),
                neither: ratings.count("neither"),
            },
        })
    }
}
