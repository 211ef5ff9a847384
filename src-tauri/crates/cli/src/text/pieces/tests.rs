use understudy_core::compare::{Mode, compare, compare_fields};

use super::*;

fn show(lines: &[Line], colour: bool) -> String {
    lines
        .iter()
        .map(|line| line.show(Style { colour }) + "\n")
        .collect()
}

fn side_by_side(left: &str, right: &str, width: usize, colour: bool) -> String {
    in_mode(Mode::Words, left, right, width, colour)
}

fn in_mode(mode: Mode, left: &str, right: &str, width: usize, colour: bool) -> String {
    let rows = compare(left, right, mode).rows;
    let titles = [Line::plain("claude"), Line::plain("gpt")];
    let lines = beside(&rows, [&titles[0], &titles[1]], width, Style { colour });
    show(&lines, colour)
}

const LEFT: &str = "You can send it back within 30 days.\nSorry for the trouble.\n";
const RIGHT: &str = "You can return it within 14 days.\n";

#[test]
fn without_colours_brackets_say_what_stands_on_one_side() {
    insta::assert_snapshot!(side_by_side(LEFT, RIGHT, 80, false), @r"
    claude                                 │ gpt
    ───────────────────────────────────────┼───────────────────────────────────────
    You can {<send it back<} within {<30<} ┃ You can {>return it>} within {>14>}
    days.                                  ┃ days.
    {<Sorry for the trouble.<}             ┃
    ");
}

#[test]
fn with_colours_inks_do() {
    insta::assert_snapshot!(side_by_side(LEFT, RIGHT, 80, true).replace('\x1b', "␛"), @r"
    claude                                ␛[2m │␛[0m gpt
    ␛[2m───────────────────────────────────────┼───────────────────────────────────────␛[0m
    You can ␛[4;34msend it back␛[0m within ␛[4;34m30␛[0m days.   ┃ You can ␛[4;33mreturn it␛[0m within ␛[4;33m14␛[0m days.
    ␛[4;34mSorry for the trouble.␛[0m                 ┃
    ");
}

#[test]
fn a_narrow_terminal_gets_the_sides_under_each_other() {
    insta::assert_snapshot!(side_by_side(LEFT, RIGHT, 40, false), @r"
    claude:
      You can {<send it back<} within {<30<}
      days.
    gpt:
      You can {>return it>} within {>14>}
      days.
    claude:
      {<Sorry for the trouble.<}
    ");
}

#[test]
fn an_output_cannot_steer_the_terminal() {
    let own = ["\x1b[4;34m", "\x1b[4;33m", "\x1b[2m", "\x1b[0m"];
    let shown = side_by_side("a \x1b]0;title\x07 b", "a \x1b[2J b", 80, true);
    let foreign = own.iter().fold(shown, |text, own| text.replace(own, ""));
    assert!(foreign.contains("␛]0;title␇"), "{foreign}");
    assert!(!foreign.contains(['\x1b', '\x07']), "{foreign:?}");
}

#[test]
fn fields_stand_beside_their_names() {
    let fields = compare_fields(
        r#"{"reply": "Yes, within 30 days.", "refund": true, "order_id": 7}"#,
        "```json\n{\"reply\": \"Yes.\", \"refund\": \"true\"}\n```",
    );
    let titles = [Line::plain("claude"), Line::plain("gpt")];
    let lines = beside(
        &fields.rows,
        [&titles[0], &titles[1]],
        80,
        Style { colour: false },
    );
    insta::assert_snapshot!(show(&lines, false), @r#"
              claude                            │ gpt
    ────────────────────────────────────────────┼──────────────────────────────────
    form      {<raw JSON<}                      ┃ {>JSON in a fence>}
    reply     Yes{<, within 30 days.<}          ┃ Yes{>.>}
    refund    {<true<} boolean                  ┃ {>"true">} text
    order_id  {<7<}                             ┃ – missing
    "#);
}

#[test]
fn line_ends_are_shown_only_where_they_differ() {
    let alike = in_mode(Mode::Lines, "a b\r\n", "a b\r\n", 80, false);
    assert!(!alike.contains('␍'), "{alike}");
    let differ = in_mode(Mode::Lines, "a b\r\n", "a b\n", 80, false);
    assert!(differ.contains('␍'), "{differ}");
}

#[test]
fn versions_are_shown_line_under_line() {
    let old = "a\nb\nc\nd\ne\nyou may refund within 30 days\nf\n";
    let new = "a\nb\nc\nd\ne\nyou may refund within 14 days\nbe brief\nf\n";
    insta::assert_snapshot!(show(&plus_minus(&compare(old, new, Mode::Lines)), false), @r"
      … 2 lines alike
      c
      d
      e
    - you may refund within 30 days
    + you may refund within 14 days
    + be brief
      f
    ");
}
