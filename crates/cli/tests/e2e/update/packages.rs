//! Packages in reports: their repositories, and applications that are not ready.

use serde_json::{Value, json};
use testkit::kube::wait;

use super::platform::{Platform, release};

const API: &str = "deckhouse.io/v1alpha1";

fn repository(name: &str, scan: &str, message: &str) -> Value {
    let phase = if scan == "True" { "Active" } else { "Error" };
    json!({
        "apiVersion": API, "kind": "PackageRepository", "metadata": { "name": name },
        "spec": {
            "scanInterval": "3m",
            "registry": { "repo": format!("registry.example.com/dkp/{name}"), "login": "u", "password": "hunter2" },
        },
        "status": {
            "phase": phase, "packagesCount": 19, "lastScanTime": "2026-09-14T10:00:00Z",
            "conditions": [{ "type": "LastScanSucceeded", "status": scan, "message": message }],
        },
    })
}

fn application(kind: &str, namespace: Option<&str>, name: &str, state: &str) -> Value {
    let mut object = json!({
        "apiVersion": API, "kind": kind, "metadata": { "name": name },
        "spec": {
            "packageName": name, "packageRepositoryName": "corp", "packageVersion": "v1.0.0",
            "settings": { "password": "hunter2" },
        },
        "status": { "summary": { "state": state, "message": format!("{name} is {state}") } },
    });
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    object
}

fn platform() -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.77.3", &settings);
    platform.put(&[release("v1.77.3", "Deployed"), release("v1.78.1", "Pending")]);
    platform.grant_printed(&["--read-only", "--queues", "--secrets"]);
    platform
}

#[test]
fn repositories_and_applications() {
    let platform = platform();
    platform.put(&[
        repository("corp", "False", "the registry denies access"),
        repository("deckhouse", "False", "the repository does not exist"),
        application("Application", Some("default"), "console", "Failed"),
        // The same name in another namespace is another application.
        application("Application", Some("d8-system"), "console", "Ready"),
        application("ClusterApplication", None, "operator", "Updating"),
    ]);
    let reports: Vec<_> =
        [&["status"][..], &["plan"], &["doctor", "--no-registry"], &["plan", "--output", "json"]]
            .into_iter()
            .map(|words| {
                let run = platform.as_alice(words);
                assert!(!run.stdout.contains("hunter2"), "{words:?}: {}", run.stdout);
                run.stdout
            })
            .collect();
    let [status, plan, doctor, json] = &reports[..] else { panic!() };
    for line in [
        "packages        corp: 19 packages from registry.example.com/dkp/corp, last scanned at 2026-09-14 10:00 UTC",
        "  the registry denies access\n",
        "applications    1 of 3 ready\n",
        "default/console: Failed: console is Failed\n",
        "operator: Updating: operator is Updating\n",
    ] {
        assert!(status.contains(line), "{line}: {status}");
    }
    for line in ["PackageRepository/deckhouse: 19 packages", "application default/console: Failed"] {
        assert!(plan.contains(line), "{line}: {plan}");
    }
    for line in [
        "slows: PackageRepository/corp cannot be scanned: the registry denies access",
        "note: PackageRepository/deckhouse cannot be scanned: the repository does not exist",
        "slows: Application/default/console is not ready: Failed, console is Failed",
        "kubectl -n default get application.deckhouse.io console -o jsonpath='{.status}'",
        "slows: ClusterApplication/operator is not ready: Updating",
    ] {
        assert!(doctor.contains(line), "{line}: {doctor}");
    }
    let json: Value = serde_json::from_str(json).unwrap();
    let packages = &json["result"]["packages"];
    assert_eq!(packages["repositories"][0]["error"], "the registry denies access", "{json:#}");
    assert_eq!(packages["repositories"][0]["used"], true);
    assert_eq!(packages["applications"]["all"], 3);

    // `watch` names what the update waits for.
    let watch = platform.as_alice(&["watch", "--settle", "1s", "--timeout", "4s"]);
    let text = watch.stdout + &watch.stderr;
    assert!(text.contains("Application/default/console"), "{text}");
}

#[test]
fn a_platform_without_packages_says_nothing_of_them() {
    let platform = platform();
    let admin = platform.server.admin().unwrap();
    wait(async move {
        for plural in ["applications", "clusterapplications", "packagerepositories"] {
            admin.remove_definition(plural).await.unwrap();
        }
    });
    for words in [&["status"][..], &["plan"], &["watch", "--settle", "1s", "--timeout", "4s"]] {
        let run = platform.as_alice(words);
        let text = run.stdout + &run.stderr;
        assert!(!text.contains("application") && !text.contains("ackageRepositor"), "{words:?}: {text}");
    }
}
