//! No planted secret is in what is collected.

mod known;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Collection, Content,
    mask::is_secret,
    masked_text::{named, without_end_of_key, without_forms},
};

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
        // Lines of YAML that belong to a field; in logs of Kubernetes, behind a time; in JSON, escaped.
        ("password: |\n  can\n\n   ary1\nuser: u", "password: ***\nuser: u"),
        ("- token: >-  # c\n    canary1\n  user: u", "- token: ***\n  user: u"),
        ("key: !!a\nprivateKey: !!binary |\n  canary1", "key: !!a\nprivateKey: ***"),
        ("tokens:\n- canary1\n- canary2\nuser: u", "tokens: ***\nuser: u"),
        ("a:\n  'tokens':\n    - canary1\n  b: c", "a:\n  'tokens': ***\n  b: c"),
        ("password: can\n  ary1\nuser: u", "password: ***\nuser: u"),
        (
            "2026-11-29T07:00:00.1Z password: |\n2026-11-29T07:00:00.2Z   canary1\n2026-11-29T07:00:00.3Z user: u",
            "2026-11-29T07:00:00.1Z password: ***\n2026-11-29T07:00:00.3Z user: u",
        ),
        (
            r#"{"msg":"a: b\npassword: |\n  canary1\nuser: u","c":1}"#,
            r#"{"msg":"a: b\npassword: ***\nuser: u","c":1}"#,
        ),
        (r#"{"msg":"a: b\npass: canary1"}"#, r#"{"msg":"a: b\npass: ***"}"#),
        (r#"{"msg":"tokens:\n- canary1","c":1}"#, r#"{"msg":"tokens: ***","c":1}"#),
        ("\"tokens\": [\n  \"canary1\"\n],\n\"a\": 1", "\"tokens\": ***,\n\"a\": 1"),
        // Of a webhook the host.
        ("webhook: https://hooks.corp/canary1?a=canary2 # c", "webhook: https://hooks.corp # c"),
        (
            r#"{"webhookUrl":"https://u:p@hooks.corp:8443/canary1"}"#,
            r#"{"webhookUrl":"https://hooks.corp:8443"}"#,
        ),
        (r"webhook=https://hooks.corp/a?b\u0026c=canary1 d", "webhook=https://hooks.corp d"),
        ("run --webhook-url https://hooks.corp/canary1 x", "run --webhook-url https://hooks.corp x"),
        // What support needs to see.
        ("license:\n  state: Valid\n  key: a", "license:\n  state: Valid\n  key: a"),
        ("EffectiveLicense/deckhouse-platform: Valid", "EffectiveLicense/deckhouse-platform: Valid"),
        ("password:\nuser: u", "password:\nuser: u"),
        ("failed calling webhook \"a\": Post", "failed calling webhook \"a\": Post"),
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
fn a_log_that_begins_in_a_private_key_does_not_show_its_end() {
    let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
    for (text, masked) in [
        (format!("canary1\n12 canary2\n{end}\nb\n{end}\n"), format!("***\nb\n{end}\n")),
        (format!("a\n{begin}\nb\n{end}\n"), format!("a\n{begin}\nb\n{end}\n")),
        ("a\n-----END CERTIFICATE-----\n".to_owned(), "a\n-----END CERTIFICATE-----\n".to_owned()),
    ] {
        assert_eq!(without_end_of_key(&text), masked);
    }
    let mut collection = Collection::default();
    collection.add_log("a.log", &format!("canary1\n{end}\n{begin}\ncanary2\n{end}\nb\n"));
    assert_eq!(collection.finish().files[0].bytes, b"***\n***\nb\n");
}

/// The time must grow with the length, not with its square.
#[test]
fn a_long_line_is_masked_quickly() {
    for (piece, length) in [
        ("\"token\":\"x\",", 2 << 20),
        ("\"token: |\\n  a\",", 1 << 18),
        ("token: !a\\n\"", 1 << 18),
        ("token:   ", 1 << 18),
        ("token:\n\n ", 1 << 18),
    ] {
        let time = |length: usize| {
            let text = piece.repeat(length / piece.len());
            let start = std::time::Instant::now();
            assert!(named(&text).contains("***"), "{piece}");
            start.elapsed()
        };
        // Four times the length takes sixteen times as long if it is the square. Other processes delay both.
        let (short, long) = (time(length / 4), time(length));
        assert!(long < short * 10 || long.as_secs() < 2, "{piece}: {short:?}, then {long:?}");
    }
}

#[test]
fn what_is_left_out_is_masked_too() {
    let mut collection = Collection::default();
    collection.know_certain("canary-01-x");
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

    #[test]
    fn any_text_can_be_masked(
        parts in prop::collection::vec(prop::sample::select(vec![
            "password", "license", "webhook", "auth", ":", "=", " ", "  ", "\n", "\\n", "\"", "'", "\\", "|", ">", "- ", "#",
            "[", "]", "{", "!", "https://", "u:p@", "/x", "?a", "\\u0026", "é", "2026-11-29T07:00:00Z ", "--token", "abc",
        ]), 0..24),
    ) {
        let text = parts.concat();
        let masked = without_forms(&text);
        prop_assert!(masked.chars().count() <= 2 * text.chars().count() + 64, "{masked}");
    }
}
