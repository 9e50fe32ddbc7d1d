//! The timer and the `CronJob` of the guide, which refresh the databases: their commands run as they are shown.

use std::fs;

use kube::api::{Patch, PatchParams, ValidationDirective};
use serde_json::{Value, json};
use testkit::{distribution::Distribution, kube::ApiServer};

use crate::world::{TARGET_ROOT, World, dhctl};

pub(crate) const GUIDE: &str = include_str!("../../../../docs/guide.md");
pub(crate) const RUSSIAN: &str = include_str!("../../../../docs/ru/guide.md");

/// The code block that follows the line with the name of its file.
pub(crate) fn block<'a>(guide: &'a str, file: &str) -> &'a str {
    let (_, after) = guide.split_once(&format!("`{file}`:\n\n```")).unwrap();
    let (_, code) = after.split_once('\n').unwrap();
    code.split_once("\n```\n").unwrap().0
}

/// Runs a command of the guide with the addresses and files of a test.
fn run(world: &World, words: &[String], login: &str) {
    let folder = world.folder.path().join("login");
    let replaced = |word: &String| {
        word.replace("registry.deckhouse.ru/deckhouse/ee", &world.source_url)
            .replace("registry.example.com:5000/deckhouse/ee", &world.target_url)
            .replace(login, folder.to_str().unwrap())
    };
    let mut words: Vec<String> = words.iter().map(replaced).collect();
    words.push("--insecure".to_owned());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    dhctl(world.folder.path(), &words).expect(0);
}

fn world() -> World {
    let world =
        World::of(Distribution::builder().releases(&["v1.58.3"]).channels(&[("stable", "v1.58.3")]).build());
    fs::create_dir(world.path("login")).unwrap();
    for name in ["license", "password"] {
        fs::write(world.path("login").join(name), "secret\n").unwrap();
    }
    world
}

/// The target has the databases and extra images, and nothing else.
fn check(world: &World) {
    let repositories = world.target.repositories();
    assert_eq!(repositories.len(), 6, "{repositories:?}");
    let tags = world.target.tagged(&format!("{TARGET_ROOT}/security/trivy-db"));
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_of_the_timer() {
    let file = "/etc/systemd/system/dhctl-databases.service";
    let (unit, timer) = (block(GUIDE, file), block(GUIDE, "/etc/systemd/system/dhctl-databases.timer"));
    assert_eq!(unit, block(RUSSIAN, file));
    assert_eq!(timer, block(RUSSIAN, "/etc/systemd/system/dhctl-databases.timer"));
    let world = world();
    let commands: Vec<&str> =
        unit.lines().filter_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/dhctl ")).collect();
    assert_eq!(commands.len(), 2);
    // A timer runs it again and again.
    for _ in 0..2 {
        for command in &commands {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            run(&world, &words, "${CREDENTIALS_DIRECTORY}");
        }
        check(&world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cron_job() {
    let manifest = block(GUIDE, "dhctl-databases.yaml");
    assert_eq!(manifest, block(RUSSIAN, "dhctl-databases.yaml"));
    let job: Value = serde_saphyr::from_str(manifest).unwrap();
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let world = world();
    for container in ["initContainers", "containers"] {
        let container = &pod[container][0];
        let words = ["command", "args"].iter().flat_map(|list| container[list].as_array().unwrap());
        let words: Vec<String> = words.skip(1).map(|word| word.as_str().unwrap().to_owned()).collect();
        run(&world, &words, "/login");
    }
    check(&world);

    // A real API server accepts it, without unknown or doubled fields.
    let server = ApiServer::borrow().unwrap();
    let admin = server.admin().unwrap();
    admin
        .put(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dhctl"}}))
        .await
        .unwrap();
    let strict = PatchParams {
        dry_run: true,
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::apply("dhctl-test").force()
    };
    let jobs = admin.api("batch/v1", "CronJob", Some("dhctl"));
    let accepted = jobs.patch("dhctl-databases", &strict, &Patch::Apply(&job)).await.unwrap();
    assert_eq!(accepted.data["spec"]["schedule"], "0 */6 * * *");
    let mut wrong = job.clone();
    wrong["spec"]["jobTemplate"]["spec"]["template"]["spec"]["restartPolicies"] = json!("Never");
    jobs.patch("dhctl-databases", &strict, &Patch::Apply(&wrong)).await.unwrap_err();
}
