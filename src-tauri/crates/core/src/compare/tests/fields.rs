use serde_json::json;

use super::super::{Chip, ChipLevel, ChipRules, JsonForm, Row, chips, compare_fields};

const PRIMARY: &str = r#"{"queue": "billing", "urgency": 4, "order_id": "A-20991", "reply": "I can see why this is worrying: two charges for one order. I have passed this to our billing team. They check both charges and write to you within one working day. You need to do nothing now."}"#;
const FALLBACK: &str = "```json\n{\"queue\": \"billing\", \"urgency\": \"high\", \"reply\": \"Great question! I can see you may have been charged twice. Unfortunately I have passed this to our billing team, who might be able to refund you.\"}\n```";

fn picture(rows: &[Row]) -> String {
    rows.iter()
        .map(|row| {
            let label = row.label.as_deref().unwrap_or("");
            format!(
                "{label}: {} | {}\n",
                super::side(&row.left),
                super::side(&row.right)
            )
        })
        .collect()
}

fn fields(left: &str, right: &str) -> String {
    picture(&compare_fields(left, right).rows)
}

fn said(chips: &[Chip]) -> String {
    let mark = |level| {
        if level == ChipLevel::Error {
            '◆'
        } else {
            '▲'
        }
    };
    chips
        .iter()
        .map(|chip| format!("{} {}\n", mark(chip.level), chip.text))
        .collect()
}

fn by(schema: &serde_json::Value) -> ChipRules<'_> {
    ChipRules {
        schema: Some(schema),
        ..ChipRules::default()
    }
}

