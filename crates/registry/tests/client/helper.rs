//! Credentials out of files and helpers, as other tools left them.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use registry::credentials::{CredentialPaths, lookup};

fn helper(directory: &Path, name: &str, script: &str) {
    let path = directory.join(format!("docker-credential-{name}"));
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

async fn found(paths: &CredentialPaths, host: &str, repository: &str) -> Result<Option<String>, String> {
    let found = lookup(paths, host, repository).await.map_err(|error| error.to_string())?;
    Ok(found.map(|found| format!("{}:{}", found.login, found.password.expose())))
}

#[tokio::test]
async fn files_in_order_and_helpers() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (directory.path().join("config.json"), directory.path().join("auth.json"));
    fs::write(
        &first,
        r#"{"auths":{"r:5000":{"auth":"dTpw"}},"credHelpers":{"h":"good","n":"none","b":"bad","w":"weird"}}"#,
    )
    .unwrap();
    fs::write(
        &second,
        r#"{"auths":{"r:5000/a":{"auth":"dTpw"},"n":{"auth":"dTpw"},"only/deep":{"auth":"dTpw"}}}"#,
    )
    .unwrap();
    helper(
        directory.path(),
        "good",
        r#"read -r server || true; printf '{"Username":"<token>","Secret":"of-%s"}' "$server""#,
    );
    helper(directory.path(), "none", "echo credentials not found in native keychain; exit 1");
    helper(directory.path(), "bad", "echo hunter2; echo hunter2 >&2; exit 3");
    helper(directory.path(), "weird", "echo hunter2");
    let paths = CredentialPaths {
        files: vec![directory.path().join("missing.json"), first, second],
        helper_directories: vec![directory.path().to_owned()],
    };
    for (host, repository, expected) in [
        ("r:5000", "x", Some("u:p")),
        ("h", "x", Some("<token>:of-h")),
        ("n", "x", Some("u:p")),
        ("only", "deep/er", Some("u:p")),
        ("only", "", None),
        ("r", "", None),
    ] {
        assert_eq!(
            found(&paths, host, repository).await.unwrap().as_deref(),
            expected,
            "{host}/{repository}"
        );
    }
    for (host, name) in [("b", "docker-credential-bad"), ("w", "docker-credential-weird")] {
        let error = found(&paths, host, "").await.unwrap_err();
        assert!(error.contains(name) && !error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_read_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.json");
    fs::write(&path, r#"{"auths": "hunter2""#).unwrap();
    let paths = CredentialPaths { files: vec![path.clone()], ..CredentialPaths::default() };
    let error = found(&paths, "r", "").await.unwrap_err();
    assert!(error.contains(path.to_str().unwrap()) && !error.contains("hunter2"), "{error}");
}
