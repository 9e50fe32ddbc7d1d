//! The half of the protocol that reads: tags, manifests, blobs.

use http::{HeaderMap, Method, Response, StatusCode, header};
use oci::{
    Digest, RawManifest, ReferrerDescriptor, RepositoryName, TagOrDigest, media_type, referrer::index_of,
};

use super::{
    answer::{CONTENT_DIGEST, json, problem, set},
    body::{Body, full, of_blob},
    range::{Wanted, wanted},
    store::Store,
};
use registry::envelope::Code;

/// The tags in order, from behind `last`, at most `n` and never more than `page_size`.
pub(super) fn tags(
    store: &dyn Store,
    repository: &RepositoryName,
    query: &[(String, String)],
    page_size: Option<usize>,
) -> Response<Body> {
    let Some(mut tags) = store.tags(repository.as_str()) else {
        return problem(
            StatusCode::NOT_FOUND,
            Code::NameUnknown,
            &format!("repository {repository} is not known to this registry"),
        );
    };
    let parameter = |name| query.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    tags.sort_unstable();
    if let Some(last) = parameter("last") {
        tags.retain(|tag| tag > last);
    }
    let asked = parameter("n").and_then(|n| n.parse::<usize>().ok());
    let count = asked.into_iter().chain(page_size).min().unwrap_or(usize::MAX);
    let more = count > 0 && tags.len() > count;
    tags.truncate(count);
    let document = serde_json::json!({ "name": repository.as_str(), "tags": tags });
    let mut response = json(StatusCode::OK, document.to_string().into_bytes());
    if let Some(last) = tags.last().filter(|_| more) {
        let next = format!(r#"</v2/{repository}/tags/list?n={count}&last={last}>; rel="next""#);
        set(&mut response, header::LINK, &next);
    }
    response
}

/// What is attached to a manifest: an index, ordered by digest, from behind `last`, at most `page_size` entries. Of a
/// manifest that is not there too, as the specification says.
pub(super) fn referrers(
    store: &dyn Store,
    repository: &RepositoryName,
    subject: &Digest,
    query: &[(String, String)],
    page_size: Option<usize>,
) -> Response<Body> {
    let mut found = store.referrers(repository.as_str(), subject);
    found.sort_by_key(RawManifest::digest);
    if let Some((_, last)) = query.iter().find(|(key, _)| key == "last") {
        found.retain(|manifest| manifest.digest().to_string() > *last);
    }
    let count = page_size.unwrap_or(usize::MAX);
    let more = found.len() > count;
    found.truncate(count);
    let entries: Vec<_> = found.iter().map(|it| serde_json::json!(ReferrerDescriptor::of(it))).collect();
    let mut response = json(StatusCode::OK, index_of(&entries));
    set(&mut response, header::CONTENT_TYPE, media_type::OCI_INDEX);
    if let Some(last) = found.last().filter(|_| more) {
        let next = format!(r#"</v2/{repository}/referrers/{subject}?last={}>; rel="next""#, last.digest());
        set(&mut response, header::LINK, &next);
    }
    response
}

/// A manifest.
pub(super) fn manifest(
    store: &dyn Store,
    repository: &RepositoryName,
    reference: &TagOrDigest,
) -> Response<Body> {
    let Some(manifest) = store.manifest(repository.as_str(), reference) else {
        return problem(
            StatusCode::NOT_FOUND,
            Code::ManifestUnknown,
            &format!("{repository} has no manifest {reference}"),
        );
    };
    let mut response = Response::new(full(manifest.bytes().clone()));
    set(&mut response, header::CONTENT_TYPE, manifest.media_type());
    set(&mut response, header::CONTENT_LENGTH, &manifest.bytes().len().to_string());
    name(&mut response, &manifest.digest());
    response
}

/// A GET or HEAD request for a blob.
pub(super) struct BlobRequest<'a> {
    pub(super) repository: &'a RepositoryName,
    pub(super) digest: &'a Digest,
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    /// Whether to answer with the whole blob, whatever range is requested.
    pub(super) ignore_range: bool,
}

/// A blob, or the requested range of it.
pub(super) fn blob(store: &dyn Store, request: &BlobRequest<'_>) -> Response<Body> {
    let BlobRequest { repository, digest, method, headers, ignore_range } = *request;
    let Some(blob) = store.blob(repository.as_str(), digest) else {
        return problem(
            StatusCode::NOT_FOUND,
            Code::BlobUnknown,
            &format!("{repository} has no blob {digest}"),
        );
    };
    let size = blob.size();
    let range = match headers.get(header::IF_RANGE) {
        Some(value) if value.as_bytes() != etag(digest).as_bytes() => None,
        _ => headers.get(header::RANGE).and_then(|value| value.to_str().ok()),
    };
    let (status, start, end) = match wanted(range, size) {
        _ if ignore_range || method == Method::HEAD => (StatusCode::OK, 0, size),
        Wanted::Whole => (StatusCode::OK, 0, size),
        Wanted::Part { start, end } => (StatusCode::PARTIAL_CONTENT, start, end),
        Wanted::Unsatisfiable => {
            let mut response = problem(
                StatusCode::RANGE_NOT_SATISFIABLE,
                Code::Unsupported,
                &format!("the range is after the end of the blob ({size} bytes)"),
            );
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
            return response;
        }
    };
    let body = if method == Method::HEAD { full(Vec::new()) } else { of_blob(blob, start..end) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    set(&mut response, header::CONTENT_LENGTH, &(end - start).to_string());
    if !ignore_range {
        set(&mut response, header::ACCEPT_RANGES, "bytes");
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {start}-{}/{size}", end - 1);
        set(&mut response, header::CONTENT_RANGE, &range);
    }
    name(&mut response, digest);
    response
}

fn name(response: &mut Response<Body>, digest: &Digest) {
    set(response, CONTENT_DIGEST, &digest.to_string());
    set(response, header::ETAG, &etag(digest));
}

fn etag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}
