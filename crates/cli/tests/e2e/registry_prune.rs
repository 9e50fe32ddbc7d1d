//! `dhctl registry prune`: a plan, its application on real registries, and everything that prevents one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;
use oci::{Digest, RawManifest, Tag, TagOrDigest, media_type};
use registry_server::{MemoryStore, ServerOptions, Store as _};
use serde_json::{Value, json};
use testkit::{
    distribution::{Compression, Distribution, Format, Image, ImageConfig, Layer},
    docker_registry::{DockerAuth, DockerRegistry, DockerRegistryOptions, Version},
    docker_storage::write_docker_registry_storage,
    faults::{Fault, Rule, Script},
};

use crate::{
    update::platform::{Platform, deployment, release},
    world::{Run, command, dhctl, serve},
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

fn distribution(images: usize, channels: &[(&str, &str)]) -> Distribution {
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
    distribution
}

fn filled(images: usize, channels: &[(&str, &str)], options: DockerRegistryOptions) -> Filled {
    of(distribution(images, channels), options)
}

fn of(distribution: Distribution, options: DockerRegistryOptions) -> Filled {
    let (store, root) = (&distribution.store, &distribution.root);
    let storage = tempfile::tempdir().unwrap();
    write_docker_registry_storage(store, storage.path()).unwrap();
    let options = DockerRegistryOptions { storage: Some(storage.path().to_owned()), ..options };
    let registry = DockerRegistry::start(options).unwrap();
    let url = format!("{}/{root}", registry.addr());
    Filled { distribution, registry, url, storage, folder: tempfile::tempdir().unwrap() }
}

/// They do not point to the oldest release.
const CHANNELS: [(&str, &str); 2] = [("stable", "v1.59.4"), ("rock-solid", "v1.58.3")];

/// With the usual channels.
fn ordinary(images: usize) -> Filled {
    filled(images, &CHANNELS, DockerRegistryOptions::default())
}

/// The images that only this release lists.
fn own_images(distribution: &Distribution, version: &str) -> Vec<Digest> {
    let others: BTreeSet<&Digest> = distribution
        .releases
        .iter()
        .filter(|(other, _)| *other != version)
        .flat_map(|(_, release)| release.images.values())
        .collect();
    let images = distribution.releases[version].images.values();
    images.filter(|digest| !others.contains(digest)).copied().collect()
}

/// Puts an image of the root into another repository, a path below the root, or beside it after `../`.
fn copy(distribution: &Distribution, digest: &Digest, path: &str, tags: &[&str]) {
    let (store, root) = (&distribution.store, &distribution.root);
    let to = path.strip_prefix("../").map_or(format!("{root}/{path}"), str::to_owned);
    let manifest = store.manifest(root, &TagOrDigest::from(*digest)).unwrap();
    let parsed = manifest.parse().unwrap();
    for child in parsed.children() {
        copy(distribution, &child.digest, path, &[]);
    }
    for blob in parsed.blobs() {
        store.insert_blob(&to, blob.digest, store.blob(root, &blob.digest).unwrap());
    }
    store.insert_manifest(&to, &(*digest).into(), manifest.clone());
    for tag in tags {
        store.insert_manifest(&to, &tag.parse().unwrap(), manifest.clone());
    }
}

/// Everything that an image of the root consists of, with sizes in bytes.
fn objects(distribution: &Distribution, digest: &Digest) -> BTreeMap<Digest, u64> {
    let manifest = distribution.store.manifest(&distribution.root, &TagOrDigest::from(*digest)).unwrap();
    let parsed = manifest.parse().unwrap();
    let mut objects: BTreeMap<Digest, u64> = parsed.blobs().map(|blob| (blob.digest, blob.size)).collect();
    objects.insert(*digest, manifest.bytes().len() as u64);
    for child in parsed.children() {
        objects.extend(self::objects(distribution, &child.digest));
    }
    objects
}

/// Bytes of what only this image of the oldest release consists of.
fn only_in(distribution: &Distribution, digest: &Digest) -> u64 {
    let images = RELEASES.iter().flat_map(|version| distribution.releases[*version].images.values());
    let others: BTreeSet<Digest> =
        images.filter(|it| *it != digest).flat_map(|it| objects(distribution, it).into_keys()).collect();
    objects(distribution, digest).iter().filter(|(it, _)| !others.contains(it)).map(|(_, size)| size).sum()
}

/// An image with one file.
fn image(file: &str, content: &str) -> Image {
    let layer = Layer::of_files(&[(file, content.as_bytes())], Compression::Gzip);
    Image::new(Format::Docker, &ImageConfig::Linux("amd64"), &[layer])
}

/// Runs with a registry in memory whose requests meet these rules; it does not delete.
fn prune_served(store: &MemoryStore, path: &str, rules: Vec<Rule>, args: &[&str]) -> Run {
    let script = Arc::new(Script::new(rules));
    let options = ServerOptions { interceptor: Some(script), ..ServerOptions::default() };
    let server = serve(Arc::new(store.clone()), options);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}/{path}", server.addr());
    let begin = ["registry", "prune", "--insecure", "--retry-timeout", "1s", &url];
    let run = dhctl(folder.path(), &[&begin[..], args].concat());
    let is_planned = run.stdout.contains("plan       prune-plan.json");
    assert_eq!(folder.path().join("prune-plan.json").exists(), is_planned, "{}", run.stderr);
    run
}

