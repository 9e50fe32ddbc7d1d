//! `dhctl update plan`: what lies ahead of a real cluster, and that its YAML may be applied.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use testkit::kube::wait;

use super::platform::{Platform, pod, release};

const DELIVERY: &str = "\
---
apiVersion: deckhouse.io/v1alpha1
approved: false
kind: DeckhouseRelease
metadata: {creationTimestamp: null, name: v1.70.1}
spec: {version: v1.70.1}
status: {approved: false, message: '', transitionTime: '0001-01-01T00:00:00Z'}
---
apiVersion: deckhouse.io/v1alpha1
approved: false
kind: DeckhouseRelease
metadata: {creationTimestamp: null, name: v1.71.4}
spec:
  version: v1.71.4
  requirements: {k8s: '1.29'}
  changelog: {candi: {fixes: [{summary: 'yes: a fix'}]}}
status: {approved: false, message: '', transitionTime: '0001-01-01T00:00:00Z'}
---
apiVersion: deckhouse.io/v1alpha1
approved: false
kind: DeckhouseRelease
metadata: {creationTimestamp: null, name: v1.72.2}
spec:
  version: v1.72.2
  requirements: {k8s: '1.31', nodesMinimalOSVersionUbuntu: '20.04'}
  disruptions: [ingressNginx]
status: {approved: false, message: '', transitionTime: '0001-01-01T00:00:00Z'}
";

const PLAN: [&str; 3] = ["plan", "-f", "deckhousereleases.yaml"];

fn platform() -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.70.1", &settings);
    let mut next = release("v1.71.4", "Pending");
    next["spec"]["requirements"] = json!({ "k8s": "1.29" });
    let module = |version: &str, phase: &str| {
        json!({
            "apiVersion": "deckhouse.io/v1alpha1", "kind": "ModuleRelease",
            "metadata": { "name": format!("console-{version}") },
            "spec": { "moduleName": "console", "version": version }, "status": { "phase": phase },
        })
    };
    platform.put(&[release("v1.70.1", "Deployed"), next, release("v1.70.9", "")]);
    platform.put(&[module("v1.0.0", "Deployed"), module("v1.1.0", "Pending"), module("v1.2.0", "Pending")]);
    std::fs::write(platform.folder.path().join("deckhousereleases.yaml"), DELIVERY).unwrap();
    platform
}

fn plan(platform: &Platform, words: &[&str], code: i32) -> String {
    platform.update(&[&PLAN, words].concat()).expect(code).stdout
}

#[test]
fn the_chain_with_what_each_release_requires() {
    let platform = platform();
    let text = plan(&platform, &[], 7);
    insta::assert_snapshot!(text);
    assert!(!plan(&platform, &["--to", "v1.71.4"], 0).contains("NOT MET"));
    let absent = platform.update(&[&PLAN[..], &["--to", "v1.73.0"]].concat()).expect(2);
    assert!(absent.stderr.contains("known releases: v1.70.9, v1.71.4, v1.72.2"), "{}", absent.stderr);
    let json: Value = serde_json::from_str(&plan(&platform, &["--output", "json"], 7)).unwrap();
    let step = &json["result"]["steps"][2];
    assert_eq!((&step["version"], &step["inCluster"]), (&json!("v1.72.2"), &Value::Null));
    let unmet = &step["requirements"][0];
    assert_eq!((&unmet["key"], &unmet["outcome"]), (&json!("k8s"), &json!("unmet")));
    assert_eq!(unmet["reasons"][0]["objects"], json!(["Node/master-0 (NodeGroup/master)"]));
    let waiting = &json["result"]["modules"]["waiting"]["value"];
    assert_eq!((&waiting[0]["version"], &waiting[0]["turn"]["turn"]), (&json!("v1.1.0"), &json!("now")));
    assert_eq!(json["command"], "update plan");
}

#[test]
fn an_unfinished_update_is_the_reason_to_wait_in_text_and_json() {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.70.1", &settings);
    platform.put(&[release("v1.70.1", "Deployed"), release("v1.71.4", "Pending")]);
    let mut old = pod("registry.example.com/dkp/ee:v1.70.1");
    old["status"]["conditions"][0]["status"] = json!("False");
    let mut new = old.clone();
    new["metadata"]["name"] = json!("deckhouse-1");
    new["status"]["startTime"] = json!(jiff::Timestamp::now().strftime("%FT%TZ").to_string());
    platform.put(&[old, new]);
    let text = platform.update(&["plan"]).expect(0).stdout;
    let json = platform.update(&["plan", "--output", "json"]).expect(0).json();
    let (unfinished, next) =
        (json["result"]["unfinished"].as_str().unwrap(), json["result"]["next"].as_str().unwrap());
    assert!(next.starts_with("dhctl update watch"), "{next}");
    assert!(text.contains(&format!("{unfinished}\nnext: wait until it is done: {next}\n")), "{text}");
    assert_eq!(json["result"]["blocking"], json!([]));
}

