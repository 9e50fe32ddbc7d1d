//! `dhctl registry check` against real registries: each check passes in one test and fails in another, and nothing stays
//! in the registry.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;
use testkit::{
    admin::{
        harbor::{self, Harbor},
        nexus::{self, Nexus, NexusOptions},
    },
    certificates::{Authority, Kind},
    distribution::Distribution,
    docker_registry::{DockerAuth, DockerRegistry, DockerRegistryOptions, Version},
    docker_storage::write_docker_registry_storage,
    nginx::Nginx,
    squid::Squid,
    tokens::{TokenOptions, TokenServer},
};

use crate::world::{Run, dhctl};

const PASSWORD: &str = "s3cret-of-the-registry";

/// Checks and returns what came of each check, by its name.
struct Checked {
    run: Run,
    statuses: BTreeMap<String, String>,
}

impl Checked {
    fn new(registry: &str, args: &[&str], code: i32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run =
            dhctl(folder.path(), &[&["registry", "check", registry, "--output", "json"], args].concat());
        Self::of(run.expect(code))
    }

    fn of(run: Run) -> Self {
        let document: Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        let findings = document["result"]["findings"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let statuses =
            findings.iter().map(|finding| (text(&finding["check"]), text(&finding["status"]))).collect();
        assert!(!run.stdout.contains(PASSWORD) && !run.stderr.contains(PASSWORD), "{run:?}");
        Self { run, statuses }
    }

    #[track_caller]
    fn expect(self, expected: &[(&str, &str)]) -> Self {
        for (check, status) in expected {
            assert_eq!(
                self.statuses.get(*check).map(String::as_str),
                Some(*status),
                "{check}: {:?}",
                self.run
            );
        }
        self
    }

    /// The message of a check.
    fn message(&self, check: &str) -> String {
        let document = self.run.json();
        let findings = document["result"]["findings"].as_array().unwrap().clone();
        let finding = findings.iter().find(|finding| finding["check"] == check);
        finding.unwrap_or_else(|| panic!("{check}: {document}"))["message"].as_str().unwrap().to_owned()
    }
}

/// A registry that holds the sample distribution, and its path there.
fn filled(options: DockerRegistryOptions) -> (DockerRegistry, String, tempfile::TempDir) {
    let storage = tempfile::tempdir().unwrap();
    let distribution = Distribution::sample();
    write_docker_registry_storage(&distribution.store, storage.path()).unwrap();
    let options = DockerRegistryOptions { storage: Some(storage.path().to_owned()), ..options };
    let registry = DockerRegistry::start(options).unwrap();
    let url = format!("{}/{}", registry.addr(), distribution.root);
    (registry, url, storage)
}

fn empty(options: DockerRegistryOptions) -> (DockerRegistry, String) {
    let registry = DockerRegistry::start(options).unwrap();
    let url = format!("{}/dkp/ee", registry.addr());
    (registry, url)
}

/// Every file below `directory` with its content.
fn content(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn a_registry_with_images_is_usable_and_stays_as_it_is() {
    for version in Version::ALL {
        let (_registry, url, storage) = filled(DockerRegistryOptions { version, ..Default::default() });
        let before = content(storage.path());
        let began = Instant::now();
        let checked = Checked::new(&url, &["--insecure"], 0).expect(&[
            ("name", "ok"),
            ("proxy", "ok"),
            ("tls", "warning"),
            ("clock", "ok"),
            ("api", "ok"),
            ("product", "ok"),
            ("authentication", "ok"),
            ("login", "not-checked"),
            ("path-depth", "ok"),
            ("read", "ok"),
            ("list-tags", "ok"),
            ("proxy-cache", "ok"),
            ("storage", "ok"),
            ("write", "ok"),
            ("upload-address", "ok"),
            ("body-limit", "ok"),
            ("mount", "ok"),
            ("overwrite-tag", "not-checked"),
            ("manifest-types", "not-checked"),
        ]);
        let elapsed = began.elapsed();
        assert!(elapsed < Duration::from_secs(3), "{elapsed:?}");
        assert_eq!(checked.message("product"), "Docker distribution", "{version:?}");
        assert!(content(storage.path()) == before, "{version:?}: the check changed the storage");
    }
}

#[test]
fn a_cluster_only_reads() {
    let (_registry, url, storage) = filled(DockerRegistryOptions::default());
    let before = content(storage.path());
    let checked = Checked::new(&url, &["--insecure", "--for", "cluster"], 0).expect(&[("read", "ok")]);
    assert!(!checked.statuses.contains_key("write"), "{:?}", checked.run);
    assert!(content(storage.path()) == before);
}

#[test]
fn the_write_test_deletes_what_it_wrote() {
    for version in Version::ALL {
        let (mut registry, url) = empty(DockerRegistryOptions { version, ..Default::default() });
        Checked::new(&url, &["--insecure", "--write-test"], 0).expect(&[
            ("overwrite-tag", "ok"),
            ("manifest-types", "ok"),
            ("cleanup", "ok"),
            ("mount", "not-checked"),
        ]);
        assert_eq!(tags(&registry), Vec::<String>::new(), "{version:?}");
        registry
            .restart_with(DockerRegistryOptions { version, no_deletions: true, ..Default::default() })
            .unwrap();
        let checked = Checked::new(&url, &["--insecure", "--write-test"], 0)
            .expect(&[("overwrite-tag", "ok"), ("cleanup", "warning")]);
        assert!(checked.message("cleanup").ends_with("the registry does not allow deletions"));
        assert_eq!(tags(&registry), ["dhctl-check"], "{version:?}");
    }
}

/// The tags of the repository `dkp/ee`.
fn tags(registry: &DockerRegistry) -> Vec<String> {
    let url = format!("docker://{}/dkp/ee", registry.addr());
    let output =
        std::process::Command::new("skopeo").args(["list-tags", "--tls-verify=false", &url]).output();
    let Ok(document) = serde_json::from_slice::<Value>(&output.unwrap().stdout) else { return Vec::new() };
    let tags = document["Tags"].as_array().cloned().unwrap_or_default();
    tags.iter().map(|tag| tag.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_registry_that_accepts_no_uploads() {
    let (_registry, url) = empty(DockerRegistryOptions { read_only: true, ..Default::default() });
    // Whether it is a proxy cache too cannot be known.
    let expected = [("write", "failure"), ("read", "ok"), ("proxy-cache", "not-checked")];
    Checked::new(&url, &["--insecure"], 3).expect(&expected);
    Checked::new(&url, &["--insecure", "--for", "cluster"], 0);

    let (upstream, _, _storage) = filled(DockerRegistryOptions::default());
    let proxy_of = Some(format!("http://{}", upstream.addr()));
    let (_cache, url) = empty(DockerRegistryOptions { proxy_of, ..Default::default() });
    Checked::new(&url, &["--insecure"], 3).expect(&[("write", "failure"), ("proxy-cache", "failure")]);
}

#[test]
fn logins() {
    let auth = DockerAuth::Htpasswd { login: "pusher".to_owned(), password: PASSWORD.to_owned() };
    let (_registry, url) = empty(DockerRegistryOptions { auth, ..Default::default() });
    let right = ["--insecure", "-u", "pusher", "-p", PASSWORD];
    Checked::new(&url, &right, 0).expect(&[("login", "ok"), ("authentication", "warning"), ("write", "ok")]);
    // The platform supports bearer tokens only.
    let cluster = [&right[..], &["--for", "cluster"]].concat();
    Checked::new(&url, &cluster, 3).expect(&[("login", "ok"), ("authentication", "failure")]);
    Checked::new(&url, &["--insecure", "-u", "pusher", "-p", "wrong"], 4).expect(&[("login", "failure")]);
    Checked::new(&url, &["--insecure"], 4).expect(&[("login", "not-checked"), ("read", "failure")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_their_permissions() {
    let server = TokenServer::start(TokenOptions::new("pusher", PASSWORD)).unwrap();
    let auth = DockerAuth::tokens_of(&server);
    let (_registry, url) = empty(DockerRegistryOptions { auth, ..Default::default() });
    let login = ["--insecure", "-u", "pusher", "-p", PASSWORD];
    let checked = Checked::new(&url, &login, 0).expect(&[
        ("authentication", "ok"),
        ("login", "ok"),
        ("token-lifetime", "ok"),
        ("write", "ok"),
    ]);
    assert_eq!(checked.message("token-lifetime"), "5 min");
    Checked::new(&url, &["--insecure", "-u", "pusher", "-p", "wrong"], 4).expect(&[("login", "failure")]);

    let reader = TokenOptions {
        actions: vec!["pull".to_owned()],
        lifetime: Duration::from_secs(30),
        ..TokenOptions::new("reader", PASSWORD)
    };
    let server = TokenServer::start(reader).unwrap();
    let auth = DockerAuth::tokens_of(&server);
    let (_registry, url) = empty(DockerRegistryOptions { auth, ..Default::default() });
    let login = ["--insecure", "-u", "reader", "-p", PASSWORD];
    Checked::new(&url, &login, 4).expect(&[
        ("read", "ok"),
        ("list-tags", "ok"),
        ("token-lifetime", "warning"),
        ("write", "failure"),
    ]);
    Checked::new(&url, &[&login[..], &["--for", "cluster"]].concat(), 0);
}

#[test]
fn limits_of_a_proxy_before_the_registry() {
    let (registry, url) = empty(DockerRegistryOptions { relative_urls: true, ..Default::default() });
    let path = url.split_once('/').unwrap().1;
    for (limit, code, status) in [("50m", 0, "warning"), ("100k", 3, "failure")] {
        let server = format!(
            "server {{ listen ADDRESS; client_max_body_size {limit}; location / {{ proxy_pass http://{}; \
             proxy_set_header Host $http_host; proxy_http_version 1.1; proxy_request_buffering off; }} }}",
            registry.addr()
        );
        let nginx = Nginx::start(&server, &[]).unwrap();
        let checked = Checked::new(&format!("{}/{path}", nginx.addr()), &["--insecure"], code)
            .expect(&[("body-limit", status)]);
        assert!(checked.run.stdout.contains("client_max_body_size 0"), "{:?}", checked.run);
    }
    // A proxy that loses the port makes addresses that lead elsewhere.
    let (registry, _) = empty(DockerRegistryOptions::default());
    let server = format!(
        "server {{ listen ADDRESS; location / {{ proxy_pass http://{}; proxy_set_header Host 127.0.0.1:1; }} }}",
        registry.addr()
    );
    let nginx = Nginx::start(&server, &[]).unwrap();
    Checked::new(&format!("{}/{path}", nginx.addr()), &["--insecure"], 5)
        .expect(&[("write", "ok"), ("upload-address", "failure")]);
}

#[test]
fn certificates() {
    let authority = Authority::new("Registry CA").unwrap();
    let identity = authority.issue(&["127.0.0.1", "localhost"], Kind::Server).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, authority.pem()).unwrap();
    let (registry, url) = empty(DockerRegistryOptions { relative_urls: true, ..Default::default() });
    let path = url.split_once('/').unwrap().1;
    let server = format!(
        "server {{ listen ADDRESS ssl; ssl_certificate DIRECTORY/cert.pem; ssl_certificate_key DIRECTORY/key.pem; \
         client_max_body_size 0; location / {{ proxy_pass http://{}; proxy_set_header Host $http_host; }} }}",
        registry.addr()
    );
    let (cert, key) = (identity.certificate_pem(), identity.key_pem());
    let nginx = Nginx::start(&server, &[("cert.pem", &cert), ("key.pem", &key)]).unwrap();
    let url = format!("{}/{path}", nginx.addr());
    let checked = Checked::new(&url, &["--ca-file", ca.to_str().unwrap()], 0).expect(&[("write", "ok")]);
    assert!(checked.message("tls").contains("issued by"), "{}", checked.message("tls"));
    Checked::new(&url, &[], 5).expect(&[("api", "failure")]);
    Checked::new(&url, &["--tls-skip-verify"], 0).expect(&[("tls", "warning")]);
    for (names, kind, reason) in [
        (["127.0.0.1"], Kind::Expired, "expired"),
        (["registry.example.com"], Kind::Server, "registry.example.com"),
    ] {
        let identity = authority.issue(&names, kind).unwrap();
        let (cert, key) = (identity.certificate_pem(), identity.key_pem());
        let nginx = Nginx::start(&server, &[("cert.pem", &cert), ("key.pem", &key)]).unwrap();
        let url = format!("{}/{path}", nginx.addr());
        let checked =
            Checked::new(&url, &["--ca-file", ca.to_str().unwrap()], 5).expect(&[("api", "failure")]);
        assert!(checked.message("api").contains(reason), "{}", checked.message("api"));
    }
}

/// Checks the repository `path` of a Harbor as its administrator.
fn of_harbor(harbor: &Harbor, path: &str, more: &[&str], code: i32) -> Checked {
    let login = ["--insecure", "-u", harbor::ADMIN.0, "-p", harbor::ADMIN.1];
    Checked::new(&format!("{}/{path}", harbor.host()), &[&login[..], more].concat(), code)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_harbor_shows_of_a_project() {
    let harbor = Harbor::start().unwrap();
    harbor.add_project("dkp", false, None);
    let checked = of_harbor(&harbor, "dkp/ee", &[], 0).expect(&[
        ("product", "ok"),
        ("path-depth", "ok"),
        ("project", "ok"),
        ("proxy-cache", "ok"),
        ("immutable-tags", "ok"),
        ("quota", "ok"),
        ("write", "ok"),
    ]);
    assert_eq!(checked.message("product"), "Harbor v2.15.2-080b0220");
    assert!(checked.message("quota").starts_with("no limit"), "{}", checked.message("quota"));
    assert_eq!(harbor.writes(), Vec::<String>::new());

    let shallow = of_harbor(&harbor, "dkp", &[], 3).expect(&[("path-depth", "failure")]);
    assert!(shallow.run.stdout.contains("/dkp/deckhouse"), "{:?}", shallow.run);
    let absent =
        of_harbor(&harbor, "absent/ee", &[], 4).expect(&[("project", "failure"), ("write", "failure")]);
    assert_eq!(absent.message("project"), "absent does not exist");

    let gb = 1_000_000_000;
    harbor.set_quota("dkp", 60 * gb, gb.unsigned_abs());
    of_harbor(&harbor, "dkp/ee", &[], 0).expect(&[("quota", "ok")]);
    harbor.set_quota("dkp", 60 * gb, 59 * gb.unsigned_abs());
    let full = of_harbor(&harbor, "dkp/ee", &[], 0).expect(&[("quota", "warning")]);
    assert!(full.run.stdout.contains("25 to 50 GB"), "{:?}", full.run);
    harbor.add_immutable_rule("**", "**");
    let immutable = of_harbor(&harbor, "dkp/ee", &[], 0).expect(&[("immutable-tags", "warning")]);
    assert!(immutable.run.stdout.contains("Tag immutability"), "{:?}", immutable.run);

    // A name of digits is not taken for the number of a project.
    harbor.add_project("7", false, None);
    of_harbor(&harbor, "7/ee", &[], 0).expect(&[("project", "ok"), ("quota", "ok")]);

    let wrong = ["--insecure", "-u", harbor::ADMIN.0, "-p", "wrong"];
    Checked::new(&format!("{}/dkp/ee", harbor.host()), &wrong, 4).expect(&[("login", "failure")]);
    // A stranger is told less.
    let anonymous = Checked::new(&format!("{}/dkp/ee", harbor.host()), &["--insecure"], 4);
    let anonymous =
        anonymous.expect(&[("project", "not-checked"), ("read", "failure"), ("login", "not-checked")]);
    assert_eq!(anonymous.message("product"), "Harbor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_cache_of_harbor_is_for_clusters_only() {
    let harbor = Harbor::start().unwrap();
    harbor.add_endpoint("deckhouse", "https://registry.deckhouse.ru");
    harbor.add_project("cache", false, Some(1));
    let push =
        of_harbor(&harbor, "cache/ee", &[], 3).expect(&[("proxy-cache", "failure"), ("write", "failure")]);
    assert!(push.message("proxy-cache").contains("https://registry.deckhouse.ru"));
    let cluster = of_harbor(&harbor, "cache/ee", &["--for", "cluster"], 0).expect(&[("proxy-cache", "ok")]);
    assert!(cluster.message("proxy-cache").contains("https://registry.deckhouse.ru"));
}

/// What an account that may only push or pull is told: it cannot read the project itself.
#[tokio::test(flavor = "multi_thread")]
async fn robots_of_harbor_learn_whether_it_is_a_proxy_cache() {
    let harbor = Harbor::start().unwrap();
    harbor.add_endpoint("deckhouse", "https://registry.deckhouse.ru");
    harbor.add_project("cache", false, Some(1));
    harbor.add_project("dkp", false, None);
    let check = |project: &str, actions: &[&str], more: &[&str], code: i32| {
        let (login, secret) = harbor.add_robot(project, &format!("{}{}", actions.len(), more.len()), actions);
        let login = ["--insecure", "-u", &login, "-p", &secret];
        Checked::new(&format!("{}/{project}/ee", harbor.host()), &[&login[..], more].concat(), code)
    };
    let (push, pull, cluster) = (&["push", "pull"][..], &["pull"][..], &["--for", "cluster"][..]);
    check("cache", push, &[], 3).expect(&[("proxy-cache", "failure"), ("write", "failure")]);
    check("cache", pull, &[], 4).expect(&[("proxy-cache", "failure"), ("write", "failure")]);
    let pulling = check("cache", pull, cluster, 0).expect(&[("proxy-cache", "ok")]);
    assert_eq!(pulling.message("proxy-cache"), "this is a proxy cache");
    let allowed = check("dkp", push, &[], 0).expect(&[("proxy-cache", "ok"), ("write", "ok")]);
    assert_eq!(allowed.message("proxy-cache"), "no");
    // The upload is refused, and what the project is is known nevertheless.
    check("dkp", pull, &[], 4).expect(&[("proxy-cache", "ok"), ("write", "failure")]);
    check("dkp", pull, cluster, 0).expect(&[("proxy-cache", "ok")]);
    assert_eq!(harbor.open_uploads(), 0, "no robot may cancel an upload");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_write_test_on_harbor() {
    let harbor = Harbor::start().unwrap();
    for project in ["dkp", "small", "other"] {
        harbor.add_project(project, false, None);
    }
    let as_expected = [("overwrite-tag", "ok"), ("manifest-types", "ok"), ("cleanup", "ok")];
    of_harbor(&harbor, "other/ee", &["--write-test"], 0).expect(&as_expected);
    assert_eq!(harbor.tags("other/ee"), Vec::<String>::new());

    harbor.add_immutable_rule("**", "**");
    let immutable = of_harbor(&harbor, "dkp/ee", &["--write-test"], 3).expect(&[
        ("immutable-tags", "warning"),
        ("overwrite-tag", "failure"),
        ("cleanup", "warning"),
    ]);
    let reason = "a rule for immutable tags forbids the deletion";
    assert!(immutable.message("cleanup").contains(reason), "{}", immutable.message("cleanup"));
    assert!(immutable.run.stdout.contains("disable the rule, and delete the tag dhctl-check"));
    assert_eq!(harbor.tags("dkp/ee"), ["dhctl-check"]);

    harbor.set_quota("small", 100, 0);
    let full = of_harbor(&harbor, "small/ee", &["--write-test"], 3).expect(&[
        ("quota", "failure"),
        ("overwrite-tag", "not-checked"),
        ("write", "ok"),
        ("cleanup", "ok"),
    ]);
    assert!(full.message("quota").contains("upper limit of 100 B"), "{}", full.message("quota"));
    assert!(full.run.stdout.contains("raise the quota of small"), "{:?}", full.run);

    // Who may not delete is told what stays.
    let (login, secret) = harbor.add_robot("other", "push", &["push", "pull"]);
    let login = ["--insecure", "-u", &login, "-p", &secret, "--write-test"];
    let kept = Checked::new(&format!("{}/other/ee", harbor.host()), &login, 0)
        .expect(&[("overwrite-tag", "ok"), ("cleanup", "warning")]);
    assert!(kept.message("cleanup").contains("/other/ee:dhctl-check was not deleted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nexus_with_and_without_its_docker_realm() {
    let nexus = Nexus::start(NexusOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("admin.password"), nexus::ADMIN.1).unwrap();
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let words = format!(
        "registry setup nexus {} --repository dkp --http-port {port} --yes --insecure --no-check \
         --admin-password-file admin.password",
        nexus.host()
    );
    dhctl(folder.path(), &words.split_whitespace().collect::<Vec<_>>()).expect(0);
    let password = fs::read_to_string(folder.path().join("dkp-push.password")).unwrap();
    let url = format!("127.0.0.1:{port}/deckhouse/ee");
    let login = ["--insecure", "-u", "dkp-push", "-p", password.trim_end()];
    let cluster = [&login[..], &["--for", "cluster"]].concat();
    let with =
        Checked::new(&url, &login, 0).expect(&[("authentication", "ok"), ("login", "ok"), ("write", "ok")]);
    assert_eq!(with.message("product"), "Nexus 3.84.1-01");
    Checked::new(&url, &cluster, 0);

    nexus.set_realms(&["NexusAuthenticatingRealm"]);
    let without = Checked::new(&url, &cluster, 4).expect(&[("product", "ok"), ("authentication", "failure")]);
    assert!(without.run.stdout.contains("Docker Bearer Token Realm"), "{:?}", without.run);
    Checked::new(&url, &login, 4).expect(&[("authentication", "warning")]);
}

#[test]
fn client_certificates() {
    let authority = Authority::new("Registry CA").unwrap();
    let server = authority.issue(&["127.0.0.1"], Kind::Server).unwrap();
    let client = authority.issue(&["pusher"], Kind::Client).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let ca = file("ca.pem", authority.pem());
    let (cert, key) = (file("client.pem", client.certificate_pem()), file("client.key", client.key_pem()));
    let options = DockerRegistryOptions { relative_urls: true, ..Default::default() };
    let (registry, url, _storage) = filled(options);
    let path = url.split_once('/').unwrap().1;
    let text = format!(
        "server {{ listen ADDRESS ssl; ssl_certificate DIRECTORY/cert.pem; ssl_certificate_key DIRECTORY/key.pem; \
         ssl_client_certificate DIRECTORY/ca.pem; ssl_verify_client on; client_max_body_size 0; \
         location / {{ proxy_pass http://{}; proxy_set_header Host $http_host; }} }}",
        registry.addr()
    );
    let (server_cert, server_key, pem) = (server.certificate_pem(), server.key_pem(), authority.pem());
    let files = [("cert.pem", server_cert.as_str()), ("key.pem", &server_key), ("ca.pem", &pem)];
    let nginx = Nginx::start(&text, &files).unwrap();
    let url = format!("{}/{path}", nginx.addr());
    let with = ["--ca-file", &ca, "--client-cert", &cert, "--client-key", &key];
    Checked::new(&url, &with, 0).expect(&[("write", "ok")]);
    Checked::new(&url, &["--ca-file", &ca], 5).expect(&[("api", "failure")]);
    // The source of a pull, by variables.
    let pull = |variables: &[(&str, &str)]| {
        let mut command = crate::world::command(folder.path());
        command.args([
            "mirror",
            "--source",
            &url,
            "-i",
            "d8.tar",
            "--dry-run",
            "--no-modules",
            "--ca-file",
            &ca,
        ]);
        command.envs(variables.iter().copied());
        Run::of(command.output().unwrap())
    };
    pull(&[("DHCTL_CLI_MIRROR_CLIENT_CERT", &cert), ("DHCTL_CLI_MIRROR_CLIENT_KEY", &key)]).expect(0);
    pull(&[]).expect(5);
    // One without the other, and a key of another certificate.
    pull(&[("DHCTL_CLI_MIRROR_CLIENT_CERT", &cert)]).expect(2);
    let other = file("other.key", server.key_pem());
    pull(&[("DHCTL_CLI_MIRROR_CLIENT_CERT", &cert), ("DHCTL_CLI_MIRROR_CLIENT_KEY", &other)]).expect(6);
}

#[test]
fn through_a_proxy() {
    let (registry, url) = empty(DockerRegistryOptions { relative_urls: true, ..Default::default() });
    let url = format!("registry.example.com:{}/{}", registry.addr().port(), url.split_once('/').unwrap().1);
    let squid = Squid::start("user", PASSWORD, &["registry.example.com"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let check = |password: &str, code: i32| {
        let mut command = crate::world::command(folder.path());
        command.args(["registry", "check", &url, "--insecure", "--output", "json"]);
        command.env("HTTP_PROXY", format!("http://user:{password}@{}", squid.addr()));
        Checked::of(Run::of(command.output().unwrap()).expect(code))
    };
    let through = check(PASSWORD, 0).expect(&[("name", "not-checked"), ("proxy", "ok"), ("write", "ok")]);
    assert!(through.message("proxy").contains(&squid.addr().to_string()), "{}", through.message("proxy"));
    check("wrong", 5).expect(&[("api", "failure")]);
}

#[test]
fn what_is_not_a_registry_and_what_does_not_answer() {
    let nginx = Nginx::start("server { listen ADDRESS; location / { return 200 hello; } }", &[]).unwrap();
    let not_checked = [("api", "failure"), ("login", "not-checked"), ("write", "not-checked")];
    let hello = Checked::new(&format!("{}/dkp", nginx.addr()), &["--insecure"], 5).expect(&not_checked);
    let said = "the response is not from a container registry: status 200";
    assert!(hello.message("api").contains(said), "{}", hello.message("api"));
    Checked::new("127.0.0.1:1/dkp", &["--insecure"], 5).expect(&not_checked);
    Checked::new("registry.invalid/dkp", &[], 5).expect(&[("name", "failure"), ("api", "failure")]);
    let folder = tempfile::tempdir().unwrap();
    dhctl(folder.path(), &["registry", "check", "r/x", "--for", "cluster", "--write-test"]).expect(2);
}

#[test]
fn as_text() {
    let (registry, url) = empty(DockerRegistryOptions { read_only: true, ..Default::default() });
    let folder = tempfile::tempdir().unwrap();
    let run = dhctl(folder.path(), &["registry", "check", &url, "--insecure"]).expect(3);
    let address = registry.addr().to_string();
    insta::with_settings!({filters => vec![(address.as_str(), "registry.example.com"), (r"search domains: .*(\n {13}.*)*", "search domains: …")]}, {
        insta::assert_snapshot!(format!("{}{}", run.stdout, run.stderr));
    });
}
