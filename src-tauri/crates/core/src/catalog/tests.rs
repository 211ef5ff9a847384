use std::collections::BTreeMap;

use super::*;
use crate::host::parse_time;
use crate::prompt::Price;

#[derive(Debug, Default)]
struct Env(BTreeMap<&'static str, String>);

impl Host for Env {
    fn now_millis(&self) -> i64 {
        0
    }

    fn new_id(&self) -> String {
        String::new()
    }

    fn env(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

fn model(wire: Wire, id: &str) -> Model {
    Model::new(wire, id)
}

fn at(base: &str) -> Model {
    Model {
        base_url: Some(base.into()),
        ..model(Wire::OpenaiChat, "gpt-4o")
    }
}

fn price(input: &str, output: &str) -> Price {
    Price {
        input: input.parse().unwrap(),
        output: output.parse().unwrap(),
        cached_input: None,
        cache_write: None,
    }
}

#[test]
fn the_shipped_table_is_sound() {
    let table = Table::parse("models.toml", SHIPPED).unwrap();
    let day = table.as_of().expect("a day");
    assert!(parse_time(day).is_some());
    assert!(
        (30..=80).contains(&table.rows().len()),
        "{}",
        table.rows().len()
    );
    // Sorted, so that a row is found by eye and two hands do not add it twice.
    let names: Vec<&str> = SHIPPED
        .lines()
        .filter_map(|line| line.strip_prefix("[models.\"")?.strip_suffix("\"]"))
        .collect();
    assert_eq!(names.len(), table.rows().len(), "a header in another form");
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted);
    for (name, row) in table.rows() {
        let source = row.source.as_deref().unwrap_or_default();
        assert!(source.starts_with("https://"), "{name} has no source");
        if let Some(price) = &row.price {
            // Nothing is free, output is never cheaper than input, and what comes from a cache is no dearer.
            assert!(price.input.0 > 0 && price.output >= price.input, "{name}");
            assert!(
                price
                    .cached_input
                    .is_none_or(|cached| cached <= price.input && cached.0 > 0),
                "{name}"
            );
            for step in &row.steps {
                assert!(
                    step.price.input >= price.input && step.price.output >= price.output,
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn a_price_is_looked_up_in_the_workspace_then_at_the_user_s_then_in_the_shipped_table() {
    let user =
        "as_of = \"2026-01-01\"\n[models.\"gpt-*\"]\nprice = { input = \"1\", output = \"2\" }\n";
    let catalog = Catalog::with_user(user).unwrap();
    let mut gpt = model(Wire::OpenaiChat, "gpt-4o-2024-11-20");
    let found = |catalog: &Catalog, model: &Model| {
        let row = catalog.price_row(model).unwrap();
        (
            row.source,
            row.pattern,
            row.price.input.to_string(),
            row.as_of,
        )
    };
    assert_eq!(
        found(&Catalog::shipped(), &gpt),
        (
            PriceSource::Shipped,
            "gpt-4o".into(),
            "2.5".into(),
            Catalog::shipped().as_of().map(str::to_owned)
        )
    );
    assert_eq!(
        found(&catalog, &gpt),
        (
            PriceSource::User,
            "gpt-*".into(),
            "1".into(),
            Some("2026-01-01".into())
        )
    );
    gpt.price = Some(price("7", "8"));
    assert_eq!(
        found(&catalog, &gpt),
        (
            PriceSource::Workspace,
            "gpt-4o-2024-11-20".into(),
            "7".into(),
            None
        )
    );
    assert_eq!(
        catalog.price_row(&model(Wire::OpenaiChat, "my-model")),
        None
    );
}

#[test]
fn the_best_row_wins() {
    let row = |name: &str, input: u32| {
        format!("[models.\"{name}\"]\nprice = {{ input = \"{input}\", output = \"99\" }}\n")
    };
    let text = [
        row("m*", 1),
        row("m-2*", 2),
        row("m-2", 3),
        row("m-2-2026-01-01", 4),
    ]
    .concat();
    let catalog = Catalog::with_user(&text).unwrap();
    for (id, input) in [
        ("m", "1"),
        ("m-1", "1"),
        ("m-2", "3"),
        ("m-2-2026-05-05", "3"),
        ("m-2@20260505", "3"),
        ("m-2-2026-01-01", "4"),
        ("m-2-mini", "2"),
    ] {
        let row = catalog.price_row(&model(Wire::OpenaiChat, id)).unwrap();
        assert_eq!(row.price.input.to_string(), input, "{id}");
    }
    assert_eq!(catalog.price_row(&model(Wire::OpenaiChat, "x-m")), None);
}

#[test]
fn a_row_can_be_bound_to_a_wire_and_a_host() {
    let text = "[models.m]\nhost = \"openrouter.ai\"\nwire = \"openai-chat\"\nprice = { input = \"1\", output = \"2\" }\n";
    let catalog = Catalog::with_user(text).unwrap();
    let there = |wire| Model {
        base_url: Some("https://OpenRouter.ai/api/v1".into()),
        ..model(wire, "m")
    };
    assert!(catalog.price_row(&there(Wire::OpenaiChat)).is_some());
    assert_eq!(catalog.price_row(&there(Wire::Mistral)), None);
    assert_eq!(catalog.price_row(&model(Wire::OpenaiChat, "m")), None);
}

#[test]
fn a_server_of_one_s_own_is_not_free_but_unknown() {
    let shipped = Catalog::shipped();
    for base in [
        "http://127.0.0.1:11434/v1",
        "http://localhost:1234",
        "http://[::1]:8000/v1",
        "http://10.1.2.3/v1",
        "http://192.168.0.9:8000",
        "http://vllm:8000",
        "http://gpu.lan/v1",
        "http://host.docker.internal:8000/v1",
        "http://[fd00::1]/",
        "http://0.0.0.0:80/",
    ] {
        assert_eq!(shipped.price_row(&at(base)), None, "{base}");
        let said = Model {
            price: Some(price("0", "0")),
            ..at(base)
        };
        assert!(shipped.price_row(&said).is_some(), "{base}");
        // What it refuses is the model's own, wherever it is asked.
        assert!(shipped.entry(&at(base)).max_output_tokens.is_some());
    }
    for base in [
        "https://api.openai.com/v1/",
        "https://me.openai.azure.com/openai/v1?x=1",
    ] {
        assert!(shipped.price_row(&at(base)).is_some(), "{base}");
    }
    let user = "[models.gpt-4o]\nprice = { input = \"1\", output = \"1\" }\n";
    let catalog = Catalog::with_user(user).unwrap();
    assert!(catalog.price_row(&at("http://127.0.0.1:4000")).is_some());
}

#[test]
fn the_user_s_facts_replace_the_shipped_ones_one_by_one() {
    let user = "[models.gpt-4o]\nmax_output_tokens = 5\nrefuses = [\"top_p\"]\n";
    let catalog = Catalog::with_user(user).unwrap();
    let gpt = model(Wire::OpenaiChat, "gpt-4o");
    let (ours, shipped) = (catalog.entry(&gpt), Catalog::shipped().entry(&gpt));
    assert_eq!(ours.max_output_tokens, Some(5));
    assert_eq!(ours.refuses.len(), 1);
    assert_eq!(ours.context_window, shipped.context_window);
    assert!(ours.context_window.is_some());
    // A row without a price leaves the shipped price alone.
    assert_eq!(
        catalog.price_row(&gpt).unwrap().source,
        PriceSource::Shipped
    );
    assert_eq!(
        catalog.entry(&model(Wire::OpenaiChat, "my-model")),
        Entry::default()
    );
}

#[test]
fn the_user_s_table_lies_where_the_environment_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let named = Env([("UNDERSTUDY_MODELS", file.to_string_lossy().into_owned())].into());
    // Named and not there: a slip of the pen.
    let error = Catalog::of_user(&named).unwrap_err();
    assert!(error.to_string().contains("mine.toml"), "{error}");
    fs::write(
        &file,
        "[models.m]\nprice = { input = \"1\", output = \"2\" }\n",
    )
    .unwrap();
    let catalog = Catalog::of_user(&named).unwrap();
    assert!(catalog.price_row(&model(Wire::Cohere, "m")).is_some());
    fs::write(&file, "\n[models.m]\nprize = 1\n").unwrap();
    let error = Catalog::of_user(&named).unwrap_err().to_string();
    assert!(
        error.contains("mine.toml, line 3: unknown field `prize`"),
        "{error}"
    );
    let folder_named = Env([(
        "UNDERSTUDY_MODELS",
        folder.path().to_string_lossy().into_owned(),
    )]
    .into());
    assert!(matches!(
        Catalog::of_user(&folder_named),
        Err(CatalogError::Unreadable { .. })
    ));
    // The usual place, where there need be none.
    let home = folder.path().join("home").to_string_lossy().into_owned();
    let usual = Env([
        ("HOME", home.clone()),
        ("XDG_DATA_HOME", home.clone()),
        ("APPDATA", home),
    ]
    .into());
    assert!(Catalog::of_user(&usual).unwrap().user.is_none());
    let data = data_folder(&usual).unwrap();
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("models.toml"), "").unwrap();
    assert!(Catalog::of_user(&usual).unwrap().user.is_some());
    assert!(Catalog::of_user(&Env::default()).unwrap().user.is_none());
}
