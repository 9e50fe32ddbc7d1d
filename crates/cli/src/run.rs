//! From the process's arguments to its exit code.

use std::{ffi::OsString, future::Future, process::ExitCode, time::Duration};

use clap::Parser;

use crate::{
    Environment,
    args::{
        BundleCommand, Cli, Command, ConfigCommand, MirrorCommand, MirrorModulesCommand, OutputArgs,
        UpdateCommand,
    },
    commands,
    exit_code::Exit,
    failure::Failure,
    printer::{self, Printer},
    wrong_request,
};

/// How long threads that are in the middle of a disk operation are waited for after an interrupt.
const GRACE: Duration = Duration::from_millis(500);

/// Runs one command.
pub fn run(args: impl IntoIterator<Item = OsString>, environment: Environment) -> ExitCode {
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
        printer::raw(error.render().to_string().as_bytes());
        Exit::Success
    }
}

fn dispatch(command: Command, environment: Environment) -> Exit {
    match command {
        Command::Mirror(args) => match args.command {
            Some(MirrorCommand::Verify(args)) => {
                let output = args.read_back.output.clone();
                finish("mirror verify", &output, commands::mirror_verify::run(args, environment))
            }
            None if args.transfer.registry.is_some() => {
                let output = args.transfer.output.clone();
                finish("mirror push", &output, commands::mirror_push::run(args.transfer, environment))
            }
            None => {
                let output = args.transfer.output.clone();
                finish("mirror pull", &output, commands::mirror_pull::run(args.transfer, environment))
            }
        },
        Command::MirrorModules(args) => match args.command {
            Some(MirrorModulesCommand::Verify(args)) => {
                let output = args.read_back.output.clone();
                finish("mirror-modules verify", &output, commands::modules_verify::run(args, environment))
            }
            None if args.transfer.registry.is_some() => {
                let output = args.transfer.output.clone();
                finish(
                    "mirror-modules push",
                    &output,
                    commands::modules_push::run(args.transfer, environment),
                )
            }
            None => {
                let output = args.transfer.output.clone();
                finish(
                    "mirror-modules pull",
                    &output,
                    commands::modules_pull::run(args.transfer, environment),
                )
            }
        },
        Command::Bundle(BundleCommand::Inspect(args)) => {
            let output = args.output.clone();
            finish("bundle inspect", &output, async move { commands::bundle_inspect::run(&args) })
        }
        Command::Bundle(BundleCommand::Verify(args)) => {
            let output = args.output.clone();
            finish("bundle verify", &output, commands::bundle_verify::run(args, environment))
        }
        Command::Bundle(BundleCommand::Split(args)) => {
            let output = args.output.clone();
            finish("bundle split", &output, commands::bundle_convert::split(args, environment))
        }
        Command::Bundle(BundleCommand::Join(args)) => {
            let output = args.output.clone();
            finish("bundle join", &output, commands::bundle_convert::join(args, environment))
        }
        Command::Config(command) => config(&command),
        Command::Update(command) => update(command, environment),
        Command::Completions { shell } => commands::completions::run(shell),
    }
}

/// These ask nobody and are done at once.
fn config(command: &ConfigCommand) -> Exit {
    let (name, result) = match command {
        ConfigCommand::InitConfiguration(args) => {
            ("config init-configuration", commands::config_init_configuration::run(args))
        }
        ConfigCommand::ModuleSource(args) => {
            ("config module-source", commands::config_module_source::run(args))
        }
        ConfigCommand::DockerCfg(args) => ("config docker-cfg", commands::config_docker_cfg::run(args)),
        ConfigCommand::Proxy(args) => ("config proxy", commands::config_proxy::run(args)),
    };
    report(name, Printer::plain(), result)
}

fn update(command: UpdateCommand, environment: Environment) -> Exit {
    match command {
        UpdateCommand::Run(args) => {
            let output = args.output.clone();
            finish("update run", &output, commands::update_run::run(*args, environment))
        }
        UpdateCommand::Watch(args) => {
            let output = args.output.clone();
            finish("update watch", &output, commands::update_watch::run(*args, environment))
        }
        UpdateCommand::Status(args) => {
            let output = args.output.clone();
            finish("update status", &output, commands::update_status::run(args, environment))
        }
        UpdateCommand::Plan(args) => {
            let printer = Printer::of(args.output.of_failures());
            report("update plan", printer, block_on(commands::update_plan::run(*args, environment)))
        }
        UpdateCommand::Rbac(args) => {
            report("update rbac", Printer::plain(), commands::update_rbac::run(&args))
        }
        UpdateCommand::Prepare(args) => {
            let output = args.output.clone();
            let run = commands::update_prepare::run(*args, environment);
            finish_with("update prepare", &output, run, commands::update_prepare::goes_on)
        }
        UpdateCommand::Approve(args) => {
            let output = args.output.clone();
            finish("update approve", &output, commands::update_approve::run(*args, environment))
        }
        UpdateCommand::Kernel(args) => {
            let output = args.output.clone();
            finish("update kernel", &output, commands::update_kernel::run(*args, environment))
        }
        UpdateCommand::Doctor(args) => {
            let output = args.output.clone();
            finish("update doctor", &output, commands::update_doctor::run(*args, environment))
        }
    }
}

fn finish(name: &str, output: &OutputArgs, command: impl Future<Output = Result<(), Failure>>) -> Exit {
    finish_with(name, output, command, |failure| failure)
}

/// The same, with something to add to a failure.
fn finish_with(
    name: &str,
    output: &OutputArgs,
    command: impl Future<Output = Result<(), Failure>>,
    add: impl FnOnce(Failure) -> Failure,
) -> Exit {
    printer::progress(output.progress);
    report(name, Printer::new(output), block_on(command).map_err(add))
}

fn report(name: &str, printer: Printer, result: Result<(), Failure>) -> Exit {
    match result {
        Ok(()) => Exit::Success,
        Err(failure) => {
            printer.failure(name, &failure);
            failure.exit
        }
    }
}

fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::internal)?;
    let result = runtime.block_on(async {
        let stop = stop_signal()?;
        tokio::select! {
            result = command => result,
            () = stop => Err(Failure::interrupted()),
        }
    });
    runtime.shutdown_timeout(GRACE);
    result
}

/// Resolves when the process is asked to end.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::internal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::internal)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
