//! Reaching a real API server with each kind of login that a kubeconfig or a pod may have.

#![expect(clippy::unwrap_used, reason = "the steps of a test")]

use std::path::Path;

use cluster::{
    Error,
    access::{Access, AccessError, Cluster, InCluster, KubeconfigFiles},
    read,
};
use k8s_openapi::api::{authentication::v1::TokenRequest, core::v1::ServiceAccount};
use kube::{Api, api::PostParams};
use serde_json::{Value, json};
use testkit::kube::ApiServer;

async fn connect(kubeconfig: KubeconfigFiles, in_cluster: Option<InCluster>) -> Result<Cluster, AccessError> {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    Access { kubeconfig, in_cluster, interactive: false }.cluster(None, &egress::Settings::default()).await
}

/// Who the API server takes us for: without rights it names us.
async fn who(cluster: &Cluster) -> String {
    read::release_spec(cluster, "v1.70.1").await.unwrap_err().to_string()
}

/// A kubeconfig in this folder, with this user.
fn written(folder: &Path, server: &ApiServer, user: &Value) -> KubeconfigFiles {
    std::fs::write(folder.join("ca.crt"), server.ca_pem()).unwrap();
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        // Beside the file, as paths in it are meant.
        "clusters": [{ "name": "c", "cluster": { "server": server.url(), "certificate-authority": "ca.crt" } }],
        "users": [{ "name": "u", "user": user }],
        "contexts": [{ "name": "test", "context": { "cluster": "c", "user": "u" } }],
    });
    let path = folder.join("config");
    std::fs::write(&path, kubeconfig.to_string()).unwrap();
    KubeconfigFiles::Named(path)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_of_a_pod() {
    let server = ApiServer::borrow().unwrap();
    let client = server.admin().unwrap().client();
    let accounts: Api<ServiceAccount> = Api::namespaced(client, "default");
    let account = serde_json::from_value(json!({ "metadata": { "name": "dhctl" } })).unwrap();
    accounts.create(&PostParams::default(), &account).await.unwrap();
    let request: TokenRequest = serde_json::from_value(json!({ "spec": { "audiences": [] } })).unwrap();
    let token = accounts.create_token_request("dhctl", &PostParams::default(), &request).await.unwrap();

    let mounted = tempfile::tempdir().unwrap();
    let (host, port) = server.url().strip_prefix("https://").unwrap().split_once(':').unwrap();
    let in_cluster =
        InCluster { host: host.to_owned(), port: port.parse().unwrap(), account: mounted.path().to_owned() };
    let here = || connect(KubeconfigFiles::Default(None), Some(in_cluster.clone()));
    let error = here().await.unwrap_err().to_string();
    assert!(error.starts_with("context in-cluster: failed to load certificate authority: "), "{error}");
    std::fs::write(mounted.path().join("ca.crt"), server.ca_pem()).unwrap();
    let error = here().await.unwrap_err().to_string();
    assert!(error.contains("context in-cluster: ") && error.contains("/token"), "{error}");
    std::fs::write(mounted.path().join("token"), token.status.unwrap().token).unwrap();
    let cluster = here().await.unwrap();
    assert_eq!((cluster.name.as_str(), cluster.server.as_str()), ("in-cluster", server.url()));
    let who = who(&cluster).await;
    assert!(who.contains("\"system:serviceaccount:default:dhctl\" cannot get"), "{who}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_of_kubeconfigs() {
    let server = ApiServer::borrow().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let token = ApiServer::token("alice");
    std::fs::write(folder.path().join("token"), format!("{token}\n")).unwrap();
    let prints = |text: &str| {
        json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
            "command": "sh", "args": ["-c", text],
        } })
    };
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": { "token": token },
    });
    for user in [
        json!({ "token": token }),
        json!({ "tokenFile": "token" }),
        prints(&format!("echo '{credential}'")),
        json!({ "auth-provider": { "name": "oidc", "config": { "id-token": token } } }),
    ] {
        let cluster = connect(written(folder.path(), &server, &user), None).await.unwrap();
        let who = who(&cluster).await;
        assert!(who.contains("User \"alice\" cannot get"), "{user}: {who}");
    }
    for (user, said) in [
        (json!({ "tokenFile": "absent" }), "absent"),
        (json!({ "token": "two\nlines" }), "characters that are not allowed"),
        (json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1" } }), "has no command"),
        (json!({ "auth-provider": { "name": "azure" , "config": {} } }), "kubelogin"),
        (json!({ "client-certificate": "absent.crt", "client-key": "absent.key" }), "absent"),
    ] {
        let error = connect(written(folder.path(), &server, &user), None).await.unwrap_err();
        assert!(matches!(error, AccessError::Unusable { .. }), "{user}: {error}");
        let error = error.to_string();
        assert!(error.starts_with("context test: ") && error.contains(said), "{user}: {error}");
        assert!(!error.contains(&token), "{error}");
    }
    let nobody = connect(written(folder.path(), &server, &json!({ "token": "wrong" })), None).await.unwrap();
    let error = read::release_spec(&nobody, "v1.70.1").await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized), "{error}");
}

