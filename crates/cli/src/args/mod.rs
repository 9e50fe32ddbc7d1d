//! What can be typed: types and help texts only. Their meaning is in `settings`.

mod bundle;
mod config;
mod connection;
mod log;
mod login;
mod mirror;
mod modules;
mod output;
mod registry;
mod required_modules;
mod update;

use clap::{Parser, Subcommand};

pub use bundle::{
    BundleArgs, BundleCommand, BundleVerifyArgs, CompleteArgs, DigestsArgs, FileArgs, GostArgs, InspectArgs,
    JoinArgs, MissingPartsArgs, SplitArgs,
};
pub use config::{
    AccessArgs, ConfigCommand, DockerCfgArgs, FileOutArgs, ModuleSourceArgs, PackageRepositoryArgs,
    ProxyArgs, RegistryModeArgs, RegistryModeName,
};
pub use connection::ConnectionArgs;
pub use log::{LogArgs, LogLevel};
pub use login::TargetLoginArgs;
pub use mirror::{
    BundleFormat, BundleInArgs, DeliveryFileArgs, MirrorArgs, MirrorCommand, PullArgs, PullFlags, PushArgs,
    PushFlags, ReadBackArgs, TargetArgs, TransferArgs, VerifyArgs,
};
pub use modules::{
    MirrorModulesArgs, MirrorModulesCommand, ModuleChoiceArgs, ModuleFilter, ModulesPullArgs,
    ModulesPullFlags, ModulesPushArgs, ModulesPushFlags, ModulesTransferArgs, ModulesVerifyArgs,
};
pub use output::{OutputArgs, OutputFormat, ProgressArgs, ProgressFormat, VersionArgs};
pub use registry::{
    AdminArgs, CheckArgs, CheckPurpose, HarborArgs, ListArgs, NexusArgs, OutgoingProxyArgs, PruneArgs,
    RegistryCommand, ServerArgs, SetupArgs, SetupCommand, UpstreamArgs, UsingClustersArgs,
};
pub use required_modules::RequiredModulesArgs;
pub use update::{
    ApproveArgs, ChangeArgs, ClusterArgs, ClustersArgs, ConsentArgs, DoctorArgs, KernelArgs, PlanArgs,
    PlanFormat, PrepareArgs, RbacArgs, RunArgs, StatusArgs, StatusFormat, SupportBundleArgs, UpdateCommand,
    WaitArgs, WantArgs, WatchArgs,
};

/// Update the Deckhouse Kubernetes Platform in an air-gapped environment
///
/// Pulls releases into one file, pushes them into a private registry, verifies that everything arrived, and updates the
/// platform in the cluster.
#[derive(Debug, Parser)]
#[command(name = "dhctl", version, disable_help_subcommand = true, after_help = EXIT_CODE_TABLE)]
pub struct Cli {
    /// The log.
    #[command(flatten)]
    pub log: LogArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Kept in step with `exit_code` by a test.
const EXIT_CODE_TABLE: &str = "\
Exit codes:
  0    done
  1    internal error in dhctl
  2    wrong usage: flags, or a release or channel that the source does not have
  3    something is missing, incomplete or damaged in the source, the bundle, a part or the target
  4    authentication or permission: the registry or API rejected the login, or refused the request
  5    network: DNS, connection, proxy, TLS, timeouts, a response that is not from a registry
  6    local files and disk: not writable, no space, a file system's size limit
  7    the update is not done: for example blocked, stuck, failed or timed out
  130  interrupted by a signal";

/// The last line of the help of each command.
const EXIT_CODES: &str = "Exit codes: see 'dhctl --help'.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pull a distribution into a bundle, or push a bundle into a private registry
    ///
    /// Without --registry, the selected releases are pulled from --source into the bundle. With --registry, the bundle is
    /// pushed there and everything is read back; only then does the command succeed. "dhctl mirror pull" always
    /// pulls, and "dhctl mirror push" always pushes, whether or not --registry or its variable is set.
    #[command(after_help = EXIT_CODES)]
    Mirror(Box<MirrorArgs>),
    /// Pull modules into archives of their own, or push them into a private registry
    ///
    /// With --module-source, the modules of that manifest are pulled into one archive each. With --registry, they are
    /// pushed there, each as a repository directly below, and everything is read back. "dhctl mirror-modules pull"
    /// always pulls, and "dhctl mirror-modules push" always pushes, whichever of the two variables is set.
    #[command(after_help = EXIT_CODES)]
    MirrorModules(Box<MirrorModulesArgs>),
    /// Inspect, verify, split and join bundles; make thin bundles full
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// Check the private registry, set it up, show what it contains, and remove old releases
    #[command(subcommand)]
    Registry(RegistryCommand),
    /// Print the registry and proxy configuration for a cluster in an air-gapped environment
    ///
    /// Only the result goes to standard output, everything else to standard error. These commands use no network.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Update the platform in a cluster: check, prepare, approve, watch
    #[command(subcommand)]
    Update(UpdateCommand),
    /// Print the version, the commit and the build options
    Version(VersionArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
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
            assert!(EXIT_CODE_TABLE.lines().any(|it| it.trim() == line), "{line}");
        }
        assert_eq!(EXIT_CODE_TABLE.lines().count(), Exit::ALL.len() + 1);
    }
}
