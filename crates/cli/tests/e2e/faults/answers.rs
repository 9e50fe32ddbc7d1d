//! What registries, proxies and antivirus programs answer where something else was expected.

use std::{
    collections::HashMap,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Method, StatusCode, header};
use parking_lot::Mutex;
use registry_server::{Canned, Interceptor, MemoryStore, RequestInfo, ServerOptions, Treatment};
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule},
};

use super::{
    scripted::{Case, case},
    setup::{Ends, Sample, Setup, closed, each, fails},
};
use crate::world::{TARGET_ROOT, World, serve};

fn answer(status: StatusCode, kind: &str, body: &str) -> Fault {
    Fault::Answer { status, headers: vec![(header::CONTENT_TYPE, kind.to_owned())], body: body.to_owned() }
}

fn document(status: StatusCode, code: &str, message: &str) -> Fault {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
    answer(status, "application/json", &body)
}

fn not_found() -> Fault {
    document(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown")
}

fn page(status: StatusCode) -> Fault {
    answer(
        status,
        "text/html; charset=utf-8",
        "<html><head><title>Blocked by Example AV</title></head></html>",
    )
}

/// Pulls that must end in success, or with these words. `layer` is the digest of one that only the download reads.
fn pulls(layer: &str) -> Vec<Case> {
    let get = |path: &str, fault: Fault| Rule::new("GET", path, fault);
    let of_layer = format!("*/blobs/{layer}");
    let channel = "*/release-channel/manifests/stable";
    let block = ["not from a container registry", "Blocked by Example AV"];
    vec![
        case("a channel is not found once", vec![get(channel, not_found()).once()], Ends::Done),
        case(
            "a release is not found twice",
            vec![get("*/ee/manifests/v1.58.3", not_found()).times(1..=2)],
            Ends::Done,
        ),
        case(
            "a module's channel is not found once",
            vec![get("*/modules/console/release/manifests/stable", not_found()).once()],
            Ends::Done,
        ),
        case(
            "a channel is listed and never found",
            vec![get(channel, not_found())],
            fails(
                3,
                &["release-channel:stable", "lists this tag, but returns 404", "--exclude-channel stable"],
            ),
        ),
        case(
            "a module's channel is listed and never found",
            vec![get("*/modules/console/release/manifests/stable", not_found())],
            fails(
                3,
                &["console/release:stable", "lists this tag, but returns 404", "--exclude-module console"],
            ),
        ),
        case(
            "an installer is listed and never found",
            vec![get("*/install/manifests/v1.58.3", not_found())],
            fails(3, &["install:v1.58.3", "lists this tag, but returns 404"]),
        ),
        case(
            "a block page for a blob",
            vec![get(&of_layer, page(StatusCode::OK))],
            fails(5, &[layer, block[0], block[1]]),
        ),
        case(
            "a forbidden block page for a blob",
            vec![get(&of_layer, page(StatusCode::FORBIDDEN))],
            fails(5, &[layer, block[0], block[1]]),
        ),
        case("block pages for all blobs", vec![get("*/blobs/*", page(StatusCode::OK))], fails(5, &block)),
        case(
            "a block page for a manifest",
            vec![get("*/manifests/*", page(StatusCode::FORBIDDEN))],
            fails(5, &block),
        ),
        case(
            "storage that refuses its own links",
            vec![get(
                &of_layer,
                answer(
                    StatusCode::FORBIDDEN,
                    "application/xml",
                    "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
                ),
            )],
            fails(4, &[layer, "AccessDenied: Request has expired"]),
        ),
        case(
            "the reason is in the detail",
            vec![get(
                &of_layer,
                answer(
                    StatusCode::BAD_REQUEST,
                    "application/json",
                    r#"{"errors":[{"code":"UNSUPPORTED","message":"no","detail":"scan found CVE-2026-1"}]}"#,
                ),
            )],
            fails(5, &[layer, "UNSUPPORTED: no: scan found CVE-2026-1"]),
        ),
        case(
            "schema 1",
            vec![get(
                channel,
                answer(
                    StatusCode::OK,
                    "application/vnd.docker.distribution.manifest.v1+prettyjws",
                    r#"{"schemaVersion":1,"name":"a","tag":"stable","fsLayers":[],"history":[],"signatures":[]}"#,
                ),
            )],
            fails(3, &["release-channel:stable", "schema 1"]),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn pulls_with_unusual_responses() {
    let sample = Sample::small();
    let store = Arc::new(sample.distribution.store.clone());
    let layer = sample.lone_layer().to_string();
    let healthy = serve(store.clone(), closed());
    let root = &sample.distribution.root;
    let run = |case: &Case| {
        let setup = Setup::new();
        let source = serve(store.clone(), case.options());
        let ended = setup.pull(&format!("{}/{root}", source.addr()), &[]);
        case.check(&ended);
        for never in ["have the source repaired", "check the login"] {
            let is_page = ended.run.stderr.contains("Blocked by");
            assert!(!(is_page && ended.run.stderr.contains(never)), "{}: {}", case.name, ended.run.stderr);
        }
        if ended.run.code != Some(0) {
            setup.assert_only_work_in_progress();
            Ends::Done.check(case.name, &setup.pull(&format!("{}/{root}", healthy.addr()), &[]).run);
        }
        setup.assert_pulled(&sample);
    };
    each(pulls(&layer), |case| case.name.to_owned(), run);
}

/// Pushes that end with these words.
fn pushes() -> Vec<Case> {
    let put = |path: &str, fault: Fault| Rule::new("PUT", path, fault);
    let uploads = "*/blobs/uploads/*";
    let manifests = "*/manifests/*";
    let quota = "adding 1.9 MiB of storage resource, which when updated to current usage of 0 B will exceed the \
                 configured upper limit of 1.0 MiB.";
    let never_login = |code: i32, words: &[&str]| fails(code, words);
    vec![
        case(
            "a quota",
            vec![put(uploads, document(StatusCode::FORBIDDEN, "DENIED", quota))],
            never_login(4, &["the storage quota is exceeded", "upper limit of 1.0 MiB", "raise the quota"]),
        ),
        case(
            "an immutable tag",
            vec![put(
                "*/release-channel/manifests/stable",
                document(
                    StatusCode::PRECONDITION_FAILED,
                    "PRECONDITION",
                    "'stable' configured as immutable.",
                ),
            )],
            fails(4, &["release-channel:stable", "refuses to overwrite this tag", "immutable"]),
        ),
        case(
            "no space",
            vec![put(uploads, answer(StatusCode::INSUFFICIENT_STORAGE, "text/plain", ""))],
            fails(5, &["the registry has no space left (507)", "free or add disk space"]),
        ),
        case(
            "a proxy cache",
            vec![Rule::new(
                "POST",
                uploads,
                document(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "The operation is unsupported."),
            )],
            fails(4, &["does not accept uploads here", "405", "proxy cache"]),
        ),
        case(
            "a proxy project",
            vec![Rule::new(
                "POST",
                uploads,
                document(StatusCode::FORBIDDEN, "DENIED", "can not push artifact to a proxy project: cache"),
            )],
            fails(4, &["proxy cache", "push to a registry or project that is not a proxy cache"]),
        ),
        case(
            "an artifact type",
            vec![put(
                "*/security/*/manifests/*",
                document(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", "unsupported media type"),
            )],
            fails(4, &["security/", "does not accept this media type", "--no-security-db"]),
        ),
        case(
            "a lost upload",
            vec![put(
                uploads,
                document(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"),
            )],
            fails(5, &["the registry lost the upload", "http.secret"]),
        ),
        case(
            "a block page",
            vec![put(manifests, page(StatusCode::FORBIDDEN))],
            fails(5, &["Blocked by Example AV"]),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_that_are_refused() {
    let sample = Sample::small();
    let run = |case: &Case| {
        let setup = Setup::new();
        fs::write(setup.bundle(), &sample.bundle).unwrap();
        let store = MemoryStore::new();
        let target = serve(Arc::new(store.clone()), case.options());
        let ended = setup.push(&format!("{}/{TARGET_ROOT}", target.addr()), &[]);
        case.check(&ended);
        assert!(!ended.run.stderr.contains("check the login"), "{}: {}", case.name, ended.run.stderr);
        let healthy = serve(Arc::new(store.clone()), closed());
        let target = format!("{}/{TARGET_ROOT}", healthy.addr());
        Ends::Done.check(case.name, &setup.push(&target, &[]).run);
        sample.assert_in_target(&store);
    };
    each(pushes(), |case| case.name.to_owned(), run);
}

/// Shows what was written only some time later, as object storage behind a registry may.
#[derive(Debug, Default)]
struct Later {
    written: Mutex<HashMap<String, Instant>>,
    delay: Duration,
}

impl Interceptor for Later {
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment {
        let mut written = self.written.lock();
        let digest = request.query.split('&').find_map(|pair| pair.strip_prefix("digest="));
        let object = match digest {
            // The commit of a blob.
            Some(digest) if *request.method == Method::PUT => {
                let repository = request.path.split("/blobs/").next().unwrap();
                format!("{repository}/blobs/{}", digest.replace("%3A", ":"))
            }
            _ => request.path.to_owned(),
        };
        if *request.method == Method::PUT {
            written.insert(object, Instant::now());
            return Treatment::default();
        }
        let is_hidden = written.get(&object).is_some_and(|at| at.elapsed() < self.delay);
        let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"not yet"}]}"#;
        let hidden =
            || Canned { status: StatusCode::NOT_FOUND, headers: http::HeaderMap::new(), body: body.into() };
        Treatment { answer: is_hidden.then(hidden), ..Treatment::default() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_back_waits_for_delayed_objects() {
    let sample = Sample::small();
    for (delay, ends) in [
        (Duration::from_millis(1500), Ends::Done),
        (Duration::from_mins(10), fails(3, &["not found", "push the bundle again"])),
    ] {
        let setup = Setup::new();
        fs::write(setup.bundle(), &sample.bundle).unwrap();
        let store = MemoryStore::new();
        let later = Later { delay, ..Later::default() };
        let options = ServerOptions { interceptor: Some(Arc::new(later)), ..closed() };
        let target = serve(Arc::new(store.clone()), options);
        let ended = setup.push(&format!("{}/{TARGET_ROOT}", target.addr()), &[]);
        ends.check("later", &ended.run);
    }
}

/// Answers 401 or 403 to whoever asks for what is not there, once a push has written something also for that.
#[derive(Debug)]
struct Secretive {
    store: MemoryStore,
    status: StatusCode,
}

impl Interceptor for Secretive {
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment {
        use registry_server::Store as _;
        let path = request.path.trim_start_matches("/v2/");
        let reads = matches!(*request.method, Method::GET | Method::HEAD) && !path.is_empty();
        let name = path.split("/manifests/").next().unwrap();
        let rest = ["/tags/", "/blobs/", "/referrers/"];
        let name = rest.iter().fold(name, |name, rest| name.split(rest).next().unwrap());
        let is_absent = match path.split_once("/manifests/") {
            Some((name, reference)) => self.store.manifest(name, &reference.parse().unwrap()).is_none(),
            None => self.store.tags(name).is_none() && self.store.blobs(name).is_empty(),
        };
        if !reads || !is_absent || path.contains("/uploads/") {
            return Treatment::default();
        }
        let body = r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#;
        let canned = Canned { status: self.status, headers: http::HeaderMap::new(), body: body.into() };
        Treatment { answer: Some(canned), ..Treatment::default() }
    }
}

/// Quay and others refuse to show what does not exist yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_push_to_a_registry_that_denies_missing_repositories() {
    let sample = Sample::small();
    for status in [StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED] {
        let setup = Setup::new();
        fs::write(setup.bundle(), &sample.bundle).unwrap();
        let store = MemoryStore::new();
        let secretive = Secretive { store: store.clone(), status };
        let options = ServerOptions { interceptor: Some(Arc::new(secretive)), ..ServerOptions::default() };
        let target = serve(Arc::new(store.clone()), options);
        let ended = setup.push(&format!("{}/{TARGET_ROOT}", target.addr()), &[]);
        Ends::Done.check("first push", &ended.run);
        sample.assert_in_target(&store);
    }
}

/// A source that refuses what it does not have, or does not show it to this account.
#[tokio::test(flavor = "multi_thread")]
async fn objects_that_a_source_refuses() {
    let distribution = || Distribution::builder().without_standalone().without_databases().build();
    let with = |status: StatusCode| {
        let made = distribution();
        let secretive = Secretive { store: made.store.clone(), status };
        World::with(
            made,
            ServerOptions { interceptor: Some(Arc::new(secretive)), ..ServerOptions::default() },
        )
    };
    let expected = World::of(distribution());
    expected.pull(&["--channel", "stable"]).expect(0);
    for status in [StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED] {
        // Optional things are left out with a warning.
        let world = with(status);
        let run = world.pull(&["--channel", "stable"]).expect(0);
        let warning = "warning: left out, because the source refuses it: cannot read manifest";
        assert!(run.stderr.contains(warning), "{}", run.stderr);
        assert!(run.stderr.contains("install-standalone"), "{}", run.stderr);
        assert!(fs::read(world.path("d8.tar")).unwrap() == fs::read(expected.path("d8.tar")).unwrap());

        // A release that is named is complete without the channels, which are reported.
        let run = with(status).pull(&["--release", "v1.58.3"]).expect(0);
        assert!(run.stderr.contains("warning: release channel lts is left out"), "{}", run.stderr);

        // By default every channel is needed, and the refusal names its repository.
        let run = with(status).pull(&[]).expect(4);
        assert!(run.stderr.contains("/release-channel:lts"), "{}", run.stderr);
        let run = with(status).pull(&["--exclude-channel", "lts"]).expect(0);
        assert!(!run.stderr.contains("lts"), "{}", run.stderr);
    }
}

/// The channel moves to another release while it is read: in the root first, in `release-channel` last.
#[derive(Debug)]
struct Publishing {
    made: Distribution,
    read: std::sync::atomic::AtomicU32,
    /// Whether `release-channel` follows.
    settles: bool,
}

impl Publishing {
    fn point(&self, path: &str) {
        use registry_server::Store as _;
        let name = format!("{}{path}", self.made.root);
        let manifest = self.made.store.manifest(&name, &"v1.59.4".parse().unwrap()).unwrap();
        self.made.store.insert_manifest(&name, &"stable".parse().unwrap(), manifest);
    }
}

impl Interceptor for Publishing {
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment {
        if request.path.ends_with("/release-channel/manifests/stable") {
            match self.read.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => {
                    self.point("");
                    self.point("/install");
                }
                1 if self.settles => self.point("/release-channel"),
                _ => {}
            }
        }
        Treatment::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_published_while_it_is_read() {
    for settles in [true, false] {
        let made = Distribution::builder().build();
        let publishing = Publishing { made: made.clone(), read: 0.into(), settles };
        let options = ServerOptions { interceptor: Some(Arc::new(publishing)), ..ServerOptions::default() };
        let world = World::with(made, options);
        let run = world.pull(&["--channel", "stable", "--no-modules"]).expect(0);
        assert!(
            run.stderr.contains("release channel stable is being updated on the source"),
            "{}",
            run.stderr
        );
        let is_warned =
            run.stderr.contains("warning: on the source, release-channel:NAME points to another release");
        assert_eq!(is_warned, !settles, "{}", run.stderr);
        let expected = if settles { "stable → v1.59.4" } else { "stable → v1.58.3" };
        assert!(run.stdout.contains(expected), "{}", run.stdout);
    }
}
