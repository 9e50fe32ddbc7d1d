//! `--bundle-format d8`: a pull into the archives of a directory.

use std::{fs, os::unix::fs::DirBuilderExt as _, process::Stdio, sync::Arc, time::Duration};

use http::StatusCode;
use registry_server::ServerOptions;
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
    link::{Link, LinkOptions},
};

use crate::world::{Run, TARGET_ROOT, World, command, dhctl, serve};

fn pull(world: &World, args: &[&str]) -> Run {
    let base = ["mirror", "--insecure", "--source", &world.source_url, "-i", "out", "--bundle-format", "d8"];
    dhctl(world.folder.path(), &[&base, args].concat())
}

fn scene() -> World {
    let world = World::sample();
    fs::create_dir(world.path("out")).unwrap();
    world
}

fn names(world: &World) -> Vec<String> {
    let files = fs::read_dir(world.path("out")).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(world: &World, name: &str) -> Vec<u8> {
    fs::read(world.path("out").join(name)).unwrap()
}

const ARCHIVES: [&str; 5] = [
    "module-commander-agent.tar",
    "module-console.tar",
    "module-operator-trivy.tar",
    "platform.tar",
    "security.tar",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_archives_are_one_complete_bundle() {
    let world = scene();
    pull(&world, &["--gost-digest"]).expect(0);
    let sums = ARCHIVES.iter().map(|name| format!("{name}.gostsum"));
    let mut expected: Vec<String> = ARCHIVES.iter().map(|name| (*name).to_owned()).chain(sums).collect();
    expected.extend(["deckhousereleases.yaml", "dhctl", "dhctl.sha256"].map(str::to_owned));
    expected.sort();
    assert_eq!(names(&world), expected);

    let run = |args: &[&str]| dhctl(world.folder.path(), args);
    world.pull(&[]).expect(0);
    let inspect = |of| run(&["bundle", "inspect", of, "--output", "json"]).expect(0).json()["result"].clone();
    let (directory, whole) = (inspect("out"), inspect("d8.tar"));
    for key in ["releases", "channels", "modules", "databases", "repositories", "images"] {
        assert_eq!(directory[key], whole[key], "{key}");
    }
    let verified = run(&["bundle", "verify", "out"]).expect(0);
    assert!(
        verified.stdout.contains("in 5 archives") && verified.stdout.contains("5 GOST checksums correct")
    );
    run(&["mirror", "--insecure", "-r", &world.target_url, "-i", "out"]).expect(0);
    let channels = ["alpha", "beta", "early-access", "stable", "rock-solid"];
    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &channels);
    assert_eq!(expected.missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn complete_archives_are_not_pulled_again() {
    let world = scene();
    let first = pull(&world, &["-c", "200KB", "--gost-digest", "--output", "json"]).expect(0);
    let read =
        || names(&world).into_iter().map(|name| (fs::read(world.path("out").join(&name)).unwrap(), name));
    let before: Vec<_> = read().collect();
    let part = |name: &str| world.path("out").join(name);
    // As if it had been interrupted: the platform is missing, a module is damaged, another lacks its sum, which is added.
    for name in names(&world).iter().filter(|name| name.starts_with("platform.tar")) {
        fs::remove_file(part(name)).unwrap();
    }
    let mut console = fs::read(part("module-console.tar.0000.chunk")).unwrap();
    let last = console.len() - 1;
    console[last] ^= 1;
    fs::write(part("module-console.tar.0000.chunk"), console).unwrap();
    fs::remove_file(part("module-operator-trivy.tar.gostsum")).unwrap();
    let journal = |name: &str| {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(part(name).join("blobs")).unwrap();
    };
    journal("security.tar.partial.d");
    // Only the journal of the whole pull tells that there will be a platform.
    journal("platform.tar.partial.d");
    let half = dhctl(world.folder.path(), &["mirror", "-r", &world.target_url, "-i", "out"]).expect(6);
    assert!(half.stderr.contains("out/platform.tar: the file does not exist"), "{}", half.stderr);
    assert!(half.stderr.contains("only an unfinished pull"), "{}", half.stderr);
    let again = pull(&world, &["-c", "200KB", "--gost-digest", "--output", "json"]).expect(0);
    for (archive, is_done) in [
        ("module-commander-agent", true),
        ("security", true),
        ("module-console", false),
        ("module-operator-trivy", true),
    ] {
        let said = format!("out/{archive}.tar is already complete");
        assert_eq!(again.stderr.contains(&said), is_done, "{archive}: {}", again.stderr);
    }
    let after: Vec<_> = read().collect();
    assert!(before == after, "{:?}", names(&world));
    for key in ["files", "gost_sums"] {
        assert_eq!(again.json()["result"][key], first.json()["result"][key], "{key}");
    }
}

/// Between two archives and inside one.
#[tokio::test(flavor = "multi_thread")]
async fn kills_change_no_byte() {
    const KILLS: u64 = 5;
    let world = scene();
    pull(&world, &["--gost-digest"]).expect(0);
    let undisturbed: Vec<_> = names(&world).into_iter().map(|it| read(&world, &it)).collect();
    let total: u64 = ARCHIVES.iter().map(|name| read(&world, name).len() as u64).sum();
    fs::remove_dir_all(world.path("out")).unwrap();
    fs::create_dir(world.path("out")).unwrap();

    let server = serve(Arc::new(world.distribution.store.clone()), ServerOptions::default());
    let options = LinkOptions { bytes_per_second: Some(3_000_000), ..LinkOptions::default() };
    let link = Link::start(server.addr(), options).unwrap();
    let source = format!("{}/{}", link.addr(), world.distribution.root);
    let args =
        ["mirror", "--insecure", "-i", "out", "--bundle-format", "d8", "--gost-digest", "--source", &source];
    for _ in 0..KILLS {
        let mut child = command(world.folder.path());
        let mut child = child.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let goal = link.bytes_down() + total / (2 * KILLS);
        let arrived = async {
            while link.bytes_down() < goal {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), arrived).await.unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
    dhctl(world.folder.path(), &args).expect(0);
    let again: Vec<_> = names(&world).into_iter().map(|it| read(&world, &it)).collect();
    assert!(again == undisturbed, "{:?}", names(&world));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_met() {
    let world = scene();
    fs::write(world.path("out").join("module-old.tar"), "x").unwrap();
    let run = pull(&world, &[]).expect(6);
    assert!(
        run.stderr.contains("out: the directory has archives that this pull does not write: module-old.tar"),
        "{}",
        run.stderr
    );
    assert!(!names(&world).contains(&"platform.tar".to_owned()));
    let args: [(&[&str], &str); 3] = [
        (&["mirror", "-i", "absent", "--bundle-format", "d8"], "absent is not a directory"),
        (&["mirror", "-i", "out"], "--bundle-format d8"),
        (&["mirror", "-i", "out", "-r", "127.0.0.1:1/x", "--bundle-format", "d8"], "cannot be used with"),
    ];
    for (args, said) in args {
        let run = dhctl(world.folder.path(), args).expect(2);
        assert!(run.stderr.contains(said), "{args:?}: {}", run.stderr);
    }
    let dry = pull(&world, &["--dry-run", "--no-modules"]);
    assert!(dry.stderr.contains("module-old.tar"), "{}", dry.stderr);
    fs::remove_file(world.path("out").join("module-old.tar")).unwrap();
    let dry = pull(&world, &["--dry-run", "--no-modules"]).expect(0);
    assert!(dry.stdout.contains("nothing was written"), "{}", dry.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standalone_installer_has_an_archive_of_its_own() {
    let world = World::of(Distribution::builder().with_installer().build());
    fs::create_dir(world.path("out")).unwrap();
    let run = pull(&world, &["--no-modules"]).expect(0);
    assert!(run.stdout.contains("installer  latest\n"), "{}", run.stdout);
    let folder = world.folder.path();
    let inspected = dhctl(folder, &["bundle", "inspect", "out"]).expect(0);
    assert!(inspected.stdout.contains("\ninstaller "), "{}", inspected.stdout);
    dhctl(folder, &["bundle", "verify", "out"]).expect(0);
    dhctl(folder, &["mirror", "--insecure", "-r", &world.target_url, "-i", "out"]).expect(0);
    dhctl(folder, &["mirror", "verify", "--insecure", "-r", &world.target_url, "-i", "out"]).expect(0);
    let installer = world.target.tagged(&format!("{TARGET_ROOT}/installer"));
    assert_eq!(installer.get("latest").copied(), world.distribution.installer);

    // From a mirror, where it lies below the edition.
    fs::create_dir(world.path("again")).unwrap();
    let args =
        ["mirror", "--insecure", "--source", &world.target_url, "-i", "again", "--bundle-format", "d8"];
    dhctl(folder, &[&args[..], &["--no-modules"]].concat()).expect(0);
    for name in ["installer.tar", "platform.tar"] {
        assert_eq!(fs::read(world.path("again").join(name)).unwrap(), read(&world, name), "{name}");
    }
    // The same in one file.
    world.pull(&["--no-modules"]).expect(0);
    let whole = dhctl(folder, &["bundle", "inspect", "d8.tar"]).expect(0);
    assert!(whole.stdout.contains("\ninstaller "), "{}", whole.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_installer_the_rest_is_pulled() {
    for (status, said) in [
        (StatusCode::FORBIDDEN, "warning: cannot check whether the source has a standalone installer"),
        (StatusCode::NOT_FOUND, "note: the source has no installer:latest"),
    ] {
        let answer = Fault::Answer {
            status,
            headers: Vec::new(),
            body: r#"{"errors":[{"code":"DENIED","message":"no"}]}"#.to_owned(),
        };
        let script = Script::new(vec![Rule::new("*", "/v2/deckhouse/installer/*", answer)]);
        let options = ServerOptions { interceptor: Some(Arc::new(script)), ..ServerOptions::default() };
        let world = World::with(Distribution::builder().with_installer().build(), options);
        fs::create_dir(world.path("out")).unwrap();
        let run = pull(&world, &["--no-modules"]).expect(0);
        assert!(run.stderr.contains(said), "{}", run.stderr);
        assert!(!names(&world).contains(&"installer.tar".to_owned()));
    }
}
