//! Every way of tampering that the format names, each with its own code.
//!
//! Most rows are made by signers who have the trusted keys and do wrong, for that is who gets past
//! the first checks.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use understudy_bundle::*;

use crate::fixture::*;

/// At which step somebody tampers. All steps after it are done properly.
enum At {
    /// The statement as JSON; then made canonical, signed.
    Statement(fn(&mut Value)),
    /// The files; then archived, listed, signed.
    Files(fn(&mut Files)),
    /// Both of these.
    FilesAndStatement(fn(&mut Files), fn(&mut Value)),
    /// The archive; then its digest written into the statement, signed.
    Archive(fn(&mut Vec<u8>)),
    /// The payload's text; then signed.
    Payload(fn(&str) -> String),
    /// The envelope as JSON, after signing.
    Envelope(fn(&mut Value)),
    /// The envelope's text, after signing.
    EnvelopeText(fn(&str) -> String),
    /// The archive, after signing.
    Delivered(fn(&mut Vec<u8>)),
    /// What the gateway asks for.
    Trust(fn(&mut Trust)),
}

fn judge(at: &At) -> Result<(), Rejection> {
    let mut files = files();
    if let At::Files(tamper) | At::FilesAndStatement(tamper, _) = at {
        tamper(&mut files);
    }
    let built = archive(&files);
    let mut bytes = built.bytes().to_vec();
    if let At::Archive(tamper) = at {
        tamper(&mut bytes);
    }
    let mut statement = statement();
    statement["subject"][0]["digest"]["sha256"] = json!(Sha256::of(&bytes));
    statement["predicate"]["files"] = json!(built.entries());
    if let At::Statement(tamper) | At::FilesAndStatement(_, tamper) = at {
        tamper(&mut statement);
    }
    // Sorted keys without white space; unlike the crate's own writer this takes floats.
    let mut payload = sorted(&statement).to_string();
    if let At::Payload(tamper) = at {
        payload = tamper(&payload);
    }
    let mut envelope = sign(payload.as_bytes());
    if let At::Envelope(tamper) = at {
        tamper(&mut envelope);
    }
    let mut envelope = envelope.to_string();
    if let At::EnvelopeText(tamper) = at {
        envelope = tamper(&envelope);
    }
    if let At::Delivered(tamper) = at {
        tamper(&mut bytes);
    }
    let mut trust = trust();
    if let At::Trust(tamper) = at {
        tamper(&mut trust);
    }
    verify(&bytes, envelope.as_bytes(), &trust).map(|_| ())
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .iter()
                .map(|(key, field)| (key.clone(), sorted(field)))
                .collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields.into_iter().collect())
        }
        other => other.clone(),
    }
}

fn predicate(statement: &mut Value) -> &mut Value {
    &mut statement["predicate"]
}

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().unwrap().remove(key).unwrap();
}

fn edit_form(files: &mut Files, path: &str, from: &str, to: &str) {
    let text = String::from_utf8(files[path].clone()).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    files.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
}

/// Changes the list of files and not the archive.
fn relist(statement: &mut Value, change: impl Fn(&mut Vec<Value>)) {
    change(predicate(statement)["files"].as_array_mut().unwrap());
}

const PROMPT: &str = "prompts/triage.small.prompt";
const FORM: &str = "variants/triage.small.json";