/// A user whose credential plugin is this script.
fn plugin(script: &str) -> Value {
    json!({ "exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable",
        "command": "sh", "args": ["-c", script],
    } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_plugin_that_fails_is_named_and_what_it_says_is_not() {
    let server = ApiServer::borrow().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let token = ApiServer::token("alice");
    let status =
        |status: Value| format!("printf %s '{}'", json!({ "kind": "ExecCredential", "status": status }));
    for (script, said) in [
        (format!("echo '{token}'; echo 'no session for {token}' >&2; exit 3"), "failed (exit status: 3)"),
        (format!("echo '{{{token}'"), "printed something that is not an ExecCredential"),
        (status(Value::Null), "without a status"),
        (status(json!({ "token": format!("{token}\n{token}") })), "characters that are not allowed"),
        (
            status(json!({ "clientCertificateData": token, "clientKeyData": token })),
            "printed a client certificate or a key that cannot be used",
        ),
        ("kill -9 $$".to_owned(), "failed (signal: 9"),
    ] {
        let error = connect(written(folder.path(), &server, &plugin(&script)), None).await.unwrap_err();
        assert!(matches!(error, AccessError::Plugin { .. }), "{script}: {error}");
        let error = error.to_string();
        let named = error.starts_with("context test: the credential plugin sh ");
        assert!(named && error.contains(said), "{script}: {error}");
        assert!(!error.contains(&token) && !error.contains("session"), "{error}");
    }
    let absent =
        json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1", "command": "./absent" } });
    let error = connect(written(folder.path(), &server, &absent), None).await.unwrap_err();
    assert!(matches!(&error, AccessError::Plugin { error, .. } if error.not_started), "{error}");
    assert!(error.to_string().contains("absent cannot be started: No such file"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_plugin_that_fails_later_is_named_too() {
    let server = ApiServer::borrow().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let token = ApiServer::token("alice");
    // It gives a login that has expired, and then none.
    let marker = folder.path().join("marker").display().to_string();
    let once = format!(
        "test ! -e {marker} || exit 3; touch {marker}; echo '{}'",
        json!({ "status": { "token": token, "expirationTimestamp": "2026-01-02T03:04:05Z" } })
    );
    let cluster = connect(written(folder.path(), &server, &plugin(&once)), None).await.unwrap();
    let error = read::release_spec(&cluster, "v1.70.1").await.unwrap_err();
    assert!(matches!(error, Error::Plugin(_)) && !error.is_passing(), "{error:?}");
    assert_eq!(error.to_string(), "the credential plugin sh failed (exit status: 3)");

    let variables = format!(
        "test \"$FROM_KUBECONFIG\" = yes || exit 4; \
         echo \"$KUBERNETES_EXEC_INFO\" | grep -q '\"interactive\":false' || exit 5; echo '{}'",
        json!({ "status": { "token": token } })
    );
    let mut user = plugin(&variables);
    user["exec"]["env"] = json!([{ "name": "FROM_KUBECONFIG", "value": "yes" }]);
    let cluster = connect(written(folder.path(), &server, &user), None).await.unwrap();
    assert!(who(&cluster).await.contains("User \"alice\" cannot get"));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_are_one() {
    let server = ApiServer::borrow().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, content.to_string()).unwrap();
        path
    };
    std::fs::write(folder.path().join("ca.crt"), server.ca_pem()).unwrap();
    // What an earlier file says wins; the rest is taken from the later ones.
    let files = KubeconfigFiles::Listed(vec![
        file(
            "first",
            json!({
                "current-context": "test",
                "contexts": [{ "name": "test", "context": { "cluster": "c", "user": "u" } }],
                "users": [{ "name": "u", "user": { "token": ApiServer::token("alice") } }],
            }),
        ),
        folder.path().join("absent"),
        file(
            "second",
            json!({
                "current-context": "other",
                "clusters": [{ "name": "c", "cluster": { "server": server.url(), "certificate-authority": "ca.crt" } }],
                "users": [{ "name": "u", "user": { "token": ApiServer::token("bob") } }],
            }),
        ),
    ]);
    let cluster = connect(files, None).await.unwrap();
    let who = who(&cluster).await;
    assert!(cluster.name == "test" && who.contains("User \"alice\" cannot get"), "{who}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_the_certificate_must_have() {
    let server = ApiServer::borrow().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let named = |name: &str| {
        let KubeconfigFiles::Named(path) = written(folder.path(), &server, &json!({ "token": "x" })) else {
            panic!("it is named")
        };
        let mut kubeconfig: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        kubeconfig["clusters"][0]["cluster"]["tls-server-name"] = json!(name);
        std::fs::write(&path, kubeconfig.to_string()).unwrap();
        connect(KubeconfigFiles::Named(path), None)
    };
    // That of the test's server is for an address only.
    let other = named("kubernetes.default.svc").await.unwrap();
    let error = read::release_spec(&other, "v1.70.1").await.unwrap_err();
    assert!(matches!(&error, Error::Network(fault) if fault.kind() == egress::FaultKind::Tls), "{error:?}");
    let address = named("127.0.0.1").await.unwrap_err().to_string();
    assert!(address.contains("tls-server-name is an address, which is not supported"), "{address}");
}
