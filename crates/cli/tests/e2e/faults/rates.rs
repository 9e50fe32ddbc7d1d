//! Registries behind nginx that limits requests, connections and streams; read-only and full ones; replicas.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use testkit::{
    certificates::{Identity, Kind},
    docker_registry::{DockerRegistry, DockerRegistryOptions, Version},
    docker_storage::write_docker_registry_storage,
    nginx::Nginx,
    small_disk::SmallDisk,
};

use super::setup::{Ended, Ends, Sample, Setup, fails};
use crate::world::TARGET_ROOT;

fn done(name: &str, ended: &Ended) {
    Ends::Done.check(name, &ended.run);
}

fn registry(version: Version) -> DockerRegistry {
    DockerRegistry::start(DockerRegistryOptions { version, ..DockerRegistryOptions::default() }).unwrap()
}

/// A registry that has the distribution of the sample.
fn source(sample: &Sample) -> (DockerRegistry, tempfile::TempDir) {
    let storage = tempfile::tempdir().unwrap();
    write_docker_registry_storage(&sample.distribution.store, storage.path()).unwrap();
    let options = DockerRegistryOptions {
        storage: Some(storage.path().to_owned()),
        ..DockerRegistryOptions::default()
    };
    (DockerRegistry::start(options).unwrap(), storage)
}

/// A bundle in a folder of its own.
fn setup(sample: &Sample) -> Setup {
    let setup = Setup::new();
    fs::write(setup.bundle(), &sample.bundle).unwrap();
    setup
}

