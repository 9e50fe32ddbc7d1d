//! What it costs to be killed: bytes that come again over the line, planning included.

use std::{
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Result, ensure};
use oci::Digest;
use testkit::{Distribution, Link, LinkOptions};

use super::{
    measure,
    options::Options,
    setup::{ROOT, Setup, as_megabytes},
    table::Table,
};

const KILLS: u64 = 20;
/// Transfers at once.
const PARALLEL: u64 = 4;
/// What a transfer holds before it writes, in bytes.
const BUFFER: u64 = 1024 * 1024;
/// The line: slow enough that a pull lives long enough to be killed so often.
const BYTES_PER_SECOND: u64 = 60_000_000;
/// One layer, in bytes: more than a quarter of the bundle.
const LARGE: u64 = 150_000_000;

/// Kills a pull at random moments until it has been killed often enough, and lets the next one end.
pub(crate) fn measure(options: &Options, dhctl: &Path, table: &mut Table) -> Result<()> {
    let distribution = Distribution::builder()
        .root(ROOT)
        .releases(&["v1.59.4"])
        .channels(&[("alpha", "v1.59.4")])
        .images_per_release(30)
        .layer_size(1_000_000)
        .large_layer(LARGE)
        .build();
    let setup = Setup::with(options, dhctl.to_owned(), &distribution)?;
    let line = || {
        let options = LinkOptions { bytes_per_second: Some(BYTES_PER_SECOND), ..LinkOptions::default() };
        Link::start(setup.source.addr(), options)
    };
    let pull = |directory: &Path, line: &Link| {
        let mut pull = setup.pull(directory, line.addr());
        // The name of the line has no part in the bundle.
        pull.args(["--parallel", &PARALLEL.to_string()]);
        pull
    };
    let (whole, undisturbed) = {
        let (directory, line) = (setup.fresh("pulled")?, line()?);
        measure::run(&mut pull(&directory, &line), None)?;
        (std::fs::read(directory.join("d8.tar"))?, line.bytes_down())
    };
    ensure!(4 * LARGE >= whole.len() as u64, "no blob is a quarter of the bundle");

    let (directory, line) = (setup.fresh("pulled")?, line()?);
    for kill in 0..KILLS {
        // On the average a little less than a twentieth of the whole.
        let share = 2 * undisturbed / (KILLS + 2);
        let bytes = random(kill) % share;
        ensure!(!run_until(pull(&directory, &line), &line, bytes)?, "the pull ended before kill {kill}");
    }
    measure::run(&mut pull(&directory, &line), None)?;
    ensure!(std::fs::read(directory.join("d8.tar"))? == whole, "the bundle differs");
    let again = line.bytes_down().saturating_sub(undisturbed);
    let limit = whole.len() as u64 / 50 + KILLS * PARALLEL * BUFFER;
    let name = format!(
        "pull killed {KILLS} times, bundle of {:.0} MB: bytes downloaded again",
        as_megabytes(whole.len() as u64)
    );
    table.value(&name, as_megabytes(again), " MB", as_megabytes(limit));
    Ok(())
}

/// The same moments in every run.
fn random(number: u64) -> u64 {
    let hex = Digest::of(&number.to_le_bytes()).hex();
    hex.bytes().take(15).fold(0, |sum, digit| sum << 4 | u64::from(digit & 15))
}

/// Kills the run when so many more bytes have come; true if it ended before.
fn run_until(mut pull: Command, line: &Link, bytes: u64) -> Result<bool> {
    let goal = line.bytes_down() + bytes;
    let mut child = pull.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    while line.bytes_down() < goal {
        if child.try_wait()?.is_some() {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(1));
    }
    child.kill()?;
    child.wait()?;
    Ok(false)
}
