//! `dhctl update support-bundle`: no planted secret is in the archive, and everything else is.

use std::{collections::BTreeMap, fs, io::Read as _, os::unix::fs::PermissionsExt as _, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::platform::{Platform, pod, release};

const API: &str = "deckhouse.io/v1alpha1";

/// A cluster with a secret in each place that is read, and in some that must not be. Each contains `canary`.
fn planted() -> Platform {
    let settings = json!({
        "releaseChannel": "Stable", "update": { "mode": "Manual", "notification": {
            "webhook": "https://u:canary-00-x@hooks.corp/canary-15-x", "auth": { "bearerToken": "canary-01-x" },
        } },
    });
    let platform = Platform::running("v1.70.1", &settings);
    let login =
        json!({ "auths": { "reg.corp": { "username": "puller", "password": "canary-02-x" } } }).to_string();
    let applied = json!({ "spec": { "registry": { "dockerCfg": "canary-03-x" } } }).to_string();
    let mut next = release("v1.71.4", "Pending");
    next["status"]["message"] = json!("GET https://u:canary-04-x@reg.corp/v2/ failed");
    let mut pod = pod("registry.example.com/dkp/ee:v1.70.1");
    pod["metadata"]["name"] = json!("deckhouse-1");
    pod["metadata"]["labels"] = json!({ "app": "deckhouse" });
    pod["spec"]["containers"][0]["env"] = json!([{ "name": "DB_PASSWORD", "value": "canary-05-x" }]);
    pod["spec"]["containers"][0]["args"] = json!(["--token=canary-06-x"]);
    pod["status"]["containerStatuses"] = json!([{
        "name": "deckhouse", "image": "registry.example.com/dkp/ee:v1.70.1", "imageID": "", "ready": true,
        "restartCount": 2, "state": { "running": {} },
    }]);
    platform.put(&[
        release("v1.70.1", "Deployed"),
        next,
        pod,
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "deckhouse-registry", "namespace": "d8-system" },
            "stringData": { ".dockerconfigjson": login, "address": "reg.corp", "path": "/dkp/ee", "scheme": "https" },
        }),
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "other", "namespace": "d8-system" },
            "stringData": { "whatever": "canary-07-x" },
        }),
        json!({
            "apiVersion": API, "kind": "ModuleSource", "metadata": {
                "name": "deckhouse",
                "annotations": { "kubectl.kubernetes.io/last-applied-configuration": applied },
            },
            "spec": { "registry": { "repo": "reg.corp/dkp/ee/modules", "dockerCfg": BASE64_STANDARD.encode(&login) } },
        }),
        json!({
            "apiVersion": API, "kind": "ModuleConfig", "metadata": { "name": "user-authn" },
            "spec": { "version": 1, "settings": { "provider": { "clientSecret": "canary-08-x" }, "licenseKey": "canary-09-x" } },
        }),
        json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "name": "e1", "namespace": "d8-system" },
            "involvedObject": { "kind": "Pod", "name": "deckhouse-0", "namespace": "d8-system" },
            "reason": "Failed", "message": "pull with password=canary-10-x failed",
        }),
        json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "name": "e2", "namespace": "default" },
            "involvedObject": { "kind": "Pod", "name": "shop-0", "namespace": "default" },
            "reason": "Failed", "message": "canary-11-x of somebody's workload",
        }),
    ]);
    platform.kubelet.set_log(
        "deckhouse-1",
        "{\"level\":\"error\",\"msg\":\"login puller canary-02-x refused\",\"password\":\"canary-12-x\"}\n\
         Authorization: Bearer canary-13-x\nthe module prometheus is ready\n",
    );
    platform
}

/// The files of an archive, by their paths.
#[expect(clippy::disallowed_methods, reason = "the archive is small, and in memory or a file of the test")]
fn files(path: &Path) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(path).unwrap()));
    let text = |mut entry: tar::Entry<'_, flate2::read::GzDecoder<fs::File>>| {
        let path = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (path.strip_prefix("dhctl-support-bundle/").unwrap().to_owned(), text)
    };
    archive.entries().unwrap().map(|entry| text(entry.unwrap())).collect()
}

