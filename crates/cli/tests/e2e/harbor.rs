//! A real Harbor: a push with the accounts that its users have, pulls through its proxy cache, and how it is set up and
//! checked.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    io::{BufRead, BufReader},
    path::Path,
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

    /// A folder with the administrator's password.
    fn folder(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("admin.password"), &self.settings["HARBOR_PASSWORD"]).unwrap();
        folder
    }

    /// The files of the registry behind it.
    fn files(&self) -> BTreeSet<std::path::PathBuf> {
        let mut files = BTreeSet::new();
        let mut folders = vec![Path::new(&self.settings["DIR"]).join("blobs")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path);
                }
            }
        }
        files
    }

    /// Parts of uploads that were neither completed nor cancelled.
    fn uploads(&self) -> Vec<std::path::PathBuf> {
        self.files().into_iter().filter(|path| path.iter().any(|part| part == "_uploads")).collect()
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
    assert!(refused.stderr.contains("permissions of the account"), "{}", refused.stderr);
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

/// `registry setup harbor HOST/WORDS` in this folder.
fn set_up(harbor: &Harbor, folder: &Path, words: &str) -> Run {
    let target = format!("{}/{words}", harbor.host());
    let base = ["registry", "setup", "harbor", "--insecure", "--admin-password-file", "admin.password"];
    dhctl(folder, &base.into_iter().chain(target.split(' ')).collect::<Vec<_>>())
}

/// `registry check HOST/WORDS` in this folder, and what came of each check.
fn check(harbor: &Harbor, folder: &Path, words: &str, code: i32) -> HashMap<String, (String, String)> {
    let target = format!("{}/{words}", harbor.host());
    let base = ["registry", "check", "--insecure", "--output", "json"];
    let run = dhctl(folder, &base.into_iter().chain(target.split(' ')).collect::<Vec<_>>()).expect(code);
    let document = run.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = document["result"]["findings"].as_array().unwrap();
    findings.iter().map(|it| (text(&it["check"]), (text(&it["status"]), text(&it["message"])))).collect()
}

/// `registry list` of one registry, complete or not.
fn list(folder: &Path, registry: &str, login: &str) -> serde_json::Value {
    let begin = ["registry", "list", registry, "--insecure", "--output", "json"];
    let run = dhctl(folder, &begin.into_iter().chain(login.split(' ')).collect::<Vec<_>>()).expect(0);
    run.json()["result"]["registries"][0].take()
}

/// The login of a robot that a setup has made.
fn robot_login(name: &str, folder: &Path, file: &str) -> String {
    let password = fs::read_to_string(folder.join(file)).unwrap();
    format!("-u robot${name} -p {}", password.trim_end())
}

#[cfg_attr(not(dhctl_test_harbor), ignore = "not run: DHCTL_TEST_HARBOR does not name a folder with up.sh")]
#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_set_up_and_its_robots_push_and_pull() {
    let harbor = Harbor::start();
    let folder = harbor.folder();
    let shown = set_up(&harbor, folder.path(), "dkp --dry-run").expect(0);
    assert!(shown.stdout.contains("/api/v2.0/robots"), "{}", shown.stdout);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a dry run writes nothing");

    // With the check at its end.
    let done = set_up(&harbor, folder.path(), "dkp").expect(0);
    assert!(done.stdout.contains("3 changes"), "{}", done.stdout);
    let again = set_up(&harbor, folder.path(), "dkp").expect(0);
    assert!(again.stdout.contains("nothing to change"), "{}", again.stdout);

    // What exists is changed after somebody has agreed.
    let asked = set_up(&harbor, folder.path(), "dkp --quota 60GB").expect(2);
    assert!(asked.stderr.contains("hard.storage: -1 -> 60000000000"), "{}", asked.stderr);
    set_up(&harbor, folder.path(), "dkp --quota 60GB --yes").expect(0);
    let again = set_up(&harbor, folder.path(), "dkp --quota 60GB").expect(0);
    assert!(again.stdout.contains("nothing to change"), "{}", again.stdout);

    let world = World::of(Distribution::sample());
    world.pull(&[]).expect(0);
    let registry = format!("{}/dkp/deckhouse/ee", harbor.host());
    let (push, pull) = (
        robot_login("dkp+push", folder.path(), "dkp-push.password"),
        robot_login("dkp+pull", folder.path(), "dkp-pull.password"),
    );
    let with = |command: &str, login: &str| {
        let words = format!("{command} --insecure -r {registry} -i d8.tar {login}");
        dhctl(world.folder.path(), &words.split(' ').collect::<Vec<_>>())
    };
    with("mirror", &pull).expect(4);
    with("mirror", &push).expect(0);
    // The account may not cancel what it opens.
    assert_eq!(harbor.uploads(), Vec::<std::path::PathBuf>::new());
    with("mirror verify --deep", &pull).expect(0);

    // A check leaves everything as it is, and the write test deletes what it wrote.
    let before = harbor.files();
    let path = |login: &str, more: &str| format!("dkp/deckhouse/ee {login}{more}");
    let of_push = check(&harbor, folder.path(), &path(&push, ""), 0);
    for name in ["login", "project", "read", "list-tags", "write", "upload-address", "mount", "proxy-cache"] {
        assert_eq!(of_push[name].0, "ok", "{name}: {of_push:?}");
    }
    assert!(of_push["product"].1.starts_with("Harbor v2."), "{of_push:?}");
    assert!(harbor.files() == before, "the check left files");
    let of_pull = check(&harbor, folder.path(), &path(&pull, " --for cluster"), 0);
    assert_eq!(of_pull["authentication"].0, "ok", "{of_pull:?}");
    let refused = check(&harbor, folder.path(), &path(&pull, ""), 4);
    assert_eq!((refused["read"].0.as_str(), refused["write"].0.as_str()), ("ok", "failure"), "{refused:?}");
    check(&harbor, folder.path(), "dkp/deckhouse/ee -u robot$dkp+pull -p wrong", 4);
    let admin = format!("-u admin -p {}", harbor.settings["HARBOR_PASSWORD"]);
    let of_admin = check(&harbor, folder.path(), &path(&admin, " --write-test"), 0);
    for name in ["quota", "immutable-tags", "overwrite-tag", "manifest-types", "cleanup"] {
        assert_eq!(of_admin[name].0, "ok", "{name}: {of_admin:?}");
    }
    let listed = list(folder.path(), &registry, &pull);
    assert_eq!(listed["missing"], json!([]), "{listed:#}");
    let releases: Vec<_> = listed["releases"].as_array().unwrap().iter().map(|it| &it["version"]).collect();
    assert_eq!(releases, ["v1.57.5", "v1.58.3", "v1.58.10", "v1.59.4"]);
    assert_eq!(listed["channels"]["stable"]["release"], "v1.58.3");
    let modules: Vec<_> = listed["modules"].as_object().unwrap().keys().collect();
    assert_eq!(modules, ["commander-agent", "console", "operator-trivy"]);
    assert_eq!(check(&harbor, folder.path(), &format!("dkp {admin}"), 3)["path-depth"].0, "failure");
    assert_eq!(check(&harbor, folder.path(), &format!("absent/ee {admin}"), 4)["project"].0, "failure");
}

