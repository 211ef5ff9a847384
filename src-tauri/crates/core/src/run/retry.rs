//! Whether a try is made again, and when. Pure: chance and time are handed in.
//!
//! A repeated call bills again and changes the sample, so only what certainly gave no answer is repeated: refusals to
//! serve, and connections that broke before the first byte of an answer. Never out of money, never a cut answer, never
//! a request that is at fault.

use std::time::Duration;

use crate::model::{Attempt, CallError, ErrorKind};

/// How often and how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// The most tries of one call, the first included; 1 switches retries off.
    pub tries: u32,
    /// The wait before the second try where the server names none; it doubles with every further try.
    pub first_wait: Duration,
    /// The longest such wait.
    pub longest_wait: Duration,
    /// The most that one call waits in all. A server that asks for more ends the call.
    pub patience: Duration,
}

impl Default for Retry {
    /// Three tries, from half a second to 8 s apart, two minutes of patience.
    fn default() -> Self {
        Self {
            tries: 3,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(8),
            patience: Duration::from_secs(120),
        }
    }
}

impl Retry {
    /// Every call is made once.
    pub fn off() -> Self {
        Self {
            tries: 1,
            ..Self::default()
        }
    }
}

/// What follows a try without an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// Another, after this long.
    Again {
        /// The wait.
        after: Duration,
        /// Whether the whole endpoint is held: its other calls would be answered the same.
        hold: bool,
    },
    /// None; the error stands.
    Never {
        /// Whether the endpoint wants no other call either: it asks to wait longer than anybody here does, or the
        /// account has no money left.
        close: bool,
    },
}

