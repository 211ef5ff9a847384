use proptest::prelude::*;
use serde_json::{Value, json};

use super::strategies::json_value;
use super::*;
use crate::files::Note;

fn parse(text: &str) -> Result<(Value, Vec<Note>), String> {
    let mut notes = Vec::new();
    let node = read(text, 1, &mut notes).map_err(|error| error.to_string())?;
    Ok((node.map_or(Value::Null, Node::into_json), notes))
}

fn written(value: &Value) -> String {
    let mut out = String::new();
    entry(&mut out, 0, "k", value);
    out
}

#[test]
fn the_form_is_fixed() {
    insta::assert_snapshot!(written(&json!({
        "type": "object",
        "$ref": "defs.json",
        "no": [], "x y": {}, "": null,
        "list": [1, 1.0, {"a": "b", "c": {"d": [true]}}, [[1, 2], ["~"]], {"e": [{"f": {}}]}],
        "text": "a \"b\" \\ \n\t\u{7}\u{2028}é😀",
    })), @r#"
    k:
      type: "object"
      $ref: "defs.json"
      "no": []
      "x y": {}
      "": null
      list:
        - 1
        - 1.0
        - a: "b"
          c:
            d:
              - true
        - - - 1
            - 2
          - - "~"
        - e:
            - f: {}
      text: "a \"b\" \\ \n\t\u0007\u2028é😀"
    "#);
}

#[test]
fn what_is_not_json_is_refused_with_its_line() {
    let mut seen = String::new();
    for text in [
        "a: &x 1",
        "a: &x\n  b: 1",
        "a: 1\nb: *x",
        "a: 1\nb: !!str 2",
        "a: !x\n  b: 1",
        "a: 1\n'a': 2",
        "a: .nan",
        "a: -.inf",
        "a: 99999999999999999999",
        "a: 1e999",
        "1: a",
        "~: a",
        "? [a]\n: b",
        "<<: {a: 1}",
        "a: 1\n...\n---\nb: 1",
        "%YAML 1.2\n---\na: 1",
        "a: [1",
        "a: \"x",
        "a: b: c",
    ] {
        let error = parse(text).expect_err(text);
        seen.push_str(&format!("{text:?}: {error}\n"));
    }
    insta::assert_snapshot!(seen, @r#"
    "a: &x 1": line 1: anchors (`&name`) are not supported; write the value out
    "a: &x\n  b: 1": line 1: anchors (`&name`) are not supported; write the value out
    "a: 1\nb: *x": line 2: aliases (`*name`) are not supported; write the value out
    "a: 1\nb: !!str 2": line 2: tags (`!name`) are not supported
    "a: !x\n  b: 1": line 1: tags (`!name`) are not supported
    "a: 1\n'a': 2": line 2: the key `a` stands here twice
    "a: .nan": line 1: `.nan` is a number that JSON cannot hold
    "a: -.inf": line 1: `-.inf` is a number that JSON cannot hold
    "a: 99999999999999999999": line 1: the number `99999999999999999999` is too large to be kept
    "a: 1e999": line 1: the number `1e999` is too large to be kept
    "1: a": line 1: the key `1` is not text; put it in quotes
    "~: a": line 1: the key `~` is not text; put it in quotes
    "? [a]\n: b": line 1: a key must be a single text
    "<<: {a: 1}": line 1: merge keys (`<<`) are not supported; write the values out
    "a: 1\n...\n---\nb: 1": line 3: there is more than one YAML document
    "%YAML 1.2\n---\na: 1": line 1: this is not valid YAML: YAML directives are disallowed
    "a: [1": line 1: this is not valid YAML: unclosed bracket '['
    "a: \"x": line 1: this is not valid YAML: unclosed quote
    "a: b: c": line 1: this is not valid YAML: mapping values are not allowed in this context
    "#);
    let deep = "[".repeat(70);
    assert!(parse(&deep).is_err());
    let deep: String = (0..70).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    assert_eq!(
        parse(&deep).unwrap_err(),
        "line 66: values are nested deeper than 64"
    );
}

#[test]
fn what_is_json_in_another_dress_is_taken_with_a_note() {
    let mut seen = String::new();
    for text in [
        "a: b",
        "a: no",
        "a: 'x'",
        "a: 1.50",
        "a: +1",
        "a: 010",
        "a: 0x1F",
        "a: 0o17",
        "a: ~",
        "a:",
        "a: True",
        "a: 1_000",
        "a: .5",
        "a: 1e3",
        "a: -0",
        "a: 2024-01-01",
        "a: 1 # why",
        "# all\na: 1",
        "{a: [1, 2]}",
        "a: |\n  x\n  y\n",
        "a: 0.1000000000000000055",
    ] {
        let (value, notes) = parse(text).expect(text);
        let notes: Vec<_> = notes
            .iter()
            .map(|note| format!("{}: {}", note.line, note.text))
            .collect();
        seen.push_str(&format!("{text:?} → {value}  {notes:?}\n"));
    }
    insta::assert_snapshot!(seen, @r##"
    "a: b" → {"a":"b"}  ["1: `b` is taken as text and gets quotes"]
    "a: no" → {"a":"no"}  ["1: `no` is taken as text and gets quotes"]
    "a: 'x'" → {"a":"x"}  []
    "a: 1.50" → {"a":1.5}  ["1: `1.50` is written as 1.5"]
    "a: +1" → {"a":1}  ["1: `+1` is written as 1"]
    "a: 010" → {"a":10}  ["1: `010` is written as 10"]
    "a: 0x1F" → {"a":31}  ["1: `0x1F` is written as 31"]
    "a: 0o17" → {"a":15}  ["1: `0o17` is written as 15"]
    "a: ~" → {"a":null}  ["1: `~` is written as null"]
    "a:" → {"a":null}  ["1: `~` is written as null"]
    "a: True" → {"a":true}  ["1: `True` is written as true"]
    "a: 1_000" → {"a":"1_000"}  ["1: `1_000` is taken as text and gets quotes"]
    "a: .5" → {"a":0.5}  ["1: `.5` is written as 0.5"]
    "a: 1e3" → {"a":1000.0}  ["1: `1e3` is written as 1000.0"]
    "a: -0" → {"a":0}  ["1: `-0` is written as 0"]
    "a: 2024-01-01" → {"a":"2024-01-01"}  ["1: `2024-01-01` is taken as text and gets quotes"]
    "a: 1 # why" → {"a":1}  ["1: a comment was left out: # why"]
    "# all\na: 1" → {"a":1}  ["1: a comment was left out: # all"]
    "{a: [1, 2]}" → {"a":[1,2]}  []
    "a: |\n  x\n  y\n" → {"a":"x\ny\n"}  []
    "a: 0.1000000000000000055" → {"a":0.1}  ["1: `0.1000000000000000055` is written as 0.1"]
    "##);
}

proptest! {
    #[test]
    fn values_survive(value in json_value()) {
        let text = written(&value);
        let (back, notes) = parse(&text).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&notes, &[]);
        // As text, because equality of maps ignores their order.
        prop_assert_eq!(back.to_string(), json!({"k": value}).to_string());
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn no_yaml_makes_it_panic(text in "([a-c:\\[\\]{}\\-?|>'\"#&*!~, \n]){0,60}") {
        let _ = parse(&text);
    }
}
