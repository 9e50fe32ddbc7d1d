//! A pull against curl, near and far, and what it takes of memory and disk.

use std::{path::Path, time::Duration};

use anyhow::Result;
use testkit::{LinkOptions, squid::Squid};

use super::{
    floor,
    links::Way,
    measure::{self, allocated},
    options::Options,
    setup::{Setup, as_megabytes},
    table::{Table, Times},
};

/// Where the source is, and how much slower than the floor a pull may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Distance {
    name: &'static str,
    round_trip: Duration,
    bytes_per_second: Option<u64>,
    through_squid: bool,
    limit: f64,
}

/// On this machine.
pub(crate) const NEAR: Distance = Distance {
    name: "pull, loopback",
    round_trip: Duration::ZERO,
    bytes_per_second: None,
    through_squid: false,
    limit: 1.3,
};

/// On another continent.
pub(crate) const FAR: Distance = Distance {
    name: "pull, 50 ms round trip",
    round_trip: Duration::from_millis(50),
    // Four fifths of what curl gets.
    limit: 1.25,
    ..NEAR
};

/// On another continent, and over a thin line.
pub(crate) const SLOW: Distance =
    Distance { name: "pull, 50 ms round trip, 20 MB/s", bytes_per_second: Some(20_000_000), ..FAR };

/// Behind a proxy.
pub(crate) const SQUID: Distance =
    Distance { name: "pull through Squid with a login", through_squid: true, limit: 1.25, ..NEAR };

/// Behind a proxy, and on another continent.
pub(crate) const SQUID_FAR: Distance =
    Distance { name: "pull through Squid with a login, 50 ms round trip", through_squid: true, ..FAR };

/// Who the proxy lets in.
const LOGIN: (&str, &str) = ("bench", "password");
/// What the proxy calls this machine: dhctl asks no proxy for `127.0.0.1`.
const NAME: &str = "source.invalid";

/// Megabytes of memory that dhctl may take.
pub(crate) const MEMORY_LIMIT: f64 = 150.0;

/// Measures a pull at this distance.
pub(crate) fn measure(options: &Options, setup: &Setup, distance: Distance, table: &mut Table) -> Result<()> {
    let line = LinkOptions {
        round_trip: distance.round_trip,
        bytes_per_second: distance.bytes_per_second,
        ..LinkOptions::default()
    };
    let way = Way::to(setup.source.addr(), line)?;
    let squid = distance.through_squid.then(|| Squid::start(LOGIN.0, LOGIN.1, &[NAME])).transpose()?;
    let (proxy, from) = match &squid {
        Some(squid) => {
            let proxy = format!("http://{}:{}@{}", LOGIN.0, LOGIN.1, squid.addr());
            (Some(proxy), format!("{NAME}:{}", way.addr().port()))
        }
        None => (None, way.addr().to_string()),
    };
    let (mut ours, mut floor, mut memory) = (Times::default(), Times::default(), 0);
    for round in 1..=options.repeat {
        let directory = setup.fresh("pulled")?;
        let mut command = floor::curl(setup, &from, &directory)?;
        if let Some(proxy) = &proxy {
            command.args(["--noproxy", "", "--proxy", proxy]);
        }
        let curl = measure::run(&mut command, None)?;
        let directory = setup.fresh("pulled")?;
        let mut command = setup.pull(&directory, &from);
        if let Some(proxy) = &proxy {
            command.env("HTTP_PROXY", proxy);
        }
        let dhctl = measure::run(&mut command, None)?;
        eprintln!(
            "{} {round}: curl {:.3} s, dhctl {:.3} s",
            distance.name,
            curl.time.as_secs_f64(),
            dhctl.time.as_secs_f64()
        );
        floor.push(curl.time);
        ours.push(dhctl.time);
        memory = memory.max(dhctl.memory);
    }
    table.ratio(distance.name, &ours, &floor, distance.limit);
    table.value(&format!("{}: peak memory", distance.name), as_megabytes(memory), " MB", MEMORY_LIMIT);
    if matches!(way, Way::Straight(_)) && squid.is_none() {
        disk(setup, table)?;
    }
    Ok(())
}

/// In a run of its own: looking at the disk takes time.
fn disk(setup: &Setup, table: &mut Table) -> Result<()> {
    let directory = setup.fresh("pulled")?;
    let taken = measure::run(&mut setup.pull(&directory, setup.source.addr()), Some(&directory))?;
    // The copy of dhctl and the release manifests are results of their own, beside the bundle.
    let beside = allocated(&directory).saturating_sub(allocated_file(&directory.join("d8.tar")));
    let peak = taken.disk.saturating_sub(beside);
    let share = as_megabytes(peak) / as_megabytes(setup.bundle_size());
    table.value("pull: peak disk as a share of the bundle", share, "", 1.01);
    Ok(())
}

fn allocated_file(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).map_or(0, |metadata| metadata.blocks() * 512)
}
