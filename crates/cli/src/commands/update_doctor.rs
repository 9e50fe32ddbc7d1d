//! `dhctl update doctor`

use cluster::{
    ClusterState, Reading,
    doctor::{Evidence, Probe, Verdict, clock, examine, gather, questions},
};
use jiff::Timestamp;

use super::{registry_probe::probe, update_changes::kubectl, update_cluster::reach};
use crate::{Environment, args::DoctorArgs, exit_code::Exit, failure::Failure, printer::Printer};

const NAME: &str = "update doctor";

pub(crate) async fn run(args: DoctorArgs, environment: Environment) -> Result<(), Failure> {
    let cluster = reach(&args.cluster, &environment).await?;
    let state = cluster::read::snapshot(&cluster).await;
    let mut evidence = gather(&cluster, &state).await;
    let now = clock(&cluster).await.unwrap_or_else(Timestamp::now);
    evidence.registry = if args.no_registry {
        Probe::NotAsked("--no-registry".to_owned())
    } else {
        ask_registry(&state, &evidence, now, &environment).await
    };
    let diagnosis = examine(&state, &evidence, now).addressed(&kubectl(&args.cluster));
    Printer::new(&args.output).result(NAME, &diagnosis, &diagnosis.text())?;
    match diagnosis.verdict {
        Verdict::Clear => Ok(()),
        Verdict::Blocked => Err(Failure::after_result(Exit::Cluster, "something blocks the update")),
        Verdict::Unclear => Err(Failure::after_result(
            Exit::Cluster,
            "too little could be read to say that nothing blocks the update",
        )
        .hint("`dhctl update rbac` prints the rights that are needed")),
    }
}

async fn ask_registry(
    state: &ClusterState,
    evidence: &Evidence,
    now: Timestamp,
    environment: &Environment,
) -> Probe {
    match &state.registry {
        Reading::Known(registry) => probe(registry, &questions(state, evidence, now), environment).await,
        other => Probe::NotAsked(format!(
            "its address and login are not known: {}",
            other.why_unknown().unwrap_or_default()
        )),
    }
}
