//! `registry setup` against stand-ins of Nexus and Harbor, whose answers were recorded from real ones.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::{Value, json};
use testkit::admin::{
    harbor::{self, Harbor},
    nexus::{self, Nexus, NexusOptions},
};

use crate::world::{Run, command, dhctl};

/// A license key that must not be anywhere.
const LICENSE: &str = "l1cense-key";

/// A folder with the files of secrets.
fn folder(admin: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("admin.password"), format!("{admin}\n")).unwrap();
    fs::write(folder.path().join("license"), format!("{LICENSE}\n")).unwrap();
    folder
}

/// Runs a setup with these words, without the check at its end. No secret may be in what it prints or logs.
fn setup(folder: &Path, words: &str) -> Run {
    checked_setup(folder, &format!("{words} --no-check"))
}

/// The same with the check.
fn checked_setup(folder: &Path, words: &str) -> Run {
    let words: Vec<&str> = words.split_whitespace().collect();
    let base = ["--log", "debug", "--log-file", "dhctl.log", "registry", "setup"];
    let admin = ["--insecure", "--admin-password-file", "admin.password"];
    let run = dhctl(folder, &[&base[..], &words, &admin].concat());
    let log = fs::read_to_string(folder.join("dhctl.log")).unwrap_or_default();
    for secret in secrets(folder) {
        for text in [&run.stdout, &run.stderr, &log] {
            assert!(!text.contains(&secret), "{words:?} shows {secret}: {text}");
        }
    }
    run
}

/// All secrets of a folder.
fn secrets(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let secret = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|it| it == "password") || path.ends_with("license")
    };
    files.filter(secret).map(|path| password(&path)).filter(|it| !it.is_empty()).collect()
}

fn password(path: &Path) -> String {
    fs::read_to_string(path).unwrap().trim_end().to_owned()
}

