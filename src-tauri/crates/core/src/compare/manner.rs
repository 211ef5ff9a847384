//! Small word lists for the manner of an answer: refusals and hedges.
//!
//! For the reviewer's eye only: counts words, knows no context and is English. Parity has its own
//! measures.

/// How far into an answer a refusal stands, if it is one.
const OPENING: usize = 400;

/// What a refusal says it cannot do. Verbs that belong to business are absent on purpose: `I cannot
/// offer a refund after 30 days` is an answer.
const CANNOT: [&str; 18] = [
    "answer that",
    "assist",
    "comply",
    "condone",
    "create",
    "discuss",
    "do that",
    "encourage",
    "engage",
    "fulfil",
    "fulfill",
    "generate",
    "help",
    "provide",
    "recommend",
    "satisfy your request",
    "suggest",
    "support",
];

const REFUSALS: [&str; 13] = [
    "i'm unable to",
    "i am unable to",
    "i'm not able to",
    "i am not able to",
    "i won't be able to",
    "i will not be able to",
    "i'm not going to",
    "i must decline",
    "i have to decline",
    "i must refuse",
    "can't help with that",
    "cannot help with that",
    "not comfortable with",
];

const HEDGES: [&str; 37] = [
    "unfortunately",
    "i'm sorry",
    "i am sorry",
    "sorry",
    "i apologize",
    "i apologise",
    "apologies",
    "great question",
    "good question",
    "happy to help",
    "glad to help",
    "i hope this helps",
    "as an ai",
    "it's important to note",
    "it is important to note",
    "please note",
    "might",
    "may",
    "maybe",
    "perhaps",
    "possibly",
    "probably",
    "presumably",
    "it seems",
    "it appears",
    "seems to",
    "appears to",
    "could be",
    "i think",
    "i believe",
    "i'm not sure",
    "i am not sure",
    "not certain",
    "likely",
    "in general",
    "generally",
    "typically",
];

/// Whether an answer opens with a refusal.
pub(super) fn refuses(text: &str) -> bool {
    let opening = plain(
        text.char_indices()
            .nth(OPENING)
            .map_or(text, |(end, _)| &text[..end]),
    );
    let says = |phrase: &str| find(&opening, phrase).is_some();
    let cannot = |start: &str| CANNOT.iter().any(|verb| says(&format!("{start} {verb}")));
    REFUSALS.iter().any(|phrase| says(phrase))
        || ["i can't", "i cannot", "i can not"]
            .into_iter()
            .any(|start| says(start) && cannot(start))
}

/// How many hedging words, apologies and courtesies an answer has; overlapping ones count once.
pub(super) fn hedges(text: &str) -> usize {
    let text = plain(text);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for phrase in HEDGES {
        let mut at = 0;
        while let Some(start) = text
            .get(at..)
            .and_then(|rest| find(rest, phrase))
            .map(|offset| at + offset)
        {
            at = start + phrase.len();
            found.push((start, at));
        }
    }
    found.sort_unstable();
    let mut end = 0;
    let mut count = 0;
    for (start, stop) in found {
        if start >= end {
            count += 1;
        }
        end = end.max(stop);
    }
    count
}

/// Lower case, straight apostrophes, one space for any white space.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2019}' | '\u{2bc}' => plain.push('\''),
            c if c.is_whitespace() => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            c => plain.extend(c.to_lowercase()),
        }
    }
    plain
}

/// The phrase as whole words.
fn find(text: &str, phrase: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(offset) = text.get(from..)?.find(phrase) {
        let start = from + offset;
        let end = start + phrase.len();
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if !is_word(text[..start].chars().next_back()) && !is_word(text[end..].chars().next()) {
            return Some(start);
        }
        from = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{hedges, refuses};

    #[test]
    fn refusals_open_an_answer() {
        assert!(refuses("I’m sorry, but I cannot assist with that."));
        assert!(refuses("{\"reply\": \"I'm unable to do this.\"}"));
        assert!(!refuses("You can't help everybody."));
        assert!(refuses("I cannot suggest how to do harm."));
        assert!(!refuses("I cannot offer a refund after 30 days."));
        let late = format!(
            "{} I cannot help with taxes.",
            "We refund both charges today. ".repeat(20)
        );
        assert!(!refuses(&late));
    }

    #[test]
    fn hedges_are_whole_words_counted_once() {
        assert_eq!(
            hedges("Unfortunately you may have paid. I'm sorry! Mayor Mighty."),
            3
        );
        assert_eq!(hedges("It’s important to note: great question"), 2);
        assert_eq!(hedges(""), 0);
    }
}
