//! What can be typed: types and help texts only. Their meaning is in `settings`.

mod bundle;
mod config;
mod log;
mod mirror;
mod mirror_modules;
mod modules;
mod output;
mod update;

use clap::{Parser, Subcommand};

pub use bundle::{
    BundleArgs, BundleCommand, BundleVerifyArgs, FileArgs, GostArgs, InspectArgs, JoinArgs, SplitArgs,
};
pub use config::{AccessArgs, ConfigCommand, DockerCfgArgs, FileOutArgs, ModuleSourceArgs, ProxyArgs};
pub use log::{LogArgs, LogLevel};
pub use mirror::{
    BundleFormat, ConnectionArgs, MirrorArgs, MirrorCommand, ReadBackArgs, TargetLoginArgs, TransferArgs,
    VerifyArgs,
};
pub use mirror_modules::{MirrorModulesArgs, MirrorModulesCommand, ModulesTransferArgs, ModulesVerifyArgs};
pub use modules::ModuleChoiceArgs;
pub use output::{OutputArgs, OutputFormat, ProgressFormat, VersionArgs};
pub use update::{
    ApproveArgs, ChangeArgs, ClusterArgs, ClustersArgs, ConsentArgs, DoctorArgs, KernelArgs, PlanArgs,
    PlanFormat, PrepareArgs, RbacArgs, RunArgs, StatusArgs, UpdateCommand, WaitArgs, WatchArgs,
};

/// Carries the Deckhouse Kubernetes Platform across an air gap: pulls releases into one file,
/// pushes them into a private registry, and proves that everything arrived.
#[derive(Debug, Parser)]
#[command(name = "dhctl", version, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// The log.
    #[command(flatten)]
    pub log: LogArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Kept in step with `exit_code` by a test.
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    a fault of dhctl itself
  2    a wrong request: flags, or a release or channel that the source does not have
  3    something is missing, incomplete or damaged: source, bundle, part or target
  4    authentication or permission: registry or API refused the login, or the login lacks the right
  5    network: DNS, connection, proxy, TLS, timeouts, a response that is not from a registry
  6    local files and disk: not writable, no space, a file system's size limit
  7    the cluster: anything but done, as blocked, stalled, failed, time over
  130  interrupted by a signal";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pull a distribution into a bundle, or push a bundle into a private registry
    ///
    /// Without --registry the chosen releases are pulled from --source into the bundle. With --registry
    /// the bundle is pushed there and everything is read back; only then the command succeeds.
    #[command(after_help = EXIT_CODES)]
    Mirror(Box<MirrorArgs>),
    /// Pull modules into archives of their own, or push these into a private registry
    ///
    /// With --module-source the modules of that manifest are pulled into one archive each. With --registry
    /// they are pushed there, each module directly below, and everything is read back.
    #[command(after_help = EXIT_CODES)]
    MirrorModules(Box<MirrorModulesArgs>),
    /// Look into a bundle, check it, cut it into parts or join them
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// Print the registry and proxy configuration for a cluster in an air-gapped environment
    ///
    /// The result alone goes to standard output, everything else to standard error. Nothing is asked over a network.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Drive the update of the platform inside a cluster
    #[command(subcommand)]
    Update(UpdateCommand),
    /// Print the version, the commit and how dhctl was built
    Version(VersionArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::exit_code::Exit;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_lists_every_exit_code() {
        for (exit, meaning) in Exit::ALL {
            let line = format!("{:<3}  {meaning}", exit as u8);
            assert!(EXIT_CODES.lines().any(|it| it.trim() == line), "{line}");
        }
        assert_eq!(EXIT_CODES.lines().count(), Exit::ALL.len() + 1);
    }
}
