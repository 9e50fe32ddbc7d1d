//! Sixty modules of three versions that stand on the same layers: pulled into an archive each, and pushed.

use std::{collections::BTreeSet, fmt::Display, fs, path::Path, process::Command, time::Duration};

use anyhow::{Result, ensure};
use bundle::Bundle;
use mirror::Contents;
use testkit::distribution::{Builder, ModuleSpec};

use super::{
    floor, measure,
    options::Options,
    pull::MEMORY_LIMIT,
    push::empty,
    setup::{BlobAt, ROOT, Setup, as_megabytes, megabytes},
    table::{Table, Times},
    upload,
};

const MODULES: usize = 60;
const VERSIONS: [&str; 3] = ["v1.0.0", "v1.1.0", "v1.2.0"];

/// Measures a pull and a push, and counts what is transferred.
pub(crate) fn measure(options: &Options, dhctl: &Path, table: &mut Table) -> Result<()> {
    let (setup, manifests) = setup(options, dhctl)?;
    let (mut pulls, mut pull_floor, mut whole_floor) = (Times::default(), Times::default(), Times::default());
    let (mut pushes, mut push_floor) = (Times::default(), Times::default());
    let mut memory = 0;
    for round in 1..=options.repeat {
        let mut curl = floor::curl(&setup, setup.source.addr(), &setup.fresh("curl")?)?;
        let bare_pull = measure::run(&mut curl, None)?.time;
        let whole = whole(&setup, &manifests)?;
        let scratch = setup.fresh("scratch")?;
        let pull = measure::run(&mut pull(&setup, &scratch)?, None)?;
        let target = empty(&setup)?;
        let bare_push = upload::all(target.addr(), &setup.blobs, &setup.blob_files())?;
        drop(target);
        let target = empty(&setup)?;
        let push = measure::run(&mut push(&setup, &scratch, target.addr()), None)?;
        eprintln!(
            "modules {round}: curl {:.3} s, with manifests and archives {:.3} s, pull {:.3} s; bare {:.3} s, push {:.3} s",
            bare_pull.as_secs_f64(),
            whole.as_secs_f64(),
            pull.time.as_secs_f64(),
            bare_push.as_secs_f64(),
            push.time.as_secs_f64()
        );
        pull_floor.push(bare_pull);
        whole_floor.push(whole);
        pulls.push(pull.time);
        push_floor.push(bare_push);
        pushes.push(push.time);
        memory = memory.max(pull.memory).max(push.memory);
    }
    table.ratio("60 modules, pull", &pulls, &pull_floor, 1.3);
    table.ratio("60 modules, pull; floor with manifests and archives", &pulls, &whole_floor, None);
    table.ratio("60 modules, push", &pushes, &push_floor, 1.3);
    table.value("60 modules: peak memory", as_megabytes(memory), " MB", MEMORY_LIMIT);
    Ok(())
}

/// What the format demands of anyone: the blobs, the manifests that name them, and an archive for each module, in
/// which shared blobs lie once more. Nothing is asked that the archives do not hold, and nothing is synced.
fn whole(setup: &Setup, manifests: &[String]) -> Result<Duration> {
    let mut curl = floor::curl_all(setup, manifests, setup.source.addr(), &setup.fresh("curl")?)?;
    let fetched = measure::run(&mut curl, None)?.time;
    let mut copy = Command::new("cp");
    copy.arg("-r").arg(setup.bundle_directory().join("mods")).arg(setup.fresh("copied")?);
    Ok(fetched + measure::run(&mut copy, None)?.time)
}

