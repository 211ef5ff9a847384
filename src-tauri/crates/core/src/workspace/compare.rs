//! Pairs side by side, and what reviewers say of them.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::lookup::{self, Found};
use super::read::count;
use super::view::{ComparisonEntry, ComparisonList, OutputView, Pair, Rated, Rating};
use super::{Error, Workspace};
use crate::case::Case;
use crate::compare::{self, Chip, ChipRules, Comparison, FieldsComparison, Mode};
use crate::prompt::{CaseId, ModelName, Speaker, Variant, Version};
use crate::store::{CellFilter, CellRow, RatingRow};

/// How long a case's title may be in a list.
const TITLE: usize = 60;

/// The two sides of a comparison.
#[derive(Clone, Copy)]
struct Sides<'a> {
    found: Found<'a>,
    primary: (&'a Variant, &'a Version),
    fallback: (&'a Variant, &'a Version),
}

impl<'a> Sides<'a> {
    fn of(found: Found<'a>, fallback: Option<&str>) -> Result<Self, Error> {
        Ok(Self {
            found,
            primary: found.primary()?,
            fallback: found.fallback(fallback)?,
        })
    }

    /// What is worth saying of a pair, judged by the primary's schema and the prompt's length margin.
    fn chips(&self, left: &str, right: &str) -> Vec<Chip> {
        let margins = self
            .found
            .set
            .config
            .prompts
            .get(self.found.name())
            .map(|settings| settings.margins);
        compare::chips(
            left,
            right,
            &ChipRules {
                schema: self.primary.1.content.output_schema.as_ref(),
                length: margins.map_or(1.15, |margins| margins.length),
            },
        )
    }
}

impl Workspace {
    /// All pairs of a prompt, largest difference first; missing ones last.
    pub async fn comparisons(
        &self,
        prompt: &str,
        fallback: Option<&str>,
        run: Option<&str>,
    ) -> Result<ComparisonList, Error> {
        let set = self.load().await?;
        let sides = Sides::of(lookup::prompt(&set, prompt)?, fallback)?;
        self.known_run(sides.found, run).await?;
        let ours = self
            .outputs(
                &sides,
                &sides.primary.0.model,
                sides.primary.1,
                false,
                run,
                None,
            )
            .await?;
        let theirs = self
            .outputs(
                &sides,
                &sides.fallback.0.model,
                sides.fallback.1,
                false,
                run,
                None,
            )
            .await?;
        let ratings = self.ratings_of(&sides).await?;
        let mut entries: Vec<ComparisonEntry> = sides
            .found
            .prompt
            .cases
            .iter()
            .map(|case| {
                let (left, right) = (
                    ours.get(&case.id).and_then(|kept| text(&kept.cell)),
                    theirs.get(&case.id).and_then(|kept| text(&kept.cell)),
                );
                let (ratio, chips) = match (left, right) {
                    (Some(left), Some(right)) => (
                        Some(compare::compare(left, right, Mode::Words).ratio),
                        sides.chips(left, right),
                    ),
                    _ => (None, Vec::new()),
                };
                ComparisonEntry {
                    case: case.id.to_string(),
                    title: title(case),
                    ratio,
                    chips,
                    rating: ratings.get(case.id.as_str()).cloned(),
                    tags: case.tags.clone(),
                }
            })
            .collect();
        entries.sort_by(|a, b| a.ratio.unwrap_or(2.0).total_cmp(&b.ratio.unwrap_or(2.0)));
        let identical = |entry: &&ComparisonEntry| entry.ratio.is_some_and(|ratio| ratio >= 1.0);
        Ok(ComparisonList {
            prompt: sides.found.name().clone(),
            primary: sides.primary.0.model.clone(),
            primary_version: sides.primary.1.number,
            fallback: sides.fallback.0.model.clone(),
            fallback_version: sides.fallback.1.number,
            fallbacks: sides
                .found
                .fallbacks()
                .into_iter()
                .map(|variant| variant.model.clone())
                .collect(),
            rated: count(
                entries
                    .iter()
                    .filter(|entry| entry.rating.is_some())
                    .count(),
            ),
            identical: count(entries.iter().filter(identical).count()),
            missing: count(entries.iter().filter(|entry| entry.ratio.is_none()).count()),
            comparisons: entries,
        })
    }

