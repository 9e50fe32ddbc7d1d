//! Our server against foreign clients, and the real registry that testkit starts: each proves the
//! other.

#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not what they call")]

use std::{net::SocketAddr, process::Output, sync::Arc};

use oci::{TagOrDigest, media_type};
use registry_server::{MemoryStore, RunningServer, Server, ServerOptions, Store};
use tempfile::TempDir;
use testkit::{
    Distribution, DockerAuth, DockerRegistry, DockerRegistryOptions, Fault, Link, LinkOptions, Rule, Script,
    TokenOptions, TokenServer,
    certificates::{Authority, Kind},
    distribution::Expected,
    write_docker_registry_storage,
};
use tokio::process::Command;

const ROOT: &str = "deckhouse/ee";

fn serve(store: &MemoryStore, options: ServerOptions) -> RunningServer {
    Server::start(([127, 0, 0, 1], 0).into(), Arc::new(store.clone()), options).unwrap()
}

fn small() -> Distribution {
    Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3", "v1.59.4"])
        .channels(&[("alpha", "v1.59.4"), ("stable", "v1.58.3"), ("rock-solid", "v1.57.5")])
        .large_layer(600_000)
        .build()
}

async fn skopeo(arguments: &[&str]) -> Output {
    let mut command = Command::new("skopeo");
    command.arg("--insecure-policy").args(arguments);
    command.output().await.expect("skopeo is installed (Debian package skopeo)")
}

