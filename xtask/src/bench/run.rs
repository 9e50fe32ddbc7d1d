//! The order of the benchmarks, and the release build that they need.

use std::{fs, path::PathBuf};

use anyhow::{Result, ensure};
use testkit::distribution::Builder;

use super::{
    cluster, gost, kill, large, modules,
    options::{Options, Part},
    peers, planning, pull, push, registry,
    setup::Setup,
    table::Table,
    thin,
};
use crate::shell::{self, cargo, target_directory};

/// Measures and prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    if cfg!(debug_assertions) {
        // The floors, the slow link and the planning run in this program: it must be as fast as what
        // it measures.
        let mut release = cargo(&["run", "--release", "--quiet", "--package", "xtask", "--"]);
        return shell::run(release.args(std::env::args_os().skip(1)));
    }
    let (dhctl, portable) = match &options.dhctl {
        Some(dhctl) => (std::path::absolute(dhctl)?, None),
        // The other build is the first, since both leave the same file.
        None if options.wants(Part::Gost) => {
            let portable = build_portable()?;
            (build(&[])?, Some(portable))
        }
        None => (build(&[])?, None),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let _guard = runtime.enter();

    let mut table = Table::default();
    if options.wants(Part::Planning) {
        planning::measure(options, &mut table)?;
    }
    if options.wants(Part::Large) {
        large::measure(options, &dhctl, &mut table)?;
    }
    if options.wants(Part::Gost) {
        gost::hash(options, &mut table)?;
        gost::pull(options, &dhctl, portable.as_deref(), &mut table)?;
    }
    if options.wants(Part::Kill) {
        kill::measure(options, &dhctl, &mut table)?;
    }
    if options.wants(Part::Cluster) {
        cluster::measure(options, &dhctl, &mut table)?;
    }
    if options.wants(Part::Registry) {
        registry::measure(options, &dhctl, &mut table)?;
    }
    if options.wants(Part::Thin) {
        thin::measure(options, &dhctl, &mut table)?;
    }
    if options.wants(Part::Modules) {
        modules::measure(options, &dhctl, &mut table)?;
    }
    if [Part::Pull, Part::PullFar, Part::PullSlow, Part::Squid, Part::Push]
        .iter()
        .any(|part| options.wants(*part))
    {
        let setup = Setup::new(options, dhctl, Builder::bench())?;
        println!("{}", setup.describe());
        if options.wants(Part::Pull) {
            pull::measure(options, &setup, pull::NEAR, &mut table)?;
        }
        if options.wants(Part::PullFar) {
            pull::measure(options, &setup, pull::FAR, &mut table)?;
        }
        if options.wants(Part::PullSlow) {
            pull::measure(options, &setup, pull::SLOW, &mut table)?;
        }
        if options.wants(Part::Squid) {
            pull::measure(options, &setup, pull::SQUID, &mut table)?;
            pull::measure(options, &setup, pull::SQUID_FAR, &mut table)?;
        }
        if options.wants(Part::Push) {
            push::measure(options, &setup, &mut table)?;
        }
        if options.peers {
            peers::measure(&setup, &mut table)?;
        }
    }
    println!("\n{table}");
    ensure!(!options.strict || table.all_ok(), "a figure is over its limit");
    Ok(())
}

fn build(options: &[&str]) -> Result<PathBuf> {
    let mut build = cargo(&["build", "--release", "--quiet", "--package", "cli", "--bin", "dhctl"]);
    shell::run(build.args(options))?;
    Ok(target_directory().join("release/dhctl"))
}

/// A build that hashes as on a CPU without AVX-512.
fn build_portable() -> Result<PathBuf> {
    let portable = target_directory().join("release/dhctl-portable-streebog");
    fs::copy(build(&["--features", "bundle/portable-streebog"])?, &portable)?;
    Ok(portable)
}
