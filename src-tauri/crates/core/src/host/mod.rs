//! What the world outside provides: time, ids and the environment. Everything else in this crate asks for it here, so
//! that a test can be a world of its own.
//!
//! [`System`] is the one place that touches the real clock, the operating system's randomness and environment
//! variables; the binaries choose it, the library never does.

mod folder;

pub use folder::{data_folder, keys_folder};

use std::fmt::Debug;

/// Time, ids and environment.
pub trait Host: Debug + Send + Sync {
    /// Now, in milliseconds since 1970 UTC.
    fn now_millis(&self) -> i64;

    /// A new id: unique, sortable by time, lower-case letters and digits.
    fn new_id(&self) -> String;

    /// An environment variable; `None` when unset, empty or not Unicode.
    fn env(&self, name: &str) -> Option<String>;

    /// Now, RFC 3339 in UTC with whole seconds, such as `2026-11-20T17:13:16Z`.
    fn now(&self) -> String {
        format_seconds(self.now_millis().div_euclid(1000))
    }
}

/// Seconds since 1970 as RFC 3339 in UTC.
pub fn format_seconds(seconds: i64) -> String {
    // Only times outside years -9999..9999 fail; a clock that far off is shown as the epoch.
    jiff::Timestamp::from_second(seconds)
        .unwrap_or_default()
        .to_string()
}

/// Reads RFC 3339, or a plain date as its midnight in UTC, as seconds since 1970.
pub fn parse_time(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_second());
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_second())
}

/// The real world.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Host for System {
    fn now_millis(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond()
    }

    fn new_id(&self) -> String {
        let mut random = [0_u8; 10];
        // Without randomness the clock still orders ids; uniqueness is then checked where they are stored.
        let _ = getrandom::fill(&mut random);
        id_from(self.now_millis(), random)
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// 48 bits of time and 80 of randomness in 26 characters of Crockford's base 32, lower case.
pub fn id_from(millis: i64, random: [u8; 10]) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bits = u128::from(u64::try_from(millis).unwrap_or(0) & 0xffff_ffff_ffff) << 80;
    for (index, byte) in random.iter().rev().enumerate() {
        bits |= u128::from(*byte) << (8 * index);
    }
    (0..26)
        .rev()
        .map(|place| {
            let digit = usize::try_from((bits >> (5 * place)) & 31).unwrap_or(0);
            DIGITS.get(digit).copied().map_or('0', char::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_keep_their_randomness() {
        let early = id_from(1, [255; 10]);
        let late = id_from(2, [0; 10]);
        assert!(early < late);
        assert_eq!(early.len(), 26);
        assert_ne!(id_from(1, [1; 10]), id_from(1, [2; 10]));
    }

    #[test]
    fn times_are_read_and_written() {
        assert_eq!(
            parse_time("2026-11-20T17:13:16Z")
                .map(format_seconds)
                .as_deref(),
            Some("2026-11-20T17:13:16Z")
        );
        assert_eq!(
            parse_time("2026-11-20").map(format_seconds).as_deref(),
            Some("2026-11-20T00:00:00Z")
        );
        assert_eq!(parse_time("soon"), None);
    }
}
