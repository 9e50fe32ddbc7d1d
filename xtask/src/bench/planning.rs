//! Laying a large bundle out on paper, from manifests that are there.

use std::time::Instant;

use anyhow::{Result, ensure};
use mirror::{Plan, WantedBy, wanted::Wanted};
use oci::{Digest, RawManifest};
use serde_json::json;

use super::{
    options::Options,
    table::{Table, Times},
};

const IMAGES: u64 = 10_000;
/// Config and layers of each image that no other has.
const OWN_BLOBS: u64 = 4;
/// Layers that many images stand on.
const BASES: u64 = 20;
/// A repository has about so many images.
const IMAGES_PER_REPOSITORY: u64 = 100;

/// Plans it a few times.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let wanted = wanted()?;
    let mut times = Times::default();
    for _ in 0..options.repeat {
        let begun = Instant::now();
        let plan = Plan::new(&wanted, "ee")?;
        // Headers and checksums of the tar are part of the plan; they are made when asked for.
        let fixed: usize = plan.layout().fixed_segments().map(|(_, bytes)| bytes.len()).sum();
        times.push(begun.elapsed());
        let blobs = plan.layout().blobs().len() as u64;
        ensure!(fixed > 0 && blobs >= IMAGES * OWN_BLOBS, "{blobs} blobs");
    }
    let name = format!("planning {IMAGES} images, {} blobs ({times})", IMAGES * OWN_BLOBS);
    table.value(&name, times.median(), " s", 1.0);
    Ok(())
}

fn wanted() -> Result<Wanted> {
    let mut wanted = Wanted::default();
    let by = WantedBy::Release(semver::Version::new(1, 59, 4));
    for image in 0..IMAGES {
        let repository = image / IMAGES_PER_REPOSITORY;
        let path = if repository == 0 { String::new() } else { format!("modules/module-{repository}") };
        let manifest = manifest(image)?;
        let reference = manifest.digest().into();
        wanted.add((path, reference), manifest, &by);
    }
    Ok(wanted)
}

fn manifest(image: u64) -> Result<RawManifest> {
    let blob = |kind: &str, name: String, size: u64| {
        json!({
            "mediaType": format!("application/vnd.oci.image.{kind}"),
            "size": size,
            "digest": Digest::of(name.as_bytes()),
        })
    };
    let own =
        (1..OWN_BLOBS).map(|layer| blob("layer.v1.tar+gzip", format!("{image}/{layer}"), 40_000_000 + image));
    let base = blob("layer.v1.tar+gzip", format!("base/{}", image % BASES), 90_000_000);
    let layers: Vec<_> = std::iter::once(base).chain(own).collect();
    let text = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob("config.v1+json", format!("{image}/config"), 4_000),
        "layers": layers,
    });
    Ok(RawManifest::new(None, text.to_string().into())?)
}
