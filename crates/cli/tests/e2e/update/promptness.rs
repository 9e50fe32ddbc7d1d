//! A change in the cluster shows in `dhctl update watch` within two seconds.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    platform::{Platform, pod, release},
    watching::{Watching, image},
};

/// The measure: the median of a source's changes is not above this. Single changes may take longer on a machine that is
/// busy with something else.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);
/// So often each source changes, there and back.
const TIMES: usize = 3;

const DEPLOYED: &str = "v1.70.1";
const API: &str = "deckhouse.io/v1alpha1";

/// A source of the verdict, and a disturbance in it that comes and goes.
struct Source {
    name: &'static str,
    /// Makes the change; `true`: it comes.
    change: fn(&Platform, bool),
    /// What is waited for because of it: its code and its object.
    shows: (&'static str, &'static str),
}

const SOURCES: [Source; 9] = [
    Source {
        name: "releases",
        change: |platform, comes| {
            let updating = json!({ "release.deckhouse.io/isUpdating": comes.to_string() });
            platform.merge("DeckhouseRelease", DEPLOYED, json!({ "metadata": { "annotations": updating } }));
        },
        shows: ("isUpdating", "DeckhouseRelease/v1.70.1"),
    },
    Source {
        name: "deployment",
        change: |platform, comes| platform.deploy(DEPLOYED, !comes),
        shows: ("rollout", "Deployment/deckhouse"),
    },
    Source {
        name: "pods",
        change: |platform, comes| {
            let mut pod = pod(&image(DEPLOYED));
            let ready = if comes { "False" } else { "True" };
            pod["status"]["conditions"] = json!([{ "type": "Ready", "status": ready }]);
            platform.put(&[pod]);
        },
        shows: ("pod", "Pod/deckhouse-0"),
    },
    Source {
        name: "alerts",
        change: |platform, comes| {
            let name = if comes { "DeckhouseUpdating" } else { "KubePodNotReady" };
            platform.put(&[json!({
                "apiVersion": API, "kind": "ClusterAlert", "metadata": { "name": "f00d" },
                "alert": { "name": name, "severityLevel": "4", "labels": {}, "summary": "" },
                "status": { "alertStatus": "firing" },
            })]);
        },
        shows: ("alert", "ClusterAlert/DeckhouseUpdating"),
    },
    Source {
        name: "modules",
        change: |platform, comes| {
            let ready = if comes { "False" } else { "True" };
            platform.put(&[json!({
                "apiVersion": API, "kind": "Module", "metadata": { "name": "prometheus" }, "properties": {},
                "status": { "phase": "Ready", "conditions": [
                    { "type": "EnabledByModuleManager", "status": "True" }, { "type": "IsReady", "status": ready },
                ] },
            })]);
        },
        shows: ("module", "Module/prometheus"),
    },
    Source {
        name: "node groups",
        change: |platform, comes| {
            platform.put(&[json!({
                "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "master" },
                "spec": { "nodeType": "Static" },
                "status": { "nodes": 1, "ready": 1, "upToDate": i32::from(!comes) },
            })]);
        },
        shows: ("nodeGroup", "NodeGroup/master"),
    },
    Source {
        name: "nodes",
        change: |platform, comes| {
            let approved = json!({ "update.node.deckhouse.io/approved": comes.then_some("") });
            platform.merge("Node", "master-0", json!({ "metadata": { "annotations": approved } }));
        },
        shows: ("node", "Node/master-0"),
    },
    Source {
        name: "queue",
        change: |platform, comes| platform.queue(if comes { 5 } else { 0 }),
        shows: ("queue", "Queue/main"),
    },
    Source {
        name: "converge",
        change: |platform, comes| platform.converge(!comes),
        shows: ("converge", "the platform"),
    },
];

/// From just before the write is sent to the time in the line that shows it. A change is made as soon as the one before
/// has shown: for a source that is asked again and again this is the longest way to the next question.
#[test]
fn a_change_is_shown_within_two_seconds() {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running(DEPLOYED, &settings);
    platform.put(&[release(DEPLOYED, "Deployed")]);
    platform.ready(DEPLOYED);
    platform.converge(true);
    let mut watch = Watching::start(platform.command(&["watch", "--settle", "1h"]));
    watch.until("quiet", |line| line["quietSince"].is_string());
    for source in &SOURCES {
        let mut delays = Vec::new();
        for comes in [true, false].into_iter().cycle().take(2 * TIMES) {
            let begun = SystemTime::now();
            (source.change)(&platform, comes);
            let line = watch.until(source.name, |line| source.is_shown(line) == comes);
            let at: Timestamp = line["time"].as_str().unwrap().parse().unwrap();
            // The line's time has no microseconds, and may seem to be before.
            delays.push(SystemTime::from(at).duration_since(begun).unwrap_or_default());
        }
        delays.sort();
        assert!(delays[delays.len() / 2] <= SHOWN_WITHIN, "{}: {delays:?}", source.name);
    }
    watch.signal("-INT");
    watch.end().0.expect(130);
}

impl Source {
    fn is_shown(&self, line: &Value) -> bool {
        let (code, object) = self.shows;
        let waiting = line["waitingFor"].as_array().into_iter().flatten();
        waiting.into_iter().any(|it| it["code"] == code && it["object"] == object)
    }
}
