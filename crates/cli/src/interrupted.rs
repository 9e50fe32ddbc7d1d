//! What to do after an interruption, command by command.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use bundle::archives_in;
use mirror::{archives::BundleForm, journal::Journal};

use crate::settings::{self, ModulesPullSettings, PullSettings};

/// For commands that only read, and for those that leave nothing.
const AGAIN: &str = "run the same command again";
/// For a push.
pub(crate) const PUSH: &str =
    "run the same command again to resume: what the registry already has is not uploaded again";
/// For `bundle split` and `bundle join`, which remove what they have written.
pub(crate) const CONVERT: &str = "run the same command again; it starts over, and the input was not changed";
/// For `registry prune`.
pub(crate) const PRUNE: &str = "run the same command again to resume: what was deleted stays deleted";
/// For `update run`.
pub(crate) const RUN: &str = "run the same command again to resume; an approval stays as it is, and an update that has \
                              begun continues in the cluster";
/// For `update watch`.
pub(crate) const WATCH: &str =
    "run the same command again to resume watching; the update in the cluster was not stopped";
/// For `update approve`.
pub(crate) const APPROVE: &str =
    "run the same command again; what was approved before the interruption stays approved";
/// For `update prepare`.
pub(crate) const PREPARE: &str = "run the same command again to resume: it makes the remaining changes, and waits for \
                                  the platform's queue";
/// For `update kernel`.
pub(crate) const KERNEL: &str = "run the same command again to see what is left to do";

/// What to do after the interruption of a command.
#[derive(Debug)]
pub(crate) enum Next {
    /// To run the same command again: it only reads, or leaves nothing.
    Again,
    /// The same, however far the command came.
    Fixed(&'static str),
    /// It depends on what a pull left.
    Pull(Pull),
    /// It depends on what a pull of modules left.
    Modules(ModulesPull),
}

impl Next {
    /// The hint, after the command has ended. If the data that a pull left is of no use to the next one, it is removed.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Again => AGAIN.to_owned(),
            Self::Fixed(text) => (*text).to_owned(),
            Self::Pull(pull) => pull.text(),
            Self::Modules(pull) => pull.text(),
        }
    }
}

impl From<&'static str> for Next {
    fn from(text: &'static str) -> Self {
        Self::Fixed(text)
    }
}

impl From<Pull> for Next {
    fn from(pull: Pull) -> Self {
        Self::Pull(pull)
    }
}

impl From<ModulesPull> for Next {
    fn from(pull: ModulesPull) -> Self {
        Self::Modules(pull)
    }
}

/// What an interrupted pull of a distribution left.
#[derive(Debug)]
pub(crate) struct Pull {
    /// The bundle, or the directory of its archives, as it was named.
    named: PathBuf,
    /// The archive that the journal belongs to; none for a dry run.
    main: Option<PathBuf>,
    /// Whether the next pull with the same arguments discards the data.
    fresh: bool,
    in_parts: bool,
    form: BundleForm,
}

impl Pull {
    pub(crate) fn of(settings: &PullSettings) -> Self {
        Self {
            named: settings.named.clone(),
            main: Some(settings.archive.clone()).filter(|_| !settings.dry_run),
            fresh: settings.write.fresh,
            in_parts: settings.write.part_size.is_some(),
            form: settings.form,
        }
    }

    fn text(&self) -> String {
        let Some(main) = &self.main else { return AGAIN.to_owned() };
        let kept = match (left(main), self.form) {
            (KeptData::Nothing, _) => return AGAIN.to_owned(),
            (_, BundleForm::Directory) => in_directory(&self.named),
            (KeptData::Plan, _) => {
                format!(
                    "what was read from the source is kept in {}",
                    settings::with_suffix(main, ".partial.d").display()
                )
            }
            (KeptData::Bundle, _) if self.in_parts => {
                format!("what was downloaded is kept in {}.*.chunk.partial", main.display())
            }
            (KeptData::Bundle, _) => {
                format!(
                    "what was downloaded is kept in {}",
                    settings::with_suffix(main, ".partial").display()
                )
            }
        };
        resume(&kept, self.fresh)
    }
}

