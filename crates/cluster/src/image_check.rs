//! Whether the registry that a cluster pulls from can return the images of its next release.
//!
//! Reading the registry is not done here: this is what was found, and what it means for the cluster. An image belongs to the
//! module that the release's list of images names; images of modules that are certainly disabled are not pulled.

use std::collections::BTreeSet;

use foreign_text::ForeignText;
use problems::{Advice, Code, Contents, Kind, Object, Problem, RegistryAdvice, RegistryFact};
use semver::Version;
use serde::Serialize;

use crate::{
    ClusterState,
    registry_use::{switched_off, uses_image},
};

/// The most objects that a problem names; the others are counted.
const NAMED: usize = 10;

/// What was found in the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageCheck {
    /// The registry, as `HOST[:PORT]/PATH`.
    pub registry: String,
    /// The release.
    pub release: Version,
    /// What was found.
    pub outcome: ImagesRead,
}

/// What reading a registry showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImagesRead {
    /// Every manifest and blob was requested.
    All {
        /// Number of manifests and blobs.
        objects: usize,
        /// What cannot be returned.
        missing: Vec<MissingObject>,
        /// Whether the list of images was read. If not, it is unknown which images the release has.
        images_known: bool,
        /// Modules that the release requires (`migratedModules`) and whose images were not read.
        modules_not_read: BTreeSet<String>,
    },
    /// The registry refuses the login of the cluster: its words.
    Refused(ForeignText),
    /// The registry could not be read; why.
    Failed(ForeignText),
}

/// A manifest or blob that a registry cannot return.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingObject {
    /// Repository and tag or digest.
    pub object: ForeignText,
    /// Why it does not count as present.
    pub why: ForeignText,
    /// The images (`module.image`) that need it, or the modules.
    pub images: BTreeSet<String>,
    /// Whether the image of the controller, or the description of the release, needs it.
    pub platform: bool,
    /// Whether it is part of an installer, which a running cluster does not pull.
    pub installer: bool,
}

/// What the check means for a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageReport {
    /// The registry, as `HOST[:PORT]/PATH`.
    pub registry: String,
    /// The release that was checked, as `v1.69.2`.
    pub release: String,
    /// Number of manifests and blobs that were requested; `None` if the registry could not be read.
    pub objects: Option<usize>,
    /// Missing objects that the cluster needs.
    pub missing: Vec<MissingObject>,
    /// Missing objects that it does not need: of disabled modules, or of an installer.
    pub missing_unused: Vec<MissingObject>,
    /// Modules that the release requires and whose images were not checked, because no `ModuleSource` names their version in
    /// this registry. Disabled modules are not among them.
    pub modules_not_checked: BTreeSet<String>,
    /// What prevents the update.
    #[serde(skip)]
    pub problem: Option<Problem>,
}

impl ImageCheck {
    /// What it means for a cluster in this state.
    pub fn report(&self, state: &ClusterState) -> ImageReport {
        let mut report = ImageReport {
            registry: self.registry.clone(),
            release: format!("v{}", self.release),
            objects: None,
            missing: Vec::new(),
            missing_unused: Vec::new(),
            modules_not_checked: BTreeSet::new(),
            problem: None,
        };
        match &self.outcome {
            ImagesRead::All { objects, missing, images_known, modules_not_read } => {
                report.objects = Some(*objects);
                let disabled = switched_off(state);
                let is_needed = |it: &MissingObject| {
                    let by_image = it.platform || it.images.iter().any(|name| uses_image(&disabled, name));
                    // Without the list in the installer it is unknown what else is missing.
                    by_image && (!it.installer || !images_known)
                };
                (report.missing, report.missing_unused) = missing.iter().cloned().partition(is_needed);
                report.modules_not_checked = modules_not_read.difference(&disabled).cloned().collect();
                report.problem = self.incomplete(&report.missing);
            }
            ImagesRead::Refused(message) => {
                let fact =
                    RegistryFact::LoginRefused { repo: self.registry.clone(), message: message.clone() };
                let secret = Object::new(Kind::Secret, "deckhouse-registry");
                report.problem =
                    Some(Problem::new(Code::Release, secret, fact).advise(Advice::CorrectRegistryLogin));
            }
            ImagesRead::Failed(why) => {
                let fact = RegistryFact::ImagesNotChecked { release: self.release.clone(), why: why.clone() };
                report.problem = Some(
                    Problem::new(Code::Release, self.object(), fact)
                        .advise(RegistryAdvice::CheckWhereReachable.into())
                        .advise(RegistryAdvice::SkipImageCheck.into()),
                );
            }
        }
        report
    }

