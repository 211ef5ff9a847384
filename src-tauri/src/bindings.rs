//! Types cross to the window once: the TypeScript of every document that does, written from the Rust types by a test.
//!
//! Nothing is listed here. The scribe starts at the command table and follows what each type mentions.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use ts_rs::{Config, TS, TypeVisitor};

use crate::report::Report;

const FILE: &str = "../ui/src/ipc/bindings.ts";
const WRITE: &str = "UNDERSTUDY_WRITE_BINDINGS";

const HEAD: &str = "\
// Written by `UNDERSTUDY_WRITE_BINDINGS=1 cargo test -p understudy-desktop bindings` from the Rust types. Do not edit.
//
// What Rust may leave out is optional here; what it writes as null is `| null`. No 64-bit integer crosses.

";

/// Writes down commands and the types they mention.
#[derive(Default)]
pub(crate) struct Scribe {
    config: Config,
    seen: HashSet<TypeId>,
    declarations: BTreeMap<String, String>,
    commands: Vec<Command>,
}

#[derive(Default)]
struct Command {
    name: String,
    doc: String,
    args: Option<String>,
    events: Option<String>,
    reply: String,
}

impl Scribe {
    pub(crate) fn begin(&mut self, name: &str, doc: &[&str]) {
        self.commands.push(Command {
            name: name.to_owned(),
            doc: doc.join("\n   *").trim().to_owned(),
            ..Command::default()
        });
    }

    pub(crate) fn args<T: TS + 'static>(&mut self) {
        let name = self.mention::<T>();
        self.command().args = Some(name);
    }

    pub(crate) fn events<T: TS + 'static>(&mut self) {
        let name = self.mention::<T>();
        self.command().events = Some(name);
    }

    pub(crate) fn reply<T: TS + 'static>(&mut self) {
        let name = self.mention::<T>();
        self.command().reply = name;
    }

    fn command(&mut self) -> &mut Command {
        self.commands.last_mut().unwrap()
    }

    fn mention<T: TS + 'static + ?Sized>(&mut self) -> String {
        self.visit::<T>();
        T::name(&self.config)
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for declaration in self.declarations.values() {
            writeln!(text, "{declaration}\n").unwrap();
        }
        text.push_str(
            "/** Every command: what it takes (`null`: nothing), what it answers, and what its channel gets meanwhile. */\n\
             export type Commands = {\n",
        );
        for command in &self.commands {
            let Command {
                name,
                doc,
                args,
                events,
                reply,
            } = command;
            let args = args.as_deref().unwrap_or("null");
            let events = events
                .as_ref()
                .map(|events| format!("; events: {events}"))
                .unwrap_or_default();
            writeln!(
                text,
                "  /** {doc} */\n  {name}: {{ args: {args}; reply: {reply}{events} }};"
            )
            .unwrap();
        }
        text.push_str("};\n");
        text
    }
}

impl TypeVisitor for Scribe {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Types without a file of their own, such as strings and lists, stand inline.
        if T::output_path().is_some() {
            let name = T::ident(&self.config);
            let docs = T::docs().unwrap_or_default();
            let declaration = laid_out(&format!("{docs}export {}", T::decl(&self.config)));
            if let Some(other) = self.declarations.insert(name.clone(), declaration.clone()) {
                assert_eq!(other, declaration, "two types cross as {name}: rename one");
            }
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

/// The same declaration for readers: fields indented, one-line comments on one line, no blanks at line ends.
fn laid_out(declaration: &str) -> String {
    let joined = declaration.replace("/**\n * ", "/** ");
    let mut lines: Vec<String> = Vec::new();
    let mut inside = false;
    for line in joined.lines() {
        let line = line.trim_end();
        match lines.last_mut() {
            Some(last) if line == " */" && last.trim_start().starts_with("/** ") => {
                last.push_str(line);
            }
            _ if inside => lines.push(format!("  {line}")),
            _ => lines.push(line.to_owned()),
        }
        inside |= line.starts_with("export ");
    }
    lines.join("\n").replace(", };", ",\n};")
}

fn written() -> String {
    let mut scribe = Scribe::default();
    crate::commands::describe(&mut scribe);
    scribe.mention::<Report>();
    scribe.text()
}

#[test]
fn the_window_has_these_types() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let text = written();
    if std::env::var_os(WRITE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "ui/src/ipc/bindings.ts is not what the Rust types say. Write it anew and look at the difference:\n\
         {WRITE}=1 cargo test -p understudy-desktop bindings"
    );
}

#[test]
fn no_64_bit_integer_crosses() {
    let text = written();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("bigint"))
        .collect();
    assert!(lines.is_empty(), "{lines:#?}");
}

#[test]
fn a_64_bit_integer_would_be_seen() {
    #[derive(TS)]
    #[expect(dead_code, reason = "only its type is looked at")]
    struct Large {
        number: u64,
    }
    let mut scribe = Scribe::default();
    scribe.mention::<Large>();
    assert!(scribe.text().contains("bigint"));
}
