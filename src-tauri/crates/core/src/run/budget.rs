//! Money that a run may spend. A call is let in only when the run stays within its limit even if the call costs the
//! most it can.

use crate::prompt::Usd;

/// What was spent, and what calls under way may still cost.
#[derive(Debug)]
pub(super) struct Budget {
    most: Option<Usd>,
    /// Spent for all that is known: calls that answered without saying what they used count with their most.
    spent: Usd,
    reserved: Usd,
}

impl Budget {
    pub(super) fn new(most: Option<Usd>) -> Self {
        Self {
            most,
            spent: Usd::default(),
            reserved: Usd::default(),
        }
    }

    /// Reserves what a call can cost at most; `false` when that could overspend. A call without a bound is let in only
    /// where there is no limit.
    pub(super) fn reserve(&mut self, at_most: Option<Usd>) -> bool {
        let wanted = at_most.unwrap_or_default();
        let fits = match (self.most, at_most) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(most), Some(at_most)) => self.spent.plus(self.reserved).plus(at_most) <= most,
        };
        if fits {
            self.reserved = self.reserved.plus(wanted);
        }
        fits
    }

    /// What counts against the limit so far.
    pub(super) fn spent(&self) -> Usd {
        self.spent
    }

    /// A call is over. `cost`: what it cost, if that is known; `billed`: whether it may have been billed at all.
    pub(super) fn settle(&mut self, at_most: Option<Usd>, cost: Option<Usd>, billed: bool) {
        let reserved = at_most.unwrap_or_default();
        self.reserved = Usd(self.reserved.0.saturating_sub(reserved.0));
        if let Some(cost) = cost {
            self.spent = self.spent.plus(cost);
        } else if billed {
            self.spent = self.spent.plus(reserved);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_under_way_count_with_their_most() {
        let mut budget = Budget::new(Some(Usd(10)));
        assert!(budget.reserve(Some(Usd(4))) && budget.reserve(Some(Usd(4))));
        assert!(!budget.reserve(Some(Usd(4))));
        budget.settle(Some(Usd(4)), Some(Usd(1)), true);
        assert!(budget.reserve(Some(Usd(4))));
        assert!(!budget.reserve(Some(Usd(2))) && budget.reserve(Some(Usd(1))));
    }

    #[test]
    fn an_answer_that_hides_its_cost_counts_with_its_most_and_a_refusal_with_nothing() {
        let mut budget = Budget::new(Some(Usd(10)));
        assert!(budget.reserve(Some(Usd(9))));
        budget.settle(Some(Usd(9)), None, true);
        assert!(!budget.reserve(Some(Usd(2))) && budget.reserve(Some(Usd(1))));
        let mut budget = Budget::new(Some(Usd(10)));
        assert!(budget.reserve(Some(Usd(9))));
        budget.settle(Some(Usd(9)), None, false);
        assert!(budget.reserve(Some(Usd(10))));
    }

    #[test]
    fn without_a_bound_a_limit_lets_nothing_in() {
        assert!(!Budget::new(Some(Usd(10))).reserve(None));
        assert!(Budget::new(None).reserve(None));
    }
}
