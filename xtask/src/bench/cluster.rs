//! A large cluster: what looking at it takes, what watching it takes, and how soon a change shows.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::{
    kube::{ApiServer, Objects, wait},
    theatre::{Scenario, ScenarioRun},
};

use super::{
    measure,
    options::Options,
    setup::as_megabytes,
    table::{Table, Times},
};
use crate::kube;

const NODES: usize = 500;
const MODULES: usize = 300;
/// What a node says of the images on it is most of what it says: as many as a kubelet tells of.
const IMAGES: usize = 50;
const API: &str = "deckhouse.io/v1alpha1";

/// Measures `update status`, `update want` and `update watch`.
pub(crate) fn measure(options: &Options, dhctl: &Path, table: &mut Table) -> Result<()> {
    kube::ensure()?;
    let scenario_run = ScenarioRun::open(ApiServer::borrow()?, &Scenario::named("deployed-and-idle")?, 1.0)?;
    let kubeconfig = scenario_run.server().kubeconfig("admin")?;
    let admin = scenario_run.server().admin()?;
    fill(admin.clone())?;
    scenario_run.start();
    let command = |words: &[&str]| {
        let mut command = Command::new(dhctl);
        command.arg("update").args(words).env("KUBECONFIG", &kubeconfig);
        command
    };
    let mut status = Times::default();
    for _ in 0..options.repeat {
        status.push(measure::run(&mut command(&["status"]), None)?.time);
    }
    table.value("500 nodes, 300 modules: update status", status.median(), " s", 2.0);
    let mut want = Times::default();
    for _ in 0..options.repeat {
        want.push(measure::run(&mut command(&["want", "--to", "v9.0.0"]), None)?.time);
    }
    table.value("the same: update want, without a registry", want.median(), " s", 10.0);
    let watched = measure::run(&mut command(&["watch", "--settle", "20s"]), None)?;
    table.value("the same: memory of update watch", as_megabytes(watched.memory), " MB", 60.0);
    let shown = until_shown(&mut command(&["watch", "--settle", "1h", "--progress", "json"]), admin)?;
    table.value("the same: time until `update watch` shows a change", shown.as_secs_f64(), " s", 2.0);
    Ok(())
}

/// Puts the nodes and modules into the cluster.
fn fill(admin: Objects) -> Result<()> {
    wait(async move {
        for number in 0..NODES {
            admin.put(&node(number)).await?;
        }
        for number in 0..MODULES {
            admin.put(&module(number)).await?;
        }
        anyhow::Ok(())
    })
}

fn node(number: usize) -> Value {
    let image = |image: usize| {
        let name = format!("registry.example.com/deckhouse/ee/modules/module-{image}");
        json!({ "names": [format!("{name}@sha256:{image:064x}"), format!("{name}:v1.0.{number}")], "sizeBytes": 1 })
    };
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": format!("worker-{number}"), "labels": { "node.deckhouse.io/group": "worker" } },
        "status": {
            "conditions": [{ "type": "Ready", "status": "True", "reason": "KubeletReady" }],
            "images": (0..IMAGES).map(image).collect::<Vec<_>>(),
        },
    })
}

fn module(number: usize) -> Value {
    json!({
        "apiVersion": API, "kind": "Module", "metadata": { "name": format!("module-{number}") },
        "properties": { "source": "deckhouse", "version": "v1.0.0" },
        "status": { "phase": "Ready", "conditions": [
            { "type": "EnabledByModuleManager", "status": "True" },
            { "type": "IsReady", "status": "True" },
        ] },
    })
}

/// From the write of an alert to the line that tells of it.
fn until_shown(watch: &mut Command, admin: Objects) -> Result<Duration> {
    let mut child = watch.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stderr.take().context("no output")?).lines().map_while(Result::ok);
    let quiet = |line: &String| line.contains("\"quietSince\":\"");
    lines.find(quiet).context("it ended before all was quiet")?;
    let alert = json!({
        "apiVersion": API, "kind": "ClusterAlert", "metadata": { "name": "bench" },
        "alert": { "name": "DeckhouseUpdating", "severityLevel": 4, "labels": {}, "summary": "bench" },
        "status": { "alertStatus": "firing" },
    });
    let begun = Instant::now();
    wait(async move { admin.put(&alert).await })?;
    lines.find(|line| line.contains("DeckhouseUpdating")).context("it ended before the alert showed")?;
    let took = begun.elapsed();
    child.kill()?;
    child.wait()?;
    Ok(took)
}