async fn copy(from: SocketAddr, to: SocketAddr, image: &str, more: &[&str]) {
    let from = format!("docker://{from}/{image}");
    // A destination has no digest in its name that is kept as such: tag it with the digest's digits.
    let to = format!("docker://{to}/{}", image.replace("@sha256:", ":"));
    let mut arguments =
        vec!["copy", "--all", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false"];
    arguments.extend(more);
    arguments.extend([from.as_str(), to.as_str()]);
    let output = skopeo(&arguments).await;
    assert!(output.status.success(), "{image}: {output:?}");
}

/// Copies what tells most: each packing of the installer, an index, an artifact of its own type, a
/// blob that is not in memory.
async fn copy_some(distribution: &Distribution, from: SocketAddr, to: SocketAddr, more: &[&str]) -> Expected {
    let images = &distribution.releases["v1.58.3"].images;
    let mut wanted = Expected::default();
    for version in ["v1.57.5", "v1.58.3", "v1.59.4"] {
        copy(from, to, &format!("{ROOT}/install:{version}"), more).await;
        let install = wanted.repositories.entry("install".to_owned()).or_default();
        install.tags.insert(version.to_owned(), distribution.releases[version].install);
    }
    for name in ["nodeManager/webhook3", "registrypackages/agent5", "common/large"] {
        copy(from, to, &format!("{ROOT}@{}", images[name]), more).await;
        let root = wanted.repositories.entry(String::new()).or_default();
        root.digests.insert(images[name]);
        root.tags.insert(images[name].hex(), images[name]);
    }
    wanted
}

#[tokio::test]
async fn a_foreign_client_copies_from_our_server_to_a_real_registry() {
    let distribution = small();
    let source = serve(&distribution.store, ServerOptions::default());
    let target = DockerRegistry::start(DockerRegistryOptions::default()).unwrap();
    let wanted = copy_some(&distribution, source.addr(), target.addr(), &[]).await;
    assert_eq!(wanted.missing_in(&target.storage(), ROOT), Vec::<String>::new());
    let everything = distribution.expected(&["v1.58.3"], &[]);
    assert!(
        !everything.missing_in(&target.storage(), ROOT).is_empty(),
        "the read-back sees what was not copied"
    );
}

#[tokio::test]
async fn a_foreign_client_copies_from_prepared_storage_to_our_server() {
    let distribution = small();
    let directory = TempDir::new().unwrap();
    write_docker_registry_storage(&distribution.store, directory.path()).unwrap();
    let source = DockerRegistry::start(DockerRegistryOptions {
        storage: Some(directory.path().to_owned()),
        ..DockerRegistryOptions::default()
    })
    .unwrap();
    let everything =
        distribution.expected(&["v1.57.5", "v1.58.3", "v1.59.4"], &["alpha", "stable", "rock-solid"]);
    assert_eq!(everything.missing_in(&source.storage(), ROOT), Vec::<String>::new());

    let store = MemoryStore::new();
    let target = serve(&store, ServerOptions::default());
    let wanted = copy_some(&distribution, source.addr(), target.addr(), &[]).await;
    assert_eq!(wanted.missing_in(&store, ROOT), Vec::<String>::new());

    let list = format!("docker://{}/{ROOT}/release-channel", source.addr());
    let listed = skopeo(&["list-tags", "--tls-verify=false", &list]).await;
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let mut tags = distribution.store.tags("deckhouse/ee/release-channel").unwrap();
    tags.sort();
    // docker-registry gives them in no order.
    let mut listed: Vec<_> =
        listed["Tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
    listed.sort_unstable();
    assert_eq!(listed, tags);
}

/// The manifest that a foreign client gets with these credentials, or its complaint.
async fn inspect(address: SocketAddr, credentials: Option<&str>) -> Result<Vec<u8>, String> {
    let image = format!("docker://{address}/{ROOT}:v1.58.3");
    let mut arguments = vec!["inspect", "--raw", "--tls-verify=false", &image];
    arguments.extend(credentials.iter().flat_map(|pair| ["--creds", *pair]));
    let output = skopeo(&arguments).await;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[tokio::test]
async fn a_real_registry_asks_for_a_password() {
    let distribution = small();
    let directory = TempDir::new().unwrap();
    write_docker_registry_storage(&distribution.store, directory.path()).unwrap();
    let registry = DockerRegistry::start(DockerRegistryOptions {
        storage: Some(directory.path().to_owned()),
        auth: DockerAuth::Htpasswd { login: "user".to_owned(), password: "secret".to_owned() },
        ..DockerRegistryOptions::default()
    })
    .unwrap();
    assert!(inspect(registry.addr(), Some("user:secret")).await.is_ok());
    for wrong in [None, Some("user:wrong")] {
        let error = inspect(registry.addr(), wrong).await.unwrap_err();
        assert!(error.contains("unauthorized") || error.contains("authentication"), "{error}");
    }
}

#[tokio::test]
async fn both_registries_take_the_same_tokens() {
    let distribution = small();
    let tokens = TokenServer::start(TokenOptions::new("user", "secret")).unwrap();
    let directory = TempDir::new().unwrap();
    write_docker_registry_storage(&distribution.store, directory.path()).unwrap();
    let real = DockerRegistry::start(DockerRegistryOptions {
        storage: Some(directory.path().to_owned()),
        auth: DockerAuth::tokens_of(&tokens),
        ..DockerRegistryOptions::default()
    })
    .unwrap();
    let options = ServerOptions { auth: tokens.auth(), ..ServerOptions::default() };
    let ours = serve(&distribution.store, options);
    for address in [real.addr(), ours.addr()] {
        let before = tokens.issued();
        let manifest = inspect(address, Some("user:secret")).await.unwrap();
        let stored =
            distribution.store.manifest(ROOT, &distribution.releases["v1.58.3"].root.into()).unwrap();
        assert_eq!(&manifest, stored.bytes());
        assert!(tokens.issued() > before);
        assert!(inspect(address, Some("user:wrong")).await.is_err());
        assert!(inspect(address, None).await.is_err());
    }
    let credentials = ["--src-creds=user:secret", "--dest-creds=user:secret"];
    let empty = MemoryStore::new();
    let options = ServerOptions { auth: tokens.auth(), ..ServerOptions::default() };
    let target = serve(&empty, options);
    let wanted = copy_some(&distribution, real.addr(), target.addr(), &credentials).await;
    assert_eq!(wanted.missing_in(&empty, ROOT), Vec::<String>::new());
}

#[tokio::test]
async fn tokens_may_be_limited_and_expire() {
    let distribution = small();
    let options = TokenOptions {
        anonymous_pull: true,
        actions: vec!["pull".to_owned()],
        access_token_only: true,
        ..TokenOptions::new("user", "secret")
    };
    let tokens = TokenServer::start(options).unwrap();
    let server =
        serve(&distribution.store, ServerOptions { auth: tokens.auth(), ..ServerOptions::default() });
    assert!(inspect(server.addr(), None).await.is_ok());
    assert!(inspect(server.addr(), Some("user:secret")).await.is_ok());
    let image = format!("docker://{}/{ROOT}:v1.58.3", server.addr());
    let refused = skopeo(&[
        "copy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        "--src-creds=user:secret",
        "--dest-creds=user:secret",
        &image,
        &format!("docker://{}/other:v1", server.addr()),
    ])
    .await;
    assert!(!refused.status.success(), "this login may only pull");

    let verifier = match tokens.auth() {
        registry_server::Auth::Token(token) => token.verifier,
        other => panic!("{other:?}"),
    };
    let (token, scope) = {
        let url = format!("scope=repository:{ROOT}:pull");
        let answer = ask_for_token(&tokens, &url).await;
        let token = answer["access_token"].as_str().unwrap().to_owned();
        assert!(answer.get("token").is_none());
        let scope = registry_server::Scope::parse(&format!("repository:{ROOT}:pull"));
        (token, [scope.unwrap()])
    };
    assert_eq!(verifier.verify(&token, &scope), Ok(()));
    tokens.expire_all();
    assert_eq!(verifier.verify(&token, &scope), Err(registry_server::TokenRefusal::Invalid));
}

async fn ask_for_token(tokens: &TokenServer, query: &str) -> serde_json::Value {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let realm = tokens.realm();
    let host = realm.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/token")).unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!("GET /token?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test]
async fn a_registry_restarts_with_its_data() {
    let distribution = small();
    let source = serve(&distribution.store, ServerOptions::default());
    let mut target = DockerRegistry::start(DockerRegistryOptions::default()).unwrap();
    let image = format!("{ROOT}:v1.58.3");
    copy(source.addr(), target.addr(), &image, &[]).await;
    let address = target.addr();
    target.kill();
    assert!(inspect(address, None).await.is_err());
    target.restart().unwrap();
    assert_eq!(target.addr(), address);
    assert!(inspect(address, None).await.is_ok());
    drop(target);
    assert!(std::net::TcpStream::connect(address).is_err(), "nothing runs on after the end");
}

#[tokio::test]
async fn scripted_faults_reach_a_foreign_client() {
    let distribution = small();
    let script = Arc::new(Script::new(vec![
        Rule::new("GET", "*/manifests/v1.57.5", Fault::Corrupt(20)),
        Rule::new("*", "*/manifests/v1.59.4", Fault::Status(http::StatusCode::FORBIDDEN)),
    ]));
    let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
    let server = serve(&distribution.store, options);
    // Through a link, too: what it carries is what was asked and answered.
    let link = Link::start(server.addr(), LinkOptions::default()).unwrap();
    let target = DockerRegistry::start(DockerRegistryOptions::default()).unwrap();
    copy(link.addr(), target.addr(), &format!("{ROOT}/install:v1.58.3"), &[]).await;
    assert!(link.bytes_down() > 100_000);
    for version in ["v1.57.5", "v1.59.4"] {
        let from = format!("docker://{}/{ROOT}/install:{version}", link.addr());
        let to = format!("docker://{}/copy:{version}", target.addr());
        let output = skopeo(&["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to]).await;
        assert!(!output.status.success(), "{version}");
    }
    assert_eq!(script.count("GET", "*/manifests/v1.58.3"), 1);
    let tag: TagOrDigest = "v1.58.3".parse().unwrap();
    let pushed = target.storage().manifest("deckhouse/ee/install", &tag).unwrap();
    assert_eq!(pushed.media_type(), media_type::OCI_MANIFEST);
}

#[tokio::test]
async fn a_foreign_client_reads_over_tls_and_http_2() {
    let distribution = small();
    let authority = Authority::new("Test CA").unwrap();
    let directory = TempDir::new().unwrap();
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let identity = authority.issue(&["127.0.0.1"], Kind::Server).unwrap();
    let options =
        ServerOptions { tls: Some(identity.server_config(None).unwrap()), ..ServerOptions::default() };
    let server = serve(&distribution.store, options);
    let large = distribution.releases["v1.58.3"].images["common/large"];
    let manifest = distribution.store.manifest(ROOT, &large.into()).unwrap();
    let layer = manifest.parse().unwrap().blobs().nth(1).unwrap().clone();
    let url = format!("https://{}/v2/{ROOT}/blobs/{}", server.addr(), layer.digest);
    let curl = async |arguments: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["-sS", "--noproxy", "*", "--cacert"]).arg(&ca);
        let output = command.args(arguments).arg(&url).output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    for version in ["--http2", "--http1.1"] {
        let whole = curl(&[version]).await;
        assert_eq!(oci::Digest::of(&whole), layer.digest, "{version}");
        let part = curl(&[version, "-r", "300000-"]).await;
        assert!(part == whole[300_000..], "{version}");
        let head = String::from_utf8(curl(&[version, "-I"]).await).unwrap();
        assert!(head.contains(&format!("content-length: {}", layer.size)), "{head}");
        assert_eq!(head.starts_with("HTTP/2 200"), version == "--http2", "{head}");
    }
}
