//! A push to a real Harbor, with the accounts that its users have, and pulls through its proxy cache.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use http::StatusCode;
use registry_server::ServerOptions;
use serde_json::json;
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
};

use crate::{
    proxy_registry::MODULES,
    world::{Run, World, dhctl},
};

/// A Harbor that ends with the test.
struct Harbor {
    process: Child,
    settings: HashMap<String, String>,
}

impl Harbor {
    #[expect(
        clippy::zombie_processes,
        reason = "waited for when dropped; a Harbor that did not start ends the test"
    )]
    fn start() -> Self {
        let folder = std::path::PathBuf::from(std::env::var_os("DHCTL_TEST_HARBOR").unwrap());
        let mut process =
            Command::new("bash").arg(folder.join("up.sh")).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut settings = HashMap::new();
        for line in lines {
            let (name, value) = line.split_once('=').unwrap();
            if name == "READY" {
                return Self { process, settings };
            }
            settings.insert(name.to_owned(), value.to_owned());
        }
        panic!("Harbor did not start; it wants postgresql, redis-server, docker-registry and apache2-utils");
    }

    fn host(&self) -> &str {
        self.settings["HARBOR_URL"].strip_prefix("http://").unwrap()
    }

    /// Asks the API as the administrator.
    fn api(&self, path: &str, body: &serde_json::Value) -> serde_json::Value {
        let login = format!("admin:{}", self.settings["HARBOR_PASSWORD"]);
        let url = format!("{}/api/v2.0/{path}", self.settings["HARBOR_URL"]);
        let output = Command::new("curl")
            .args([
                "-sSf",
                "-u",
                &login,
                "-H",
                "content-type: application/json",
                "-d",
                &body.to_string(),
                &url,
            ])
            .output()
            .unwrap();
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Login and password of a robot of this project with these rights.
    fn robot(&self, project: &str, name: &str, actions: &[&str]) -> (String, String) {
        let access: Vec<_> =
            actions.iter().map(|action| json!({"resource": "repository", "action": action})).collect();
        let permissions = [json!({"kind": "project", "namespace": project, "access": access})];
        let body = json!({"name": name, "level": "project", "duration": -1, "permissions": permissions});
        let robot = self.api("robots", &body);
        (robot["name"].as_str().unwrap().to_owned(), robot["secret"].as_str().unwrap().to_owned())
    }
}

impl Drop for Harbor {
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        // It cleans up on TERM; if that cannot be sent there is nothing left to clean.
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.process.wait();
    }
}

#[cfg_attr(not(dhctl_test_harbor), ignore = "not run: DHCTL_TEST_HARBOR does not name a folder with up.sh")]
#[tokio::test(flavor = "multi_thread")]
async fn robot_accounts_push_and_read_back_or_get_a_reason() {
    let harbor = Harbor::start();
    harbor.api("projects", &json!({"project_name": "dkp", "metadata": {"public": "false"}}));
    let (writer, writer_secret) = harbor.robot("dkp", "ci", &["push", "pull"]);
    let (reader, reader_secret) = harbor.robot("dkp", "ro", &["pull"]);
    let world = World::of(Distribution::sample());
    world.pull(&[]).expect(0);
    let push = |path: &str, login: &str, password: &str| {
        let registry = format!("{}/{path}", harbor.host());
        let args = ["mirror", "--insecure", "-i", "d8.tar", "-r", &registry, "-u", login, "-p", password];
        dhctl(world.folder.path(), &args)
    };

    let short = push("dkp", &writer, &writer_secret).expect(5);
    assert!(short.stderr.contains("HOST/PROJECT/REPOSITORY"), "{}", short.stderr);
    let refused = push("dkp/ee", &reader, &reader_secret).expect(4);
    assert!(refused.stderr.contains("may not"), "{}", refused.stderr);
    let absent = push("no-such-project/ee", "admin", &harbor.settings["HARBOR_PASSWORD"]).expect(4);
    assert!(absent.stderr.contains("no-such-project"), "{}", absent.stderr);
    assert!(absent.stderr.contains("project"), "{}", absent.stderr);
    push("dkp/ee", &writer, "wrong").expect(4);

    let pushed = push("dkp/ee", &writer, &writer_secret).expect(0);
    assert!(pushed.stdout.contains("read back"), "{}", pushed.stdout);
    let again = push("dkp/ee", &writer, &writer_secret).expect(0);
    assert!(again.stdout.contains("everything was already there"), "{}", again.stdout);
    let registry = format!("{}/dkp/ee", harbor.host());
    let verify = ["mirror", "verify", "--insecure", "-i", "d8.tar", "-r", &registry, "--deep"];
    let login = ["-u", &reader, "-p", &reader_secret];
    dhctl(world.folder.path(), &[&verify[..], &login].concat()).expect(0);
}

