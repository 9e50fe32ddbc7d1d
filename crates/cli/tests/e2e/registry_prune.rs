//! `dhctl registry prune`: a plan, its application on real registries, and everything that prevents one.

use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use oci::{Digest, Tag, TagOrDigest};
use registry_server::Store as _;
use serde_json::{Value, json};
use testkit::{
    distribution::Distribution,
    docker_registry::{DockerRegistry, DockerRegistryOptions, Version},
    docker_storage::write_docker_registry_storage,
};

use crate::{
    update::platform::{Platform, deployment, release},
    world::{Run, command, dhctl},
};

const RELEASES: [&str; 4] = ["v1.57.5", "v1.58.3", "v1.59.4", "v1.60.0"];

/// A registry on disk, as a push fills it: each image of a list has a tag that repeats its digest too.
struct Filled {
    distribution: Distribution,
    registry: DockerRegistry,
    url: String,
    storage: tempfile::TempDir,
    folder: tempfile::TempDir,
}

fn filled(images: usize, channels: &[(&str, &str)], options: DockerRegistryOptions) -> Filled {
    let distribution = Distribution::builder()
        .releases(&RELEASES)
        .channels(channels)
        .images_per_release(images)
        .layer_size(2048)
        .build();
    let (store, root) = (&distribution.store, &distribution.root);
    for digest in distribution.releases.values().flat_map(|release| release.images.values()) {
        let manifest = store.manifest(root, &TagOrDigest::from(*digest)).unwrap();
        let tag: Tag = digest.hex().parse().unwrap();
        store.insert_manifest(root, &tag.into(), manifest);
    }
    let storage = tempfile::tempdir().unwrap();
    write_docker_registry_storage(store, storage.path()).unwrap();
    let options = DockerRegistryOptions { storage: Some(storage.path().to_owned()), ..options };
    let registry = DockerRegistry::start(options).unwrap();
    let url = format!("{}/{root}", registry.addr());
    Filled { distribution, registry, url, storage, folder: tempfile::tempdir().unwrap() }
}

/// With channels that do not point to the oldest release.
fn ordinary(images: usize) -> Filled {
    filled(images, &[("stable", "v1.59.4"), ("rock-solid", "v1.58.3")], DockerRegistryOptions::default())
}

impl Filled {
    fn prune(&self, args: &[&str]) -> Run {
        dhctl(self.folder.path(), &[&["registry", "prune", "--insecure", &self.url][..], args].concat())
    }

    fn plan(&self, from: &str) -> Value {
        self.prune(&["--keep-from", from, "--no-clusters", "--output", "json"]).expect(0).json()["result"]
            .take()
    }

    fn apply(&self) -> Run {
        self.prune(&["--apply", "prune-plan.json", "--no-clusters", "--output", "json"])
    }

    fn list(&self) -> Run {
        dhctl(self.folder.path(), &["registry", "list", "--insecure", &self.url, "--output", "json"])
    }

    /// Bytes of all blobs and manifests in the storage.
    fn bytes(&self) -> u64 {
        data(&self.storage.path().join("docker/registry/v2/blobs"))
    }

    /// Number of manifests of the root repository.
    fn manifests(&self) -> usize {
        let repository =
            self.storage.path().join("docker/registry/v2/repositories").join(&self.distribution.root);
        let revisions = fs::read_dir(repository.join("_manifests/revisions/sha256")).unwrap();
        revisions.filter(|it| it.as_ref().unwrap().path().join("link").exists()).count()
    }

    /// Makes a tag of the root repository point to a manifest, past every cache.
    fn tag(&self, tag: &str, digest: &Digest) {
        let repository =
            self.storage.path().join("docker/registry/v2/repositories").join(&self.distribution.root);
        let current = repository.join("_manifests/tags").join(tag).join("current");
        fs::create_dir_all(&current).unwrap();
        fs::write(current.join("link"), digest.to_string()).unwrap();
    }
}

fn data(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { data(&path) } else { fs::metadata(&path).unwrap().len() }).sum()
}

