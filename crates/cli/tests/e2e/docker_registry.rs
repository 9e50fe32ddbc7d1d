//! The same line with Debian's `docker-registry` on both ends, read by foreign programs.

use std::{path::Path, process::Command};

use oci::layout::{LayoutIndex, REF_NAME};
use testkit::{
    distribution::Distribution,
    docker_registry::{DockerAuth, DockerRegistry, DockerRegistryOptions},
    docker_storage::write_docker_registry_storage,
    tokens::{TokenOptions, TokenServer},
};

use crate::world::{Run, TARGET_ROOT, dhctl};

const CHANNELS: [&str; 5] = ["alpha", "beta", "early-access", "stable", "rock-solid"];

/// Runs a foreign program that must succeed and returns what it printed.
fn foreign(program: &str, args: &[&str]) -> Run {
    let output = Command::new(program).args(args).output();
    Run::of(output.unwrap_or_else(|error| panic!("{program}: {error}"))).expect(0)
}

fn basic(login: &str, password: &str) -> DockerAuth {
    DockerAuth::Htpasswd { login: login.to_owned(), password: password.to_owned() }
}

fn line(source_auth: DockerAuth, target_auth: DockerAuth) {
    let distribution = Distribution::sample();
    let storage = tempfile::tempdir().unwrap();
    write_docker_registry_storage(&distribution.store, storage.path()).unwrap();
    let source = DockerRegistry::start(DockerRegistryOptions {
        storage: Some(storage.path().to_owned()),
        auth: source_auth,
        ..DockerRegistryOptions::default()
    })
    .unwrap();
    let target = DockerRegistry::start(DockerRegistryOptions {
        auth: target_auth,
        ..DockerRegistryOptions::default()
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let source_url = format!("{}/{}", source.addr(), distribution.root);
    let target_url = format!("{}/{TARGET_ROOT}", target.addr());
    let run = |args: &[&str]| dhctl(folder.path(), args);

    run(&["mirror", "--insecure", "-i", "d8.tar", "--source", &source_url, "-l", "key"]).expect(0);
    let push = ["mirror", "--insecure", "-i", "d8.tar", "-r", &target_url, "-u", "admin", "-p", "password"];
    run(&push).expect(0);
    let expected = distribution.expected(&Distribution::SAMPLE_SELECTION, &CHANNELS);
    assert_eq!(expected.missing_in(&target.storage(), TARGET_ROOT), Vec::<String>::new());
    let again = run(&[&push[..], &["--output", "json"]].concat()).expect(0).json();
    assert_eq!(again["result"]["written"]["manifests_written"], 0);
    let verify = ["mirror", "verify", "--insecure", "-i", "d8.tar", "-r", &target_url, "-u", "admin"];
    run(&[&verify[..], &["-p", "password", "--deep"]].concat()).expect(0);
    run(&[&verify[..], &["-p", "wrong"]].concat()).expect(4);
    read_with_foreign_tools(folder.path());
}

/// The bundle is a plain tar, and each repository in it an image layout.
fn read_with_foreign_tools(folder: &Path) {
    let bundle = folder.join("d8.tar");
    let list = foreign("tar", &["-tf", bundle.to_str().unwrap()]);
    assert_eq!(list.stderr, "");
    assert!(list.stdout.lines().any(|name| name == "install/index.json"), "{}", list.stdout);
    let unpacked = tempfile::tempdir().unwrap();
    let unpack = ["-xf", bundle.to_str().unwrap(), "-C", unpacked.path().to_str().unwrap()];
    assert_eq!(foreign("tar", &unpack).stderr, "");
    // skopeo finds only OCI manifests by name in a layout, and most of the platform's are Docker's.
    let (repository, reference, digest) = named_oci_image(unpacked.path());
    let image = format!("oci:{}:{reference}", unpacked.path().join(repository).display());
    let inspected = foreign("skopeo", &["inspect", "--format", "{{.Digest}}", &image]);
    assert_eq!(inspected.stdout.trim(), digest);
    let copied = tempfile::tempdir().unwrap();
    foreign("skopeo", &["copy", "--quiet", &image, &format!("dir:{}", copied.path().display())]);
}

/// Repository, reference and digest of the first OCI image with a tag.
fn named_oci_image(unpacked: &Path) -> (&'static str, String, String) {
    let images = ["", "install"].into_iter().flat_map(|repository| {
        let index = std::fs::read(unpacked.join(repository).join("index.json")).unwrap();
        let index = LayoutIndex::parse(&index).unwrap();
        index.manifests.into_iter().map(move |descriptor| (repository, descriptor))
    });
    let mut images = images.filter(|(_, image)| image.media_type == oci::media_type::OCI_MANIFEST);
    let (repository, image) = images.find(|(_, image)| !image.annotations[REF_NAME].contains('@')).unwrap();
    (repository, image.annotations[REF_NAME].clone(), image.digest.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_passwords() {
    line(basic("license-token", "key"), basic("admin", "password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_server() {
    let source = TokenServer::start(TokenOptions::new("license-token", "key")).unwrap();
    let target = TokenServer::start(TokenOptions::new("admin", "password")).unwrap();
    line(DockerAuth::tokens_of(&source), DockerAuth::tokens_of(&target));
    assert!(source.issued() > 0 && target.issued() > 0);
}
