mod fields;
mod highlight;
mod size;

use proptest::prelude::*;

use super::{Comparison, Edit, Mode, Side, compare};

/// The text of one side, put together again from its pieces.
fn joined(comparison: &Comparison, side: impl Fn(&super::Row) -> &Option<Side>) -> String {
    comparison
        .rows
        .iter()
        .filter_map(|row| side(row).as_ref())
        .map(Side::text)
        .collect()
}

fn assert_law(left: &str, right: &str, comparison: &Comparison) {
    assert_eq!(joined(comparison, |row| &row.left), left);
    assert_eq!(joined(comparison, |row| &row.right), right);
    for row in &comparison.rows {
        assert!(row.left.is_some() || row.right.is_some());
        for side in [&row.left, &row.right].into_iter().flatten() {
            assert!(!side.pieces.is_empty());
            assert!(side.pieces.iter().all(|piece| !piece.text.is_empty()));
            let twice = side.pieces.windows(2).any(|two| two[0].edit == two[1].edit);
            assert!(!twice, "neighbours of one kind: {side:?}");
        }
        if row.left.is_none() || row.right.is_none() {
            let alone = row
                .left
                .as_ref()
                .or(row.right.as_ref())
                .expect("one side is there");
            assert!(alone.pieces.iter().all(|piece| piece.edit != Edit::Same));
        }
    }
    assert!((0.0..=1.0).contains(&comparison.ratio));
}

fn side(side: &Option<Side>) -> String {
    let Some(side) = side else {
        return "~".to_owned();
    };
    side.pieces
        .iter()
        .map(|piece| match piece.edit {
            Edit::Same => piece.text.clone(),
            Edit::Only => format!("[{}]", piece.text),
            Edit::Coarse => format!("<{}>", piece.text),
        })
        .collect::<String>()
        .replace("\r\n", "¤")
        .replace('\n', "¶")
        .replace('\r', "¬")
}

/// `left | right` a row: `[..]` stands on this side only, `~` is an absent side, `¶` a line end.
fn picture(comparison: &Comparison) -> String {
    comparison
        .rows
        .iter()
        .map(|row| format!("{} | {}\n", side(&row.left), side(&row.right)))
        .collect()
}

fn words(left: &str, right: &str) -> String {
    let comparison = compare(left, right, Mode::Words);
    assert_law(left, right, &comparison);
    picture(&comparison)
}

fn lines(left: &str, right: &str) -> String {
    let comparison = compare(left, right, Mode::Lines);
    assert_law(left, right, &comparison);
    picture(&comparison)
}

/// Text as models write it, and as nobody should: words, punctuation, every line ending, emoji,
/// Han, Arabic, marks.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => prop::sample::select(vec!["the", "refund", "order", "A-20991", "3.14", "can't", "naïve", "x"]),
        4 => Just(" "),
        2 => prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n", "\t", "  ", "\u{a0}", "\u{2028}"]),
        2 => prop::sample::select(vec![".", ", ", "\"", "{", "}", ":", "- ", "```", "…", "“"]),
        1 => prop::sample::select(vec!["👩‍👩‍👧", "🇫🇷", "e\u{301}", "返金", "ひらがな", "مرحبا", "\u{200d}", "\u{feff}"]),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

/// What both sides call common must be the same text; in words mode but for white space.
fn assert_common(comparison: &Comparison, mode: Mode) {
    let common = |side: fn(&super::Row) -> &Option<Side>| -> String {
        let sides = comparison.rows.iter().filter_map(|row| side(row).as_ref());
        let same = sides
            .flat_map(|side| &side.pieces)
            .filter(|piece| piece.edit == Edit::Same);
        let text: String = same.map(|piece| piece.text.as_str()).collect();
        match mode {
            Mode::Words => text.chars().filter(|c| !c.is_whitespace()).collect(),
            Mode::Lines => text,
        }
    };
    assert_eq!(
        common(|row| &row.left),
        common(|row| &row.right),
        "{comparison:?}"
    );
}

