//! What is missing or damaged, why, and what needs it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use deckhouse::{Channel, release_list::RELEASES_FILE, repositories::Component, version::tag_of};
use oci::Tag;
use semver::Version;

/// How many of those that need a missing object its text names. All images of a bundle may need one blob.
const DEPENDENTS_SHOWN: usize = 3;

/// What needs an object. Displays and serialises as text: `release v1.58.3`, `module console v1.2.3`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WantedBy {
    /// A release of the platform.
    Release(Version),
    /// A release channel of the platform.
    Channel(Channel),
    /// A build of the platform: a tag that is neither a release nor a release channel.
    Build(Tag),
    /// A module or package, one version of it or its channels.
    Component {
        /// Which of the two.
        component: Component,
        /// Its name.
        name: String,
        /// The version; none for its release channels.
        version: Option<Tag>,
    },
    /// A version of a plugin of the d8 CLI.
    Plugin {
        /// Its name.
        name: String,
        /// The version.
        version: Tag,
    },
    /// A vulnerability database, by its path below the root.
    Database(String),
    /// The standalone installer.
    Installer,
    /// The file that lists the releases of a bundle.
    ReleasesFile,
    /// The lock file of a pull.
    LockFile,
    /// The want list of a pull: it names a module or package that a cluster has.
    WantList {
        /// Which of the two.
        component: Component,
        /// Its name.
        name: String,
    },
    /// An image of a bundle: its repository and tag or digest.
    Image(String),
    /// An entry in the list of modules, packages or plugins.
    Listed(String),
}

impl WantedBy {
    /// A module or package, by its channels.
    pub(crate) fn component(component: Component, name: &str) -> Self {
        Self::Component { component, name: name.to_owned(), version: None }
    }

    /// A version of a module or package.
    pub(crate) fn version(component: Component, name: &str, version: &Tag) -> Self {
        Self::Component { component, name: name.to_owned(), version: Some(version.clone()) }
    }
}

impl fmt::Display for WantedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(version) => write!(f, "release {}", tag_of(version)),
            Self::Channel(channel) => write!(f, "channel {channel}"),
            Self::Build(tag) => write!(f, "tag {tag}"),
            Self::Component { component, name, version } => {
                write!(f, "{} {name}", component.word())?;
                version.as_ref().map_or(Ok(()), |version| write!(f, " {version}"))
            }
            Self::Plugin { name, version } => write!(f, "plugin {name} {version}"),
            Self::Database(path) => write!(f, "vulnerability database {path}"),
            Self::Installer => f.write_str("standalone installer"),
            Self::LockFile => f.write_str("lock file"),
            Self::WantList { .. } => f.write_str("the want list"),
            Self::ReleasesFile => f.write_str(RELEASES_FILE),
            Self::Image(image) | Self::Listed(image) => f.write_str(image),
        }
    }
}

impl serde::Serialize for WantedBy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why something counts as missing, as far as what can be done about it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It is not there, or something else is in its place.
    Missing,
    /// The registry has it and cannot deliver it: it is there again when it is uploaded once more.
    Unreadable,
    /// The content does not have its digest, which only reading all of it shows.
    Damaged,
    /// It was uploaded, and the registry still has its own damaged copy.
    StillDamaged,
    /// The registry lists the tag, and answers 404 for it.
    ListedAndDenied,
    /// It is attached to an image, such as a signature, and missing or unreadable. It can be left out.
    Attached,
    /// A lock file names it, and the source does not have it any more.
    NoLongerThere,
    /// A pull by a lock file needs it, and the lock file does not name it.
    NotLocked,
    /// A module that a release or another module requires, which the selection of the pull leaves out. The reference is
    /// its name.
    ModuleLeftOut(LeavesOut),
    /// A module that a release or another module requires, which is not there. The reference is its name.
    ModuleMissing,
}

impl Cause {
    /// Whether it is about a module that a release or another module requires.
    pub fn is_module(self) -> bool {
        matches!(self, Self::ModuleLeftOut(_) | Self::ModuleMissing)
    }
}

/// How a selection leaves a module out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeavesOut {
    /// It excludes this module.
    Excluded,
    /// It names other modules.
    NotNamed,
    /// It has no modules.
    NoModules,
}

/// One thing that is missing or damaged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct MissingItem {
    /// The repository, with its registry if it is in one, or a file next to the bundle.
    pub repository: String,
    /// The tag or digest; empty if the whole file is meant.
    pub reference: String,
    /// What needs it, sorted by its text.
    pub wanted_by: Vec<WantedBy>,
    /// Why it does not count as present.
    pub reason: String,
    /// The same by kind.
    #[serde(skip)]
    pub cause: Cause,
}

impl fmt::Display for MissingItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = match self.reference.as_str() {
            "" => "",
            reference if reference.contains(':') => "@",
            _ => ":",
        };
        write!(f, "{}{separator}{}: {}", self.repository, self.reference, self.reason)?;
        if self.wanted_by.is_empty() {
            return Ok(());
        }
        let names = self.wanted_by.iter().take(DEPENDENTS_SHOWN).map(ToString::to_string);
        let names: Vec<String> = names.collect();
        write!(f, " (required by {}", names.join(", "))?;
        match self.wanted_by.len() - names.len() {
            0 => f.write_str(")"),
            more => write!(f, " and {more} more)"),
        }
    }
}

impl MissingItem {
    /// Adds something that needs it.
    pub(crate) fn add(&mut self, by: &WantedBy) {
        if !self.wanted_by.contains(by) {
            self.wanted_by.push(by.clone());
            self.wanted_by.sort_by_cached_key(ToString::to_string);
        }
    }
}

/// Missing items, each once: by repository and reference.
#[derive(Debug, Default)]
pub(crate) struct Missing(BTreeMap<(String, String), MissingItem>);

impl Missing {
    /// Adds an item. If the object is recorded already, its first reason stays, and all that need it are listed.
    pub(crate) fn add(&mut self, item: MissingItem) {
        match self.0.entry((item.repository.clone(), item.reference.clone())) {
            Entry::Vacant(place) => drop(place.insert(item)),
            Entry::Occupied(mut place) => item.wanted_by.iter().for_each(|by| place.get_mut().add(by)),
        }
    }

    /// Gives every item this cause.
    pub(crate) fn set_cause(&mut self, cause: Cause) {
        self.0.values_mut().for_each(|item| item.cause = cause);
    }

    /// Whether nothing is missing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something of this repository is missing.
    pub(crate) fn is_in(&self, repository: &str) -> bool {
        self.0.keys().any(|(missing_in, _)| missing_in == repository)
    }

    /// All items, ordered by repository and reference.
    pub(crate) fn into_items(self) -> impl Iterator<Item = MissingItem> {
        self.0.into_values()
    }
}

/// The items of several lists as one, ordered by repository and reference.
pub(crate) fn merge(items: impl IntoIterator<Item = MissingItem>) -> Vec<MissingItem> {
    let mut merged = Missing::default();
    items.into_iter().for_each(|item| merged.add(item));
    merged.into_items().collect()
}
