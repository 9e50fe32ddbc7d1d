//! No planted secret is in what is collected.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Collection, Content, mask::is_secret, masked_text::without_forms};

/// The whole text of a collection.
fn finished(files: Vec<(&str, Content)>) -> String {
    let mut collection = Collection::default();
    for (path, content) in files {
        collection.add(path, content);
    }
    let parts = collection.finish();
    parts.files.into_iter().map(|file| String::from_utf8(file.bytes).unwrap()).collect()
}

#[test]
fn names_of_fields_with_secrets() {
    for name in [
        "password",
        "registryPassword",
        "DB_PASSWORD",
        "clientSecret",
        "dockerCfg",
        ".dockerconfigjson",
        "licenseKey",
        "api-token",
        "example.com/access_key",
        "Authorization",
        "auth",
        "tls.key",
        "X-Auth-Token",
    ] {
        assert!(is_secret(name), "{name}");
    }
    for name in [
        "secretName",
        "imagePullSecrets",
        "secretRef",
        "author",
        "key",
        "authorized",
        "path",
        "message",
        "pass_through",
        "maxTasks",
    ] {
        assert!(!is_secret(name), "{name}");
    }
}

#[test]
fn forms_of_secrets_in_texts() {
    for (text, masked) in [
        ("GET https://u:canary1@reg.example/v2/", "GET https://***@reg.example/v2/"),
        ("GET https://u:can@ary1@reg.example/v2/", "GET https://***@reg.example/v2/"),
        ("proxy user:canary1@proxy.corp:3128 refused", "proxy ***@proxy.corp:3128 refused"),
        ("Authorization: Bearer canary1x9", "Authorization: ***"),
        ("sent Bearer canary-1.x9 to it", "sent Bearer *** to it"),
        ("basic information follows", "basic information follows"),
        ("token eyJhbGciOiJSUzI1NiIs.eyJpc3MiOiJrdWJl.c2ln done", "token *** done"),
        (r#"{"password":"ca\"nary1","user":"u"}"#, r#"{"password":"***","user":"u"}"#),
        (r#"msg="{\"token\":\"canary1\",\"a\":1}""#, r#"msg="{\"token\":\"***\",\"a\":1}""#),
        ("  password: correct horse canary1\n  user: u", "  password: ***\n  user: u"),
        ("- license-key: 'canary 1'", "- license-key: '***'"),
        ("map[password:canary1 user:u]", "map[password:*** user:u]"),
        ("got tokens: [canary1 canary2] x", "got tokens: *** x"),
        ("url=https://a/b?access_token=canary1&x=y", "url=https://a/b?access_token=***&x=y"),
        ("run --registry-password canary1 --verbose", "run --registry-password *** --verbose"),
        ("a\n-----BEGIN RSA PRIVATE KEY-----\nMIIcanary1\n-----END RSA PRIVATE KEY-----\nb", "a\n***\nb"),
        (r"k: -----BEGIN PRIVATE KEY-----\ncanary1\n cut off", "k: ***"),
        ("join abcdef.0123456789abcdef now", "join *** now"),
        ("glpat-canary1canary1 and AKIAABCDEFGHIJKLMNOP", "*** and ***"),
        // What support needs to see.
        ("secrets \"deckhouse-registry\" is forbidden", "secrets \"deckhouse-registry\" is forbidden"),
        ("secretName: deckhouse-registry", "secretName: deckhouse-registry"),
        ("reg.example:5000/dkp@sha256:0a0b0c", "reg.example:5000/dkp@sha256:0a0b0c"),
        ("token=true password: null", "token=true password: null"),
        ("v1.72.3 at 10:30:00, path=/a/b", "v1.72.3 at 10:30:00, path=/a/b"),
    ] {
        assert_eq!(without_forms(text), masked, "{text}");
        assert_eq!(without_forms(masked), masked, "twice");
    }
}

/// A secret in each of these is planted, each with its own number.
fn planted() -> Vec<(&'static str, Content)> {
    let login = r#"{"auths":{"reg.corp":{"auth":"cHVsbGVyOmNhbmFyeS0wMS14"}}}"#;
    let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, login);
    let applied = json!({ "spec": { "settings": { "token": "canary-02-x" } } }).to_string();
    let objects = json!({ "kind": "List", "items": [
        { "kind": "ModuleSource", "spec": { "registry": { "repo": "reg.corp/m", "dockerCfg": encoded } } },
        { "kind": "ModuleConfig", "metadata": { "annotations": { "example.com/applied": applied } }, "spec": {
            "settings": {
                "auth": { "any": "canary-03-x", "list": ["canary-04-x"] },
                "smtp": { "url": "smtp://u:canary-05-x@mail.corp" },
                "licenseKey": "canary-06-x",
                "storage": { "id": "Canary07xxxxxxxxxxxxxxxx" },
                "pin": { "password": 12_345_678_901_u64 },
                "script": "export API_TOKEN=canary-08-x\necho",
                "headers": [{ "name": "X-Api-Key", "value": "canary-09-x" }],
            },
        } },
        { "kind": "Pod", "spec": { "containers": [{
            "args": ["--token=canary-10-x", "--password", "canary-11-x"],
            "env": [{ "name": "DB_PASSWORD", "value": "canary-12-x" }, { "name": "PATH", "value": "/bin" }],
        }] } },
        { "kind": "DeckhouseRelease", "status": { "message": "login canary-03-x was refused" } },
    ] });
    let log =
        "pull as puller with canary-01-x failed\nbase64 Y2FuYXJ5LTEyLXg=\n12345678901\nauth=canary-13-x\n";
    vec![("objects/all.json", Content::Json(objects)), ("logs/a.log", Content::Text(log.to_owned()))]
}

#[test]
fn no_planted_secret_is_in_a_collection() {
    let text = finished(planted());
    for number in 1..=13 {
        assert!(!text.contains(&format!("canary-{number:02}")), "{number}: {text}");
    }
    for other in ["Canary07", "12345678901", "Y2FuYXJ5", "eyJhdXRocyI6", "cHVsbGVyOmN"] {
        assert!(!text.contains(other), "{other}: {text}");
    }
    for kept in ["reg.corp/m", "mail.corp", "/bin", "DB_PASSWORD", "was refused", "pull as puller"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
}

#[test]
fn what_is_left_out_is_masked_too() {
    let mut collection = Collection::default();
    collection.know("canary-01-x");
    collection.leave_out("logs", "GET https://u:p@a/ with canary-01-x failed");
    collection.add("../../etc/x y", Content::Text(String::new()));
    let parts = collection.finish();
    assert_eq!(parts.left_out[0].why, "GET https://***@a/ with *** failed");
    assert_eq!(parts.files[0].path, "_/_/etc/x_y");
}

proptest! {
    #[test]
    fn a_secret_with_a_name_is_masked_in_any_text(
        secret in "[A-Za-z0-9+/=!#%@:.-]{8,30}",
        before in "[ -~\n]{0,40}",
        name in prop::sample::select(vec!["password", "apiToken", "dockerCfg", "client_secret"]),
    ) {
        let secret = format!("q7{secret}");
        let object: Value = json!({ "a": [{ name: secret }], "b": format!("{before}{secret}") });
        let text = finished(vec![
            ("a.json", Content::Json(object)),
            ("b.log", Content::Text(format!("{before} {secret}\n"))),
        ]);
        prop_assert!(!text.contains(&secret), "{}", text);
        let json = text.split_inclusive("\n}\n").next().unwrap_or_default();
        prop_assert!(serde_json::from_str::<Value>(json).is_ok(), "{}", json);
    }
}