proptest! {
    #[test]
    fn pieces_make_the_texts_again(left in any_text(), right in any_text()) {
        for mode in [Mode::Words, Mode::Lines] {
            let comparison = compare(&left, &right, mode);
            assert_law(&left, &right, &comparison);
            assert_common(&comparison, mode);
            prop_assert_eq!(&comparison, &compare(&left, &right, mode));
        }
    }

    #[test]
    fn pieces_make_any_string_again(left in "\\PC{0,40}[\r\n]{0,3}\\PC{0,20}", right in "\\PC{0,40}\n?") {
        for mode in [Mode::Words, Mode::Lines] {
            assert_law(&left, &right, &compare(&left, &right, mode));
        }
    }

    #[test]
    fn a_text_equals_itself(text in any_text()) {
        for mode in [Mode::Words, Mode::Lines] {
            let comparison = compare(&text, &text, mode);
            assert_law(&text, &text, &comparison);
            prop_assert!(comparison.rows.iter().all(|row| !row.changed));
            prop_assert_eq!(comparison.ratio, 1.0);
        }
    }
}

#[test]
fn empty_sides() {
    insta::assert_snapshot!(words("", ""), @"");
    insta::assert_snapshot!(words("", "one\ntwo\n"), @"
    ~ | [one¶]
    ~ | [two¶]
    ");
    assert_eq!(compare("", "", Mode::Words).ratio, 1.0);
    assert_eq!(compare("", "one", Mode::Lines).ratio, 0.0);
}

#[test]
fn a_rewrap_changes_no_word() {
    let left =
        "Your order A-20991 was charged\ntwice. We refund one of the\ncharges today.\n\nBye.\n";
    let right =
        "Your order A-20991 was charged twice. We refund\none of the charges today.\n\nBye.\n";
    let comparison = compare(left, right, Mode::Words);
    assert_eq!(comparison.ratio, 1.0);
    assert!(comparison.rows.iter().all(|row| !row.changed));
    insta::assert_snapshot!(words(left, right), @"
    Your order A-20991 was charged¶twice. We refund one of the¶charges today.¶ | Your order A-20991 was charged twice. We refund¶one of the charges today.¶
    ¶ | ¶
    Bye.¶ | Bye.¶
    ");
}

#[test]
fn line_endings_are_kept() {
    insta::assert_snapshot!(words("one two\r\nthree\rfour", "one 2\nthree\nfour\n"), @"
    one [two]¤ | one [2]¶
    three¬ | three¶
    four | four¶
    ");
    insta::assert_snapshot!(lines("one two\r\nthree\rfour", "one 2\nthree\nfour\n"), @"
    one [two¤] | one [2¶]
    three[¬] | three[¶]
    four | four[¶]
    ");
}

#[test]
fn insertions_have_no_left() {
    insta::assert_snapshot!(lines("a one\nz two\n", "a one\nnew three\nmore\nz two\n"), @"
    a one¶ | a one¶
    ~ | [new three¶]
    ~ | [more¶]
    z two¶ | z two¶
    ");
    insta::assert_snapshot!(words("a one\nz two\n", "a one\nnew three\nmore\nz two\n"), @"
    a one¶ | a one¶
    ~ | [new three¶]
    ~ | [more¶]
    z two¶ | z two¶
    ");
}

#[test]
fn strays_are_tidied_away() {
    let left = "I can see why this is worrying: two charges for one order. I have passed this to our billing team. They \
                check both charges and write to you within one working day. You need to do nothing now.";
    let right = "Great question! I can see you may have been charged twice. Unfortunately I have passed this to our \
                 billing team, who might be able to refund you.";
    insta::assert_snapshot!(words(left, right), @"
    I can see [why this is worrying: two charges for one order.] I have passed this to our billing team[. They check both charges and write to you within one working day. You need to do nothing now.] | [Great question!] I can see [you may have been charged twice. Unfortunately] I have passed this to our billing team[, who might be able to refund you.]
    ");
}

#[test]
fn words_of_all_scripts() {
    insta::assert_snapshot!(words("返金は三日以内です。", "返金は五日以内です。"), @"返金は[三]日以内です。 | 返金は[五]日以内です。");
    insta::assert_snapshot!(words("ok 👩‍👩‍👧 done 🇫🇷", "ok 👨‍👩‍👧 done 🇫🇷"), @"ok [👩‍👩‍👧] done 🇫🇷 | ok [👨‍👩‍👧] done 🇫🇷");
    insta::assert_snapshot!(words("un café très", "un cafe\u{301} très"), @"un [café] très | un [café] très");
    insta::assert_snapshot!(words("***", "---"), @"[***] | [---]");
}

#[test]
fn versions_of_one_text() {
    let left = "You are a support agent.\n\n- Be brief.\n  - Refund window: 14 days.\nSign as Ada.";
    let right = "You are a support agent.\n\n- Be brief.\n- Refund window: 30 days.\nNever promise.\nSign as Ada.\n";
    insta::assert_snapshot!(lines(left, right), @"
    You are a support agent.¶ | You are a support agent.¶
    ¶ | ¶
    - Be brief.¶ | - Be brief.¶
    [  ]- Refund window: [14] days.¶ | - Refund window: [30] days.¶
    ~ | [Never promise.¶]
    Sign as Ada. | Sign as Ada.[¶]
    ");
}

#[test]
fn json_shape() {
    let comparison = compare("a b\n", "a c\n\nd", Mode::Words);
    insta::assert_json_snapshot!(comparison, @r#"
    {
      "rows": [
        {
          "left": {
            "pieces": [
              {
                "text": "a ",
                "edit": "same"
              },
              {
                "text": "b",
                "edit": "only"
              },
              {
                "text": "\n",
                "edit": "same"
              }
            ]
          },
          "right": {
            "pieces": [
              {
                "text": "a ",
                "edit": "same"
              },
              {
                "text": "c",
                "edit": "only"
              },
              {
                "text": "\n\n",
                "edit": "same"
              }
            ]
          },
          "changed": true
        },
        {
          "left": null,
          "right": {
            "pieces": [
              {
                "text": "d",
                "edit": "only"
              }
            ]
          },
          "changed": true
        }
      ],
      "ratio": 0.4,
      "coarse": false
    }
    "#);
}

#[test]
fn lines_without_words_stand_beside_their_equals() {
    let left = "Say:\n```\nnpm run dev\n```\n---\nBye.";
    let right = "Say this:\n\n```\nyarn start\n```\nNothing more.\n---\nSee you.";
    insta::assert_snapshot!(words(left, right), @"
    Say[:]¶ | Say [this:]¶¶
    ```¶ | ```¶
    [npm run dev]¶ | [yarn start]¶
    ```¶ | ```¶
    ~ | [Nothing more.¶]
    ---¶ | ---¶
    [Bye.] | [See you.]
    ");
}

#[test]
fn a_stray_word_does_not_join_paragraphs() {
    let left = "We refund one of the two charges on your card today, and you need to do nothing about it now.\n\n\
                Our billing team looks into how it came to this and writes to you within one working day.\n";
    let right = "We refund one of the two charges on your card this week, so please wait. Our team regrets it.\n\n\
                 The billing team looks into how it came to this and will call you within one working day.\n";
    insta::assert_snapshot!(words(left, right), @"
    We refund one of the two charges on your card [today, and you need to do nothing about it now.]¶ | We refund one of the two charges on your card [this week, so please wait. Our team regrets it.]¶
    ¶ | ¶
    [Our] billing team looks into how it came to this and [writes to] you within one working day.¶ | [The] billing team looks into how it came to this and [will call] you within one working day.¶
    ");
}

#[test]
fn a_paragraph_may_answer_to_a_list() {
    let left = "Send us the order number, the date of the charge and the last four digits.";
    let right = "Send us:\n- the order number\n- the date of the charge\n- the last four digits of the card\n";
    insta::assert_snapshot!(words(left, right), @"
    Send us the order number[,] the date of the charge [and] the last four digits[.] | Send us[:¶-] the order number¶[-] the date of the charge¶[-] the last four digits [of the card]¶
    ");
}
