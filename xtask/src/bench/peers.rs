//! The platform's newer tool on the same ground, once each way.

use std::process::Command;

use anyhow::{Context as _, Result};

use super::{
    floor,
    ground::{Ground, ROOT},
    measure, push,
    table::{Table, Times},
    upload,
};

/// Times `d8 mirror pull` and `push`.
pub(crate) fn measure(ground: &Ground, table: &mut Table) -> Result<()> {
    let d8 = std::env::var_os("DHCTL_TEST_D8").context("--peers needs DHCTL_TEST_D8, the path of a d8")?;
    let (mut pull_floor, mut push_floor) = (Times::default(), Times::default());
    let directory = ground.fresh("pulled")?;
    pull_floor.push(measure::run(&mut floor::curl(ground, ground.source.addr(), &directory)?, None)?.time);
    let directory = ground.fresh("pulled")?;
    let scratch = ground.fresh("scratch")?;
    let source = format!("{}/{ROOT}", ground.source.addr());
    let mut pull = Command::new(&d8);
    pull.args(["mirror", "pull", "--insecure", "--source", &source])
        .arg("--tmp-dir")
        .arg(&scratch)
        .arg(&directory);
    table.other("d8 mirror pull, loopback", measure::run(&mut pull, None)?.time, &pull_floor);

    let target = push::empty(ground)?;
    push_floor.push(upload::all(target.addr(), &ground.blobs, &ground.blob_files())?);
    drop(target);
    let target = push::empty(ground)?;
    let mut push = Command::new(&d8);
    push.args(["mirror", "push", "--insecure"])
        .arg(&directory)
        .arg(format!("{}/{ROOT}", target.addr()))
        .arg("--tmp-dir")
        .arg(&scratch);
    table.other("d8 mirror push to an empty registry", measure::run(&mut push, None)?.time, &push_floor);
    Ok(())
}
