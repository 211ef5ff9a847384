//! Workspace and directory: three-way, conflicts shown, never overwritten.
//!
//! A directory is made for git and editors. What only the workspace changed can be pushed, what only the directory
//! changed can be pulled; what both changed is a conflict, left alone until somebody says which side counts. Versions
//! and decisions cannot conflict: both sides' are kept. A file that is missing on one side is taken from the other;
//! deleting a file takes nothing out of a workspace.

use std::collections::BTreeMap;
use std::path::Path;

use super::view::{CheckReport, SyncReport};
use super::{EMPTY_CONFIG, Error, Workspace, evidence, outlook};
use crate::catalog::Catalog;
use crate::check;
use crate::files::{self, LooseHead, State, Tree, disk};
use crate::host::Host;
use crate::ledger::{Decision, Verdict};
use crate::prompt::{Digest, Variant, Version};
use crate::set::PromptSet;
use crate::store::{Batch, NewHead, NewVersion, Replaced};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    /// Pull, then push.
    Both,
    /// Workspace to directory.
    Push,
    /// Directory to workspace.
    Pull,
    /// Only say what differs.
    Check,
}

/// Which side counts where both changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The directory's.
    Directory,
    /// The workspace's.
    Workspace,
}

/// Paths by what is to be done with them.
#[derive(Debug, Default)]
struct Work {
    push: Vec<String>,
    pull: Vec<String>,
    conflicts: Vec<String>,
}

impl Work {
    fn of(base: &BTreeMap<String, Digest>, ours: &Tree, theirs: &Tree, take: Option<Take>) -> Self {
        let mut work = Self::default();
        for difference in files::compare_trees(base, ours, theirs) {
            let path = difference.path;
            match difference.state {
                State::Same => {}
                // Taken in before, and it says nothing that the workspace would write: no difference.
                State::WorkspaceChanged if !ours.contains_key(&path) => {}
                State::WorkspaceChanged => work.push.push(path),
                State::DirectoryChanged => work.pull.push(path),
                // A file deleted on one side is only missing there.
                State::BothChanged if !theirs.contains_key(&path) => work.push.push(path),
                State::BothChanged if !ours.contains_key(&path) => work.pull.push(path),
                State::BothChanged => match take {
                    Some(Take::Workspace) => work.push.push(path),
                    Some(Take::Directory) => work.pull.push(path),
                    None => work.conflicts.push(path),
                },
            }
        }
        let deleted = |paths: &mut Vec<String>, there: &Tree| {
            let (kept, gone): (Vec<_>, Vec<_>) =
                paths.drain(..).partition(|path| there.contains_key(path));
            *paths = kept;
            gone
        };
        let back = deleted(&mut work.pull, theirs);
        let forth = deleted(&mut work.push, ours);
        work.push.extend(back);
        work.pull.extend(forth);
        work.push.sort();
        work.pull.sort();
        work
    }
}

impl Workspace {
    /// Brings workspace and directory together in the given direction.
    #[tracing::instrument(name = "sync", level = "debug", skip_all, fields(mode = ?mode))]
    pub async fn sync(
        &self,
        dir: &Path,
        mode: SyncMode,
        take: Option<Take>,
    ) -> Result<SyncReport, Error> {
        let known = absolute(dir)?;
        let mut base = self.store.sync_points(&known).await?;
        let theirs = match mode {
            SyncMode::Push | SyncMode::Both if !dir.exists() => Tree::new(),
            _ => disk::read_tree(dir)?,
        };
        let mut report = SyncReport {
            dir: dir.display().to_string(),
            pushed: Vec::new(),
            pulled: Vec::new(),
            to_push: Vec::new(),
            to_pull: Vec::new(),
            conflicts: Vec::new(),
            forks: Vec::new(),
            notes: Vec::new(),
            in_sync: false,
        };
        let (before, mut ours) = self.set_and_tree().await?;
        let mut work = Work::of(&base, &ours, &theirs, take);
        if mode != SyncMode::Push {
            refuse_broken(&ours, &theirs, &work)?;
        }
        if matches!(mode, SyncMode::Pull | SyncMode::Both) && !work.pull.is_empty() {
            self.pull(&before, &ours, &theirs, &work, &mut report)
                .await?;
            report.pulled = std::mem::take(&mut work.pull);
            // What was normalised or saved on the way in is the workspace's to push now.
            (_, ours) = self.set_and_tree().await?;
            // Taken in is agreed on, however it is written here: the next push may then write it so.
            let agreed = |path: &String| Some((path.clone(), Digest::of(theirs.get(path)?)));
            base.extend(report.pulled.iter().filter_map(agreed));
            work = Work::of(&base, &ours, &theirs, take);
        }
        let mut written = theirs.clone();
        if matches!(mode, SyncMode::Push | SyncMode::Both) {
            let changed: Tree = work
                .push
                .iter()
                .filter_map(|path| Some((path.clone(), ours.get(path)?.clone())))
                .collect();
            disk::write_tree(dir, &changed)?;
            written.extend(changed);
            report.pushed = std::mem::take(&mut work.push);
        }
        report.to_push = work.push;
        report.to_pull = work.pull;
        report.conflicts = work.conflicts;
        report.in_sync =
            report.to_push.is_empty() && report.to_pull.is_empty() && report.conflicts.is_empty();
        if mode != SyncMode::Check {
            self.remember(known, base, &ours, &written).await?;
        }
        tracing::info!(
            pushed = report.pushed.len(),
            pulled = report.pulled.len(),
            conflicts = report.conflicts.len(),
            in_sync = report.in_sync,
            "synced"
        );
        Ok(report)
    }

