//! A release with everything the format knows: two prompts, two fallbacks, a partial, tools,
//! evidence, a matched and a waived change, a passed and an accepted eval, two approvals. And the
//! means to make a wrong one properly signed.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use understudy_bundle::manifest::*;
use understudy_bundle::variant::*;
use understudy_bundle::*;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The secrets of the fixture's keys: the exporter's, the reviewer's, and a stranger's.
pub(crate) const EXPORTER: [u8; 32] = [7; 32];
pub(crate) const REVIEWER: [u8; 32] = [8; 32];
pub(crate) const STRANGER: [u8; 32] = [9; 32];

pub(crate) fn key(secret: [u8; 32]) -> SigningKey {
    SigningKey::from_secret(&secret)
}

pub(crate) fn moment(text: &str) -> Moment {
    text.parse().unwrap()
}

pub(crate) fn created() -> Moment {
    moment("2026-11-20T17:13:16Z")
}

pub(crate) fn expires() -> Moment {
    moment("2027-02-18T17:13:16Z")
}

/// A gateway that trusts exporter and reviewer, a day after the release.
pub(crate) fn trust() -> Trust {
    Trust {
        threshold: NonZeroUsize::new(2).unwrap(),
        name: Some("support".to_owned()),
        ..Trust::new(
            vec![
                key(EXPORTER).public().clone(),
                key(REVIEWER).public().clone(),
            ],
            created().plus_days(1),
        )
    }
}

