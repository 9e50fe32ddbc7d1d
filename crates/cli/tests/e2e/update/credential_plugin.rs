//! A kubeconfig whose login is a program's: when it gives none, that is a refused login and not a wrong request.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};

use super::platform::Platform;

/// A kubeconfig with this user.
fn kubeconfig(platform: &Platform, user: &Value) -> String {
    let cluster = json!({ "server": platform.server.url(), "insecure-skip-tls-verify": true });
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{ "name": "c", "cluster": cluster }],
        "users": [{ "name": "u", "user": user }],
        "contexts": [{ "name": "test", "context": { "cluster": "c", "user": "u" } }],
    });
    let path = platform.folder.path().join("kubeconfig");
    fs::write(&path, config.to_string()).unwrap();
    path.display().to_string()
}

#[test]
fn a_plugin_that_fails_is_a_refused_login() {
    let platform = Platform::running("v1.70.1", &json!({}));
    let plugin = platform.folder.path().join("get-token");
    fs::write(&plugin, "#!/bin/sh\necho hunter2; echo 'hunter2 is no session' >&2; exit 3\n").unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    let plugin = plugin.display().to_string();
    let exec = |command: &str| {
        json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable",
            "command": command, "args": ["--password", "hunter2"],
        } })
    };
    let fails = kubeconfig(&platform, &exec(&plugin));
    for words in [
        &["status"][..],
        &["plan"],
        &["doctor", "--no-registry"],
        &["prepare", "--yes"],
        &["approve", "v1.71.4", "--yes"],
        &["kernel", "--node-group", "master", "--version", "6.1.0-18-amd64", "--yes"],
        &["watch"],
        &["run", "--yes"],
    ] {
        let run = platform.update(&[words, &["--kubeconfig", &fails]].concat()).expect(4);
        let message =
            format!("error: context test: the credential plugin {plugin} failed (exit status: 3)\n");
        assert!(run.stderr.starts_with(&message), "{words:?}: {}", run.stderr);
        let hint =
            format!("hint: run {plugin} by hand, with args and env of users[].user.exec in the kubeconfig");
        assert!(run.stderr.contains(&hint), "{words:?}: {}", run.stderr);
        assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"), "{run:?}");
    }
    let absent = kubeconfig(&platform, &exec("no-such-plugin"));
    let run = platform.update(&["status", "--kubeconfig", &absent]).expect(4);
    assert!(
        run.stderr.contains("the credential plugin no-such-plugin cannot be started: No such file"),
        "{run:?}"
    );
    assert!(
        run.stderr.contains("hint: install no-such-plugin, or correct users[].user.exec.command"),
        "{run:?}"
    );

    // The kubeconfig itself is wrong.
    for user in
        [json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1" } }), json!({ "exec": "x" })]
    {
        let malformed = kubeconfig(&platform, &user);
        platform.update(&["status", "--kubeconfig", &malformed]).expect(2);
    }
}
