use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::catalog::LossKind;
use crate::prompt::{
    Chain, Config, Content, Margins, Policy, PolicyKind, PromptConfig, Variant, Wire,
};
use crate::set::Prompt;

fn name() -> PromptName {
    PromptName::parse("p").unwrap()
}

fn model(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

fn variant(of: &str, content: Content) -> Variant {
    Variant {
        model: model(of),
        head: "v".into(),
        versions: vec![Version {
            id: "v".into(),
            number: 1,
            content_id: content.id(),
            parent: None,
            author: "ada".into(),
            at: String::new(),
            message: String::new(),
            content,
        }],
    }
}

/// A primary on `a` and fallbacks on `b` and `c`.
fn set(models: [Model; 3], contents: [Content; 3]) -> PromptSet {
    let names = ["a", "b", "c"];
    let settings = PromptConfig {
        chain: "c".into(),
        owner: "o".into(),
        policy: Policy::of(PolicyKind::Strict),
        margins: Margins::of(PolicyKind::Strict),
        levels: BTreeMap::new(),
    };
    let variants = names.into_iter().zip(contents);
    let prompt = Prompt {
        name: name(),
        variants: variants.map(|(of, content)| variant(of, content)).collect(),
        cases: vec![],
        ledger: vec![],
    };
    let chain = Chain {
        models: names.map(model).to_vec(),
    };
    PromptSet {
        config: Config {
            models: names.map(model).into_iter().zip(models).collect(),
            chains: [("c".to_owned(), chain)].into(),
            prompts: [(name(), settings)].into(),
        },
        config_text: String::new(),
        prompts: [(name(), prompt)].into(),
    }
}

fn content() -> Content {
    let mut content = Content {
        // A template that no case could fill: texts are not looked at.
        system: "{{nobody_gives_this}}".into(),
        output_schema: Some(json!({"type": "object"})),
        ..Content::default()
    };
    content.params.set.insert("temperature".into(), json!(0.2));
    content
}

#[test]
fn heads_are_laid_side_by_side() {
    let bare = Content {
        output_schema: None,
        ..content()
    };
    let models = [
        Model::new(Wire::Anthropic, "claude-haiku-4-5"),
        Model::new(Wire::OpenaiChat, "gpt-5.5"),
        Model::new(Wire::OpenaiChat, "gpt-4o"),
    ];
    let set = set(models, [content(), bare, content()]);
    let found = outlook(&set, &Catalog::shipped(), |_| true);
    let kinds: Vec<_> = found.losses[&(name(), model("b"))]
        .iter()
        .map(|loss| (loss.kind, loss.subject.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            (LossKind::Schema, "schema"),
            (LossKind::Refused, "temperature")
        ]
    );
    assert_eq!(found.losses.len(), 1, "gpt-4o loses nothing");
    assert_eq!(
        found.facts[&model("c")].retires.as_deref(),
        Some("2027-01-14")
    );
    // What the user's own table says counts at once.
    let user = Catalog::with_user("[models.\"gpt-5.5\"]\nrefuses = []\n").unwrap();
    let found = outlook(&set, &user, |_| true);
    assert_eq!(found.losses[&(name(), model("b"))].len(), 1);
    assert_eq!(outlook(&set, &user, |_| false), Outlook::default());
}

#[test]
fn a_request_that_cannot_be_made_says_nothing() {
    let broken = Model {
        base_url: Some("nowhere".into()),
        ..Model::new(Wire::OpenaiChat, "gpt-5.5")
    };
    let good = || Model::new(Wire::OpenaiChat, "gpt-5.5");
    let fallback = set(
        [Model::new(Wire::Anthropic, "x"), broken.clone(), good()],
        [content(), content(), content()],
    );
    let found = outlook(&fallback, &Catalog::shipped(), |_| true);
    assert_eq!(
        found.losses.keys().collect::<Vec<_>>(),
        [&(name(), model("c"))]
    );
    let primary = set([broken, good(), good()], [content(), content(), content()]);
    assert!(
        outlook(&primary, &Catalog::shipped(), |_| true)
            .losses
            .is_empty()
    );
}