    /// One pair in full.
    pub async fn pair(
        &self,
        prompt: &str,
        case: &str,
        fallback: Option<&str>,
        run: Option<&str>,
        mode: Mode,
    ) -> Result<Pair, Error> {
        let set = self.load().await?;
        let sides = Sides::of(lookup::prompt(&set, prompt)?, fallback)?;
        self.known_run(sides.found, run).await?;
        let case = sides.found.case(case)?;
        let (ours, theirs) = (&sides.primary.0.model, &sides.fallback.0.model);
        let left = self
            .outputs(&sides, ours, sides.primary.1, false, run, Some(&case.id))
            .await?
            .remove(&case.id);
        let right = self
            .outputs(&sides, theirs, sides.fallback.1, false, run, Some(&case.id))
            .await?
            .remove(&case.id);
        let naive = self
            .outputs(&sides, theirs, sides.primary.1, true, run, Some(&case.id))
            .await?
            .remove(&case.id);
        let words = |kept: &Option<Kept>| {
            kept.as_ref()
                .and_then(|kept| text(&kept.cell))
                .unwrap_or_default()
                .to_owned()
        };
        let (l, r, n) = (words(&left), words(&right), words(&naive));
        let both = left.is_some() && right.is_some();
        let comparison = if both {
            compare::compare(&l, &r, mode)
        } else {
            Comparison {
                rows: Vec::new(),
                ratio: 0.0,
                coarse: false,
            }
        };
        let fields = |a: &str, b: &str, there: bool| -> Option<FieldsComparison> {
            let is_json = |text: &str| {
                compare::find_json(text)
                    .1
                    .is_some_and(|value| value.is_object())
            };
            (there && (is_json(a) || is_json(b))).then(|| compare::compare_fields(a, b))
        };
        Ok(Pair {
            prompt: sides.found.name().clone(),
            fields: fields(&l, &r, both),
            passthrough_fields: fields(&l, &n, left.is_some() && naive.is_some()),
            chips: if both {
                sides.chips(&l, &r)
            } else {
                Vec::new()
            },
            rating: self.ratings_of(&sides).await?.remove(case.id.as_str()),
            primary: output(ours, sides.primary.1, left, "needs a run"),
            fallback: output(theirs, sides.fallback.1, right, "needs a run"),
            passthrough: output(
                theirs,
                sides.primary.1,
                naive,
                "was never given the primary's prompt",
            ),
            comparison,
            case: case.clone(),
        })
    }

    /// Keeps a reviewer's choice for the pair of today's heads.
    pub async fn rate(
        &self,
        prompt: &str,
        case: &str,
        fallback: Option<&str>,
        rating: Rating,
        note: Option<&str>,
    ) -> Result<Rated, Error> {
        let set = self.load().await?;
        let sides = Sides::of(lookup::prompt(&set, prompt)?, fallback)?;
        let case = sides.found.case(case)?;
        for (variant, version) in [sides.primary, sides.fallback] {
            if !self
                .outputs(&sides, &variant.model, version, false, None, Some(&case.id))
                .await?
                .contains_key(&case.id)
            {
                return Err(Error::NothingToRate {
                    why: format!(
                        "{} v{} has no output for {}",
                        variant.model, version.number, case.id
                    ),
                });
            }
        }
        self.store
            .rate(&RatingRow {
                prompt: sides.found.name(),
                case,
                fallback: &sides.fallback.0.model,
                primary_content: &sides.primary.1.content_id,
                fallback_content: &sides.fallback.1.content_id,
                rating: rating.as_str(),
                note: note.map(str::trim).filter(|note| !note.is_empty()),
                author: &self.author(),
                at: &self.host.now(),
            })
            .await?;
        tracing::info!(prompt, case = %case.id, rating = rating.as_str(), "rated");
        Ok(Rated {
            case: case.id.to_string(),
            rating: Some(rating.as_str().to_owned()),
        })
    }

