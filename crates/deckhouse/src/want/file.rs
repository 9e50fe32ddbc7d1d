//! A want list as a file: YAML with a version, strict when it is read.

use std::collections::{BTreeMap, BTreeSet};

use oci::{Digest, RepositoryName};
use serde::{Deserialize, Serialize};

use super::{ROOT, WantList, WantedCluster};
use crate::{
    document::{API_VERSION, DocumentError, FileKind, shortened},
    module_rule::module_name,
};

/// The file.
const FILE: FileKind = FileKind {
    kind: "WantList",
    word: "a want list",
    head: "\
# What these clusters run, and the images that their registries contain completely.
# Written inside by dhctl, for a pull outside. It contains no logins.
# The key `held` lists the images that all of the registries contain: a pull leaves out their blobs.
",
};

/// The longest name or reason in it, in characters.
const LONGEST: usize = 1000;

/// Why a text is not a want list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WantListError {
    /// Not a want list of this version.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A value is not valid.
    #[error("contains '{text}', which is not {expected}")]
    Value {
        /// What the file says, shortened.
        text: String,
        /// What is expected there.
        expected: &'static str,
    },
    /// No cluster in it.
    #[error("contains no cluster")]
    Empty,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    api_version: String,
    kind: String,
    clusters: Vec<WantedCluster>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    registries: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    plugins: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    held: BTreeMap<String, BTreeSet<Digest>>,
}

impl WantList {
    /// Reads a want list.
    ///
    /// # Errors
    /// [`WantListError`] for anything but a list of this version, without unknown keys and with valid names.
    pub fn parse(text: &[u8]) -> Result<Self, WantListError> {
        let Document { clusters, registries, plugins, held, .. } = FILE.parse(text)?;
        let held = held.into_iter().map(|(path, digests)| Ok((from_written(path)?, digests)));
        let held = held.collect::<Result<_, WantListError>>()?;
        let list = Self { clusters, registries, plugins, held };
        list.check()?;
        Ok(list)
    }

    /// The list as a file. The same list gives the same text.
    ///
    /// # Errors
    /// [`WantListError`] if [`parse`](Self::parse) would refuse the file.
    pub fn to_yaml(&self) -> Result<String, WantListError> {
        self.check()?;
        let document = Document {
            api_version: API_VERSION.to_owned(),
            kind: FILE.kind.to_owned(),
            clusters: self.clusters.clone(),
            registries: self.registries.clone(),
            plugins: self.plugins.clone(),
            held: self.held.iter().map(|(path, held)| (written(path), held.clone())).collect(),
        };
        Ok(FILE.write(&document)?)
    }

    /// Whether every name is one that can be used and shown.
    fn check(&self) -> Result<(), WantListError> {
        if self.clusters.is_empty() {
            return Err(WantListError::Empty);
        }
        let mut texts: Vec<&str> = self.registries.iter().map(String::as_str).collect();
        for cluster in &self.clusters {
            texts.extend(cluster.name.as_deref().into_iter().chain(cluster.server.as_deref()));
            texts.extend(
                cluster.unknown.iter().flat_map(|it| [Some(it.what.as_str()), it.why.as_deref()]).flatten(),
            );
            texts.extend(
                cluster.modules.iter().flat_map(|it| [it.source.as_deref(), it.policy.as_deref()]).flatten(),
            );
            texts.extend(cluster.packages.iter().filter_map(|it| it.repository.as_deref()));
            let names = cluster.modules.iter().map(|it| &it.name).chain(&cluster.embedded_modules);
            for name in names.chain(cluster.packages.iter().map(|it| &it.name)) {
                module_name(name).map_err(|_| value(name, "the name of a module or package"))?;
            }
        }
        for name in &self.plugins {
            module_name(name).map_err(|_| value(name, "the name of a plugin"))?;
        }
        for text in texts {
            let is_line = text.chars().count() <= LONGEST && !text.contains(char::is_control);
            if !is_line || text.is_empty() {
                return Err(value(text, "a line of text"));
            }
        }
        let mut paths = self.held.keys().filter(|path| !path.is_empty());
        match paths.find(|path| path.parse::<RepositoryName>().is_err()) {
            Some(path) => Err(value(path, "the path of a repository")),
            None => Ok(()),
        }
    }
}

fn written(path: &str) -> String {
    if path.is_empty() { ROOT.to_owned() } else { path.to_owned() }
}

fn from_written(path: String) -> Result<String, WantListError> {
    match path.as_str() {
        ROOT => Ok(String::new()),
        "" => Err(value("", "the path of a repository")),
        _ => Ok(path),
    }
}

fn value(text: &str, expected: &'static str) -> WantListError {
    WantListError::Value { text: shortened(text), expected }
}
