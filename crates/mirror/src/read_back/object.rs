//! Reading one object of a target.

use oci::{Digest, RawManifest, TagOrDigest};
use registry::client::BlobState;

use super::{Gap, Target};
use crate::{Cause, Error, Event, Observer};

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    InPlace,
    Extended,
    SizeOnly,
    Gap(Gap),
}

/// Whether a manifest can be read by this tag or digest, and is the one of the bundle.
pub(super) async fn manifest(
    target: &Target,
    path: &str,
    reference: &TagOrDigest,
    digest: &Digest,
) -> Result<Found, Error> {
    match target.repository(path)?.manifest_if_present(reference).await {
        Ok(Some(found)) if found.digest() == *digest => Ok(Found::InPlace),
        Ok(Some(found)) => Ok(Found::Gap(Gap::missing(points_elsewhere(&found, digest)))),
        Ok(None) => Ok(Found::Gap(Gap::not_found())),
        Err(error) => gap(error.into()),
    }
}

/// The reason of a tag that points to another manifest.
pub(super) fn points_elsewhere(there: &RawManifest, expected: &Digest) -> String {
    format!("points to {} instead of {expected}", there.digest())
}

/// Whether the last byte of a blob can be read.
pub(super) async fn last_byte(
    target: &Target,
    path: &str,
    digest: &Digest,
    size: u64,
) -> Result<Found, Error> {
    match target.repository(path)?.check_blob(digest, size).await {
        Ok(BlobState::Readable) => Ok(Found::InPlace),
        Ok(BlobState::SizeOnly) => Ok(Found::SizeOnly),
        Ok(BlobState::Absent) => Ok(Found::Gap(Gap::not_found())),
        Ok(BlobState::OtherSize(found)) => {
            let reason = format!("{found} bytes instead of {size}");
            Ok(Found::Gap(Gap::new(Cause::Unreadable, reason)))
        }
        Err(error) => gap(error.into()),
    }
}

/// Whether a blob can be read, and has its digest.
pub(super) async fn whole(
    target: &Target,
    path: &str,
    digest: &Digest,
    size: u64,
    observer: &dyn Observer,
) -> Result<Found, Error> {
    let mut blob = target.repository(path)?.read_blob(*digest, size, 0);
    let mut hasher = digest.hasher();
    loop {
        match blob.next().await {
            Ok(Some(chunk)) => {
                observer.event(Event::Bytes(chunk.len() as u64));
                hasher.update(&chunk);
            }
            Ok(None) => break,
            Err(error) => return gap(error.into()),
        }
    }
    let found = hasher.finish();
    if found == *digest {
        return Ok(Found::InPlace);
    }
    Ok(Found::Gap(Gap::new(Cause::Damaged, format!("the content has the digest {found}"))))
}

/// A target that holds something wrong, or cannot deliver this one thing, lacks it; one that cannot be read is a
/// failure.
pub(super) fn gap(error: Error) -> Result<Found, Error> {
    match &error {
        Error::Registry(registry) if registry.is_not_found() => Ok(Found::Gap(Gap::not_found())),
        _ if is_about_one_object(&error) => Ok(Found::Gap(Gap::new(Cause::Unreadable, error.to_string()))),
        _ => Err(error),
    }
}

/// Whether the target cannot deliver one thing, and others can be read.
pub(crate) fn is_about_one_object(error: &Error) -> bool {
    matches!(error, Error::Registry(registry) if registry.is_isolated() || registry.is_truncated())
        || error.is_bad_content()
}
