//! `registry check` near and over a round trip of 50 ms, and `registry list` of four large releases.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use testkit::{Link, LinkOptions, distribution::Builder};

use super::{
    measure,
    options::Options,
    setup::{ROOT, Setup},
    table::{Table, Times},
};

const RELEASES: [&str; 4] = ["v1.67.3", "v1.68.2", "v1.69.5", "v1.70.1"];
/// Half of the images of a release are the same in all releases, as with real ones: together there are 1,675 images, and
/// more than 8,000 objects (a manifest, or a blob in a repository).
const IMAGES_PER_RELEASE: usize = 670;

/// Measures both.
pub(crate) fn measure(options: &Options, dhctl: &Path, table: &mut Table) -> Result<()> {
    let distribution = Builder::default()
        .root(ROOT)
        .releases(&RELEASES)
        .channels(&[("stable", "v1.70.1"), ("rock-solid", "v1.69.5")])
        .images_per_release(IMAGES_PER_RELEASE)
        .layer_size(4096)
        .modules(Vec::new())
        .without_databases()
        .without_standalone()
        .build();
    let setup = Setup::with(options, dhctl.to_owned(), &distribution)?;
    let near = setup.source.addr();
    let far =
        Link::start(near, LinkOptions { round_trip: Duration::from_millis(50), ..LinkOptions::default() })?;
    let scratch = setup.fresh("scratch")?;
    let (mut checks, mut far_checks, mut lists) = (Times::default(), Times::default(), Times::default());
    for _ in 0..options.repeat {
        checks.push(measure::run(&mut command(dhctl, &scratch, "check", near), None)?.time);
        far_checks.push(measure::run(&mut command(dhctl, &scratch, "check", far.addr()), None)?.time);
        lists.push(measure::run(&mut command(dhctl, &scratch, "list", near), None)?.time);
    }
    table.value("registry check", checks.median(), " s", 3.0);
    table.value("registry check, 50 ms round trip", far_checks.median(), " s", 8.0);

    let (objects, requests) = count(&mut command(dhctl, &scratch, "list", near), &scratch)?;
    let name = format!("registry list, {objects} objects ({lists})");
    table.value(&name, lists.median(), " s", 15.0);
    table.value("registry list: requests per object", requests / objects, "", 1.05);
    Ok(())
}

fn command(dhctl: &Path, scratch: &Path, name: &str, registry: std::net::SocketAddr) -> Command {
    let mut command = Command::new(dhctl);
    command.args(["registry", name, "--insecure", "--quiet"]).arg(format!("{registry}/{ROOT}"));
    command.current_dir(scratch).env_remove("http_proxy").env_remove("HTTP_PROXY");
    command
}

/// The objects that a run has read, and the requests that it has sent for them.
fn count(list: &mut Command, scratch: &Path) -> Result<(f64, f64)> {
    let log = scratch.join("requests.log");
    list.args(["--output", "json", "--log", "debug", "--log-file"]).arg(&log);
    let output = list.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "dhctl registry list: {}", output.status);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let totals = &document["result"]["registries"][0]["totals"];
    let number = |name: &str| totals[name].as_f64().with_context(|| format!("no {name} in {document}"));
    let requests = fs::read_to_string(&log)?.lines().filter(|line| line.contains(", attempt ")).count();
    Ok((number("manifests")? + number("blobs")?, u32::try_from(requests)?.into()))
}