#[test]
fn exactly_what_only_one_release_uses_is_freed() {
    for version in Version::ALL {
        let options = DockerRegistryOptions { version, ..DockerRegistryOptions::default() };
        let filled = filled(8, &[("stable", "v1.59.4"), ("rock-solid", "v1.58.3")], options);
        filled.registry.garbage_collect().unwrap();
        let before = filled.bytes();
        let plan = filled.plan("v1.58");
        assert_eq!(plan["remove"][0]["release"], "v1.57.5");
        assert_eq!(plan["remove"].as_array().unwrap().len(), 1);
        assert_eq!(filled.bytes(), before, "a plan changes nothing");

        let text = filled.prune(&["--apply", "prune-plan.json", "--no-clusters"]).expect(0).stdout;
        assert!(text.contains("registry garbage-collect"), "{text}");
        filled.registry.garbage_collect().unwrap();
        let freed = plan["freed_bytes"].as_u64().unwrap();
        assert!(freed > 0 && plan["used_elsewhere_bytes"].as_u64().unwrap() > 0);
        assert_eq!(before - filled.bytes(), freed);

        // The others are as complete as before, by an independent reader and by ours.
        let expected = filled.distribution.expected(&RELEASES[1..], &["stable", "rock-solid"]);
        assert_eq!(
            expected.missing_in(&filled.registry.storage(), &filled.distribution.root),
            Vec::<String>::new()
        );
        let mut filled = filled;
        filled.registry.restart().unwrap();
        let releases = filled.list().expect(0).json()["result"]["registries"][0]["releases"].take();
        let versions: Vec<&Value> = releases.as_array().unwrap().iter().map(|it| &it["version"]).collect();
        assert_eq!(versions, RELEASES[1..]);
        // Applied again, there is nothing left to do.
        let again = filled.apply().expect(0).json();
        assert_eq!(again["result"]["deleted"], 0);
        assert_eq!(again["result"]["absent"], plan["delete"].as_array().unwrap().len());
        let nothing =
            filled.prune(&["--keep-from", "1.58", "--no-clusters", "--plan", "other.json"]).expect(0);
        assert!(nothing.stdout.contains("nothing to remove"), "{}", nothing.stdout);
    }
}

#[test]
fn a_plan_for_review() {
    let filled = ordinary(3);
    let run = filled.prune(&["--keep-from", "v1.60", "--no-clusters"]).expect(0);
    insta::assert_snapshot!(run.stdout.replace(&filled.url, "REGISTRY"));
    let again = filled.prune(&["--keep-from", "v1.60", "--no-clusters"]).expect(6);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
    filled.prune(&["--keep-from", "v1.60", "--no-clusters", "--force"]).expect(0);

    // Only exactly this plan is applied.
    let path = filled.folder.path().join("prune-plan.json");
    let text = fs::read_to_string(&path).unwrap();
    for wrong in [
        text.replace("registry-prune-v1", "registry-prune-v2"),
        text.replacen('{', "{ \"more\": [],", 1),
        text.replace(&filled.url, "registry.example.com/other"),
        text.replace("\"clusters\": []", "\"clusters\": [\"prod\"]"),
    ] {
        fs::write(&path, wrong).unwrap();
        let run = filled.apply().expect(2);
        assert!(run.stderr.contains("prune-plan.json"), "{}", run.stderr);
    }
    filled.prune(&["--keep-from", "v1.58"]).expect(2);
    filled.prune(&["--no-clusters"]).expect(2);
    filled.prune(&["--keep-for", "--no-clusters"]).expect(2);
}

#[test]
fn a_registry_no_deletions_says_how_to_allow_it() {
    for version in Version::ALL {
        let options =
            DockerRegistryOptions { version, no_deletions: true, ..DockerRegistryOptions::default() };
        let filled = filled(1, &[("stable", "v1.59.4")], options);
        let run = filled.prune(&["--keep-from", "v1.58", "--no-clusters"]).expect(0);
        assert!(run.stderr.contains("warning: the plan cannot be applied yet"), "{}", run.stderr);
        let manifests = filled.manifests();
        let run = filled.apply().expect(4);
        assert!(run.stderr.contains("REGISTRY_STORAGE_DELETE_ENABLED"), "{}", run.stderr);
        assert_eq!(filled.manifests(), manifests);
    }
}

