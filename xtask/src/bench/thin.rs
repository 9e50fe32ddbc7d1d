//! A monthly delivery as a thin bundle: its size, its pull and its push, against what is new in it.

use std::{collections::HashSet, path::Path, process::Command};

use anyhow::Result;
use bundle::Bundle;
use mirror::Contents;
use oci::Digest;
use testkit::distribution::Builder;

use super::{
    floor, measure,
    options::Options,
    pull::MEMORY_LIMIT,
    push::empty,
    setup::{ROOT, Setup, as_megabytes},
    table::{Table, Times},
    upload,
};

/// Measures a thin bundle of a distribution with one new patch for each minor, whose base is the earlier one.
pub(crate) fn measure(options: &Options, dhctl: &Path, table: &mut Table) -> Result<()> {
    let earlier = Setup::new(options, dhctl.to_owned(), Builder::bench())?;
    let mut later = Setup::new(options, dhctl.to_owned(), month_later())?;
    let held: HashSet<Digest> = earlier.blobs.iter().map(|blob| blob.digest).collect();
    let all = later.blobs.len();
    later.blobs.retain(|blob| !held.contains(&blob.digest));
    println!("{} of {all} blobs are new; {}", later.blobs.len(), later.describe());
    let manifests = manifests(&later)?;
    let scratch = later.fresh("base")?;
    let digests = scratch.join("base.digests");
    let mut write = Command::new(dhctl);
    write.args(["bundle", "digests"]).arg(earlier.bundle()).arg("-o").arg(&digests);
    measure::run(&mut write, None)?;

    let (mut pull, mut curl, mut push, mut floor) =
        (Times::default(), Times::default(), Times::default(), Times::default());
    let (mut memory, mut share) = (0, 0.0);
    for round in 1..=options.repeat {
        let directory = later.fresh("pulled")?;
        let mut command = floor::curl_all(&later, &manifests, later.source.addr(), &directory)?;
        let bare = measure::run(&mut command, None)?;
        curl.push(bare.time);
        let directory = later.fresh("pulled")?;
        let mut command = later.pull(&directory, later.source.addr());
        let pulled = measure::run(command.arg("--base").arg(&digests), None)?;
        pull.push(pulled.time);
        let thin = directory.join("d8.tar");
        share = size_share(&later, &thin, &held)?;

        let target = empty(&later)?;
        let scratch = later.fresh("scratch")?;
        measure::run(&mut earlier.push(&earlier.bundle(), &scratch, target.addr()), None)?;
        let uploads = upload::all(target.addr(), &later.blobs, &later.blob_files())?;
        drop(target);
        let target = empty(&later)?;
        measure::run(&mut earlier.push(&earlier.bundle(), &scratch, target.addr()), None)?;
        let mut command = later.push(&thin, &scratch, target.addr());
        let new = measure::run(&mut command, None)?;
        let again = measure::run(&mut command, None)?;
        push.push(new.time);
        floor.push(uploads + again.time);
        memory = memory.max(pulled.memory).max(new.memory);
        eprintln!(
            "thin {round}: curl {:.3} s, pull {:.3} s, uploads and a push with everything there {:.3} s, push {:.3} s",
            bare.time.as_secs_f64(),
            pulled.time.as_secs_f64(),
            (uploads + again.time).as_secs_f64(),
            new.time.as_secs_f64()
        );
    }
    table.value("thin bundle: size, as a share of what is new, manifests and lists", share, "", 1.02);
    table.ratio("thin bundle: pull", &pull, &curl, 1.3);
    table.ratio("thin bundle: push", &push, &floor, 1.3);
    table.value("thin bundle: peak memory", as_megabytes(memory), " MB", MEMORY_LIMIT);
    Ok(())
}

/// The distribution of the benchmarks with a newer patch of each minor.
fn month_later() -> Builder {
    let releases = ["v1.57.6", "v1.58.4", "v1.59.5"];
    let channels = [("alpha", "v1.59.5"), ("stable", "v1.58.4"), ("rock-solid", "v1.57.6")];
    Builder::bench().releases(&releases).channels(&channels)
}

/// Every tag and every other manifest of the full bundle, as a path below `/v2/`.
fn manifests(setup: &Setup) -> Result<Vec<String>> {
    let contents = Contents::read(&Bundle::open(&[setup.bundle()])?)?;
    let paths = contents.repositories.iter().flat_map(|repository| {
        let name = [ROOT, &repository.path].join("/").trim_end_matches('/').to_owned();
        let tagged: HashSet<&Digest> = repository.tags.values().collect();
        let tags = repository.tags.iter().filter(|(tag, digest)| tag.as_str() != digest.hex());
        let tags: Vec<String> = tags.map(|(tag, _)| tag.to_string()).collect();
        let others = repository.manifests.keys().filter(|digest| !tagged.contains(digest));
        let digests: Vec<String> = others
            .chain(
                repository.tags.iter().filter(|(tag, digest)| tag.as_str() == digest.hex()).map(|(_, it)| it),
            )
            .map(Digest::to_string)
            .collect();
        tags.into_iter().chain(digests).map(move |reference| format!("{name}/manifests/{reference}"))
    });
    Ok(paths.collect())
}

/// The size of the thin bundle over that of the new blobs, all manifests, and the lists among the blobs that were held.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn size_share(later: &Setup, thin: &Path, held: &HashSet<Digest>) -> Result<f64> {
    let bundle = Bundle::open(&[thin.to_owned()])?;
    let contents = Contents::read(&bundle)?;
    let manifests: usize =
        contents.repositories.iter().flat_map(|it| it.manifests.values()).map(|it| it.bytes().len()).sum();
    let is_list = |digest: &&Digest| {
        held.contains(digest) && contents.repositories.iter().all(|it| !it.manifests.contains_key(digest))
    };
    let stored = bundle.repositories().iter().flat_map(|it| &it.blobs);
    let lists: u64 = stored.filter(|(digest, _)| is_list(digest)).map(|(_, size)| size).sum();
    let new: u64 = later.blobs.iter().map(|blob| blob.size).sum();
    Ok(bundle.size() as f64 / (new + manifests as u64 + lists) as f64)
}