/// Names of the files that only the owner can read, with passwords of accounts.
fn private(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    password(&path)
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn nexus(options: NexusOptions) -> Nexus {
    Nexus::start(options).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nexus_is_set_up_from_nothing_and_a_second_run_changes_nothing() {
    let (nexus, folder) = (nexus(NexusOptions::default()), folder(nexus::ADMIN.1));
    let port = free_port();
    let words = format!("nexus {} --repository dkp --http-port {port}", nexus.host());

    let shown = setup(folder.path(), &format!("{words} --dry-run")).expect(0);
    assert!(
        shown
            .stdout
            .contains(&format!("POST http://{}/service/rest/v1/repositories/docker/hosted", nexus.host()))
    );
    assert!(shown.stdout.contains(r#""password":"***""#), "{}", shown.stdout);
    assert_eq!(nexus.writes(), Vec::<String>::new());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "a dry run writes only the log");

    // The list of realms exists, so somebody has to agree.
    let asked = setup(folder.path(), &words).expect(2);
    assert!(asked.stderr.contains("activate the realm DockerToken"), "{}", asked.stderr);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    assert_eq!(nexus.writes(), Vec::<String>::new());

    let done = setup(folder.path(), &format!("{words} --yes")).expect(0);
    assert_eq!(
        nexus.writes(),
        [
            "PUT /security/realms/active",
            "POST /repositories/docker/hosted",
            "POST /security/roles",
            "POST /security/users",
            "POST /security/roles",
            "POST /security/users",
        ]
    );
    assert_eq!(nexus.realms(), ["NexusAuthenticatingRealm", "DockerToken"]);
    let pull = private(folder.path(), "dkp-pull.password");
    let push = private(folder.path(), "dkp-push.password");
    assert_ne!(pull, push);
    assert_eq!((nexus.password("dkp-pull"), nexus.password("dkp-push")), (Some(pull), Some(push)));
    let host = nexus.host();
    let name = host.split(':').next().unwrap();
    let next = format!(
        "dhctl mirror push -i d8.tar --registry {name}:{port}/deckhouse/ee --registry-login dkp-push \
         --registry-password-file dkp-push.password --insecure"
    );
    assert!(done.stdout.contains(&next), "{}", done.stdout);

    let again = setup(folder.path(), &words).expect(0);
    assert!(again.stdout.contains("nothing to change"), "{}", again.stdout);
    assert_eq!(nexus.writes().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_repository_of_nexus_has_the_documented_settings() {
    let options = NexusOptions { eula: true, ..NexusOptions::default() };
    let (nexus, folder) = (nexus(options), folder(nexus::ADMIN.1));
    let words = format!(
        "nexus {} --repository dkp --proxy-of registry.deckhouse.ru --license-file license --yes \
         --outgoing-https-proxy proxy.example.com:3128 --outgoing-no-proxy *.example.com",
        nexus.host()
    );
    let refused = setup(folder.path(), &words).expect(2);
    assert!(refused.stderr.contains("--accept-eula"), "{}", refused.stderr);
    assert_eq!(nexus.writes(), Vec::<String>::new());

    let done = setup(folder.path(), &format!("{words} --accept-eula --allow-anonymous")).expect(0);
    let repository = nexus.repository("dkp").unwrap();
    assert_eq!(repository["proxy"]["remoteUrl"], "https://registry.deckhouse.ru");
    assert_eq!(repository["proxy"]["metadataMaxAge"], 0);
    assert_eq!(repository["negativeCache"]["enabled"], false);
    assert_eq!(repository["docker"]["forceBasicAuth"], false);
    assert_eq!(repository["docker"]["pathEnabled"], true);
    let login = &repository["httpClient"]["authentication"];
    assert_eq!((&login["username"], &login["password"]), (&json!("license-token"), &json!(LICENSE)));
    let (anonymous, proxy) = nexus.settings();
    assert_eq!(
        anonymous,
        json!({"enabled": true, "userId": "anonymous", "realmName": "NexusAuthorizingRealm"})
    );
    assert_eq!(proxy["httpsProxy"]["host"], "proxy.example.com");
    assert_eq!((&proxy["timeout"], &proxy["nonProxyHosts"]), (&json!(20), &json!(["*.example.com"])));
    assert!(!done.stdout.contains("mirror push"), "a proxy cache is not pushed to: {}", done.stdout);
    assert!(
        done.stdout.contains(&format!("--registry {}/dkp/deckhouse/ee", nexus.host())),
        "{}",
        done.stdout
    );
    assert!(!folder.path().join("dkp-push.password").exists());

    let writes = nexus.writes().len();
    setup(folder.path(), &words).expect(0);
    assert_eq!(nexus.writes().len(), writes);

    // What another administrator has changed is set back, and what is not ours stays.
    nexus.edit_repository("dkp", |it| {
        it["proxy"]["metadataMaxAge"] = 1440.into();
        it["proxy"]["contentMaxAge"] = 77.into();
    });
    let unasked = words.replace(" --yes", "");
    let asked = setup(folder.path(), &unasked).expect(2);
    assert!(asked.stderr.contains("proxy.metadataMaxAge: 1440 -> 0"), "{}", asked.stderr);
    assert_eq!(nexus.repository("dkp").unwrap()["proxy"]["metadataMaxAge"], 1440);
    let without_key = words.replace(" --license-file license", "");
    let refused = setup(folder.path(), &without_key).expect(2);
    assert!(refused.stderr.contains("--license-file"), "{}", refused.stderr);
    setup(folder.path(), &words).expect(0);
    let repository = nexus.repository("dkp").unwrap();
    assert_eq!(
        (&repository["proxy"]["metadataMaxAge"], &repository["proxy"]["contentMaxAge"]),
        (&json!(0), &json!(77))
    );
    assert_eq!(repository["httpClient"]["authentication"]["password"], LICENSE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_way_in_nexus_is_explained_and_not_touched() {
    let nexus_server = nexus(NexusOptions { version: "3.71.0-06 (PRO)", ..NexusOptions::default() });
    let folder = folder(nexus::ADMIN.1);
    let words = format!("nexus {} --repository dkp --yes", nexus_server.host());
    let old = setup(folder.path(), &words).expect(2);
    assert!(old.stderr.contains("3.84") && old.stderr.contains("--http-port"), "{}", old.stderr);
    let words = format!("{words} --http-port {}", free_port());

    nexus_server
        .edit_repository("dkp", |it| *it = json!({"name": "dkp", "format": "maven2", "type": "hosted"}));
    let other = setup(folder.path(), &words).expect(2);
    assert!(other.stderr.contains("maven2 (hosted), not docker (hosted)"), "{}", other.stderr);
    assert_eq!(nexus_server.writes(), Vec::<String>::new());

    let words = words.replace("--repository dkp", "--repository other");
    fs::write(folder.path().join("other-pull.password"), "first\n").unwrap();
    setup(folder.path(), &words).expect(0);
    assert_eq!(nexus_server.password("other-pull").as_deref(), Some("first"));
    nexus_server.set_password("other-pull", "second");
    let wrong = setup(folder.path(), &words).expect(4);
    assert!(wrong.stderr.contains("other-pull.password"), "{}", wrong.stderr);
    fs::remove_file(folder.path().join("other-pull.password")).unwrap();
    let lost = setup(folder.path(), &words).expect(2);
    assert!(lost.stderr.contains("other-pull.password"), "{}", lost.stderr);
    assert!(!folder.path().join("other-pull.password").exists());
    fs::write(folder.path().join("other-pull.password"), "second").unwrap();
    nexus_server.edit_user("other-push", |it| it["status"] = "disabled".into());
    setup(folder.path(), &words).expect(0);

    let strange = words.replace("--repository other", "--repository Other");
    setup(folder.path(), &strange).expect(2);
    nexus_server.freeze();
    let frozen = setup(folder.path(), &words).expect(5);
    assert!(frozen.stderr.contains("503"), "{}", frozen.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_login_or_address_is_explained() {
    let (nexus, harbor) = (nexus(NexusOptions::default()), Harbor::start().unwrap());
    let port = free_port();
    let of_nexus = format!("nexus {} --repository dkp --http-port {port} --yes", nexus.host());
    let of_harbor = format!("harbor {}/dkp --quota 100GB --yes", harbor.host());
    for (words, login, password) in [
        (&of_nexus, nexus::ADMIN.0, "wr0ng-one"),
        (&of_nexus, nexus::ORDINARY.0, nexus::ORDINARY.1),
        (&of_harbor, harbor::ADMIN.0, "wr0ng-one"),
        (&of_harbor, harbor::ORDINARY.0, harbor::ORDINARY.1),
    ] {
        let folder = folder(password);
        let denied = setup(folder.path(), &format!("{words} --admin-login {login}")).expect(4);
        assert!(denied.stderr.contains("--admin-login"), "{}", denied.stderr);
        assert!(!folder.path().join("dkp-pull.password").exists());
    }
    assert_eq!(harbor.writes(), Vec::<String>::new());
    assert_eq!(nexus.writes(), Vec::<String>::new());
    let folder = folder(nexus::ADMIN.1);
    let swapped = setup(folder.path(), &format!("nexus {} --repository dkp", harbor.host())).expect(5);
    assert!(swapped.stderr.contains("check the address"), "{}", swapped.stderr);
    setup(folder.path(), &format!("harbor {}/dkp", nexus.host())).expect(5);
    setup(folder.path(), &format!("nexus 127.0.0.1:{port} --repository dkp")).expect(5);

    let none = command(folder.path()).args(["registry", "setup", "harbor", "h.example.com/dkp"]).output();
    let none = Run::of(none.unwrap()).expect(2);
    assert!(none.stderr.contains("--admin-password-file"), "{}", none.stderr);
    let twice = "nexus n.example.com --repository dkp --pull-password-file - --push-password-file -";
    setup(folder.path(), twice).expect(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn harbor_is_set_up_from_nothing_and_a_second_run_changes_nothing() {
    let (harbor, folder) = (Harbor::start().unwrap(), folder(harbor::ADMIN.1));
    let words = format!("harbor {}/dkp", harbor.host());
    let shown = setup(folder.path(), &format!("{words} --dry-run --output json")).expect(0).json();
    let result = &shown["result"];
    assert_eq!(
        (&result["dry_run"], &result["changes"][1]["object"]),
        (&json!(true), &json!({"kind": "robot", "name": "dkp+pull"}))
    );
    assert_eq!(harbor.writes(), Vec::<String>::new());

    // Nothing that exists is changed, so nobody is asked.
    let done = setup(folder.path(), &format!("{words} --output json")).expect(0).json();
    assert_eq!(harbor.writes(), ["POST /projects", "POST /robots", "POST /robots"]);
    let accounts = &done["result"]["accounts"];
    assert_eq!(
        accounts[0],
        json!({"account": "pull", "login": "robot$dkp+pull", "exists": true, "password_file": "dkp-pull.password"})
    );
    for name in ["pull", "push"] {
        let secret = private(folder.path(), &format!("dkp-{name}.password"));
        assert_eq!(harbor.robot(&format!("robot$dkp+{name}")).unwrap()["secret"], secret.as_str());
    }
    let next = done["result"]["next"][0].as_str().unwrap();
    let command = format!("--registry {}/dkp/deckhouse/ee --registry-login 'robot$dkp+push'", harbor.host());
    assert!(next.contains(&command), "{next}");

    let again = setup(folder.path(), &words).expect(0);
    assert!(again.stdout.contains("nothing to change"), "{}", again.stdout);
    assert_eq!(harbor.writes().len(), 3);

    // A disabled robot is enabled after somebody has agreed.
    harbor.edit_robot("robot$dkp+pull", |it| it["disable"] = true.into());
    let asked = setup(folder.path(), &words).expect(2);
    assert!(asked.stderr.contains("disable: true -> false"), "{}", asked.stderr);
    setup(folder.path(), &format!("{words} --yes")).expect(0);
    assert_eq!(harbor.robot("robot$dkp+pull").unwrap()["disable"], false);

    // A lost secret is not replaced.
    fs::rename(folder.path().join("dkp-pull.password"), folder.path().join("moved")).unwrap();
    let lost = setup(folder.path(), &words).expect(2);
    assert!(lost.stderr.contains("Refresh Secret"), "{}", lost.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_cache_of_harbor_and_its_rules() {
    let (harbor, folder) = (Harbor::start().unwrap(), folder(harbor::ADMIN.1));
    let words =
        format!("harbor {}/cache --proxy-of registry.deckhouse.ru --license-file license", harbor.host());
    harbor.lose_upstreams();
    let unhealthy = setup(folder.path(), &words).expect(3);
    assert!(unhealthy.stderr.contains("the registry is unhealthy"), "{}", unhealthy.stderr);
    assert!(unhealthy.stderr.contains("harbor.yml"), "{}", unhealthy.stderr);
    drop(harbor);

    let harbor = Harbor::start().unwrap();
    let words = words.split_whitespace().skip(2).collect::<Vec<_>>().join(" ");
    let words = format!("harbor {}/cache {words}", harbor.host());
    fs::remove_file(folder.path().join("cache-pull.password")).unwrap();
    let done = setup(folder.path(), &words).expect(0);
    assert_eq!(harbor.writes(), ["POST /registries", "POST /projects", "POST /robots"]);
    let endpoint = harbor.endpoint("cache").unwrap();
    assert_eq!(endpoint["credential"]["access_secret"], LICENSE);
    assert_eq!(harbor.project("cache").unwrap()["registry_id"], endpoint["id"]);
    assert!(done.stdout.contains("config init-configuration"), "{}", done.stdout);
    assert!(done.stderr.contains("note: retention policy"), "{}", done.stderr);
    setup(folder.path(), &words).expect(0);
    assert_eq!(harbor.writes().len(), 3);
    // An ordinary project is not made of it.
    let other = setup(folder.path(), &format!("harbor {}/cache", harbor.host())).expect(2);
    assert!(other.stderr.contains("ordinary project"), "{}", other.stderr);

    let harbor = Harbor::start().unwrap();
    harbor.add_project("dkp", true, None);
    harbor.add_immutable_rule("**", "**");
    let words = format!("harbor {}/dkp --quota 10GB", harbor.host());
    let asked = setup(folder.path(), &words).expect(2);
    assert!(asked.stderr.contains("hard.storage: -1 -> 10000000000"), "{}", asked.stderr);
    let done = setup(folder.path(), &format!("{words} --yes")).expect(0);
    for finding in ["immutable-tag rule 7", "stable", "25 to 50 GB", "the project is public"] {
        assert!(done.stderr.contains(finding), "{finding}: {}", done.stderr);
    }
    let json = setup(folder.path(), &format!("{words} --output json")).expect(0).json();
    let codes: Vec<&Value> =
        json["result"]["findings"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["public_project", "small_quota", "immutable_tags"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_is_checked_with_the_new_accounts() {
    let (nexus, harbor) = (nexus(NexusOptions::default()), Harbor::start().unwrap());
    let of_nexus = format!("nexus {} --repository dkp --http-port {} --yes", nexus.host(), free_port());
    let of_harbor = format!("harbor {}/dkp", harbor.host());
    for (words, admin) in [(of_nexus, nexus::ADMIN.1), (of_harbor, harbor::ADMIN.1)] {
        let folder = folder(admin);
        let run = checked_setup(folder.path(), &format!("{words} --output json"));
        let result = run.json();
        let checks = result["result"]["checks"].as_array().unwrap();
        let uses: Vec<&Value> = checks.iter().map(|it| &it["for"]).collect();
        assert_eq!(uses, ["cluster", "push"], "{words}: {}", run.stderr);
        for check in checks {
            let findings = check["findings"].as_array().unwrap();
            let failed: Vec<&Value> = findings.iter().filter(|it| it["status"] == "failure").collect();
            assert_eq!(failed, Vec::<&Value>::new(), "{words}");
        }
        run.expect(0);
    }
    // Nothing answers where clients would look: the setup is done, and the check says so.
    let folder = folder(nexus::ADMIN.1);
    let registry = format!("127.0.0.1:{}/deckhouse/ee", free_port());
    let words = format!("nexus {} --repository other -r {registry} --yes", nexus.host());
    let run = checked_setup(folder.path(), &words).expect(5);
    assert!(run.stdout.contains("is set up"), "{}", run.stdout);
    assert!(run.stdout.contains("cannot be used"), "{}", run.stdout);
}

/// The commands of the guide, with what they print. Addresses are replaced by those of the guide.
#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_guide() {
    let mut transcript = String::new();
    let port = free_port();
    let hosted = format!("--repository dkp --http-port {port}");
    let cache = "--repository dkp-cache --proxy-of registry.deckhouse.ru --license-file license";
    let (first, second) = (nexus(NexusOptions::default()), Harbor::start().unwrap());
    for (product, address, admin, words) in [
        ("nexus", first.host(), nexus::ADMIN.1, format!("{hosted} --yes")),
        ("nexus", first.host(), nexus::ADMIN.1, format!("{cache} --yes")),
        ("harbor", format!("{}/dkp", second.host()), harbor::ADMIN.1, "--dry-run".to_owned()),
        ("harbor", format!("{}/dkp", second.host()), harbor::ADMIN.1, String::new()),
        (
            "harbor",
            format!("{}/dkp-cache", second.host()),
            harbor::ADMIN.1,
            "--proxy-of registry.deckhouse.ru --license-file license".to_owned(),
        ),
    ] {
        let folder = folder(admin);
        let run = setup(folder.path(), &format!("{product} {address} {words}")).expect(0);
        let words = format!("{product} {address} {words}");
        let shown = format!("$ dhctl registry setup {}\n{}{}\n", words.trim_end(), run.stderr, run.stdout);
        let name = if product == "nexus" { "nexus.example.com" } else { "harbor.example.com" };
        let (host, alone) = if product == "nexus" { (first.host(), true) } else { (second.host(), false) };
        let shown = shown.replace(&host, name).replace(&port.to_string(), "8082");
        transcript += &if alone { shown.replace("127.0.0.1", name) } else { shown };
    }
    insta::assert_snapshot!(transcript);
}
