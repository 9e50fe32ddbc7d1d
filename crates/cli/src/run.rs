//! From the process's arguments to its exit code.

use std::{ffi::OsString, process::ExitCode};

use crate::{
    Environment,
    args::{BundleCommand, Command, ConfigCommand, RegistryCommand, SetupCommand, UpdateCommand},
    commands::{self, bundle, config, mirror, modules, registry, update},
    delivery_file::CommandLine,
    exit_code::Exit,
    failure::Failure,
    interrupts,
    invocation::{Invocation, report},
    limits, log,
    printer::{self, Printer},
    settings::{self, ModulesTransfer, Output, Transfer},
    wrong_request,
};

/// Runs one command.
pub fn run(args: impl IntoIterator<Item = OsString>, mut environment: Environment) -> ExitCode {
    limits::adapt();
    if let Err(error) = interrupts::watch() {
        return report("dhctl", Printer::new(Output::plain()), Err(Failure::internal(error))).into();
    }
    let args: Vec<OsString> = args.into_iter().collect();
    let (cli, line) = match CommandLine::parse(args.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            printer::progress(wrong_request::progress(&args));
            return usage(error, &environment).into();
        }
    };
    // Which of the two providers in use elsewhere is meant must be said once per process; a second
    // call would mean that it has been said.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    match log::begin(&cli.log) {
        // Lines of the log would tear a live display.
        Ok(log::LogDestination::Stderr) => environment.stderr_is_terminal = false,
        Ok(log::LogDestination::NotStderr) => {}
        Err(failure) => {
            Printer::new(Output::plain()).failure("log", &failure);
            return failure.exit.into();
        }
    }
    invocation(cli.command, line, environment).run().into()
}

/// Help and version go to standard output and are not a failure; everything else is wrong usage.
fn usage(error: clap::Error, environment: &Environment) -> Exit {
    if error.use_stderr() {
        let wrong = wrong_request::describe(error, &environment.flag_variables);
        if printer::is_json() {
            printer::failed(&wrong.failure());
        } else {
            printer::note(&wrong.text());
        }
        Exit::Usage
    } else {
        let printed = Printer::stdout(error.render().to_string().as_bytes());
        report("dhctl", Printer::new(Output::plain()), printed)
    }
}

/// The command that the arguments select.
fn invocation(command: Command, line: CommandLine, environment: Environment) -> Invocation {
    match command {
        Command::Mirror(args) => match settings::transfer(*args, line) {
            Transfer::Print(output, printed) => {
                mirror::print_config::invocation(output, printed, &environment)
            }
            Transfer::Pull(output, settings) => mirror::pull::invocation(output, settings, environment),
            Transfer::Push(output, settings) => mirror::push::invocation(output, settings, environment),
            Transfer::Verify(settings) => mirror::verify::invocation(*settings, environment),
        },
        Command::MirrorModules(args) => match settings::modules_transfer(*args) {
            Ok(ModulesTransfer::Pull(settings)) => modules::pull::invocation(*settings, environment),
            Ok(ModulesTransfer::Push(settings)) => modules::push::invocation(*settings, environment),
            Ok(ModulesTransfer::Verify(settings)) => modules::verify::invocation(*settings, environment),
            Err(failure) => Invocation::immediate("mirror-modules", Output::plain(), || Err(failure)),
        },
        Command::Bundle(command) => match command {
            BundleCommand::Inspect(args) => bundle::inspect::invocation(args.into()),
            BundleCommand::Verify(args) => bundle::verify::invocation(args.into(), environment),
            BundleCommand::Split(args) => {
                let (output, settings) = settings::split(args, &line);
                bundle::split::invocation(output, settings, environment)
            }
            BundleCommand::Join(args) => bundle::join::invocation(args.into(), environment),
            BundleCommand::MissingParts(args) => bundle::missing_parts::invocation(args.into(), environment),
            BundleCommand::Digests(args) => bundle::digests::invocation(args.into()),
            BundleCommand::Complete(args) => bundle::complete::invocation(args.into(), environment),
        },
        Command::Registry(command) => match command {
            RegistryCommand::Check(args) => {
                let (output, settings) = settings::check(*args);
                registry::check::invocation(output, settings, environment)
            }
            RegistryCommand::List(args) => registry::list::invocation((*args).into(), environment),
            RegistryCommand::Setup(SetupCommand::Nexus(args)) => {
                registry::setup::nexus(settings::nexus_setup(*args), environment)
            }
            RegistryCommand::Setup(SetupCommand::Harbor(args)) => {
                registry::setup::harbor(settings::harbor_setup(*args), environment)
            }
            RegistryCommand::Prune(args) => registry::prune::invocation((*args).into(), environment),
        },
        Command::Config(command) => match command {
            ConfigCommand::InitConfiguration(args) => config::init_configuration::invocation(args.into()),
            ConfigCommand::ModuleSource(args) => config::module_source::invocation(args.into()),
            ConfigCommand::PackageRepository(args) => config::package_repository::invocation(args.into()),
            ConfigCommand::Registry(args) => config::registry::invocation((*args).try_into()),
            ConfigCommand::DockerCfg(args) => config::docker_cfg::invocation(args.into()),
            ConfigCommand::Proxy(args) => config::proxy::invocation(args.into()),
        },
        Command::Update(command) => match command {
            UpdateCommand::Run(args) => update::run::invocation(*args, environment),
            UpdateCommand::Watch(args) => update::watch::invocation(*args, environment),
            UpdateCommand::Status(args) => update::status::invocation(args, environment),
            UpdateCommand::SupportBundle(args) => update::support_bundle::invocation(*args, environment),
            UpdateCommand::Plan(args) => update::plan::invocation(*args, environment),
            UpdateCommand::Want(args) => update::want::invocation(*args, environment),
            UpdateCommand::Rbac(args) => update::rbac::invocation(args),
            UpdateCommand::Prepare(args) => update::prepare::invocation(*args, environment),
            UpdateCommand::Approve(args) => update::approve::invocation(*args, environment),
            UpdateCommand::Kernel(args) => update::kernel::invocation(*args, environment),
            UpdateCommand::Doctor(args) => update::doctor::invocation(*args, environment),
        },
        Command::Version(args) => commands::version::invocation(args.output),
        Command::Completions { shell } => commands::completions::invocation(shell),
    }
}
