//! A scenario of an update, played for a person to watch.

use std::{sync::mpsc, time::Duration};

use anyhow::{Result, ensure};
use cluster::rbac::{Extent, ReadOnly, Subject, manifest};
use commands::word;
use testkit::{
    kube::ApiServer,
    theatre::{Scenario, ScenarioRun},
};

use crate::kube;

/// Between two looks at what has been played.
const LOOK: Duration = Duration::from_millis(100);

/// `cargo xtask theatre`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The scenario
    #[arg(required_unless_present = "list")]
    scenario: Option<String>,
    /// How many seconds of the scenario pass in one
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// List the scenarios
    #[arg(long, conflicts_with = "scenario")]
    list: bool,
}

/// Plays one until it is interrupted, or lists them.
///
/// # Errors
/// If there is no such scenario, or the Kubernetes API cannot be started.
pub(crate) fn run(options: &Options) -> Result<()> {
    let Some(name) = options.scenario.as_ref().filter(|_| !options.list) else { return list() };
    ensure!(options.speed > 0.0, "--speed is a number above 0");
    let scenario = Scenario::named(name)?;
    kube::ensure()?;
    let scenario_run = ScenarioRun::open(ApiServer::borrow()?, &scenario, options.speed)?;
    let kubeconfig = scenario_run.grant(|flags| Ok(rights(flags)))?;
    println!("{}\n", scenario.title);
    println!("# {}, who has the rights of this scenario and no others", ScenarioRun::USER);
    println!("export KUBECONFIG={}", word(&kubeconfig.display().to_string()));
    let settle = if scenario.waits() { " --settle 5s" } else { "" };
    let words: Vec<String> = scenario.run.iter().map(|it| word(it)).collect();
    println!("dhctl update {}{settle}\n", words.join(" "));
    println!("It begins now; Ctrl-C ends it.");
    let interrupted = interrupts()?;
    scenario_run.start();
    show(&scenario_run, &interrupted);
    Ok(())
}

/// What `dhctl update rbac` prints with these flags for the user who watches.
fn rights(flags: &[&str]) -> String {
    let has = |flag| flags.contains(&flag);
    let read_only =
        has("--read-only").then(|| ReadOnly { queues: has("--queues"), secrets: has("--secrets") });
    manifest(&[Subject::User(ScenarioRun::USER.to_owned())], Extent { read_only, helm: false })
}

fn list() -> Result<()> {
    for name in Scenario::names()? {
        println!("{name:30} {}", Scenario::named(&name)?.title);
    }
    Ok(())
}

/// Says what is played, until it is interrupted.
fn show(scenario_run: &ScenarioRun, interrupted: &mpsc::Receiver<()>) {
    let (mut shown, mut faults) = (0, 0);
    while let Err(mpsc::RecvTimeoutError::Timeout) = interrupted.recv_timeout(LOOK) {
        let log = scenario_run.log();
        for entry in log.iter().skip(shown) {
            println!("{}", entry.what);
        }
        shown = log.len();
        for fault in scenario_run.faults().iter().skip(faults) {
            eprintln!("{fault}");
            faults += 1;
        }
    }
}

/// Without it Ctrl-C would end the process before the servers are.
fn interrupts() -> Result<mpsc::Receiver<()>> {
    let (sender, receiver) = mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            // Whatever comes of it, the play is over.
            drop(tokio::signal::ctrl_c().await);
            let _ = sender.send(());
        });
    });
    Ok(receiver)
}
