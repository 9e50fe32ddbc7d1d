//! A want list that a pull works by.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use deckhouse::{
    Edition, VersionRule,
    version::tag_of,
    want::{ModuleNeed, Needs, WantList},
};
use mirror::{InClusters, Modules};
use oci::RepositoryUrl;

use crate::{exit_code::Exit, failure::Failure};

/// Editions whose names the vendor's repositories have.
const EDITIONS: [&str; 7] = ["ce", "be", "se", "se-plus", "ee", "fe", "cse"];

/// A want list, and what its clusters need together.
#[derive(Debug, Clone)]
pub(crate) struct WantSettings {
    /// The list.
    pub(crate) list: WantList,
    /// What its clusters need.
    pub(crate) needs: Needs,
}

impl WantSettings {
    /// Reads the list for a pull from `source`.
    pub(super) fn read(path: &Path, source: &RepositoryUrl) -> Result<Self, Failure> {
        let text = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
        let list =
            WantList::parse(&text).map_err(|error| Failure::usage(format!("{} {error}", path.display())))?;
        let needs =
            Needs::of(&list).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        if let Some(edition) = &needs.edition
            && !may_have(source, edition)
        {
            let message = format!(
                "the clusters of the want list run edition {edition}, and {source} is that of another edition"
            );
            return Err(Failure::usage(message).hint("name the source of that edition with --source"));
        }
        Ok(Self { list, needs })
    }

    /// The modules to pull, except these.
    pub(super) fn modules(&self, except: &[String]) -> Modules {
        let clusters = InClusters {
            embedded: self.needs.embedded_modules.clone(),
            channels: self.needs.module_channels.clone(),
        };
        needed(&self.needs.modules, clusters, except)
    }

    /// The packages to pull, except these.
    pub(super) fn packages(&self, except: &[String]) -> Modules {
        needed(&self.needs.packages, InClusters::default(), except)
    }

    /// What is not certain to be part of the pull, as warnings.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let unknown: BTreeSet<&str> =
            self.list.clusters.iter().flat_map(|it| &it.unknown).map(|part| part.what.as_str()).collect();
        if !unknown.is_empty() {
            let unknown: Vec<&str> = unknown.into_iter().collect();
            warnings.push(format!(
                "the want list does not contain everything that the clusters have; unknown are: {}",
                unknown.join(", ")
            ));
        }
        warnings.extend(unversioned("module", &self.needs.modules));
        warnings.extend(unversioned("package", &self.needs.packages));
        warnings
    }
}

/// A warning for each tag that says nothing about where the range of versions begins. `word`: what the names are of.
fn unversioned<'a>(
    word: &'a str,
    needs: &'a BTreeMap<String, ModuleNeed>,
) -> impl Iterator<Item = String> + 'a {
    needs.iter().flat_map(move |(name, need)| {
        let pulled = match &need.from {
            Some(from) => format!(
                "this cluster counts as if it did not have the {word}, and the versions from {} on are pulled",
                tag_of(from)
            ),
            None => "only the versions that its release channels point to are pulled, and none in between".to_owned(),
        };
        need.unversioned.iter().map(move |tag| {
            format!("the want list has {word} {name} with '{tag}', which is not a version such as v1.2.3: {pulled}")
        })
    })
}

fn needed(needs: &BTreeMap<String, ModuleNeed>, clusters: InClusters, except: &[String]) -> Modules {
    let rules = |is_own: bool| -> BTreeMap<String, Vec<VersionRule>> {
        let needs = needs.iter().filter(|(name, need)| need.is_own == is_own && !except.contains(name));
        needs.map(|(name, need)| (name.clone(), vec![need.rule()])).collect()
    };
    let except = except.iter().cloned().collect();
    Modules::Needed { required: rules(true), others: rules(false), clusters, except }
}

/// Whether a source may have an edition. Only a path that ends with the name of another edition says that it does not.
fn may_have(source: &RepositoryUrl, edition: &Edition) -> bool {
    let (last, edition) = (source.repository.last_segment(), edition.repository());
    !EDITIONS.contains(&last) || last == edition || (last == "cse" && edition.starts_with("cse-"))
}

/// A failure unless the size of a stick or disc is more than nothing.
pub(super) fn media_size(size: Option<u64>) -> Result<Option<u64>, Failure> {
    match size {
        Some(0) => Err(Failure::new(
            Exit::Usage,
            "--media-size is 0; name the size of one stick or disc, such as 32GB",
        )),
        size => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_is_not_a_version_gets_a_warning() {
        let need = |from: Option<&str>, tags: &[&str]| ModuleNeed {
            from: from.map(|it| it.parse().unwrap()),
            is_own: true,
            unversioned: tags.iter().map(|it| it.parse().unwrap()).collect(),
        };
        for (need, expected) in [
            (need(Some("1.1.0"), &[]), None),
            (
                need(None, &["latest"]),
                Some("only the versions that its release channels point to are pulled"),
            ),
            (need(Some("1.1.0"), &["pr12"]), Some("the versions from v1.1.0 on are pulled")),
        ] {
            let needs = BTreeMap::from([("console".to_owned(), need)]);
            let warnings: Vec<String> = unversioned("module", &needs).collect();
            assert_eq!(warnings.len(), usize::from(expected.is_some()), "{warnings:?}");
            assert!(expected.is_none_or(|it| warnings[0].contains(it)), "{warnings:?}");
        }
    }

    #[test]
    fn the_path_of_another_edition_is_refused() {
        for (source, edition, may) in [
            ("registry.deckhouse.ru/deckhouse/ee", "EE", true),
            ("registry.deckhouse.ru/deckhouse/ee", "SE-plus", false),
            ("registry.deckhouse.ru/deckhouse/se-plus", "SE-plus", true),
            ("registry-cse.deckhouse.ru/deckhouse/cse", "CSE-lite", true),
            ("mirror.example.com/dkp", "FE", true),
        ] {
            let may_have = may_have(&source.parse().unwrap(), &Edition::parse(edition).unwrap());
            assert_eq!(may_have, may, "{source} {edition}");
        }
    }
}
