//! From the process's arguments to its exit code.

use std::{ffi::OsString, future::Future, process::ExitCode, time::Duration};

use clap::Parser;

use crate::{
    Environment,
    args::{
        BundleCommand, Cli, ClusterArgs, Command, ConfigCommand, MirrorCommand, MirrorModulesCommand,
        OutputArgs, UpdateCommand,
    },
    commands::{self, update::changes::cluster_flags},
    exit_code::Exit,
    failure::Failure,
    interrupted::{self, ModulesPull, Next, Pull},
    interrupts, limits, log,
    printer::{self, Printer},
    wrong_request,
};

/// How long threads that are in the middle of a disk operation are waited for after an interrupt.
const GRACE: Duration = Duration::from_millis(500);

/// Runs one command.
pub fn run(args: impl IntoIterator<Item = OsString>, mut environment: Environment) -> ExitCode {
    limits::adapt();
    if let Err(error) = interrupts::watch() {
        return report("dhctl", Printer::plain(), Err(Failure::internal(error))).into();
    }
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
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
        Ok(log::Goes::ToStderr) => environment.stderr_is_terminal = false,
        Ok(log::Goes::Elsewhere) => {}
        Err(failure) => {
            Printer::plain().failure("log", &failure);
            return failure.exit.into();
        }
    }
    dispatch(cli.command, environment).into()
}

/// Help and version go to standard output and are no failure; everything else is a wrong request.
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
        report("dhctl", Printer::plain(), Printer::stdout(error.render().to_string().as_bytes()))
    }
}

fn dispatch(command: Command, environment: Environment) -> Exit {
    match command {
        Command::Mirror(args) => match args.command {
            Some(MirrorCommand::Verify(args)) => {
                let output = args.read_back.output.clone();
                let run = commands::mirror::verify::run(args, environment);
                finish("mirror verify", &output, run, interrupted::AGAIN)
            }
            None if args.transfer.registry.is_some() => {
                let output = args.transfer.output.clone();
                let run = commands::mirror::push::run(args.transfer, environment);
                finish("mirror push", &output, run, interrupted::PUSH)
            }
            None => {
                let output = args.transfer.output.clone();
                let next = Pull::of(&args.transfer);
                finish("mirror pull", &output, commands::mirror::pull::run(args.transfer, environment), next)
            }
        },
        Command::MirrorModules(args) => match args.command {
            Some(MirrorModulesCommand::Verify(args)) => {
                let output = args.read_back.output.clone();
                let run = commands::modules::verify::run(args, environment);
                finish("mirror-modules verify", &output, run, interrupted::AGAIN)
            }
            None if args.transfer.registry.is_some() => {
                let output = args.transfer.output.clone();
                let run = commands::modules::push::run(args.transfer, environment);
                finish("mirror-modules push", &output, run, interrupted::PUSH)
            }
            None => {
                let output = args.transfer.output.clone();
                let next = ModulesPull::of(&args.transfer);
                let run = commands::modules::pull::run(args.transfer, environment);
                finish("mirror-modules pull", &output, run, next)
            }
        },
        Command::Bundle(BundleCommand::Inspect(args)) => {
            let output = args.output.clone();
            let run = async move { commands::bundle::inspect::run(&args) };
            finish("bundle inspect", &output, run, interrupted::AGAIN)
        }
        Command::Bundle(BundleCommand::Verify(args)) => {
            let output = args.output.clone();
            let run = commands::bundle::verify::run(args, environment);
            finish("bundle verify", &output, run, interrupted::AGAIN)
        }
        Command::Bundle(BundleCommand::Split(args)) => {
            let output = args.output.clone();
            let run = commands::bundle::convert::split(args, environment);
            finish("bundle split", &output, run, interrupted::CONVERT)
        }
        Command::Bundle(BundleCommand::Join(args)) => {
            let output = args.output.clone();
            let run = commands::bundle::convert::join(args, environment);
            finish("bundle join", &output, run, interrupted::CONVERT)
        }
        Command::Config(command) => config(&command),
        Command::Update(command) => update(command, environment),
        Command::Version(args) => report("version", Printer::of(args.output), commands::version::run(&args)),
        Command::Completions { shell } => {
            report("completions", Printer::plain(), commands::completions::run(shell))
        }
    }
}