/// What an interrupted pull of modules left.
#[derive(Debug)]
pub(crate) struct ModulesPull {
    directory: PathBuf,
    fresh: bool,
    dry_run: bool,
}

impl ModulesPull {
    pub(crate) fn of(settings: &ModulesPullSettings) -> Self {
        let ModulesPullSettings { directory, write, dry_run, .. } = settings;
        Self { directory: directory.clone(), fresh: write.fresh, dry_run: *dry_run }
    }

    fn text(&self) -> String {
        let Self { directory, fresh, dry_run } = self;
        let archives = if *dry_run { BTreeSet::new() } else { archives_in(directory).unwrap_or_default() };
        // No short circuit: each call removes what is of no use.
        let left: Vec<KeptData> = archives.iter().map(|archive| left(&directory.join(archive))).collect();
        if left.iter().all(|left| *left == KeptData::Nothing) {
            return AGAIN.to_owned();
        }
        resume(&in_directory(directory), *fresh)
    }
}

fn in_directory(directory: &Path) -> String {
    format!("complete archives and the downloaded parts of others are kept in {}", directory.display())
}

/// With `--no-pull-resume` the same command would not resume.
fn resume(kept: &str, fresh: bool) -> String {
    let how = if fresh { "without --no-pull-resume " } else { "" };
    format!("run the same command again {how}to resume; {kept}")
}

/// What an interrupted pull left of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeptData {
    /// Nothing that a later pull can use.
    Nothing,
    /// What planning has read.
    Plan,
    /// A part of the archive itself.
    Bundle,
}

/// What is left of `archive`. A journal that is of no use is removed.
fn left(archive: &Path) -> KeptData {
    if !settings::with_suffix(archive, ".partial.d").is_dir() {
        return KeptData::Nothing;
    }
    // If it is still locked or cannot be read, it is there anyway.
    let Ok(journal) = Journal::open(archive, false) else {
        let has_bundle = settings::with_suffix(archive, ".partial").exists();
        return if has_bundle { KeptData::Bundle } else { KeptData::Plan };
    };
    if journal.has_partial_bundle() {
        return KeptData::Bundle;
    }
    if journal.is_worth_keeping() {
        return KeptData::Plan;
    }
    // The next pull creates it again, or removes it.
    drop(journal.remove());
    KeptData::Nothing
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn pull(main: &Path, in_parts: bool, fresh: bool) -> Pull {
        let named = main.to_owned();
        Pull { named, main: Some(main.to_owned()), fresh, in_parts, form: BundleForm::File }
    }

    #[test]
    fn a_hint_names_only_the_data_that_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("d8.tar");
        let shown = main.display();
        assert_eq!(pull(&main, false, false).text(), AGAIN);
        // An older bundle of that name is not what this pull has left.
        fs::write(&main, "older").unwrap();
        assert_eq!(pull(&main, false, false).text(), AGAIN);

        // A journal in which nothing is yet.
        drop(Journal::open(&main, false).unwrap());
        assert_eq!(pull(&main, false, false).text(), AGAIN);
        assert!(!settings::with_suffix(&main, ".partial.d").exists());

        let journal = Journal::open(&main, false).unwrap();
        fs::write(journal.directory().path_of("blobs/layer"), "bytes").unwrap();
        let by_lock = pull(&main, false, false).text();
        drop(journal);
        let expected = format!(
            "run the same command again to resume; what was read from the source is kept in {shown}.partial.d"
        );
        assert_eq!(
            (by_lock.as_str(), pull(&main, false, false).text()),
            (expected.as_str(), expected.clone())
        );
        let modules = ModulesPull { directory: folder.path().to_owned(), fresh: false, dry_run: false };
        let place = folder.path().display();
        assert_eq!(
            modules.text(),
            format!(
                "run the same command again to resume; complete archives and the downloaded parts of others are \
                 kept in {place}"
            )
        );
        assert_eq!(ModulesPull { dry_run: true, ..modules }.text(), AGAIN);
        let dry = Pull { main: None, ..pull(&main, false, false) };
        assert_eq!(dry.text(), AGAIN);
        assert_eq!(
            pull(&main, false, true).text(),
            format!(
                "run the same command again without --no-pull-resume to resume; what was read from the source is kept in \
                 {shown}.partial.d"
            )
        );
    }
}