fn rows() -> Vec<(&'static str, Code, At)> {
    use At::*;
    vec![
        // Limits
        (
            "envelope too large",
            Code::Size,
            EnvelopeText(|text| format!("{text}{}", " ".repeat(8 * 1024 * 1024))),
        ),
        (
            "archive too large",
            Code::Size,
            Delivered(|bytes| bytes.resize(32 * 1024 * 1024 + 1, 0)),
        ),
        (
            "17 signatures",
            Code::Size,
            Envelope(|e| {
                let signatures = e["signatures"].as_array_mut().unwrap();
                signatures.extend((2..17).map(|n| json!({"keyid": n.to_string(), "sig": ""})));
            }),
        ),
        (
            "2,001 files listed",
            Code::Size,
            Statement(|s| {
                let file = predicate(s)["files"][0].clone();
                predicate(s)["files"] = vec![file; 2_001].into();
            }),
        ),
        (
            "a file over 4 MiB listed",
            Code::Size,
            Statement(|s| {
                predicate(s)["files"][0]["size"] = json!(4 * 1024 * 1024 + 1);
            }),
        ),
        // Envelope
        (
            "envelope no JSON",
            Code::Envelope,
            EnvelopeText(|_| "hello".into()),
        ),
        (
            "envelope empty",
            Code::Envelope,
            EnvelopeText(|_| String::new()),
        ),
        (
            "envelope with BOM",
            Code::Envelope,
            EnvelopeText(|text| format!("\u{feff}{text}")),
        ),
        (
            "envelope cut",
            Code::Envelope,
            EnvelopeText(|text| text[..text.len() - 1].into()),
        ),
        (
            "text after the envelope",
            Code::Envelope,
            EnvelopeText(|text| format!("{text}{{}}")),
        ),
        (
            "envelope with one more field",
            Code::Envelope,
            Envelope(|e| e["note"] = json!("")),
        ),
        (
            "envelope without signatures",
            Code::Envelope,
            Envelope(|e| remove(e, "signatures")),
        ),
        (
            "envelope field twice",
            Code::Envelope,
            EnvelopeText(|text| text.replacen('{', "{\"payloadType\":\"\",", 1)),
        ),
        (
            "signature with one more field",
            Code::Envelope,
            Envelope(|e| e["signatures"][0]["cert"] = json!("")),
        ),
        (
            "signature without keyid",
            Code::Envelope,
            Envelope(|e| remove(&mut e["signatures"][0], "keyid")),
        ),
        (
            "another payload type",
            Code::PayloadType,
            Envelope(|e| e["payloadType"] = json!("application/json")),
        ),
        // Base64
        (
            "payload without padding",
            Code::Base64,
            Envelope(|e| {
                // Three lengths in a row: one of them is padded.
                let text = e["payload"]
                    .as_str()
                    .unwrap()
                    .trim_end_matches('=')
                    .to_owned();
                e["payload"] = json!(if text.len() % 4 == 0 {
                    format!("{text}=")
                } else {
                    text
                });
            }),
        ),
        (
            "payload with a line break",
            Code::Base64,
            Envelope(|e| {
                e["payload"] = json!(format!("{}\n", e["payload"].as_str().unwrap()));
            }),
        ),
        (
            "payload in the URL alphabet",
            Code::Base64,
            Envelope(|e| e["payload"] = json!("-_-_")),
        ),
        (
            "payload with stray bits",
            Code::Base64,
            Envelope(|e| e["payload"] = json!("aGl=")),
        ),
        (
            "signature in hex with a colon",
            Code::Base64,
            Envelope(|e| e["signatures"][0]["sig"] = json!("ab:cd")),
        ),
        (
            "a stranger's signature no base64",
            Code::Base64,
            Envelope(|e| {
                e["signatures"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"keyid": "stranger", "sig": "?"}));
            }),
        ),
        // Signatures
        (
            "payload changed after signing",
            Code::Signature,
            Envelope(|e| {
                let payload = STANDARD.decode(e["payload"].as_str().unwrap()).unwrap();
                let payload = String::from_utf8(payload)
                    .unwrap()
                    .replace("\"passed\":118", "\"passed\":120");
                e["payload"] = json!(STANDARD.encode(payload));
            }),
        ),
        (
            "signatures exchanged",
            Code::Signature,
            Envelope(|e| {
                let first = e["signatures"][0]["sig"].take();
                e["signatures"][0]["sig"] = e["signatures"][1]["sig"].take();
                e["signatures"][1]["sig"] = first;
            }),
        ),
        (
            "a signature too short",
            Code::Signature,
            Envelope(|e| e["signatures"][0]["sig"] = json!("aGk=")),
        ),
        (
            "a malleable signature",
            Code::Signature,
            Envelope(|e| {
                let mut sig = STANDARD
                    .decode(e["signatures"][0]["sig"].as_str().unwrap())
                    .unwrap();
                sig[63] |= 0x20;
                e["signatures"][0]["sig"] = json!(STANDARD.encode(sig));
            }),
        ),
        (
            "signature of other bytes, the other one good",
            Code::Signature,
            Envelope(|e| {
                e["signatures"][1] = sign(b"other")["signatures"][1].take();
            }),
        ),
        (
            "one key's signature twice",
            Code::Signature,
            Envelope(|e| {
                let first = e["signatures"][0].clone();
                e["signatures"].as_array_mut().unwrap().push(first);
            }),
        ),
        (
            "an unknown key twice",
            Code::Signature,
            Envelope(|e| {
                let unknown = json!({"keyid": "unknown", "sig": ""});
                e["signatures"]
                    .as_array_mut()
                    .unwrap()
                    .extend([unknown.clone(), unknown]);
            }),
        ),
        (
            "signatures removed",
            Code::Threshold,
            Envelope(|e| e["signatures"] = json!([])),
        ),
        (
            "one signature of two",
            Code::Threshold,
            Envelope(|e| {
                e["signatures"].as_array_mut().unwrap().pop();
            }),
        ),
        (
            "keyid in capitals",
            Code::Threshold,
            Envelope(|e| {
                e["signatures"][0]["keyid"] =
                    json!(e["signatures"][0]["keyid"].as_str().unwrap().to_uppercase());
            }),
        ),
        (
            "only a stranger trusted",
            Code::Threshold,
            Trust(|t| t.keys = vec![key(STRANGER).public().clone()]),
        ),
        (
            "one key trusted twice",
            Code::Threshold,
            Trust(|t| t.keys = vec![t.keys[0].clone(), t.keys[0].clone()]),
        ),
        ("no key trusted", Code::Threshold, Trust(|t| t.keys.clear())),
        // Statement
        (
            "payload no JSON",
            Code::Statement,
            Payload(|_| "hello".into()),
        ),
        (
            "payload cut",
            Code::Statement,
            Payload(|text| text[..text.len() - 1].into()),
        ),
        (
            "payload with BOM",
            Code::Statement,
            Payload(|text| format!("\u{feff}{text}")),
        ),
        (
            "payload of brackets",
            Code::Statement,
            Payload(|_| "[".repeat(100_000)),
        ),
        (
            "an older statement",
            Code::Statement,
            Statement(|s| s["_type"] = json!("https://in-toto.io/Statement/v0.1")),
        ),
        (
            "no statement type",
            Code::Statement,
            Statement(|s| remove(s, "_type")),
        ),
        (
            "no subject list",
            Code::Statement,
            Statement(|s| remove(s, "subject")),
        ),
        (
            "no predicate",
            Code::Statement,
            Statement(|s| s["predicate"] = json!(null)),
        ),
        // Canonical form
        (
            "a space",
            Code::NotCanonical,
            Payload(|text| text.replacen(':', ": ", 1)),
        ),
        (
            "a line feed at the end",
            Code::NotCanonical,
            Payload(|text| format!("{text}\n")),
        ),
        (
            "a needless escape",
            Code::NotCanonical,
            Payload(|text| text.replacen("refund", "\\u0072efund", 1)),
        ),
        (
            "an escaped slash",
            Code::NotCanonical,
            Payload(|text| text.replacen("prompts/", "prompts\\/", 1)),
        ),
        (
            "text escaped beyond need",
            Code::NotCanonical,
            Payload(|text| text.replacen('“', "\\u201c", 1)),
        ),
        (
            "keys out of order",
            Code::NotCanonical,
            Payload(|text| {
                text.replacen(
                    "\"cases\":120,\"passed\":118",
                    "\"passed\":118,\"cases\":120",
                    1,
                )
            }),
        ),
        (
            "a key twice",
            Code::NotCanonical,
            Payload(|text| text.replacen("\"cases\":120", "\"cases\":1,\"cases\":120", 1)),
        ),
        (
            "a float",
            Code::NotCanonical,
            Payload(|text| text.replacen("\"cases\":120", "\"cases\":120.0", 1)),
        ),
        (
            "an exponent",
            Code::NotCanonical,
            Payload(|text| text.replacen("\"cases\":120", "\"cases\":12e1", 1)),
        ),
        (
            "minus zero",
            Code::NotCanonical,
            Payload(|text| text.replacen("\"cases\":120", "\"cases\":-0", 1)),
        ),
        (
            "an integer of 2^53",
            Code::NotCanonical,
            Payload(|text| text.replacen("\"cases\":120", "\"cases\":9007199254740992", 1)),
        ),
        // Predicate
        (
            "another predicate",
            Code::PredicateType,
            Statement(|s| s["predicateType"] = json!("https://slsa.dev/v1")),
        ),
        (
            "no predicate type",
            Code::PredicateType,
            Statement(|s| remove(s, "predicateType")),
        ),
        // Shape
        (
            "unknown field in the statement",
            Code::Schema,
            Statement(|s| s["extra"] = json!(1)),
        ),
        (
            "unknown field in the predicate",
            Code::Schema,
            Statement(|s| predicate(s)["extra"] = json!(1)),
        ),
        (
            "unknown field in the bundle",
            Code::Schema,
            Statement(|s| predicate(s)["bundle"]["extra"] = json!(1)),
        ),
        (
            "unknown field in a file",
            Code::Schema,
            Statement(|s| predicate(s)["files"][0]["mode"] = json!(1)),
        ),
        (
            "unknown field in a subject",
            Code::Schema,
            Statement(|s| s["subject"][0]["uri"] = json!("x")),
        ),
        (
            "another digest",
            Code::Schema,
            Statement(|s| s["subject"][0]["digest"]["md5"] = json!("x")),
        ),
        (
            "unknown field in a waiver",
            Code::Schema,
            Statement(|s| predicate(s)["waivers"][0]["extra"] = json!(1)),
        ),
        (
            "previous left out",
            Code::Schema,
            Statement(|s| remove(&mut predicate(s)["bundle"], "previous")),
        ),
        (
            "an optional field null",
            Code::Schema,
            Statement(|s| predicate(s)["approvals"][0]["comment"] = json!(null)),
        ),
        (
            "changes left out",
            Code::Schema,
            Statement(|s| remove(predicate(s), "changes")),
        ),
        (
            "a number as text",
            Code::Schema,
            Statement(|s| predicate(s)["bundle"]["version"] = json!("42")),
        ),
        (
            "a negative number",
            Code::Schema,
            Statement(|s| predicate(s)["evals"][0]["cases"] = json!(-1)),
        ),
        (
            "version 0",
            Code::Schema,
            Statement(|s| predicate(s)["bundle"]["version"] = json!(0)),
        ),
        (
            "schema version 2",
            Code::Schema,
            Statement(|s| predicate(s)["schemaVersion"] = json!(2)),
        ),
        (
            "a digest in capitals",
            Code::Schema,
            Statement(|s| {
                let sha256 = s["subject"][0]["digest"]["sha256"]
                    .as_str()
                    .unwrap()
                    .to_uppercase();
                s["subject"][0]["digest"]["sha256"] = json!(sha256);
            }),
        ),
        (
            "a time with fraction",
            Code::Schema,
            Statement(|s| {
                predicate(s)["bundle"]["createdAt"] = json!("2026-11-20T17:13:16.5Z");
            }),
        ),
        (
            "a time with offset",
            Code::Schema,
            Statement(|s| {
                predicate(s)["waivers"][0]["expiresAt"] = json!("2027-02-18T17:13:16+00:00");
            }),
        ),
        (
            "an unknown media type",
            Code::Schema,
            Statement(|s| predicate(s)["files"][0]["mediaType"] = json!("text/plain")),
        ),
        (
            "an end before the beginning",
            Code::Schema,
            Statement(|s| {
                predicate(s)["bundle"]["expiresAt"] = predicate(s)["bundle"]["createdAt"].clone();
            }),
        ),
        (
            "a life of 400 days and a second",
            Code::Schema,
            Statement(|s| {
                predicate(s)["bundle"]["expiresAt"] = json!("2027-12-25T17:13:17Z");
            }),
        ),
        // Name, time, version
        (
            "a bundle name with a dot",
            Code::Name,
            Statement(|s| predicate(s)["bundle"]["name"] = json!("a.b")),
        ),
        (
            "a prompt name with a slash",
            Code::Name,
            Statement(|s| predicate(s)["prompts"][0]["name"] = json!("a/b")),
        ),
        (
            "a variant name in capitals",
            Code::Name,
            Statement(|s| {
                predicate(s)["prompts"][1]["fallbacks"][0]["variant"] = json!("Small");
            }),
        ),
        (
            "another bundle wanted",
            Code::Name,
            Trust(|t| t.name = Some("billing".into())),
        ),
        (
            "made in the future",
            Code::NotYetValid,
            Trust(|t| t.now = moment("2026-11-20T17:08:15Z")),
        ),
        ("expired", Code::Expired, Trust(|t| t.now = expires())),
        (
            "older than the last",
            Code::Rollback,
            Trust(|t| t.min_version = Some(43)),
        ),
        (
            "another archive of the last version",
            Code::Rollback,
            Trust(|t| {
                t.min_version = Some(42);
                t.pinned_sha256 = Some(Sha256::of(b"other"));
            }),
        ),
        (
            "previous not before",
            Code::Rollback,
            Statement(|s| {
                predicate(s)["bundle"]["previous"]["version"] = json!(42);
            }),
        ),
        // Subject and archive
        (
            "two subjects",
            Code::Subject,
            Statement(|s| {
                let first = s["subject"][0].clone();
                s["subject"].as_array_mut().unwrap().push(first);
            }),
        ),
        (
            "no subject",
            Code::Subject,
            Statement(|s| s["subject"] = json!([])),
        ),
        (
            "a subject of another version",
            Code::Subject,
            Statement(|s| {
                s["subject"][0]["name"] = json!("support-v41.promptbundle.tar");
            }),
        ),
        (
            "archive changed after signing",
            Code::Digest,
            Delivered(|bytes| bytes[600] ^= 1),
        ),
        (
            "archive cut",
            Code::Digest,
            Delivered(|bytes| bytes.truncate(bytes.len() - 512)),
        ),
        (
            "archive longer",
            Code::Digest,
            Delivered(|bytes| bytes.extend([0; 512])),
        ),
        ("archive empty", Code::Digest, Delivered(Vec::clear)),
        (
            "digest of another archive",
            Code::Digest,
            Statement(|s| {
                s["subject"][0]["digest"]["sha256"] = json!(Sha256::of(b"other"));
            }),
        ),
        (
            "a path upwards",
            Code::Path,
            Statement(|s| predicate(s)["files"][0]["path"] = json!("prompts/../x.prompt")),
        ),
        (
            "an absolute path",
            Code::Path,
            Statement(|s| predicate(s)["files"][0]["path"] = json!("/prompts/x.prompt")),
        ),
        (
            "a path elsewhere",
            Code::Path,
            Statement(|s| predicate(s)["files"][0]["path"] = json!("bin/x.prompt")),
        ),
        (
            "a device",
            Code::Path,
            Statement(|s| predicate(s)["files"][0]["path"] = json!("prompts/nul.prompt")),
        ),
        (
            "a path of 101 bytes",
            Code::Path,
            Statement(|s| {
                predicate(s)["files"][0]["path"] =
                    json!(format!("prompts/{}.prompt", "a".repeat(86)));
            }),
        ),
        (
            "another mode",
            Code::Tar,
            Archive(|bytes| bytes[104] = b'7'),
        ),
        (
            "a link instead of a file",
            Code::Tar,
            Archive(|bytes| bytes[156] = b'2'),
        ),
        ("an owner", Code::Tar, Archive(|bytes| bytes[265] = b'r')),
        ("a time", Code::Tar, Archive(|bytes| bytes[146] = b'1')),
        (
            "a checksum written differently",
            Code::Tar,
            Archive(|bytes| bytes[154] = b' '),
        ),
        (
            "something in the padding",
            Code::Tar,
            Archive(|bytes| bytes[1023] = 1),
        ),
        (
            "a third block at the end",
            Code::Tar,
            Archive(|bytes| bytes.extend([0; 512])),
        ),
        (
            "ten kilobytes of blocking",
            Code::Tar,
            Archive(|bytes| bytes.resize(bytes.len().next_multiple_of(10_240), 0)),
        ),
        (
            "one block at the end",
            Code::Tar,
            Archive(|bytes| bytes.truncate(bytes.len() - 512)),
        ),
        (
            "something after the end",
            Code::Tar,
            Archive(|bytes| *bytes.last_mut().unwrap() = 1),
        ),
        (
            "a file more than listed",
            Code::Tar,
            Statement(|s| relist(s, |files| drop(files.pop()))),
        ),
        (
            "a file less than listed",
            Code::Tar,
            Statement(|s| {
                relist(s, |files| {
                    let mut last = files.last().unwrap().clone();
                    last["path"] = json!("variants/zzz.json");
                    files.push(last);
                })
            }),
        ),
        (
            "another size listed",
            Code::Tar,
            Statement(|s| predicate(s)["files"][0]["size"] = json!(1)),
        ),
        (
            "another content listed",
            Code::FileDigest,
            Statement(|s| {
                predicate(s)["files"][0]["sha256"] = json!(Sha256::of(b"other"));
            }),
        ),
        (
            "another content archived",
            Code::FileDigest,
            Archive(|bytes| bytes[512] ^= 1),
        ),
        // Content
        (
            "a file that is not UTF-8",
            Code::Content,
            Files(|f| drop(f.insert(PROMPT.into(), vec![0xff]))),
        ),
        (
            "a media type of another extension",
            Code::Content,
            Statement(|s| {
                predicate(s)["files"][0]["mediaType"] = json!("text/markdown");
            }),
        ),
        (
            "a machine form that is no JSON",
            Code::Content,
            Files(|f| drop(f.insert(FORM.into(), b"hello".to_vec()))),
        ),
        (
            "a machine form that is no .json",
            Code::Content,
            Files(|f| drop(f.insert("variants/a.md".into(), vec![]))),
        ),
        (
            "a fraction in a machine form",
            Code::Content,
            Files(|f| edit_form(f, FORM, "_milli\":200", "\":0.2")),
        ),
        (
            "a key twice in a machine form",
            Code::Content,
            Files(|f| edit_form(f, FORM, "{", "{\"order\":1,")),
        ),
        (
            "an unknown field in a machine form",
            Code::Content,
            Files(|f| edit_form(f, FORM, "{", "{\"x\":1,")),
        ),
        (
            "another system text than its digest",
            Code::Content,
            Files(|f| edit_form(f, FORM, "triage messages", "x")),
        ),
        (
            "a machine form in another's place",
            Code::Content,
            Files(|f| {
                let form = f["variants/triage.local.json"].clone();
                f.insert(FORM.into(), form);
            }),
        ),
        // File set
        (
            "a prompt file missing",
            Code::FileSet,
            Files(|f| drop(f.remove(PROMPT))),
        ),
        (
            "a machine form missing",
            Code::FileSet,
            Files(|f| drop(f.remove(FORM))),
        ),
        (
            "a prompt file nobody uses",
            Code::FileSet,
            Files(|f| drop(f.insert("prompts/x.prompt".into(), vec![]))),
        ),
        (
            "a machine form nobody uses",
            Code::FileSet,
            Files(|f| {
                let form = form("triage", "spare", 3);
                f.insert(form.path(), form.to_json().unwrap());
            }),
        ),
        (
            "a file used by two variants",
            Code::FileSet,
            Statement(|s| {
                predicate(s)["prompts"][1]["fallbacks"][0]["file"] = json!("prompts/triage.prompt");
            }),
        ),
        (
            "a prompt file from another place",
            Code::FileSet,
            Statement(|s| {
                predicate(s)["prompts"][1]["fallbacks"][0]["file"] = json!("tools/lookup.json");
            }),
        ),
        (
            "a fallback named twice",
            Code::FileSet,
            Statement(|s| {
                let first = predicate(s)["prompts"][1]["fallbacks"][0].clone();
                predicate(s)["prompts"][1]["fallbacks"][1] = first;
            }),
        ),
        (
            "a machine form of another order",
            Code::FileSet,
            Files(|f| edit_form(f, FORM, "\"order\":1", "\"order\":2")),
        ),
        (
            "a machine form of another model",
            Code::FileSet,
            Statement(|s| {
                predicate(s)["prompts"][1]["fallbacks"][0]["model"] = json!("large");
            }),
        ),
        (
            "no prompt at all",
            Code::FileSet,
            Statement(|s| predicate(s)["prompts"] = json!([])),
        ),
        // Coverage
        (
            "a gap in the chain",
            Code::Coverage,
            FilesAndStatement(
                |f| {
                    edit_form(
                        f,
                        "variants/triage.local.json",
                        "\"order\":2",
                        "\"order\":3",
                    )
                },
                |s| predicate(s)["prompts"][1]["fallbacks"][1]["order"] = json!(3),
            ),
        ),
        (
            "the chain in another order",
            Code::Coverage,
            Statement(|s| {
                predicate(s)["prompts"][1]["fallbacks"]
                    .as_array_mut()
                    .unwrap()
                    .reverse();
            }),
        ),
        (
            "a fallback left out of a change",
            Code::Coverage,
            Statement(|s| {
                predicate(s)["changes"][0]["fallbacks"]
                    .as_array_mut()
                    .unwrap()
                    .pop();
            }),
        ),
        (
            "a change covered by nobody",
            Code::Coverage,
            Statement(|s| {
                predicate(s)["changes"][0]["fallbacks"] = json!([]);
            }),
        ),
        (
            "a change covered by a stranger",
            Code::Coverage,
            Statement(|s| {
                let entry = json!({"variant": "spare", "status": "waived", "waiver": "wvr-3"});
                predicate(s)["changes"][0]["fallbacks"]
                    .as_array_mut()
                    .unwrap()
                    .push(entry);
            }),
        ),
        (
            "a fallback twice in a change",
            Code::Coverage,
            Statement(|s| {
                let first = predicate(s)["changes"][0]["fallbacks"][0].clone();
                predicate(s)["changes"][0]["fallbacks"]
                    .as_array_mut()
                    .unwrap()
                    .push(first);
            }),
        ),
        (
            "a change unmatched",
            Code::Coverage,
            Statement(|s| {
                predicate(s)["changes"][0]["fallbacks"][0] =
                    json!({"variant": "small", "status": "unmatched"});
            }),
        ),
        (
            "a match with another's file",
            Code::Coverage,
            Statement(|s| {
                predicate(s)["changes"][0]["fallbacks"][0]["file"] =
                    json!("prompts/triage.local.prompt");
            }),
        ),
        (
            "a match without a file",
            Code::Coverage,
            Statement(|s| {
                remove(&mut predicate(s)["changes"][0]["fallbacks"][0], "file");
            }),
        ),
        (
            "a match with a waiver",
            Code::Coverage,
            Statement(|s| {
                predicate(s)["changes"][0]["fallbacks"][0]["waiver"] = json!("wvr-3");
            }),
        ),
        (
            "waived without a waiver",
            Code::Coverage,
            Statement(|s| {
                remove(&mut predicate(s)["changes"][0]["fallbacks"][1], "waiver");
            }),
        ),
        (
            "a change of an unknown prompt",
            Code::Coverage,
            Statement(|s| {
                predicate(s)["changes"][0]["prompt"] = json!("billing");
            }),
        ),
        (
            "two changes of one id",
            Code::Coverage,
            Statement(|s| {
                let first = predicate(s)["changes"][0].clone();
                predicate(s)["changes"].as_array_mut().unwrap().push(first);
            }),
        ),
        // Waivers
        (
            "a waiver that ended",
            Code::Waiver,
            Statement(|s| {
                predicate(s)["waivers"][0]["expiresAt"] = json!("2026-11-21T17:13:16Z");
            }),
        ),
        (
            "a waiver without author",
            Code::Waiver,
            Statement(|s| predicate(s)["waivers"][0]["author"] = json!(" ")),
        ),
        (
            "a waiver with a reason of nine",
            Code::Waiver,
            Statement(|s| {
                predicate(s)["waivers"][0]["reason"] = json!("  ninechars  ");
            }),
        ),
        (
            "two waivers of one id",
            Code::Waiver,
            Statement(|s| predicate(s)["waivers"][1]["id"] = json!("wvr-3")),
        ),
        (
            "a change's waiver missing",
            Code::Waiver,
            Statement(|s| {
                predicate(s)["waivers"].as_array_mut().unwrap().remove(0);
            }),
        ),
        // Evals
        (
            "a fallback without eval",
            Code::Eval,
            Statement(|s| {
                predicate(s)["evals"].as_array_mut().unwrap().remove(0);
            }),
        ),
        (
            "an eval that failed",
            Code::Eval,
            Statement(|s| predicate(s)["evals"][0]["verdict"] = json!("fail")),
        ),
        (
            "accepted without a waiver",
            Code::Eval,
            Statement(|s| predicate(s)["evals"][0]["verdict"] = json!("accepted")),
        ),
        (
            "accepted by a missing waiver",
            Code::Eval,
            Statement(|s| predicate(s)["evals"][1]["waiver"] = json!("none")),
        ),
        (
            "passed with a waiver",
            Code::Eval,
            Statement(|s| predicate(s)["evals"][0]["waiver"] = json!("wvr-4")),
        ),
        (
            "more passed than cases",
            Code::Eval,
            Statement(|s| predicate(s)["evals"][0]["passed"] = json!(121)),
        ),
        (
            "a report not in the bundle",
            Code::Eval,
            Statement(|s| {
                predicate(s)["evals"][0]["report"] = json!("evidence/none.json");
            }),
        ),
        (
            "a report that is no evidence",
            Code::Eval,
            Statement(|s| {
                predicate(s)["evals"][0]["report"] = json!("tools/lookup.json");
            }),
        ),
        (
            "an eval of nobody",
            Code::Eval,
            Statement(|s| predicate(s)["evals"][0]["variant"] = json!("spare")),
        ),
        (
            "an eval twice",
            Code::Eval,
            Statement(|s| {
                let first = predicate(s)["evals"][0].clone();
                predicate(s)["evals"].as_array_mut().unwrap().push(first);
            }),
        ),
        // Approvals
        (
            "an approval by a key that did not sign",
            Code::Approval,
            Statement(|s| {
                predicate(s)["approvals"][1]["keyid"] = json!(key(STRANGER).public().id());
            }),
        ),
        (
            "fewer approvals than the threshold",
            Code::Approval,
            Statement(|s| {
                predicate(s)["approvals"].as_array_mut().unwrap().pop();
            }),
        ),
        (
            "one key approving twice",
            Code::Approval,
            Statement(|s| {
                predicate(s)["approvals"][1]["keyid"] =
                    predicate(s)["approvals"][0]["keyid"].clone();
            }),
        ),
        (
            "a reviewer against it",
            Code::Approval,
            Statement(|s| {
                predicate(s)["approvals"][1]["decision"] = json!("reject");
            }),
        ),
    ]
}