#[test]
fn a_bundle_has_what_support_asks_for_and_no_secret() {
    let platform = planted();
    let own = platform.folder.path().join("own.log");
    fs::write(&own, "pulled with token=canary-14-x\n").unwrap();
    let path = platform.folder.path().join("support.tar.gz");
    let words = ["support-bundle", "--out", path.to_str().unwrap(), "--dhctl-log", own.to_str().unwrap()];

    // Nobody can be asked.
    let run = platform.update(&words).expect(2);
    assert!(run.stderr.contains("logs/d8-system/deckhouse-1/deckhouse.previous.log\n"), "{}", run.stderr);
    let run = platform.update(&["support-bundle", "--dry-run"]).expect(0);
    assert!(run.stdout.contains("objects/modulesources.deckhouse.io.json\n"), "{}", run.stdout);
    assert!(run.stdout.ends_with("nothing was written (--dry-run)\n"), "{}", run.stdout);
    assert!(!path.exists());

    let run = platform.update(&[&words[..], &["--yes", "--output", "json"]].concat()).expect(0);
    let result = &run.json()["result"];
    assert_eq!(result["file"], path.to_str().unwrap());
    // The stand-in of the kubelet does not answer about the converge.
    let left_out = result["leftOut"].as_array().unwrap();
    assert!(left_out.len() == 1 && left_out[0]["what"] == "the converge status", "{result}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let files = files(&path);
    for (path, text) in &files {
        assert!(!text.contains("canary") && !text.contains("Y2FuYXJ5"), "{path}: {text}");
        assert!(!text.contains("\"kind\": \"Secret\""), "{path}: {text}");
    }
    for (path, text) in [
        ("README.txt", "Secrets are replaced by ***"),
        ("objects/modulesources.deckhouse.io.json", "reg.corp/dkp/ee/modules"),
        ("objects/moduleconfigs.deckhouse.io.json", "\"clientSecret\": \"***\""),
        ("objects/deckhousereleases.deckhouse.io.json", "GET https://reg.corp failed"),
        ("objects/d8-system/pods.json", "DB_PASSWORD"),
        ("objects/d8-system/events.json", "pull with password=*** failed"),
        ("objects/nodes.json", "master-0"),
        ("objects/kube-system/cronjobs.batch.json", "\"items\": []"),
        ("logs/d8-system/deckhouse-1/deckhouse.log", "the module prometheus is ready\n"),
        ("logs/d8-system/deckhouse-1/deckhouse.previous.log", "login puller *** refused"),
        ("state/queue.json", "\"tasks\": 0"),
        ("status.json", "\"idleAndHealthy\""),
        ("doctor.json", "\"verdict\""),
        ("dhctl-1.log", "pulled with token=***\n"),
    ] {
        assert!(files.get(path).is_some_and(|it| it.contains(text)), "{path} without {text}: {files:#?}");
    }
    let contents: Value = serde_json::from_str(&files["contents.json"]).unwrap();
    assert_eq!(
        (&contents["apiVersion"], &contents["kind"]),
        (&json!("dhctl.deckhouse.io/v1"), &json!("SupportBundle"))
    );
    let listed = contents["files"].as_array().unwrap();
    assert_eq!(listed.len(), files.len() - 2, "all but the list itself and the README");
    for file in listed {
        assert_eq!(json!(files[file["path"].as_str().unwrap()].len()), file["size"], "{file}");
    }

    // Never over another file, and nothing else is left behind.
    let before = fs::read(&path).unwrap();
    let run = platform.update(&[&words[..], &["--yes"]].concat()).expect(6);
    assert!(run.stderr.contains("this file exists"), "{}", run.stderr);
    assert_eq!(fs::read(&path).unwrap(), before);
    let names: Vec<_> =
        fs::read_dir(platform.folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with(".tmp")), "{names:?}");
}

#[test]
fn what_cannot_be_read_is_listed_and_does_not_fail_the_bundle() {
    let platform = planted();
    platform.grant_printed(&["--read-only"]);
    platform.kubelet.down();
    let path = platform.folder.path().join("support.tar.gz");
    let run = platform.as_alice(&["support-bundle", "--out", path.to_str().unwrap(), "--yes"]).expect(0);
    for line in [
        "left out     the task queues: no permission: exec in the platform's pod",
        "left out     logs/d8-system/deckhouse-1/deckhouse.log: ",
    ] {
        assert!(run.stderr.contains(line), "{}", run.stderr);
    }
    let files = files(&path);
    let contents: Value = serde_json::from_str(&files["contents.json"]).unwrap();
    assert!(contents["leftOut"].as_array().is_some_and(|it| it.len() >= 3), "{contents}");
    assert!(files.values().all(|text| !text.contains("canary")), "{files:#?}");

    let nobody = platform.server.kubeconfig("bob").unwrap();
    let other = platform.folder.path().join("other.tar.gz");
    let run = platform.update(&[
        "support-bundle",
        "--kubeconfig",
        nobody.to_str().unwrap(),
        "--out",
        other.to_str().unwrap(),
        "--yes",
    ]);
    let run = run.expect(4);
    assert!(run.stderr.contains("cannot read anything") && !other.exists(), "{}", run.stderr);
}