impl Retry {
    /// Decides after try number `tried` (from 1) of a call that has waited for `waited` so far. `chance` lies in
    /// 0..1 and spreads calls that failed together.
    pub fn next(
        &self,
        error: &CallError,
        attempt: &Attempt,
        tried: u32,
        waited: Duration,
        chance: f64,
    ) -> Next {
        if error.kind == ErrorKind::Payment {
            return Next::Never { close: true };
        }
        let limited = matches!(error.kind, ErrorKind::RateLimited { .. });
        let said = attempt.trace.retry_after_seconds.or(match error.kind {
            ErrorKind::RateLimited {
                retry_after_seconds,
            } => retry_after_seconds,
            _ => None,
        });
        // What no duration can hold is longer than any patience.
        let said =
            said.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        let transient = match error.kind {
            ErrorKind::RateLimited { .. }
            | ErrorKind::Server
            | ErrorKind::Overloaded
            | ErrorKind::Connect
            | ErrorKind::Reset => true,
            // A 408 is the provider's; our own deadline was long enough, and the vendor may bill for it.
            ErrorKind::Timeout => error.status.is_some(),
            _ => false,
        };
        let willing = attempt.trace.should_retry.unwrap_or(transient);
        if !willing || attempt.trace.answered {
            return Next::Never { close: false };
        }
        let left = self.patience.saturating_sub(waited);
        if limited && said.is_some_and(|said| said > left) {
            return Next::Never { close: true };
        }
        if tried >= self.tries {
            return Next::Never { close: false };
        }
        let after = match said {
            // Never earlier than asked, and not all at the same moment.
            Some(said) => said + said.mul_f64(0.1 * chance).min(Duration::from_secs(1)),
            None => {
                let doubled = 2_u32.saturating_pow(tried.saturating_sub(1));
                let wait = self.first_wait.saturating_mul(doubled);
                wait.min(self.longest_wait).mul_f64(1.0 - 0.25 * chance)
            }
        };
        if said.unwrap_or(after) > left {
            return Next::Never { close: false };
        }
        Next::Again {
            after,
            hold: limited || said.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(error: CallError, change: impl FnOnce(&mut Attempt)) -> Next {
        nth(1, Duration::ZERO, error, change)
    }

    fn nth(
        tried: u32,
        waited: Duration,
        error: CallError,
        change: impl FnOnce(&mut Attempt),
    ) -> Next {
        let mut attempt = Attempt::of(Err(error.clone()));
        change(&mut attempt);
        Retry::default().next(&error, &attempt, tried, waited, 0.0)
    }

    fn error(kind: ErrorKind) -> CallError {
        CallError::new(kind, "")
    }

    fn limited(seconds: Option<f64>) -> CallError {
        error(ErrorKind::RateLimited {
            retry_after_seconds: seconds,
        })
    }

    const NEVER: Next = Next::Never { close: false };

    fn again(millis: u64, hold: bool) -> Next {
        Next::Again {
            after: Duration::from_millis(millis),
            hold,
        }
    }

    #[test]
    fn only_what_gave_no_answer_is_repeated() {
        for kind in [
            ErrorKind::Server,
            ErrorKind::Overloaded,
            ErrorKind::Connect,
            ErrorKind::Reset,
        ] {
            assert_eq!(after(error(kind), |_| {}), again(500, false));
        }
        for kind in [
            ErrorKind::BadRequest,
            ErrorKind::Unauthorized,
            ErrorKind::Forbidden,
            ErrorKind::NotFound,
            ErrorKind::Timeout,
            ErrorKind::Cut,
            ErrorKind::BadBody,
            ErrorKind::TooLarge,
            ErrorKind::Redirect,
        ] {
            assert_eq!(after(error(kind.clone()), |_| {}), NEVER, "{kind}");
        }
        let provider = CallError {
            status: Some(408),
            ..error(ErrorKind::Timeout)
        };
        assert_eq!(after(provider, |_| {}), again(500, false));
        let partial = after(error(ErrorKind::Overloaded), |a| a.trace.answered = true);
        assert_eq!(partial, NEVER);
    }

    #[test]
    fn the_server_is_taken_at_its_word() {
        assert_eq!(after(limited(Some(2.0)), |_| {}), again(2000, true));
        let busy = after(error(ErrorKind::Overloaded), |a| {
            a.trace.retry_after_seconds = Some(3.0)
        });
        assert_eq!(busy, again(3000, true));
        assert_eq!(after(limited(None), |_| {}), again(500, true));
        let no = after(error(ErrorKind::Server), |a| {
            a.trace.should_retry = Some(false)
        });
        assert_eq!(no, NEVER);
        let yes = after(error(ErrorKind::BadRequest), |a| {
            a.trace.should_retry = Some(true)
        });
        assert_eq!(yes, again(500, false));
        // No waiting brings money.
        let broke = after(error(ErrorKind::Payment), |a| {
            a.trace.should_retry = Some(true)
        });
        assert_eq!(broke, Next::Never { close: true });
    }

    #[test]
    fn patience_and_tries_end() {
        assert_eq!(
            after(limited(Some(86_400.0)), |_| {}),
            Next::Never { close: true }
        );
        assert_eq!(
            after(limited(Some(1e300)), |_| {}),
            Next::Never { close: true }
        );
        let waited = Duration::from_secs(119);
        assert_eq!(
            nth(2, waited, limited(Some(2.0)), |_| {}),
            Next::Never { close: true }
        );
        assert_eq!(
            nth(2, Duration::ZERO, error(ErrorKind::Server), |_| {}),
            again(1000, false)
        );
        assert_eq!(
            nth(3, Duration::ZERO, error(ErrorKind::Server), |_| {}),
            NEVER
        );
        let off = Retry::off();
        let attempt = Attempt::of(Err(error(ErrorKind::Server)));
        let next = off.next(&error(ErrorKind::Server), &attempt, 1, Duration::ZERO, 0.5);
        assert_eq!(next, NEVER);
    }

    #[test]
    fn chance_spreads_but_never_hurries_a_server() {
        let limited = limited(Some(10.0));
        let attempt = Attempt::of(Err(limited.clone()));
        for chance in [0.0, 0.3, 0.999] {
            let next = Retry::default().next(&limited, &attempt, 1, Duration::ZERO, chance);
            let Next::Again { after, .. } = next else {
                panic!("{next:?}")
            };
            assert!(after >= Duration::from_secs(10) && after <= Duration::from_secs(11));
        }
    }
}
