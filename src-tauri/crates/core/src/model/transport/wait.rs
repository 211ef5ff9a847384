//! How long a server asks to wait before the call is made again, and whether it should be at all.

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::prompt::Wire;

/// Nobody waits for thirty years. A cap keeps sums and [`std::time::Duration`]s of it safe.
const MOST_SECONDS: f64 = 1e9;

/// The wait in seconds that the headers of a failure ask for: `retry-after-ms`, else `retry-after` as seconds or as a
/// date, else Cohere's `x-ratelimit-reset` as a time. What is negative, past or no number counts as not said.
pub(super) fn of_headers(wire: Wire, headers: &HeaderMap, now_millis: i64) -> Option<f64> {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let number = |text: &str| text.parse::<f64>().ok();
    let until = |millis: f64| (millis - now_millis as f64) / 1000.0;
    let ways = [
        text("retry-after-ms")
            .and_then(number)
            .map(|millis| millis / 1000.0),
        text("retry-after").and_then(|said| number(said).or_else(|| Some(until(date(said)?)))),
        text("x-ratelimit-reset")
            // Elsewhere the same header holds seconds to go, or milliseconds, or a time in words.
            .filter(|_| wire == Wire::Cohere)
            .and_then(number)
            .map(|seconds| until(seconds * 1000.0)),
    ];
    ways.into_iter().flatten().find_map(sound)
}

/// The wait that Gemini names in the body: `google.rpc.RetryInfo` among the details of the error.
pub(super) fn of_body(body: &Value) -> Option<f64> {
    let outer = body.get(0).unwrap_or(body);
    let details = outer.get("error")?.get("details")?.as_array()?;
    details
        .iter()
        .filter_map(|detail| detail.get("retryDelay")?.as_str())
        .find_map(|delay| sound(delay.strip_suffix('s')?.parse().ok()?))
}

/// What the server says of repeating: `x-should-retry`.
pub(super) fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match headers.get("x-should-retry")?.to_str().ok()?.trim() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn sound(seconds: f64) -> Option<f64> {
    (seconds.is_finite() && seconds >= 0.0).then(|| seconds.min(MOST_SECONDS))
}

/// An HTTP date in any of its three forms, as milliseconds since 1970.
fn date(text: &str) -> Option<f64> {
    // Wrong weekdays are common, and change nothing.
    let parser = DateTimeParser::new().relaxed_weekday(true);
    if let Ok(time) = parser.parse_timestamp(text) {
        return Some(time.as_millisecond() as f64);
    }
    let civil = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| jiff::civil::DateTime::strptime(form, text).ok())?;
    let time = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(time.timestamp().as_millisecond() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_445_412_470_000;

    fn wait(wire: Wire, headers: &[(&'static str, &'static str)]) -> Option<f64> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        of_headers(wire, &map, NOW)
    }

    #[test]
    fn waits_come_in_many_forms() {
        for (value, seconds) in [
            ("2", 2.0),
            ("0", 0.0),
            ("0.5", 0.5),
            ("86400", 86400.0),
            ("1e300", 1e9),
            ("Wed, 21 Oct 2015 07:28:00 GMT", 10.0),
            ("Mon, 21 Oct 2015 07:28:00 GMT", 10.0),
            ("Wednesday, 21-Oct-15 07:28:00 GMT", 10.0),
            ("Wed Oct 21 07:28:00 2015", 10.0),
        ] {
            let said = wait(Wire::OpenaiChat, &[("retry-after", value)]);
            assert_eq!(said, Some(seconds), "{value}");
        }
        for none in [
            "-1",
            "NaN",
            "inf",
            "1e400",
            "soon",
            "",
            "Wed, 21 Oct 2015 07:27:00 GMT",
        ] {
            let said = wait(Wire::OpenaiChat, &[("retry-after", none)]);
            assert_eq!(said, None, "{none}");
        }
        assert_eq!(wait(Wire::OpenaiChat, &[]), None);
    }

    #[test]
    fn the_finer_form_goes_first_and_an_unsound_one_is_passed_over() {
        let both = |millis| {
            wait(
                Wire::Anthropic,
                &[("retry-after", "2"), ("retry-after-ms", millis)],
            )
        };
        assert_eq!(both("250"), Some(0.25));
        assert_eq!(both("-3"), Some(2.0));
        let reset = [("x-ratelimit-reset", "1445412480")];
        assert_eq!(wait(Wire::Cohere, &reset), Some(10.0));
        assert_eq!(wait(Wire::OpenaiChat, &reset), None);
        assert_eq!(wait(Wire::Cohere, &[("x-ratelimit-reset", "60")]), None);
    }

    #[test]
    fn gemini_says_it_in_the_body() {
        let info = |delay: &str| {
            json!({"error": {"details": [
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure"},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay},
            ]}})
        };
        assert_eq!(of_body(&info("34s")), Some(34.0));
        assert_eq!(of_body(&json!([info("0.25s")])), Some(0.25));
        for none in ["34", "-1s", "s", ""] {
            assert_eq!(of_body(&info(none)), None, "{none}");
        }
        for body in [json!(null), json!([]), json!({"error": {"details": {}}})] {
            assert_eq!(of_body(&body), None);
        }
    }

    #[test]
    fn servers_say_whether_to_repeat() {
        for (value, says) in [
            ("true", Some(true)),
            ("false", Some(false)),
            ("perhaps", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-should-retry", value.parse().unwrap());
            assert_eq!(should_retry(&headers), says);
        }
    }
}
