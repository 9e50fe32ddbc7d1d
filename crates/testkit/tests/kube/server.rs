//! Starting, interrupting and ending a server; what it holds, and for whom.

use kube::api::{ListParams, Patch, PatchParams};
use serde_json::json;
use testkit::kube::{ApiServer, Objects};

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
async fn a_borrowed_server_is_as_new() {
    for round in 0..2 {
        let server = ApiServer::borrow().unwrap();
        let admin = server.admin().unwrap();
        assert_eq!(names(&admin, "DeckhouseRelease").await, [""; 0], "round {round}");
        assert_eq!(names(&admin, "ClusterAlert").await, [""; 0], "round {round}");
        admin.put(&release("v1.70.1")).await.unwrap();
        let role = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": "of-a-test" }, "rules": [] });
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
async fn users_have_no_rights_until_some_are_granted() {
    let server = ApiServer::borrow().unwrap();
    let (admin, alice) = (server.admin().unwrap(), server.objects("alice").unwrap());
    let releases = alice.api(PLATFORM, "DeckhouseRelease", None);
    let refused = releases.list(&ListParams::default()).await.unwrap_err();
    assert!(refused.to_string().contains("forbidden"), "{refused}");
    admin
        .put_yaml(
            r#"
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
"#,
        )
        .await
        .unwrap();
    server.until_allowed("alice", "list", "deckhouse.io", "deckhousereleases", None).await.unwrap();
    releases.list(&ListParams::default()).await.unwrap();
}

#[tokio::test]
async fn the_api_goes_and_comes_back_with_what_it_had() {
    let server = ApiServer::borrow().unwrap();
    let admin = server.admin().unwrap();
    admin.put(&release("v1.70.1")).await.unwrap();
    server.stop_api().unwrap();
    assert!(std::net::TcpStream::connect(server.url().trim_start_matches("https://")).is_err());
    server.start_api().unwrap();
    assert_eq!(names(&server.admin().unwrap(), "DeckhouseRelease").await, ["v1.70.1"]);
}