#[test]
fn what_each_release_changes() {
    let platform = platform();
    let mut next = release("v1.70.9", "Pending");
    next["spec"]["changelogLink"] = json!("https://example.com/v1.70.9");
    let impact = "grafana in cluster will be restarted as the image has changed, and dashboards are unavailable meanwhile";
    next["spec"]["changelog"] = json!({
        "prometheus": {
            "features": [{ "summary": "A panel", "pull_request": "https://example.com/1" }],
            "fixes": [{ "summary": "Fix CVEs", "impact": impact }, { "summary": "Fix a link" }],
        },
        "control-plane-manager": { "fixes": [{ "summary": "Bump the API server" }] },
        "metallb": { "fixes": [{ "summary": "Fix \u{1b}[2J", "impact": "all load balancers restart" }] },
    });
    let module = |name: &str, enabled: &str| {
        json!({
            "apiVersion": "deckhouse.io/v1alpha1", "kind": "Module", "metadata": { "name": name },
            "properties": { "source": "Embedded" },
            "status": { "conditions": [{ "type": "EnabledByModuleManager", "status": enabled }] },
        })
    };
    platform.put(&[next, module("metallb", "False"), module("prometheus", "True")]);
    let text = plan(&platform, &["--to", "v1.71.4"], 0);
    insta::assert_snapshot!(text);
    let labels = ["   impact ", "   changes ", "   API ", "            "];
    for line in text.lines().filter(|line| labels.iter().any(|label| line.starts_with(label))) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let all = plan(&platform, &["--to", "v1.70.9", "--changelog"], 0);
    insta::assert_snapshot!("with_all_changes", all);

    let json: Value =
        serde_json::from_str(&plan(&platform, &["--to", "v1.71.4", "--output", "json"], 0)).unwrap();
    let changelog = &json["result"]["steps"][0]["changelog"];
    assert_eq!((&changelog["state"], &changelog["leftOut"]), (&json!("known"), &json!(["metallb"])));
    assert_eq!(changelog["sections"][1]["name"], "prometheus");
    let change = json!({ "kind": "fix", "summary": "Fix CVEs", "impact": impact, "pullRequest": null });
    assert_eq!(changelog["sections"][1]["changes"][1], change);
    let interruption = &json["result"]["steps"][0]["interruption"];
    assert_eq!(interruption["changesControlPlane"], true);
    assert_eq!(interruption["controlPlaneNodes"], 1);

    // What is known before an approval.
    let run = platform.update(&["approve", "v1.70.9", "--yes"]).expect(0);
    assert!(run.stderr.contains(&format!("note: impact on prometheus: {impact}\n")), "{}", run.stderr);
    let outage =
        "Kubernetes API: may be unavailable for several minutes (1 control-plane node): the release changes";
    assert!(run.stderr.contains(outage) && !run.stderr.contains("metallb"), "{}", run.stderr);
}

#[test]
fn its_yaml_does_not_remove_an_approval() {
    let platform = platform();
    platform.update(&["approve", "v1.70.9", "--yes"]).expect(0);
    let run = platform.update(&[&PLAN[..], &["--output", "yaml"]].concat()).expect(7);
    assert!(run.stderr.contains("v1.72.2 has unmet requirements: k8s"), "{}", run.stderr);
    assert_eq!(run.stdout.matches("---\n").count(), 3, "{}", run.stdout);
    let before = platform.get("DeckhouseRelease", "v1.71.4")["status"].clone();
    let (admin, yaml) = (platform.server.admin().unwrap(), run.stdout);
    wait(async move { admin.put_yaml(&yaml).await.unwrap() });
    assert_eq!(platform.get("DeckhouseRelease", "v1.70.9")["approved"], true);
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["status"], before);
    let new = platform.get("DeckhouseRelease", "v1.72.2");
    assert_eq!(new["spec"]["requirements"]["k8s"], "1.31");
    assert_eq!((&new["approved"], &new["status"]), (&json!(false), &Value::Null));
    let changelog = &platform.get("DeckhouseRelease", "v1.71.4")["spec"]["changelog"];
    assert_eq!(changelog["candi"]["fixes"][0]["summary"], "yes: a fix");
}

#[test]
fn its_yaml_warns_about_approvals_that_kubectl_would_remove() {
    let platform = platform();
    // As `kubectl apply -f deckhousereleases.yaml` leaves it, whose documents say `approved: false`.
    let applied = json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "DeckhouseRelease", "approved": false,
        "metadata": { "name": "v1.71.4" }, "spec": { "version": "v1.71.4" },
    });
    platform.merge(
        "DeckhouseRelease",
        "v1.71.4",
        json!({
            "approved": true,
            "metadata": {
                "annotations": { "kubectl.kubernetes.io/last-applied-configuration": applied.to_string() },
            },
        }),
    );
    // Approved too, but never applied with the field: nothing would be taken back.
    platform.merge("DeckhouseRelease", "v1.70.9", json!({ "approved": true }));
    let run = platform.update(&[&PLAN[..], &["--output", "yaml"]].concat()).expect(7);
    let documents = deckhouse::release_list::read_releases(run.stdout.as_bytes()).unwrap();
    let versions: Vec<String> = documents.iter().map(|it| it.version.to_string()).collect();
    assert_eq!(versions, ["1.70.9", "1.71.4", "1.72.2"], "printed though it blocks, the approved ones too");
    assert!(!run.stdout.contains("approved") && !run.stdout.contains("status"), "{}", run.stdout);
    let blocks = [
        "note: DeckhouseRelease/v1.71.4 is approved, and `kubectl apply` of this file would remove its approval: do not apply the file; to create only the missing releases, use `kubectl create` (it reports AlreadyExists for existing objects, and does not change them), or dhctl update prepare\n\
         DeckhouseRelease/v1.72.2 has unmet requirements: k8s\n  \
         1. meet these requirements; see the steps under \"To do\": dhctl update plan\n\n",
        "DeckhouseRelease/v1.71.4 is approved, but v1.70.9 comes first and is not deployed yet\n",
        "error: 2 problems block the update\n",
    ];
    assert!(blocks.iter().all(|block| run.stderr.contains(block)), "{}", run.stderr);
}

