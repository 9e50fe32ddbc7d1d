//! What a request to a registry asks for: the path grammar of the distribution specification.
//!
//! A repository name may contain slashes and even segments such as `blobs` or `tags`, so paths are
//! read from their end. Pure, so that it can be fuzzed.

use http::Method;
use oci::{Digest, RepositoryName, TagOrDigest};

/// What a request asks for. `HEAD` takes the way of `GET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/v2/`: is this a registry, and am I let in?
    Version,
    /// `/v2/NAME/tags/list`
    Tags {
        /// Whose tags.
        repository: RepositoryName,
    },
    /// `GET /v2/NAME/manifests/REFERENCE`
    ReadManifest {
        /// Where it is.
        repository: RepositoryName,
        /// Which one.
        reference: TagOrDigest,
    },
    /// `PUT /v2/NAME/manifests/REFERENCE`
    WriteManifest {
        /// Where it goes.
        repository: RepositoryName,
        /// Under which name.
        reference: TagOrDigest,
    },
    /// `GET /v2/NAME/referrers/DIGEST`
    Referrers {
        /// Where it is.
        repository: RepositoryName,
        /// What they are attached to.
        subject: Digest,
    },
    /// `GET /v2/NAME/blobs/DIGEST`
    ReadBlob {
        /// Where it is.
        repository: RepositoryName,
        /// Which one.
        digest: Digest,
    },
    /// `POST /v2/NAME/blobs/uploads/`
    StartUpload {
        /// Where the blob goes.
        repository: RepositoryName,
    },
    /// `/v2/NAME/blobs/uploads/ID`
    Upload {
        /// Where the blob goes.
        repository: RepositoryName,
        /// The session, as the server named it.
        id: String,
        /// What to do with it.
        step: UploadStep,
    },
    /// Nothing that can be served.
    Refused(Refusal),
}

/// What is done with an upload session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadStep {
    /// `GET`: how far is it?
    Status,
    /// `PATCH`: more bytes.
    Append,
    /// `PUT`: the last bytes and the digest.
    Finish,
    /// `DELETE`: forget it.
    Cancel,
}

/// Why a request cannot be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The path is none of the specification's.
    NotFound,
    /// The repository name breaks the grammar.
    Name(String),
    /// Neither a tag nor a digest.
    Reference(String),
    /// Not a digest.
    Digest(String),
    /// The path exists, the method does not; the value of the `Allow` header.
    Method(&'static str),
}

/// Reads method and path (without the query).
pub(crate) fn route(method: &Method, path: &str) -> Route {
    match target(path) {
        Ok(target) => target.with(method),
        Err(refusal) => Route::Refused(refusal),
    }
}

enum Target {
    Version,
    Tags(RepositoryName),
    Manifest(RepositoryName, TagOrDigest),
    Blob(RepositoryName, Digest),
    Referrers(RepositoryName, Digest),
    Uploads(RepositoryName),
    Upload(RepositoryName, String),
}

fn target(path: &str) -> Result<Target, Refusal> {
    if path == "/v2" {
        return Ok(Target::Version);
    }
    let rest = path.strip_prefix("/v2/").ok_or(Refusal::NotFound)?;
    if rest.is_empty() {
        return Ok(Target::Version);
    }
    if let Some(name) = rest.strip_suffix("/tags/list") {
        return Ok(Target::Tags(repository(name)?));
    }
    if let Some(name) = rest.strip_suffix("/blobs/uploads/").or_else(|| rest.strip_suffix("/blobs/uploads")) {
        return Ok(Target::Uploads(repository(name)?));
    }
    let (head, last) = rest.rsplit_once('/').ok_or(Refusal::NotFound)?;
    if let Some(name) = head.strip_suffix("/blobs/uploads") {
        return Ok(Target::Upload(repository(name)?, last.to_owned()));
    }
    // Go's servers decode the path, so its clients may encode the colon of a digest.
    let last = last.replace("%3A", ":").replace("%3a", ":");
    if let Some(name) = head.strip_suffix("/blobs") {
        let name = repository(name)?;
        let digest = last.parse().map_err(|_| Refusal::Digest(last))?;
        return Ok(Target::Blob(name, digest));
    }
    if let Some(name) = head.strip_suffix("/referrers") {
        let name = repository(name)?;
        let subject = last.parse().map_err(|_| Refusal::Digest(last))?;
        return Ok(Target::Referrers(name, subject));
    }
    if let Some(name) = head.strip_suffix("/manifests") {
        let name = repository(name)?;
        let reference = last.parse().map_err(|_| Refusal::Reference(last))?;
        return Ok(Target::Manifest(name, reference));
    }
    Err(Refusal::NotFound)
}

fn repository(name: &str) -> Result<RepositoryName, Refusal> {
    name.parse().map_err(|_| Refusal::Name(name.to_owned()))
}

