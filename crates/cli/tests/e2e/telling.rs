//! What is told, and when: faults before a long download, sums of parts, errors as JSON lines, work in progress, and
//! a registry that asks for patience.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::Arc,
};

use registry_server::ServerOptions;
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
};

use crate::{
    mirror_modules,
    world::{World, command, dhctl},
};

fn with(rules: Vec<Rule>) -> World {
    let options =
        ServerOptions { interceptor: Some(Arc::new(Script::new(rules))), ..ServerOptions::default() };
    World::with(Distribution::sample(), options)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_the_way_is_refused_before_anything_is_read() {
    let world = World::sample();
    // Nobody listens there: whatever reads from it fails with another code.
    let away = ["mirror", "--insecure", "--source", "127.0.0.1:1/deckhouse/ee", "-i", "d8.tar"];
    for name in [
        "dhctl",
        "deckhousereleases.yaml",
        "d8.tar.partial",
        "d8.tar.gostsum",
        "d8.tar.0000.chunk",
        "d8.tar.0001.chunk.gostsum",
    ] {
        fs::create_dir(world.path(name)).unwrap();
        let run = dhctl(world.folder.path(), &away).expect(6);
        assert!(run.stderr.contains(&format!("{name} is a directory")), "{}", run.stderr);
        assert!(run.stderr.contains("hint: move it, or"), "{}", run.stderr);
        assert_eq!(world.files(), [name], "nothing else is left");
        let dry = world.pull(&["--dry-run", "--release", "v1.58.3", "--no-modules"]).expect(0);
        let refused = format!("warning: the pull itself would fail: {name} is a directory");
        assert!(dry.stderr.contains(&refused), "{}", dry.stderr);
        fs::remove_dir(world.path(name)).unwrap();
    }
    dhctl(world.folder.path(), &away).expect(5);

    // Which archives there will be, only the source says.
    fs::create_dir_all(world.path("out/module-console.tar.gostsum")).unwrap();
    let d8 = ["mirror", "--insecure", "--source", &world.source_url, "-i", "out", "--bundle-format", "d8"];
    let run = dhctl(world.folder.path(), &d8).expect(6);
    assert!(run.stderr.contains("out/module-console.tar.gostsum is a directory"), "{}", run.stderr);
    assert!(!world.path("out/platform.tar.partial").exists());

    fs::create_dir_all(world.path("mods/module_source.yml")).unwrap();
    mirror_modules::manifest_of(&world, "127.0.0.1:1/deckhouse/ee", None);
    let run = mirror_modules::pull(&world, &[]).expect(6);
    assert!(run.stderr.contains("mods/module_source.yml is a directory"), "{}", run.stderr);
    fs::remove_dir(world.path("mods/module_source.yml")).unwrap();
    mirror_modules::pull(&world, &[]).expect(5);
    mirror_modules::manifest(&world, None);
    fs::create_dir_all(world.path("mods/module-console.tar")).unwrap();
    let run = mirror_modules::pull(&world, &[]).expect(6);
    assert!(run.stderr.contains("mods/module-console.tar is a directory"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn split_reports_the_checksum_of_each_part() {
    let world = World::sample();
    let choice = ["--release", "v1.58.3", "--no-modules", "--output", "json"];
    let parts = ["-c", "200KB", "--gost-digest"];
    let pulled = world.pull(&[&choice[..], &parts].concat()).expect(0).json();
    let pulled = pulled["result"]["gost_sums"].as_object().unwrap().clone();
    assert!(pulled.len() > 3, "{pulled:?}");
    fs::create_dir(world.path("out")).unwrap();
    world.pull(&choice).expect(0);
    let split = [&["bundle", "split", "d8.tar", "-o", "out"][..], &parts].concat();

    let run = dhctl(world.folder.path(), &[&split[..], &["--output", "json"]].concat()).expect(0).json();
    let split_sums = run["result"]["gost_sums"].as_object().unwrap();
    let in_out: Vec<String> = pulled.keys().map(|name| format!("out/{name}")).collect();
    assert_eq!(split_sums.keys().collect::<Vec<_>>(), in_out.iter().collect::<Vec<_>>());
    assert!(split_sums.values().eq(pulled.values()), "the same sums as of a pull in parts");

    let run = dhctl(world.folder.path(), &split).expect(0);
    for (name, sum) in &pulled {
        let line = format!("gost       {}  out/{name}\n", sum.as_str().unwrap());
        assert!(run.stdout.contains(&line), "'{line}' in {}", run.stdout);
        let file = fs::read_to_string(world.path("out").join(format!("{name}.gostsum"))).unwrap();
        assert_eq!(file, sum.as_str().unwrap());
    }

    let join = ["bundle", "join", "out/d8.tar", "-o", "again.tar", "--output", "json"];
    let joined = dhctl(world.folder.path(), &join).expect(0).json();
    let sums = joined["result"]["gost_sums"].as_object().unwrap();
    assert_eq!(sums.iter().collect::<Vec<_>>(), [(&"again.tar".to_owned(), &pulled["d8.tar"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_a_line_of_the_progress_in_json() {
    let world = World::sample();
    let image = *world.distribution.releases["v1.59.4"].images.values().next().unwrap();
    world.distribution.store.remove_manifest(&world.distribution.root, &image);
    for args in [&["--progress", "json"][..], &["--progress", "json", "--output", "json", "--quiet"]] {
        let run = world.pull(args).expect(3);
        let lines = run.stderr.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let errors: Vec<_> = lines.filter(|line| line["event"] == "error").collect();
        let [error] = errors.as_slice() else { panic!("{}", run.stderr) };
        assert_eq!((&error["exit_code"], &error["kind"]), (&3.into(), &"incomplete".into()));
        assert!(error["message"].as_str().unwrap().contains("missing"), "{error}");
        assert_eq!(error["missing"][0]["reference"], image.to_string());
        if args.contains(&"--output") {
            let mut expected = run.json()["error"].clone();
            expected["event"] = "error".into();
            expected["exit_code"] = 3.into();
            assert_eq!(*error, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_bundle_is_not_a_bundle() {
    let world = World::sample();
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    fs::rename(world.path("d8.tar"), world.path("d8.tar.partial")).unwrap();
    for command in ["inspect", "verify"] {
        let run = dhctl(world.folder.path(), &["bundle", command, "d8.tar.partial"]).expect(3);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("error: d8.tar.partial is an unfinished bundle"), "{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_is_reported_once() {
    let world = with(vec![Rule::new("GET", "/v2/deckhouse/ee/*", Fault::TooManyRequests(3600))]);
    mirror_modules::manifest(&world, None);
    let mirror = ["mirror", "--insecure", "--source", &world.source_url, "-i", "d8.tar", "--dry-run"];
    let modules = ["mirror-modules", "-m", "module_source.yml", "-d", "mods", "--dry-run"];
    for (base, args, is_json) in
        [(&mirror[..], &[][..], false), (&mirror, &["--progress", "json"], true), (&modules, &[], false)]
    {
        let mut pull = command(world.folder.path());
        pull.args(base).args(args).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut pull = pull.spawn().unwrap();
        let mut lines = BufReader::new(pull.stderr.take().unwrap()).lines().map(Result::unwrap);
        let note = lines.find(|line| line.contains("requests a wait of 1h00m, until ")).unwrap();
        assert!(note.contains("trying again in 5m"), "{note}");
        assert!(note.starts_with(if is_json { "{\"event\":\"note\"" } else { "note: " }), "{note}");
        // All that were asked at the same time have met the limit by now, or wait behind those that have.
        pull.kill().unwrap();
        pull.wait().unwrap();
        assert_eq!(lines.filter(|line| line.contains("requests a wait")).count(), 0);
    }
}
