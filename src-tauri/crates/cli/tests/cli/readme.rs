//! The README's own commands, as somebody would paste them.

use std::path::Path;
use std::process::Command;

use crate::desk::Desk;

const README: &str = include_str!("../../../../../README.md");

/// The commands of a chapter: what stands in its fences, but for the build.
fn commands(chapter: &str) -> String {
    let start = README.find(chapter).unwrap() + chapter.len();
    let text = README.get(start..).unwrap();
    let text = text.split("\n## ").next().unwrap();
    let fenced = text.split("\n```").skip(1).step_by(2);
    fenced
        .flat_map(str::lines)
        .filter(|line| !line.starts_with("cargo build"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn the_first_ten_minutes_and_the_check_without_this_program_work_as_written() {
    let desk = Desk::new();
    let binary = desk.command(&[]);
    let folder = Path::new(binary.get_program()).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let script = format!(
        "set -E -o pipefail\ntrap 'echo \"$? $BASH_COMMAND\" >> failed' ERR\n{}\n{}",
        commands("\n## The first ten minutes"),
        commands("\n## Verifying a bundle without this program"),
    );
    assert!(script.contains("openssl pkeyutl -verify"), "{script}");
    let mut shell = Command::new("bash");
    shell
        .args(["-c", &script])
        .current_dir(desk.path(""))
        .env("PATH", format!("{}:{path}", folder.display()));
    for (name, value) in binary.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    let ended = desk.ended(shell.output().unwrap());
    // The first check says no, as the text beside it does; everything else says yes.
    assert_eq!(desk.read("failed"), "1 understudy check\n", "{ended}");
    for line in [
        "✓ support-triage on gpt-4o is now at v9",
        "✓ accepted: sample v1",
        "Signature Verified Successfully",
        "out/sample-v1.promptbundle.tar: OK",
    ] {
        assert!(ended.stdout.contains(line), "{line} is missing: {ended}");
    }
}
