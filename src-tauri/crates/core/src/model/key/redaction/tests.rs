use base64::engine::general_purpose::URL_SAFE;
use serde_json::json;

use super::*;
use crate::model::{ErrorKind, Trace};
use crate::prompt::ToolCall;

const KEY: &str = "sk-planted/0123+45=";

fn shown(text: &str) -> String {
    Redaction::of([KEY]).text(text, false).into_owned()
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    let units: String = KEY.bytes().map(|b| format!("\\u00{b:02x}")).collect();
    for spelling in [
        KEY,
        "sk-planted%2F0123%2B45%3D",
        "sk-planted%2f0123%2b45%3d",
        r"sk-planted\/0123+45=",
        r"sk-planted/0123\u002B45=",
        r"sk-planted\\\/0123\\u002B45=",
        "sk-planted%252F0123%25252B45=",
        "sk-planted&amp;#x2F;0123+45=",
        "sk-planted&#x2F;0123&#43;45&#x3D;",
        &units,
    ] {
        assert_eq!(
            shown(&format!("é {spelling}é {spelling} b")),
            "é [secret]é [secret] b",
            "{spelling}"
        );
    }
    // Base64 has other characters at each offset, and at the ends some that hold bits of the neighbours too.
    for lead in ["", "u", "us", "user:"] {
        for engine in [&STANDARD, &URL_SAFE] {
            let encoded = engine.encode(format!("{lead}{KEY} and more"));
            let text = shown(&encoded);
            let (before, after) = text.split_once(MARK).unwrap();
            assert!(before.len() <= lead.len().div_ceil(3) * 4, "{lead}: {text}");
            assert!(after.len() <= 16, "{lead}: {text}");
        }
    }
    for other in [
        "nothing here",
        "sk-planted%2F0123",
        r"sk-planted\",
        "&&&%%\\",
    ] {
        assert_eq!(shown(other), other);
    }
}

#[test]
fn names_of_characters_are_read() {
    let redaction = Redaction::of(["a&b<c>d\"e'f"]);
    let text = redaction.text("a&amp;b&lt;c&gt;d&quot;e&apos;f", false);
    assert_eq!(text, MARK);
    assert_eq!(redaction.text(r#"a&b<c>d\"e'f"#, false), MARK);
    // An escape before, and what only looks like one at the end.
    let redaction = Redaction::of(["a/b&c"]);
    assert_eq!(redaction.text(r"a\/b&c", false), MARK);
}

#[test]
fn short_texts_are_no_secrets() {
    assert_eq!(Redaction::of(["x"]).text("xylophone", true), "xylophone");
    assert_eq!(Redaction::of(["abcd"]).text("abcde", true), "[secret]e");
}

#[test]
fn the_longer_of_two_secrets_wins() {
    let redaction = Redaction::of(["planted", "planted-and-more"]);
    assert_eq!(redaction.text("planted-and-more", false), "[secret]");
    assert_eq!(redaction.text("planted-and", false), "[secret]-and");
}

#[test]
fn what_was_cut_inside_a_secret_does_not_show_its_start() {
    let redaction = Redaction::of(["sk-ant-api03-0123456789abcdef"]);
    let cut = "bad key sk-ant-api03-0123";
    assert_eq!(redaction.text(cut, true), "bad key [secret]");
    // A whole text may end like this.
    assert_eq!(redaction.text(cut, false), cut);
    let word = "it begins with sk-ant-api03-";
    assert_eq!(redaction.text(word, true), word);
    assert_eq!(
        Redaction::of(["abcdef"]).text("is abcd", true),
        "is [secret]"
    );
}

#[test]
fn bytes_are_cut_without_cutting_a_secret_open() {
    let redaction = Redaction::of([KEY]);
    let bytes = format!("{}{KEY}{KEY}", "a".repeat(10)).into_bytes();
    for cap in 0..bytes.len() {
        let kept = redaction.bytes(bytes.clone(), cap);
        let text = String::from_utf8(kept).unwrap();
        let rest = text.trim_start_matches('a').replace(MARK, "");
        assert_eq!(rest, "", "cap {cap}: {text}");
    }
    assert_eq!(redaction.bytes(b"\xff\xfe".to_vec(), 1), b"\xff");
}

#[test]
fn headers_hold_secrets_in_parts() {
    let parts = Redaction::parts_of_header;
    assert_eq!(parts("Bearer abc"), ["abc"]);
    assert_eq!(parts("plain"), ["plain"]);
    // user:password
    assert_eq!(
        parts("Basic dXNlcjpwYXNzd29yZA=="),
        ["dXNlcjpwYXNzd29yZA==", "password", "user:password"]
    );
}

#[test]
fn nothing_a_try_leaves_behind_holds_a_secret() {
    let answer = || Answer {
        tool_calls: vec![ToolCall {
            id: Some(KEY.into()),
            name: KEY.into(),
            arguments: json!({KEY: [KEY, {"a": KEY}], "b": 1}),
        }],
        finish: Finish::Other(KEY.into()),
        model: Some(KEY.into()),
        reported_cost: Some(KEY.into()),
        ..Answer::of(format!("echo {KEY}"))
    };
    let trace = Trace {
        url: format!("http://host/{KEY}"),
        sent_headers: [("a".to_owned(), KEY.to_owned())].into(),
        headers: [
            ("a".to_owned(), format!("x {KEY}")),
            (KEY.to_owned(), String::new()),
        ]
        .into(),
        request_id: Some(KEY.into()),
        ..Trace::default()
    };
    let error = CallError {
        request_id: Some(KEY.into()),
        ..CallError::new(ErrorKind::Server, KEY)
    };
    for outcome in [Ok(answer()), Err(error)] {
        let mut attempt = Attempt {
            outcome,
            partial: Some(answer()),
            trace: trace.clone(),
        };
        Redaction::of([KEY]).clean(&mut attempt);
        assert!(!format!("{attempt:?}").contains("planted"), "{attempt:?}");
        assert_eq!(attempt.partial.unwrap().text, "echo [secret]");
    }
}