/// A source of the modules, a pull and a push of them that are counted, their blobs as files, and the manifests.
fn setup(options: &Options, dhctl: &Path) -> Result<(Setup, Vec<String>)> {
    let pairs = |channel: &str, version: &str| (channel.to_owned(), version.to_owned());
    let spec = |number: usize| ModuleSpec {
        name: format!("module{number}"),
        versions: VERSIONS.map(str::to_owned).to_vec(),
        channels: vec![pairs("alpha", VERSIONS[2]), pairs("beta", VERSIONS[1]), pairs("stable", VERSIONS[0])],
        images: 3,
        ..ModuleSpec::default()
    };
    let distribution = Builder::bench()
        .releases(&["v1.58.3"])
        .channels(&[("stable", "v1.58.3")])
        .images_per_release(0)
        .layer_size(400_000)
        .modules((1..=MODULES).map(spec).collect())
        .root(ROOT)
        .build();
    let mut setup = Setup::with(options, dhctl.to_owned(), &distribution)?;
    let directory = setup.bundle_directory();
    fs::create_dir(&directory)?;
    let pulled = json(&mut pull(&setup, &directory)?)?;
    let contents = Contents::read(&Bundle::open_modules(&directory.join("mods"))?)?;
    let unique = contents.unique_blobs();
    setup.blobs = unique
        .into_iter()
        .map(|(digest, (size, paths))| BlobAt { digest, size, repository: [ROOT, paths[0]].join("/") })
        .collect();
    let target = empty(&setup)?;
    let pushed = json(&mut push(&setup, &directory, target.addr()))?;
    let sent = &pushed["result"]["written"];
    let count = setup.blobs.len();
    ensure!(sent["blobs_uploaded"] == count, "{count} blobs are unique: {sent}");
    println!(
        "{MODULES} modules × {} versions: {count} unique blobs, {} unique, {} in archives; pull copied {} instead of downloading them again; push sent {} and had {} mounted",
        VERSIONS.len(),
        megabytes(pulled["result"]["blobs_size"].as_u64().unwrap_or(0)),
        megabytes(pulled["result"]["archives_size"].as_u64().unwrap_or(0)),
        pulled["result"]["copied"]["blobs"],
        sent["blobs_uploaded"],
        sent["blobs_mounted"]
    );
    fs::create_dir(setup.blob_files())?;
    measure::run(&mut floor::curl(&setup, setup.source.addr(), &setup.blob_files())?, None)?;
    Ok((setup, manifests(&contents)))
}

/// Every manifest as the source has it, by its tag or else its digest: `REPOSITORY/manifests/REFERENCE`.
fn manifests(contents: &Contents) -> Vec<String> {
    let mut paths = Vec::new();
    for repository in &contents.repositories {
        let mut add = |reference: &dyn Display| {
            paths.push(format!("{ROOT}/{}/manifests/{reference}", repository.path));
        };
        let tagged: BTreeSet<_> = repository.tags.values().collect();
        for (tag, digest) in &repository.tags {
            // What has only a digest on the source has that as its tag in the bundle.
            if tag.as_str() == digest.hex() { add(digest) } else { add(tag) }
        }
        repository.manifests.keys().filter(|digest| !tagged.contains(digest)).for_each(|it| add(it));
    }
    paths
}

/// A pull into `scratch/mods`.
fn pull(setup: &Setup, scratch: &Path) -> Result<Command> {
    let manifest = scratch.join("source.yml");
    let repo = format!("{}/{ROOT}/modules", setup.source.addr());
    fs::write(
        &manifest,
        format!(
            "kind: ModuleSource\nmetadata: {{name: bench}}\nspec: {{registry: {{scheme: HTTP, repo: '{repo}'}}}}\n"
        ),
    )?;
    let mut command = command(setup, scratch);
    command.arg("-m").arg(manifest);
    Ok(command)
}

/// A push of that.
fn push(setup: &Setup, scratch: &Path, to: std::net::SocketAddr) -> Command {
    let mut command = command(setup, scratch);
    command.arg("-r").arg(format!("{to}/{ROOT}/modules")).args(["-o", "inside.yml", "--force"]);
    command
}

fn command(setup: &Setup, scratch: &Path) -> Command {
    let mut command = setup.dhctl(&setup.dhctl, "mirror-modules", scratch);
    command.args(["-d", "mods"]);
    command
}

fn json(command: &mut Command) -> Result<serde_json::Value> {
    let output = command.args(["--output", "json"]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(serde_json::from_slice(&output.stdout)?)
}
