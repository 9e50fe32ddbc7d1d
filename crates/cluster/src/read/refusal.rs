//! What it means for a source that it could not be read.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Client, Resource};

use super::places::Source;
use crate::{Error, Obstacle, Reading};

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
            Ok(_) => Reading::Absent(format!("this cluster has another version of {plural}")),
            Err(Error::NotFound(_)) => Reading::Absent(format!("this cluster has no {plural}")),
            // Without permission to read definitions, only the 404 of the list is known.
            Err(Error::Forbidden(_)) => Reading::Absent(format!("the API server has no resource {plural}")),
            Err(error) => Reading::NotNow { last: None, why: error.why() },
        },
        (error, _) => unread(error),
    }
}

/// Says that the API server has not found a definition yet.
pub(crate) fn not_yet(plural: &str) -> String {
    format!("the API server does not serve {plural} yet")
}

/// The same for sources that need no definition.
pub(crate) fn unread<T>(error: Error) -> Reading<T> {
    match error {
        Error::Forbidden(why) => Reading::Unreadable(Obstacle::Forbidden(why)),
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
    fn a_temporary_failure_is_a_reading_of_its_own_kind() {
        let reading: Reading<()> = unread(Error::NotNow("storage is (re)initializing".to_owned()));
        assert_eq!(reading.passing(), Some("storage is (re)initializing"));
        let reading: Reading<()> = unread(Error::Forbidden("list nodes".to_owned()));
        assert_eq!(reading.why_unknown().as_deref(), Some("no permission: list nodes"));
    }
}