fn document(status: u16, code: &str, message: &str) -> Fault {
    let body = json!({ "errors": [{ "code": code, "message": message }] }).to_string();
    let headers = vec![(http::header::CONTENT_TYPE, "application/json".to_owned())];
    Fault::Answer { status: StatusCode::from_u16(status).unwrap(), headers, body }
}

const PLAN: [&str; 3] = ["--keep-from", "v1.58", "--no-clusters"];

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
        let mut distribution = distribution(8, &CHANNELS);
        // Two images that only the first release lists: a database of this path is the same as the one, and a repository
        // elsewhere has the other.
        let own = own_images(&distribution, "v1.57.5");
        copy(&distribution, &own[0], "security/trivy-db", &["2"]);
        distribution.databases.remove("security/trivy-db");
        copy(&distribution, &own[1], "../other", &["mine"]);
        let shared = only_in(&distribution, &own[0]);
        let elsewhere = only_in(&distribution, &own[1]);
        assert!(shared > 0 && elsewhere > 0);
        let filled = of(distribution, options);
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
        assert!(freed > 0 && plan["used_elsewhere_bytes"].as_u64().unwrap() > shared);
        // What a repository elsewhere has, only the registry knows.
        assert_eq!(before - filled.bytes(), freed - elsewhere);

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
    let stdout = run.stdout.replace(&filled.url, "REGISTRY");
    insta::assert_snapshot!(stdout);
    let texts = stdout.lines().filter(|line| !line.contains("dhctl registry prune"));
    assert!(texts.map(|line| line.chars().count()).max() <= Some(80), "{stdout}");
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
    // Nothing outside the platform's own repositories is deleted, whatever the file says.
    let mut plan: Value = serde_json::from_str(&text).unwrap();
    plan["delete"][0]["repository"] = json!("modules/console");
    fs::write(&path, plan.to_string()).unwrap();
    let run = filled.apply().expect(2);
    assert!(run.stderr.contains("contradicts itself"), "{}", run.stderr);
    filled.prune(&["--keep-from", "v1.58"]).expect(2);
    filled.prune(&["--no-clusters"]).expect(2);
    filled.prune(&["--keep-for", "--no-clusters"]).expect(2);
    fs::write(&path, text).unwrap();
    let run = filled.prune(&["--apply", "prune-plan.json", "--no-clusters"]).expect(0);
    insta::assert_snapshot!("a_plan_that_is_applied", run.stdout);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
}