/// Requests that nginx has logged.
fn requests(log: &std::path::Path) -> u32 {
    u32::try_from(fs::read_to_string(log).unwrap_or_default().lines().count()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_limits_let_everything_through() {
    const RATE: u32 = 50;
    let sample = Sample::small();
    let (source, _storage) = source(&sample);
    let logs = tempfile::tempdir().unwrap();
    let root = &sample.distribution.root;
    for (status, header) in [(503, ""), (429, "error_page 429 @limited;")] {
        // With `Retry-After` for one of them.
        let location = "location @limited { add_header Retry-After 1 always; return 429; }";
        let limit =
            format!("limit_req_zone $server_name zone=z:1m rate={RATE}r/s; limit_req_status {status};");
        let server =
            format!("limit_req zone=z burst=20; {header} {}", if header.is_empty() { "" } else { location });
        let target = registry(Version::Debian);
        let count = |address: std::net::SocketAddr, name: &str, run: &dyn Fn(&str) -> Ended| {
            let log = logs.path().join(format!("{name}{status}"));
            let open = Nginx::before(address, "", &format!("access_log {};", log.display())).unwrap();
            done(name, &run(&open.addr().to_string()));
            requests(&log)
        };
        let pull = |host: &str| Setup::new().pull(&format!("{host}/{root}"), &["--retry-timeout", "1m"]);
        let push = |host: &str| {
            setup(&sample).push(&format!("{host}/{TARGET_ROOT}/open"), &["--retry-timeout", "1m"])
        };
        let unlimited = [count(source.addr(), "pull", &pull), count(target.addr(), "push", &push)];

        let setup = setup(&sample);
        for (number, address) in [source.addr(), target.addr()].into_iter().enumerate() {
            let log = logs.path().join(format!("limited{number}{status}"));
            let server = format!("access_log {}; {server}", log.display());
            let limited = Nginx::before(address, &limit, &server).unwrap();
            let begun = Instant::now();
            let ended = if number == 0 {
                let pulled = Setup::new();
                let ended = pulled.pull(&format!("{}/{root}", limited.addr()), &["--retry-timeout", "1m"]);
                pulled.assert_pulled(&sample);
                ended
            } else {
                setup.push(&format!("{}/{TARGET_ROOT}", limited.addr()), &["--retry-timeout", "1m"])
            };
            done("limited", &ended);
            let allowed = f64::from(2 * unlimited[number]) / f64::from(RATE);
            let took = begun.elapsed().as_secs_f64();
            assert!(
                took <= allowed,
                "{status}: {took:.1} s of {allowed:.1} s for {} requests",
                unlimited[number]
            );
            // A slow machine may stay below the limit; one 503 or two may be about their object.
            let is_limited = fs::read_to_string(log).unwrap().contains(&format!("\" {status} "));
            let is_told = ended.run.stderr.contains("limits the rate of requests");
            assert!(is_limited || !is_told, "{}", ended.run.stderr);
            assert!(is_told || !is_limited || status == 503, "{}", ended.run.stderr);
        }
        sample.assert_in_target(&target.storage());
    }
}

/// Connections that end after few requests (GOAWAY), with few streams at a time.
#[tokio::test(flavor = "multi_thread")]
async fn http_2_connections_that_end_soon() {
    let sample = Sample::small();
    let (source, _storage) = source(&sample);
    let target = registry(Version::Debian);
    let identity = Identity::self_signed(&["127.0.0.1"], Kind::Server).unwrap();
    let files = [("cert.pem", identity.certificate_pem()), ("key.pem", identity.key_pem())];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let before = |registry: &DockerRegistry| {
        let text = format!(
            "keepalive_requests 3; http2_max_concurrent_streams 2; client_max_body_size 0;\n\
             server {{ listen ADDRESS ssl http2; ssl_certificate DIRECTORY/cert.pem;\n\
             ssl_certificate_key DIRECTORY/key.pem; location / {{ proxy_pass http://{};\n\
             proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https; }} }}",
            registry.addr()
        );
        Nginx::start(&text, &files).unwrap()
    };
    let (from, to) = (before(&source), before(&target));
    let setup = Setup::new();
    let ca = setup.folder().join("ca.pem");
    fs::write(&ca, identity.certificate_pem()).unwrap();
    for _ in 0..3 {
        let url = format!("{}/{}", from.addr(), sample.distribution.root);
        let mut pull = setup.command(&["mirror", "--source", &url, "-i", "d8.tar", "--no-pull-resume"]);
        pull.arg("--ca-file").arg(&ca);
        done("pull", &setup.run(pull));
        assert!(fs::read(setup.bundle()).unwrap() == sample.bundle);
    }
    let url = format!("{}/{TARGET_ROOT}", to.addr());
    let mut push = setup.command(&["mirror", "-r", &url, "-i", "d8.tar"]);
    push.arg("--ca-file").arg(&ca);
    done("push", &setup.run(push));
    sample.assert_in_target(&target.storage());
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_with_different_secrets_lose_uploads() {
    let sample = Sample::small();
    for version in Version::ALL {
        let storage = tempfile::tempdir().unwrap();
        let replica = |secret: &str| {
            let options = DockerRegistryOptions {
                version,
                secret: Some(secret.to_owned()),
                storage: Some(storage.path().to_owned()),
                ..DockerRegistryOptions::default()
            };
            DockerRegistry::start(options).unwrap()
        };
        let push = |replicas: [DockerRegistry; 2]| {
            // An upload is begun at one of them, and continued at the other.
            let text = format!(
                "map $request_method $replica {{ POST {}; default {}; }} server {{ listen ADDRESS;\n\
                 client_max_body_size 0; location / {{ proxy_pass http://$replica;\n\
                 proxy_set_header Host $http_host; }} }}",
                replicas[0].addr(),
                replicas[1].addr()
            );
            let balancer = Nginx::start(&text, &[]).unwrap();
            setup(&sample).push(&format!("{}/{TARGET_ROOT}", balancer.addr()), &[])
        };
        let lost = push([replica("one"), replica("other")]);
        let told = ["the registry lost the upload", "BLOB_UPLOAD_", "http.secret", "sticky"];
        fails(5, &told).check("different", &lost.run);
        done("the same", &push([replica("one"), replica("one")]));
        sample.assert_in_target(&replica("one").storage());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_read_only_for_a_while_is_waited_for() {
    let sample = Sample::small();
    for version in Version::ALL {
        let options = DockerRegistryOptions { version, read_only: true, ..DockerRegistryOptions::default() };
        let mut target = DockerRegistry::start(options.clone()).unwrap();
        let url = format!("{}/{TARGET_ROOT}", target.addr());
        let (setup, told) = (setup(&sample), "accepts no uploads at present");
        let refused = setup.push(&url, &["--retry-timeout", "1s"]);
        fails(4, &["the registry is read-only", "405", "garbage collection"]).check("for ever", &refused.run);
        assert!(refused.run.stderr.contains(told), "{}", refused.run.stderr);
        let waited = thread::scope(|scope| {
            let push = scope.spawn(|| setup.push(&url, &["--retry-timeout", "50s"]));
            thread::sleep(Duration::from_secs(2));
            target.restart_with(DockerRegistryOptions { read_only: false, ..options }).unwrap();
            push.join().unwrap()
        });
        done("for a while", &waited);
        assert!(waited.run.stderr.contains(told), "{}", waited.run.stderr);
        sample.assert_in_target(&target.storage());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_whose_disk_is_full_says_so() {
    let sample = Sample::small();
    for version in Version::ALL {
        let disk = SmallDisk::new(8 << 20).unwrap();
        let options =
            DockerRegistryOptions { version, storage: Some(disk.path()), ..DockerRegistryOptions::default() };
        let target = DockerRegistry::start(options).unwrap();
        let url = format!("{}/{TARGET_ROOT}", target.addr());
        let setup = setup(&sample);
        disk.fill().unwrap();
        let full = setup.push(&url, &[]);
        fails(5, &["the registry has no space left", "free or add disk space"]).check("full", &full.run);
        disk.make_room().unwrap();
        done("with room", &setup.push(&url, &[]));
        sample.assert_in_target(&target.storage());
    }
}

/// `proxy_set_header Host $host` loses the port, and the registry names an address at which nobody listens.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_port_is_named_with_the_setting_to_change() {
    let sample = Sample::small();
    for version in Version::ALL {
        let target = registry(version);
        let text = format!(
            "server {{ listen ADDRESS; client_max_body_size 0; location / {{ proxy_pass http://{};\n\
             proxy_set_header Host $host; }} }}",
            target.addr()
        );
        let proxy = Nginx::start(&text, &[]).unwrap();
        let lost = setup(&sample).push(&format!("{}/{TARGET_ROOT}", proxy.addr()), &[]);
        let told = [
            format!("{} sends the upload to http://127.0.0.1 (Location header)", proxy.addr()),
            "proxy_set_header Host $http_host".to_owned(),
        ];
        fails(5, &told.each_ref().map(String::as_str)).check("lost", &lost.run);
    }
}
