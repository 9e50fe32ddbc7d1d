//! Memory does not grow with the size of a blob.

use std::{fs, path::Path};

use anyhow::Result;
use testkit::Distribution;

use super::{
    measure,
    options::Options,
    pull::MEMORY_LIMIT,
    push,
    setup::{ROOT, Setup, as_megabytes},
    table::Table,
};

/// In bytes: seven times the memory that is allowed.
const LARGE: u64 = 1 << 30;

/// Pulls and pushes a distribution with one large blob.
pub(crate) fn measure(options: &Options, dhctl: &Path, table: &mut Table) -> Result<()> {
    let distribution = Distribution::builder()
        .root(ROOT)
        .releases(&["v1.59.4"])
        .channels(&[("alpha", "v1.59.4")])
        .large_layer(LARGE)
        .build();
    let setup = Setup::with(options, dhctl.to_owned(), &distribution)?;
    let directory = setup.fresh("pulled")?;
    let pulled = measure::run(&mut setup.pull(&directory, setup.source.addr()), None)?;
    let bundle = directory.join("d8.tar");
    eprintln!("a bundle with one large blob: {} bytes", fs::metadata(&bundle)?.len());
    table.value("pull of a blob of 1 GiB: peak memory", as_megabytes(pulled.memory), " MB", MEMORY_LIMIT);
    let target = push::empty(&setup)?;
    let scratch = setup.fresh("scratch")?;
    let pushed = measure::run(&mut setup.push(&bundle, &scratch, target.addr()), None)?;
    table.value("push of a blob of 1 GiB: peak memory", as_megabytes(pushed.memory), " MB", MEMORY_LIMIT);
    Ok(())
}
