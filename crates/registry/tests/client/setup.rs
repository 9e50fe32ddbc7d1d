//! A registry in memory whose answers a test may bend, a client of it, and what was asked.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use egress::{Http, RetryPolicy, Settings};
use http::{HeaderMap, HeaderValue, StatusCode};
use oci::{Descriptor, Digest, Host, RawManifest, Tag, TagOrDigest};
use parking_lot::Mutex;
use registry::client::{Client, ClientOptions, Repository};
use registry_server::{
    Auth, Canned, Interceptor, MemoryStore, RequestInfo, RunningServer, Server, ServerOptions, Treatment,
};

pub(crate) struct Fixture {
    pub(crate) server: RunningServer,
    pub(crate) store: MemoryStore,
    pub(crate) log: Log,
}

/// Every request as `METHOD path?query`, with some headers.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Seen>>>);

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
}

struct Script<F> {
    log: Log,
    treat: F,
}

impl<F> fmt::Debug for Script<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl<F: Fn(&RequestInfo<'_>) -> Treatment + Send + Sync> Interceptor for Script<F> {
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        self.log.0.lock().push(Seen {
            line: format!("{} {}{query}", request.method, request.path),
            headers: request.headers.clone(),
        });
        (self.treat)(request)
    }
}

impl Log {
    pub(crate) fn all(&self) -> Vec<Seen> {
        self.0.lock().clone()
    }

    /// The methods in order, leaving out the introduction at `/v2/`.
    pub(crate) fn methods(&self) -> Vec<String> {
        let all = self.all().into_iter().filter(|seen| !seen.line.ends_with("/v2/"));
        all.map(|seen| seen.line.split(' ').next().unwrap().to_owned()).collect()
    }

    pub(crate) fn count(&self, part: &str) -> usize {
        self.all().iter().filter(|seen| seen.line.contains(part)).count()
    }

    /// The values of a header, in the order of the requests that had it.
    pub(crate) fn values(&self, header: &str) -> Vec<String> {
        let all = self.all();
        all.iter().filter_map(|seen| Some(seen.headers.get(header)?.to_str().unwrap().to_owned())).collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

impl Fixture {
    pub(crate) fn new(treat: impl Fn(&RequestInfo<'_>) -> Treatment + Send + Sync + 'static) -> Self {
        Self::with_options(ServerOptions::default(), treat)
    }

    pub(crate) fn plain() -> Self {
        Self::new(|_| Treatment::default())
    }

    pub(crate) fn with_auth(
        auth: Auth,
        treat: impl Fn(&RequestInfo<'_>) -> Treatment + Send + Sync + 'static,
    ) -> Self {
        let options = ServerOptions { auth, ..ServerOptions::default() };
        Self::with_options(options, treat)
    }

    pub(crate) fn with_options(
        options: ServerOptions,
        treat: impl Fn(&RequestInfo<'_>) -> Treatment + Send + Sync + 'static,
    ) -> Self {
        let (store, log) = (MemoryStore::new(), Log::default());
        let script = Script { log: log.clone(), treat };
        let options = ServerOptions { interceptor: Some(Arc::new(script)), ..options };
        let address = "127.0.0.1:0".parse().unwrap();
        let server = Server::start(address, Arc::new(store.clone()), options).unwrap();
        Self { server, store, log }
    }

    pub(crate) fn host(&self) -> Host {
        self.server.addr().to_string().parse().unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        self.client_with(options())
    }

    pub(crate) fn client_with(&self, options: ClientOptions) -> Client {
        client(self.host(), options)
    }

    pub(crate) fn repository(&self, name: &str) -> Repository {
        self.client().repository(name.parse().unwrap())
    }
}

pub(crate) fn client(host: Host, options: ClientOptions) -> Client {
    client_of(&Settings::default(), host, options)
}

pub(crate) fn client_of(settings: &Settings, host: Host, options: ClientOptions) -> Client {
    let http = Http::new(settings, host.as_str()).unwrap();
    Client::new(http, host, options)
}

/// Retries as often as usual, but without waiting, and gives up soon.
pub(crate) fn options() -> ClientOptions {
    ClientOptions {
        plain_http: true,
        retry: RetryPolicy {
            attempts: 4,
            base: Duration::from_millis(1),
            max: Duration::from_millis(4),
            give_up_after: Duration::from_millis(400),
            ..RetryPolicy::default()
        },
        ..ClientOptions::default()
    }
}

pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Treatment {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    Treatment {
        answer: Some(Canned {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }),
        ..Treatment::default()
    }
}

/// Bytes that differ everywhere, so that a piece at the wrong place is seen.
pub(crate) fn content(size: usize) -> Bytes {
    let mut bytes = vec![0; size];
    for (number, piece) in (0_u64..).zip(bytes.chunks_mut(8)) {
        let word = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
        piece.copy_from_slice(&word[..piece.len()]);
    }
    bytes.into()
}

pub(crate) fn descriptor(bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: "application/octet-stream".to_owned(),
        size: bytes.len() as u64,
        digest: Digest::of(bytes),
        platform: None,
        annotations: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn tag(name: &str) -> TagOrDigest {
    TagOrDigest::Tag(name.parse::<Tag>().unwrap())
}

/// An index without children: the smallest manifest that needs nothing else.
pub(crate) fn index(note: &str) -> RawManifest {
    let text = format!(r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"note":"{note}"}}}}"#);
    RawManifest::new(None, text.into()).unwrap()
}
