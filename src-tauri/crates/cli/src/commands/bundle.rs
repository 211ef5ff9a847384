//! `bundle …`.

use serde::Serialize;
use serde_json::Value;
use understudy_core::workspace::view::{Exported, Verification};
use understudy_core::workspace::{
    Error, ExportRequest, VerifyRequest, Workspace, show_envelope, sign_envelope, verify_bundle,
};

use super::{case, findings};
use crate::args::{BundleCommand, ExportArgs, VerifyArgs};
use crate::failure::{Answer, Failure};
use crate::out::Out;
use crate::passphrase;
use crate::shell::Shell;
use crate::text::style::Ink;
use crate::text::table::Table;
use crate::text::{Line, counted, date};

/// `bundle sign`.
#[derive(Debug, Serialize)]
struct Signed {
    /// The envelope.
    envelope: String,
    /// Key ids that have signed now, as the envelope claims.
    signers: Vec<String>,
}

pub(super) async fn bundle(shell: &mut Shell, command: BundleCommand) -> Result<Answer, Failure> {
    match command {
        BundleCommand::Export(args) => export(shell, args).await,
        BundleCommand::Sign {
            envelope,
            sign,
            passphrase_file,
        } => {
            let passphrase = passphrase::existing(passphrase_file.as_deref(), &sign)?;
            let signed = Signed {
                signers: sign_envelope(shell.keys()?, &envelope, &sign, &passphrase)?,
                envelope: envelope.display().to_string(),
            };
            shell.answer(&signed, |out, signed| {
                out.line(
                    &Line::of(Ink::Good, "✓ ")
                        .then(Ink::Plain, format!("{sign} has signed {}", signed.envelope)),
                );
                for keyid in &signed.signers {
                    out.line(&Line::of(Ink::Dim, format!("  signed by {keyid}")));
                }
            });
            Ok(Answer::Yes)
        }
        BundleCommand::Verify(args) => verify(shell, args),
        BundleCommand::Show { envelope } => {
            let claims = show_envelope(&envelope)?;
            shell.answer(&claims, print_claims);
            Ok(Answer::Yes)
        }
    }
}

