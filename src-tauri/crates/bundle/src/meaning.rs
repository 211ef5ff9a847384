//! Whether a statement is true of its files and of a moment: contents, file set, coverage, waivers,
//! evals, approvals.
//!
//! Called by the verifier after the bytes are proven, and by [`crate::Draft`] before anybody signs,
//! so that no bundle is made that would be refused.

mod lists;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use crate::archive::file_that_is_a_folder;
use crate::code::{Code, Rejection, quote, reject};
use crate::key::KeyId;
use crate::manifest::{
    BundleMeta, FileEntry, Predicate, PromptEntry, is_bundle_name, is_prompt_name, is_variant_name,
};
use crate::moment::Moment;
use crate::path::{BundlePath, MediaType, Place};
use crate::variant::{self, MachineForm, Role};

/// The contents of a bundle: every file is text, and the files of `variants/` are machine forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) files: BTreeMap<BundlePath, String>,
    pub(crate) forms: BTreeMap<BundlePath, MachineForm>,
}

/// Bundle, prompts and variants are called what names may be.
pub(crate) fn names(predicate: &Predicate) -> Result<(), Rejection> {
    let wrong = |what: &str, name: &str| {
        reject(
            Code::Name,
            format!("{} is no name for a {what}", quote(name)),
        )
    };
    if !is_bundle_name(&predicate.bundle.name) {
        return wrong("bundle", &predicate.bundle.name);
    }
    for prompt in &predicate.prompts {
        if !is_prompt_name(&prompt.name) {
            return wrong("prompt", &prompt.name);
        }
        if let Some(fallback) = prompt
            .fallbacks
            .iter()
            .find(|fallback| !is_variant_name(&fallback.variant))
        {
            return wrong("variant", &fallback.variant);
        }
    }
    Ok(())
}

/// The version follows the one before.
pub(crate) fn succession(meta: &BundleMeta) -> Result<(), Rejection> {
    match &meta.previous {
        Some(previous) if previous.version >= meta.version => {
            let (before, after) = (previous.version, meta.version);
            reject(
                Code::Rollback,
                format!("version {after} says it follows version {before}"),
            )
        }
        _ => Ok(()),
    }
}

/// Everything that is to be true of the files and the lists, in the order of the codes.
pub(crate) fn judge(
    predicate: &Predicate,
    files: Vec<(BundlePath, &[u8])>,
    at: Moment,
    signers: &BTreeSet<KeyId>,
    threshold: NonZeroUsize,
) -> Result<Contents, Rejection> {
    let contents = contents(&predicate.files, files)?;
    file_set(predicate, &contents)?;
    lists::coverage(predicate)?;
    lists::waivers(predicate, at)?;
    lists::evals(predicate, &contents)?;
    lists::approvals(predicate, signers, threshold)?;
    Ok(contents)
}

/// Each file is what its extension, media type and place promise.
fn contents(list: &[FileEntry], files: Vec<(BundlePath, &[u8])>) -> Result<Contents, Rejection> {
    let wrong =
        |path: &BundlePath, what: &str| Rejection::new(Code::Content, format!("{path} {what}"));
    let mut contents = Contents {
        files: BTreeMap::new(),
        forms: BTreeMap::new(),
    };
    for (entry, (path, bytes)) in list.iter().zip(files) {
        if path.media_type() != Some(entry.media_type) {
            return Err(wrong(
                &path,
                "has a media type other than its extension stands for",
            ));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| wrong(&path, "is not UTF-8"))?;
        if path.place() == Place::Variants {
            if entry.media_type != MediaType::Json {
                return Err(wrong(&path, "is no machine form: those are JSON"));
            }
            let form = MachineForm::parse(text).map_err(|problem| {
                wrong(
                    &path,
                    &format!("is no machine form of a variant: {problem}"),
                )
            })?;
            if form.path() != path.as_str() {
                return Err(wrong(
                    &path,
                    &format!("says it belongs at {}", quote(&form.path())),
                ));
            }
            contents.forms.insert(path.clone(), form);
        }
        contents.files.insert(path, text.to_owned());
    }
    Ok(contents)
}

/// Files are sorted and unique, and files and prompts use each other fully: each variant has its
/// prompt file and its machine form, and neither kind of file lies there unused or used twice.
fn file_set(predicate: &Predicate, contents: &Contents) -> Result<(), Rejection> {
    if !predicate.files.is_sorted_by(|a, b| a.path < b.path) {
        return reject(
            Code::FileSet,
            "the files are not listed in the order of their paths, each once",
        );
    }
    if let Some(path) = file_that_is_a_folder(&contents.files) {
        return reject(
            Code::FileSet,
            format!("{path} is a file and a folder at once"),
        );
    }
    if predicate.prompts.is_empty() {
        return reject(Code::FileSet, "the bundle holds no prompt");
    }
    let mut used = BTreeSet::new();
    for prompt in &predicate.prompts {
        variant_files(prompt, None, contents, &mut used)?;
        for index in 0..prompt.fallbacks.len() {
            variant_files(prompt, Some(index), contents, &mut used)?;
        }
    }
    let must_be_used = |path: &&BundlePath| match path.place() {
        // Dotprompt's partials begin with an underscore: several variants may include them, none is
        // made of them.
        Place::Prompts => !path.file_name().starts_with('_'),
        Place::Variants => true,
        Place::Tools | Place::Evidence => false,
    };
    match contents
        .files
        .keys()
        .filter(must_be_used)
        .find(|path| !used.contains(path.as_str()))
    {
        Some(path) => reject(Code::FileSet, format!("no variant uses {path}")),
        None => Ok(()),
    }
}

/// Checks the two files of the primary (`None`) or of a fallback, and marks them as used.
fn variant_files(
    prompt: &PromptEntry,
    fallback: Option<usize>,
    contents: &Contents,
    used: &mut BTreeSet<String>,
) -> Result<(), Rejection> {
    let fallback = fallback.and_then(|index| prompt.fallbacks.get(index));
    let (model, file) = match fallback {
        None => (&prompt.primary.model, &prompt.primary.file),
        Some(fallback) => (&fallback.model, &fallback.file),
    };
    let form_path = variant::path_of(
        &prompt.name,
        fallback.map(|fallback| fallback.variant.as_str()),
    );
    for path in [file, &form_path] {
        if !contents.files.contains_key(path.as_str()) {
            return reject(
                Code::FileSet,
                format!("{} needs {}, which is missing", prompt.name, quote(path)),
            );
        }
        if !used.insert(path.clone()) {
            return reject(Code::FileSet, format!("{path} is used by two variants"));
        }
    }
    if !file.starts_with("prompts/") {
        return reject(
            Code::FileSet,
            format!("{file} is used as a prompt file but does not lie in prompts/"),
        );
    }
    // The path is the link, and the rest of the machine form must not say otherwise.
    let Some(form) = contents.forms.get(form_path.as_str()) else {
        return Ok(());
    };
    let (role, order) = fallback.map_or((Role::Primary, 0), |fallback| {
        (Role::Fallback, fallback.order)
    });
    if form.prompt != prompt.name || form.role != role || form.order != order {
        return reject(
            Code::FileSet,
            format!("{form_path} has another place in the chain than the statement says"),
        );
    }
    if form.model.name != *model && form.model.id != *model {
        return reject(
            Code::FileSet,
            format!("{form_path} is for another model than {}", quote(model)),
        );
    }
    Ok(())
}
