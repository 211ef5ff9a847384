//! Times as people read them. Everything is UTC, as it is stored.

use understudy_core::host::{Host, parse_time};

/// `2026-11-20` of `2026-11-20T17:13:16Z`.
pub(crate) fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

/// `2026-11-20 17:13` of `2026-11-20T17:13:16Z`.
pub(crate) fn minute(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute}"),
        _ => time.to_owned(),
    }
}

/// `2026-11-28, 7 days left`.
pub(crate) fn until(time: &str, host: &dyn Host) -> String {
    let now = host.now_millis().div_euclid(1000);
    let Some(end) = parse_time(time) else {
        return time.to_owned();
    };
    let days = (end - now).div_euclid(86_400);
    let left = match days {
        ..0 => "over".to_owned(),
        0 => "less than a day left".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    };
    format!("{}, {left}", day(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Clock;

    impl Host for Clock {
        fn now_millis(&self) -> i64 {
            parse_time("2026-11-20T12:00:00Z").unwrap() * 1000
        }

        fn new_id(&self) -> String {
            String::new()
        }

        fn env(&self, _: &str) -> Option<String> {
            None
        }
    }

    #[test]
    fn an_end_says_how_much_is_left() {
        for (end, expected) in [
            ("2026-11-28T12:00:00Z", "2026-11-28, 8 days left"),
            ("2026-11-21T13:00:00Z", "2026-11-21, 1 day left"),
            ("2026-11-20T13:00:00Z", "2026-11-20, less than a day left"),
            ("2026-11-20T11:00:00Z", "2026-11-20, over"),
            ("soon", "soon"),
        ] {
            assert_eq!(until(end, &Clock), expected);
        }
    }

    #[test]
    fn odd_times_are_shown_as_they_are() {
        assert_eq!(minute("2026-11-20T17:13:16Z"), "2026-11-20 17:13");
        assert_eq!(minute("soon"), "soon");
        assert_eq!(day("ü"), "ü");
    }
}
