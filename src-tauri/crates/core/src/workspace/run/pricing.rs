//! Prices of the catalog, as a run asks for them.

use std::sync::Arc;

use crate::catalog::{Asked, Bound, Catalog, Entry, PriceRow, cost_of, estimate};
use crate::model::{Answer, Request};
use crate::prompt::{Model, Usd};
use crate::run::Pricing;

/// What one model costs.
#[derive(Debug)]
pub(super) struct Rate {
    row: Option<PriceRow>,
    facts: Entry,
    json: Option<Arc<str>>,
}

impl Rate {
    pub(super) fn of(catalog: &Catalog, model: &Model) -> Self {
        let row = catalog.price_row(model);
        Self {
            json: row
                .as_ref()
                .and_then(|row| serde_json::to_string(row).ok())
                .map(Arc::from),
            facts: catalog.entry(model),
            row,
        }
    }

    /// Whether there is a price at all.
    pub(super) fn is_known(&self) -> bool {
        self.row.is_some()
    }

    /// What a call will cost; `None` without a price. `usual`: tokens its answers have had so far.
    pub(super) fn estimate(&self, request: &Request, usual: Option<u32>) -> Option<Bound> {
        let asked = Asked {
            usual_output_tokens: usual,
            ..Asked::of(request)
        };
        estimate(&asked, &self.facts, self.row.as_ref())
    }
}

impl Pricing for Rate {
    fn at_most(&self, request: &Request) -> Option<Usd> {
        self.estimate(request, None)?.at_most
    }

    fn cost(&self, answer: &Answer) -> Option<Usd> {
        cost_of(answer, self.row.as_ref())
    }

    fn row(&self) -> Option<Arc<str>> {
        self.json.clone()
    }
}
