use super::*;
use serde_json::json;

#[test]
fn every_status_has_a_kind() {
    let kinds = [
        (204, "bad_body"),
        (302, "redirect"),
        (400, "bad_request"),
        (401, "unauthorized"),
        (402, "payment"),
        (403, "forbidden"),
        (404, "not_found"),
        (408, "timeout"),
        (409, "server"),
        (413, "bad_request"),
        (422, "bad_request"),
        (429, "rate_limited"),
        (500, "server"),
        (502, "server"),
        (503, "overloaded"),
        (529, "overloaded"),
    ];
    for (status, code) in kinds {
        assert_eq!(ErrorKind::of_status(status, None).code(), code, "{status}");
    }
}

#[test]
fn messages_are_cut_and_hold_no_control_characters() {
    assert_eq!(printable("\u{1b}[31mred\u{7}\nline ", 100), "[31mred  line");
    assert_eq!(printable("aé", 2), "a");
    let long = CallError::new(ErrorKind::Server, "é".repeat(5000));
    assert_eq!(long.message.len(), MESSAGE_BYTES);
}

#[test]
fn errors_survive_json_and_newer_kinds_are_read() {
    let error = CallError {
        status: Some(429),
        ..CallError::new(
            ErrorKind::RateLimited {
                retry_after_seconds: Some(2.0),
            },
            "slow down",
        )
    };
    let value = serde_json::to_value(&error).unwrap();
    insta::assert_snapshot!(value.to_string(), @r#"{"kind":"rate_limited","retry_after_seconds":2.0,"message":"slow down","status":429,"request_id":null}"#);
    assert_eq!(serde_json::from_value::<CallError>(value).unwrap(), error);
    let newer: CallError = serde_json::from_value(json!({"kind": "quantum"})).unwrap();
    assert_eq!(newer.kind, ErrorKind::Unknown);
    insta::assert_snapshot!(error, @"rate limited, to be tried again after 2 s (HTTP 429): slow down");
}