#[cfg_attr(not(dhctl_test_harbor), ignore = "not run: DHCTL_TEST_HARBOR does not name a folder with up.sh")]
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_cache_is_set_up_and_pulled_through() {
    let harbor = Harbor::start();
    let folder = harbor.folder();
    let world = World::of(Distribution::sample());
    world.pull(&[]).expect(0);
    let direct = fs::read(world.path("d8.tar")).unwrap();
    let (upstream, root) = world.source_url.split_once('/').unwrap();
    let words = format!("cache/{root} --proxy-of http://{upstream}");
    set_up(&harbor, folder.path(), "cache --proxy-of http://127.0.0.1:1").expect(3);
    let done = set_up(&harbor, folder.path(), &words).expect(0);
    assert!(done.stdout.contains("3 changes"), "{}", done.stdout);
    assert!(done.stderr.contains("retention policy"), "{}", done.stderr);
    let again = set_up(&harbor, folder.path(), &words).expect(0);
    assert!(again.stdout.contains("nothing to change"), "{}", again.stdout);
    // It is not made an ordinary project, nor a cache of another endpoint.
    set_up(&harbor, folder.path(), "cache").expect(2);

    let login = robot_login("cache+pull", folder.path(), "cache-pull.password");
    let source = format!("{}/cache/{root}", harbor.host());
    let words = format!("mirror --insecure -i d8.tar --source {source}");
    let words = words.split(' ').map(str::to_owned).chain(
        login.split(' ').map(|it| it.replace("-u", "--source-login").replace("-p", "--source-password")),
    );
    let words: Vec<String> = words.collect();
    dhctl(folder.path(), &words.iter().map(String::as_str).collect::<Vec<_>>()).expect(0);
    assert!(fs::read(folder.path().join("d8.tar")).unwrap() == direct, "the bundles differ");

    let cluster = check(&harbor, folder.path(), &format!("cache/{root} {login} --for cluster"), 0);
    assert!(cluster["proxy-cache"].1.contains(upstream), "{cluster:?}");
    // A list reads through the cache: its tags are those of the upstream. A HEAD gets 404 for each blob that is not cached, as
    // those of the versions that the pull has left out.
    let listed = list(folder.path(), &source, &login);
    assert_eq!(listed["missing"], json!([]), "{listed:#}");
    assert_eq!(listed["channels"]["stable"]["release"], "v1.58.3");
    // Robots that may only push or pull are told what it is too.
    let (writer, secret) = harbor.robot("cache", "push", &["push", "pull"]);
    let pushing = check(&harbor, folder.path(), &format!("cache/other -u {writer} -p {secret}"), 3);
    assert_eq!((pushing["proxy-cache"].0.as_str(), pushing["write"].0.as_str()), ("failure", "failure"));
    let (reader, secret) = harbor.robot("cache", "only-pull", &["pull"]);
    let pulling = check(&harbor, folder.path(), &format!("cache/{root} -u {reader} -p {secret}"), 4);
    assert_eq!((pulling["proxy-cache"].0.as_str(), pulling["write"].0.as_str()), ("failure", "failure"));
    let admin = format!("-u admin -p {}", harbor.settings["HARBOR_PASSWORD"]);
    let push = check(&harbor, folder.path(), &format!("cache/{root} {admin}"), 3);
    assert_eq!(
        (push["proxy-cache"].0.as_str(), push["write"].0.as_str()),
        ("failure", "failure"),
        "{push:?}"
    );
}