#[test]
fn a_killed_run_is_resumed() {
    let filled = ordinary(80);
    filled.plan("v1.59");
    let before = filled.manifests();
    let mut child = command(filled.folder.path());
    child.args([
        "registry",
        "prune",
        "--insecure",
        &filled.url,
        "--apply",
        "prune-plan.json",
        "--no-clusters",
    ]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while filled.manifests() == before {
        assert!(began.elapsed() < Duration::from_mins(2), "nothing is deleted");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let between = filled.manifests();
    let run = filled.apply().expect(0).json();
    assert!(filled.manifests() < between, "the run was killed after its end");
    assert!(run["result"]["absent"].as_u64().unwrap() > 0 && run["result"]["deleted"].as_u64().unwrap() > 0);
    let expected = filled.distribution.expected(&RELEASES[2..], &["stable"]);
    // rock-solid keeps v1.58.3.
    let kept = filled.distribution.expected(&["v1.58.3"], &["rock-solid"]);
    for expected in [expected, kept] {
        assert_eq!(
            expected.missing_in(&filled.registry.storage(), &filled.distribution.root),
            Vec::<String>::new()
        );
    }
    assert!(
        filled.registry.storage().manifest(&filled.distribution.root, &"v1.57.5".parse().unwrap()).is_none()
    );
}

#[test]
fn an_outgrown_plan_deletes_nothing() {
    let filled = ordinary(2);
    filled.plan("v1.58");
    let before = filled.manifests();
    let image = *filled.distribution.releases["v1.57.5"].images.values().next().unwrap();
    filled.tag("mine", &image);
    let run = filled.apply().expect(3);
    assert!(run.stderr.contains("the tag (root):mine is new"), "{}", run.stderr);
    assert_eq!(filled.manifests(), before);
    // A new plan keeps what that tag points to.
    let plan = filled
        .prune(&["--keep-from", "v1.58", "--no-clusters", "--force", "--output", "json"])
        .expect(0)
        .json();
    let deleted: Vec<&Value> =
        plan["result"]["delete"].as_array().unwrap().iter().map(|it| &it["digest"]).collect();
    assert!(!deleted.contains(&&json!(image.to_string())));
    filled.tag("stable", &filled.distribution.releases["v1.57.5"].root);
    let run = filled.apply().expect(3);
    assert!(run.stderr.contains("the tag (root):stable now points to"), "{}", run.stderr);
    assert_eq!(filled.manifests(), before);
}

#[test]
fn what_is_unclear_is_not_touched() {
    let filled = ordinary(2);
    let install = filled.distribution.releases["v1.58.3"].install;
    let hex = install.hex();
    let blobs = filled.storage.path().join("docker/registry/v2/blobs/sha256");
    fs::write(blobs.join(&hex[..2]).join(&hex).join("data"), "").unwrap();
    let run = filled.prune(&["--keep-from", "v1.58", "--no-clusters"]).expect(3);
    assert!(
        run.stderr.contains("cannot determine what") && run.stderr.contains("release v1.58.3"),
        "{}",
        run.stderr
    );
    assert!(!filled.folder.path().join("prune-plan.json").exists());
}

#[test]
fn clusters_keep_what_they_need() {
    let filled = ordinary(2);
    let platform = Platform::running("v1.57.5", &json!({ "releaseChannel": "Stable" }));
    platform.put(&[release("v1.57.5", "Deployed")]);
    let prune = |args: &[&str]| {
        let mut command = command(filled.folder.path());
        command.args(["registry", "prune", "--insecure", &filled.url, "--context", "test"]).args(args);
        Run::of(command.env("KUBECONFIG", platform.kubeconfig()).output().unwrap())
    };
    let run = prune(&["--keep-from", "v1.60"]).expect(0);
    assert!(run.stdout.contains("nothing to remove"), "{}", run.stdout);
    assert!(run.stdout.contains("keep       v1.57.5: cluster test runs it"), "{}", run.stdout);
    // The channels keep v1.58.3 and v1.59.4.
    platform.put(&[release("v1.57.5", "Superseded"), release("v1.58.3", "Deployed")]);
    platform.put(&[deployment("registry.example.com/dkp/ee:v1.58.3")]);
    let run = prune(&["--keep-for"]).expect(0);
    assert!(run.stdout.contains("remove     v1.57.5"), "{}", run.stdout);
    assert!(run.stdout.contains("--context test"), "{}", run.stdout);
    let before = filled.manifests();
    // The plan was made with a cluster, and is applied with it only.
    filled.prune(&["--apply", "prune-plan.json", "--no-clusters"]).expect(2);
    platform.put(&[release("v1.57.5", "Deployed"), release("v1.58.3", "Pending")]);
    let run = prune(&["--apply", "prune-plan.json"]).expect(3);
    assert!(run.stderr.contains("release v1.57.5 is still in use: cluster test"), "{}", run.stderr);
    assert_eq!(filled.manifests(), before);
    platform.put(&[release("v1.57.5", "Superseded"), release("v1.58.3", "Deployed")]);
    // A cluster that cannot be reached is a refusal.
    let kubeconfig = fs::read_to_string(platform.kubeconfig()).unwrap();
    let server = kubeconfig.split('"').find(|it| it.starts_with("https://")).map(str::to_owned);
    let away = filled.folder.path().join("away");
    let server = server.unwrap_or_else(|| {
        kubeconfig.lines().find_map(|it| it.trim().strip_prefix("server: ")).unwrap().to_owned()
    });
    fs::write(&away, kubeconfig.replace(&server, "https://127.0.0.1:1")).unwrap();
    let run = prune(&["--apply", "prune-plan.json", "--kubeconfig", away.to_str().unwrap()]).expect(5);
    assert!(run.stderr.contains("nothing is deleted"), "{}", run.stderr);
    assert_eq!(filled.manifests(), before);
    prune(&["--apply", "prune-plan.json"]).expect(0);
    assert!(filled.manifests() < before);
}
