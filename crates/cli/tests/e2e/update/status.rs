//! `dhctl update status` and `dhctl update rbac`: one screen, read with exactly the printed rights.

use serde_json::{Value, json};
use testkit::kube::{Answer, wait};

use super::platform::{Platform, release};

const API: &str = "deckhouse.io/v1alpha1";

/// A cluster in the middle of its life: something waits, something is wrong, and most is as it should be.
fn platform() -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.70.1", &settings);
    let mut next = release("v1.71.4", "Pending");
    next["status"]["message"] =
        json!("Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation");
    let mut twin = release("v1-70-1", "Superseded");
    twin["spec"]["version"] = json!("v1.70.1");
    platform.put(&[
        release("v1.70.1", "Deployed"),
        next,
        release("v1.72.0", "Pending"),
        twin,
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
            "metadata": { "name": "deckhouse-registry", "namespace": "d8-system" },
            "stringData": {
                ".dockerconfigjson": r#"{"auths":{"reg.corp:5000":{"username":"puller","password":"hunter2"}}}"#,
                "address": "reg.corp:5000", "path": "/dkp/ee", "scheme": "https",
            },
        }),
        json!({
            "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "master" },
            "spec": { "nodeType": "Static" }, "status": { "nodes": 1, "ready": 1, "upToDate": 1 },
        }),
        json!({
            "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "worker" },
            "spec": { "nodeType": "Static" }, "status": { "nodes": 3, "ready": 3, "upToDate": 1 },
        }),
        alert("a1", "DeckhouseReleaseIsWaitingManualApproval", 9),
        alert("a2", "D8DeckhouseConfigInvalid", 5),
        module("prometheus", "True"),
        module("ingress-nginx", "False"),
        json!({
            "apiVersion": API, "kind": "ModuleSource", "metadata": { "name": "deckhouse" },
            "spec": { "registry": { "repo": "reg.corp:5000/dkp/ee/modules" } },
            "status": { "syncTime": "2026-01-02T03:04:05Z", "modules": [
                { "name": "console", "version": "v1.2.3" }, { "name": "stronghold", "pullError": "401" },
            ] },
        }),
    ]);
    platform
}

fn alert(id: &str, name: &str, severity: u8) -> Value {
    json!({
        "apiVersion": API, "kind": "ClusterAlert", "metadata": { "name": id },
        "alert": { "name": name, "severityLevel": severity, "labels": {}, "summary": format!("{name} fires") },
        "status": { "alertStatus": "firing", "startsAt": "2026-01-02T03:04:05Z" },
    })
}

fn module(name: &str, ready: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "Module", "metadata": { "name": name },
        "properties": { "source": "Embedded" },
        "status": { "phase": "Reconciling", "conditions": [
            { "type": "EnabledByModuleManager", "status": "True" },
            { "type": "IsReady", "status": ready, "message": "" },
        ] },
    })
}

