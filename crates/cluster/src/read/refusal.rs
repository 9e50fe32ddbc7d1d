//! What it means for a source that it could not be read.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Client, Resource};

use super::places::Source;
use crate::{Error, Obstacle, Reading, safe_text};

/// Tells absence from a missing right and from what passes by itself.
///
/// After a restart an API server answers 404 for custom resources until it has found their definitions. So a 404
/// counts as absence only if the definition itself is not there, which is read from storage.
pub(crate) async fn refused<S: Source, T>(client: &Client, error: impl Into<Error>) -> Reading<T> {
    let plural = S::Raw::plural(&());
    match (error.into(), S::DEFINITION) {
        (Error::NotFound(_), Some(definition)) => match served(client, definition).await {
            Ok(versions) if versions.iter().any(|it| *it == S::Raw::version(&())) => {
                Reading::NotNow { last: None, why: not_yet(&plural) }
            }
            // A newer platform has the objects, only not in a form that is understood here.
            Ok(versions) if versions.iter().any(|it| age(it) > age(&S::Raw::version(&()))) => {
                let versions: Vec<String> = versions.iter().map(|it| safe_text::name(it)).collect();
                Reading::Unreadable(Obstacle::Other(format!(
                    "the API server serves {definition} only as {}, which this dhctl does not support; use a newer dhctl",
                    versions.join(", ")
                )))
            }
            Ok(_) => Reading::Absent(format!(
                "the API server serves {definition} only in versions that are older than dhctl supports"
            )),
            // Without permission to read definitions, only the 404 of the list is known.
            Err(Error::NotFound(_) | Error::Forbidden(_)) => {
                Reading::Absent(format!("the API server does not serve the resource {plural}"))
            }
            Err(error) => Reading::NotNow { last: None, why: error.why() },
        },
        (error, _) => unread(error),
    }
}

/// The order of versions of an API as Kubernetes has it: `v1alpha2` is below `v1beta1`, which is below `v1`. A name of
/// another form is below all.
fn age(version: &str) -> Option<(u64, u8, u64)> {
    let rest = version.strip_prefix('v')?;
    let (major, stage, number) = match (rest.split_once("alpha"), rest.split_once("beta")) {
        (Some((major, number)), _) => (major, 0, number),
        (None, Some((major, number))) => (major, 1, number),
        (None, None) => (rest, 2, "0"),
    };
    Some((major.parse().ok()?, stage, number.parse().ok()?))
}

/// Says that the API server has not found a definition yet.
pub(crate) fn not_yet(plural: &str) -> String {
    format!("the API server does not serve {plural} yet")
}

/// The same for sources that need no definition.
pub(crate) fn unread<T>(error: Error) -> Reading<T> {
    match error {
        Error::Forbidden(why) => Reading::Unreadable(Obstacle::Forbidden(why)),
        error @ Error::Unauthorized => Reading::Unreadable(Obstacle::Unauthorized(error.to_string())),
        error if error.is_passing() => Reading::NotNow { last: None, why: error.why() },
        error => Reading::Unreadable(Obstacle::Other(foreign_text::one_line(&error.to_string()).into())),
    }
}

/// The versions of a custom resource that the API server serves, or soon will.
pub(crate) async fn served(client: &Client, definition: &str) -> Result<Vec<String>, Error> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let versions = definitions.get(definition).await?.spec.versions;
    Ok(versions.into_iter().filter(|version| version.served).map(|version| version.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_the_order_of_kubernetes() {
        let ascending = ["whatever", "v1alpha1", "v1alpha2", "v1beta1", "v1", "v2alpha1"];
        assert!(ascending.is_sorted_by_key(|it| age(it)));
        assert_eq!(age("v1beta"), None);
        assert!(age("v1alpha10") > age("v1alpha9"));
    }

    #[test]
    fn a_temporary_failure_is_a_reading_of_its_own_kind() {
        let reading: Reading<()> = unread(Error::NotNow("storage is (re)initializing".to_owned()));
        assert_eq!(reading.passing(), Some("storage is (re)initializing"));
        let reading: Reading<()> = unread(Error::Forbidden("list nodes".to_owned()));
        assert_eq!(reading.why_unknown().as_deref(), Some("no permission: list nodes"));
    }
}
