//! The platform's newer tool on the same setup, once each way.

use std::process::Command;

use anyhow::{Context as _, Result};

use super::{
    floor, measure, push,
    setup::{ROOT, Setup},
    table::{Table, Times},
    upload,
};

/// Times `d8 mirror pull` and `push`.
pub(crate) fn measure(setup: &Setup, table: &mut Table) -> Result<()> {
    let d8 = std::env::var_os("DHCTL_TEST_D8").context("--peers needs DHCTL_TEST_D8, the path of a d8")?;
    let (mut pull_floor, mut push_floor) = (Times::default(), Times::default());
    let directory = setup.fresh("pulled")?;
    pull_floor.push(measure::run(&mut floor::curl(setup, setup.source.addr(), &directory)?, None)?.time);
    let directory = setup.fresh("pulled")?;
    let scratch = setup.fresh("scratch")?;
    let source = format!("{}/{ROOT}", setup.source.addr());
    let mut pull = Command::new(&d8);
    pull.args(["mirror", "pull", "--insecure", "--source", &source])
        .arg("--tmp-dir")
        .arg(&scratch)
        .arg(&directory);
    table.other("d8 mirror pull, loopback", measure::run(&mut pull, None)?.time, &pull_floor);

    let target = push::empty(setup)?;
    push_floor.push(upload::all(target.addr(), &setup.blobs, &setup.blob_files())?);
    drop(target);
    let target = push::empty(setup)?;
    let mut push = Command::new(&d8);
    push.args(["mirror", "push", "--insecure"])
        .arg(&directory)
        .arg(format!("{}/{ROOT}", target.addr()))
        .arg("--tmp-dir")
        .arg(&scratch);
    table.other("d8 mirror push to an empty registry", measure::run(&mut push, None)?.time, &push_floor);
    Ok(())
}
