//! `dhctl update doctor`

mod document;

use cluster::{
    ClusterState, ImageSource,
    access::Cluster,
    doctor::{Conclusion, Details, DoctorReport, RegistryCheck, diagnose, questions, read, server_time},
};
use jiff::Timestamp;

pub(super) use self::document::Document;
use super::{changes::cluster_flags, cluster_registry::check_registry, clusters, left_out::LeftOut};
use crate::{
    Environment,
    args::DoctorArgs,
    exit_code::Exit,
    failure::{Failure, rights},
    invocation::Invocation,
    printer::Printer,
    settings::Output,
    words::NotCheckedList,
};

const NAME: &str = "update doctor";

pub(crate) fn invocation(args: DoctorArgs, environment: Environment) -> Invocation {
    Invocation::new(NAME, Output::from(&args.output), run(args, environment))
}

async fn run(args: DoctorArgs, environment: Environment) -> Result<(), Failure> {
    let left_out = LeftOut::default();
    let reports = clusters::read_each(&args.clusters, &environment, async |cluster, address| {
        let report = diagnose_cluster(&cluster, &args, &environment, &left_out).await;
        Ok(Document { report, flags: cluster_flags(&address) })
    })
    .await;
    let several = reports.len() > 1;
    let list = if args.output.log.verbose { NotCheckedList::Full } else { NotCheckedList::Count };
    clusters::print(
        Printer::new(&args.output),
        NAME,
        &reports,
        |cluster, document| {
            let text = document.text(list);
            if several { cluster.heading() + &text } else { text }
        },
        |document| failure(document.report.conclusion),
    )
}

/// What the command ends with.
fn failure(conclusion: Conclusion) -> Option<Failure> {
    match conclusion {
        Conclusion::Clear => None,
        Conclusion::Blocked => Some(Failure::after_result(Exit::Cluster, "something blocks the update")),
        Conclusion::Unclear => Some(
            Failure::after_result(Exit::Cluster, "cannot determine whether anything blocks the update")
                .hint(rights()),
        ),
    }
}

async fn diagnose_cluster(
    cluster: &Cluster,
    args: &DoctorArgs,
    environment: &Environment,
    left_out: &LeftOut,
) -> DoctorReport {
    let state = cluster::read::snapshot(cluster).await;
    left_out.say(&state);
    let mut details = read(cluster, &state).await;
    let now = server_time(cluster).await.unwrap_or_else(Timestamp::now);
    details.registry = if args.no_registry {
        RegistryCheck::NotAsked("--no-registry is set".into())
    } else {
        ask_registry(&state, &details, now, environment).await
    };
    diagnose(&state, &details, now)
}

async fn ask_registry(
    state: &ClusterState,
    details: &Details,
    now: Timestamp,
    environment: &Environment,
) -> RegistryCheck {
    match state.image_source() {
        ImageSource::Upstream(registry) => {
            check_registry(&registry, &questions(state, details, now), environment).await
        }
        ImageSource::InCluster { .. } => {
            RegistryCheck::NotAsked("it is in the cluster and cannot be reached from here".into())
        }
        ImageSource::Unknown => {
            let in_cluster = || "images come through a registry in the cluster".to_owned();
            let why = state.registry.why_unknown().unwrap_or_else(in_cluster);
            RegistryCheck::NotAsked(format!("its address and login are unknown: {why}").into())
        }
    }
}
