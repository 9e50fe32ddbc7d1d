//! Modules on their own: archives of their own, and a registry with the modules directly below its root.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    sync::Arc,
};

use base64::Engine as _;
use registry_server::{Auth, BasicAuth, ServerOptions, Store as _};
use testkit::{
    distribution::{Distribution, Expected, ModuleSpec},
    faults::Script,
};

use crate::world::{Run, World, command, dhctl};

/// Where modules go below the target's host.
pub(crate) const TARGET: &str = "inside/mods";

pub(crate) fn sample() -> (World, Arc<Script>) {
    of(Distribution::sample(), Auth::None)
}

pub(crate) fn of(distribution: Distribution, auth: Auth) -> (World, Arc<Script>) {
    let script = Arc::new(Script::new(Vec::new()));
    let options = ServerOptions { interceptor: Some(script.clone()), auth, ..ServerOptions::default() };
    (World::with(distribution, options), script)
}

/// Writes a manifest for the source's modules, with a login if one is given.
pub(crate) fn manifest(world: &World, login: Option<&str>) {
    manifest_of(world, &world.source_url, login);
}

/// The same for the source at another address.
pub(crate) fn manifest_of(world: &World, source: &str, login: Option<&str>) {
    let host = source.split('/').next().unwrap();
    let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
    let login = login.map(|login| {
        let config = serde_json::json!({"auths": {host: {"auth": encode(login.to_owned())}}});
        format!("    # the key\n    dockerCfg: {}\n", encode(config.to_string()))
    });
    let text = format!(
        "# our modules\napiVersion: deckhouse.io/v1alpha1\nkind: ModuleSource\nmetadata:\n  name: mods\nspec:\n  registry:\n    \
         scheme: HTTP\n{}    repo: {}/modules\n",
        login.unwrap_or_default(),
        source
    );
    fs::write(world.path("module_source.yml"), text).unwrap();
}

pub(crate) fn pull(world: &World, args: &[&str]) -> Run {
    dhctl(world.folder.path(), &[&["mirror-modules", "-d", "mods", "-m", "module_source.yml"], args].concat())
}

pub(crate) fn push(world: &World, args: &[&str]) -> Run {
    let host = world.target_url.split('/').next().unwrap();
    let registry = format!("{host}/{TARGET}");
    let base = [
        "mirror-modules",
        "--insecure",
        "-d",
        "mods",
        "--registry",
        &registry,
        "--out",
        "inside.yml",
        "--force",
    ];
    dhctl(world.folder.path(), &[&base, args].concat())
}

/// Pushes below another root, where nothing is, and tells what was done.
fn push_into_another(world: &World) -> serde_json::Value {
    let host = world.target_url.split('/').next().unwrap();
    let registry = format!("{host}/other/mods");
    let args = [
        "mirror-modules",
        "--insecure",
        "-d",
        "mods",
        "-r",
        &registry,
        "--output",
        "json",
        "--out",
        "other.yml",
    ];
    dhctl(world.folder.path(), &args).expect(0).json()
}

/// The blobs of the modules in the target, each once.
fn blobs_of(world: &World) -> BTreeSet<oci::Digest> {
    let repositories = world.target.repositories();
    let modules =
        repositories.iter().filter(|name| name.strip_prefix(TARGET).is_some_and(|it| it.starts_with('/')));
    let manifests = modules.flat_map(|name| {
        let tags = world.target.tagged(name).into_values();
        tags.filter_map(|digest| world.target.manifest(name, &digest.into())).collect::<Vec<_>>()
    });
    manifests.flat_map(|it| it.parse().unwrap().blobs().map(|blob| blob.digest).collect::<Vec<_>>()).collect()
}

/// What a complete mirror of the modules holds below its root.
pub(crate) fn expected(world: &World) -> Expected {
    let modules = world.distribution.expected(&[], &[]).repositories.into_iter();
    let below = modules.filter_map(|(path, repository)| {
        let below = path.strip_prefix("modules")?;
        Some((below.strip_prefix('/').unwrap_or(below).to_owned(), repository))
    });
    Expected { repositories: below.collect() }
}