#[test]
fn a_fallback_that_breaks_the_program() {
    let comparison = compare_fields(PRIMARY, FALLBACK);
    assert_eq!(
        (comparison.left_form, comparison.right_form),
        (JsonForm::Raw, JsonForm::Fenced)
    );
    insta::assert_snapshot!(picture(&comparison.rows), @r#"
    form: [raw JSON] | [JSON in a fence]
    queue: billing | billing
    urgency: [4] number | ["high"] text
    order_id: [A-20991] | ~
    reply: I can see [why this is worrying: two charges for one order.] I have passed this to our billing team[. They check both charges and write to you within one working day. You need to do nothing now.] | [Great question!] I can see [you may have been charged twice. Unfortunately] I have passed this to our billing team[, who might be able to refund you.]
    "#);
    insta::assert_snapshot!(said(&chips(PRIMARY, FALLBACK, &ChipRules::default())), @"
    ◆ order_id is missing
    ◆ urgency is text, not a number
    ◆ JSON in a code fence
    ▲ 28 % shorter
    ▲ 4 more hedges
    ");
}

#[test]
fn identical_outputs_have_no_chips() {
    let comparison = compare_fields(PRIMARY, PRIMARY);
    assert_eq!(comparison.ratio, 1.0);
    assert!(comparison.rows.iter().all(|row| !row.changed));
    assert_eq!(chips(PRIMARY, PRIMARY, &ChipRules::default()), []);
}

#[test]
fn nested_fields_have_paths() {
    let left = r#"{"items": [{"sku": "a", "qty": 1}, {"sku": "b", "qty": 2}], "tags": ["new", "paid"], "to": {"city": "Lyon", "odd key": null}, "note": ""}"#;
    let right = r#"{"tags": ["new"], "items": [{"qty": 1.0, "sku": "a"}], "to": {"city": "Lyons", "odd key": false}, "note": "x", "extra": {"deep": [1]}}"#;
    insta::assert_snapshot!(fields(left, right), @r#"
    form: raw JSON | raw JSON
    items[0].sku: a | a
    items[0].qty: 1 | 1.0
    items[1]: [{"sku": "b", "qty": 2}] | ~
    tags: ["new"[, "paid"]] | ["new"]
    to.city: [Lyon] | [Lyons]
    to["odd key"]: [null] | [false] boolean
    note: [""] | [x]
    extra: ~ | [{"deep": [1]}]
    "#);
    insta::assert_snapshot!(said(&chips(left, right, &ChipRules::default())), @"▲ extra is extra");
}

#[test]
fn prose_and_json() {
    let wrapped = "Sure!\n{\"answer\": \"Paris\"}\nAnything else?";
    insta::assert_snapshot!(fields("{\"answer\": \"Paris\"}", wrapped), @"
    form: [raw JSON] | [prose around JSON]
    prose: ~ | [Sure!¶Anything else?]
    answer: Paris | Paris
    ");
    insta::assert_snapshot!(fields("{\"answer\": \"Paris\"}", "Paris is the answer."), @"
    form: [raw JSON] | [no JSON]
    text: ~ | [Paris is the answer.]
    answer: [Paris] | ~
    ");
    insta::assert_snapshot!(fields("{\"answer\": \"Par", ""), @r#"
    form: [broken JSON] | [no JSON]
    text: [{"answer": "Par] | ~
    "#);
    insta::assert_snapshot!(fields("Paris it is.\nBye.\n", "Lyon it is.\n"), @"
    form: no JSON | no JSON
    text: [Paris] it is.¶ | [Lyon] it is.¶
    : [Bye.¶] | ~
    ");
}

#[test]
fn the_schema_speaks_first() {
    let schema = json!({
        "type": "object",
        "required": ["queue", "items"],
        "additionalProperties": false,
        "properties": {
            "queue": {"enum": ["billing", "sales"]},
            "urgency": {"type": "integer"},
            "order_id": {"type": ["string", "null"]},
            "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
        },
        "$defs": {"item": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}}},
    });
    let left = r#"{"queue": "billing", "urgency": 4, "order_id": "A-1", "items": []}"#;
    let fine = r#"{"queue": "sales", "urgency": 3, "order_id": null, "items": [{"sku": "x"}]}"#;
    assert_eq!(chips(left, fine, &by(&schema)), []);
    let bad = r#"{"queue": "support", "urgency": 3.5, "items": [{"sku": 1}, {"sku": 2}, {}], "mood": "sad"}"#;
    insta::assert_snapshot!(said(&chips(left, bad, &by(&schema))), @r#"
    ◆ queue is "support", which is not one of the allowed values
    ◆ urgency is 3.5, not a whole number
    ◆ items[].sku is a number, not text
    ◆ items[].sku is missing
    ◆ mood is not in the schema
    ▲ order_id is missing
    "#);
    insta::assert_snapshot!(said(&chips("I cannot help with that.", "[1, 2]", &by(&schema))), @"
    ◆ the answer is a list, not an object
    ▲ answers what the primary refuses
    ");
    insta::assert_snapshot!(said(&chips(left, "Billing, I think.", &by(&schema))), @"
    ◆ no JSON
    ▲ 63 % shorter
    ▲ 1 more hedge
    ");
    // A schema that leads nowhere says nothing.
    let circle = json!({"$ref": "#"});
    assert_eq!(chips(left, left, &by(&circle)), []);
}

#[test]
fn manner_and_length() {
    let rules = ChipRules::default();
    let long = "We refunded both charges today and you will see them on your card within three working days.";
    insta::assert_snapshot!(said(&chips(long, "I'm sorry, but I can't help with refunds.", &rules)), @"
    ◆ refuses
    ▲ 53 % shorter
    ▲ 1 more hedge
    ");
    insta::assert_snapshot!(said(&chips("I cannot help with that.", long, &rules)), @"
    ▲ answers what the primary refuses
    ▲ 3 times as long
    ");
    insta::assert_snapshot!(said(&chips(long, &format!("{long} It may take longer."), &rules)), @"▲ 1 more hedge");
    insta::assert_snapshot!(said(&chips(long, "", &rules)), @"◆ empty");
    assert_eq!(chips("Yes.", "Yes, sir.", &rules), []);
    let patient = ChipRules {
        length: 10.0,
        ..rules
    };
    assert_eq!(chips(long, "We refunded both charges today.", &patient), []);
}

#[test]
fn long_lists_of_chips_are_cut_short() {
    let left: serde_json::Map<_, _> = (0..30).map(|at| (format!("f{at}"), json!(at))).collect();
    let found = chips(
        &json!(left).to_string(),
        "{\"f0\": 0}",
        &ChipRules::default(),
    );
    insta::assert_snapshot!(said(&found), @"
    ◆ f1 is missing
    ◆ f2 is missing
    ◆ f3 is missing
    ◆ f4 is missing
    ◆ f5 is missing
    ◆ f6 is missing
    ◆ f7 is missing
    ◆ f8 is missing
    ◆ 21 more differences in fields
    ▲ 97 % shorter
    ");
}
