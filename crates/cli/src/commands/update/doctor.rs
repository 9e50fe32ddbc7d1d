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
    failure::{Failure, no_platform, rights},
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
        let (report, unclear) = diagnose_cluster(&cluster, &args, &environment, &left_out).await;
        Ok(Document { report, unclear, flags: cluster_flags(&address) })
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
        failure,
    )
}

/// What the command ends with.
fn failure(document: &Document) -> Option<Failure> {
    match document.report.conclusion {
        Conclusion::Clear => None,
        Conclusion::Blocked => Some(Failure::after_result(Exit::Cluster, "something blocks the update")),
        Conclusion::Unclear => Some(match &document.unclear {
            Unclear::NoPlatform => Failure { after_result: true, ..no_platform() },
            Unclear::Forbidden(why) => cannot_determine().hint(rights(why)),
            Unclear::NotRead => cannot_determine()
                .hint("see above why the sources could not be read; run the command again in a minute"),
        }),
    }
}

fn cannot_determine() -> Failure {
    Failure::after_result(Exit::Cluster, "cannot determine whether anything blocks the update")
}

/// Why essential sources may not be known.
#[derive(Debug, Clone)]
pub(crate) enum Unclear {
    /// The platform is not in the cluster.
    NoPlatform,
    /// A permission is missing; what the API server says.
    Forbidden(String),
    /// Anything else.
    NotRead,
}

impl Unclear {
    pub(super) fn of(state: &ClusterState) -> Self {
        if state.is_without_platform() {
            Self::NoPlatform
        } else {
            state.refusal().map_or(Self::NotRead, |why| Self::Forbidden(why.to_owned()))
        }
    }
}

async fn diagnose_cluster(
    cluster: &Cluster,
    args: &DoctorArgs,
    environment: &Environment,
    left_out: &LeftOut,
) -> (DoctorReport, Unclear) {
    let state = cluster::read::snapshot(cluster).await;
    left_out.say(&state);
    let mut details = read(cluster, &state).await;
    let now = server_time(cluster).await.unwrap_or_else(Timestamp::now);
    details.registry = if args.no_registry {
        RegistryCheck::NotAsked("--no-registry is set".into())
    } else {
        ask_registry(&state, &details, now, environment).await
    };
    (diagnose(&state, &details, now), Unclear::of(&state))
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