    /// Takes the latest choice for a pair back.
    pub async fn undo_rating(
        &self,
        prompt: &str,
        case: &str,
        fallback: Option<&str>,
    ) -> Result<Rated, Error> {
        let set = self.load().await?;
        let sides = Sides::of(lookup::prompt(&set, prompt)?, fallback)?;
        let case = sides.found.case(case)?;
        let (ours, theirs) = (&sides.primary.1.content_id, &sides.fallback.1.content_id);
        let model = &sides.fallback.0.model;
        if !self
            .store
            .withdraw_rating(sides.found.name(), case, model, ours, theirs)
            .await?
        {
            return Err(Error::NothingToRate {
                why: format!("{} has no rating to take back", case.id),
            });
        }
        tracing::info!(prompt, case = %case.id, "rating taken back");
        let rating = self.ratings_of(&sides).await?.remove(case.id.as_str());
        Ok(Rated {
            case: case.id.to_string(),
            rating,
        })
    }

    /// The first repeat's outputs of a model for a version, by case, with the others folded into a count.
    async fn outputs(
        &self,
        sides: &Sides<'_>,
        model: &ModelName,
        version: &Version,
        passthrough: bool,
        run: Option<&str>,
        case: Option<&CaseId>,
    ) -> Result<BTreeMap<CaseId, Kept>, Error> {
        let filter = CellFilter {
            prompt: sides.found.name(),
            model,
            content_id: &version.content_id,
            passthrough,
            case,
            run,
        };
        let mut outputs: BTreeMap<CaseId, Kept> = BTreeMap::new();
        for cell in self.store.cells(&filter).await? {
            let Some(text) = text(&cell).map(hash) else {
                continue;
            };
            let kept = outputs.entry(cell.case.clone()).or_insert_with(|| Kept {
                cell,
                repeats: 0,
                texts: HashSet::new(),
            });
            kept.repeats += 1;
            kept.texts.insert(text);
        }
        Ok(outputs)
    }

    /// Refuses a run that the prompt never had: an empty comparison would look like an answer.
    async fn known_run(&self, found: Found<'_>, run: Option<&str>) -> Result<(), Error> {
        let Some(run) = run else { return Ok(()) };
        let runs = self.store.runs(found.name()).await?;
        if runs.iter().any(|known| known.id == run) {
            return Ok(());
        }
        Err(Error::UnknownRun {
            prompt: found.name().clone(),
            run: run.to_owned(),
        })
    }

    async fn ratings_of(&self, sides: &Sides<'_>) -> Result<BTreeMap<String, String>, Error> {
        let (ours, theirs) = (&sides.primary.1.content_id, &sides.fallback.1.content_id);
        let model = &sides.fallback.0.model;
        Ok(self
            .store
            .ratings(sides.found.name(), model, ours, theirs)
            .await?
            .by_case)
    }
}

/// The first of a case's repeats, and how far the others agree with it.
struct Kept {
    cell: CellRow,
    repeats: u32,
    /// Hashes of the texts: only their number is wanted.
    texts: HashSet<u64>,
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn text(cell: &CellRow) -> Option<&str> {
    cell.outcome
        .as_ref()
        .ok()
        .map(|output| output.text.as_str())
}

fn output(model: &ModelName, version: &Version, kept: Option<Kept>, missing: &str) -> OutputView {
    let empty = OutputView {
        model: model.clone(),
        version: version.number,
        present: false,
        text: String::new(),
        tool_calls: None,
        finish: None,
        seconds: None,
        output_tokens: None,
        at: None,
        missing: Some(format!("{model} {missing}")),
        repeats: 0,
        different: 0,
        verdicts: Vec::new(),
    };
    let Some(Kept {
        cell,
        repeats,
        texts,
    }) = kept
    else {
        return empty;
    };
    match (cell.outcome, cell.seconds, cell.at) {
        (Ok(output), seconds, at) => OutputView {
            present: true,
            text: output.text,
            tool_calls: output.tool_calls,
            finish: output.finish,
            seconds,
            output_tokens: output.output_tokens,
            at: Some(at),
            missing: None,
            repeats,
            different: u32::try_from(texts.len()).unwrap_or(u32::MAX),
            verdicts: cell.verdicts,
            ..empty
        },
        _ => empty,
    }
}

/// The last thing the customer said, in one line; the id when nothing was said.
fn title(case: &Case) -> String {
    let said = case
        .turns
        .iter()
        .rev()
        .find(|turn| turn.role == Speaker::User)
        .map(|turn| turn.text.as_str());
    let line = said
        .unwrap_or(case.id.as_str())
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if line.chars().count() <= TITLE {
        return line;
    }
    let cut: String = line.chars().take(TITLE - 1).collect();
    format!("{}…", cut.trim_end())
}
