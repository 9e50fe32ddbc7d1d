//! `dhctl update doctor`

use cluster::{
    ClusterState, Reading,
    access::Cluster,
    doctor::{Diagnosis, Evidence, Probe, Verdict, clock, examine, gather, questions},
};
use jiff::Timestamp;

use super::{
    changes::cluster_flags,
    clusters::{look, tell},
    left_out::LeftOut,
    registry_probe::probe,
};
use crate::{
    Environment,
    args::DoctorArgs,
    exit_code::Exit,
    failure::{Failure, rights},
    printer::Printer,
};

const NAME: &str = "update doctor";

pub(crate) async fn run(args: DoctorArgs, environment: Environment) -> Result<(), Failure> {
    let left_out = LeftOut::default();
    let reports = look(&args.clusters, &environment, async |cluster, address| {
        Ok(diagnose(&cluster, &args, &environment, &left_out).await.addressed(&cluster_flags(&address)))
    })
    .await;
    let several = reports.len() > 1;
    tell(
        Printer::new(&args.output),
        NAME,
        &reports,
        |report, diagnosis| {
            if several { report.heading() + &diagnosis.text() } else { diagnosis.text() }
        },
        ill,
    )
}

fn ill(diagnosis: &Diagnosis) -> Option<Failure> {
    match diagnosis.verdict {
        Verdict::Clear => None,
        Verdict::Blocked => Some(Failure::after_result(Exit::Cluster, "something blocks the update")),
        Verdict::Unclear => Some(
            Failure::after_result(
                Exit::Cluster,
                "too little could be read to say that nothing blocks the update",
            )
            .hint(rights()),
        ),
    }
}

async fn diagnose(
    cluster: &Cluster,
    args: &DoctorArgs,
    environment: &Environment,
    left_out: &LeftOut,
) -> Diagnosis {
    let state = cluster::read::snapshot(cluster).await;
    left_out.say(&state);
    let mut evidence = gather(cluster, &state).await;
    let now = clock(cluster).await.unwrap_or_else(Timestamp::now);
    evidence.registry = if args.no_registry {
        Probe::NotAsked("--no-registry".into())
    } else {
        ask_registry(&state, &evidence, now, environment).await
    };
    examine(&state, &evidence, now)
}

async fn ask_registry(
    state: &ClusterState,
    evidence: &Evidence,
    now: Timestamp,
    environment: &Environment,
) -> Probe {
    match &state.registry {
        Reading::Known(registry) => probe(registry, &questions(state, evidence, now), environment).await,
        other => Probe::NotAsked(
            format!("its address and login are not known: {}", other.why_unknown().unwrap_or_default())
                .into(),
        ),
    }
}
