use proptest::prelude::*;

use super::super::{Class, Mode, Span, Syntax, compare, highlight, weave};

fn short(class: Option<Class>) -> &'static str {
    match class {
        None => "",
        Some(Class::Tag) => "tag",
        Some(Class::String) => "str",
        Some(Class::Number) => "num",
        Some(Class::Key) => "key",
        Some(Class::Keyword) => "kw",
        Some(Class::Comment) => "com",
        Some(Class::Variable) => "var",
        Some(Class::Heading) => "head",
        Some(Class::Punctuation) => "p",
    }
}

fn picture(lines: &[Vec<Span>]) -> String {
    let show = |span: &Span| match span.class {
        None => span.text.trim_end().to_owned(),
        class => format!("‹{} {}›", short(class), span.text),
    };
    lines
        .iter()
        .map(|line| line.iter().map(show).collect::<String>() + "\n")
        .collect()
}

#[test]
fn json_has_keys_and_values() {
    insta::assert_snapshot!(picture(&highlight("{\"a\": [1, true, \"x {{y}}\"]}\r\n", Syntax::Json)), @r#"
    ‹p {›‹key "a"›‹p :›‹p [›‹num 1›‹p ,›‹kw true›‹p ,›‹str "x ›‹var {{y}}›‹str "›‹p ]}›
    "#);
}

#[test]
fn prompts_have_headings_tags_and_variables() {
    let text = "# Role\n\n<rules id=\"a\">\nBe **brief**, {{customer.name}}. {{#if vip}}{{!-- kind --}}`x`{{/if}}\n</rules>\n- one\n";
    insta::assert_snapshot!(picture(&highlight(text, Syntax::Markdown)), @r#"
    ‹head # Role›

    ‹tag <rules›‹key id›‹p =›‹str "a"›‹tag >›
    Be **brief**,‹var {{customer.name}}›.‹kw {{#if vip}}›‹com {{!-- kind --}}›`x`‹kw {{/if}}›
    ‹tag </rules>›
    - one
    "#);
    insta::assert_snapshot!(picture(&highlight("<a b=\"c\">{{{x}}} <!-- n --></a>", Syntax::Markup)), @r#"
    ‹tag <a›‹key b›‹p =›‹str "c"›‹tag >›‹var {{{x}}}›‹com <!-- n -->›‹tag </a>›
    "#);
    insta::assert_snapshot!(picture(&highlight("{{x}} { {y} } {{ {{z}", Syntax::Plain)), @"‹var {{x}}› { {y} } {{ {{z}");
}

#[test]
fn what_is_too_long_stays_plain() {
    let long = format!("[{}1]\n[2]", "1,".repeat(5_000));
    let lines = highlight(&long, Syntax::Json);
    assert_eq!(lines.len(), 2);
    assert!(lines[0].iter().all(|span| span.class.is_none()));
    assert!(
        lines[1]
            .iter()
            .any(|span| span.class == Some(Class::Number))
    );
}

#[test]
fn classes_are_woven_into_pieces() {
    let (left, right) = ("{\"a\": \"one two\"}", "{\"a\": \"one 2\"}");
    let mut comparison = compare(left, right, Mode::Words);
    weave(&mut comparison, Syntax::Json, Syntax::of_output(right));
    let pieces = &comparison.rows[0]
        .right
        .as_ref()
        .expect("a right side")
        .pieces;
    let shown: Vec<_> = pieces
        .iter()
        .map(|piece| (piece.text.as_str(), piece.edit, short(piece.class)))
        .collect();
    insta::assert_debug_snapshot!(shown, @r#"
    [
        (
            "{",
            Same,
            "p",
        ),
        (
            "\"a\"",
            Same,
            "key",
        ),
        (
            ":",
            Same,
            "p",
        ),
        (
            " ",
            Same,
            "",
        ),
        (
            "\"one ",
            Same,
            "str",
        ),
        (
            "2",
            Only,
            "str",
        ),
        (
            "\"",
            Same,
            "str",
        ),
        (
            "}",
            Same,
            "p",
        ),
    ]
    "#);
    insta::assert_json_snapshot!(pieces[1], @r#"
    {
      "text": "\"a\"",
      "edit": "same",
      "class": "key"
    }
    "#);
}

proptest! {
    // Grammars are slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn weaving_keeps_the_law(left in super::any_text(), right in super::any_text(), braces in "[{}a# !\n]{0,20}") {
        let (left, right) = (format!("{left}{braces}"), format!("{braces}{right}"));
        for syntax in [Syntax::Plain, Syntax::Json, Syntax::Markdown, Syntax::Markup] {
            let mut comparison = compare(&left, &right, Mode::Words);
            weave(&mut comparison, syntax, syntax);
            prop_assert_eq!(super::joined(&comparison, |row| &row.left), left.clone());
            prop_assert_eq!(super::joined(&comparison, |row| &row.right), right.clone());
            let spans: String = highlight(&left, syntax).into_iter().flatten().map(|span| span.text).collect();
            prop_assert_eq!(&spans, &left);
        }
    }
}
