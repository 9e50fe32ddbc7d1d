//! Pulls of sources that lie, or whose content is made to do harm.

use std::sync::Arc;

use bytes::Bytes;
use oci::{RawManifest, TagOrDigest};
use testkit::distribution::{Compression, Distribution, Format, Image, ImageConfig, Layer};

use super::setup::{Ends, Setup, closed, each, fails};
use crate::world::serve;

/// Peak memory of a run that unpacks nothing as a whole.
const MEMORY: u64 = 150_000_000;

const VERSION: &str = r#"{"version":"v1.58.3"}"#;

/// An image of these layers in place of the release channel `stable`.
fn channel(layers: &[Layer]) -> impl Fn(&Distribution) + use<> {
    let image = Image::new(Format::Oci, &ImageConfig::Linux("amd64"), layers);
    move |made| image.publish(&made.store, &format!("{}/release-channel", made.root), &["stable"])
}

/// A manifest in place of the release channel `stable`.
fn channel_manifest(text: String) -> impl Fn(&Distribution) {
    move |made| {
        let manifest = RawManifest::new(None, text.clone().into()).unwrap();
        let tag: TagOrDigest = "stable".parse().unwrap();
        made.store.insert_manifest(&format!("{}/release-channel", made.root), &tag, manifest);
    }
}

fn files(files: &[(&str, &[u8])]) -> Layer {
    Layer::of_files(files, Compression::Gzip)
}

/// A zstd frame of `blocks` blocks of 128 KiB of zeros, four bytes each.
fn zstd_bomb(blocks: u32) -> Bytes {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
    for block in 1..=blocks {
        let header = (128 << 10 << 3) | (1 << 1) | u32::from(block == blocks);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame.into()
}

/// Puts bytes of another length in the place of a layer that only the download reads.
fn resize(made: &Distribution, change: fn(&mut Vec<u8>)) {
    let image = made.releases["v1.58.3"].images.values().next().unwrap();
    let manifest = registry_server::Store::manifest(&made.store, &made.root, &(*image).into()).unwrap();
    let blob = manifest.parse().unwrap().blobs().last().unwrap().clone();
    let mut bytes = vec![b'x'; usize::try_from(blob.size).unwrap()];
    change(&mut bytes);
    made.store.insert_blob(&made.root, blob.digest, Bytes::from(bytes));
}

type Change = Box<dyn Fn(&Distribution) + Send + Sync>;

fn cases() -> Vec<(&'static str, Change, Ends)> {
    let zeros = vec![0; 300 << 20];
    let large_list = files(&[("version.json", &zeros)]);
    let bomb = files(&[("bomb", &zeros), ("version.json", VERSION.as_bytes())]);
    drop(zeros);
    let version = files(&[("version.json", VERSION.as_bytes())]);
    let hidden = format!("{}{VERSION}", " ".repeat(5 << 20));
    let deep = format!("{{\"version\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let zstd = Layer::of_bytes(zstd_bomb(8 * 1024), Compression::Zstd);
    let manifest = |padding: usize| {
        let config = oci::Digest::of(b"x");
        format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"x","size":1,"digest":"{config}"}}{}}}"#,
            " ".repeat(padding)
        )
    };
    vec![
        ("a layer that unpacks to much", Box::new(channel(&[bomb])), Ends::Done),
        (
            "a list that unpacks to much",
            Box::new(channel(&[large_list])),
            fails(3, &["version.json", "more than"]),
        ),
        ("zeros by the gigabyte", Box::new(channel(&[version.clone(), zstd])), Ends::Done),
        (
            "a list of five megabytes of blanks",
            Box::new(channel(&[files(&[("version.json", hidden.as_bytes())])])),
            Ends::Done,
        ),
        (
            "a list without a bottom",
            Box::new(channel(&[files(&[("version.json", deep.as_bytes())])])),
            fails(3, &["version.json", "stable"]),
        ),
        (
            "a link in place of a list",
            Box::new(channel(&[Layer::of_link("version.json", "/etc/passwd")])),
            fails(3, &["/etc/passwd", "link"]),
        ),
        (
            "an enormous manifest",
            Box::new(channel_manifest(manifest(5 << 20))),
            fails(3, &["larger than the limit"]),
        ),
        ("a manifest of missing blobs", Box::new(channel_manifest(manifest(0))), fails(3, &["stable"])),
        (
            "a blob that is too long",
            Box::new(|made| resize(made, |bytes| bytes.push(b'x'))),
            fails(3, &["bytes instead of"]),
        ),
        (
            "a blob that is too short",
            Box::new(|made| resize(made, |bytes| bytes.truncate(9))),
            fails(3, &["9 bytes instead of"]),
        ),
        ("a blob of other bytes", Box::new(|made| resize(made, |_| {})), fails(3, &["digest"])),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn malicious_sources() {
    let run = |(name, change, ends): &(&str, Change, Ends)| {
        let releases = ["v1.57.5", "v1.58.3"];
        let channels = [("alpha", "v1.58.3"), ("stable", "v1.58.3"), ("rock-solid", "v1.57.5")];
        let builder = Distribution::builder().releases(&releases).channels(&channels).modules(Vec::new());
        let made = builder.images_per_release(2).build();
        change(&made);
        let source = serve(Arc::new(made.store.clone()), closed());
        let setup = Setup::new();
        let ended = setup.pull(&format!("{}/{}", source.addr(), made.root), &[]);
        ends.check(name, &ended.run);
        assert!(ended.memory < MEMORY, "{name}: {} bytes of memory", ended.memory);
        if ended.run.code == Some(0) {
            assert_eq!(setup.names(), ["d8.tar", "deckhousereleases.yaml"], "{name}");
        } else {
            setup.assert_only_work_in_progress();
        }
    };
    each(cases(), |(name, ..)| (*name).to_owned(), run);
}
