//! `cargo bench -p understudy-bundle`: how long the largest bundle takes to verify. The promise is
//! 300 ms.
#![expect(
    clippy::print_stdout,
    reason = "a benchmark reports to whoever started it"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use understudy_bundle::manifest::*;
use understudy_bundle::variant::*;
use understudy_bundle::*;

/// So many prompts of one primary each: two files apiece, 2,000 in all.
const PROMPTS: usize = 1_000;
const ROUNDS: usize = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let key = SigningKey::from_secret(&[7; 32]);
    let made: Moment = "2026-11-20T17:13:16Z".parse()?;
    let mut files = BTreeMap::new();
    let mut prompts = Vec::new();
    for number in 0..PROMPTS {
        let name = format!("prompt-{number:04}");
        let text = format!("You answer questions about product {number}. ").repeat(90);
        let file = format!("prompts/{name}.prompt");
        let form = form(&name, &text);
        files.insert(form.path().parse()?, form.to_json()?);
        files.insert(file.parse()?, text.into_bytes());
        let primary = PrimaryEntry {
            model: "big".into(),
            file,
        };
        prompts.push(PromptEntry {
            name,
            primary,
            fallbacks: vec![],
        });
    }
    let archive = Archive::build(&files)?;
    let approval = ApprovalEntry {
        reviewer: "release".into(),
        keyid: key.public().id(),
        decision: Decision::Approve,
        at: made,
        comment: None,
    };
    let bundle = BundleMeta {
        name: "large".into(),
        version: 1,
        created_at: made,
        expires_at: made.plus_days(90),
        previous: None,
    };
    let draft = Draft {
        bundle,
        prompts,
        changes: vec![],
        waivers: vec![],
        evals: vec![],
        approvals: vec![approval],
    };
    let mut envelope = Envelope::new(draft.freeze(&archive)?);
    envelope.sign(&key)?;
    let envelope = envelope.to_json()?;
    let trust = Trust::new(vec![key.public().clone()], made.plus_days(1));

    let mut times = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            verify(archive.bytes(), &envelope, &trust)?;
            Ok(start.elapsed())
        })
        .collect::<Result<Vec<Duration>, Rejection>>()?;
    times.sort();
    let at = |share: usize| times.get(ROUNDS * share / 100).copied().unwrap_or_default();
    println!(
        "verify: {} files, archive {:.1} MiB, envelope {:.1} MiB: median {:.1?}, 95th percentile {:.1?}",
        files.len(),
        archive.bytes().len() as f64 / 1_048_576.0,
        envelope.len() as f64 / 1_048_576.0,
        at(50),
        at(95),
    );
    Ok(())
}

fn form(prompt: &str, text: &str) -> MachineForm {
    let system = vec![
        Segment::Text(text.to_owned()),
        Segment::Var("product".to_owned()),
    ];
    MachineForm {
        schema_version: SCHEMA_VERSION,
        prompt: prompt.to_owned(),
        variant: "big".to_owned(),
        role: Role::Primary,
        order: 0,
        content_id: Sha256::of(text.as_bytes()),
        model: Model {
            name: "big".into(),
            wire: "anthropic".into(),
            id: "big-1".into(),
        },
        system_sha256: Sha256::of(join(&system).as_bytes()),
        system: Some(system),
        template: None,
        caller_system: CallerSystem::Drop,
        turns: vec![],
        params: Params::default(),
        max_output_tokens: None,
        tools: Tools {
            mode: ToolMode::Describe,
            items: vec![],
        },
        output_schema: None,
        failover: Failover {
            timeout_ms: 12_000,
            retries: 1,
            breaker: Breaker {
                failures: 3,
                window_seconds: 30,
                probe_seconds: 60,
            },
            message: None,
        },
    }
}
