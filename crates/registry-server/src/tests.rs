//! The protocol as a client sees it, request by request, without a socket where none is needed.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use oci::{BlobSource, Digest, TagOrDigest, media_type};

use super::{
    Auth, BasicAuth, Interceptor, MemoryStore, RequestInfo, Server, ServerOptions, Store, Treatment,
    body::Body, dispatch::Service, request::Dropped,
};
use registry::envelope::{Code, Envelope};

const LAYER: &[u8] = b"0123456789";

fn service(store: &MemoryStore) -> Service {
    Service::new(Arc::new(store.clone()), ServerOptions::default())
}

async fn ask(
    service: &Service,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Response<Body>, Dropped> {
    let mut request = Request::builder().method(method).uri(uri).header("host", "registry.example:5000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Full::new(Bytes::copy_from_slice(body));
    service.answer(request.body(body).unwrap()).await
}

async fn get(service: &Service, uri: &str, headers: &[(&str, &str)]) -> Response<Body> {
    ask(service, "GET", uri, headers, b"").await.unwrap()
}

fn header_of<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn bytes(response: Response<Body>) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

async fn code(response: Response<Body>) -> String {
    Envelope::parse(&bytes(response).await).unwrap().errors[0].code.clone()
}

fn image(layer: Digest) -> Vec<u8> {
    let digest = Digest::of(b"{}");
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}","size":2,"digest":"{digest}"}},"layers":[{{"mediaType":"x","size":10,"digest":"{layer}"}}]}}"#,
        media_type::DOCKER_MANIFEST,
        media_type::DOCKER_CONFIG,
    )
    .into_bytes()
}

#[tokio::test]
async fn an_image_is_pushed_and_pulled() {
    let store = MemoryStore::new();
    let service = service(&store);
    let layer = Digest::of(LAYER);

    let config_digest = Digest::of(b"{}");
    let uri = format!("/v2/a/b/blobs/uploads/?digest={config_digest}");
    let response = ask(&service, "POST", &uri, &[], b"{}").await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);

    let manifest = image(layer);
    let content_type = [("content-type", media_type::DOCKER_MANIFEST)];
    let response = ask(&service, "PUT", "/v2/a/b/manifests/v1", &content_type, &manifest).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(response).await, Code::ManifestBlobUnknown.as_str());

    let response = ask(&service, "POST", "/v2/a/b/blobs/uploads/", &[], b"").await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let location = header_of(&response, "location").to_owned();
    let response = ask(&service, "PATCH", &location, &[], &LAYER[..4]).await.unwrap();
    assert_eq!(header_of(&response, "range"), "0-3");
    // The state of the first location is spent.
    let refused = ask(&service, "PATCH", &location, &[], &LAYER[4..]).await.unwrap();
    assert_eq!(code(refused).await, Code::BlobUploadInvalid.as_str());
    let location = header_of(&response, "location").to_owned();
    let gap = [("content-range", "5-9")];
    let response = ask(&service, "PATCH", &location, &gap, &LAYER[5..]).await.unwrap();
    assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let stateless = location.split('?').next().unwrap();
    let response = get(&service, stateless, &[]).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(header_of(&response, "range"), "0-3");
    let uri = format!("{}&digest={layer}", header_of(&response, "location"));
    let response = ask(&service, "PUT", &uri, &[], &LAYER[4..]).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let response = get(&service, stateless, &[]).await;
    assert_eq!(code(response).await, Code::BlobUploadUnknown.as_str());

    let response = ask(&service, "PUT", "/v2/a/b/manifests/v1", &content_type, &manifest).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let digest = Digest::of(&manifest);
    for reference in ["v1".to_owned(), digest.to_string()] {
        let response = get(&service, &format!("/v2/a/b/manifests/{reference}"), &[]).await;
        assert_eq!(header_of(&response, "content-type"), media_type::DOCKER_MANIFEST);
        assert_eq!(header_of(&response, "docker-content-digest"), digest.to_string());
        assert_eq!(header_of(&response, "content-length"), manifest.len().to_string());
        assert_eq!(bytes(response).await, manifest);
    }
}

#[tokio::test]
async fn wrong_digests_are_refused() {
    let store = MemoryStore::new();
    let service = service(&store);
    let digest = Digest::of(b"other");
    let uri = format!("/v2/a/blobs/uploads/?digest={digest}");
    let response = ask(&service, "POST", &uri, &[], LAYER).await.unwrap();
    assert_eq!(code(response).await, Code::DigestInvalid.as_str());
    let manifest = br#"{"schemaVersion":2,"manifests":[]}"#;
    let uri = format!("/v2/a/manifests/{digest}");
    let response = ask(&service, "PUT", &uri, &[], manifest).await.unwrap();
    assert_eq!(code(response).await, Code::DigestInvalid.as_str());
    assert!(store.repositories().is_empty() && store.tags("a").is_none());
}

