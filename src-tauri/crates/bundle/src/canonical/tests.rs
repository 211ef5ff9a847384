use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

fn canon(text: &str) -> Option<String> {
    parse(text.as_bytes())
        .ok()
        .and_then(|value| String::from_utf8(bytes(&value)).ok())
}

#[test]
fn keys_are_sorted_by_bytes_and_white_space_is_gone() {
    assert_eq!(
        canon("{ \"é\": 1, \"b\" : [ 1 , -2, null ], \"B\":true, \"\":{} ,\"\u{ffff}\":0,\"\u{10000}\":0}").as_deref(),
        Some("{\"\":{},\"B\":true,\"b\":[1,-2,null],\"é\":1,\"\u{ffff}\":0,\"\u{10000}\":0}")
    );
}

#[test]
fn text_has_only_the_escapes_json_needs() {
    assert_eq!(
        canon(r#""\/\u00e4\u20ac\ud83d\ude00\u0000\u001f\u007f\b\f\n\r\t\"\\""#).as_deref(),
        Some("\"/ä€😀\\u0000\\u001f\u{7f}\\b\\f\\n\\r\\t\\\"\\\\\"")
    );
}

#[test]
fn what_has_no_canonical_form_is_refused() {
    for wrong in [
        "1.0",
        "1e3",
        "-0",
        "0.5",
        "9007199254740992",
        "-9007199254740992",
        "18446744073709551615",
        "99999999999999999999",
        "{\"a\":1,\"a\":1}",
        "{\"a\":{\"b\":1,\"\\u0062\":2}}",
        "[{\"a\":1.5}]",
        "\"\\ud800\"",
        "01",
        "+1",
        "NaN",
        "[1,]",
        "{\"a\":1,}",
        "'a'",
        "1 2",
        "",
        "\u{feff}1",
        "// 1\n1",
    ] {
        assert_eq!(canon(wrong), None, "{wrong}");
    }
    assert_eq!(
        canon("9007199254740991").as_deref(),
        Some("9007199254740991")
    );
    assert_eq!(
        canon("-9007199254740991").as_deref(),
        Some("-9007199254740991")
    );
    assert!(parse(b"\"\xff\"").is_err());
    assert!(
        parse("[".repeat(100_000).as_bytes()).is_err(),
        "depth is bounded"
    );
    assert!(to_bytes(&0.5).is_err());
    assert!(to_bytes(&(1_u64 << 53)).is_err());
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::Integer),
        any::<String>().prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::Array),
            btree_map(any::<String>(), inner, 0..8).prop_map(Value::Object),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_bytes_read_back_as_the_same_value_and_are_stable(value in values()) {
        let once = bytes(&value);
        let back = parse(&once);
        prop_assert!(back.is_ok());
        if let Ok(back) = back {
            prop_assert_eq!(bytes(&back), once);
            prop_assert_eq!(back, value);
        }
    }

    #[test]
    fn the_canonical_form_is_json_that_others_read_the_same(value in values()) {
        let once = bytes(&value);
        let other: serde_json::Value = serde_json::from_slice(&once).unwrap();
        prop_assert_eq!(to_value(&other).unwrap(), value);
    }

    #[test]
    fn no_bytes_make_it_panic(noise in vec(any::<u8>(), 0..200)) {
        if let Ok(value) = parse(&noise) {
            let once = bytes(&value);
            prop_assert_eq!(bytes(&parse(&once).unwrap()), once);
        }
    }
}
