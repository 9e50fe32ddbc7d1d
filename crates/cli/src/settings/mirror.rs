//! Settings of `dhctl mirror`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use deckhouse::Delivery;
use mirror::{
    Request,
    archives::{BundleForm, WriteOptions},
    attached::Choice,
};
use oci::RepositoryUrl;

use super::{
    Connection, Output, paths, required_modules, selection,
    want::{WantSettings, media_size},
};
use crate::{
    args::{
        BundleFormat, BundleInArgs, ConnectionArgs, MirrorArgs, MirrorCommand, OutputArgs, PullArgs,
        PullFlags, PushArgs, PushFlags, ReadBackArgs, RequiredModulesArgs, TargetArgs, TargetLoginArgs,
        TransferArgs, VerifyArgs,
    },
    d8_variables::D8Registry,
    delivery_file::{self, CommandLine, DeliveryFile, Replaced, WithFile},
    expected_sum::ExpectedSum,
    failure::Failure,
    logins::Login,
};

/// Why two paths of a bundle are refused.
pub(crate) const ONE_BUNDLE: &str = "a pull writes one bundle: name it with -i once";

/// Settings of a pull.
#[derive(Debug, Clone)]
pub(crate) struct PullSettings {
    /// The bundle, or the directory of its archives, as it was named.
    pub(crate) named: PathBuf,
    /// The archive that the journal belongs to.
    pub(crate) archive: PathBuf,
    /// Whether it is one file, or several in a directory.
    pub(crate) form: BundleForm,
    /// The registry.
    pub(crate) source: RepositoryUrl,
    /// The login there.
    pub(crate) login: Login,
    /// What is pulled.
    pub(crate) request: Request,
    /// Earlier bundles, or files with their digests: what they have is left out.
    pub(crate) bases: Vec<PathBuf>,
    /// The lock file to write.
    pub(crate) lock: Option<PathBuf>,
    /// The lock file to read: then it says what is pulled, and not the request.
    pub(crate) locked: Option<PathBuf>,
    /// How the bundle is written.
    pub(crate) write: WriteOptions,
    /// The program to copy next to the bundle instead of the running one.
    pub(crate) binary: Option<PathBuf>,
    /// The want list, if the pull works by one.
    pub(crate) want: Option<WantSettings>,
    /// The keys of a delivery file that flags and variables replace, in addition to their own keys.
    pub(crate) replaced: Vec<Replaced>,
    /// Whether nothing is written.
    pub(crate) dry_run: bool,
    /// What a dry run shows in addition.
    pub(crate) preview: PreviewSettings,
    /// How the registry is reached.
    pub(crate) connection: Connection,
    /// How to print.
    pub(crate) output: Output,
}

/// What a dry run shows in addition.
#[derive(Debug, Clone)]
pub(crate) struct PreviewSettings {
    /// The file for the list of images.
    pub(crate) image_list: Option<PathBuf>,
    /// The size of one stick or disc in bytes.
    pub(crate) media_size: Option<u64>,
}

/// Settings of a push.
#[derive(Debug, Clone)]
pub(crate) struct PushSettings {
    /// The bundle.
    pub(crate) bundle: Vec<PathBuf>,
    /// The registry.
    pub(crate) registry: RepositoryUrl,
    /// The login there.
    pub(crate) login: Login,
    /// Whether an incomplete bundle is pushed too.
    pub(crate) allow_incomplete: bool,
    /// Modules that may be missing although a release requires them.
    pub(crate) allow_missing_modules: BTreeSet<String>,
    /// Whether every blob that the registry has is downloaded and hashed.
    pub(crate) deep: bool,
    /// The sum that the bundle and the files next to it must have.
    pub(crate) expect_sum: Option<ExpectedSum>,
    /// How the registry is reached.
    pub(crate) connection: Connection,
    /// How to print.
    pub(crate) output: Output,
}

/// Settings of `dhctl mirror verify`.
#[derive(Debug, Clone)]
pub(crate) struct VerifySettings {
    /// The bundle.
    pub(crate) bundle: Vec<PathBuf>,
    /// Modules that may be missing although a release requires them.
    pub(crate) allow_missing_modules: BTreeSet<String>,
    /// The registry.
    pub(crate) read_back: ReadBack,
}

