//! What an upload needs: permission, a usable address, and room for its body. A session that is opened is cancelled.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use egress::TrafficClass;
use futures_util::stream;
use http::{Method, StatusCode, header};
use oci::{Digest, media_type::OCI_MANIFEST};
use url::Url;

use super::{BodyLimit, Fact, FailureKind, NotChecked, Outcome};
use crate::client::{
    error::{Error, ErrorKind, Fault, Missing, OtherHost, Refusal},
    exchange::Outgoing,
    location,
    repository::Repository,
    scope::Scopes,
};

/// Sizes that are announced, in bytes, the largest first. The largest layers of the platform have some gigabytes.
const SIZES: [u64; 5] = [10 << 30, 1 << 30, 100 << 20, 10 << 20, 1 << 20];

/// An upload that does not exist.
const ABSENT_UPLOAD: &str = "blobs/uploads/00000000-0000-4000-8000-000000000000";

/// How long a refusal of an announced size is waited for, beyond one round trip. Proxies refuse as soon as they have the
/// headers.
const REFUSAL_LIMIT: Duration = Duration::from_millis(600);

/// Whether uploads are accepted at this path, asked with one request: a missing permission, a missing project and a proxy
/// cache are known within a second. Nothing stays in the registry.
///
/// # Errors
/// The registry's refusal.
pub async fn probe_upload(repository: &Repository) -> Result<(), Error> {
    if repository.connection.is_harbor().await {
        return put_empty_manifest(repository).await;
    }
    let session = repository.open_session().await?;
    repository.cancel_upload(session).await;
    Ok(())
}

/// Whether Harbor accepts uploads at this path, asked with a manifest without content.
///
/// Harbor lets only those cancel an upload who may delete, and a robot account that pushes usually may not: an upload that
/// was opened would stay until garbage collection. A manifest without content is refused too, but only after permission,
/// project and proxy cache were checked, in this order (seen on Harbor 2.15.2). The upload that does not exist, which
/// [`body_limit`] uses, is no substitute: Harbor does not check it for a proxy cache. Nor is this request one for other
/// registries: a pull-through cache of Docker distribution checks the content first.
pub(super) async fn put_empty_manifest(repository: &Repository) -> Result<(), Error> {
    let ask = async {
        // By digest: a rule for immutable tags does not apply.
        let path = repository.path(&format!("manifests/{}", Digest::of(&[])));
        let outgoing = Outgoing::new(Method::PUT, repository.connection.url(&path)?)
            .header(header::CONTENT_TYPE, OCI_MANIFEST)
            .empty_body();
        let scopes = Scopes::push(repository.name());
        let reply = repository.connection.fetch_once(&outgoing, &scopes, 64 * 1024, 1).await?;
        let fault = reply.refusal(Missing::Repository);
        match fault.kind {
            ErrorKind::Server { status: 400, .. }
            | ErrorKind::Refused { reason: Refusal::UnsupportedType, .. } => Ok(()),
            _ => Err(fault),
        }
    };
    let failed = |fault| Error::new("upload to", repository.full_name(), fault, 1, Duration::ZERO);
    ask.await.map_err(failed)
}

/// Whether an address that the registry returned for an upload or a blob can be used from here.
pub(super) async fn address(repository: &Repository, location: &Url) -> Outcome {
    let connection = &repository.connection;
    let host = egress::authority(location);
    let other = (host != egress::authority(&connection.home)).then_some(host);
    let outgoing = Outgoing::new(Method::GET, location.clone());
    let scopes = Scopes::push(repository.name());
    match connection.fetch_once(&outgoing, &scopes, 16 * 1024 * 1024, 1).await {
        Ok(reply) if reply.status.is_success() => Outcome::Ok(Fact::UploadHost(other)),
        // Some registries do not report the state of an upload.
        Ok(reply)
            if matches!(
                reply.status,
                StatusCode::METHOD_NOT_ALLOWED | StatusCode::BAD_REQUEST | StatusCode::NOT_IMPLEMENTED
            ) =>
        {
            Outcome::NotChecked(NotChecked::NotReported)
        }
        Ok(reply) => unusable(repository, location, reply.refusal(Missing::Blob)),
        Err(fault) => unusable(repository, location, fault),
    }
}

fn unusable(repository: &Repository, address: &Url, mut fault: Fault) -> Outcome {
    if fault.other_host.is_none() && !location::may_authenticate(&repository.connection.home, address) {
        let origin = address.origin().ascii_serialization();
        fault.other_host = Some(OtherHost::Upload { origin });
    }
    let object = repository.full_name();
    Outcome::of_error(Error::new("use the upload address of", object, fault, 1, Duration::ZERO))
}

/// The limit of a request body. Requests announce a size and wait for permission to send it; nothing is sent.
/// `round_trip` is how long a small request takes.
pub(super) async fn body_limit(repository: &Repository, round_trip: Duration) -> Outcome {
    let limit = REFUSAL_LIMIT + 2 * round_trip;
    let mut found = BodyLimit { accepted: None, refused: None };
    for size in SIZES {
        match announce(repository, size, limit).await {
            Some(ErrorKind::TooLarge { .. }) => found.refused = Some(size),
            Some(ErrorKind::Network(_)) => return Outcome::NotChecked(NotChecked::NotReported),
            _ => {
                found.accepted = Some(size);
                break;
            }
        }
    }
    match found {
        BodyLimit { refused: None, .. } => Outcome::Ok(Fact::BodyLimit(found)),
        BodyLimit { accepted: Some(_), .. } => Outcome::Warning(Fact::BodyLimit(found)),
        BodyLimit { accepted: None, .. } => Outcome::Failure(FailureKind::Registry, Fact::BodyLimit(found)),
    }
}

/// Announces a body of this size; `None` if it is waited for.
///
/// The upload does not exist, so that the registry itself refuses the request and stores nothing: a request that is
/// dropped in the middle of a real upload leaves files in Docker distribution. Limits are those of proxies, which refuse
/// the size before they pass the request on.
async fn announce(repository: &Repository, size: u64, limit: Duration) -> Option<ErrorKind> {
    let body = || reqwest::Body::wrap_stream(stream::pending::<Result<Bytes, Infallible>>());
    let url = repository.connection.url(&repository.path(ABSENT_UPLOAD)).ok()?;
    let outgoing = Outgoing::new(Method::PATCH, url)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, &size.to_string())
        .header(header::EXPECT, "100-continue")
        .body(TrafficClass::Upload, &body);
    let scopes = Scopes::push(repository.name());
    let reply = repository.connection.fetch_once(&outgoing, &scopes, 64 * 1024, 1);
    match tokio::time::timeout(limit, reply).await {
        Err(_) => None,
        Ok(Ok(reply)) => Some(reply.refusal(Missing::Blob).kind),
        Ok(Err(fault)) => Some(fault.kind),
    }
}
