use super::*;

const GOOD: &str = r#"# our models
[models.a]
wire = "anthropic"
id = "claude"
key_env = "ANTHROPIC_API_KEY"
[models."b.2"]
wire = "openai-chat"
id = "gpt"
base_url = "http://127.0.0.1:1/v1"
[chains.main]
models = ["a", "b.2"]
[prompts.one]
chain = "main"
owner = "support"
policy = "strict"
margins = { share = 0.05 }
levels = { never-run = "off", schema-broken = { level = "warning", reason = "soon" } }
[prompts.two]
chain = "main"
owner = "docs"
policy = { kind = "primary-only", reason = "r", until = "2026-12-01", message = "Back soon." } # why
"#;

#[test]
fn a_good_file_is_read() {
    let config = parse(GOOD).unwrap();
    let one = &config.prompts[&PromptName::parse("one").unwrap()];
    assert_eq!(
        one.margins,
        Margins {
            share: 0.05,
            length: 1.15
        }
    );
    assert_eq!(one.levels["never-run"].level, Level::Off);
    assert_eq!(one.levels["schema-broken"].reason.as_deref(), Some("soon"));
    let chain: Vec<_> = config
        .chain_of(&PromptName::parse("two").unwrap())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(chain, ["a", "b.2"]);
    assert_eq!(parse("").unwrap(), Config::default());
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let cases = [
        ("models = [\n", 1, ""),
        ("[models.a]\nwire = \"morse\"\nid = \"x\"\n", 2, "morse"),
        (
            "[models.a]\nwire = \"anthropic\"\nid = \"x\"\nkey = \"y\"\n",
            4,
            "key",
        ),
        (
            "[models.A]\nwire = \"anthropic\"\nid = \"x\"\n",
            1,
            "model name",
        ),
        (
            "[models.a]\nwire = \"gemini\"\nid = \"x\"\nprice = { input = \"3\", output = \"1,5\" }\n",
            4,
            "`1,5` is no price",
        ),
        (
            // A number would already have been rounded.
            "[models.a]\nwire = \"gemini\"\nid = \"x\"\nprice = { input = 0.1, output = \"1\" }\n",
            4,
            "invalid type: floating point `0.1`, expected a string",
        ),
        (
            "[models.a]\nwire = \"gemini\"\nid = \"x\"\nprice = { input = \"3\" }\n",
            4,
            "missing field `output`",
        ),
        (
            "[models.a]\nwire = \"gemini\"\nid = \"x\"\nprice = { input = \"3\", output = \"1\", cached = \"1\" }\n",
            4,
            "unknown field `cached`",
        ),
        (
            "[models.a]\nwire = \"gemini\"\nid = \"x\"\nconcurrency = 0\n",
            4,
            "nonzero",
        ),
        (
            "[models.a]\nwire = \"gemini\"\nid = \"x\"\nauth = \"cookie\"\n",
            4,
            "unknown variant `cookie`",
        ),
        (
            "[models.a]\nwire = \"gemini\"\nid = \"x\"\nstream = \"no\"\n",
            4,
            "expected a boolean",
        ),
        ("[chains.c]\nmodels = [\"a\"]\n", 1, "no [models.a]"),
        ("[chains.c]\nmodels = []\n", 1, "empty"),
        (
            "\n[prompts.p]\nchain = \"c\"\nowner = \"o\"\npolicy = \"strict\"\n",
            2,
            "no [chains.c]",
        ),
    ];
    for (text, line, part) in cases {
        let error = parse(text).unwrap_err();
        assert!(error.reason.contains(part), "{text}: {error}");
        assert_eq!(error.line, line, "{text}: {error}");
    }
    for (from, to, part) in [
        (
            "policy = \"strict\"",
            "policy = \"lax\"",
            "`lax` is no policy",
        ),
        (
            "policy = \"strict\"",
            "policy = \"primary-only\"",
            "needs a reason",
        ),
        ("2026-12-01", "soon", "`soon` is no date"),
        ("share = 0.05", "share = 5", "margins"),
        ("never-run = ", "nevre-run = ", "no finding `nevre-run`"),
        ("\"b.2\"]\n[prompts", "\"a\"]\n[prompts", "appears twice"),
        (
            "key_env = \"ANTHROPIC_API_KEY\"",
            "headers = { x = \"Bearer abc\" }",
            "holds a secret",
        ),
        (
            "key_env = \"ANTHROPIC_API_KEY\"",
            "key_env = \"sk-abc\"",
            "no name of an environment variable",
        ),
        (
            "key_env = \"ANTHROPIC_API_KEY\"",
            "headers = { X-Api-Key = \"abc\" }",
            "holds a secret",
        ),
        (
            "http://127.0.0.1:1/v1",
            "http://me:pass@127.0.0.1:1/v1",
            "no password",
        ),
        ("http://127.0.0.1:1/v1", "127.0.0.1", "must begin with"),
        (
            "reason = \"r\"",
            "raeson = \"r\"",
            "unknown field `raeson`, expected one of",
        ),
        ("reason = \"r\"", "reason = \" \"", "needs a reason"),
        ("\"off\"", "\"loud\"", "unknown variant `loud`"),
        (
            "reason = \"soon\"",
            "until = \"soon\"",
            "unknown field `until`",
        ),
    ] {
        let error = parse(&GOOD.replace(from, to)).unwrap_err();
        assert!(error.reason.contains(part), "{to}: {error}");
        assert!(
            !error.reason.contains("abc") && error.line > 1,
            "{to}: {error}"
        );
    }
}

#[test]
fn how_a_model_is_asked_and_what_it_costs_can_be_said() {
    let text = "[models.a]\nwire = \"openai-chat\"\nid = \"x\"\nauth = \"api-key\"\nstream = false\nconcurrency = 4\nprice = { input = \"0.075\", output = \"3\", cached_input = \"0.01\", cache_write = \"0.1\" }\n[models.b]\nwire = \"cohere\"\nid = \"y\"\n";
    let config = parse(text).unwrap();
    let model = |name: &str| config.models[&ModelName::parse(name).unwrap()].clone();
    let a = model("a");
    assert_eq!(
        (a.auth, a.stream, a.concurrency),
        (Some(Auth::ApiKey), false, Some(4))
    );
    let price = a.price.unwrap();
    assert_eq!(
        (price.input.to_string(), price.output.to_string()),
        ("0.075".into(), "3".into())
    );
    assert_eq!(price.cached_input.unwrap().to_string(), "0.01");
    assert_eq!(price.cache_write.unwrap().to_string(), "0.1");
    // What is left out is left to others: a price that is not said is unknown, not nothing.
    assert_eq!(model("b"), Model::new(Wire::Cohere, "y"));
}

#[test]
fn dates_move_and_everything_else_stays() {
    let moved = shift_dates(GOOD, 31).unwrap();
    assert_eq!(moved, GOOD.replace("2026-12-01", "2027-01-01"));
    let inline = "prompts = { a = { policy = { until = \"2026-12-01T10:00:00Z\" } } } # x\n";
    let moved = shift_dates(inline, -1).unwrap();
    assert_eq!(moved, inline.replace("2026-12-01", "2026-11-30"));
    assert!(shift_dates(GOOD, i64::MAX).is_ok());
}
