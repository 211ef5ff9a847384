use proptest::prelude::*;

use super::*;
use crate::model::key::MARK;

const KEY: &str = "sk-planted/0123+45=";

/// Remembers what it was told, by kind.
#[derive(Default)]
struct Heard(Mutex<[String; 4]>);

impl Watch for Heard {
    fn delta(&self, delta: Delta<'_>) {
        let [text, reasoning, name, arguments] = &mut *self.0.lock().unwrap();
        match delta {
            Delta::Text(piece) => text.push_str(piece),
            Delta::Reasoning(piece) => reasoning.push_str(piece),
            Delta::Tool {
                name: tool,
                arguments: piece,
            } => {
                name.push_str(tool);
                arguments.push_str(piece);
            }
        }
    }
}

fn heard(redaction: &Redaction, pieces: &[&str]) -> [String; 4] {
    let heard = Heard::default();
    let guarded = Guarded::new(&heard, redaction);
    guarded.delta(Delta::Tool {
        name: "tool",
        arguments: "",
    });
    for piece in pieces {
        guarded.delta(Delta::Text(piece));
        guarded.delta(Delta::Reasoning(piece));
        guarded.delta(Delta::Tool {
            name: "",
            arguments: piece,
        });
    }
    guarded.end();
    heard.0.into_inner().unwrap()
}

#[test]
fn a_secret_that_arrives_in_pieces_is_told_to_nobody() {
    let text = format!("é{KEY}é sk-plan");
    let redaction = Redaction::of([KEY]);
    let cuts: Vec<usize> = (0..=text.len())
        .filter(|at| text.is_char_boundary(*at))
        .collect();
    for first in &cuts {
        for second in cuts.iter().filter(|at| *at >= first) {
            let pieces = [&text[..*first], &text[*first..*second], &text[*second..]];
            let expected = "é[secret]é sk-plan";
            assert_eq!(
                heard(&redaction, &pieces),
                [expected, expected, "tool", expected]
            );
        }
    }
}

proptest! {
    #[test]
    fn what_holds_no_secret_passes_unchanged(
        pieces in prop::collection::vec("(sk-|planted|/01|é|a|%|&|#x2F;|\\\\|u00){0,4}", 0..6),
    ) {
        let redaction = Redaction::of(["sk-planted/01é"]);
        let text = pieces.concat();
        let clean = redaction.text(&text, true).into_owned();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let [told, ..] = heard(&redaction, &pieces);
        prop_assert_eq!(&told, &clean);
        if !clean.contains(MARK) {
            prop_assert_eq!(clean, text);
        }
    }
}