/// These ask nobody and are done at once.
fn config(command: &ConfigCommand) -> Exit {
    let (name, result) = match command {
        ConfigCommand::InitConfiguration(args) => {
            ("config init-configuration", commands::config::init_configuration::run(args))
        }
        ConfigCommand::ModuleSource(args) => {
            ("config module-source", commands::config::module_source::run(args))
        }
        ConfigCommand::DockerCfg(args) => ("config docker-cfg", commands::config::docker_cfg::run(args)),
        ConfigCommand::Proxy(args) => ("config proxy", commands::config::proxy::run(args)),
    };
    report(name, Printer::plain(), result)
}

/// The command, with failures whose commands name the cluster that was named.
async fn of_cluster(
    args: ClusterArgs,
    command: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    command.await.map_err(|failure| failure.addressed(&cluster_flags(&args)))
}

fn update(command: UpdateCommand, environment: Environment) -> Exit {
    match command {
        UpdateCommand::Run(args) => {
            let output = args.output.clone();
            let run = of_cluster(args.cluster.clone(), commands::update::run::run(*args, environment));
            finish("update run", &output, run, interrupted::RUN)
        }
        UpdateCommand::Watch(args) => {
            let output = args.output.clone();
            let run = of_cluster(args.cluster.clone(), commands::update::watch::run(*args, environment));
            finish("update watch", &output, run, interrupted::WATCH)
        }
        UpdateCommand::Status(args) => {
            let output = args.output.clone();
            let run = commands::update::status::run(args, environment);
            finish("update status", &output, run, interrupted::AGAIN)
        }
        UpdateCommand::Plan(args) => {
            let printer = Printer::of(args.output.of_failures());
            let run = commands::update::plan::run(*args, environment);
            report("update plan", printer, block_on(run, interrupted::AGAIN))
        }
        UpdateCommand::Rbac(args) => {
            report("update rbac", Printer::plain(), commands::update::rbac::run(&args))
        }
        UpdateCommand::Prepare(args) => {
            let output = args.output.clone();
            let run = of_cluster(args.cluster.clone(), commands::update::prepare::run(*args, environment));
            finish("update prepare", &output, run, interrupted::PREPARE)
        }
        UpdateCommand::Approve(args) => {
            let output = args.output.clone();
            let run = of_cluster(args.cluster.clone(), commands::update::approve::run(*args, environment));
            finish("update approve", &output, run, interrupted::APPROVE)
        }
        UpdateCommand::Kernel(args) => {
            let output = args.output.clone();
            let run = of_cluster(args.cluster.clone(), commands::update::kernel::run(*args, environment));
            finish("update kernel", &output, run, interrupted::KERNEL)
        }
        UpdateCommand::Doctor(args) => {
            let output = args.output.clone();
            let run = commands::update::doctor::run(*args, environment);
            finish("update doctor", &output, run, interrupted::AGAIN)
        }
    }
}

/// Runs a command to its end and reports it; `next` is what to do if it is interrupted.
fn finish(
    name: &str,
    output: &OutputArgs,
    command: impl Future<Output = Result<(), Failure>>,
    next: impl Into<Next>,
) -> Exit {
    printer::progress(output.progress);
    report(name, Printer::new(output), block_on(command, next))
}

fn report(name: &str, printer: Printer, result: Result<(), Failure>) -> Exit {
    match result {
        Ok(()) => {
            tracing::info!("{name}: exit code 0");
            Exit::Success
        }
        Err(failure) => {
            tracing::error!("{name}: exit code {}: {:?}", failure.exit as u8, failure.render());
            printer.failure(name, &failure);
            failure.exit
        }
    }
}

fn block_on(
    command: impl Future<Output = Result<(), Failure>>,
    next: impl Into<Next>,
) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::internal)?;
    let result = runtime.block_on(async {
        let stop = interrupts::stop_in_order().map_err(Failure::internal)?;
        tokio::select! {
            result = command => result,
            () = stop => Err(Failure::interrupted()),
        }
    });
    runtime.shutdown_timeout(GRACE);
    // Only now nothing is written any more.
    result.map_err(|failure| match failure.exit {
        Exit::Interrupted => failure.hint(next.into().hint()),
        _ => failure,
    })
}
