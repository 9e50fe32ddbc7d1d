//! One clear error, a hint, the documented exit code.

use std::{fs, sync::Arc};

use registry_server::{Auth, BasicAuth, MemoryStore, ServerOptions};
use testkit::distribution::Distribution;

use crate::world::{Run, World, command, dhctl, serve};

#[tokio::test(flavor = "multi_thread")]
async fn usage_errors() {
    let world = World::sample();
    let source = world.source_url.as_str();
    let cases: [(&[&str], i32, &[&str]); 13] = [
        (&["-i", "d8.zip"], 2, &["d8.zip", ".tar"]),
        (&["-i", "nowhere/d8.tar"], 6, &["nowhere"]),
        (&["-i", "d8.tar", "--release", "v1.58.99"], 2, &["v1.58.99", "v1.58.10", "v1.59.4"]),
        (&["-i", "d8.tar", "--channel", "lts"], 2, &["lts", "rock-solid"]),
        (&["-i", "d8.tar", "--channel", "stale"], 2, &["stale", "rock-solid"]),
        (&["-i", "d8.tar", "--release", "1.58"], 2, &["exact release"]),
        (&["-i", "d8.tar", "--release", "v1.58.3", "-v", "1.57"], 2, &["--min-version"]),
        (&["-i", "d8.tar", "--min-version", "one"], 2, &["one", "X.Y"]),
        (&["-i", "d8.tar", "--min-version", "1.58", "--max-version", "1.57"], 2, &["1.58", "1.57"]),
        (&["-i", "d8.tar", "--source-password", "x"], 2, &["--source-login"]),
        (&["-i", "d8.tar", "-r", "registry.example"], 2, &["registry.example", "path"]),
        (&["-i", "d8.tar", "--parallel", "0"], 2, &["--parallel"]),
        (&["-i", "d8.tar", "--allow-incomplete"], 2, &["--registry"]),
    ];
    for (args, code, said) in cases {
        let base = ["mirror", "--insecure", "--source", source];
        let run = dhctl(world.folder.path(), &[&base, args].concat()).expect(code);
        for said in said {
            assert!(run.stderr.contains(said), "{args:?}: '{said}' in\n{}", run.stderr);
        }
        assert_eq!(run.stdout, "", "{args:?}");
        assert_eq!(world.files(), Vec::<String>::new(), "{args:?}");
    }
    let run = dhctl(world.folder.path(), &["mirror", "--source", source]).expect(2);
    assert!(run.stderr.contains("--images-bundle-path"), "{}", run.stderr);
}

