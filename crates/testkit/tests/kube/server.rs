//! Starting, interrupting and ending a server; what it holds, and for whom.

#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not what they call")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use kube::{
    api::{ListParams, Patch, PatchParams},
    config::KubeConfigOptions,
};
use serde_json::json;
use testkit::kube::{ApiServer, Kubeconfig, Objects};

const PLATFORM: &str = "deckhouse.io/v1alpha1";

fn release(version: &str) -> serde_json::Value {
    json!({
        "apiVersion": PLATFORM,
        "kind": "DeckhouseRelease",
        "metadata": { "name": version, "finalizers": ["test/holds-it"] },
        "spec": { "version": version },
        "status": { "phase": "Pending", "message": "it waits" },
    })
}

async fn names(objects: &Objects, kind: &str) -> Vec<String> {
    let list = objects.api(PLATFORM, kind, None).list(&ListParams::default()).await.unwrap();
    list.items.into_iter().filter_map(|object| object.metadata.name).collect()
}

#[tokio::test]
async fn a_reused_server_is_empty() {
    for round in 0..2 {
        let server = ApiServer::borrow().unwrap();
        let admin = server.admin().unwrap();
        assert_eq!(names(&admin, "DeckhouseRelease").await, [""; 0], "round {round}");
        assert_eq!(names(&admin, "ClusterAlert").await, [""; 0], "round {round}");
        let roles = admin.api("rbac.authorization.k8s.io/v1", "ClusterRole", None);
        assert!(roles.get_opt("of-a-test").await.unwrap().is_none(), "round {round}");
        admin.put(&release("v1.70.1")).await.unwrap();
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": { "name": "of-a-test" },
            "rules": [],
        });
        admin.put(&role).await.unwrap();
        admin.remove_definition("clusteralerts").await.unwrap();
    }
}

#[tokio::test]
async fn status_is_apart_and_approved_is_at_the_top() {
    let server = ApiServer::borrow().unwrap();
    let admin = server.admin().unwrap();
    admin.put(&release("v1.70.1")).await.unwrap();
    let api = admin.api(PLATFORM, "DeckhouseRelease", None);
    let patch = json!({ "approved": true, "status": { "phase": "Deployed" } });
    let patched = api.patch("v1.70.1", &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    assert_eq!(patched.data["approved"], true);
    assert_eq!(patched.data["status"], json!({ "phase": "Pending", "message": "it waits" }));
}

#[tokio::test]
async fn users_have_no_permissions_by_default() {
    let server = ApiServer::borrow().unwrap();
    let (admin, alice) = (server.admin().unwrap(), server.objects("alice").unwrap());
    let releases = alice.api(PLATFORM, "DeckhouseRelease", None);
    let refused = releases.list(&ListParams::default()).await.unwrap_err();
    assert!(refused.to_string().contains("forbidden"), "{refused}");
    admin
        .put_yaml(
            r"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [deckhouse.io], resources: [deckhousereleases], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice}]
",
        )
        .await
        .unwrap();
    server.until_allowed("alice", "list", "deckhouse.io", "deckhousereleases", None).await.unwrap();
    releases.list(&ListParams::default()).await.unwrap();
}

#[tokio::test]
async fn the_api_restarts_with_its_data() {
    let server = ApiServer::borrow().unwrap();
    let admin = server.admin().unwrap();
    admin.put(&release("v1.70.1")).await.unwrap();
    server.stop_api().unwrap();
    assert!(TcpStream::connect(server.url().trim_start_matches("https://")).is_err());
    server.start_api().unwrap();
    assert_eq!(names(&server.admin().unwrap(), "DeckhouseRelease").await, ["v1.70.1"]);
}

#[tokio::test]
async fn a_kubeconfig_has_contexts_of_several_servers() {
    let server = ApiServer::borrow().unwrap();
    server.admin().unwrap().put(&release("v1.70.1")).await.unwrap();
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("kubeconfig");
    let file = Kubeconfig::new()
        .context_at("away", "https://127.0.0.1:1", server.ca_pem(), "none")
        .context("here", &server, "admin");
    file.write(&path).unwrap();
    let file = kube::config::Kubeconfig::read_from(path).unwrap();
    assert_eq!(file.current_context.as_deref(), Some("away"));
    let options = KubeConfigOptions { context: Some("here".to_owned()), ..KubeConfigOptions::default() };
    let config = kube::Config::from_custom_kubeconfig(file, &options).await.unwrap();
    let client = kube::Client::try_from(config).unwrap();
    assert_eq!(client.apiserver_version().await.unwrap().git_version, "v1.35.4");
}

/// What tells a process that it is the one to be killed.
const TO_BE_KILLED: &str = "DHCTL_TEST_TO_BE_KILLED";

#[test]
fn a_killed_process_leaves_nothing() {
    if std::env::var_os(TO_BE_KILLED).is_some() {
        let server = ApiServer::start().unwrap();
        let path = server.kubeconfig("admin").unwrap();
        writeln!(std::io::stdout(), "\nkubeconfig={}", path.display()).unwrap();
        std::thread::park();
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "server::a_killed_process_leaves_nothing", "--nocapture"])
        .env(TO_BE_KILLED, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let path = lines.map(Result::unwrap).find_map(|line| line.strip_prefix("kubeconfig=").map(PathBuf::from));
    let path = path.unwrap();
    let file = kube::config::Kubeconfig::read_from(&path).unwrap();
    let url = file.clusters[0].cluster.clone().unwrap().server.unwrap();
    victim.kill().unwrap();
    victim.wait().unwrap();
    let begun = Instant::now();
    let directory = path.parent().unwrap();
    while directory.exists() || TcpStream::connect(url.trim_start_matches("https://")).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{url} and {} remain", directory.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}