#[test]
fn a_password_is_read_once() {
    let auth = DockerAuth::Htpasswd { login: "admin".to_owned(), password: "secret".to_owned() };
    let filled = filled(1, &CHANNELS, DockerRegistryOptions { auth, ..DockerRegistryOptions::default() });
    let password = filled.folder.path().join("password");
    fs::write(&password, "secret\n").unwrap();
    let mut prune = command(filled.folder.path());
    prune.args(["registry", "prune", "--insecure", "-u", "admin", "--registry-password-file", "-"]);
    prune.args([&filled.url]).args(PLAN).stdin(fs::File::open(&password).unwrap());
    let run = Run::of(prune.output().unwrap()).expect(0);
    assert!(run.stdout.contains("--no-clusters --registry-login admin --insecure"), "{}", run.stdout);
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
    assert!(run.stderr.contains("the tag (root):mine is not in the plan"), "{}", run.stderr);
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
    // The topmost layer of the installer, in which its list is, has lost its content; then the installer itself.
    let filled = ordinary(2);
    let install = filled.distribution.releases["v1.58.3"].install;
    let repository = format!("{}/install", filled.distribution.root);
    let manifest = filled.distribution.store.manifest(&repository, &install.into()).unwrap();
    let layer = manifest.parse().unwrap().blobs().last().unwrap().clone();
    let blobs = filled.storage.path().join("docker/registry/v2/blobs/sha256");
    let data = |digest: &Digest| blobs.join(&digest.hex()[..2]).join(digest.hex()).join("data");
    fs::write(data(&layer.digest), vec![0; usize::try_from(layer.size).unwrap()]).unwrap();
    let run = filled.prune(&PLAN).expect(3);
    assert!(
        run.stderr.contains("cannot determine what") && run.stderr.contains("release v1.58.3"),
        "{}",
        run.stderr
    );
    fs::write(data(&install), "").unwrap();
    let run = filled.prune(&[&PLAN[..], &["--retry-timeout", "1s"]].concat()).expect(5);
    assert!(run.stderr.contains("install:v1.58.3"), "{}", run.stderr);
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
    // What a cluster of an unknown release uses is unknown.
    platform.put(&[deployment("registry.example.com/dkp/ee:v1.58.9"), release("v1.58.9", "Deployed")]);
    platform.put(&[release("v1.58.3", "Superseded"), release("v1.57.5", "Superseded")]);
    for args in [&["--keep-for", "--force"][..], &["--apply", "prune-plan.json"]] {
        let run = prune(args).expect(3);
        assert!(
            run.stderr.contains("cluster test runs v1.58.9, which this registry does not have"),
            "{}",
            run.stderr
        );
    }
    platform.put(&[deployment("registry.example.com/dkp/ee:v1.58.3"), release("v1.58.9", "Superseded")]);
    platform.put(&[release("v1.58.3", "Deployed")]);
    // A cluster that cannot be reached is a refusal.
    let kubeconfig = fs::read_to_string(platform.kubeconfig()).unwrap();
    let server = kubeconfig.split('"').find(|it| it.starts_with("https://")).map(str::to_owned);
    let away = filled.folder.path().join("away");
    let server = server.unwrap_or_else(|| {
        kubeconfig.lines().find_map(|it| it.trim().strip_prefix("server: ")).unwrap().to_owned()
    });
    fs::write(&away, kubeconfig.replace(&server, "https://127.0.0.1:1")).unwrap();
    let run = prune(&["--apply", "prune-plan.json", "--kubeconfig", away.to_str().unwrap()]).expect(5);
    assert!(run.stderr.contains("dhctl deletes nothing until"), "{}", run.stderr);
    assert_eq!(filled.manifests(), before);
    prune(&["--apply", "prune-plan.json"]).expect(0);
    assert!(filled.manifests() < before);
}