#[test]
fn a_usage_error_shows_no_password_and_names_the_variable() {
    let folder = tempfile::tempdir().unwrap();
    let base = ["mirror", "-i", "d8.tar"];
    let address = "someone:s3cret@registry.example/deckhouse/ee";
    let attached = format!("--registry={address}");
    for args in [&["--source", address][..], &["-r", address], &[attached.as_str()], &[address]] {
        let run = dhctl(folder.path(), &[&base, args].concat()).expect(2);
        assert!(!run.stderr.contains("s3cret"), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains("***@registry.example"), "{args:?}: {}", run.stderr);
    }

    // Arguments, a variable and its value, whether the error names it.
    let cases: [(&[&str], &str, &str, bool); 4] = [
        (&[], "RELEASE", "", true),
        (&["--release", "v1.58.3"], "MIN_VERSION", "1.57", true),
        (&["--dry-run"], "PRIVATE_REGISTRY", "registry.example/ee", true),
        (&["--release", "v1.58.3", "-v", "1.57"], "SOURCE", "registry.example/ee", false),
    ];
    for (args, name, value, named) in cases {
        let mut pull = command(folder.path());
        let variable = format!("DHCTL_CLI_MIRROR_{name}");
        let run = Run::of(pull.args(base).args(args).env(&variable, value).output().unwrap()).expect(2);
        let hint = format!("hint: {variable} is set in the environment");
        assert_eq!(run.stderr.contains(&hint), named, "{args:?} {variable}: {}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_reports_parts_that_would_be_refused() {
    let world = World::sample();
    let refused = world.pull(&["-c", "1KB"]).expect(6);
    let reason = refused.stderr.lines().find_map(|line| line.strip_prefix("error: ")).unwrap().to_owned();
    let run = world.pull(&["-c", "1KB", "--dry-run", "--quiet"]).expect(0);
    assert!(run.stderr.contains(&format!("warning: the pull itself would fail: {reason}")), "{}", run.stderr);
    assert!(!world.pull(&["-c", "0", "--dry-run"]).expect(0).stderr.contains("warning"));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_registries() {
    let world = World::sample();
    let host = world.source_url.split('/').next().unwrap();
    let pull = |source: &str| {
        dhctl(world.folder.path(), &["mirror", "--insecure", "-i", "d8.tar", "--source", source])
    };
    let run = pull(&format!("{host}/deckhouse/nosuch")).expect(3);
    assert!(
        run.stderr.contains("no release channels") && run.stderr.contains("hint: check the path"),
        "{}",
        run.stderr
    );

    let empty = serve(Arc::new(MemoryStore::new()), ServerOptions::default());
    let run = pull(&format!("{}/deckhouse/ee", empty.addr())).expect(3);
    assert!(run.stderr.contains("no release channels"), "{}", run.stderr);

    let run = pull("127.0.0.1:9/deckhouse/ee").expect(5);
    assert!(run.stderr.contains("127.0.0.1:9"), "{}", run.stderr);

    let run = pull("no-such-host.invalid/deckhouse/ee").expect(5);
    assert!(run.stderr.contains("no-such-host.invalid"), "{}", run.stderr);

    // TLS is spoken to a plain HTTP port.
    let tls =
        dhctl(world.folder.path(), &["mirror", "-i", "d8.tar", "--source", &world.source_url]).expect(5);
    assert!(tls.stderr.contains("--insecure"), "{}", tls.stderr);
    assert_eq!(world.files(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_reported_and_never_shown() {
    let auth = Auth::Basic(BasicAuth::new("license-token", "right-key"));
    let options = ServerOptions { auth, ..ServerOptions::default() };
    let world = World::with(Distribution::sample(), options);
    let cases: [&[&str]; 3] = [
        &[],
        &["-l", "s3cret-wrong-key"],
        &["-l", "right-key", "--source-login", "someone", "--source-password", "s3cret-wrong-key"],
    ];
    for args in cases {
        let run = world.pull(&[args, &["--output", "json", "--verbose"]].concat()).expect(4);
        assert!(run.stderr.contains("hint:"), "{args:?}: {}", run.stderr);
        assert!(!run.stderr.contains("s3cret") && !run.stdout.contains("s3cret"), "{args:?}");
        assert_eq!(run.json()["error"]["kind"], "denied");
    }
    world.pull(&["-l", "right-key", "--dry-run"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_bundles() {
    let world = World::sample();
    fs::create_dir(world.path("folder.tar")).unwrap();
    fs::write(world.path("text.tar"), "this is no archive").unwrap();
    fs::write(world.path("empty.tar"), "").unwrap();
    fs::write(world.path("zeros.tar"), [0; 1024]).unwrap();
    for (name, code) in
        [("text.tar", 3), ("empty.tar", 3), ("zeros.tar", 3), ("absent.tar", 6), ("folder.tar", 3)]
    {
        let push = ["mirror", "--insecure", "-r", &world.target_url, "-i", name];
        let run = dhctl(world.folder.path(), &push).expect(code);
        assert!(run.stderr.contains(name), "{name}: {}", run.stderr);
    }
    for (name, code) in [("text.tar", 3), ("absent.tar", 6)] {
        let run = dhctl(world.folder.path(), &["bundle", "inspect", name]).expect(code);
        assert!(run.stderr.contains(name), "{name}: {}", run.stderr);
    }
    assert_eq!(world.target.repositories(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_bundle_is_refused_before_anything_is_sent() {
    let world = World::sample();
    world.pull(&["--no-modules"]).expect(0);
    let whole = fs::read(world.path("d8.tar")).unwrap();
    for cut in [whole.len() - 2048, whole.len() / 2, 700] {
        fs::write(world.path("d8.tar"), &whole[..cut]).unwrap();
        let run = world.push(&[]).expect(3);
        assert!(run.stderr.contains("d8.tar"), "{cut}: {}", run.stderr);
        assert_eq!(world.target.repositories(), Vec::<String>::new(), "{cut}");
    }
}
