//! Whether a registry or a bundle has the edition of the platform that a cluster runs.
//!
//! The running controller writes its edition to the annotation `core.deckhouse.io/edition` of its Deployment; each image of
//! the controller and of the installer names its own. The path of a registry proves nothing.

use deckhouse::edition::Edition;
use foreign_text::ForeignText;
use serde::Serialize;

use crate::{ClusterState, RegistryAnswer};

/// What a comparison of the two editions says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum EditionMatch {
    /// They are the same.
    Same {
        /// The edition.
        edition: String,
    },
    /// They differ.
    Different {
        /// That of the cluster.
        cluster: String,
        /// That of the registry or of the bundle.
        #[serde(rename = "registry")]
        found: String,
    },
    /// One of them is unknown.
    NotChecked {
        /// Why.
        why: ForeignText,
    },
}

impl EditionMatch {
    /// Compares what the registry has with what the cluster runs.
    pub fn of(state: &ClusterState, registry: &RegistryAnswer<Edition>) -> Self {
        let not_checked = |why: &str| Self::NotChecked { why: why.into() };
        let annotation = state.deployment.known().and_then(|it| it.edition_annotation.as_deref());
        let Some(cluster) = annotation.and_then(Edition::parse) else {
            return not_checked(
                "Deployment/deckhouse has no annotation core.deckhouse.io/edition that can be read",
            );
        };
        match registry {
            RegistryAnswer::Found(edition) if *edition == cluster => {
                Self::Same { edition: cluster.to_string() }
            }
            RegistryAnswer::Found(edition) => {
                Self::Different { cluster: cluster.to_string(), found: edition.to_string() }
            }
            RegistryAnswer::Missing => {
                not_checked("the registry does not have the image that contains the edition")
            }
            RegistryAnswer::Denied(why) | RegistryAnswer::Unknown(why) => not_checked(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, objects::DeckhouseDeployment};

    #[test]
    fn only_two_known_editions_differ() {
        let state = |annotation: Option<&str>| ClusterState {
            deployment: Reading::Known(DeckhouseDeployment {
                edition_annotation: annotation.map(str::to_owned),
                ..DeckhouseDeployment::default()
            }),
            ..ClusterState::default()
        };
        let found = |name| RegistryAnswer::Found(Edition::parse(name).unwrap());
        let of = |annotation, answer: RegistryAnswer<Edition>| EditionMatch::of(&state(annotation), &answer);
        assert_eq!(of(Some("EE"), found("ee")), EditionMatch::Same { edition: "EE".to_owned() });
        let different = EditionMatch::Different { cluster: "EE".to_owned(), found: "FE".to_owned() };
        assert_eq!(of(Some("EE"), found("FE")), different);
        for (annotation, answer) in [
            (None, found("EE")),
            (Some(""), found("EE")),
            (Some("EE"), RegistryAnswer::Missing),
            (Some("EE"), RegistryAnswer::Denied("no".into())),
            (Some("EE"), RegistryAnswer::Unknown("no".into())),
        ] {
            assert!(matches!(of(annotation, answer), EditionMatch::NotChecked { .. }), "{annotation:?}");
        }
        let unread = EditionMatch::of(&ClusterState::default(), &found("EE"));
        assert!(matches!(unread, EditionMatch::NotChecked { .. }));
    }
}