#[tokio::test]
async fn mounts_and_cancelled_uploads() {
    let store = MemoryStore::new();
    let service = service(&store);
    let layer = Digest::of(LAYER);
    store.insert_blob("a", layer, Bytes::from_static(LAYER));
    let uri = format!("/v2/b/blobs/uploads/?mount={layer}&from=nowhere");
    let response = ask(&service, "POST", &uri, &[], b"").await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let session = header_of(&response, "location").to_owned();
    let response = ask(&service, "DELETE", &session, &[], b"").await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(get(&service, &session, &[]).await.status(), StatusCode::NOT_FOUND);
    let uri = format!("/v2/b/blobs/uploads/?mount={layer}&from=a");
    let response = ask(&service, "POST", &uri, &[], b"").await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(store.blobs("b"), [layer]);
}

#[tokio::test]
async fn ranges() {
    let store = MemoryStore::new();
    let service = service(&store);
    let layer = Digest::of(LAYER);
    let source: Arc<dyn BlobSource> = Arc::new(Bytes::from_static(LAYER));
    store.insert_blob("a", layer, source);
    let uri = format!("/v2/a/blobs/{layer}");

    let response = get(&service, &uri, &[("range", "bytes=3-")]).await;
    assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(header_of(&response, "content-range"), "bytes 3-9/10");
    assert_eq!(header_of(&response, "content-length"), "7");
    let etag = header_of(&response, "etag").to_owned();
    assert_eq!(bytes(response).await, LAYER[3..]);

    let response = get(&service, &uri, &[("range", "bytes=10-")]).await;
    assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(header_of(&response, "content-range"), "bytes */10");

    let response = get(&service, &uri, &[("range", "bytes=3-4"), ("if-range", &etag)]).await;
    assert_eq!(bytes(response).await, LAYER[3..5]);
    let response = get(&service, &uri, &[("range", "bytes=3-4"), ("if-range", "\"x\"")]).await;
    assert_eq!((response.status(), bytes(response).await), (StatusCode::OK, Bytes::from_static(LAYER)));

    let response = ask(&service, "HEAD", &uri, &[], b"").await.unwrap();
    assert_eq!(header_of(&response, "content-length"), "10");
    assert!(bytes(response).await.is_empty());
}

#[tokio::test]
async fn tags_come_in_pages() {
    let store = MemoryStore::new();
    let manifest = oci::RawManifest::new(None, r#"{"schemaVersion":2,"manifests":[]}"#.into()).unwrap();
    for tag in ["c", "a", "b", "d"] {
        let reference: TagOrDigest = tag.parse().unwrap();
        store.insert_manifest("x/y", &reference, manifest.clone());
    }
    let options = ServerOptions { page_size: Some(3), ..ServerOptions::default() };
    let service = Service::new(Arc::new(store), options);
    let cases = [
        ("/v2/x/y/tags/list", "abc", r#"</v2/x/y/tags/list?n=3&last=c>; rel="next""#),
        ("/v2/x/y/tags/list?n=3&last=c", "d", ""),
        ("/v2/x/y/tags/list?n=2&last=a", "bc", r#"</v2/x/y/tags/list?n=2&last=c>; rel="next""#),
        ("/v2/x/y/tags/list?n=100&last=b", "cd", ""),
        ("/v2/x/y/tags/list?n=0", "", ""),
    ];
    for (uri, tags, link) in cases {
        let response = get(&service, uri, &[]).await;
        assert_eq!(header_of(&response, "link"), link, "{uri}");
        let document: serde_json::Value = serde_json::from_slice(&bytes(response).await).unwrap();
        let listed: Vec<_> =
            document["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
        assert_eq!(listed.concat(), tags, "{uri}");
    }
    let response = get(&service, "/v2/z/tags/list", &[]).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(code(response).await, Code::NameUnknown.as_str());
}

#[derive(Debug)]
struct Always(Treatment);

impl Interceptor for Always {
    fn intercept(&self, _: &RequestInfo<'_>) -> Treatment {
        self.0.clone()
    }
}

fn treated(store: &MemoryStore, treatment: Treatment) -> Service {
    let options =
        ServerOptions { interceptor: Some(Arc::new(Always(treatment))), ..ServerOptions::default() };
    Service::new(Arc::new(store.clone()), options)
}

#[tokio::test]
async fn faults_change_responses() {
    let store = MemoryStore::new();
    let layer = Digest::of(LAYER);
    store.insert_blob("a", layer, Bytes::from_static(LAYER));
    let uri = format!("/v2/a/blobs/{layer}");

    let service = treated(&store, Treatment { corrupt_at: Some(2), ..Treatment::default() });
    let got = bytes(get(&service, &uri, &[]).await).await;
    assert_eq!((got.len(), got[1], got[2], got[3]), (10, b'1', !b'2', b'3'));

    let service = treated(&store, Treatment { cut_after: Some(4), ..Treatment::default() });
    let mut body = get(&service, &uri, &[]).await.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), LAYER[..4]);
    assert!(body.frame().await.unwrap().is_err());

    let service = treated(&store, Treatment { stall_after: Some(4), ..Treatment::default() });
    let mut body = get(&service, &uri, &[]).await.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), LAYER[..4]);
    assert!(body.frame().now_or_never().is_none());

    let service = treated(&store, Treatment { disconnect: true, ..Treatment::default() });
    assert!(ask(&service, "GET", &uri, &[], b"").await.is_err());

    let service = treated(&store, Treatment { ignore_range: true, ..Treatment::default() });
    let response = get(&service, &uri, &[("range", "bytes=3-")]).await;
    assert_eq!((response.status(), bytes(response).await.len()), (StatusCode::OK, 10));

    let origin = Some(String::new());
    let service = treated(&store, Treatment { location_origin: origin, ..Treatment::default() });
    let response = ask(&service, "POST", "/v2/a/blobs/uploads/", &[], b"").await.unwrap();
    let location = header_of(&response, "location");
    assert!(location.starts_with("http://registry.example:5000/v2/a/blobs/uploads/"), "{location}");
}

