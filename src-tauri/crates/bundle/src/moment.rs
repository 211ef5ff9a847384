//! Points in time as the format writes them: UTC, whole seconds, `2026-11-20T17:13:16Z`.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A second in UTC between the years 0000 and 9999. There is exactly one text for each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Timestamp);

/// A text that is not of the form `2026-11-20T17:13:16Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is written in UTC and whole seconds, as 2026-11-20T17:13:16Z")]
pub struct NotMoment;

/// 0000-01-01T00:00:00Z in seconds of the Unix clock.
const FIRST: i64 = -62_167_219_200;

impl Moment {
    /// That second of the Unix clock.
    ///
    /// # Errors
    /// Outside the years 0000 to 9999, which the text form cannot hold.
    pub fn from_second(second: i64) -> Result<Self, NotMoment> {
        if second < FIRST {
            return Err(NotMoment);
        }
        Timestamp::from_second(second)
            .map(Moment)
            .map_err(|_| NotMoment)
    }

    /// Seconds of the Unix clock.
    #[must_use]
    pub fn as_second(self) -> i64 {
        self.0.as_second()
    }

    /// So many days later, at most the last moment there is.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        let second = self.as_second().saturating_add(i64::from(days) * 86_400);
        Moment(Timestamp::from_second(second).unwrap_or(Timestamp::MAX))
    }
}

/// The second in which that instant lies; the year 0000 for everything before it.
impl From<Timestamp> for Moment {
    fn from(instant: Timestamp) -> Self {
        // Before 1970 the fraction is negative: the second in which the instant lies is one
        // earlier.
        let second = instant.as_second() - i64::from(instant.subsec_nanosecond() < 0);
        Moment(Timestamp::from_second(second.max(FIRST)).unwrap_or(Timestamp::MAX))
    }
}

impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}", self.0)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Moment {
    type Err = NotMoment;

    fn from_str(text: &str) -> Result<Self, NotMoment> {
        let instant: Timestamp = text.parse().map_err(|_| NotMoment)?;
        let moment = Moment::from_second(instant.as_second())?;
        // One moment, one text: offsets, fractions, lower case and leap seconds all print
        // differently.
        if moment.to_string() == text {
            Ok(moment)
        } else {
            Err(NotMoment)
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_text_is_taken_for_a_moment() {
        let text = "2026-11-20T17:13:16Z";
        assert_eq!(
            text.parse::<Moment>().map(|moment| moment.to_string()),
            Ok(text.to_owned())
        );
        for wrong in [
            "2026-11-20T17:13:16.0Z",
            "2026-11-20T17:13:16.5Z",
            "2026-11-20T17:13:16+00:00",
            "2026-11-20t17:13:16z",
            "2026-11-20 17:13:16Z",
            "2026-11-20T17:13Z",
            "2026-11-20T17:13:60Z",
            "2026-11-20T17:13:16Z[UTC]",
            "2026-02-30T17:13:16Z",
            "-000001-11-20T17:13:16Z",
            "",
        ] {
            assert_eq!(wrong.parse::<Moment>(), Err(NotMoment), "{wrong}");
        }
    }

    #[test]
    fn an_instant_lies_in_its_second_also_before_1970() {
        let of = |text: &str| {
            text.parse::<Timestamp>()
                .map(|instant| Moment::from(instant).to_string())
                .ok()
        };
        assert_eq!(
            of("2026-11-20T17:13:16.999Z").as_deref(),
            Some("2026-11-20T17:13:16Z")
        );
        assert_eq!(
            of("1969-12-31T23:59:58.5Z").as_deref(),
            Some("1969-12-31T23:59:58Z")
        );
        assert_eq!(
            of("-000044-03-15T12:00:00Z").as_deref(),
            Some("0000-01-01T00:00:00Z")
        );
    }

    #[test]
    fn days_are_added_and_stop_at_the_end_of_time() {
        let day: Moment = "2026-11-20T17:13:16Z".parse().unwrap();
        assert_eq!(day.plus_days(90).to_string(), "2027-02-18T17:13:16Z");
        assert!(
            day.plus_days(u32::MAX)
                .to_string()
                .starts_with("9999-12-30T")
        );
    }
}
