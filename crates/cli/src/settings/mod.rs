//! From the arguments of each command to plain values. Nothing after this sees an argument type.

mod bundle;
mod config;
mod mirror;
mod modules;
mod network;
mod paths;
mod registry_check;
mod registry_list;
mod registry_prune;
mod registry_setup;
mod required_modules;
mod selection;
mod want;

use std::{path::PathBuf, time::Duration};

pub(crate) use bundle::{
    BundleVerifySettings, CompleteSettings, DigestsSettings, InspectSettings, JoinSettings,
    MissingPartsSettings, SplitParts, SplitSettings, split,
};
pub(crate) use config::{
    ClusterRegistry, DockerCfgSettings, ModuleSourceSettings, PackageRepositorySettings, ProxySettings,
    RegistryModeSettings, ResultFile,
};
pub(crate) use mirror::{
    ONE_BUNDLE, PrintedConfig, PullSettings, PushSettings, ReadBack, Transfer, VerifySettings, transfer,
};
pub(crate) use modules::{
    ModulesPullSettings, ModulesPushSettings, ModulesTransfer, ModulesVerifySettings, modules_transfer,
};
pub(crate) use network::{RegistryAccess, network};
pub(crate) use paths::{directory, one_file_path, with_suffix};
pub(crate) use registry_setup::{
    HarborSetup, NexusSetup, PLATFORM_PATH, SetupSettings, harbor_setup, nexus_setup,
};

pub(crate) use registry_check::{CheckSettings, check};
pub(crate) use registry_list::ListSettings;
pub(crate) use registry_prune::{PruneAction, PruneSettings};
pub(crate) use want::WantSettings;

use commands::Sentence;
use egress::ClientFiles;

use crate::{
    args::{ConnectionArgs, OutputArgs, OutputFormat, ProgressArgs, ProgressFormat, TargetLoginArgs},
    d8_variables::D8Registry,
    format::next_steps,
    logins::Login,
};

/// How a command prints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// Format of the result.
    pub(crate) format: OutputFormat,
    /// Format of the progress.
    pub(crate) progress: ProgressFormat,
    /// Whether every object gets a line.
    pub(crate) verbose: bool,
    /// Whether only warnings, errors and the result are printed.
    pub(crate) quiet: bool,
}

impl Output {
    /// For commands without `--progress`.
    pub(crate) fn result_only(format: OutputFormat) -> Self {
        Self { format, progress: ProgressFormat::Auto, verbose: false, quiet: false }
    }

    /// With these flags of the progress.
    pub(crate) fn of(format: OutputFormat, log: ProgressArgs) -> Self {
        let ProgressArgs { progress, verbose, quiet } = log;
        Self { format, progress, verbose, quiet }
    }

    /// What to do after success; nothing if only the result is printed.
    pub(crate) fn next_steps(self, steps: &[Sentence]) -> String {
        if self.quiet { String::new() } else { next_steps(steps) }
    }

    /// For commands whose result has one format.
    pub(crate) fn plain() -> Self {
        Self::result_only(OutputFormat::Text)
    }
}

impl From<&OutputArgs> for Output {
    fn from(args: &OutputArgs) -> Self {
        Self::of(args.output, args.log)
    }
}

/// How registries are reached.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// Blobs in transfer at the same time, at most.
    pub(crate) parallel: usize,
    /// Small requests at the same time, at most, if that was limited: `--parallel` may be set for a registry that limits
    /// the rate of requests.
    pub(crate) metadata: Option<usize>,
    /// How long no request has to succeed before the registry is given up.
    pub(crate) retry_timeout: Duration,
    /// Whether HTTP is used instead of HTTPS.
    pub(crate) plain_http: bool,
    /// Whether any TLS certificate is accepted.
    pub(crate) skip_verify: bool,
    /// Files with certificates that are trusted.
    pub(crate) ca_files: Vec<PathBuf>,
    /// The client certificate for the registry.
    pub(crate) client: Option<ClientFiles>,
}

impl Connection {
    /// Blobs in transfer at the same time without `--parallel`.
    pub(crate) const PARALLEL: usize = 16;
}

impl From<&ConnectionArgs> for Connection {
    fn from(args: &ConnectionArgs) -> Self {
        let ConnectionArgs {
            parallel,
            retry_timeout,
            insecure,
            tls_skip_verify,
            ca_file,
            client_cert,
            client_key,
        } = args;
        let limit = parallel.map(usize::from);
        Self {
            parallel: limit.unwrap_or(Self::PARALLEL),
            metadata: limit,
            retry_timeout: *retry_timeout,
            plain_http: *insecure,
            skip_verify: *tls_skip_verify,
            ca_files: ca_file.clone(),
            client: client_cert
                .clone()
                .zip(client_key.clone())
                .map(|(certificate, key)| ClientFiles { certificate, key }),
        }
    }
}

impl From<TargetLoginArgs> for Login {
    fn from(args: TargetLoginArgs) -> Self {
        let TargetLoginArgs { registry_login, registry_password, registry_password_file } = args;
        Self {
            name: registry_login,
            password: registry_password,
            password_file: registry_password_file,
            license: None,
            license_file: None,
            flag: "--registry-login",
            password_flag: "--registry-password",
            password_variable: Some("DHCTL_CLI_MIRROR_PASS"),
            d8: Some(D8Registry::Target),
            license_variable: None,
        }
    }
}