#[tokio::test]
async fn faults_change_uploads() {
    let store = MemoryStore::new();
    let post = "/v2/a/blobs/uploads/";
    let limited = treated(&store, Treatment { request_limit: Some(4), ..Treatment::default() });
    let response = ask(&limited, "POST", post, &[], b"").await.unwrap();
    let location = header_of(&response, "location").to_owned();
    let response = ask(&limited, "PATCH", &location, &[], LAYER).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let response = ask(&limited, "PATCH", &location, &[], &LAYER[..4]).await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);

    let cutting = treated(&store, Treatment { cut_request_after: Some(3), ..Treatment::default() });
    let response = ask(&cutting, "POST", post, &[], b"").await.unwrap();
    let location = header_of(&response, "location").to_owned();
    assert!(ask(&cutting, "PATCH", &location, &[], LAYER).await.is_err());
    let response = get(&cutting, &location, &[]).await;
    assert_eq!(header_of(&response, "range"), "0-2", "what came before the cut is kept");
}

/// A store that cannot be written.
struct ReadOnly(MemoryStore);

impl Store for ReadOnly {
    fn tags(&self, repository: &str) -> Option<Vec<String>> {
        self.0.tags(repository)
    }
    fn manifest(&self, repository: &str, reference: &TagOrDigest) -> Option<oci::RawManifest> {
        self.0.manifest(repository, reference)
    }
    fn blob(&self, repository: &str, digest: &Digest) -> Option<super::Blob> {
        self.0.blob(repository, digest)
    }
}

#[tokio::test]
async fn refusals() {
    let service = Service::new(Arc::new(ReadOnly(MemoryStore::new())), ServerOptions::default());
    for (method, uri, status, expected) in [
        ("POST", "/v2/a/blobs/uploads/", 405, Code::Unsupported),
        ("PUT", "/v2/a/manifests/x", 405, Code::Unsupported),
        ("DELETE", "/v2/a/manifests/x", 405, Code::Unsupported),
        ("GET", "/v2/a/manifests/x", 404, Code::ManifestUnknown),
        ("GET", "/v2/a/blobs/x", 400, Code::DigestInvalid),
        ("GET", "/v2/A/tags/list", 400, Code::NameInvalid),
        ("GET", "/favicon.ico", 404, Code::Unknown),
    ] {
        let response = ask(&service, method, uri, &[], b"").await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{method} {uri}");
        assert_eq!(code(response).await, expected.as_str(), "{method} {uri}");
    }
}

#[tokio::test]
async fn serves_over_a_socket_until_shut_down() {
    let store = MemoryStore::new();
    let layer: Bytes = vec![7; 3_000_000].into();
    let digest = Digest::of(&layer);
    store.insert_blob("a", digest, layer.clone());
    let options =
        ServerOptions { auth: Auth::Basic(BasicAuth::new("user", "secret")), ..ServerOptions::default() };
    let server = Server::start(([127, 0, 0, 1], 0).into(), Arc::new(store), options).unwrap();
    let address = server.addr();
    let mut client = client(address).await;
    for (login, status) in [("", 401), ("Basic dXNlcjpzZWNyZXQ=", 200)] {
        let request = Request::get(format!("/v2/a/blobs/{digest}"))
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, login)
            .body(Full::<Bytes>::default())
            .unwrap();
        let response = client.send_request(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        let challenged = response.headers().contains_key(header::WWW_AUTHENTICATE);
        assert_eq!(challenged, status == 401);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body == layer, status == 200);
    }
    server.shutdown().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

async fn client(address: std::net::SocketAddr) -> hyper::client::conn::http1::SendRequest<Full<Bytes>> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}