pub(crate) fn form(prompt: &str, variant: &str, order: u64) -> MachineForm {
    let system = vec![
        Segment::Text("You triage messages for ".to_owned()),
        Segment::Var("product".to_owned()),
        Segment::Text(".\n„Schnell“ 😀\n".to_owned()),
    ];
    MachineForm {
        schema_version: 1,
        prompt: prompt.to_owned(),
        variant: variant.to_owned(),
        role: if order == 0 {
            Role::Primary
        } else {
            Role::Fallback
        },
        order,
        content_id: Sha256::of(variant.as_bytes()),
        model: Model {
            name: variant.to_owned(),
            wire: "openai-chat".to_owned(),
            id: format!("{variant}-2026-01-01"),
        },
        system_sha256: Sha256::of(join(&system).as_bytes()),
        system: Some(system),
        template: None,
        caller_system: CallerSystem::Drop,
        turns: vec![],
        params: Params {
            set: [("temperature_milli".to_owned(), json!(200))]
                .into_iter()
                .collect(),
            remove: vec!["top_p".to_owned()],
        },
        max_output_tokens: Some(MaxOutputTokens {
            value: 512,
            mode: LimitMode::Cap,
        }),
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

pub(crate) fn files() -> Files {
    let mut files: Files = [
        ("prompts/_shared.prompt", "---\n---\nBe kind.\n"),
        ("prompts/faq.prompt", "---\nmodel: big\n---\nAnswer.\n"),
        (
            "prompts/triage.prompt",
            "---\nmodel: big\n---\nTriage for {{product}}.\n",
        ),
        (
            "prompts/triage.small.prompt",
            "---\nmodel: small\n---\nTriage for {{product}}!\n",
        ),
        (
            "prompts/triage.local.prompt",
            "---\nmodel: local\n---\nTriage.\n",
        ),
        ("tools/lookup.json", "{\"threshold\":0.5}\n"),
        ("evidence/eval-triage.small.json", "{}\n"),
        ("evidence/eval-triage.local.json", "{}\n"),
        ("evidence/notes.md", "# Notes\n"),
    ]
    .into_iter()
    .map(|(path, content)| (path.to_owned(), content.as_bytes().to_vec()))
    .collect();
    for form in [
        form("faq", "big", 0),
        form("triage", "big", 0),
        form("triage", "small", 1),
        form("triage", "local", 2),
    ] {
        files.insert(form.path(), form.to_json().unwrap());
    }
    files
}

pub(crate) fn archive(files: &Files) -> Archive {
    Archive::build(
        &files
            .iter()
            .map(|(path, content)| (path.parse().unwrap(), content.clone()))
            .collect(),
    )
    .unwrap()
}

fn eval(variant: &str, verdict: Verdict, waiver: Option<&str>) -> EvalEntry {
    EvalEntry {
        prompt: "triage".to_owned(),
        variant: variant.to_owned(),
        suite: "schema".to_owned(),
        suite_sha256: Sha256::of(b"cases"),
        cases: 120,
        passed: 118,
        verdict,
        waiver: waiver.map(str::to_owned),
        report: format!("evidence/eval-triage.{variant}.json"),
    }
}

fn waiver(id: &str) -> WaiverEntry {
    WaiverEntry {
        id: id.to_owned(),
        author: "Ada".to_owned(),
        reason: "the local model is retired in May".to_owned(),
        expires_at: expires(),
    }
}

fn fallback(variant: &str, order: u64) -> FallbackEntry {
    FallbackEntry {
        variant: variant.to_owned(),
        order,
        model: variant.to_owned(),
        file: format!("prompts/triage.{variant}.prompt"),
    }
}

pub(crate) fn approval(reviewer: &str, secret: [u8; 32]) -> ApprovalEntry {
    ApprovalEntry {
        reviewer: reviewer.to_owned(),
        keyid: key(secret).public().id(),
        decision: Decision::Approve,
        at: created(),
        comment: None,
    }
}

pub(crate) fn draft() -> Draft {
    let primary = |file: &str| PrimaryEntry {
        model: "big-2026-01-01".to_owned(),
        file: file.to_owned(),
    };
    Draft {
        bundle: BundleMeta {
            name: "support".to_owned(),
            version: 42,
            created_at: created(),
            expires_at: expires(),
            previous: Some(Previous {
                version: 41,
                sha256: Sha256::of(b"41"),
            }),
        },
        prompts: vec![
            PromptEntry {
                name: "faq".to_owned(),
                primary: primary("prompts/faq.prompt"),
                fallbacks: vec![],
            },
            PromptEntry {
                name: "triage".to_owned(),
                primary: primary("prompts/triage.prompt"),
                fallbacks: vec![fallback("small", 1), fallback("local", 2)],
            },
        ],
        changes: vec![ChangeEntry {
            id: "triage-v12".to_owned(),
            prompt: "triage".to_owned(),
            summary: "refund window".to_owned(),
            fallbacks: vec![
                CoverageEntry::matched("small", "prompts/triage.small.prompt"),
                CoverageEntry::waived("local", "wvr-3"),
            ],
        }],
        waivers: vec![waiver("wvr-3"), waiver("wvr-4")],
        evals: vec![
            eval("small", Verdict::Pass, None),
            eval("local", Verdict::Accepted, Some("wvr-4")),
        ],
        approvals: vec![
            approval("Ada", EXPORTER),
            ApprovalEntry {
                comment: Some("“fine”".to_owned()),
                ..approval("Bob", REVIEWER)
            },
        ],
    }
}

/// The archive and the envelope as the crate makes them, signed by exporter and reviewer.
pub(crate) fn release() -> (Vec<u8>, Vec<u8>) {
    // Signing takes a while in a debug build, and most tests begin here.
    static RELEASE: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(make_release);
    RELEASE.clone()
}

pub(crate) fn make_release() -> (Vec<u8>, Vec<u8>) {
    let archive = archive(&files());
    let mut envelope = Envelope::new(draft().freeze(&archive).unwrap());
    envelope.sign(&key(EXPORTER)).unwrap();
    envelope.sign(&key(REVIEWER)).unwrap();
    (archive.bytes().to_vec(), envelope.to_json().unwrap())
}

/// The statement of [`release`] as plain JSON.
pub(crate) fn statement() -> Value {
    let (_, envelope) = release();
    serde_json::from_slice(Envelope::parse(&envelope).unwrap().payload()).unwrap()
}

/// An envelope over any bytes whatever, properly signed by exporter and reviewer: what a signer who
/// does not use this crate could make.
pub(crate) fn sign(payload: &[u8]) -> Value {
    let signature = |secret: [u8; 32]| {
        let sig = ed25519_dalek::SigningKey::from_bytes(&secret)
            .sign(&pre_authentication_encoding(payload));
        json!({"keyid": key(secret).public().id(), "sig": STANDARD.encode(sig.to_bytes())})
    };
    json!({
        "payload": STANDARD.encode(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [signature(EXPORTER), signature(REVIEWER)],
    })
}