#[test]
fn terminal_control_characters_are_not_printed() {
    let platform = Platform::running("v1.70.1", &json!({ "releaseChannel": "Stable" }));
    let mut next = release("v1.71.4", "Pending");
    next["status"]["message"] = json!("no space\u{1b}[2J left");
    platform.put(&[next]);
    platform.grant_printed(&["--read-only"]);
    let shown = platform.as_alice(&["status"]).expect(0).stdout;
    assert!(shown.contains("no space\u{fffd}[2J left") && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn the_printed_permissions_suffice_for_status() {
    let platform = platform();
    platform.grant_printed(&["--read-only", "--queues", "--secrets"]);
    let run = platform.as_alice(&["status"]).expect(0);
    assert!(!run.stderr.contains("note:"), "{}", run.stderr);
    let text = run.stdout.replace(platform.server.url(), "https://SERVER");
    assert!(!text.contains("unknown: ") && !text.contains("hunter2"), "{text}");
    insta::assert_snapshot!(text);

    let json: Value =
        serde_json::from_str(&platform.as_alice(&["status", "--output", "json"]).expect(0).stdout).unwrap();
    assert_eq!(json["command"], "update status");
    assert_eq!(json["result"]["releases"]["waiting"][0]["next"], true);
    assert_eq!(json["result"]["platform"]["movingTag"], false);
}

#[test]
fn a_read_only_account_gets_one_note_about_missing_sources() {
    let platform = platform();
    platform.grant_printed(&["--read-only"]);
    let note = "note: this account cannot read the task queues, ClusterConfiguration, the registry's address and login; \
                `dhctl update rbac --read-only --queues --secrets --user NAME` prints the missing permissions\n";
    for (words, said) in [
        (&["status"][..], "queue           unknown: no permission: exec in the platform's pod"),
        (
            &["status"],
            "registry        unknown: no permission: get of the Secret d8-system/deckhouse-registry",
        ),
        (&["plan"], "v1.70.1 is deployed"),
        (&["doctor", "--no-registry", "--verbose"], "task queues: no permission: exec"),
    ] {
        let run = platform.as_alice(words);
        assert!(run.stdout.contains(said), "{words:?}: {}", run.stdout);
        assert_eq!(run.stderr.matches(note).count(), 1, "{words:?}: {}", run.stderr);
        assert!(!run.stdout.contains("update rbac"), "{words:?}: {}", run.stdout);
    }
    let kubeconfig = platform.folder.path().join("twice");
    testkit::kube::Kubeconfig::new()
        .context("one", &platform.server, "alice")
        .context("two", &platform.server, "alice")
        .write(&kubeconfig)
        .unwrap();
    let words =
        ["status", "--kubeconfig", kubeconfig.to_str().unwrap(), "--context", "one", "--context", "two"];
    let run = platform.update(&words).expect(0);
    assert_eq!(run.stderr.matches("update rbac").count(), 1, "{}", run.stderr);
}

#[test]
fn permitted_sources_are_not_reported_as_missing_permissions() {
    let platform = platform();
    let run = platform.as_alice(&["status"]).expect(4);
    assert!(run.stdout.contains("releases        unknown: no permission: "), "{}", run.stdout);
    assert!(!run.stdout.contains("v1.71.4"), "{}", run.stdout);
    assert!(
        run.stderr.starts_with("error: cannot read anything that the report needs: no permission: ")
            && run
                .stderr
                .ends_with("hint: ask a cluster administrator to apply the permissions that this command prints: dhctl update rbac --user alice\n"),
        "{}",
        run.stderr
    );
    let json = platform.as_alice(&["status", "--output", "json"]).expect(4).json();
    assert!(json["result"]["nodeGroups"]["unknown"].as_str().unwrap().starts_with("no permission"), "{json}");

    let path = platform.folder.path().join("three");
    testkit::kube::Kubeconfig::new()
        .context("mine", &platform.server, "admin")
        .context("refused", &platform.server, "alice")
        .context_at("away", "https://127.0.0.1:1", platform.server.ca_pem(), "token")
        .write(&path)
        .unwrap();
    let three =
        ["status", "--kubeconfig", path.to_str().unwrap(), "--context", "mine", "--context", "refused"];
    let run = platform.update(&three).expect(4);
    assert!(run.stdout.contains("v1.70.1 is deployed"), "{}", run.stdout);
    assert!(run.stderr.contains("error: refused: cannot read anything"), "{}", run.stderr);
    let run = platform.update(&[&three[..], &["--context", "away"]].concat()).expect(4);
    assert!(run.stderr.contains("no report for away; refused: cannot read"), "{}", run.stderr);

    // One source that may be read makes it a report.
    let right = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": "nodes" },
        "rules": [{ "apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list"] }],
    });
    let given = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": { "name": "nodes" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice" }],
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "nodes" },
    });
    platform.put(&[right, given]);
    platform.until_alice_may("list", "", "nodes", None);
    let partly = platform.as_alice(&["status"]).expect(0).stdout;
    assert!(
        partly.contains("control plane   master-0") && partly.contains("unknown: no permission"),
        "{partly}"
    );
}

#[test]
fn missing_objects_are_unknown_with_the_reason() {
    let platform = platform();
    let admin = platform.server.admin().unwrap();
    wait(async move { admin.remove_definition("clusteralerts").await.unwrap() });
    platform.kubelet.on("queue", Answer::fails(7, "curl: (7) Failed to connect"));
    platform.kubelet.on("deckhouse-controller", Answer::prints("Summary:\n  No queues.\n"));
    let text = platform.update(&["status"]).expect(0).stdout;
    assert!(
        text.contains("alerts          unknown: the API server does not serve the resource clusteralerts\n"),
        "{text}"
    );
    assert!(text.contains("queue           unknown: the controller has no queues yet\n"), "{text}");
}

