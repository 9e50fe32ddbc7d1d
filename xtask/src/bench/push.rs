//! A push to an empty registry against bare uploads of the same blobs, and a second push.

use anyhow::Result;
use testkit::{DockerRegistry, DockerRegistryOptions};

use super::{
    measure,
    options::Options,
    pull::MEMORY_LIMIT,
    setup::{Setup, as_megabytes},
    table::{Table, Times},
    upload,
};

/// Measures a push, and the same again.
pub(crate) fn measure(options: &Options, setup: &Setup, table: &mut Table) -> Result<()> {
    let (mut first, mut second, mut floor) = (Times::default(), Times::default(), Times::default());
    let (mut memory, mut disk) = (0, 0);
    for round in 1..=options.repeat {
        let target = empty(setup)?;
        let bare = upload::all(target.addr(), &setup.blobs, &setup.blob_files())?;
        drop(target);
        let target = empty(setup)?;
        let scratch = setup.fresh("scratch")?;
        let mut push = setup.push(&setup.bundle(), &scratch, target.addr());
        let new = measure::run(&mut push, Some(&scratch))?;
        let again = measure::run(&mut push, Some(&scratch))?;
        eprintln!(
            "push {round}: bare {:.3} s, dhctl {:.3} s, again {:.3} s",
            bare.as_secs_f64(),
            new.time.as_secs_f64(),
            again.time.as_secs_f64()
        );
        floor.push(bare);
        first.push(new.time);
        second.push(again.time);
        memory = memory.max(new.memory).max(again.memory);
        disk = disk.max(new.disk).max(again.disk);
    }
    table.ratio("push to an empty registry", &first, &floor, 1.3);
    table.ratio("push, everything there (against the first)", &second, &first, 0.15);
    table.value("push: peak memory", as_megabytes(memory), " MB", MEMORY_LIMIT);
    table.value("push: peak disk", as_megabytes(disk), " MB", 0.0);
    Ok(())
}

/// A registry with nothing in it, on the same file system as all others.
pub(crate) fn empty(setup: &Setup) -> Result<DockerRegistry> {
    DockerRegistry::start(DockerRegistryOptions {
        storage: Some(setup.fresh("target")?),
        ..DockerRegistryOptions::default()
    })
}
