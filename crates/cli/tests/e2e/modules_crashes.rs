//! Modules through kills and in many parts: only the rest is transferred, and no byte differs.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use registry_server::{Auth, MemoryStore, ServerOptions, Store as _};
use testkit::{
    distribution::{Distribution, ModuleSpec},
    faults::Script,
    link::{Link, LinkOptions},
};

use crate::{
    mirror_modules::{TARGET, expected, manifest, manifest_of, of, pull},
    world::{Run, World, command, dhctl, program, serve},
};

const MIB: u64 = 1024 * 1024;
/// Of the layer that all images stand on: a push keeps the session of one so large.
const BASE: u64 = 24 * MIB;
/// Parts of this size, none of which holds that layer whole.
const PARTS: [&str; 3] = ["-c", "7MB", "--gost-digest"];

/// So many modules, whose images stand on one base layer; and what the source is asked.
fn modules(count: usize, base: u64) -> (World, Arc<Script>) {
    let spec = |number: usize| ModuleSpec {
        name: format!("module{number}"),
        versions: vec!["v1.0.0".to_owned()],
        channels: vec![("stable".to_owned(), "v1.0.0".to_owned())],
        images: 1,
        ..ModuleSpec::default()
    };
    let distribution = Distribution::builder()
        .releases(&["v1.58.3"])
        .channels(&[("stable", "v1.58.3")])
        .images_per_release(0)
        .layer_size(base / 8)
        .modules((1..=count).map(spec).collect());
    of(distribution.build(), Auth::None)
}

/// A slow line to a server.
fn slow(to: std::net::SocketAddr) -> Link {
    let options = LinkOptions { bytes_per_second: Some(16_000_000), ..LinkOptions::default() };
    Link::start(to, options).unwrap()
}

/// Runs, and kills it when `gone` says that so many more bytes went over the line.
async fn kill_after(bytes: u64, mut command: Command, gone: impl Fn() -> u64) {
    let goal = gone() + bytes;
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let arrived = async {
        while gone() < goal {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), arrived).await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Every file of the modules, with its bytes.
fn everything(world: &World) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(world.path("mods")).unwrap().map(|it| it.unwrap().path());
    let of = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
    };
    files.map(of).filter(|(name, _)| name != "module_source.yml").collect()
}

fn parts(files: &BTreeMap<String, Vec<u8>>) -> usize {
    files.keys().filter(|name| Path::new(name).extension().is_some_and(|it| it == "chunk")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_killed_within_a_blob_fetches_only_the_rest() {
    const KILLS: u64 = 3;
    let (world, script) = modules(2, BASE);
    manifest(&world, None);
    pull(&world, &PARTS).expect(0);
    let whole = everything(&world);
    assert!(parts(&whole) > 6, "{:?}", whole.keys());
    assert!(
        whole.contains_key("module-module1.tar.gostsum")
            && whole.contains_key("module-module1.tar.0000.chunk.gostsum")
    );
    fs::remove_dir_all(world.path("mods")).unwrap();

    let host = world.source_url.split('/').next().unwrap();
    let link = slow(host.parse().unwrap());
    manifest_of(&world, &world.source_url.replace(host, &link.addr().to_string()), None);
    let planned = pull(&world, &["--dry-run", "--output", "json"]).expect(0).json();
    let unique = planned["result"]["blobs_size"].as_u64().unwrap();
    assert!(unique > BASE, "{unique}");
    let args = [&["mirror-modules", "-d", "mods", "-m", "module_source.yml"], &PARTS[..]].concat();
    let (before, asked) = (link.bytes_down(), script.seen().len());
    for _ in 0..KILLS {
        let mut run = command(world.folder.path());
        run.args(&args);
        kill_after(8 * MIB, run, || link.bytes_down()).await;
        assert!(!world.path("mods/module-module1.tar.0000.chunk").exists());
    }
    dhctl(world.folder.path(), &args).expect(0);
    assert!(everything(&world) == whole, "the files differ: {:?}", everything(&world).keys());
    let down = link.bytes_down() - before;
    // But for what was in flight at each kill: up to two batches of each large blob, of which there are three, and
    // the buffers of the line.
    assert!(down < unique + KILLS * 7 * MIB, "{down} bytes came for {unique}");

    // Both modules stand on the large layer, and it is the one that fetched it first that goes on with it.
    let repository = format!("{}/modules/module1", world.distribution.root);
    let fetched: Vec<_> = script.seen()[asked..]
        .iter()
        .filter(|it| it.method == "GET")
        .filter_map(|it| Some((it.path.rsplit_once("/blobs/")?.1.parse().ok()?, it.range.clone())))
        .filter(|(digest, _)| {
            world.distribution.store.blob(&repository, digest).is_some_and(|blob| blob.size() >= BASE)
        })
        .collect();
    let anew = fetched.iter().filter(|(_, range)| range.is_none()).count();
    assert!(anew == 1 && fetched.len() as u64 == KILLS + 1, "{fetched:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_killed_within_a_blob_sends_only_the_rest() {
    let (world, _) = modules(2, BASE);
    manifest(&world, None);
    pull(&world, &PARTS).expect(0);
    let server = serve(Arc::new(MemoryStore::new()), ServerOptions::default());
    let link = slow(server.addr());
    let registry = format!("{}/{TARGET}", link.addr());
    let start = || {
        let mut run = command(world.folder.path());
        run.env("XDG_STATE_HOME", world.path("state"));
        run.args(["mirror-modules", "--insecure", "-d", "mods", "-r", &registry, "--output", "json"]);
        run.args(["-o", "inside.yml"]);
        run
    };
    kill_after(12 * MIB, start(), || link.bytes_up()).await;
    // Else the proxy would go on sending what it has taken.
    link.sever();
    let before = link.bytes_up();
    let json = Run::of(start().output().unwrap()).expect(0).json();
    let written = &json["result"]["written"];
    let resumed = written["bytes_resumed"].as_u64().unwrap();
    assert!(resumed > 4 * MIB, "{written}");
    let sent = link.bytes_up() - before;
    let left = written["bytes_uploaded"].as_u64().unwrap();
    assert!(sent < left + MIB && left + resumed < BASE + 10 * MIB, "{sent} bytes were sent, {written}");
    let verify = ["mirror-modules", "verify", "--deep", "--insecure", "-d", "mods", "-r", &registry];
    dhctl(world.folder.path(), &verify).expect(0);
}

/// Far more files than the process may have open.
#[tokio::test(flavor = "multi_thread")]
async fn sixty_modules_in_parts_need_few_open_files() {
    let (world, _) = modules(60, 64 * 1024);
    manifest(&world, None);
    let limited = |args: &str| {
        let program = program().display();
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("ulimit -n 256 && exec {program} mirror-modules -d mods {args}")]);
        Run::of(shell.current_dir(world.folder.path()).output().unwrap()).expect(0)
    };
    limited("-m module_source.yml -c 3KB");
    let parts = parts(&everything(&world));
    assert!(parts > 1500, "{parts} parts");
    // What is there is read while it is written anew.
    limited("-m module_source.yml -c 4KB");
    let host = world.target_url.split('/').next().unwrap();
    limited(&format!("-r {host}/{TARGET} --insecure -o inside.yml"));
    assert_eq!(expected(&world).missing_in(&world.target, TARGET), Vec::<String>::new());
}