/// A kubeconfig with this cluster and one that cannot be reached.
fn here_and_away(platform: &Platform) -> std::path::PathBuf {
    let path = platform.folder.path().join("here-and-away");
    testkit::kube::Kubeconfig::new()
        .context("here", &platform.server, "admin")
        .context_at("away", "https://127.0.0.1:1", platform.server.ca_pem(), "token")
        .write(&path)
        .unwrap();
    path
}

#[test]
fn several_clusters_with_one_unavailable() {
    let platform = platform();
    let path = here_and_away(&platform);
    let kubeconfig = path.to_str().unwrap();
    let words = ["status", "--kubeconfig", kubeconfig, "--context", "away", "--context", "here"];
    let run = platform.update(&words).expect(5);
    assert!(run.stdout.contains("v1.70.1 is deployed"), "{}", run.stdout);
    assert!(run.stdout.contains("connection refused") || run.stdout.contains("refused"), "{}", run.stdout);
    assert!(run.stderr.contains("no report for away"), "{}", run.stderr);
    let json = platform.update(&[&words[..], &["--output", "json"]].concat()).expect(5).json();
    assert_eq!(
        (&json["result"][0]["context"], &json["result"][1]["context"]),
        (&json!("away"), &json!("here"))
    );
    assert_eq!(
        (&json["result"][0]["error"]["kind"], &json["result"][1]["error"]),
        (&json!("network"), &Value::Null)
    );

    let doctor = |words: &[&str]| {
        platform.update(&[&["doctor", "--no-registry", "--kubeconfig", kubeconfig], words].concat())
    };
    // The cluster here has an alert that blocks; the one that is away weighs more.
    let run = doctor(&["--context", "here", "--context", "away"]).expect(5);
    let (here, away) = (
        run.stdout.find("cluster         here at https://"),
        run.stdout.find("cluster         away\nerror: "),
    );
    assert!(here.is_some() && here < away, "{}", run.stdout);
    assert!(
        run.stdout.contains("BLOCKS: ClusterAlert/a2 is firing: D8DeckhouseConfigInvalid"),
        "{}",
        run.stdout
    );
    let both = doctor(&["--context", "here", "--context", "here", "--output", "json"]).expect(7);
    assert!(
        both.stderr.contains("error: here: something blocks the update; here: something blocks the update"),
        "{}",
        both.stderr
    );
    assert_eq!(both.json()["result"][1]["verdict"], "blocked");

    for words in [&["prepare", "--yes"][..], &["approve", "v1.71.4", "--yes"], &["run", "--yes"], &["watch"]]
    {
        let two = ["--kubeconfig", kubeconfig, "--context", "here", "--context", "away"];
        let run = platform.update(&[words, &two].concat()).expect(2);
        assert!(run.stderr.contains("'--context <NAME>' cannot be used multiple times"), "{}", run.stderr);
    }
    let wrong = platform.update(&["status", "--kubeconfig", kubeconfig, "--context", "nowhere"]).expect(2);
    assert!(wrong.stderr.contains("available contexts: here, away"), "{}", wrong.stderr);
}

/// A cluster in which nothing is running and nothing is wrong; a release waits for its approval.
fn idle() -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.70.1", &settings);
    let mut next = release("v1.71.4", "Pending");
    next["status"]["message"] =
        json!("Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation");
    platform.put(&[release("v1.70.1", "Deployed"), next, module("prometheus", "True")]);
    platform
}

