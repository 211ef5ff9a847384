use super::*;

fn text(lines: &[Line]) -> Vec<String> {
    lines
        .iter()
        .map(|line| line.show(Style { colour: false }))
        .collect()
}

#[test]
fn lines_break_at_spaces_and_lose_nothing_else() {
    let line = Line::plain("one two  three ").then(Ink::Bold, "fourfive six");
    assert_eq!(text(&line.wrap(9)), ["one two", "three", "fourfive", "six"]);
    assert_eq!(
        text(&Line::plain("abcdefgh ij").wrap(3)),
        ["abc", "def", "gh", "ij"]
    );
    assert_eq!(
        text(&Line::plain("  indented text").wrap(11)),
        ["  indented", "text"]
    );
    assert_eq!(text(&Line::new().wrap(9)), [""]);
}

#[test]
fn wide_characters_take_two_columns() {
    assert_eq!(Line::plain("語語a").width(), 5);
    assert_eq!(text(&Line::plain("語語語").wrap(5)), ["語語", "語"]);
    assert_eq!(
        text(&[Line::plain("語").padded(4).then(Ink::Plain, "|")]),
        ["語  |"]
    );
}

#[test]
fn a_word_keeps_its_inks_over_a_break() {
    let line = Line::plain("ab").then(Ink::Bold, "cd ef");
    let shown: String = line
        .wrap(4)
        .iter()
        .map(|line| line.show(Style { colour: true }) + "/")
        .collect();
    assert_eq!(shown, "ab\x1b[1mcd\x1b[0m/\x1b[1mef\x1b[0m/");
}

#[test]
fn a_shortened_line_says_so() {
    assert_eq!(
        text(&[Line::plain("one two three").shortened(8)]),
        ["one two…"]
    );
    assert_eq!(text(&[Line::plain("one").shortened(8)]), ["one"]);
}

#[test]
fn a_table_gives_way_in_one_column() {
    let mut table = table::Table::new(&["ID", "TITLE", "N"], 1);
    table.row(vec![
        Line::plain("語"),
        Line::plain("a title that is rather long for it"),
        Line::plain("1"),
    ]);
    table.row(vec![Line::plain("b"), Line::new(), Line::plain("22")]);
    insta::assert_snapshot!(text(&table.lines(Some(26))).join("\n"), @r"
    ID  TITLE               N
    語  a title that is     1
        rather long for it
    b                       22
    ");
    insta::assert_snapshot!(text(&table.lines(None)).join("\n"), @r"
    ID  TITLE                               N
    語  a title that is rather long for it  1
    b                                       22
    ");
}