/// A registry that is read back.
#[derive(Debug, Clone)]
pub(crate) struct ReadBack {
    /// The registry.
    pub(crate) registry: RepositoryUrl,
    /// The login there.
    pub(crate) login: Login,
    /// Whether every blob is downloaded and hashed.
    pub(crate) deep: bool,
    /// How the registry is reached.
    pub(crate) connection: Connection,
    /// How to print.
    pub(crate) output: Output,
}

/// The delivery file of a pull, to be printed.
pub(crate) struct PrintedConfig {
    /// The file, or why there is none.
    pub(crate) delivery: Result<Delivery, Failure>,
    /// The keys of the file of `--config` that have no effect.
    pub(crate) replaced: Vec<Replaced>,
}

/// What `dhctl mirror` is to do. A request that is not valid has its output, so that it can be reported.
pub(crate) enum Transfer {
    /// To print the delivery file of a pull.
    Print(Output, PrintedConfig),
    /// A pull.
    Pull(Output, Result<Box<PullSettings>, Failure>),
    /// A push.
    Push(Output, Result<Box<PushSettings>, Failure>),
    /// A comparison.
    Verify(Box<VerifySettings>),
}

/// Settings of the command that was typed, in the explicit or in the documented form.
pub(crate) fn transfer(args: MirrorArgs, line: CommandLine) -> Transfer {
    let Some((delivery, output)) = args.delivery_file() else { return of_flags(args, None) };
    let (output, print, path) = (Output::from(output), delivery.print_config, delivery.config.clone());
    let (args, line, file) = match path.map(|path| delivery_file::add(&line, path)).transpose() {
        Ok(None) => (args, line, None),
        Ok(Some(WithFile { args, line, file })) => (args, line, Some(file)),
        Err(failure) => return Transfer::Pull(output, Err(failure)),
    };
    if print {
        let replaced = file.map(|file| file.replaced).unwrap_or_default();
        Transfer::Print(output, PrintedConfig { delivery: line.delivery(), replaced })
    } else {
        of_flags(args, file.as_ref())
    }
}

/// Settings of the flags, those that a delivery file adds included.
fn of_flags(args: MirrorArgs, file: Option<&DeliveryFile>) -> Transfer {
    let MirrorArgs { command, transfer } = args;
    match command {
        Some(MirrorCommand::Pull(args)) => {
            let PullArgs { images_bundle_path, flags, required, connection, output } = *args;
            pull(images_bundle_path.into_iter().collect(), (flags, required), &connection, &output, file)
        }
        Some(MirrorCommand::Push(args)) => {
            let PushArgs {
                bundle: BundleInArgs { images_bundle_path },
                target: TargetArgs { registry },
                flags,
                required,
                login,
                connection,
                output,
            } = *args;
            push(images_bundle_path, registry, (flags, required), login, &connection, &output)
        }
        Some(MirrorCommand::Verify(args)) => Transfer::Verify(Box::new((*args).into())),
        None => {
            let TransferArgs {
                images_bundle_path: path,
                pull: pull_flags,
                registry,
                push: push_flags,
                required,
                login,
                connection,
                output,
            } = transfer;
            match registry {
                None => pull(path, (pull_flags, required), &connection, &output, file),
                Some(registry) => push(path, registry, (push_flags, required), login, &connection, &output),
            }
        }
    }
}

fn pull(
    named: Vec<PathBuf>,
    flags: (PullFlags, RequiredModulesArgs),
    connection: &ConnectionArgs,
    output: &OutputArgs,
    file: Option<&DeliveryFile>,
) -> Transfer {
    let output = output.into();
    let settings = match file {
        Some(file) if named.is_empty() => Err(file.without_bundle()),
        Some(file) => PullSettings::new(named, flags, connection.into(), output)
            .map(|settings| PullSettings { replaced: file.replaced.clone(), ..settings })
            .map_err(|failure| file.explain(failure)),
        None => PullSettings::new(named, flags, connection.into(), output),
    };
    Transfer::Pull(output, settings.map(Box::new))
}

