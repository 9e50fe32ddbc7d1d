//! What the steps of planning find. Each step returns it; the caller of several steps merges what they return.

use std::collections::{BTreeMap, BTreeSet};

use oci::TagOrDigest;

use crate::{
    Error, Event, MissingItem, Observer, WantedBy,
    error::Place,
    missing::Missing,
    wanted::{Key, Wanted},
};

/// The names (`module.image`) that lists of images give to images, and whose list it is.
pub(crate) type ImageNames = BTreeMap<Key, BTreeSet<(WantedBy, String)>>;

/// What a step found: the images to pull, what is missing, and what to report.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The images to pull.
    pub(crate) wanted: Wanted,
    /// What is required and missing, or cannot be read.
    pub(crate) missing: Missing,
    notes: Vec<Note>,
    /// Optional things that the registry refuses: the first refusal of each repository.
    refused: BTreeMap<String, String>,
    /// The names of images that are listed, whether they are there or not.
    pub(crate) names: ImageNames,
}

/// A step's value, and what was found on the way to it.
#[derive(Debug)]
pub(crate) struct Step<T> {
    pub(crate) value: T,
    pub(crate) found: Found,
}

/// What to report once it is certain that the request can be met: before an error, notes would only hide it. In the
/// order in which they are reported.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Note {
    /// The result may differ from what was requested.
    Warning(String),
    /// Something else that the user should know.
    Note(String),
}

impl Found {
    /// Adds everything of `other`.
    pub(crate) fn merge(&mut self, other: Self) {
        let Self { wanted, missing, notes, refused, names } = other;
        self.wanted.merge(wanted);
        missing.into_items().for_each(|item| self.missing.add(item));
        self.notes.extend(notes);
        for (repository, refusal) in refused {
            self.refused.entry(repository).or_insert(refusal);
        }
        for (image, names) in names {
            self.names.entry(image).or_default().extend(names);
        }
    }

    /// Adds that the list of `by` has an image under these names.
    pub(crate) fn name_image(&mut self, path: &str, reference: TagOrDigest, by: &WantedBy, names: &[String]) {
        let names = names.iter().map(|name| (by.clone(), name.clone()));
        self.names.entry((path.to_owned(), reference)).or_default().extend(names);
    }

    /// Merges what several steps found, and returns their values.
    pub(crate) fn merge_all<T>(&mut self, steps: impl IntoIterator<Item = Step<T>>) -> Vec<T> {
        steps.into_iter().map(|step| step.merge_into(self)).collect()
    }

    /// Adds a missing item.
    pub(crate) fn miss(&mut self, item: MissingItem) {
        self.missing.add(item);
    }

    /// Adds a warning: the result may differ from what was requested.
    pub(crate) fn warn(&mut self, text: String) {
        self.notes.push(Note::Warning(text));
    }

    /// Adds a note: something else that the user should know.
    pub(crate) fn note(&mut self, text: String) {
        self.notes.push(Note::Note(text));
    }

    /// Adds that the registry refuses something optional of `repository`.
    pub(crate) fn refuse(&mut self, repository: &str, refusal: String) {
        self.refused.entry(repository.to_owned()).or_insert(refusal);
    }

    /// The result of a step that found this.
    pub(crate) fn with<T>(self, value: T) -> Step<T> {
        Step { value, found: self }
    }

    /// Itself, if nothing is missing.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with the whole list of what is missing.
    pub(crate) fn check(self) -> Result<Self, Error> {
        if self.missing.is_empty() {
            return Ok(self);
        }
        Err(Error::Incomplete { place: Place::Source, items: self.missing.into_items().collect() })
    }

    /// Reports the notes and refusals to `observer`, in an order that does not depend on the order in which responses
    /// arrive, and returns the images to pull.
    pub(crate) fn report(self, observer: &dyn Observer) -> Wanted {
        let Self { wanted, notes: mut found, refused, .. } = self;
        let refusals = refused.into_values();
        found.extend(
            refusals.map(|it| Note::Warning(format!("left out, because the source refuses it: {it}"))),
        );
        found.sort();
        for note in found {
            observer.event(match note {
                Note::Warning(text) => Event::Warning(text),
                Note::Note(text) => Event::Note(text),
            });
        }
        wanted
    }
}

impl<T> Step<T> {
    /// The value; what was found is added to `found`.
    pub(crate) fn merge_into(self, found: &mut Found) -> T {
        found.merge(self.found);
        self.value
    }
}
