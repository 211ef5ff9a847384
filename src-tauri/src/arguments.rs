//! What the window sends along with a command: one object each.
//!
//! An unknown or missing field is refused with a sentence, so that window and program cannot drift apart unseen. What
//! may be left out may also be `null`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tauri::Runtime;
use tauri::ipc::{CommandArg, CommandItem, InvokeError};
use understudy_core::compare::Mode;
use understudy_core::prompt::{InvalidPrice, Usd};
use understudy_core::workspace::view::Rating;
use understudy_core::workspace::{
    ModelDraft, ResumeRequest, RunOptions, RunRequest, SaveRequest, SaveText,
};

use crate::report::Report;

/// The argument of a command, refused as a [`Report`] when it does not fit: Tauri's own refusal is a bare text.
pub(crate) struct Args<T>(pub(crate) T);

impl<'de, R: Runtime, T: DeserializeOwned> CommandArg<'de, R> for Args<T> {
    fn from_command(command: CommandItem<'de, R>) -> Result<Self, InvokeError> {
        let name = command.name;
        match T::deserialize(command) {
            Ok(args) => Ok(Self(args)),
            Err(error) => Err(Report::bad_input(format!("{name}: {error}")).into()),
        }
    }
}

/// Declares arguments: readable, and known to TypeScript under test. No `Debug`: some hold passphrases.
macro_rules! arguments {
    ($($(#[$meta:meta])* pub(crate) struct $name:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
        pub(crate) struct $name { $($(#[$fmeta])* pub(crate) $field: $type,)* }
    )*};
}

arguments! {
    /// A prompt.
    pub(crate) struct OfPrompt {
        /// Its name.
        prompt: String,
    }

    /// A version of a variant.
    pub(crate) struct OfVersion {
        /// The prompt.
        prompt: String,
        /// The model.
        model: String,
        /// Its number; the head when left out.
        version: Option<u32>,
    }

    /// Two versions of a variant.
    pub(crate) struct OfTwoVersions {
        /// The prompt.
        prompt: String,
        /// The model.
        model: String,
        /// A number.
        a: u32,
        /// Another number.
        b: u32,
    }

    /// A version to be saved.
    pub(crate) struct Draft {
        /// The prompt.
        prompt: String,
        /// The model.
        model: String,
        /// The number of the head it was made from, 0 when there was none. Another head by now refuses the draft.
        parent: u32,
        /// What to save.
        text: DraftText,
        /// Why.
        message: String,
        /// Primary versions whose changes it answers.
        answers: Vec<u32>,
    }

    /// A version to be restored.
    pub(crate) struct Restoring {
        /// The prompt.
        prompt: String,
        /// The model.
        model: String,
        /// Its number.
        version: u32,
    }

    /// A change that is answered.
    pub(crate) struct Matching {
        /// The prompt.
        prompt: String,
        /// The primary version the change leads to.
        version: u32,
        /// The fallback.
        model: String,
        /// The fallback version that answers it; its head when left out.
        with: Option<u32>,
    }

    /// A change that will not be carried over.
    pub(crate) struct Waiving {
        /// The prompt.
        prompt: String,
        /// The primary version the change leads to.
        version: u32,
        /// The fallback.
        model: String,
        /// Why, in ten characters or more.
        reason: String,
        /// Until when, a date or RFC 3339; 90 days when left out.
        until: Option<String>,
    }

    /// A finding that is accepted.
    pub(crate) struct Accepting {
        /// The finding's code.
        code: String,
        /// The prompt.
        prompt: String,
        /// The model, when the finding names one.
        model: Option<String>,
        /// Why, in ten characters or more.
        reason: String,
        /// Until when, a date or RFC 3339; 90 days when left out.
        until: Option<String>,
    }

    /// A prompt and one of its fallbacks.
    pub(crate) struct OfFallback {
        /// The prompt.
        prompt: String,
        /// The fallback.
        fallback: String,
    }

    /// A pair of outputs.
    pub(crate) struct OfPair {
        /// The prompt.
        prompt: String,
        /// The case.
        case: String,
        /// The fallback.
        fallback: String,
    }

    /// A pair of outputs, and how it is laid out.
    pub(crate) struct LaidOut {
        /// The prompt.
        prompt: String,
        /// The case.
        case: String,
        /// The fallback.
        fallback: String,
        /// By words or by lines; fields come with either.
        mode: Mode,
    }

    /// A reviewer's choice.
    pub(crate) struct Choice {
        /// The prompt.
        prompt: String,
        /// The case.
        case: String,
        /// The fallback.
        fallback: String,
        /// The choice.
        rating: Rating,
        /// A remark.
        note: Option<String>,
    }

    /// A signing key to be made.
    pub(crate) struct NewKey {
        /// Its name.
        name: String,
        /// What protects it on disk.
        passphrase: String,
    }

    /// A release to be frozen and signed.
    pub(crate) struct Exporting {
        /// The bundle's name.
        name: String,
        /// The folder to write to; made when missing.
        out: String,
        /// The signing key's name.
        sign: String,
        /// What protects it.
        passphrase: String,
    }

    /// A bundle to be verified.
    pub(crate) struct Verifying {
        /// The archive's path.
        archive: String,
        /// The envelope's path.
        envelope: String,
        /// The signing key whose public half is trusted.
        name: String,
    }

    /// A model.
    pub(crate) struct OfModel {
        /// Its name.
        model: String,
    }

    /// A model to be saved.
    pub(crate) struct SavingModel {
        /// Its name.
        name: String,
        /// What stands in its table.
        draft: ModelDraft,
    }

    /// A run to be started.
    pub(crate) struct Starting {
        /// The prompt.
        prompt: String,
        /// Models; primary and all fallbacks when left out or empty.
        models: Option<Vec<String>>,
        /// Cases by id, `*` standing for any text; all when left out or empty.
        cases: Option<Vec<String>>,
        /// Also gives each chosen fallback the primary's prompt.
        passthrough: bool,
        /// The primary answers the earlier turns of a conversation, the fallback the last.
        handoff: bool,
        /// How often each cell is asked, from 1.
        repeat: u32,
        /// Takes an output of exactly the same request from an earlier run instead of asking again.
        cache: bool,
        /// Stops before it costs more, a decimal number of US dollars.
        max_cost_usd: Option<String>,
        /// Made by the page for this one start. The same ticket starts nothing twice: a page that is loaded anew sends
        /// once more what it was waiting for.
        ticket: String,
    }

    /// A run to be resumed.
    pub(crate) struct Resuming {
        /// Its id.
        run: String,
        /// Also asks again what ended with an error.
        retry_errors: bool,
        /// Stops before it costs more, a decimal number of US dollars.
        max_cost_usd: Option<String>,
        /// Made by the page for this one start. The same ticket starts nothing twice: a page that is loaded anew sends
        /// once more what it was waiting for.
        ticket: String,
    }

    /// Runs to be listed.
    pub(crate) struct OfRuns {
        /// Of this prompt; of all when left out.
        prompt: Option<String>,
    }

    /// A run under way.
    pub(crate) struct OfRun {
        /// Its id, from the `started` event.
        run: String,
    }

    /// What the person decided about the runs under way while the window is closing.
    pub(crate) struct Leaving {
        /// What to do.
        how: Farewell,
    }
}

/// How the window is left while runs are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Farewell {
    /// They go on without a window, and the program ends with the last of them.
    Finish,
    /// They are cancelled, and the program ends.
    Cancel,
    /// The window stays.
    Stay,
}

/// What to save.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum DraftText {
    /// A new system text; everything else stays as in the head.
    System {
        /// The text.
        system: String,
    },
    /// A whole `.prompt` file.
    File {
        /// Its text.
        file: String,
    },
}

/// Which program this is and what it has open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct About {
    /// The workspace file's path.
    pub(crate) workspace: String,
    /// Its name, without the folder.
    pub(crate) file: String,
    /// Whether it holds the shipped sample.
    pub(crate) sample: bool,
    /// This program's version.
    pub(crate) version: String,
}

impl From<Draft> for SaveRequest {
    fn from(draft: Draft) -> Self {
        Self {
            prompt: draft.prompt,
            model: draft.model,
            parent: Some(draft.parent),
            text: match draft.text {
                DraftText::System { system } => SaveText::System(system),
                DraftText::File { file } => SaveText::File(file),
            },
            message: draft.message,
            answers: draft.answers,
        }
    }
}

impl TryFrom<Starting> for RunRequest {
    type Error = Report;

    fn try_from(starting: Starting) -> Result<Self, Report> {
        let plain = Self::of(&starting.prompt);
        Ok(Self {
            models: starting.models.unwrap_or_default(),
            cases: starting.cases.unwrap_or_default(),
            passthrough: starting.passthrough,
            handoff: starting.handoff,
            repeat: starting.repeat,
            options: RunOptions {
                max_cost: limit(starting.max_cost_usd.as_deref())?,
                cache: starting.cache,
                deltas: true,
                ..plain.options
            },
            ..plain
        })
    }
}

impl TryFrom<Resuming> for ResumeRequest {
    type Error = Report;

    fn try_from(resuming: Resuming) -> Result<Self, Report> {
        Ok(Self {
            run: resuming.run,
            retry_errors: resuming.retry_errors,
            options: RunOptions {
                max_cost: limit(resuming.max_cost_usd.as_deref())?,
                deltas: true,
                ..RunOptions::default()
            },
        })
    }
}

fn limit(text: Option<&str>) -> Result<Option<Usd>, Report> {
    text.map(str::parse)
        .transpose()
        .map_err(|error: InvalidPrice| Report::bad_input(format!("max_cost_usd: {error}")))
}
