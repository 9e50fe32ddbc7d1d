//! What is told, and when: faults before a long download, sums of parts, errors as JSON lines, work in progress, and
//! a registry that asks for patience.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::Arc,
};

use registry::server::ServerOptions;
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
async fn a_directory_in_the_way_is_told_before_the_download() {
    for name in ["dhctl", "deckhousereleases.yaml"] {
        let world = World::sample();
        fs::create_dir(world.path(name)).unwrap();
        let run = world.pull(&[]).expect(6);
        assert!(run.stderr.contains(&format!("{name}: is a directory")), "{}", run.stderr);
        assert!(run.stderr.contains("hint: move it away"), "{}", run.stderr);
        assert!(!world.path("d8.tar.partial").exists());
        fs::remove_dir(world.path(name)).unwrap();
        world.pull(&[]).expect(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn split_tells_the_sum_of_each_part() {
    let world = World::sample();
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    fs::create_dir(world.path("out")).unwrap();
    let split = ["bundle", "split", "d8.tar", "-c", "200KB", "-o", "out", "--gost-digest"];
    let run = dhctl(world.folder.path(), &split).expect(0);
    let parts =
        fs::read_dir(world.path("out")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let sums: Vec<String> = parts.filter(|name| name.ends_with(".gostsum")).collect();
    assert!(sums.len() > 2, "{sums:?}");
    for name in sums {
        let sum = fs::read_to_string(world.path("out").join(&name)).unwrap();
        let line = format!("gost       {sum}  out/{}\n", name.strip_suffix(".gostsum").unwrap());
        assert!(run.stdout.contains(&line), "'{line}' in {}", run.stdout);
    }
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
async fn work_in_progress_is_no_bundle() {
    let world = World::sample();
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    fs::rename(world.path("d8.tar"), world.path("d8.tar.partial")).unwrap();
    for command in ["inspect", "verify"] {
        let run = dhctl(world.folder.path(), &["bundle", command, "d8.tar.partial"]).expect(3);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("error: d8.tar.partial: is an unfinished bundle"), "{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_is_told_once() {
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
        let note = lines.find(|line| line.contains("asks to wait 1h00m, until ")).unwrap();
        assert!(note.contains("trying again in 5m"), "{note}");
        assert!(note.starts_with(if is_json { "{\"event\":\"note\"" } else { "note: " }), "{note}");
        // All that were asked at the same time have met the limit by now, or wait behind those that have.
        pull.kill().unwrap();
        pull.wait().unwrap();
        assert_eq!(lines.filter(|line| line.contains("asks to wait")).count(), 0);
    }
}