    fn object(&self) -> Object {
        Object::new(Kind::Registry, &self.registry)
    }

    fn incomplete(&self, missing: &[MissingObject]) -> Option<Problem> {
        if missing.is_empty() {
            return None;
        }
        let named = |it: &MissingObject| {
            let names: Vec<&str> = it.images.iter().map(String::as_str).collect();
            let images = if names.is_empty() { String::new() } else { format!("{}: ", names.join(", ")) };
            ForeignText::from(format!("{} ({images}{})", it.object, it.why))
        };
        let fact = RegistryFact::ReleaseIncomplete {
            release: self.release.clone(),
            objects: missing.iter().take(NAMED).map(named).collect(),
            more: missing.len().saturating_sub(NAMED),
        };
        let pull = RegistryAdvice::Pull(Contents::Release(self.release.clone()));
        let push = Advice::Push { registry: self.registry.clone() };
        Some(Problem::new(Code::Release, self.object(), fact).advise(pull.into()).advise(push))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, objects::Module};

    fn state() -> ClusterState {
        let module = |name: &str, enabled| Module { name: name.to_owned(), enabled, ..Module::default() };
        ClusterState {
            modules: Reading::Known(vec![
                module("cloud-provider-aws", Some(false)),
                module("cni-cilium", Some(true)),
                module("odd", None),
            ]),
            ..ClusterState::default()
        }
    }

    fn missing(images: &[&str], installer: bool) -> MissingObject {
        MissingObject {
            object: format!("r.example/dkp/ee@sha256:{}", images.join("-")).into(),
            why: "not found".into(),
            images: images.iter().map(ToString::to_string).collect(),
            platform: images.is_empty(),
            installer,
        }
    }

    fn check(outcome: ImagesRead) -> ImageCheck {
        ImageCheck { registry: "r.example/dkp/ee".to_owned(), release: Version::new(1, 69, 2), outcome }
    }

    fn all(missing: Vec<MissingObject>, images_known: bool) -> ImageReport {
        let modules_not_read = ["cloud-provider-aws", "ingress-nginx"].map(str::to_owned).into();
        check(ImagesRead::All { objects: 7, missing, images_known, modules_not_read }).report(&state())
    }

    #[test]
    fn only_what_the_cluster_pulls_is_needed() {
        for (images, installer, images_known, is_needed) in [
            (&["cniCilium.agent"][..], false, true, true),
            (&["cloudProviderAws.ccm"], false, true, false),
            (&["cloudProviderAws.ccm", "cniCilium.agent"], false, true, true),
            (&["neverHeardOf.x"], false, true, true),
            (&["odd.x"], false, true, true),
            // A module that the release requires.
            (&["cloud-provider-aws"], false, true, false),
            (&["cloud-provider-aws.image0"], false, true, false),
            (&["ingress-nginx.image0"], false, true, true),
            // The controller, and the description of the release.
            (&[], false, true, true),
            (&[], true, true, false),
            // The installer has the list of images.
            (&[], true, false, true),
        ] {
            let report = all(vec![missing(images, installer)], images_known);
            assert_eq!(report.missing.len(), usize::from(is_needed), "{images:?} {installer}");
            assert_eq!(report.missing_unused.len(), usize::from(!is_needed), "{images:?}");
            assert_eq!(report.problem.is_some(), is_needed, "{images:?}");
        }
        let everything = all(Vec::new(), true);
        assert_eq!((everything.objects, everything.problem), (Some(7), None));
        assert_eq!(everything.modules_not_checked, BTreeSet::from(["ingress-nginx".to_owned()]));
    }

    #[test]
    fn many_missing_objects_are_counted() {
        let many = (0..NAMED + 3).map(|it| missing(&[&format!("cniCilium.{it}")], false)).collect();
        let Some(problem) = all(many, true).problem else { panic!() };
        let problems::Fact::Registry(RegistryFact::ReleaseIncomplete { objects, more, .. }) = problem.fact
        else {
            panic!()
        };
        assert_eq!((objects.len(), more), (NAMED, 3));
        assert_eq!(objects[0].as_str(), "r.example/dkp/ee@sha256:cniCilium.0 (cniCilium.0: not found)");
    }

    #[test]
    fn a_registry_that_was_not_read_blocks_too() {
        for outcome in [ImagesRead::Refused("401".into()), ImagesRead::Failed("no route".into())] {
            let report = check(outcome).report(&state());
            assert!(report.problem.is_some() && report.objects.is_none());
        }
    }
}
