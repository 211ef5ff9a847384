//! Values and texts for property tests.

use proptest::prelude::*;
use serde_json::{Map, Value};

/// Any JSON value with the numbers JSON can hold, and texts that YAML likes to misread.
pub(in crate::files) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |f| serde_json::Number::from_f64(f)
            .map(Value::Number)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

pub(in crate::files) fn object(
    inner: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((text(), inner), 0..5).prop_map(|entries| entries.into_iter().collect())
}

pub(in crate::files) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        any::<String>(),
        "[\\x00-\\x20\"'\\\\#:&*!|>%@`{}\\[\\],?~-]{0,12}",
        prop::sample::select(vec![
            "",
            "no",
            "1.0",
            "~",
            "null",
            "---",
            "...",
            "<<",
            "0x1F",
            "- a",
            "a: b",
            "# x",
            " a ",
            "y",
            "\u{85}",
            "\u{feff}",
            "\u{2029}",
            "a\n---\nb",
            "true",
            "010",
            "1_0",
            "\r\n",
        ])
        .prop_map(str::to_owned),
    ]
}
