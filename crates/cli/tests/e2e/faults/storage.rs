//! Registries whose storage no longer has what they believe, or has it damaged. Real ones, of both versions.

use std::{
    fs,
    path::{Path, PathBuf},
};

use oci::Digest;
use registry_server::{MemoryStore, Store as _};
use testkit::{
    docker_registry::{DockerRegistry, DockerRegistryOptions, Version},
    nginx::Nginx,
};

use super::setup::{Ended, Ends, Sample, Setup, closed, fails};
use crate::world::{TARGET_ROOT, serve};

/// A registry with files that a test may damage, and a bundle to push to it.
struct Scene {
    sample: Sample,
    setup: Setup,
    registry: DockerRegistry,
    storage: tempfile::TempDir,
}

impl Scene {
    fn new(version: Version) -> Self {
        let (sample, setup) = (Sample::small(), Setup::new());
        fs::write(setup.bundle(), &sample.bundle).unwrap();
        let storage = tempfile::tempdir().unwrap();
        let registry = DockerRegistry::start(DockerRegistryOptions {
            version,
            storage: Some(storage.path().to_owned()),
            ..DockerRegistryOptions::default()
        });
        Self { sample, setup, registry: registry.unwrap(), storage }
    }

    fn url(&self) -> String {
        format!("{}/{TARGET_ROOT}", self.registry.addr())
    }

    fn push(&self, args: &[&str]) -> Ended {
        self.setup.push(&self.url(), args)
    }

    fn verify(&self, args: &[&str]) -> Ended {
        let url = self.url();
        let mut command = self.setup.command(&["mirror", "verify", "--insecure", "-r", &url, "-i", "d8.tar"]);
        command.args(["-u", "x", "-p", "y"]).args(args);
        self.setup.run(command)
    }

    /// What is on the disk, read past the registry and its cache: what a node gets.
    fn assert_whole(&self) {
        self.sample.assert_in_target(&self.registry.storage());
    }

    fn root(&self) -> PathBuf {
        self.storage.path().join("docker/registry/v2")
    }

    fn data(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.root().join("blobs/sha256").join(&hex[..2]).join(hex).join("data")
    }

    fn layer(&self) -> Digest {
        self.sample.lone_layer()
    }
}

fn done(name: &str, ended: &Ended) {
    Ends::Done.check(name, &ended.run);
}