    /// Remembers every file on which both sides agree; of the others, what they agreed on last.
    async fn remember(
        &self,
        dir: String,
        mut points: BTreeMap<String, Digest>,
        ours: &Tree,
        theirs: &Tree,
    ) -> Result<(), Error> {
        for (path, bytes) in ours
            .iter()
            .filter(|(path, bytes)| theirs.get(*path) == Some(*bytes))
        {
            points.insert(path.clone(), Digest::of(bytes));
        }
        self.store
            .apply(&Batch {
                sync_points: Some((dir, points)),
                ..Batch::default()
            })
            .await?;
        Ok(())
    }

    /// The workspace in both forms, of one moment; no files for one that was only just made.
    async fn set_and_tree(&self) -> Result<(PromptSet, Tree), Error> {
        let set = self.load().await?;
        let pristine = set.prompts.is_empty() && set.config_text == EMPTY_CONFIG;
        let tree = if pristine {
            Tree::new()
        } else {
            files::write_set(&set)?
        };
        Ok((set, tree))
    }

    /// `before` is the set that `ours` was written from: a save in between is then a moved head, never undone.
    async fn pull(
        &self,
        before: &PromptSet,
        ours: &Tree,
        theirs: &Tree,
        work: &Work,
        report: &mut SyncReport,
    ) -> Result<(), Error> {
        let mut merged = ours.clone();
        for path in &work.pull {
            if let Some(bytes) = theirs.get(path) {
                merged.insert(path.clone(), bytes.clone());
            }
        }
        let read = files::read_set(&merged)?;
        report.notes = read.notes.iter().map(ToString::to_string).collect();
        report.forks = read.forks.iter().map(ToString::to_string).collect();
        let mut batch = batch_between(before, &read.set);
        for loose in &read.loose {
            self.adopt(&read.set, loose, &mut batch);
        }
        self.store.apply(&batch).await?;
        Ok(())
    }

    /// A head that was edited as a file becomes a version.
    fn adopt(&self, set: &PromptSet, loose: &LooseHead, batch: &mut Batch) {
        let variant = set
            .prompts
            .get(&loose.prompt)
            .and_then(|prompt| prompt.variant(&loose.model));
        let parent = variant.and_then(Variant::head);
        let last =
            variant.and_then(|variant| variant.versions.iter().map(|version| version.number).max());
        let version = Version {
            id: self.host.new_id(),
            number: last.unwrap_or(0) + 1,
            content_id: loose.content.id(),
            parent: parent.map(|parent| parent.id.clone()),
            author: self.author(),
            at: self.host.now(),
            message: "edited in the file".to_owned(),
            content: loose.content.clone(),
        };
        let is_fallback = set.config.chain_of(&loose.prompt).first() != Some(&loose.model);
        let primary = set
            .primary(&loose.prompt)
            .and_then(Variant::head)
            .map(|head| head.content_id.clone());
        // The primary of a new directory is itself still loose; its content is what the fallback starts from.
        let head = batch
            .heads
            .iter_mut()
            .find(|head| head.prompt == loose.prompt && head.model == loose.model);
        match head {
            Some(head) => head.head.clone_from(&version.id),
            None => batch.heads.push(NewHead {
                prompt: loose.prompt.clone(),
                model: loose.model.clone(),
                head: version.id.clone(),
                expected: parent.map(|parent| parent.id.clone()),
            }),
        }
        let fresh = batch.versions.iter().find(|new| {
            new.prompt == loose.prompt
                && set.config.chain_of(&loose.prompt).first() == Some(&new.model)
        });
        let primary = primary.or_else(|| fresh.map(|new| new.version.content_id.clone()));
        if let (true, None, Some(to)) = (is_fallback, parent, primary) {
            batch.decisions.push(Decision {
                id: self.host.new_id(),
                prompt: loose.prompt.clone(),
                author: self.author(),
                at: self.host.now(),
                verdict: Verdict::Start {
                    variant: loose.model.clone(),
                    to,
                    with: version.content_id.clone(),
                },
            });
        }
        batch.versions.push(NewVersion {
            prompt: loose.prompt.clone(),
            model: loose.model.clone(),
            version,
        });
    }
}