#[test]
fn the_exit_code_for_monitoring() {
    let platform = idle();
    let path = platform.folder.path().join("contexts");
    testkit::kube::Kubeconfig::new()
        .context("here", &platform.server, "admin")
        .context("there", &platform.server, "admin")
        .context_at("away", "https://127.0.0.1:1", platform.server.ca_pem(), "token")
        .write(&path)
        .unwrap();
    let status = |contexts: &[&str], flags: &[&str]| {
        let contexts: Vec<&str> = contexts.iter().flat_map(|name| ["--context", name]).collect();
        platform.update(
            &[&["status", "--exit-code", "--kubeconfig", path.to_str().unwrap()], &contexts[..], flags]
                .concat(),
        )
    };
    let run = status(&["here", "there"], &[]).expect(0);
    assert_eq!(run.stderr, "");
    let json = status(&["here"], &["--output", "json"]).expect(0).json();
    assert_eq!(json["result"]["health"], json!({ "idleAndHealthy": true, "reasons": [] }));
    status(&["here", "away"], &[]).expect(5);

    platform.queue(3);
    let run = status(&["here"], &[]).expect(7);
    assert_eq!(
        run.stderr,
        "error: the cluster is not idle or not healthy: Queue/main has 3 tasks; the first one is ModuleRun:main:prometheus:doStartup\n"
    );
    let json = status(&["here"], &["--output", "json"]).expect(7).json();
    assert_eq!(json["result"]["health"]["reasons"][0]["kind"], "running", "{json}");
    assert_eq!(json["result"]["health"]["reasons"][0]["object"], "Queue/main", "{json}");
    let run = status(&["here", "there"], &[]).expect(7);
    assert!(
        run.stderr.starts_with("error: here: the cluster is not idle or not healthy: ")
            && run.stderr.contains("; there: the cluster "),
        "{}",
        run.stderr
    );

    platform.queue(0);
    platform.put(&[alert("a2", "D8DeckhouseConfigInvalid", 5)]);
    let run = status(&["here"], &[]).expect(7);
    assert!(
        run.stderr.starts_with("error: something blocks the update: ClusterAlert/a2 is firing")
            && run.stderr.lines().count() == 1,
        "{}",
        run.stderr
    );
    // Without the flag, as before.
    platform.update(&["status"]).expect(0);
}

#[test]
fn a_source_that_cannot_be_read_is_not_healthy() {
    let platform = idle();
    platform.grant_printed(&["--read-only"]);
    let run = platform.as_alice(&["status", "--exit-code"]).expect(7);
    assert!(
        run.stderr.contains(
            "\nerror: cannot determine whether the cluster is idle and healthy: the queues and the \
             converge status cannot be read: no permission: exec in the platform's pod"
        ),
        "{}",
        run.stderr
    );
    platform.grant_printed(&["--read-only", "--queues"]);
    platform.as_alice(&["status", "--exit-code"]).expect(0);
}

#[test]
fn metrics_for_prometheus() {
    let platform = platform();
    let path = here_and_away(&platform);
    let kubeconfig = path.to_str().unwrap();
    let metrics = ["status", "--output", "prometheus", "--kubeconfig", kubeconfig];
    let run = platform.update(&[&metrics[..], &["--context", "here"]].concat()).expect(0);
    let time = run.stdout.lines().find(|it| it.starts_with("dhctl_last_read_timestamp_seconds{")).unwrap();
    let time = time.rsplit_once(' ').unwrap().1;
    insta::assert_snapshot!(
        run.stdout.replace(platform.server.url(), "https://SERVER").replace(time, "TIME")
    );

    // One text for both, and the cluster that is away is in it.
    let both = [&metrics[..], &["--context", "here", "--context", "away"]].concat();
    let run = platform.update(&both).expect(5);
    assert_eq!(run.stdout.matches("# TYPE dhctl_cluster_up gauge\n").count(), 1, "{}", run.stdout);
    for line in ["dhctl_cluster_up{context=\"here\"} 1\n", "dhctl_cluster_up{context=\"away\"} 0\n"] {
        assert!(run.stdout.contains(line), "{}", run.stdout);
    }
    assert!(run.stderr.contains("error: no report for away"), "{}", run.stderr);
    let run = platform.update(&[&metrics[..], &["--context", "away"]].concat()).expect(5);
    assert!(run.stdout.contains("dhctl_cluster_up{context=\"away\"} 0\n"), "{}", run.stdout);

    // A file that a collector reads is complete at any time, and readable for it.
    let file = platform.folder.path().join("dhctl.prom");
    let out = [&both[..], &["--exit-code", "--out", file.to_str().unwrap()]].concat();
    assert_eq!(platform.update(&out).expect(5).stdout, "");
    let first = std::fs::read_to_string(&file).unwrap();
    assert!(first.ends_with('\n') && first.contains("dhctl_update_idle_and_healthy{context=\"here\"} 0\n"));
    let run = platform.update(&out).expect(6);
    assert!(run.stderr.contains("replace this one with --force"), "{}", run.stderr);
    platform.update(&[&out[..], &["--force"]].concat()).expect(5);
    let wrong = platform.update(&["status", "--out", "x"]).expect(2);
    assert!(wrong.stderr.contains("--out needs --output prometheus"), "{}", wrong.stderr);
}
