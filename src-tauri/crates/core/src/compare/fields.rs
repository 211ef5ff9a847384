//! Fields mode: two JSON outputs as labelled rows, one a field, without braces.
//!
//! Shows values, not text, so the law of the other modes does not hold here. Knows no schema and
//! passes no judgement: that is `chips`.

use serde::Serialize;
use serde_json::Value;

use super::json_form::{JsonForm, Located, locate};
use super::pieces::row_of;
use super::{Class, Comparison, Edit, Mode, Piece, Row, Side, compare};

/// Levels of objects that become rows of their own; what lies deeper is shown as compact JSON.
const DEPTH: usize = 4;
/// Items of a list of objects that become rows.
const ITEMS: usize = 50;

/// Two outputs laid beside each other field by field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct FieldsComparison {
    pub left_form: JsonForm,
    pub right_form: JsonForm,
    /// First `form`; then `prose` where words stand around the JSON; then one row a field, labelled
    /// with its path. A side without JSON has its text in rows labelled `text`. A missing field is
    /// an absent side.
    pub rows: Vec<Row>,
    /// That of [`Mode::Words`] over the whole outputs: one pair has one ratio, however it is looked
    /// at.
    pub ratio: f64,
    pub coarse: bool,
}

/// Lays two outputs beside each other field by field.
pub fn compare_fields(left: &str, right: &str) -> FieldsComparison {
    let whole = compare(left, right, Mode::Words);
    let (l, r) = (locate(left), locate(right));
    let mut rows = vec![whole_row(
        "form",
        Some(form_name(left, &l)),
        Some(form_name(right, &r)),
    )];
    match (&l.value, &r.value) {
        (None, None) => rows.extend(text_rows(&whole)),
        (a, b) => {
            let (prose_left, prose_right) = (prose(left, &l), prose(right, &r));
            if a.is_none() || b.is_none() {
                let text =
                    |value: &Option<Value>, text: &str| value.is_none().then(|| text.to_owned());
                rows.push(whole_row("text", text(a, left), text(b, right)));
            }
            if prose_left.is_some() || prose_right.is_some() {
                let (left, right) = (
                    prose_left.unwrap_or_default(),
                    prose_right.unwrap_or_default(),
                );
                rows.push(words_row("prose", &left, &right));
            }
            fields("", a.as_ref(), b.as_ref(), 0, &mut rows);
        }
    }
    FieldsComparison {
        left_form: l.form,
        right_form: r.form,
        rows,
        ratio: whole.ratio,
        coarse: whole.coarse,
    }
}

/// The form in words, for a row and for people.
fn form_name(text: &str, located: &Located) -> String {
    match located.form {
        JsonForm::Raw => "raw JSON".to_owned(),
        JsonForm::Fenced => "JSON in a fence".to_owned(),
        JsonForm::Wrapped => {
            let json = if located.fenced {
                "JSON in a fence"
            } else {
                "JSON"
            };
            let before = !text[..located.bytes.start].trim().is_empty();
            let after = !text[located.bytes.end..].trim().is_empty();
            match (before, after) {
                (true, false) => format!("prose, then {json}"),
                (false, true) => format!("{json}, then prose"),
                _ => format!("prose around {json}"),
            }
        }
        JsonForm::Invalid => "broken JSON".to_owned(),
        JsonForm::None => "no JSON".to_owned(),
    }
}

/// What stands around the JSON.
fn prose(text: &str, located: &Located) -> Option<String> {
    if located.form != JsonForm::Wrapped {
        return None;
    }
    let parts = [
        text[..located.bytes.start].trim(),
        text[located.bytes.end..].trim(),
    ];
    Some(
        parts
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("\n"),
    )
}

/// Neither side has JSON: the rows of words, the first of them labelled.
fn text_rows(whole: &Comparison) -> Vec<Row> {
    let mut rows = whole.rows.clone();
    if let Some(first) = rows.first_mut() {
        first.label = Some("text".to_owned());
    }
    rows
}

fn fields<'a>(
    path: &str,
    left: Option<&'a Value>,
    right: Option<&'a Value>,
    depth: usize,
    rows: &mut Vec<Row>,
) {
    // A field that only one side has is opened up only where the other's absence is not the whole
    // story: at the top.
    let opens = depth == 0 || (left.is_some() && right.is_some());
    match (left, right) {
        (Some(Value::Object(_)) | None, Some(Value::Object(_)) | None)
            if opens && depth < DEPTH =>
        {
            let names = names(left, right);
            if names.is_empty() && !path.is_empty() {
                rows.push(value_row(path, left, right));
            }
            for name in &names {
                let field = |value: Option<&'a Value>| value.and_then(|value| value.get(name));
                fields(
                    &join(path, name),
                    field(left),
                    field(right),
                    depth + 1,
                    rows,
                );
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b)))
            if depth < DEPTH && by_item(a) && by_item(b) =>
        {
            list(path, a, b, depth, rows);
        }
        (Some(Value::Array(a)), None) if depth == 0 && of_objects(a) => {
            list(path, a, &[], depth, rows)
        }
        (None, Some(Value::Array(b))) if depth == 0 && of_objects(b) => {
            list(path, &[], b, depth, rows)
        }
        _ => rows.push(value_row(
            if path.is_empty() { "value" } else { path },
            left,
            right,
        )),
    }
}

