//! Which crate may depend on which, checked against what cargo reports.

use std::{collections::BTreeMap, process::Command};

/// Every crate with all that it may depend on at run time. Tests may use `testkit` and `fuzzing` besides.
const ALLOWED: [(&str, &[&str]); 17] = [
    ("fuzzing", &[]),
    ("foreign-text", &[]),
    ("gost-hash", &[]),
    ("commands", &["foreign-text"]),
    ("oci", &[]),
    ("problems", &["commands", "foreign-text"]),
    ("egress", &["commands", "foreign-text"]),
    ("registry", &["oci", "egress", "foreign-text"]),
    ("registry-admin", &["egress", "foreign-text"]),
    ("registry-server", &["oci", "registry"]),
    ("bundle", &["oci", "foreign-text", "gost-hash"]),
    ("deckhouse", &["oci", "commands"]),
    ("mirror", &["oci", "registry", "bundle", "deckhouse", "foreign-text"]),
    ("cluster", &["oci", "egress", "deckhouse", "commands", "foreign-text", "problems"]),
    (
        "cli",
        &[
            "oci",
            "egress",
            "registry",
            "registry-admin",
            "bundle",
            "deckhouse",
            "mirror",
            "cluster",
            "commands",
            "foreign-text",
            "problems",
        ],
    ),
    ("testkit", &["oci", "egress", "registry-server", "bundle"]),
    (
        "xtask",
        &[
            "cli",
            "testkit",
            "oci",
            "egress",
            "registry-server",
            "bundle",
            "deckhouse",
            "mirror",
            "cluster",
            "commands",
        ],
    ),
];

#[test]
fn crates_depend_in_one_direction() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into();
    let names: Vec<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), ALLOWED.len(), "a crate is missing from the table: {names:?}");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let allowed = allowed.get(name).unwrap_or_else(|| panic!("{name} is not in the table"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = dependency["name"].as_str().unwrap();
            let for_tests =
                dependency["kind"] == "dev" && (["testkit", "fuzzing"].contains(&other) || name != "oci");
            if names.contains(&other) && !for_tests {
                assert!(allowed.contains(&other), "{name} must not depend on {other}");
            }
        }
    }
}