/// A file that cannot be read is no choice between two sides: it is refused with line and reason.
fn refuse_broken(ours: &Tree, theirs: &Tree, work: &Work) -> Result<(), Error> {
    let named: Vec<&String> = work.pull.iter().chain(&work.conflicts).collect();
    let mut merged = ours.clone();
    merged.extend((theirs.clone().into_iter()).filter(|(path, _)| named.contains(&path)));
    if let Err(mut error) = files::read_set(&merged) {
        error
            .problems
            .retain(|problem| problem.line.is_some() && named.contains(&&problem.file));
        if !error.problems.is_empty() {
            return Err(error.into());
        }
    }
    Ok(())
}

/// Everything of a set, as one change-set for an empty workspace.
pub(super) fn batch_of(set: &PromptSet) -> Batch {
    batch_between(&PromptSet::default(), set)
}

/// What has to be written so that a workspace that holds `before` also holds `after`.
fn batch_between(before: &PromptSet, after: &PromptSet) -> Batch {
    let mut batch = Batch::default();
    if after.config_text != before.config_text {
        batch.config_text = Some(Replaced {
            before: before.config_text.clone(),
            after: after.config_text.clone(),
        });
    }
    for (name, prompt) in &after.prompts {
        let old = before.prompts.get(name);
        batch.prompts.push(name.clone());
        for variant in &prompt.variants {
            let known = old.and_then(|old| old.variant(&variant.model));
            let new = variant.versions.iter().filter(|version| {
                known.is_none_or(|known| known.version_by_id(&version.id).is_none())
            });
            batch.versions.extend(new.map(|version| NewVersion {
                prompt: name.clone(),
                model: variant.model.clone(),
                version: version.clone(),
            }));
            batch
                .renumbered
                .extend(variant.versions.iter().filter_map(|version| {
                    let stored = known?.version_by_id(&version.id)?;
                    (stored.number != version.number).then(|| (version.id.clone(), version.number))
                }));
            if known.map(|known| &known.head) != Some(&variant.head) && !variant.head.is_empty() {
                batch.heads.push(NewHead {
                    prompt: name.clone(),
                    model: variant.model.clone(),
                    head: variant.head.clone(),
                    expected: known.map(|known| known.head.clone()),
                });
            }
        }
        let has = |decision: &&Decision| {
            old.is_none_or(|old| old.ledger.iter().all(|known| known.id != decision.id))
        };
        batch
            .decisions
            .extend(prompt.ledger.iter().filter(has).cloned());
        if old.map(|old| &old.cases) != Some(&prompt.cases) {
            let before = old.map(|old| old.cases.clone()).unwrap_or_default();
            let after = prompt.cases.clone();
            batch.cases.insert(name.clone(), Replaced { before, after });
        }
    }
    batch
}

/// Checks a directory in memory: nothing is stored, and the rules that need outputs are named as skipped. Those that
/// look at requests need none.
pub fn check_dir(dir: &Path, prompts: &[String], host: &dyn Host) -> Result<CheckReport, Error> {
    let read = files::read_set(&disk::read_tree(dir)?)?;
    let mut set = read.set;
    for loose in read.loose {
        add_in_memory(&mut set, loose);
    }
    for name in prompts {
        evidence::known_prompt(&set, name)?;
    }
    let wanted = |name: &crate::prompt::PromptName| {
        prompts.is_empty() || prompts.iter().any(|prompt| prompt == name.as_str())
    };
    let catalog = Catalog::of_user(host)?;
    let outlook = outlook::outlook(&set, &catalog, wanted);
    let now = host.now();
    Ok(evidence::report(check::check(
        &set, None, &outlook, &now, wanted,
    )))
}

/// An edit made in an editor counts in a check as if it were saved.
fn add_in_memory(set: &mut PromptSet, loose: LooseHead) {
    let Some(prompt) = set.prompts.get_mut(&loose.prompt) else {
        return;
    };
    let found = prompt
        .variants
        .iter_mut()
        .find(|variant| variant.model == loose.model);
    let number = found
        .as_ref()
        .and_then(|variant| variant.versions.iter().map(|version| version.number).max());
    let version = Version {
        id: format!("{}.{}", loose.prompt, loose.model),
        number: number.unwrap_or(0) + 1,
        content_id: loose.content.id(),
        parent: found
            .as_ref()
            .map(|variant| variant.head.clone())
            .filter(|head| !head.is_empty()),
        author: String::new(),
        at: String::new(),
        message: "edited in the file".to_owned(),
        content: loose.content,
    };
    let head = version.id.clone();
    match found {
        Some(variant) => {
            variant.versions.push(version);
            variant.head = head;
        }
        None => prompt.variants.push(Variant {
            model: loose.model,
            versions: vec![version],
            head,
        }),
    }
}

/// A directory is known by its absolute path.
fn absolute(dir: &Path) -> Result<String, Error> {
    let path = std::path::absolute(dir).map_err(|source| Error::Io {
        what: "cannot find",
        path: dir.display().to_string(),
        source,
    })?;
    Ok(path.to_string_lossy().into_owned())
}
