//! `dhctl update status`

mod document;
mod metrics;
mod outcome;
mod summary;
mod text;

use cluster::{
    Error, Timestamp,
    access::Cluster,
    health::{Blockers, Health},
    read,
    status::{NothingRead, Status},
};
use serde::Serialize;

pub(super) use self::document::StatusDocument;
use self::metrics::{Metrics, Read};
use super::{
    changes::cluster_flags,
    clusters::{self, Report},
    left_out::LeftOut,
};
use crate::{
    Environment,
    args::{StatusArgs, StatusFormat},
    exit_code::Exit,
    failure::{Failure, NO_PLATFORM, api_server_hints, rights},
    invocation::Invocation,
    printer::{self, Printer},
    result_file::{self, Readers},
    settings::Output,
    words,
};

const NAME: &str = "update status";

/// The report on one cluster, and what the command ends with because of it.
#[derive(Serialize)]
struct Reported {
    #[serde(flatten)]
    document: StatusDocument,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    read: Read,
    #[serde(skip)]
    failure: Option<Failure>,
}

pub(crate) fn invocation(args: StatusArgs, environment: Environment) -> Invocation {
    Invocation::new(NAME, output(&args), run(args, environment))
}

fn output(args: &StatusArgs) -> Output {
    Output::of(args.output.of_failures(), args.progress)
}

async fn run(args: StatusArgs, environment: Environment) -> Result<(), Failure> {
    if args.out.is_some() && args.output != StatusFormat::Prometheus {
        return Err(Failure::usage("--out needs --output prometheus")
            .hint("add --output prometheus, or redirect standard output to the file"));
    }
    let left_out = LeftOut::default();
    let reports = clusters::read_each(&args.clusters, &environment, async |cluster, address| {
        let state = read::snapshot(&cluster).await;
        left_out.say(&state);
        if state.is_without_platform() {
            printer::say("warning", &format!("{NO_PLATFORM}; {}", words::CHECK_CLUSTER));
        }
        let without_report = match NothingRead::of(&state) {
            Some(nothing) => Some(nothing_read(&cluster, &nothing).await),
            None => None,
        };
        let (at, flags) = (Timestamp::now(), cluster_flags(&address));
        let (status, blockers) = (Status::of(&state, at), Blockers::of(&state, at));
        let health = Health::of(&state, &blockers, at);
        let is_up = without_report.is_none();
        let unhealthy = || outcome::unhealthy(&health).filter(|_| args.exit_code);
        Ok(Reported {
            document: StatusDocument::of(&status, &health, &flags),
            text: summary::of(&blockers, &flags) + &text::of(&status, &blockers, at, &flags),
            failure: without_report.or_else(unhealthy),
            read: Read { state, status, health, at, is_up },
        })
    })
    .await;
    if args.output == StatusFormat::Prometheus {
        write_metrics(&args, &reports)?;
        // The metrics of several clusters do not say why one of them is missing.
        for report in reports.iter().filter(|_| reports.len() > 1) {
            if let Some(error) = report.error() {
                printer::say("warning", &format!("{}: {}", report.context(), error.message));
            }
        }
        return clusters::outcome(&reports, |it| it.failure.clone());
    }
    clusters::print(
        Printer::new(output(&args)),
        NAME,
        &reports,
        |report, it| report.heading() + &it.text,
        |it| it.failure.clone(),
    )
}

/// Writes the metrics of all clusters as one text.
fn write_metrics(args: &StatusArgs, reports: &[Report<Reported>]) -> Result<(), Failure> {
    let mut metrics = Metrics::default();
    for report in reports {
        match report.body() {
            Some(body) => metrics.read(report.context(), report.server().unwrap_or_default(), &body.read),
            None => metrics.away(report.context()),
        }
    }
    let text = metrics.text();
    match &args.out {
        Some(path) => result_file::write(path, &text, Readers::All, args.force),
        None => Printer::stdout(text.as_bytes()),
    }
}

/// A cluster that answered before the report and does not answer after it is a fault of the network.
pub(super) async fn nothing_read(cluster: &Cluster, nothing: &NothingRead) -> Failure {
    match nothing {
        NothingRead::Forbidden(why) => Failure::after_result(
            Exit::Denied,
            format!("cannot read anything that the report needs: no permission: {why}"),
        )
        .hint(rights(why)),
        NothingRead::Failed(why) => {
            let message = format!("cannot read anything that the report needs: {why}");
            match cluster.client.apiserver_version().await.map_err(Error::from) {
                Err(Error::Network(fault)) => {
                    Failure::after_result(Exit::Network, message).with_hints(api_server_hints(&fault))
                }
                _ => Failure::after_result(Exit::Cluster, message).hint(
                    "run the command again in a minute; if it still fails, read the log of the API server",
                ),
            }
        }
    }
}