/// Damages a file without a change of its size.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// A push breaks off before its manifests, and what it uploaded is removed as garbage while the registry runs: its
/// cache goes on to say that everything is there.
#[tokio::test(flavor = "multi_thread")]
async fn blobs_deleted_by_garbage_collection_are_uploaded_again() {
    for version in Version::ALL {
        let scene = Scene::new(version);
        let refuses_manifests =
            "location ~ /manifests/ { limit_except GET HEAD { deny all; } proxy_pass http://UPSTREAM; }";
        let upstream = scene.registry.addr();
        let server = refuses_manifests.replace("UPSTREAM", &upstream.to_string());
        let gate = Nginx::before(upstream, "", &server).unwrap();
        let broken = scene.setup.push(&format!("{}/{TARGET_ROOT}", gate.addr()), &[]);
        fails(5, &["cannot push manifest", "403 Forbidden"]).check("breaks off", &broken.run);
        assert!(scene.data(&scene.layer()).exists());
        scene.registry.garbage_collect().unwrap();
        assert!(!scene.data(&scene.layer()).exists());

        done("push", &scene.push(&[]));
        scene.assert_whole();
        done("verify", &scene.verify(&["--deep"]));
        let again = scene.push(&[]);
        assert!(again.run.stdout.contains("everything was already there"), "{}", again.run.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_objects_are_found_by_verify_and_repaired_by_a_push() {
    for version in Version::ALL {
        let scene = Scene::new(version);
        done("push", &scene.push(&[]));
        let layer = scene.layer();
        fs::remove_file(scene.data(&layer)).unwrap();
        for args in [&[][..], &["--deep"]] {
            let lost = scene.verify(args);
            let told = ["1 object is missing", &layer.to_string(), "push the bundle again"];
            fails(3, &told).check("verify", &lost.run);
        }
        let healed = scene.push(&[]);
        done("push", &healed);
        assert!(healed.run.stdout.contains("uploaded 1 blob"), "{}", healed.run.stdout);
        scene.assert_whole();
        done("verify", &scene.verify(&[]));
    }
}

/// All that cannot be read is listed, not only the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_deep_verification_lists_everything_that_is_unreadable() {
    for version in Version::ALL {
        let scene = Scene::new(version);
        done("push", &scene.push(&[]));
        let blobs = scene.registry.storage();
        let manifest = |digest: &Digest| blobs.manifest(TARGET_ROOT, &(*digest).into());
        let images = scene.sample.distribution.releases["v1.58.3"].images.values();
        let mut lost: Vec<Digest> = images
            .filter_map(manifest)
            .flat_map(|manifest| {
                manifest.parse().unwrap().blobs().map(|blob| blob.digest).collect::<Vec<_>>()
            })
            .collect();
        lost.sort();
        lost.dedup();
        assert!(lost.len() > 3);
        for (number, digest) in lost.iter().enumerate() {
            match number % 3 {
                0 => fs::remove_file(scene.data(digest)).unwrap(),
                1 => fs::write(scene.data(digest), "").unwrap(),
                _ => flip(&scene.data(digest)),
            }
        }
        let found = scene.verify(&["--deep", "--output", "json"]);
        fails(3, &["missing or damaged in the target"]).check("verify", &found.run);
        let document = found.run.json();
        let missing = document["error"]["missing"].as_array().unwrap();
        for digest in &lost {
            let is_listed = missing.iter().any(|item| item["reference"] == digest.to_string());
            assert!(is_listed, "{digest} in {missing:#?}");
        }
    }
}

/// Docker distribution keeps a file that is there, whatever is in it, though the upload succeeds.
#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_keeps_its_damaged_copy_is_named_as_the_cause() {
    for version in Version::ALL {
        let mut scene = Scene::new(version);
        done("push", &scene.push(&[]));
        let layer = scene.layer();
        let whole = fs::read(scene.data(&layer)).unwrap();
        for (what, damage) in [
            ("empty", Box::new(|path: &Path| fs::write(path, "").unwrap()) as Box<dyn Fn(&Path)>),
            ("truncated", Box::new(|path: &Path| fs::write(path, &whole[..whole.len() - 1]).unwrap())),
            ("flipped", Box::new(flip)),
        ] {
            fs::write(scene.data(&layer), &whole).unwrap();
            damage(&scene.data(&layer));
            let verified = scene.verify(&["--deep"]);
            fails(3, &[&layer.to_string()]).check(what, &verified.run);
            let deep: &[&str] = if what == "flipped" { &["--deep"] } else { &[] };
            if what == "flipped" {
                assert!(
                    verified.run.stderr.contains("push the bundle again with --deep"),
                    "{}",
                    verified.run.stderr
                );
            }
            let kept = scene.push(deep);
            let told = [
                "the upload succeeded, but the registry keeps its own damaged copy",
                "another push cannot replace these",
                &layer.to_string(),
            ];
            fails(3, &told).check(what, &kept.run);
            assert!(!kept.run.stderr.contains("push the bundle again"), "{}", kept.run.stderr);

            // What the hint says.
            fs::remove_file(scene.data(&layer)).unwrap();
            scene.registry.restart().unwrap();
            done("after the administrator", &scene.push(deep));
            scene.assert_whole();
            done("verify", &scene.verify(&["--deep"]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_replaces_its_damaged_copy_is_healed_by_a_deep_push() {
    let (sample, setup) = (Sample::small(), Setup::new());
    fs::write(setup.bundle(), &sample.bundle).unwrap();
    let store = MemoryStore::new();
    let target = serve(std::sync::Arc::new(store.clone()), closed());
    let url = format!("{}/{TARGET_ROOT}", target.addr());
    done("push", &setup.push(&url, &[]));
    let layer = sample.lone_layer();
    let size = match store.blob(TARGET_ROOT, &layer).unwrap() {
        registry_server::Blob::Bytes(bytes) => bytes.len(),
        registry_server::Blob::Source(_) => panic!("an uploaded blob is in memory"),
    };
    store.insert_blob(TARGET_ROOT, layer, bytes::Bytes::from(vec![b'x'; size]));
    // Its size and its last byte are there.
    let plain = setup.push(&url, &[]);
    assert!(plain.run.stdout.contains("everything was already there"), "{}", plain.run.stdout);
    let deep = setup.push(&url, &["--deep"]);
    done("deep", &deep);
    assert!(deep.run.stdout.contains("uploaded 1 blob"), "{}", deep.run.stdout);
    assert!(deep.run.stdout.contains("every blob downloaded and hashed"), "{}", deep.run.stdout);
    sample.assert_in_target(&store);
}

/// After a power cut a file of a tag may be empty: the registry answers 500 for it for ever.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_tag_is_written_again() {
    for version in Version::ALL {
        let scene = Scene::new(version);
        done("push", &scene.push(&[]));
        let repository = scene.root().join("repositories").join(TARGET_ROOT).join("release-channel");
        let link = repository.join("_manifests/tags/stable/current/link");
        let name = format!("{}/release-channel:stable", scene.url());
        fs::write(&link, "").unwrap();
        let verified = scene.verify(&[]);
        fails(3, &["1 object is missing or damaged", &name, "500", "push the bundle again"])
            .check("verify", &verified.run);
        let healed = scene.push(&[]);
        done("push", &healed);
        assert!(healed.run.stdout.contains("wrote 1 manifest"), "{}", healed.run.stdout);
        scene.assert_whole();
        done("verify", &scene.verify(&[]));
    }
}
