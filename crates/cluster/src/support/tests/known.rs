//! What is known to be a secret is masked wherever it occurs, and nothing else is.

use egress::Secret;
use serde_json::{Value, json};

use super::{super::Collection, Content, finished};
use crate::{
    ClusterState, Reading,
    objects::{ModuleConfig, RegistryLogin, RegistrySettings},
};

#[test]
fn of_a_webhook_only_the_host_is_in_a_collection() {
    let url = "https://u:canary-00-x@hooks.corp:8443/T00000000/canary-01-xxxxxxxx?a=b&key=canary-02-xxxxxxxx";
    let refused = format!("cannot notify: Post \"{url}\": refused");
    let config = json!({ "kind": "ModuleConfig", "spec": { "settings": { "update": {
        "notification": { "webhook": url }, "hook": { "slackWebhook": { "address": ["https://a.corp/canary-03-x"] } },
    } } } });
    let others = json!({ "items": [
        { "kind": "DeckhouseRelease", "status": { "message": refused.replace(url, "https://b.corp/canary-04-x") } },
        { "kind": "Event", "involvedObject": { "kind": "ModuleRelease" }, "message": "Get https://c.corp/canary-05-x" },
        { "env": [{ "name": "WEBHOOK_URL", "value": "https://d.corp/canary-06-x" }] },
        { "args": ["--webhook", "https://e.corp/canary-07-x"] },
        { "kind": "DeckhouseRelease" },
    ] });
    // As Go writes it: without the password, in JSON, or only a part of it.
    let log = format!(
        "{refused}\n{}\n{}\npath /T00000000/canary-01-xxxxxxxx\nkey canary-02-xxxxxxxx\na.corp/canary-03-x\n",
        url.replace("canary-00-x", "***"),
        url.replace('&', r"\u0026"),
    );
    let log = || ("logs/a.log", Content::Text(log.clone()));
    let known = finished(vec![("a.json", Content::Json(config)), ("b.json", Content::Json(others)), log()]);
    // The objects could not be read once more.
    let mut collection = Collection::default();
    collection.masker.know_webhook(url);
    collection.masker.know_webhook("https://a.corp/canary-03-x");
    collection.add(log().0, log().1);
    collection.leave_out("moduleconfigs", refused.clone());
    let parts = collection.finish();
    let unread = String::from_utf8(parts.files[0].bytes.clone()).unwrap() + &parts.left_out[0].why;
    for text in [&known, &unread] {
        assert!(!text.contains("canary") && !text.contains("T00000000"), "{text}");
        assert!(text.contains("cannot notify: Post \"https://***@hooks.corp:8443\": refused"), "{text}");
    }
    assert!(known.contains("\"webhook\": \"https://hooks.corp:8443\""), "{known}");
    for host in ["a", "b", "c", "d", "e"] {
        assert!(known.contains(&format!("https://{host}.corp")), "{host}: {known}");
    }
}

#[test]
fn a_secret_of_letters_is_looked_for_if_it_is_certain() {
    let login = r#"{"auths":{"reg.corp":{"username":"u","password":"canarybird"}}}"#;
    let login = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, login);
    let text = "as canaryname, canarybird or ordinary: Y2FuYXJ5bmFtZQ==\n";
    let mut collection = Collection::default();
    collection.know_certain("canaryname");
    collection.know_certain("short");
    collection.add("a.json", Content::Json(json!({ "dockerCfg": login, "password": "ordinary" })));
    collection.add("b.log", Content::Text(format!("{text}short\n")));
    let parts = collection.finish();
    assert_eq!(parts.files[1].bytes, b"as ***, *** or ordinary: ***\nshort\n");
}

#[test]
fn a_report_about_the_license_is_kept_and_a_license_key_is_not() {
    let report = json!({
        "state": "Warning", "reason": "ExpiringSoon", "validUntil": "2026-12-10T00:00:00Z", "key": "main",
        "rejected": "token=canary-01-x", "registrationRequest": "canary-02-x",
    });
    let unknown = json!({ "unknown": "no permission" });
    let files = json!({
        "license": report, "a": { "license": unknown }, "at": "2026-12-10T00:00:00Z",
        "b": { "license": "canary-03-x", "licenseKey": "canary-04-x" }, "c": { "license": { "key": "canary-05-x" } },
    });
    let text = finished(vec![("status.json", Content::Json(files))]);
    assert!(!text.contains("canary"), "{text}");
    let shown: Value = serde_json::from_str(&text).unwrap();
    for field in ["state", "reason", "validUntil", "key"] {
        assert_eq!(shown["license"][field], report[field], "{text}");
    }
    assert_eq!((&shown["a"]["license"], &shown["at"]), (&unknown, &report["validUntil"]));
}

#[test]
fn the_secrets_of_a_state_are_known_before_anything_is_read() {
    let registry = RegistrySettings {
        login: Some(RegistryLogin { username: "puller".to_owned(), password: Secret::new("canarybird") }),
        ..RegistrySettings::default()
    };
    let config = ModuleConfig {
        name: "deckhouse".to_owned(),
        settings: json!({ "update": { "notification": { "webhook": "https://hooks.corp/canary-01-x" } } }),
        ..ModuleConfig::default()
    };
    let state = ClusterState {
        registry: Reading::Known(registry),
        module_configs: Reading::Known(vec![config]),
        ..ClusterState::default()
    };
    let mut collection = Collection::knowing(&state);
    // The base64 of the login, as container runtimes have it.
    let log = "canarybird cHVsbGVyOmNhbmFyeWJpcmQ= Post https://hooks.corp/canary-01-x\n";
    collection.add_log("a.log", log);
    assert_eq!(collection.finish().files[0].bytes, b"*** *** Post https://hooks.corp\n");
}