fn push(
    bundle: Vec<PathBuf>,
    registry: RepositoryUrl,
    (flags, required): (PushFlags, RequiredModulesArgs),
    login: TargetLoginArgs,
    connection: &ConnectionArgs,
    output: &OutputArgs,
) -> Transfer {
    let PushFlags { allow_incomplete, expect_sum, deep } = flags;
    let output = output.into();
    let checked = bundle.iter().try_for_each(|path| paths::bundle_to_read(path));
    let settings = checked.map(|()| {
        Box::new(PushSettings {
            bundle,
            registry,
            login: login.into(),
            allow_incomplete,
            allow_missing_modules: required_modules::allowed(required),
            deep,
            expect_sum,
            connection: connection.into(),
            output,
        })
    });
    Transfer::Push(output, settings)
}

impl PullSettings {
    fn new(
        named: Vec<PathBuf>,
        (flags, required): (PullFlags, RequiredModulesArgs),
        connection: Connection,
        output: Output,
    ) -> Result<Self, Failure> {
        let [named] = <[PathBuf; 1]>::try_from(named).map_err(|_| Failure::usage(ONE_BUNDLE))?;
        let form = match flags.bundle_format {
            BundleFormat::Tar => BundleForm::File,
            BundleFormat::D8 => BundleForm::Directory,
        };
        let archive = match form {
            BundleForm::File => paths::bundle_path(&named)?,
            BundleForm::Directory if named.is_dir() => named.join(mirror::archives::PLATFORM_ARCHIVE),
            BundleForm::Directory => {
                let message = format!("{} is not a directory", named.display());
                return Err(Failure::usage(message)
                    .hint("create the directory: with --bundle-format d8 a pull writes archives into it"));
            }
        };
        if !flags.base.is_empty() {
            refuse_base(&flags.base, form, &archive)?;
        }
        let want = flags.want.as_deref().map(|path| WantSettings::read(path, &flags.source)).transpose()?;
        let request = Request {
            allow_missing_modules: required_modules::allowed(required),
            attached: Choice { signatures: !flags.no_signatures, attestations: !flags.no_vex },
            ..selection::request(&flags, want.as_ref())?
        };
        let login = Login {
            name: flags.source_login,
            password: flags.source_password,
            password_file: flags.source_password_file,
            license: flags.license,
            license_file: flags.license_file,
            license_variable: Some("DHCTL_CLI_MIRROR_LICENSE"),
            flag: "--source-login",
            password_flag: "--source-password",
            password_variable: Some("DHCTL_CLI_MIRROR_SOURCE_PASSWORD"),
            d8: Some(D8Registry::Source),
        };
        Ok(Self {
            named,
            archive,
            form,
            source: flags.source,
            login,
            request,
            bases: flags.base,
            lock: flags.lock,
            locked: flags.locked,
            write: WriteOptions {
                part_size: flags.images_bundle_chunk_size.filter(|size| *size > 0),
                gost: flags.gost_digest,
                fresh: flags.no_pull_resume,
                parallel: connection.parallel,
            },
            binary: flags.with_binary,
            want,
            replaced: Vec::new(),
            dry_run: flags.dry_run,
            preview: PreviewSettings {
                image_list: flags.image_list,
                media_size: media_size(flags.media_size)?,
            },
            connection,
            output,
        })
    }
}

/// Refuses what no thin bundle can be written with.
fn refuse_base(bases: &[PathBuf], form: BundleForm, archive: &Path) -> Result<(), Failure> {
    if form == BundleForm::Directory {
        return Err(Failure::usage(
            "--base cannot be used with --bundle-format d8: a thin bundle is one file",
        ));
    }
    if let Some(base) = bases.iter().find(|base| *base == archive) {
        let message = format!("{} is the bundle to write and its base", base.display());
        return Err(Failure::usage(message).hint("write the thin bundle to another file"));
    }
    Ok(())
}

impl From<VerifyArgs> for VerifySettings {
    fn from(args: VerifyArgs) -> Self {
        let VerifyArgs { bundle, required, read_back } = args;
        Self {
            bundle: bundle.images_bundle_path,
            allow_missing_modules: required_modules::allowed(required),
            read_back: read_back.into(),
        }
    }
}

impl From<ReadBackArgs> for ReadBack {
    fn from(args: ReadBackArgs) -> Self {
        let ReadBackArgs { target: TargetArgs { registry }, login, deep, connection, output } = args;
        Self {
            registry,
            login: login.into(),
            deep,
            connection: (&connection).into(),
            output: (&output).into(),
        }
    }
}
