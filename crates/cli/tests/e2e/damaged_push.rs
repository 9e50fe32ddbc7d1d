//! A push that meets a damaged blob stops before anything of it can be seen.

use std::{fs, sync::Arc};

use oci::Digest;
use registry_server::{MemoryStore, ServerOptions, Store};
use testkit::faults::{Script, Seen};

use crate::{
    surgery::scratch,
    world::{World, dhctl, serve},
};

/// A layer of the release's controller image that no list lies in.
fn layer(world: &World) -> Digest {
    let root = world.distribution.releases["v1.58.3"].root;
    let manifest = world.distribution.store.manifest(&world.distribution.root, &root.into()).unwrap();
    manifest.parse().unwrap().blobs().last().unwrap().digest
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_committed_and_nothing_more_is_sent() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    fs::rename(world.path("d8.tar"), world.path("whole.tar")).unwrap();
    let layer = layer(&world);
    let entry = format!("blobs/sha256/{}", layer.hex());
    scratch(&world.path("whole.tar"), &entry);
    fs::create_dir(world.path("parts")).unwrap();
    dhctl(world.folder.path(), &["bundle", "split", "whole.tar", "-c", "300KB", "-o", "parts"]).expect(0);

    for (bundle, parallel) in [("whole.tar", "1"), ("whole.tar", "16"), ("parts/whole.tar", "1")] {
        let (store, script) = (MemoryStore::new(), Arc::new(Script::default()));
        let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
        let target = serve(Arc::new(store.clone()), options);
        let url = format!("{}/inside/ee", target.addr());
        let push =
            ["mirror", "--insecure", "-r", &url, "-i", bundle, "--parallel", parallel, "--output", "json"];
        let run = dhctl(world.folder.path(), &push).expect(3);

        let damaged = run.json()["error"]["damaged"].clone();
        assert_eq!(damaged[0]["entry"], entry, "{bundle}: {}", run.stderr);
        assert!(damaged[0]["images"].to_string().contains("(root):v1.58.3"), "{damaged:#}");
        let files = damaged[0]["files"].as_array().unwrap();
        assert!(files[0].as_str().unwrap().starts_with(bundle), "{files:?}");
        assert!(run.stderr.contains(&entry) && run.stderr.contains("(root):v1.58.3"), "{}", run.stderr);

        for repository in store.repositories() {
            assert!(store.blob(&repository, &layer).is_none(), "{repository} has the damaged blob");
            assert!(store.manifests(&repository).is_empty(), "{repository} has a manifest");
            assert_eq!(store.tags(&repository).unwrap_or_default(), Vec::<String>::new());
        }
        assert_eq!(script.count("PUT", "*/manifests/*"), 0);
        assert_eq!(script.count("DELETE", "*/blobs/uploads/*"), 2, "the check and the upload are canceled");
        if parallel == "1" {
            // The aborted request and the cancellation use two connections: the server may read them in either order.
            let seen = script.seen();
            let is_of_damaged = |seen: &Seen| seen.query.contains(&layer.hex());
            let first = seen.iter().position(is_of_damaged);
            let last = first.or(seen.iter().rposition(|seen| seen.method == "DELETE")).unwrap();
            let sent = |seen: &Seen| ["PUT", "PATCH"].contains(&seen.method.as_str()) && !is_of_damaged(seen);
            assert_eq!(seen.into_iter().skip(last).filter(sent).collect::<Vec<_>>(), []);
        }
    }
}