/// The fields of the left in their order, then those that only the right has.
fn names(left: Option<&Value>, right: Option<&Value>) -> Vec<String> {
    let (left, right) = (
        left.and_then(Value::as_object),
        right.and_then(Value::as_object),
    );
    let known = |name: &String| left.is_some_and(|left| left.contains_key(name));
    let old = left.into_iter().flat_map(|fields| fields.keys());
    let new = right
        .into_iter()
        .flat_map(|fields| fields.keys())
        .filter(|name| !known(name));
    old.chain(new).cloned().collect()
}

fn list(path: &str, left: &[Value], right: &[Value], depth: usize, rows: &mut Vec<Row>) {
    let items = left.len().max(right.len());
    for at in 0..items.min(ITEMS) {
        fields(
            &format!("{path}[{at}]"),
            left.get(at),
            right.get(at),
            depth + 1,
            rows,
        );
    }
    if items > ITEMS {
        let rest = |items: &[Value]| items.get(ITEMS..).map(|rest| Value::Array(rest.to_vec()));
        rows.push(value_row(
            &format!("{path}[{ITEMS}…]"),
            rest(left).as_ref(),
            rest(right).as_ref(),
        ));
    }
}

/// Whether a list is worth a row an item: objects, or sentences. Short words read better side by
/// side.
fn by_item(items: &[Value]) -> bool {
    let is_sentence = |item: &Value| {
        item.as_str()
            .is_some_and(|text| text.len() > 24 && text.contains(' '))
    };
    of_objects(items) || (items.iter().all(Value::is_string) && items.iter().any(is_sentence))
}

fn of_objects(items: &[Value]) -> bool {
    items.iter().all(Value::is_object)
}

fn join(path: &str, name: &str) -> String {
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match (path.is_empty(), plain) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{}]", Value::from(name)),
    }
}

fn value_row(label: &str, left: Option<&Value>, right: Option<&Value>) -> Row {
    match (left, right) {
        (Some(Value::String(a)), Some(Value::String(b))) if !a.is_empty() && !b.is_empty() => {
            words_row(label, a, b)
        }
        (Some(a), Some(b)) if type_name(a) != type_name(b) => {
            // The type is our remark, not the model's text, so it is never marked as a difference.
            let side = |value: &Value| {
                let mut pieces = vec![piece(literal(value), Edit::Only, None)];
                // Null, lists and objects show what they are.
                if value.is_string() || value.is_number() || value.is_boolean() {
                    let name = format!(" {}", type_name(value));
                    pieces.push(piece(name, Edit::Same, Some(Class::Comment)));
                }
                Side { pieces }
            };
            row_of(Some(side(a)), Some(side(b)), Some(label.to_owned()))
        }
        (Some(a), Some(b)) if same_value(a, b) => {
            let side = |value: &Value| Side {
                pieces: vec![piece(shown(value), Edit::Same, None)],
            };
            row_of(Some(side(a)), Some(side(b)), Some(label.to_owned()))
        }
        (Some(a @ (Value::Array(_) | Value::Object(_))), Some(b)) => {
            words_row(label, &literal(a), &literal(b))
        }
        (a, b) => whole_row(label, a.map(shown), b.map(shown)),
    }
}

/// Two texts in one row, their words compared.
fn words_row(label: &str, left: &str, right: &str) -> Row {
    let comparison = compare(left, right, Mode::Words);
    let gather = |side: fn(&Row) -> &Option<Side>| -> Option<Side> {
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in comparison
            .rows
            .iter()
            .filter_map(|row| side(row).as_ref())
            .flat_map(|side| &side.pieces)
        {
            match pieces.last_mut() {
                Some(last) if last.edit == piece.edit => last.text.push_str(&piece.text),
                _ => pieces.push(piece.clone()),
            }
        }
        (!pieces.is_empty()).then_some(Side { pieces })
    };
    row_of(
        gather(|row| &row.left),
        gather(|row| &row.right),
        Some(label.to_owned()),
    )
}

/// Two texts in one row that are the same or not, as a whole.
fn whole_row(label: &str, left: Option<String>, right: Option<String>) -> Row {
    let edit = if left == right {
        Edit::Same
    } else {
        Edit::Only
    };
    let side = |text: Option<String>| {
        text.map(|text| Side {
            pieces: vec![piece(text, edit, None)],
        })
    };
    row_of(side(left), side(right), Some(label.to_owned()))
}

fn piece(text: String, edit: Edit, class: Option<Class>) -> Piece {
    Piece { text, edit, class }
}

/// Text without quotes, unless there would be nothing to see; anything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        other => literal(other),
    }
}

/// Compact JSON with a space after commas and colons, so that lines can break and words stand
/// apart.
fn literal(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), literal(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// The type of a value as people say it.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Equal as JSON data: the order of fields does not count, nor does `1.0` differ from `1`.
pub(super) fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same_value(a, b)))
        }
        (a, b) => a == b,
    }
}