#[test]
fn the_untouched_release_is_accepted() {
    assert_eq!(judge(&At::Trust(|_| {})), Ok(()));
    assert_eq!(judge(&At::Payload(str::to_owned)), Ok(()));
}

#[test]
fn every_tampering_has_its_code() {
    let wrong: Vec<String> = rows()
        .into_iter()
        .filter_map(|(what, code, at)| match judge(&at) {
            Err(rejection) if rejection.code == code => None,
            other => Some(format!("{what}: expected {code}, got {other:?}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_the_format_is_reached() {
    let reached: BTreeSet<Code> = rows().into_iter().map(|(_, code, _)| code).collect();
    // Bytes have no files: `E_IO` is reached where files are opened.
    let missing: Vec<_> = Code::ALL
        .iter()
        .filter(|code| **code != Code::Io && !reached.contains(code))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn of_two_faults_the_one_checked_first_is_named() {
    // Each fault is paired with the next: the order of the checks is the order of the codes.
    type Fault = (Code, fn(&mut Value));
    let faults: Vec<Fault> = vec![
        (Code::PredicateType, |s| s["predicateType"] = json!("other")),
        (Code::Schema, |s| predicate(s)["schemaVersion"] = json!(2)),
        (Code::Name, |s| {
            predicate(s)["bundle"]["name"] = json!("a.b")
        }),
        (Code::NotYetValid, |s| {
            predicate(s)["bundle"]["createdAt"] = json!("2026-12-20T17:13:16Z")
        }),
        (Code::Rollback, |s| {
            predicate(s)["bundle"]["previous"]["version"] = json!(42)
        }),
        (Code::Subject, |s| s["subject"] = json!([])),
    ];
    for (index, (code, earlier)) in faults.iter().enumerate() {
        for (_, later) in &faults[index + 1..] {
            let mut statement = statement();
            later(&mut statement);
            earlier(&mut statement);
            let envelope = sign(sorted(&statement).to_string().as_bytes()).to_string();
            let found = verify(&[], envelope.as_bytes(), &trust()).unwrap_err();
            assert_eq!(found.code, *code, "{found}");
        }
    }
}

#[test]
fn files_out_of_order_and_files_twice_are_seen_even_where_the_archive_agrees() {
    let without_end = |path: &str| {
        let one = files()
            .into_iter()
            .filter(|(name, _)| name == path)
            .collect();
        let archive = archive(&one);
        let end = archive.bytes().len() - 1024;
        (archive.bytes()[..end].to_vec(), json!(archive.entries()[0]))
    };
    let paths: Vec<String> = files().into_keys().collect();
    let mut swapped = paths.clone();
    swapped.swap(0, 1);
    let mut twice = paths.clone();
    twice.insert(0, paths[0].clone());
    for (order, accepted) in [(paths, true), (swapped, false), (twice, false)] {
        let (chunks, entries): (Vec<_>, Vec<_>) =
            order.iter().map(|path| without_end(path)).unzip();
        let bytes = [chunks.concat(), vec![0; 1024]].concat();
        let mut statement = statement();
        statement["subject"][0]["digest"]["sha256"] = json!(Sha256::of(&bytes));
        predicate(&mut statement)["files"] = json!(entries);
        let envelope = sign(sorted(&statement).to_string().as_bytes()).to_string();
        let code = verify(&bytes, envelope.as_bytes(), &trust())
            .map(|_| ())
            .map_err(|rejection| rejection.code);
        assert_eq!(code, if accepted { Ok(()) } else { Err(Code::FileSet) });
    }
}

#[test]
fn a_stranger_s_signature_is_ignored_and_so_are_its_faults() {
    let (archive, envelope) = release();
    let mut envelope: Value = serde_json::from_slice(&envelope).unwrap();
    let unknown = json!({"keyid": key(STRANGER).public().id(), "sig": "aGk="});
    envelope["signatures"]
        .as_array_mut()
        .unwrap()
        .insert(0, unknown);
    let bundle = verify(&archive, envelope.to_string().as_bytes(), &trust()).unwrap();
    assert_eq!(bundle.signers().len(), 2);
}