/// A project of a Harbor that is a proxy cache of a world's source.
struct ProxyCache {
    source: String,
    login: String,
    password: String,
    /// The upstream.
    _world: World,
}

impl ProxyCache {
    /// The `number`th of this Harbor, counted from 1; its upstream meets these rules.
    fn new(harbor: &Harbor, number: u32, rules: Vec<Rule>) -> Self {
        let interceptor = Some(Arc::new(Script::new(rules)) as Arc<_>);
        let options = ServerOptions { interceptor, ..ServerOptions::default() };
        let world = World::with(Distribution::sample(), options);
        let (upstream, root) = world.source_url.split_once('/').unwrap();
        let name = format!("cache{number}");
        let endpoint = json!({"name": name, "type": "docker-registry", "url": format!("http://{upstream}")});
        harbor.api("registries", &endpoint);
        let project = json!({"project_name": name, "metadata": {"public": "false"}, "registry_id": number});
        harbor.api("projects", &project);
        let (login, password) = harbor.robot(&name, "ro", &["pull"]);
        Self { source: format!("{}/{name}/{root}", harbor.host()), login, password, _world: world }
    }

    /// A pull through it, and the bundle if there is one.
    fn pull(&self, args: &[&str]) -> (Run, Option<Vec<u8>>) {
        let folder = tempfile::tempdir().unwrap();
        let base = ["mirror", "--insecure", "-i", "d8.tar", "--source", &self.source];
        let login = ["--source-login", &self.login, "--source-password", &self.password];
        let run = dhctl(folder.path(), &[&base[..], &login, args].concat());
        (run, std::fs::read(folder.path().join("d8.tar")).ok())
    }
}

#[cfg_attr(not(dhctl_test_harbor), ignore = "not run: DHCTL_TEST_HARBOR does not name a folder with up.sh")]
#[tokio::test(flavor = "multi_thread")]
async fn a_pull_through_a_proxy_cache_gives_the_bytes_of_its_upstream() {
    let direct = World::sample();
    direct.pull(&[]).expect(0);
    let direct = std::fs::read(direct.path("d8.tar")).unwrap();
    let harbor = Harbor::start();

    // This Harbor adds the tags of its upstream to its own.
    let cache = ProxyCache::new(&harbor, 1, Vec::new());
    let (run, bundle) = cache.pull(&[]);
    assert!(!run.expect(0).stdout.contains("(requested one by one)"));
    assert!(bundle.unwrap() == direct, "the bundles differ");

    // Older ones have only their own, as this one has where its upstream lists nothing.
    let blind = vec![Rule::new("GET", "*/tags/list", Fault::Status(StatusCode::NOT_FOUND))];
    let cache = ProxyCache::new(&harbor, 2, blind);
    let run = cache.pull(&[]).0.expect(2);
    assert!(run.stderr.contains("--include-module"), "{}", run.stderr);
    let (run, bundle) = cache.pull(&MODULES);
    let run = run.expect(0);
    assert!(run.stderr.contains("Versions are requested one by one"), "{}", run.stderr);
    assert!(bundle.unwrap() == direct, "the bundles differ");
    let (run, bundle) = cache.pull(&[&MODULES[..], &["--proxy-registry"]].concat());
    assert!(run.expect(0).stdout.contains("(requested one by one)"));
    assert!(bundle.unwrap() == direct, "the bundles differ");
}

#[cfg_attr(not(dhctl_test_harbor), ignore = "not run: DHCTL_TEST_HARBOR does not name a folder with up.sh")]
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_a_proxy_cache_does_not_count_as_missing() {
    let harbor = Harbor::start();
    // Where its upstream fails, this Harbor says 404. What is optional would be left out in silence.
    let attestations = vec![Rule::new("*", "*.att", Fault::Status(StatusCode::BAD_GATEWAY))];
    let (run, bundle) = ProxyCache::new(&harbor, 1, attestations).pull(&[]);
    let run = run.expect(5);
    assert!(run.stderr.contains("its upstream"), "{}", run.stderr);
    assert!(bundle.is_none());
    let release = vec![Rule::new("*", "*/v1.58.10", Fault::Status(StatusCode::BAD_GATEWAY))];
    ProxyCache::new(&harbor, 2, release).pull(&["--proxy-registry", "--no-modules"]).0.expect(5);
}
