//! Settings of `dhctl mirror-modules`, and which modules a pull brings.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use deckhouse::{ModuleRule, VersionRule};
use mirror::{Modules, archives::WriteOptions, attached::Choice};
use oci::RepositoryUrl;

use super::{Connection, Output, ReadBack};
use crate::{
    args::{
        MirrorModulesArgs, MirrorModulesCommand, ModuleChoiceArgs, ModulesPullArgs, ModulesPullFlags,
        ModulesPushArgs, ModulesPushFlags, ModulesTransferArgs, ModulesVerifyArgs,
    },
    failure::Failure,
    logins::Login,
};

/// Settings of a pull of modules.
#[derive(Debug, Clone)]
pub(crate) struct ModulesPullSettings {
    /// Where the archives go.
    pub(crate) directory: PathBuf,
    /// The `ModuleSource` manifest.
    pub(crate) manifest: PathBuf,
    /// The login, if not that of the manifest.
    pub(crate) login: Login,
    /// Which modules.
    pub(crate) modules: Modules,
    /// What is pulled of the objects that are attached to images.
    pub(crate) attached: Choice,
    /// How the archives are written.
    pub(crate) write: WriteOptions,
    /// Whether nothing is written.
    pub(crate) dry_run: bool,
    /// How the registry is reached.
    pub(crate) connection: Connection,
    /// How to print.
    pub(crate) output: Output,
}

/// Settings of a push of modules.
#[derive(Debug, Clone)]
pub(crate) struct ModulesPushSettings {
    /// Where the archives are.
    pub(crate) directory: PathBuf,
    /// The registry.
    pub(crate) registry: RepositoryUrl,
    /// The login there.
    pub(crate) login: Login,
    /// Where the `ModuleSource` for the cluster goes.
    pub(crate) manifest: PathBuf,
    /// Whether an existing file is replaced.
    pub(crate) replace: bool,
    /// Whether incomplete modules are pushed too.
    pub(crate) allow_incomplete: bool,
    /// Whether every blob that the registry has is downloaded and hashed.
    pub(crate) deep: bool,
    /// How the registry is reached.
    pub(crate) connection: Connection,
    /// How to print.
    pub(crate) output: Output,
}

/// Settings of `dhctl mirror-modules verify`.
#[derive(Debug, Clone)]
pub(crate) struct ModulesVerifySettings {
    /// Where the archives are.
    pub(crate) directory: PathBuf,
    /// The registry.
    pub(crate) read_back: ReadBack,
}

/// What `dhctl mirror-modules` is to do.
pub(crate) enum ModulesTransfer {
    /// A pull.
    Pull(Box<ModulesPullSettings>),
    /// A push.
    Push(Box<ModulesPushSettings>),
    /// A comparison.
    Verify(Box<ModulesVerifySettings>),
}

/// Settings of the command that was typed, in the explicit or in the documented form.
///
/// # Errors
/// If the parser let a documented form pass that has neither direction or no directory.
pub(crate) fn modules_transfer(args: MirrorModulesArgs) -> Result<ModulesTransfer, Failure> {
    let MirrorModulesArgs { command, transfer } = args;
    let ModulesTransferArgs { modules_dir, module_source, pull, registry, push, login, connection, output } =
        transfer;
    let args = match (command, modules_dir, module_source, registry) {
        (Some(command), ..) => command,
        (None, Some(modules_dir), _, Some(registry)) => {
            let args = ModulesPushArgs { modules_dir, registry, flags: push, login, connection, output };
            MirrorModulesCommand::Push(Box::new(args))
        }
        (None, Some(modules_dir), Some(module_source), None) => {
            let args = ModulesPullArgs { modules_dir, module_source, flags: pull, connection, output };
            MirrorModulesCommand::Pull(Box::new(args))
        }
        (None, ..) => return Err(Failure::usage("name the directory, and the source or the registry")),
    };
    Ok(match args {
        MirrorModulesCommand::Pull(args) => ModulesTransfer::Pull(Box::new((*args).into())),
        MirrorModulesCommand::Push(args) => ModulesTransfer::Push(Box::new((*args).into())),
        MirrorModulesCommand::Verify(args) => ModulesTransfer::Verify(Box::new((*args).into())),
    })
}

impl From<ModulesPullArgs> for ModulesPullSettings {
    fn from(args: ModulesPullArgs) -> Self {
        let ModulesPullArgs { modules_dir, module_source, flags, connection, output } = args;
        let ModulesPullFlags {
            modules,
            no_signatures,
            no_vex,
            images_bundle_chunk_size,
            gost_digest,
            no_pull_resume,
            dry_run,
            ..
        } = flags;
        let login = Login {
            name: flags.source_login,
            password: flags.source_password,
            password_file: flags.source_password_file,
            license: flags.license,
            license_file: flags.license_file,
            license_variable: None,
            flag: "--source-login",
            password_flag: "--source-password",
            d8: None,
            password_variable: None,
        };
        let connection = Connection::from(&connection);
        Self {
            directory: modules_dir,
            manifest: module_source,
            login,
            modules: selected(modules),
            attached: Choice { signatures: !no_signatures, attestations: !no_vex },
            write: WriteOptions {
                part_size: images_bundle_chunk_size.filter(|size| *size > 0),
                gost: gost_digest,
                fresh: no_pull_resume,
                parallel: connection.parallel,
            },
            dry_run,
            connection,
            output: (&output).into(),
        }
    }
}

impl From<ModulesPushArgs> for ModulesPushSettings {
    fn from(args: ModulesPushArgs) -> Self {
        let ModulesPushArgs { modules_dir, registry, flags, login, connection, output } = args;
        let ModulesPushFlags { out, force, allow_incomplete, deep } = flags;
        Self {
            directory: modules_dir,
            registry,
            login: login.into(),
            manifest: out,
            replace: force,
            allow_incomplete,
            deep,
            connection: (&connection).into(),
            output: (&output).into(),
        }
    }
}

impl From<ModulesVerifyArgs> for ModulesVerifySettings {
    fn from(args: ModulesVerifyArgs) -> Self {
        let ModulesVerifyArgs { modules_dir, read_back } = args;
        Self { directory: modules_dir, read_back: read_back.into() }
    }
}

/// Which modules the flags select together.
pub(super) fn selected(args: ModuleChoiceArgs) -> Modules {
    let ModuleChoiceArgs { include_module, exclude_module, modules_filter } = args;
    let filter = modules_filter.into_iter().flat_map(|filter| filter.0);
    chosen(include_module.into_iter().chain(filter), exclude_module)
}

/// The selected packages.
pub(super) fn packages(include: Vec<ModuleRule>, exclude: Vec<String>) -> Modules {
    chosen(include, exclude)
}

/// The rules by the name that each is about.
pub(super) fn by_name(rules: impl IntoIterator<Item = ModuleRule>) -> BTreeMap<String, Vec<VersionRule>> {
    let mut named: BTreeMap<String, Vec<VersionRule>> = BTreeMap::new();
    for rule in rules {
        named.entry(rule.name).or_default().push(rule.versions);
    }
    named
}

fn chosen(include: impl IntoIterator<Item = ModuleRule>, exclude: Vec<String>) -> Modules {
    let named = by_name(include);
    if named.is_empty() {
        let except: BTreeSet<String> = exclude.into_iter().collect();
        return Modules::Listed { except };
    }
    Modules::Named(named)
}
