//! `dhctl mirror --config`: a delivery file means what its flags mean.

use std::{collections::BTreeMap, fs, path::Path};

use registry_server::{Auth, BasicAuth, ServerOptions};
use serde_json::{Value, json};
use testkit::{
    certificates::{Authority, Kind},
    distribution::Distribution,
};

use crate::{
    schedule::{GUIDE, RUSSIAN, block},
    want,
    world::{Run, World, command, dhctl},
};

const HEAD: &str = "apiVersion: dhctl.deckhouse.io/v1alpha1\nkind: Delivery\n";

fn run(directory: &Path, variables: &[(&str, &str)], args: &[&str]) -> Run {
    Run::of(command(directory).args(args).envs(variables.iter().copied()).output().unwrap())
}

fn write(world: &World, path: &str, body: &str) {
    let path = world.path(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{HEAD}{body}")).unwrap();
}

/// The files of a directory with their contents, but for those of the delivery itself.
fn contents(world: &World, directory: &str) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(world.path(directory)).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| name != "delivery.yaml")
        .collect()
}

fn releases(run: &Run) -> Value {
    run.json()["result"]["releases"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_gives_the_same_bytes_as_the_flags() {
    let world = World::sample();
    let base = ["mirror", "pull", "--insecure"];
    let selections: [&[&str]; 3] = [
        &[
            "--channel",
            "stable",
            "--exclude-module",
            "console",
            "--no-vex",
            "-c",
            "200KB",
            "--gost-digest",
            "--lock",
            "d8.lock",
        ],
        &["--release", "v1.58.3,v1.57.5", "--include-module", "console@=v1.3.0+stable", "--no-security-db"],
        &["--only-extra-images", "--no-signatures"],
    ];
    for (number, selection) in selections.iter().enumerate() {
        let (by_flags, by_file) = (format!("flags{number}"), format!("file{number}"));
        for directory in [&by_flags, &by_file] {
            fs::create_dir(world.path(directory)).unwrap();
        }
        let flags = [&base, &["--source", &world.source_url, "-i", "d8.tar"][..], selection].concat();
        dhctl(&world.path(&by_flags), &flags).expect(0);

        let printed = dhctl(&world.path(&by_file), &[&flags[..], &["--print-config"]].concat()).expect(0);
        assert_eq!(printed.stderr, "");
        assert_eq!(contents(&world, &by_file).len(), 0, "nothing is written");
        fs::write(world.path(&by_file).join("delivery.yaml"), &printed.stdout).unwrap();
        // From another directory, in both forms of the command.
        let file = format!("{by_file}/delivery.yaml");
        let form = if number == 0 { &base[..1] } else { &base[..2] };
        dhctl(world.folder.path(), &[form, &["--insecure", "--config", &file]].concat()).expect(0);
        let (flags, file) = (contents(&world, &by_flags), contents(&world, &by_file));
        assert_eq!(flags.keys().collect::<Vec<_>>(), file.keys().collect::<Vec<_>>());
        assert!(number > 0 || flags.len() > 6, "parts, checksums and a lock file: {:?}", flags.keys());
        assert!(flags == file, "{selection:?}");
    }

    // A lock file says what is pulled, and the delivery file how the bundle is written.
    for (name, _) in contents(&world, "file0").iter().filter(|(name, _)| name.starts_with("d8.tar")) {
        fs::remove_file(world.path("file0").join(name)).unwrap();
    }
    let locked = ["mirror", "--insecure", "--config", "file0/delivery.yaml", "--locked", "flags0/d8.lock"];
    let run = dhctl(world.folder.path(), &locked).expect(0);
    assert!(
        run.stderr.contains("note: because of --locked, these keys of file0/delivery.yaml"),
        "{}",
        run.stderr
    );
    assert!(contents(&world, "flags0") == contents(&world, "file0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_win_over_variables_and_variables_over_the_file() {
    let world = World::sample();
    let body = format!(
        "source: {}\nplatform: {{releases: [v1.57.5]}}\nmodules: {{leaveOut: true}}\nbundle: {{path: d8.tar}}\n",
        world.source_url
    );
    write(&world, "delivery.yaml", &body);
    let base = ["mirror", "pull", "--insecure", "--config", "delivery.yaml", "--dry-run", "--output", "json"];
    let pull = |variables: &[(&str, &str)], args: &[&str]| {
        run(world.folder.path(), variables, &[&base, args].concat()).expect(0)
    };
    let variable = [("DHCTL_CLI_MIRROR_RELEASE", "v1.58.3")];
    assert_eq!(releases(&pull(&[], &[])), json!(["v1.57.5"]));
    assert_eq!(releases(&pull(&variable, &[])), json!(["v1.58.3"]));
    assert_eq!(releases(&pull(&variable, &["--release", "v1.59.4"])), json!(["v1.59.4"]));

    // What cannot be used with a flag or variable gives way to it, with a note.
    for (variables, args, word, by) in [
        (&[][..], &["--min-version", "1.58"][..], "note", "--min-version"),
        (&[("DHCTL_CLI_MIRROR_MIN_VERSION", "1.58")], &[], "warning", "DHCTL_CLI_MIRROR_MIN_VERSION"),
    ] {
        let run = pull(variables, args);
        assert_eq!(releases(&run).as_array().unwrap().len(), 4, "{:#}", run.json());
        let note = format!(
            "{word}: because of {by}, these keys of delivery.yaml have no effect: platform.releases\n"
        );
        assert!(run.stderr.contains(&note), "{}", run.stderr);
    }
    let modules = pull(&[], &["--include-module", "console"]).json()["result"]["modules"].clone();
    assert_eq!(modules.as_object().unwrap().keys().collect::<Vec<_>>(), ["console"]);
    // The variable that stands for no parts, against parts in the file.
    write(&world, "delivery.yaml", &body.replace("d8.tar}", "d8.tar, partSize: 200KB}"));
    let files = |variables: &[(&str, &str)]| pull(variables, &[]).json()["result"]["bundle_files"].as_u64();
    assert!(files(&[]) > Some(1));
    assert_eq!(files(&[("DHCTL_CLI_MIRROR_IMAGES_BUNDLE_CHUNK_SIZE", "0")]), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_want_list_next_to_the_file() {
    let world = World::of(want::builder().build());
    let body = format!(
        "source: {}\nwant: want.yaml\nmodules: {{exclude: [console]}}\nbundle: {{path: ../d8.tar}}\n",
        world.source_url
    );
    write(&world, "sites/prod/delivery.yaml", &body);
    want::write(&world.path("sites/prod"), vec![want::cluster("v1.75.14", None, Some("v1.76.8"))]);
    let args = ["mirror", "--insecure", "--config", "sites/prod/delivery.yaml", "--output", "json"];
    let run = dhctl(world.folder.path(), &args).expect(0);
    assert_eq!(releases(&run), json!(["v1.75.14", "v1.76.2", "v1.76.8"]));
    assert_eq!(run.json()["result"]["modules"], json!({}));
    assert!(world.path("sites/d8.tar").is_file());
    // What is printed means the same in the current directory.
    let printed =
        dhctl(world.folder.path(), &["mirror", "--config", "sites/prod/delivery.yaml", "--print-config"]);
    fs::write(world.path("delivery.yaml"), printed.expect(0).stdout).unwrap();
    let bytes = fs::read(world.path("sites/d8.tar")).unwrap();
    fs::remove_file(world.path("sites/d8.tar")).unwrap();
    dhctl(world.folder.path(), &["mirror", "--insecure", "--config", "delivery.yaml"]).expect(0);
    assert!(fs::read(world.path("sites/d8.tar")).unwrap() == bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused() {
    let world = World::sample();
    let good = format!("{HEAD}platform: {{minVersion: '1.58'}}\nbundle: {{path: d8.tar}}\n");
    let mut transcript = String::new();
    let mut tell = |what: &str, text: &str, code: i32, args: &[&str]| {
        fs::write(world.path("delivery.yaml"), text).unwrap();
        let run = dhctl(world.folder.path(), args).expect(code);
        assert_eq!(run.stdout, "");
        transcript += &format!("{what}: $ dhctl {}\n{}\n", args.join(" "), run.stderr);
    };
    let pull = ["mirror", "pull", "--config", "delivery.yaml"];
    for (what, from, to) in [
        ("an unknown key", "minVersion", "minVerison"),
        ("an unknown group", "platform", "platforms"),
        ("another version", "v1alpha1", "v1beta1"),
        ("another kind", "Delivery", "MirrorLock"),
        ("a number", "'1.58'", "1.58"),
        ("a wrong value", "1.58", "latest"),
        ("a duplicate key", "bundle:", "platform: {}\nbundle:"),
        ("a conflict", "minVersion: '1.58'", "minVersion: '1.58', releases: [v1.58.3], leaveOut: true"),
        ("not a bundle", "d8.tar", "d8.zip"),
        ("no bundle", "path: d8.tar", "gostDigest: true"),
        ("a thin directory", "path: d8.tar", "path: ., format: d8, bases: [old.tar]"),
        (
            "nothing selected",
            "{minVersion: '1.58'}",
            "{leaveOut: true}\nmodules: &no {leaveOut: true}\npackages: *no\ninstaller: *no\ndatabases: *no",
        ),
        ("not YAML", "{minVersion", "{{{minVersion"),
    ] {
        tell(what, &good.replacen(from, to, 1), 2, &pull);
    }
    tell("a push", &good, 2, &["mirror", "-i", "d8.tar", "-r", "a.example/ee", "--config", "delivery.yaml"]);
    tell("a push", &good, 2, &["mirror", "-i", "d8.tar", "-r", "a.example/ee", "--print-config"]);
    tell("no file", &good, 6, &["mirror", "pull", "--config", "nowhere.yaml"]);
    insta::assert_snapshot!(transcript);

    // For scripts: the same as a document.
    fs::write(world.path("delivery.yaml"), good.replace("minVersion", "minimum")).unwrap();
    let run = dhctl(world.folder.path(), &[&pull[..], &["--output", "json"]].concat()).expect(2);
    let error = run.json()["error"].take();
    assert_eq!(error["kind"], "usage");
    assert!(error["message"].as_str().unwrap().contains("'platform.minimum'"), "{error:#}");
}

#[test]
fn what_is_printed_has_no_login() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("DHCTL_CLI_MIRROR_LICENSE", "s3cret-license"),
        ("DHCTL_CLI_MIRROR_SOURCE_LOGIN", "s3cret-login"),
        ("D8_MIRROR_SOURCE_PASSWORD", "s3cret-d8"),
        ("D8_MIRROR_LICENSE_TOKEN", "s3cret-token"),
        ("DHCTL_CLI_MIRROR_IMAGES_BUNDLE", "d8.tar"),
        ("DHCTL_CLI_MIRROR_DO_GOST_DIGESTS", "true"),
    ];
    let args = [
        "mirror",
        "pull",
        "--source-password",
        "s3cret-password",
        "--ca-file",
        "s3cret.pem",
        "--channel",
        "stable",
        "--print-config",
    ];
    let text = run(folder.path(), &variables, &args).expect(0);
    assert_eq!(text.stderr, "");
    insta::assert_snapshot!(text.stdout);
    let log = ["--log", "trace", "--output", "json"];
    let document = run(folder.path(), &variables, &[&args[..], &log].concat()).expect(0);
    for text in [&text.stdout, &document.stdout, &document.stderr] {
        assert!(!text.contains("s3cret"), "{text}");
    }
    let read: Value = serde_saphyr::from_str(&text.stdout).unwrap();
    assert_eq!(document.json()["result"], read);
    assert_eq!(document.json()["command"], "mirror pull");
    // Neither a bundle nor anything else is needed.
    let nothing = run(folder.path(), &[], &["mirror", "--print-config"]).expect(0);
    assert!(
        nothing.stdout.ends_with("kind: Delivery\nsource: registry.deckhouse.ru/deckhouse/ee\n"),
        "{}",
        nothing.stdout
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// As a `CronJob` runs it: everything else is in the file, and the login in a variable.
#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_pull() {
    let authority = Authority::new("Registry CA").unwrap();
    let tls = authority.issue(&["127.0.0.1"], Kind::Server).unwrap().server_config(None).unwrap();
    let auth = Auth::Basic(BasicAuth::new("license-token", "s3cret"));
    let options = ServerOptions { tls: Some(tls), auth, ..ServerOptions::default() };
    let world = World::with(Distribution::sample(), options);
    fs::write(world.path("ca.pem"), authority.pem()).unwrap();
    let ca = world.path("ca.pem");
    let body =
        format!("source: {}\nonlyExtraImages: true\nbundle: {{path: databases.tar}}\n", world.source_url);
    write(&world, "config/delivery.yaml", &body);
    let file = world.path("config/delivery.yaml");
    let args = ["mirror", "pull", "--config", file.to_str().unwrap()];
    let trusted = ("SSL_CERT_FILE", ca.to_str().unwrap());
    for _ in 0..2 {
        run(Path::new("/"), &[trusted, ("DHCTL_CLI_MIRROR_LICENSE", "s3cret")], &args).expect(0);
    }
    dhctl(world.folder.path(), &["bundle", "verify", "config/databases.tar"]).expect(0);
    run(Path::new("/"), &[trusted, ("D8_MIRROR_LICENSE_TOKEN", "s3cret")], &args).expect(0);
    run(Path::new("/"), &[trusted], &args).expect(4);
}

#[test]
fn the_example_of_the_guide() {
    let folder = tempfile::tempdir().unwrap();
    let example = block(GUIDE, "delivery.yaml");
    assert_eq!(example, block(RUSSIAN, "delivery.yaml"));
    for guide in [GUIDE, RUSSIAN] {
        let shown =
            guide.lines().find_map(|line| line.strip_prefix("$ dhctl ")?.strip_suffix(" > delivery.yaml"));
        let words: Vec<&str> = shown.unwrap().split(' ').collect();
        let printed = dhctl(folder.path(), &words).expect(0);
        assert_eq!(printed.stdout.trim_end(), example);
    }
    fs::write(folder.path().join("delivery.yaml"), format!("{example}\n")).unwrap();
    let printed = dhctl(folder.path(), &["mirror", "--config", "delivery.yaml", "--print-config"]).expect(0);
    assert_eq!(printed.stdout.trim_end(), example);
}