#[test]
fn commands_name_the_cluster_that_was_named() {
    let platform = platform();
    let kubeconfig = platform.folder.path().join("the cluster's");
    std::fs::copy(platform.kubeconfig(), &kubeconfig).unwrap();
    let cluster = ["--kubeconfig", kubeconfig.to_str().unwrap(), "--context", "test"];
    let flags =
        format!("--kubeconfig='{}' --context=test", kubeconfig.to_str().unwrap().replace('\'', r"'\''"));
    let text = plan(&platform, &[&cluster[..], &["--to", "v1.70.9"]].concat(), 0);
    assert!(text.contains(&format!("next: dhctl update approve {flags} v1.70.9\n")), "{text}");
    let json: Value =
        serde_json::from_str(&plan(&platform, &[&cluster[..], &["--output", "json"]].concat(), 7)).unwrap();
    assert_eq!(json["result"]["next"], format!("dhctl update approve {flags} v1.70.9"));
    platform.merge(
        "ModuleConfig",
        "deckhouse",
        json!({ "spec": { "settings": { "releaseChannel": null } } }),
    );
    let doctor = platform.update(&[&["doctor", "--no-registry"], &cluster[..]].concat()).expect(7).stdout;
    assert!(
        doctor.contains(&format!(": kubectl {flags} get moduleconfig deckhouse -o jsonpath=")),
        "{doctor}"
    );
    assert!(doctor.contains(&format!("dhctl update prepare {flags} --channel NAME")), "{doctor}");
}

#[test]
fn several_clusters_each_with_its_plan() {
    let platform = platform();
    let path = platform.folder.path().join("two");
    let two = testkit::kube::Kubeconfig::new().context("here", &platform.server, "admin");
    let two = two.context_at("away", "https://127.0.0.1:1", platform.server.ca_pem(), "token");
    two.write(&path).unwrap();
    let with = |more: &[&str]| {
        let words = ["--kubeconfig", path.to_str().unwrap(), "--context", "here", "--context", "away"];
        platform.update(&[&PLAN[..], &words, more].concat())
    };
    let run = with(&[]).expect(5);
    assert!(run.stdout.starts_with("cluster         here at https://"), "{}", run.stdout);
    assert!(run.stdout.contains("\ncluster         away\nerror: "), "{}", run.stdout);
    assert!(run.stderr.contains("error: no report for away"), "{}", run.stderr);
    let json = with(&["--output", "json"]).expect(5).json();
    assert_eq!(json["result"][0]["context"], "here");
    assert!(json["result"][0]["steps"].is_array() && json["result"][1]["error"].is_object(), "{json}");
    let yaml = with(&["--output", "yaml"]).expect(2);
    assert!(
        yaml.stderr.contains("--output yaml needs exactly one cluster: give --context once"),
        "{}",
        yaml.stderr
    );
}

#[test]
fn helm_releases_are_read_only_on_request() {
    let platform = platform();
    let manifest = "---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: front\n";
    let record = json!({ "name": "front", "version": 1, "manifest": manifest }).to_string();
    platform.put(&[json!({
        "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
        "metadata": {
            "name": "sh.helm.release.v1.front.v1", "namespace": "default",
            "labels": { "owner": "helm", "name": "front", "status": "deployed" },
        },
        "stringData": { "release": STANDARD.encode(gzip(record.as_bytes())) },
    })]);
    let line = "PodDisruptionBudget/front, from Helm release default/front: policy/v1beta1 PodDisruptionBudget, removed in \
                Kubernetes 1.25; use policy/v1";
    assert!(!plan(&platform, &["--to", "v1.71.4"], 0).contains("Helm"));
    let text = plan(&platform, &["--to", "v1.71.4", "--helm"], 0);
    assert!(text.contains(line), "{text}");

    platform.grant_printed(&["--read-only", "--queues", "--secrets"]);
    let words = [&PLAN[..], &["--to", "v1.71.4", "--helm"]].concat();
    let text = platform.as_alice(&words).expect(0).stdout;
    assert!(text.contains("Helm releases: no permission"), "{text}");
    assert_eq!(
        text.matches("no permission").count(),
        1,
        "the printed rights are enough for the rest: {text}"
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
