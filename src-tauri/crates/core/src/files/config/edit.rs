//! Changing one model in understudy.toml: comments, order and everything else stay as they are.

use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use super::{ReadError, line_of, parse};
use crate::prompt::{Model, ModelName};

/// The text with this model's table set to `model`. Keys that say what they said before keep their spelling and
/// comments. Headers are left as they are.
///
/// # Errors
/// A text that is no understudy.toml, or would be none with these settings.
pub fn with_model(text: &str, name: &ModelName, model: &Model) -> Result<String, ReadError> {
    let mut document: DocumentMut =
        text.parse()
            .map_err(|error: toml_edit::TomlError| ReadError {
                line: line_of(text, error.span()),
                reason: error.message().trim_end().to_owned(),
            })?;
    let before = parse(text)?.models.remove(name);
    let models = document.entry("models").or_insert_with(|| {
        let mut table = Table::new();
        // Only its tables are written: an empty `[models]` says nothing.
        table.set_implicit(true);
        Item::Table(table)
    });
    let refuse = |reason: &str| ReadError {
        line: 1,
        reason: format!("models.{name}: {reason}"),
    };
    let models = models
        .as_table_like_mut()
        .ok_or_else(|| refuse("`models` is no table"))?;
    if !models.contains_key(name.as_str()) {
        models.insert(name.as_str(), Item::Table(Table::new()));
    }
    let table = models
        .get_mut(name.as_str())
        .and_then(Item::as_table_like_mut)
        .ok_or_else(|| refuse("this is no table"))?;
    let was = before.as_ref();
    let mut set = |key: &str, same: bool, value: Option<Value>| {
        if was.is_some() && same {
            return;
        }
        match value {
            None => {
                table.remove(key);
            }
            Some(value) => match table.get_mut(key).and_then(Item::as_value_mut) {
                Some(old) => {
                    let decor = old.decor().clone();
                    *old = value;
                    *old.decor_mut() = decor;
                }
                None => {
                    table.insert(key, Item::Value(value));
                }
            },
        }
    };
    let text_of = |text: &Option<String>| text.as_deref().map(Value::from);
    let wire = Value::from(model.wire.as_str());
    set(
        "wire",
        was.is_some_and(|was| was.wire == model.wire),
        Some(wire),
    );
    let id = Value::from(model.id.as_str());
    set("id", was.is_some_and(|was| was.id == model.id), Some(id));
    let same = was.is_some_and(|was| was.key_env == model.key_env);
    set("key_env", same, text_of(&model.key_env));
    let same = was.is_some_and(|was| was.base_url == model.base_url);
    set("base_url", same, text_of(&model.base_url));
    let same = was.is_some_and(|was| was.auth == model.auth);
    let auth = model.auth.map(|auth| Value::from(auth.as_str()));
    set("auth", same, auth);
    let same = was.is_some_and(|was| was.stream == model.stream);
    set("stream", same, (!model.stream).then(|| Value::from(false)));
    let same = was.is_some_and(|was| was.concurrency == model.concurrency);
    let limit = model.concurrency.map(|limit| Value::from(i64::from(limit)));
    set("concurrency", same, limit);
    let same = was.is_some_and(|was| was.price == model.price);
    let price = model.price.as_ref().map(|price| {
        let mut table = InlineTable::new();
        table.insert("input", Value::from(price.input.to_string()));
        table.insert("output", Value::from(price.output.to_string()));
        for (key, amount) in [
            ("cached_input", price.cached_input),
            ("cache_write", price.cache_write),
        ] {
            if let Some(amount) = amount {
                table.insert(key, Value::from(amount.to_string()));
            }
        }
        Value::InlineTable(table)
    });
    set("price", same, price);
    let changed = document.to_string();
    parse(&changed)?;
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::{Auth, Price, Wire};

    const TEXT: &str = "# ours\n[models.a] # the first\nwire = \"anthropic\"\nid = \"x\" # dated\nkey_env = \"K\"\n\n[chains.c]\nmodels = [\"a\"]\n";

    fn name(name: &str) -> ModelName {
        ModelName::parse(name).unwrap()
    }

    #[test]
    fn what_did_not_change_keeps_its_place_and_comments() {
        let model = parse(TEXT).unwrap().models.remove(&name("a")).unwrap();
        assert_eq!(with_model(TEXT, &name("a"), &model).unwrap(), TEXT);
        let other = Model {
            id: "y".into(),
            key_env: None,
            stream: false,
            ..model
        };
        insta::assert_snapshot!(with_model(TEXT, &name("a"), &other).unwrap(), @r#"
        # ours
        [models.a] # the first
        wire = "anthropic"
        id = "y" # dated
        stream = false

        [chains.c]
        models = ["a"]
        "#);
    }

    #[test]
    fn a_new_model_is_added_whole_and_read_back() {
        let price = Price {
            input: "0.075".parse().unwrap(),
            output: "3".parse().unwrap(),
            cached_input: None,
            cache_write: None,
        };
        let model = Model {
            base_url: Some("http://localhost:1/v1".into()),
            auth: Some(Auth::XPortkeyApiKey),
            concurrency: Some(4),
            price: Some(price),
            ..Model::new(Wire::OpenaiChat, "m-1")
        };
        for text in [TEXT, ""] {
            let changed = with_model(text, &name("b.2"), &model).unwrap();
            let mut rest = changed.lines();
            assert!(
                text.lines().all(|line| rest.any(|other| other == line)),
                "{changed}"
            );
            assert_eq!(
                parse(&changed).unwrap().models.get(&name("b.2")),
                Some(&model)
            );
        }
    }

    #[test]
    fn settings_that_make_no_valid_file_are_refused() {
        let empty = Model::new(Wire::Anthropic, " ");
        assert!(with_model(TEXT, &name("a"), &empty).is_err());
        assert!(with_model("[models", &name("a"), &empty).is_err());
    }
}