impl Target {
    fn with(self, method: &Method) -> Route {
        let read = matches!(*method, Method::GET | Method::HEAD);
        match self {
            Self::Version if read => Route::Version,
            Self::Tags(repository) if read => Route::Tags { repository },
            Self::Manifest(repository, reference) if read => Route::ReadManifest { repository, reference },
            Self::Manifest(repository, reference) if method == Method::PUT => {
                Route::WriteManifest { repository, reference }
            }
            Self::Blob(repository, digest) if read => Route::ReadBlob { repository, digest },
            Self::Referrers(repository, subject) if read => Route::Referrers { repository, subject },
            Self::Uploads(repository) if method == Method::POST => Route::StartUpload { repository },
            Self::Upload(repository, id) => match UploadStep::of(method) {
                Some(step) => Route::Upload { repository, id, step },
                None => Route::Refused(Refusal::Method("GET, PATCH, PUT, DELETE")),
            },
            Self::Manifest(..) => Route::Refused(Refusal::Method("GET, HEAD, PUT")),
            Self::Uploads(_) => Route::Refused(Refusal::Method("POST")),
            Self::Version | Self::Tags(_) | Self::Blob(..) | Self::Referrers(..) => {
                Route::Refused(Refusal::Method("GET, HEAD"))
            }
        }
    }
}

impl UploadStep {
    fn of(method: &Method) -> Option<Self> {
        match *method {
            Method::GET | Method::HEAD => Some(Self::Status),
            Method::PATCH => Some(Self::Append),
            Method::PUT => Some(Self::Finish),
            Method::DELETE => Some(Self::Cancel),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RepositoryName {
        text.parse().unwrap()
    }

    #[test]
    fn reads_from_the_end() {
        let digest = Digest::of(b"x");
        let cases = [
            (Method::GET, "/v2".to_owned(), Route::Version),
            (Method::GET, "/v2/".to_owned(), Route::Version),
            (Method::GET, "/v2/a/tags/list".to_owned(), Route::Tags { repository: name("a") }),
            (
                Method::GET,
                "/v2/a/manifests/tags/list".to_owned(),
                Route::Tags { repository: name("a/manifests") },
            ),
            (
                Method::HEAD,
                "/v2/blobs/uploads/manifests/latest".to_owned(),
                Route::ReadManifest {
                    repository: name("blobs/uploads"),
                    reference: "latest".parse().unwrap(),
                },
            ),
            (
                Method::GET,
                format!("/v2/a/blobs/blobs/sha256%3A{}", digest.hex()),
                Route::ReadBlob { repository: name("a/blobs"), digest },
            ),
            (
                Method::GET,
                format!("/v2/a/referrers/referrers/{digest}"),
                Route::Referrers { repository: name("a/referrers"), subject: digest },
            ),
            (
                Method::POST,
                "/v2/a/blobs/blobs/uploads".to_owned(),
                Route::StartUpload { repository: name("a/blobs") },
            ),
            (
                Method::PATCH,
                "/v2/a/blobs/uploads/17".to_owned(),
                Route::Upload { repository: name("a"), id: "17".to_owned(), step: UploadStep::Append },
            ),
            (
                Method::DELETE,
                "/v2/a/manifests/x".to_owned(),
                Route::Refused(Refusal::Method("GET, HEAD, PUT")),
            ),
            (
                Method::GET,
                "/v2/a/blobs/latest".to_owned(),
                Route::Refused(Refusal::Digest("latest".to_owned())),
            ),
            (Method::GET, "/v2/A/manifests/x".to_owned(), Route::Refused(Refusal::Name("A".to_owned()))),
            (
                Method::GET,
                "/v2/a/manifests/.x".to_owned(),
                Route::Refused(Refusal::Reference(".x".to_owned())),
            ),
            (Method::GET, "/".to_owned(), Route::Refused(Refusal::NotFound)),
            (Method::GET, "/v2/_catalog".to_owned(), Route::Refused(Refusal::NotFound)),
        ];
        for (method, path, expected) in cases {
            assert_eq!(route(&method, &path), expected, "{method} {path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(path in "(/v2)?(/|\\PC|blobs|uploads|manifests|tags|list|%3A)*") {
            for method in [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE] {
                let _ = route(&method, &path);
            }
        }

        #[test]
        fn every_repository_name_is_routed(
            segments in proptest::collection::vec("[a-z0-9]{1,4}|blobs|uploads|manifests|tags|list", 1..5),
            tag in "[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,8}|list|uploads",
        ) {
            let repository = name(&segments.join("/"));
            let reference: TagOrDigest = tag.parse().unwrap();
            let digest = Digest::of(tag.as_bytes());
            proptest::prop_assert_eq!(
                route(&Method::GET, &format!("/v2/{repository}/manifests/{reference}")),
                Route::ReadManifest { repository: repository.clone(), reference }
            );
            proptest::prop_assert_eq!(
                route(&Method::GET, &format!("/v2/{repository}/blobs/{digest}")),
                Route::ReadBlob { repository: repository.clone(), digest }
            );
            proptest::prop_assert_eq!(
                route(&Method::GET, &format!("/v2/{repository}/tags/list")),
                Route::Tags { repository: repository.clone() }
            );
            proptest::prop_assert_eq!(
                route(&Method::POST, &format!("/v2/{repository}/blobs/uploads/")),
                Route::StartUpload { repository }
            );
        }
    }

    #[test]
    fn edited_paths_never_panic() {
        let digest = Digest::of(b"x");
        let seeds = [
            format!("/v2/a/b/blobs/{digest}"),
            format!("/v2/a/b/manifests/{digest}"),
            "/v2/a/tags/list".to_owned(),
            "/v2/a/blobs/uploads/7".to_owned(),
        ];
        fuzzing::fuzz!(seeds, |bytes: &[u8]| {
            for method in [Method::GET, Method::PUT, Method::POST] {
                drop(std::str::from_utf8(bytes).map(|path| route(&method, path)));
            }
        });
    }
}