pub(crate) fn files(world: &World) -> Vec<String> {
    let entries = fs::read_dir(world.path("mods")).unwrap();
    let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_are_pulled_pushed_and_verified() {
    let (world, _) = of(Distribution::sample(), Auth::Basic(BasicAuth::new("license-token", "k3y")));
    manifest(&world, Some("license-token:k3y"));
    let dry = pull(&world, &["--dry-run"]).expect(0);
    assert!(dry.stdout.contains("nothing was written"), "{}", dry.stdout);
    assert!(!world.path("mods").exists());

    let run = pull(&world, &["--gost-digest"]).expect(0);
    assert!(run.stdout.contains("module     console v1.2.3 v1.3.0"), "{}", run.stdout);
    let archives = ["module-commander-agent.tar", "module-console.tar", "module-operator-trivy.tar"];
    let sums = archives.map(|name| format!("{name}.gostsum"));
    let mut all: Vec<&str> = archives.iter().copied().chain(sums.iter().map(String::as_str)).collect();
    all.push("module_source.yml");
    all.sort_unstable();
    assert_eq!(files(&world), all);
    let copy = fs::read_to_string(world.path("mods/module_source.yml")).unwrap();
    let given = fs::read_to_string(world.path("module_source.yml")).unwrap();
    let kept: Vec<&str> = given.lines().filter(|line| !line.contains("dockerCfg:")).collect();
    assert_eq!(copy.lines().collect::<Vec<_>>(), kept);

    let run = push(&world, &[]).expect(0);
    assert!(run.stdout.contains("read back from"), "{}", run.stdout);
    assert_eq!(expected(&world).missing_in(&world.target, TARGET), Vec::<String>::new());
    let inside = fs::read_to_string(world.path("inside.yml")).unwrap();
    for said in
        ["name: mods", "scheme: HTTP", &format!("{TARGET}\n"), "# No login was given", "# dockerCfg: "]
    {
        assert!(inside.contains(said), "'{said}' in {inside}");
    }
    assert!(run.stdout.contains("kubectl apply -f inside.yml"), "{}", run.stdout);
    assert_eq!(fs::metadata(world.path("inside.yml")).unwrap().permissions().mode() & 0o777, 0o600);
    let total: usize = blobs_of(&world).len();
    let json = push_into_another(&world);
    let figure = |name: &str| json["result"]["written"][name].as_u64().unwrap();
    assert_eq!(usize::try_from(figure("blobs_uploaded")).unwrap(), total, "each blob is sent once");
    assert!(figure("blobs_mounted") > 0);
    let host = world.target_url.split('/').next().unwrap();
    let registry = format!("{host}/{TARGET}");
    let flags = ["mirror-modules", "--insecure", "-d", "mods", "-r", &registry, "-u", "robot", "-p", "p4ss"];
    let run = dhctl(world.folder.path(), &flags).expect(2);
    assert!(run.stderr.contains("module_source.yml already exists"), "{}", run.stderr);
    let run = dhctl(world.folder.path(), &[&flags[..], &["-o", "login.yml"]].concat()).expect(0);
    assert!(!run.stdout.contains("p4ss"));
    assert!(fs::read_to_string(world.path("login.yml")).unwrap().contains("\n    dockerCfg: "));
    let again = push(&world, &[]).expect(0);
    assert!(again.stdout.contains("everything was already there"), "{}", again.stdout);

    let wrong = pull(&world, &["-l", "other"]).expect(4);
    assert!(!wrong.stderr.contains("k3y"), "{}", wrong.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_blob_is_downloaded_once_and_nothing_twice() {
    let (world, script) = sample();
    manifest(&world, None);
    let run = pull(&world, &[]).expect(0);
    assert!(run.stdout.contains("copied     "), "{}", run.stdout);
    let got = |script: &Script| {
        let seen = script.seen().into_iter().filter(|it| it.method == "GET" && it.path.contains("/blobs/"));
        let mut digests: Vec<String> =
            seen.map(|it| it.path.rsplit('/').next().unwrap().to_owned()).collect();
        digests.sort();
        digests
    };
    let all = got(&script);
    let mut once = all.clone();
    once.dedup();
    assert_eq!(all, once, "each blob is fetched once");
    let bytes =
        || files(&world).iter().map(|it| fs::read(world.path("mods").join(it)).unwrap()).collect::<Vec<_>>();
    let before = bytes();

    // What is there is copied, though it is replaced meanwhile; only what planning reads comes over the network again.
    let count = || got(&script).len();
    pull(&world, &["--dry-run"]).expect(0);
    let read_by_planning = count() - all.len();
    assert!(read_by_planning * 2 < all.len(), "{read_by_planning} of {}", all.len());
    pull(&world, &[]).expect(0);
    assert_eq!(count(), all.len() + 2 * read_by_planning);
    assert_eq!(bytes(), before);

    // A damaged archive is no source: what is wrong in it is fetched.
    let path = world.path("mods/module-console.tar");
    let mut damaged = fs::read(&path).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&path, damaged).unwrap();
    pull(&world, &[]).expect(0);
    assert_eq!(bytes(), before);
}

/// Archives are written side by side, and told of as one download.
#[tokio::test(flavor = "multi_thread")]
async fn progress_is_that_of_all_modules() {
    let (world, _) = sample();
    manifest(&world, None);
    let run = pull(&world, &["--progress", "json"]).expect(0);
    let lines = run.stderr.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of_the_download: Vec<_> = lines.filter(|it| it["stage"] == "download").collect();
    let [began, .., ended] = of_the_download.as_slice() else { panic!("{}", run.stderr) };
    assert_eq!((&began["event"], &ended["event"]), (&"began".into(), &"ended".into()), "{}", run.stderr);
    assert_eq!(of_the_download.iter().filter(|it| it["event"] != "progress").count(), 2, "{}", run.stderr);
    assert!(ended["total_bytes"].as_u64() > Some(0), "{ended}");
    for figure in ["bytes", "items"] {
        assert_eq!(ended[figure], ended[format!("total_{figure}")], "{ended}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_module_does_not_stop_the_others() {
    let (world, _) = sample();
    manifest(&world, None);
    let image = *world.distribution.modules["console"].versions["v1.2.3"].images.values().next().unwrap();
    let repository = format!("{}/modules/console", world.distribution.root);
    world.distribution.store.remove_manifest(&repository, &image);
    let run = pull(&world, &["-c", "1MB"]).expect(3);
    for said in
        ["1 of 3 modules could not be pulled: console", &image.to_string(), "--exclude-module console"]
    {
        assert!(run.stderr.contains(said), "'{said}' in {}", run.stderr);
    }
    assert!(files(&world).iter().all(|name| !name.starts_with("module-console")), "{:?}", files(&world));
    pull(&world, &["-c", "1MB", "--exclude-module", "console"]).expect(0);
    push(&world, &[]).expect(0);
    let mut left = expected(&world);
    left.repositories.retain(|path, _| !path.starts_with("console"));
    left.repositories.get_mut("").unwrap().names.remove("console");
    assert_eq!(left.missing_in(&world.target, TARGET), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_chosen_as_in_mirror() {
    let (world, _) = sample();
    manifest(&world, None);
    let run = pull(&world, &["-f", "console:v1.1.0", "--output", "json"]).expect(0).json();
    assert_eq!(run["result"]["modules"], serde_json::json!({"console": ["v1.1.0", "v1.2.3", "v1.3.0"]}));
    let run = pull(&world, &["--include-module", "console@=v9.9.9", "--include-module", "nosuch"]).expect(3);
    for said in ["has no version v9.9.9", "no module nosuch"] {
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_pull_is_resumed() {
    let spec = |name: &str| ModuleSpec {
        name: name.to_owned(),
        versions: vec!["v1.0.0".to_owned()],
        channels: vec![("stable".to_owned(), "v1.0.0".to_owned())],
        images: 2,
        ..ModuleSpec::default()
    };
    let modules = vec![spec("one"), spec("two")];
    let (world, _) = of(Distribution::builder().modules(modules).build(), Auth::None);
    manifest(&world, None);
    pull(&world, &[]).expect(0);
    let whole = fs::read(world.path("mods/module-two.tar")).unwrap();
    fs::remove_file(world.path("mods/module-two.tar")).unwrap();
    // As it would lie there after a kill in the middle: the journal alone, begun by nobody.
    let journal = world.path("mods/module-two.tar.partial.d");
    fs::DirBuilder::new().mode(0o700).create(journal).unwrap();
    pull(&world, &[]).expect(0);
    assert_eq!(fs::read(world.path("mods/module-two.tar")).unwrap(), whole);
    assert_eq!(files(&world), ["module-one.tar", "module-two.tar", "module_source.yml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_errors() {
    let (world, _) = sample();
    manifest(&world, Some("license-token:k3y"));
    let run = |args: &[&str]| dhctl(world.folder.path(), &[&["mirror-modules"], args].concat());
    let said = |run: Run, said: &str| {
        let run = run.expect(2);
        assert!(run.stderr.contains(said), "'{said}' in {}", run.stderr);
    };
    said(run(&["-m", "module_source.yml"]), "--modules-dir");
    said(run(&["-d", "mods"]), "--module-source");
    said(run(&["-d", "mods", "-m", "module_source.yml", "-r", "r.example/x"]), "cannot be used with");
    said(run(&["-d", ".", "-m", "module_source.yml"]), "is in the directory that crosses the air gap");
    fs::write(
        world.path("bad.yml"),
        "kind: ModuleSource\nmetadata: {name: m}\nspec: {registry: {repo: r.example/m, dockerCfg: '?'}}\n",
    )
    .unwrap();
    said(run(&["-d", "mods", "-m", "bad.yml"]), "bad.yml: spec.registry.dockerCfg: not base64");
    run(&["-d", "mods", "-m", "nosuch.yml"]).expect(6);
    fs::create_dir(world.path("empty")).unwrap();
    push_from(&world, "empty").expect(3);
    assert_eq!(world.files(), ["bad.yml", "empty", "module_source.yml"]);
}

fn push_from(world: &World, directory: &str) -> Run {
    let mut command = command(world.folder.path());
    command.args(["mirror-modules", "--registry", &world.target_url, "--insecure", "-o", "out.yml"]);
    // The documented variables, and a password that older versions took for a filter.
    let variables = [
        ("DHCTL_CLI_MIRROR_MODULES_DIR", directory),
        ("DHCTL_CLI_MIRROR_USER", "u"),
        ("DHCTL_CLI_MIRROR_PASS", "p"),
    ];
    Run::of(command.envs(variables).output().unwrap())
}
