//! What GOST sums cost: the hash against the portable one, and a pull with sums against the same one without.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use bundle::Streebog;
use streebog::{Digest as _, Streebog256};
use testkit::{Link, LinkOptions, distribution::Builder};

use super::{
    measure,
    options::Options,
    pull::MEMORY_LIMIT,
    setup::{Setup, as_megabytes},
    table::{Table, Times},
};

/// Bytes hashed at once, and how often, for a measure of the hash alone: 100 MB.
const BLOCK: usize = 1_000_000;
const BLOCKS: usize = 100;
/// By how much the bundle grows on the link, in bytes per second.
const GROWTH: u64 = 80_000_000;
/// What sums may add to the time of a pull into one file.
const LIMIT: f64 = 1.1;

/// Measures the hash alone, on one core.
pub(crate) fn hash(options: &Options, table: &mut Table) -> Result<()> {
    let block: Vec<u8> = (0..BLOCK).map(|at| (at.wrapping_mul(0x9e37_79b9) >> 13).to_le_bytes()[0]).collect();
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for _ in 0..options.repeat {
        let begun = Instant::now();
        let mut hasher = Streebog256::new();
        (0..BLOCKS).for_each(|_| hasher.update(&block));
        let expected: [u8; 32] = hasher.finalize().into();
        theirs.push(begun.elapsed());

        let begun = Instant::now();
        let mut hasher = Streebog::new();
        (0..BLOCKS).for_each(|_| hasher.update(&block));
        let sum = hasher.finish();
        ours.push(begun.elapsed());
        ensure!(sum == expected, "the sums differ");
    }
    table.ratio("Streebog-256 of 100 MB, one core, against RustCrypto", &ours, &theirs, LIMIT);
    Ok(())
}

/// Measures pulls over a link on which the bundle grows by [`GROWTH`]: by `dhctl`, and by `portable`, a build
/// without AVX-512, if there is one.
///
/// The distribution is large enough that what is left to be hashed after the last download does not count for
/// much, and grows evenly: layers that an earlier repository has are not downloaded again, and where many of
/// them end the bundle, as in `Builder::bench`, it grows by all of them at once.
pub(crate) fn pull(
    options: &Options,
    dhctl: &Path,
    portable: Option<&Path>,
    table: &mut Table,
) -> Result<()> {
    let distribution = Builder::bench().images_per_release(110).modules(Vec::new()).without_standalone();
    let setup = Setup::new(options, dhctl.to_owned(), distribution)?;
    println!("{}", setup.describe());
    let unique: u64 = setup.blobs.iter().map(|blob| blob.size).sum();
    let rate = GROWTH * unique / setup.bundle_size();
    let limited = LinkOptions { bytes_per_second: Some(rate), ..LinkOptions::default() };
    let link = Link::start(setup.source.addr(), limited)?;
    let (mut memory, mut sums) = (0, Vec::new());
    // With parts each byte is hashed twice, for the part and for the whole.
    for (shape, arguments, limit) in
        [("one file", &[][..], Some(LIMIT)), ("parts of 200 MB", &["-c", "200MB"], None)]
    {
        let mut time = |build: &Path, gost: bool| -> Result<Duration> {
            let directory = setup.fresh("pulled")?;
            let mut command = setup.pull_with(build, &directory, link.addr());
            command.args(arguments).args(gost.then_some("--gost-digest"));
            let taken = measure::run(&mut command, None)?;
            if gost {
                sums.push(fs::read_to_string(directory.join("d8.tar.gostsum"))?);
                memory = memory.max(taken.memory);
            }
            Ok(taken.time)
        };
        let (mut without, mut with, mut with_portable) =
            (Times::default(), Times::default(), Times::default());
        for round in 1..=options.repeat {
            without.push(time(dhctl, false)?);
            with.push(time(dhctl, true)?);
            if let Some(portable) = portable {
                with_portable.push(time(portable, true)?);
            }
            eprintln!("GOST checksums, {shape}, round {round}");
        }
        let megabytes = as_megabytes(GROWTH);
        table.ratio(&format!("pull with GOST checksums, {shape}, {megabytes} MB/s"), &with, &without, limit);
        if portable.is_some() {
            let name = format!("pull with GOST checksums, {shape}, {megabytes} MB/s, without AVX-512");
            table.ratio(&name, &with_portable, &without, limit);
        }
    }
    sums.dedup();
    ensure!(sums.len() == 1, "the same bundle has different sums: {sums:?}");
    table.value("pull with GOST checksums: peak memory", as_megabytes(memory), " MB", MEMORY_LIMIT);
    Ok(())
}