#[test]
fn images_that_pods_run_stay() {
    let filled = ordinary(8);
    let own = own_images(&filled.distribution, "v1.57.5");
    let platform = Platform::running("v1.58.3", &json!({ "releaseChannel": "Stable" }));
    platform.put(&[release("v1.57.5", "Superseded"), release("v1.58.3", "Deployed")]);
    // By the name that the registry has in the cluster, in a namespace of the platform and in one of a user.
    let run_pod = |name: &str, namespace: &str, image: &str| {
        platform.put(&[json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "namespace": namespace },
            "spec": { "nodeName": "master-0", "containers": [{ "name": "c", "image": image }] },
        })]);
    };
    let in_cluster = |digest: &Digest| format!("registry.d8-system.svc:5001/system/deckhouse@{digest}");
    run_pod("of-a-module-0", "d8-system", &in_cluster(&own[0]));
    run_pod("virtual-machine", "default", &in_cluster(&own[1]));
    let prune_as = |user: &str, args: &[&str]| {
        let mut command = command(filled.folder.path());
        command.args(["registry", "prune", "--insecure", &filled.url, "--context", "test"]).args(args);
        Run::of(command.env("KUBECONFIG", platform.server.kubeconfig(user).unwrap()).output().unwrap())
    };
    let prune = |args: &[&str]| prune_as("admin", args);

    let run = prune(&["--keep-for"]).expect(0);
    assert!(run.stdout.contains("keep       2 images of v1.57.5: pods of cluster test"), "{}", run.stdout);
    let before = filled.manifests();
    // One that has started since the plan was made.
    run_pod("late", "default", &in_cluster(&own[2]));
    let late = prune(&["--apply", "prune-plan.json"]).expect(3);
    assert!(late.stderr.contains("is still in use: pods of cluster test"), "{}", late.stderr);
    assert_eq!(filled.manifests(), before);
    run_pod("late", "default", "registry.example.com/other:v1");
    prune(&["--apply", "prune-plan.json"]).expect(0);
    let (storage, root) = (filled.registry.storage(), &filled.distribution.root);
    let has = |digest: &Digest| storage.manifest(root, &TagOrDigest::from(*digest)).is_some();
    assert_eq!(own[..3].iter().map(has).collect::<Vec<_>>(), [true, true, false]);

    // The printed permissions to read are sufficient, and the one to list pods is necessary.
    let printed = platform.update(&["rbac", "--user", "alice", "--read-only"]).expect(0).stdout;
    let mut documents: Vec<Value> = serde_saphyr::from_multiple(&printed).unwrap();
    for rules in documents.iter_mut().filter(|it| it["kind"] == "ClusterRole").map(|it| &mut it["rules"]) {
        rules.as_array_mut().unwrap().retain(|rule| rule["resources"] != json!(["pods"]));
    }
    platform.put(&documents);
    platform.until_alice_may("list", "deckhouse.io", "deckhousereleases", None);
    platform.until_alice_may("list", "apps", "replicasets", Some("d8-system"));
    let refused = prune_as("alice", &["--keep-for", "--force"]).expect(4);
    for words in ["pods cannot be read", "dhctl deletes nothing until", "update rbac"] {
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    platform.grant_printed(&["--read-only"]);
    platform.until_alice_may("list", "", "pods", None);
    prune_as("alice", &["--keep-for", "--force"]).expect(0);
}

