//! A lock file: everything that a pull resolved, so that a later pull brings the same bytes.
//!
//! `dhctl mirror --lock` writes it, `dhctl mirror --locked` reads it. It names each image of the bundle with its digest and
//! nothing else: releases, channels and modules follow from the images. So whatever a pull brings is locked, of any kind.
//! It contains no address and no login.

use std::collections::{BTreeMap, BTreeSet};

use oci::{Digest, RepositoryName, Tag};
use serde::{Deserialize, Serialize};

use crate::{
    document::{API_VERSION, DocumentError, FileKind, shortened},
    want::ROOT,
};

/// The file.
const FILE: FileKind = FileKind {
    kind: "MirrorLock",
    word: "a lock file",
    head: "\
# Every image of a bundle, by digest. Written by dhctl mirror --lock, for dhctl mirror --locked.
# It contains no logins.
",
};

/// Every image of a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The last segment of the source's path, such as `ee`: the only part of the address that is in the bundle.
    pub edition: String,
    /// The repositories by path below the root. Empty for the root itself.
    pub repositories: BTreeMap<String, LockedRepository>,
}

/// The images of one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedRepository {
    /// Where each tag points.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "tags")]
    pub tags: BTreeMap<Tag, Digest>,
    /// The images that are known by digest.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub digests: BTreeSet<Digest>,
}

/// Why a text is not a lock file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Not a lock file of this version.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A name is not valid.
    #[error("contains '{text}', which is not {expected}")]
    Name {
        /// What the file says, shortened.
        text: String,
        /// What is expected there.
        expected: &'static str,
    },
    /// It names no image.
    #[error("names no image")]
    Empty,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    api_version: String,
    kind: String,
    edition: String,
    repositories: BTreeMap<String, LockedRepository>,
}

impl Lock {
    /// Reads a lock file.
    ///
    /// # Errors
    /// [`LockError`] for anything but a lock file of this version, without unknown keys and with valid names.
    pub fn parse(text: &[u8]) -> Result<Self, LockError> {
        let Document { edition, repositories, .. } = FILE.parse(text)?;
        let is_segment = !edition.contains('/') && edition.parse::<RepositoryName>().is_ok();
        if !is_segment {
            return Err(name(&edition, "an edition such as ee"));
        }
        let mut read = BTreeMap::new();
        for (path, repository) in repositories {
            if path != ROOT && path.parse::<RepositoryName>().is_err() {
                return Err(name(&path, "the path of a repository"));
            }
            read.insert(if path == ROOT { String::new() } else { path }, repository);
        }
        if read.values().all(|it| it.tags.is_empty() && it.digests.is_empty()) {
            return Err(LockError::Empty);
        }
        Ok(Self { edition, repositories: read })
    }

    /// The lock as a file. The same images give the same text.
    ///
    /// # Errors
    /// [`LockError::Document`], which does not happen.
    pub fn to_yaml(&self) -> Result<String, LockError> {
        let written = |path: &String| if path.is_empty() { ROOT.to_owned() } else { path.clone() };
        let document = Document {
            api_version: API_VERSION.to_owned(),
            kind: FILE.kind.to_owned(),
            edition: self.edition.clone(),
            repositories: self.repositories.iter().map(|(path, it)| (written(path), it.clone())).collect(),
        };
        Ok(FILE.write(&document)?)
    }
}

/// Tags as keys.
mod tags {
    use std::collections::BTreeMap;

    use oci::{Digest, Tag};
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(
        tags: &BTreeMap<Tag, Digest>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(tags.iter().map(|(tag, digest)| (tag.as_str(), digest)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Tag, Digest>, D::Error> {
        let tags = BTreeMap::<String, Digest>::deserialize(deserializer)?;
        let tag = |(tag, digest): (String, Digest)| Ok((tag.parse().map_err(D::Error::custom)?, digest));
        tags.into_iter().map(tag).collect()
    }
}

fn name(text: &str, expected: &'static str) -> LockError {
    LockError::Name { text: shortened(text), expected }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lock() -> Lock {
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        let tag = |text: &str| text.parse().unwrap();
        let root = LockedRepository { tags: [(tag("v1.58.3"), one)].into(), digests: [two].into() };
        let database = LockedRepository { tags: [(tag("2"), two)].into(), ..LockedRepository::default() };
        Lock {
            edition: "ee".to_owned(),
            repositories: [(String::new(), root), ("security/trivy-db".to_owned(), database)].into(),
        }
    }

    #[test]
    fn a_file() {
        let text = lock().to_yaml().unwrap();
        insta::assert_snapshot!(text);
        assert_eq!(Lock::parse(text.as_bytes()).unwrap(), lock());
    }

    #[test]
    fn anything_else_is_refused() {
        let text = lock().to_yaml().unwrap();
        for (from, to, said) in [
            ("v1alpha1", "v1alpha2", "has the apiVersion 'dhctl.deckhouse.io/v1alpha2'"),
            ("MirrorLock", "WantList", "has the kind 'WantList'"),
            ("edition: ee", "edition: ee\nsource: x", "is not a lock file"),
            ("    digests:", "    layers:", "is not a lock file"),
            ("edition: ee", "edition: a/b", "'a/b', which is not an edition"),
            ("security/trivy-db", "../etc", "'../etc', which is not the path of a repository"),
            ("v1.58.3", "v1 58", "is not a lock file"),
            ("sha256:6b86", "sha256:zz86", "is not a lock file"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            let error = Lock::parse(changed.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{to}: {error}");
        }
        let empty = Lock { edition: "ee".to_owned(), ..Lock::default() }.to_yaml().unwrap();
        assert_eq!(Lock::parse(empty.as_bytes()), Err(LockError::Empty));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,60}") {
            let _ = Lock::parse(text.as_bytes());
        }
    }
}