#[cfg_attr(not(dhctl_test_harbor), ignore = "not run: DHCTL_TEST_HARBOR does not name a folder with up.sh")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_forbidden_or_exists_is_explained() {
    let harbor = Harbor::start();
    let folder = harbor.folder();
    let wrong = tempfile::tempdir().unwrap();
    fs::write(wrong.path().join("admin.password"), "Wr0ng-password").unwrap();
    let denied = set_up(&harbor, wrong.path(), "dkp").expect(4);
    assert!(denied.stderr.contains("--admin-login"), "{}", denied.stderr);
    set_up(&harbor, folder.path(), "dkp --no-check").expect(0);

    let user = json!({"username": "bob", "email": "bob@example.com", "realname": "Bob", "password": "Passw0rd-bob",
        "comment": ""});
    harbor.api("users", &user);
    let bob = tempfile::tempdir().unwrap();
    fs::write(bob.path().join("admin.password"), "Passw0rd-bob").unwrap();
    for words in ["dkp", "other --quota 60GB", "cache --proxy-of http://127.0.0.1:1"]
        .map(|it| format!("{it} --admin-login bob"))
    {
        let forbidden = set_up(&harbor, bob.path(), &words).expect(4);
        assert!(forbidden.stderr.contains("bob"), "{}", forbidden.stderr);
        assert_eq!(fs::read_dir(bob.path()).unwrap().count(), 1, "{words}");
    }
    // Users may create projects of their own.
    set_up(&harbor, bob.path(), "bobs --admin-login bob").expect(0);

    // The robots exist, and their secrets are not here.
    let elsewhere = harbor.folder();
    let lost = set_up(&harbor, elsewhere.path(), "dkp").expect(2);
    assert!(lost.stderr.contains("Refresh Secret"), "{}", lost.stderr);
    fs::write(elsewhere.path().join("dkp-pull.password"), "Wr0ng-secret-of-a-robot").unwrap();
    let lost = set_up(&harbor, elsewhere.path(), "dkp").expect(4);
    assert!(lost.stderr.contains("dkp-pull.password"), "{}", lost.stderr);
    // A name that Harbor does not accept.
    let strange = set_up(&harbor, folder.path(), "a--b").expect(3);
    assert!(strange.stderr.contains("illegal characters"), "{}", strange.stderr);
    // A project whose name is a number.
    set_up(&harbor, folder.path(), "123").expect(0);
    let again = set_up(&harbor, folder.path(), "123").expect(0);
    assert!(again.stdout.contains("nothing to change"), "{}", again.stdout);
}