#[test]
fn tags_of_other_names_keep_what_they_refer_to() {
    let distribution = distribution(10, &CHANNELS);
    let (store, root) = (&distribution.store, distribution.root.clone());
    let own = own_images(&distribution, "v1.57.5");
    let descriptor = |digest: &Digest| {
        let manifest = store.manifest(&root, &TagOrDigest::from(*digest)).unwrap();
        json!({ "mediaType": manifest.media_type(), "size": manifest.bytes().len(), "digest": digest.to_string() })
    };
    // An installer of no release lists the first image.
    let installer = |path: &str, listed: &Digest| {
        let list = json!({ "mine": { "image": listed.to_string() } }).to_string();
        let image = image("deckhouse/candi/images_digests.json", &list);
        image.publish(store, &format!("{root}/{path}"), &["mine"]);
    };
    installer("install", &own[0]);
    installer("install-standalone", &own[3]);
    // An index contains the second; its other child was never copied.
    let absent = json!({
        "mediaType": media_type::OCI_MANIFEST, "size": 100, "digest": Digest::of(b"absent").to_string(),
    });
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [descriptor(&own[1]), absent],
    });
    let index = RawManifest::new(None, index.to_string().into()).unwrap();
    store.insert_manifest(&root, &"multi".parse().unwrap(), index);
    // Something with a tag of its own is attached to the third. What has only a tag of attached objects goes with its image.
    store.insert_blob(&root, Digest::of(b"{}"), bytes::Bytes::from_static(b"{}"));
    let attached = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "layers": [], "subject": descriptor(&own[2]),
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "digest": Digest::of(b"{}").to_string() },
    });
    let attached = RawManifest::new(None, attached.to_string().into()).unwrap();
    store.insert_manifest(&root, &"my-report".parse().unwrap(), attached);

    let filled = of(distribution, DockerRegistryOptions::default());
    let run = filled.prune(&PLAN).expect(0);
    for tag in ["install:mine", "install-standalone:mine"] {
        let said = format!("keep       1 image of v1.57.5: tag {tag}\n");
        assert!(run.stdout.contains(&said), "{}", run.stdout);
    }
    assert!(run.stdout.contains("keep       1 image of v1.57.5: tag (root):multi\n"), "{}", run.stdout);
    filled.apply().expect(0);
    let has =
        |digest: &Digest| filled.registry.storage().manifest(&root, &TagOrDigest::from(*digest)).is_some();
    assert_eq!(own.iter().map(has).collect::<Vec<_>>(), [true, true, true, true, false, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_other_names_keep_releases() {
    for tag in ["install:bootstrap", "release-channel:custom", ":mine"] {
        let distribution = distribution(2, &CHANNELS);
        let (store, root) = (&distribution.store, &distribution.root);
        let oldest = &distribution.releases["v1.57.5"];
        let (path, name) = tag.split_once(':').unwrap();
        let reference: TagOrDigest = name.parse().unwrap();
        match path {
            // Its own description, not that of the release.
            "release-channel" => image("version.json", r#"{"version": "v1.57.5"}"#).publish(
                store,
                &format!("{root}/{path}"),
                &[name],
            ),
            "install" => {
                let repository = format!("{root}/{path}");
                let manifest = store.manifest(&repository, &oldest.install.into()).unwrap();
                store.insert_manifest(&repository, &reference, manifest);
            }
            _ => {
                let manifest = store.manifest(root, &oldest.root.into()).unwrap();
                store.insert_manifest(root, &reference, manifest);
            }
        }
        let run = prune_served(store, root, Vec::new(), &PLAN).expect(0);
        let expected =
            format!("keep       v1.57.5: tag {}", if path.is_empty() { "(root):mine" } else { tag });
        assert!(run.stdout.contains(&expected), "{tag}: {}", run.stdout);
        assert!(run.stdout.contains("nothing to remove"), "{tag}: {}", run.stdout);
    }
    // What cannot be read may refer to anything.
    let distribution = distribution(2, &CHANNELS);
    let (store, root) = (&distribution.store, &distribution.root);
    for (path, name) in [("install", "mine"), ("install-standalone", "mine"), ("release-channel", "mine")] {
        image("other", "").publish(store, &format!("{root}/{path}"), &[name]);
        let run = prune_served(store, root, Vec::new(), &PLAN).expect(3);
        assert!(run.stderr.contains(&format!("cannot determine what {path}:{name}")), "{}", run.stderr);
        store.remove_tag(&format!("{root}/{path}"), name);
    }
    prune_served(store, root, Vec::new(), &PLAN).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_in_part_is_not_planned() {
    let distribution = distribution(4, &CHANNELS);
    let (store, root) = (&distribution.store, &distribution.root);
    let image = own_images(&distribution, "v1.58.3")[0];
    let manifest = format!("*/manifests/{image}");
    let list = format!("/v2/{root}/tags/list");
    let of = |path: &str| format!("/v2/{root}/{path}/tags/list");
    let unknown = || document(404, "NAME_UNKNOWN", "repository name not known to registry");
    let denied = || document(403, "DENIED", "requested access to the resource is denied");
    let failing = || Fault::Status(StatusCode::INTERNAL_SERVER_ERROR);
    let some = || {
        let body = json!({ "name": root, "tags": ["v1.58.3", "v1.59.4", "v1.60.0"] }).to_string();
        let headers = vec![(http::header::CONTENT_TYPE, "application/json".to_owned())];
        Fault::Answer { status: StatusCode::OK, headers, body }
    };
    for (path, fault, code, text) in [
        (list.clone(), failing(), 5, "list tags of"),
        (list.clone(), denied(), 4, "list tags of"),
        // The registry shows a part of its tags, or none.
        (list.clone(), some(), 3, "does not list it"),
        (of("release-channel"), unknown(), 3, "does not list it"),
        (of("install"), unknown(), 3, "does not list it"),
        (of("install"), failing(), 5, "list tags of"),
        (of("install-standalone"), denied(), 4, "list tags of"),
        (manifest.clone(), failing(), 5, "read manifest"),
        (manifest.clone(), denied(), 4, "read manifest"),
        (
            manifest,
            document(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            3,
            "cannot determine what release v1.58.3",
        ),
        (
            format!("/v2/{root}/install/blobs/*"),
            document(404, "BLOB_UNKNOWN", "blob unknown"),
            3,
            "cannot determine what",
        ),
        (format!("/v2/{root}/release-channel/manifests/stable"), failing(), 5, "read manifest"),
    ] {
        let run = prune_served(store, root, vec![Rule::new("GET", &path, fault)], &PLAN);
        assert_eq!(run.code, Some(code), "{path}: {}", run.stderr);
        assert!(run.stderr.contains(text), "{path}: {}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_cache_is_refused() {
    let upstream = ordinary(1);
    let proxy_of = Some(format!("http://{}", upstream.registry.addr()));
    let cache = DockerRegistry::start(DockerRegistryOptions { proxy_of, ..DockerRegistryOptions::default() })
        .unwrap();
    let url = format!("{}/{}", cache.addr(), upstream.distribution.root);
    let folder = tempfile::tempdir().unwrap();
    let run =
        dhctl(folder.path(), &[&["registry", "prune", "--insecure", &url][..], &PLAN].concat()).expect(3);
    assert!(run.stderr.contains("is a proxy cache, or accepts no uploads"), "{}", run.stderr);
    // A plan for another registry behind the same address.
    upstream.plan("v1.58");
    let plan = fs::read_to_string(upstream.folder.path().join("prune-plan.json")).unwrap();
    fs::write(folder.path().join("plan.json"), plan.replace(&upstream.url, &url)).unwrap();
    let args = ["registry", "prune", "--insecure", &url, "--apply", "plan.json", "--no-clusters"];
    let run = dhctl(folder.path(), &args).expect(3);
    assert!(run.stderr.contains("is a proxy cache, or accepts no uploads"), "{}", run.stderr);
    // Harbor's words.
    let refused = document(405, "UNSUPPORTED", "can not push artifact to a proxy project: cache");
    let (store, root) = (&upstream.distribution.store, &upstream.distribution.root);
    let run =
        prune_served(store, root, vec![Rule::new("POST", "*/blobs/uploads/", refused)], &PLAN).expect(3);
    assert!(run.stderr.contains("is a proxy cache"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_path_or_version_removes_nothing() {
    let distribution = distribution(1, &[]);
    let (store, root) = (&distribution.store, &distribution.root);
    let everything = ["--keep-from", "v99.0", "--no-clusters"];
    let run = prune_served(store, root, Vec::new(), &everything).expect(2);
    assert!(run.stderr.contains("no release would be kept"), "{}", run.stderr);
    // The versions of a module look like releases.
    let run = prune_served(store, &format!("{root}/modules/console"), Vec::new(), &everything).expect(3);
    assert!(run.stderr.contains("cannot determine what"), "{}", run.stderr);
    let run = prune_served(store, "nothing/here", Vec::new(), &PLAN).expect(3);
    assert!(run.stderr.contains("nothing/here contains no images of the platform"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_does_not_wait_for_a_read_only_registry() {
    let distribution = distribution(1, &[]);
    let read_only = || Fault::Answer {
        status: StatusCode::METHOD_NOT_ALLOWED,
        headers: Vec::new(),
        body: "Method not allowed".to_owned(),
    };
    let rules = vec![Rule::new("POST", "*", read_only()), Rule::new("DELETE", "*", read_only())];
    let options =
        ServerOptions { interceptor: Some(Arc::new(Script::new(rules))), ..ServerOptions::default() };
    let server = serve(Arc::new(distribution.store.clone()), options);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}/{}", server.addr(), distribution.root);
    let start = Instant::now();
    let run =
        dhctl(folder.path(), &[&["registry", "prune", "--insecure", &url][..], &PLAN].concat()).expect(0);
    // Without a limit of its own, it would wait for five minutes.
    assert!(start.elapsed() < Duration::from_mins(2), "{}", run.stderr);
    assert!(run.stderr.contains("the plan cannot be applied yet"), "{}", run.stderr);
    assert!(run.stderr.contains("read-only"), "{}", run.stderr);
}