async fn export(shell: &mut Shell, args: ExportArgs) -> Result<Answer, Failure> {
    let reviewers = args
        .reviewer
        .iter()
        .map(|pair| {
            let (name, file) = case::split(pair, "NAME=PUB.pem")?;
            Ok((name, shell.read(file.as_ref())?))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let workspace = shell.open().await?;
    for held in &args.hold {
        workspace.prompt(held).await?;
    }
    // Asked before the passphrase: nobody should type one for a bundle that cannot be made.
    if refused(shell, &workspace, &args.hold).await? {
        return Ok(Answer::No);
    }
    shell.keys()?;
    let request = ExportRequest {
        name: args.name,
        out: args.out,
        sign: passphrase::of_each(&args.passphrases.files, &args.sign)?,
        reviewers,
        hold: args.hold,
        expires_days: args.expires_days,
        previous: args.previous,
    };
    match workspace.export_bundle(&request).await {
        Ok(exported) => {
            let host = shell.host.clone();
            shell.answer(&exported, |out, exported| {
                print_exported(out, exported, host.as_ref())
            });
            Ok(Answer::Yes)
        }
        // Somebody changed the workspace while the passphrase was typed.
        Err(error @ Error::Blocked { .. }) => {
            shell.note(&format!("refused: {error}"));
            Ok(Answer::No)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether error findings stand in the way; they are then printed, and nothing is written.
async fn refused(
    shell: &mut Shell,
    workspace: &Workspace,
    hold: &[String],
) -> Result<bool, Failure> {
    let mut report = workspace.check(&[]).await?;
    let held = |prompt: &str| hold.iter().any(|name| name == prompt);
    report.findings.retain(|finding| {
        finding.level == understudy_core::prompt::Level::Error && !held(finding.prompt.as_str())
    });
    report.errors = u32::try_from(report.findings.len()).unwrap_or(u32::MAX);
    if report.errors == 0 {
        return Ok(false);
    }
    let host = shell.host.clone();
    shell.answer(&report, |out, report| {
        findings::print(out, &report.findings, host.as_ref())
    });
    let stand = if report.errors == 1 {
        "stands"
    } else {
        "stand"
    };
    shell.note(&format!(
        "refused: {} {stand} in the way; nothing was written",
        counted(report.errors, "error finding", "error findings")
    ));
    Ok(true)
}

fn print_exported(out: &mut Out, exported: &Exported, host: &dyn understudy_core::host::Host) {
    let title = format!("{} v{}", exported.name, exported.version);
    out.line(&Line::of(Ink::Good, "✓ ").then(Ink::Bold, title));
    let mut table = Table::new(&["", ""], 1);
    let mut row = |name: &str, value: String| {
        table.row(vec![
            Line::of(Ink::Dim, format!("  {name}")),
            Line::plain(value),
        ]);
    };
    row("archive", exported.archive.clone());
    row("envelope", exported.envelope.clone());
    row("sha256", exported.sha256.clone());
    row("valid until", date::until(&exported.expires_at, host));
    for keyid in &exported.signers {
        row("signed by", keyid.clone());
    }
    for keyid in &exported.waiting_for {
        row("waits for", keyid.clone());
    }
    out.lines(&table.lines(None));
    if !exported.waiting_for.is_empty() {
        out.say(format!(
            "  → each reviewer signs: understudy bundle sign {} --sign KEY",
            exported.envelope
        ));
    }
}

fn verify(shell: &mut Shell, args: VerifyArgs) -> Result<Answer, Failure> {
    let keys = args
        .key
        .iter()
        .map(|file| shell.read(file))
        .collect::<Result<Vec<_>, _>>()?;
    let request = VerifyRequest {
        archive: args.bundle,
        envelope: args.envelope,
        keys,
        threshold: args.threshold,
        name: args.name,
        min_version: args.min_version,
        pinned_sha256: args.pinned_sha256,
        now: args.now,
    };
    let now = shell.host.now_millis().div_euclid(1000);
    let verification = verify_bundle(&request, now)?;
    shell.answer(&verification, print_verification);
    Ok(Answer::of(verification.accepted))
}

fn print_verification(out: &mut Out, verification: &Verification) {
    if !verification.accepted {
        let line = Line::of(Ink::Error, format!("◆ rejected: {}", verification.code))
            .then(Ink::Plain, format!("  {}", verification.sentence));
        out.hang(&line, 2);
        return;
    }
    let version = verification
        .version
        .map(|version| format!(" v{version}"))
        .unwrap_or_default();
    let name = verification.name.as_deref().unwrap_or_default();
    out.line(&Line::of(Ink::Good, "✓ accepted: ").then(Ink::Bold, format!("{name}{version}")));
    out.line(&Line::plain(format!("  {}", verification.sentence)));
    if let Some(sha256) = &verification.sha256 {
        out.line(&Line::of(Ink::Dim, format!("  sha256 {sha256}")));
    }
    if let Some(until) = &verification.expires_at {
        out.line(&Line::of(
            Ink::Dim,
            format!("  valid until {}", date::day(until)),
        ));
    }
    for keyid in &verification.signers {
        out.line(&Line::of(Ink::Dim, format!("  signed by {keyid}")));
    }
}

/// The claims of an envelope. The format's own field names, because this is a look into the file.
fn print_claims(out: &mut Out, claims: &Value) {
    let at = |path: &str| claims.pointer(&format!("/statement{path}"));
    let text = |path: &str| at(path).map(shown).unwrap_or_default();
    let title = format!(
        "{} v{}",
        text("/predicate/bundle/name"),
        text("/predicate/bundle/version")
    );
    out.line(&Line::of(Ink::Bold, title).then(Ink::Warning, "  ▲ claimed, not verified"));
    let about = [
        (
            "made",
            date::day(&text("/predicate/bundle/createdAt")).to_owned(),
        ),
        (
            "valid until",
            date::day(&text("/predicate/bundle/expiresAt")).to_owned(),
        ),
        ("archive", text("/subject/0/name")),
        ("sha256", text("/subject/0/digest/sha256")),
    ];
    for (name, value) in about {
        out.line(&Line::of(Ink::Dim, format!("  {name:<12}")).then(Ink::Plain, value));
    }
    let signers = claims.get("claimed_signers").and_then(Value::as_array);
    for keyid in signers.into_iter().flatten() {
        out.line(&Line::of(Ink::Dim, "  signed by   ").then(Ink::Plain, shown(keyid)));
    }
    out.blank();
    let mut table = Table::new(&["PROMPT", "PRIMARY", "FALLBACKS"], 2);
    let prompts = at("/predicate/prompts").and_then(Value::as_array);
    for prompt in prompts.into_iter().flatten() {
        let field = |path: &str| prompt.pointer(path).map(shown).unwrap_or_default();
        let fallbacks = prompt.get("fallbacks").and_then(Value::as_array);
        let names: Vec<String> = fallbacks
            .into_iter()
            .flatten()
            .filter_map(|fallback| fallback.get("variant").map(shown))
            .collect();
        table.row(vec![
            Line::of(Ink::Bold, field("/name")),
            Line::plain(field("/primary/model")),
            Line::plain(if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }),
        ]);
    }
    out.table(&table);
    let counts = [
        ("files", "file", "files"),
        ("changes", "change", "changes"),
        ("waivers", "waiver", "waivers"),
        ("evals", "eval", "evals"),
        ("approvals", "approval", "approvals"),
    ]
    .map(|(field, one, many)| {
        let entries = at(&format!("/predicate/{field}")).and_then(Value::as_array);
        let count = entries.map_or(0, Vec::len);
        counted(u32::try_from(count).unwrap_or(u32::MAX), one, many)
    });
    out.say(counts.join(", "));
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