#[cfg_attr(not(dhctl_test_harbor), ignore = "not run: DHCTL_TEST_HARBOR does not name a folder with up.sh")]
#[tokio::test(flavor = "multi_thread")]
async fn the_write_test_meets_immutable_tags_and_a_quota() {
    let harbor = Harbor::start();
    let folder = tempfile::tempdir().unwrap();
    harbor.api("projects", &json!({"project_name": "dkp", "metadata": {"public": "false"}}));
    harbor.api(
        "projects",
        &json!({"project_name": "small", "metadata": {"public": "false"}, "storage_limit": 100}),
    );
    let admin = format!("-u admin -p {} --write-test", harbor.settings["HARBOR_PASSWORD"]);
    let status = |found: &HashMap<String, (String, String)>, name: &str| found[name].0.clone();

    let small = check(&harbor, folder.path(), &format!("small/ee {admin}"), 3);
    assert_eq!(
        (status(&small, "quota").as_str(), status(&small, "overwrite-tag").as_str()),
        ("failure", "not-checked")
    );
    assert!(small["quota"].1.contains("upper limit of 100 B"), "{small:?}");
    assert_eq!(status(&small, "cleanup"), "ok", "{small:?}");

    // A robot that pushes may not delete the test image.
    let (writer, secret) = harbor.robot("dkp", "ci", &["push", "pull"]);
    let kept = check(&harbor, folder.path(), &format!("dkp/ci -u {writer} -p {secret} --write-test"), 0);
    assert_eq!(
        (status(&kept, "overwrite-tag").as_str(), status(&kept, "cleanup").as_str()),
        ("ok", "warning")
    );

    let selector =
        |decoration: &str| json!([{"kind": "doublestar", "decoration": decoration, "pattern": "**"}]);
    let rule = json!({"disabled": false, "action": "immutable", "template": "immutable_template",
        "tag_selectors": selector("matches"), "scope_selectors": {"repository": selector("repoMatches")}});
    harbor.api("projects/dkp/immutabletagrules", &rule);
    let immutable = check(&harbor, folder.path(), &format!("dkp/ee {admin}"), 3);
    for (name, expected) in
        [("immutable-tags", "warning"), ("overwrite-tag", "failure"), ("cleanup", "warning")]
    {
        assert_eq!(status(&immutable, name), expected, "{immutable:?}");
    }
    assert!(
        immutable["cleanup"].1.contains("a rule for immutable tags forbids the deletion"),
        "{immutable:?}"
    );
}
