use proptest::prelude::*;
use serde_json::{Value, json};

use super::strategies::content;
use super::*;
use crate::prompt::{Params, Tool, Turn};

fn model() -> ModelName {
    ModelName::parse("gpt-4o").unwrap()
}

fn no_schema(_: &str) -> Option<Value> {
    None
}

fn take(file: &str) -> Result<PromptFile, ReadError> {
    read(file.as_bytes(), Some(&model()), &no_schema)
}

fn turn(role: Role, text: &str) -> Turn {
    Turn {
        role,
        text: text.to_owned(),
    }
}

fn sample() -> Content {
    Content {
        system: "<role>\nYou triage for {{product}}.\n</role>\n".into(),
        turns: vec![
            turn(
                Role::User,
                "Where is {{#if order}}{{order}}{{else}}it{{/if}}?\n",
            ),
            turn(Role::Assistant, "{\"intent\": \"order\"}\n"),
        ],
        user: Some("Answer in JSON.".into()),
        tools: vec![Tool {
            name: "lookup_order".into(),
            description: "Finds an order.\nNever guess.".into(),
            parameters: json!({"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}),
        }],
        params: Params {
            set: [
                ("temperature".to_owned(), json!(0.2)),
                ("stop".to_owned(), json!(["END"])),
                ("top_k".to_owned(), json!(40)),
                ("zeta".to_owned(), json!({"a": null})),
            ]
            .into(),
            remove: ["top_p".to_owned(), "seed".to_owned()].into(),
        },
        max_output_tokens: Some(600),
        output_schema: Some(
            json!({"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "number"}}}),
        ),
        provider_options: json!({"reasoning": {"effort": "low"}})
            .as_object()
            .cloned()
            .unwrap(),
        extra: json!({"input": {"schema": {"product": "string"}}, "no": "no", "ext.key": [1, 1.0]})
            .as_object()
            .cloned()
            .unwrap(),
        ..Content::default()
    }
}

#[test]
fn the_form_is_fixed() {
    insta::assert_snapshot!(write(&model(), &sample(), None).unwrap(), @r#"
    ---
    model: "gpt-4o"
    config:
      temperature: 0.2
      topK: 40
      maxOutputTokens: 600
      stopSequences:
        - "END"
      zeta:
        a: null
    input:
      schema:
        product: "string"
    output:
      format: "json"
      schema:
        type: "object"
        properties:
          b:
            type: "string"
          a:
            type: "number"
    toolDefs:
      - name: "lookup_order"
        description: "Finds an order.\nNever guess."
        inputSchema:
          type: "object"
          properties:
            id:
              type: "string"
          required:
            - "id"
    "no": "no"
    ext.key:
      - 1
      - 1.0
    understudy.remove:
      - "seed"
      - "top_p"
    understudy.options:
      reasoning:
        effort: "low"
    ---
    {{role "system"}}
    <role>
    You triage for {{product}}.
    </role>
    {{role "user"}}
    Where is {{#if order}}{{order}}{{else}}it{{/if}}?
    {{role "model"}}
    {"intent": "order"}
    {{history}}
    {{role "user"}}
    Answer in JSON.
    "#);
    let plain = Content {
        engine: Engine::None,
        system: "Keep {{braces}} and {{role \"user\"}}\n---\n".into(),
        ..Content::default()
    };
    insta::assert_snapshot!(write(&model(), &plain, None).unwrap(), @r#"
    ---
    model: "gpt-4o"
    understudy.template: "none"
    ---
    Keep {{braces}} and {{role "user"}}
    ---
    "#);
    insta::assert_snapshot!(write(&model(), &Content::default(), None).unwrap(), @r#"
    ---
    model: "gpt-4o"
    ---
    {{history}}
    "#);
}

#[test]
fn a_schema_can_live_in_its_own_file() {
    let file = write(&model(), &sample(), Some("triage.schema.json")).unwrap();
    assert!(
        file.contains("\n  schema: \"triage.schema.json\"\n"),
        "{file}"
    );
    let schema = |name: &str| {
        (name == "triage.schema.json")
            .then(|| sample().output_schema)
            .flatten()
    };
    let back = read(file.as_bytes(), None, &schema).unwrap();
    assert_eq!(back.content.id(), sample().id());
    assert_eq!(back.schema_ref.as_deref(), Some("triage.schema.json"));
    assert_eq!(back.notes, []);
    assert_eq!(
        take(&file).unwrap_err().to_string(),
        "line 16: there is no schema file `triage.schema.json` for this prompt"
    );
}

/// A file with `matter` in it and one line of body.
fn with(matter: &str) -> Vec<u8> {
    format!("---\nmodel: \"gpt-4o\"\n{matter}---\n{{{{role \"system\"}}}}\nHi.\n{{{{history}}}}\n")
        .into_bytes()
}

fn body(body: &str) -> Vec<u8> {
    format!("---\nmodel: \"gpt-4o\"\n---\n{body}").into_bytes()
}

#[test]
fn what_is_outside_the_profile_is_refused_with_line_and_reason() {
    let bytes = |text: &str| text.as_bytes().to_vec();
    let files: Vec<(&str, Vec<u8>)> = vec![
        (
            "byte order mark",
            [b"\xef\xbb\xbf".to_vec(), with("")].concat(),
        ),
        ("CRLF", bytes("---\nmodel: \"gpt-4o\"\r\n---\nHi")),
        ("NUL", body("Hi\nthere\0")),
        ("not UTF-8", [body("Hi\n\n"), vec![0xff, b'\n']].concat()),
        ("too large", vec![b'a'; LARGEST_FILE + 1]),
        ("empty", bytes("")),
        ("no front matter", bytes("You are a bot.\n")),
        (
            "comment first",
            bytes("# licence\n---\nmodel: \"gpt-4o\"\n---\n"),
        ),
        ("no end", bytes("---\nmodel: \"gpt-4o\"\nYou are a bot.\n")),
        ("no model", bytes("---\n---\nHi\n")),
        (
            "another model",
            bytes("---\nconfig: {}\nmodel: \"gemini-pro\"\n---\nHi\n"),
        ),
        (
            "a provider's id",
            bytes("---\nmodel: \"googleai/gemini\"\n---\nHi\n"),
        ),
        ("model no text", bytes("---\nmodel: 4\n---\nHi\n")),
        ("a list", bytes("---\n- a\n---\nHi\n")),
        ("bad YAML", with("config:\n  temperature: [1\n")),
        ("duplicate key", with("config:\n  seed: 1\n  seed: 2\n")),
        (
            "duplicate top key",
            with("config:\n  seed: 1\nconfig:\n  topK: 2\n"),
        ),
        (
            "the same in two spellings",
            with("config:\n  topP: 1\n  top_p: 1\n"),
        ),
        (
            "limit twice",
            with("config:\n  maxOutputTokens: 1\n  max_output_tokens: 1\n"),
        ),
        ("limit", with("config:\n  maxOutputTokens: 1.5\n")),
        ("anchor", with("config: &c\n  seed: 1\n")),
        ("alias", with("config: *c\n")),
        ("tag", with("config:\n  seed: !!int \"1\"\n")),
        ("merge key", with("config:\n  <<: {seed: 1}\n")),
        ("two documents", with("...\nx: 1\n")),
        ("config", with("config: 3\n")),
        ("infinite", with("config:\n  seed: .inf\n")),
        (
            "text output with a schema",
            with("output:\n  format: \"text\"\n  schema: {}\n"),
        ),
        (
            "Picoschema",
            with("output:\n  schema:\n    name: string, who\n"),
        ),
        ("Picoschema scalar", with("output:\n  schema: \"string\"\n")),
        (
            "schema file",
            with("output:\n  schema: \"x.schema.json\"\n"),
        ),
        ("schema list", with("output:\n  schema: [1]\n")),
        (
            "more in output",
            with("output:\n  schema: {}\n  strict: true\n"),
        ),
        ("tools no list", with("toolDefs: {}\n")),
        (
            "tool key",
            with("toolDefs:\n  - name: \"a\"\n    strict: true\n"),
        ),
        ("tool name", with("toolDefs:\n  - description: \"a\"\n")),
        ("tool schema", with("toolDefs:\n  - name: \"a\"\n")),
        ("unknown key of ours", with("understudy.colour: \"red\"\n")),
        ("ours nested", with("understudy:\n  template: \"none\"\n")),
        ("engine", with("understudy.template: \"jinja\"\n")),
        ("removed twice", with("understudy.remove: [\"a\", \"a\"]\n")),
        ("options", with("understudy.options: 1\n")),
        (
            "unknown helper",
            body("{{role \"system\"}}\nHi\n{{shout name}}\n{{history}}\n"),
        ),
        (
            "unknown block",
            body("{{history}}\n{{role \"user\"}}\n\n{{#loop x}}{{/loop}}"),
        ),
        ("partial", body("{{>x}}")),
        ("open block", body("a\n{{#if x}}\n")),
        ("open tag", body("a\n{{x\n")),
        ("stray quote", body("a\n{{x'}} b\n")),
        (
            "marker in a block",
            body("{{role \"system\"}}\n{{#if x}}\n{{role \"user\"}}\n{{/if}}\n"),
        ),
        (
            "history in a block",
            body("{{#each x}}{{history}}{{/each}}"),
        ),
        (
            "marker in a comment",
            body("a\n{{!-- {{role \"user\"}} --}}\n"),
        ),
        (
            "raw block",
            body("\n{{{{raw}}}}{{role \"user\"}}{{{{/raw}}}}"),
        ),
        ("unknown role", body("{{role \"assistant\"}}\nHi")),
        ("role by variable", body("{{role who}}\nHi")),
        ("tilde", body("{{~role \"user\"}}\nHi")),
        ("three braces", body("{{{history}}}\nHi")),
        ("text first", body("Hi\n{{role \"user\"}}\nHo")),
        ("system later", body("{{history}}\n{{role \"system\"}}\nHo")),
        (
            "two systems",
            body("{{role \"system\"}}\na\n{{role \"system\"}}\nb"),
        ),
        ("model first", body("{{role \"model\"}}\na\n{{history}}\n")),
        (
            "odd turns",
            body("{{role \"system\"}}\na\n{{role \"user\"}}\nb\n{{history}}\n"),
        ),
        (
            "two user turns",
            body("{{role \"user\"}}\na\n{{role \"user\"}}\nb\n{{history}}\n"),
        ),
        ("text after history", body("{{history}}\n\nHi")),
        ("two histories", body("{{history}}\n{{history}}\n")),
        (
            "model after history",
            body("{{history}}\n{{role \"model\"}}\nHi"),
        ),
        (
            "two final texts",
            body("{{history}}\n{{role \"user\"}}\nHi\n{{role \"user\"}}\nHo"),
        ),
        ("deep blocks", body(&"{{#if a}}\n".repeat(70))),
        (
            "deep brackets",
            body(&format!("{{{{json {}", "[".repeat(70))),
        ),
        (
            "deep values",
            with(&format!("x: {}{}\n", "[".repeat(70), "]".repeat(70))),
        ),
    ];
    let mut seen = String::new();
    for (what, bytes) in files {
        let error = read(&bytes, Some(&model()), &no_schema).expect_err(what);
        seen.push_str(&format!("{what}: {error}\n"));
    }
    insta::assert_snapshot!(seen, @r#"
    byte order mark: line 1: the file starts with a byte order mark; save it as UTF-8 without one
    CRLF: line 2: this line holds a carriage return; lines end with a line feed only
    NUL: line 5: this line holds a NUL character
    not UTF-8: line 6: this line is not valid UTF-8
    too large: line 1: the file is larger than 4 MiB
    empty: line 1: there is no front matter; the first line must be `---`
    no front matter: line 1: there is no front matter; the first line must be `---`
    comment first: line 1: there is no front matter; the first line must be `---`
    no end: line 1: the front matter has no end; a second line `---` is missing
    no model: line 1: the front matter has no `model`
    another model: line 3: `model` is "gemini-pro", but this file is for gpt-4o
    a provider's id: line 2: `googleai/gemini` is not a model name: lower-case letters, digits, dashes and dots, at most 64, starting with a letter or digit
    model no text: line 2: `model` must be text, not a number
    a list: line 2: the front matter must be a map, not a list
    bad YAML: line 4: this is not valid YAML: unclosed bracket '['
    duplicate key: line 5: the key `seed` stands here twice
    duplicate top key: line 5: the key `config` stands here twice
    the same in two spellings: line 5: `topP` and `top_p` are the same parameter
    limit twice: line 5: the output limit stands here twice
    limit: line 4: `maxOutputTokens` must be a whole number up to 4294967295
    anchor: line 3: anchors (`&name`) are not supported; write the value out
    alias: line 3: aliases (`*name`) are not supported; write the value out
    tag: line 4: tags (`!name`) are not supported
    merge key: line 4: merge keys (`<<`) are not supported; write the values out
    two documents: line 4: there is more than one YAML document
    config: line 3: `config` must be a map, not a number
    infinite: line 4: `.inf` is a number that JSON cannot hold
    text output with a schema: line 4: `output.format` must be "json" where there is a schema
    Picoschema: line 4: `output.schema` must be JSON Schema; Picoschema is not read
    Picoschema scalar: line 4: `output.schema` must be a JSON Schema or the name of a `.schema.json` file; Picoschema is not read
    schema file: line 4: there is no schema file `x.schema.json` for this prompt
    schema list: line 4: `output.schema` must be a map
    more in output: line 5: unknown key `output.strict`; there are format and schema
    tools no list: line 3: `toolDefs` must be a list, not a map
    tool key: line 5: unknown key `strict` of a tool; there are name, description and inputSchema
    tool name: line 4: a tool has no `name`
    tool schema: line 4: the tool `a` has no `inputSchema`
    unknown key of ours: line 3: unknown key `understudy.colour`; there are understudy.remove, understudy.options and understudy.template, each as one key
    ours nested: line 3: unknown key `understudy`; there are understudy.remove, understudy.options and understudy.template, each as one key
    engine: line 3: `understudy.template` is "handlebars" or "none", not "jinja"
    removed twice: line 3: `a` is removed twice
    options: line 3: `understudy.options` must be a map
    unknown helper: line 6: unknown helper `shout`
    unknown block: line 7: unknown helper `loop`
    partial: line 4: partials and decorators are not supported
    open block: line 6: this is not valid Handlebars
    open tag: line 5: a `{{` has no `}}`
    stray quote: line 5: this is not valid Handlebars
    marker in a block: line 6: a marker cannot stand inside a block
    history in a block: line 4: a marker cannot stand inside a block
    marker in a comment: line 5: a marker cannot stand inside a comment
    raw block: line 5: raw blocks are not supported
    unknown role: line 4: unknown role `assistant`; there are system, user and model
    role by variable: line 4: a role marker looks like {{role "system"}}
    tilde: line 4: a marker has two braces and no `~`
    three braces: line 4: a marker has two braces and no `~`
    text first: line 4: there is text before the first marker; begin the body with {{role "system"}} or {{role "user"}}
    system later: line 5: the system text comes first, and only once
    two systems: line 6: the system text comes first, and only once
    model first: line 4: example turns come in pairs before {{history}}: a user text, then the model's answer
    odd turns: line 6: example turns come in pairs before {{history}}: a user text, then the model's answer
    two user turns: line 6: example turns come in pairs before {{history}}: a user text, then the model's answer
    text after history: line 5: there is text after {{history}}; put {{role "user"}} before it
    two histories: line 5: {{history}} stands here a second time
    model after history: line 5: a model text cannot stand after {{history}}; example turns come before it
    two final texts: line 7: there is more than one user text after {{history}}
    deep blocks: line 68: blocks are nested deeper than 64
    deep brackets: line 4: brackets are nested deeper than 64
    deep values: line 3: values are nested deeper than 64
    "#);
}

#[test]
fn what_is_understood_but_not_in_the_profile_is_imported_with_a_note() {
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("no marker", body("Hello {{name}}\n")),
        ("nothing", body("")),
        (
            "no history",
            body("{{role \"system\"}}\nHi.\n{{role \"user\"}}\n{{question}}\n"),
        ),
        ("system alone", body("{{role \"system\"}}\nHi.\n")),
        (
            "inline markers",
            body("{{role 'system'}}Hi.\n{{ history }}{{role \"user\"}}Ho"),
        ),
        (
            "blank lines",
            body("\n\n{{role \"system\"}}\nHi.\n{{history}}\n\n"),
        ),
        ("quotes", with("config:\n  stopSequences: ['a', b]\n")),
        (
            "comments",
            with("# keep cool\nconfig:\n  temperature: 0.20 # legal\n"),
        ),
        ("order", with("config:\n  topP: 1\n  temperature: 1\n")),
        ("snake case", with("config:\n  top_p: 1\n")),
        (
            "default engine",
            with("understudy.template: \"handlebars\"\n"),
        ),
        (
            "no description",
            with("toolDefs:\n  - name: \"a\"\n    inputSchema: {type: \"object\"}\n"),
        ),
        ("names of tools", with("tools:\n  - \"a\"\n")),
        (
            "output without schema",
            with("output:\n  format: \"json\"\n"),
        ),
        ("defaults", with("input:\n  default:\n    a: 1\n")),
        ("layout", with("ext: {\"a\": 1}\n")),
        ("multi-line text", with("ext: |\n  a\n  b\n")),
    ];
    let mut seen = String::new();
    for (what, bytes) in files {
        let found = read(&bytes, Some(&model()), &no_schema).expect(what);
        assert!(
            !found.notes.is_empty() || !found.remarks.is_empty(),
            "{what}"
        );
        for note in found.notes.iter().chain(&found.remarks) {
            seen.push_str(&format!("{what}: line {}: {}\n", note.line, note.text));
        }
        let written = write(&model(), &found.content, None).unwrap();
        assert_eq!(
            take(&written).unwrap().content.id(),
            found.content.id(),
            "{what}"
        );
    }
    insta::assert_snapshot!(seen, @r#"
    no marker: line 4: a body without markers is the final user text, as in Dotprompt
    nothing: line 4: from here on the file is written in the fixed form: order of keys, quotes, layout
    no history: line 4: {{history}} is added where Dotprompt puts the case's turns: before a last user text, else at the end
    system alone: line 4: {{history}} is added where Dotprompt puts the case's turns: before a last user text, else at the end
    inline markers: line 4: the marker is written on a line of its own, in its plain form
    inline markers: line 5: the marker is written on a line of its own, in its plain form
    inline markers: line 5: the marker is written on a line of its own, in its plain form
    blank lines: line 4: white space before the first marker is left out
    blank lines: line 9: white space after {{history}} is left out
    quotes: line 4: `b` is taken as text and gets quotes
    comments: line 3: a comment was left out: # keep cool
    comments: line 5: `0.20` is written as 0.2
    comments: line 5: a comment was left out: # legal
    order: line 4: from here on the file is written in the fixed form: order of keys, quotes, layout
    snake case: line 4: from here on the file is written in the fixed form: order of keys, quotes, layout
    default engine: line 3: from here on the file is written in the fixed form: order of keys, quotes, layout
    no description: line 4: the tool `a` has no description; it gets an empty one
    names of tools: line 3: `tools` is kept but not sent; define the tools in `toolDefs`
    output without schema: line 3: `output` without a schema is kept but not sent
    defaults: line 3: `input.default` is kept but not applied; each case gives its own values
    layout: line 3: from here on the file is written in the fixed form: order of keys, quotes, layout
    multi-line text: line 3: from here on the file is written in the fixed form: order of keys, quotes, layout
    "#);
}

#[test]
fn bodies_are_split_at_their_markers_and_nowhere_else() {
    let found = take(std::str::from_utf8(&body(
        "{{role \"system\"}}\n a \\{{role \"user\"}}\n\\\\{{x}}{{! it's }}{{{y}}}\n\n{{role \"user\"}}\n{{role \"model\"}}\nm{{history}}\n{{role \"user\"}}\n\n last ",
    )).unwrap())
    .unwrap();
    assert_eq!(found.notes, []);
    assert_eq!(
        found.content.system,
        " a \\{{role \"user\"}}\n\\\\{{x}}{{! it's }}{{{y}}}\n\n"
    );
    assert_eq!(
        found.content.turns,
        [turn(Role::User, ""), turn(Role::Assistant, "m")]
    );
    assert_eq!(found.content.user.as_deref(), Some("\n last "));
}

#[test]
fn what_no_file_can_hold_is_not_written() {
    let system = |text: &str| Content {
        system: text.into(),
        ..Content::default()
    };
    let set = |name: &str| Content {
        params: Params {
            set: [(name.to_owned(), json!(1))].into(),
            ..Params::default()
        },
        ..Content::default()
    };
    let extra = |key: &str, value: Value| Content {
        extra: [(key.to_owned(), value)].into_iter().collect(),
        ..Content::default()
    };
    let contents = vec![
        system("a\r\nb"),
        system("a\0"),
        system("ends with \\"),
        system("a {{"),
        system("a\n{{role \"user\"}}\nb"),
        system("{{!-- {{history}} --}}"),
        system(&"x".repeat(LARGEST_FILE)),
        Content {
            turns: vec![turn(Role::User, "a")],
            ..Content::default()
        },
        Content {
            turns: vec![turn(Role::Assistant, "a")],
            ..Content::default()
        },
        Content {
            engine: Engine::None,
            user: Some(String::new()),
            ..Content::default()
        },
        Content {
            output_schema: Some(json!("string")),
            ..Content::default()
        },
        Content {
            output_schema: Some(json!({"name": "string"})),
            ..Content::default()
        },
        set("topP"),
        set("max_output_tokens"),
        extra("model", json!(1)),
        extra("understudy.x", json!(1)),
        extra("output", json!({"schema": {}})),
        extra("deep", (0..70).fold(json!(1), |value, _| json!([value]))),
    ];
    let mut seen = String::new();
    for content in contents {
        let error = check(&model(), &content).unwrap_err();
        seen.push_str(&format!("{error}\n"));
    }
    insta::assert_snapshot!(seen, @r#"
    the system text holds a carriage return or a NUL character
    the system text holds a carriage return or a NUL character
    the system text ends with a backslash, which would make the marker behind it text; end it with a line break
    the system text, line 1: this is not valid Handlebars
    the system text, line 2: role, history, media and section markers stand between texts, never inside one or inside a block
    a marker cannot stand inside a comment
    the file would be larger than 4 MiB
    example turns come in pairs before {{history}}: a user text, then the model's answer
    example turns come in pairs before {{history}}: a user text, then the model's answer
    without a template engine there is a system text and nothing else
    an output schema is an object, true or false
    `output.schema` must be JSON Schema; Picoschema is not read
    the parameter `topP` is called `top_p`
    the output limit is no sampling parameter; it has its own field
    `model` cannot be kept as an unknown key
    `understudy.x` cannot be kept as an unknown key
    the schema in `output` is kept as an unknown key
    values are nested deeper than 64
    "#);
}

proptest! {
    #[test]
    fn what_was_written_reads_back(content in content()) {
        let written = write(&model(), &content, None);
        // Not every text is a template; but the generator must not dry up, and nothing is refused without cause.
        prop_assume!(written.is_ok());
        let written = written.unwrap();
        let back = take(&written).unwrap();
        prop_assert_eq!(back.content.id(), content.id());
        prop_assert_eq!(&back.content, &content);
        prop_assert_eq!(write(&model(), &back.content, None).unwrap(), written);
    }

    #[test]
    fn plain_text_is_always_kept(system in any::<String>(), user in prop::option::of(any::<String>())) {
        let clean = |text: String| text.replace(['\r', '\0'], " ").replace('{', "{ ");
        let mut content = Content { system: clean(system), user: user.map(clean), ..Content::default() };
        if content.system.ends_with('\\') {
            content.system.push('\n');
        }
        let written = write(&model(), &content, None).unwrap();
        prop_assert_eq!(take(&written).unwrap().content, content);
    }

    /// Files near the profile: every one is taken with equal bytes, taken with a note, or refused.
    #[test]
    fn no_file_changes_in_silence(
        content in content(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..6,
        put in "[a-c:\"'\\[\\]{}#&*!|>~\\\\/ \n-]{0,5}",
    ) {
        let Ok(mut file) = write(&model(), &content, None) else { return Ok(()) };
        let start = at.index(file.len());
        let start = (0..=start).rev().find(|at| file.is_char_boundary(*at)).unwrap_or(0);
        let end = (start + length..=file.len()).find(|at| file.is_char_boundary(*at)).unwrap_or(file.len());
        file.replace_range(start..end.max(start), &put);
        if let Ok(found) = take(&file) {
            let written = write(&model(), &found.content, None).map_err(|error| TestCaseError::fail(error.reason))?;
            prop_assert_eq!(written == file, found.notes.is_empty());
            prop_assert_eq!(take(&written).unwrap().content.id(), found.content.id());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "(---|\n|[{}]{2}|[a-z\"'#/! ]){0,40}") {
        let _ = read(&bytes, None, &no_schema);
        let _ = take(&format!("---\nmodel: \"gpt-4o\"\n---\n{text}"));
    }
}
