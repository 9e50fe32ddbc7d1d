//! `dhctl update status`

mod document;
mod summary;
mod text;

use cluster::{
    Error, Timestamp,
    access::Cluster,
    read,
    status::{NothingRead, Status},
};
use serde::Serialize;

use self::document::StatusDocument;
use super::{changes::cluster_flags, clusters, left_out::LeftOut};
use crate::{
    Environment,
    args::StatusArgs,
    exit_code::Exit,
    failure::{Failure, rights},
    invocation::Invocation,
    printer::Printer,
    settings::Output,
};

const NAME: &str = "update status";

/// The report on one cluster, and whether nothing could be read.
#[derive(Serialize)]
struct Reported {
    #[serde(flatten)]
    document: StatusDocument,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    nothing_read: Option<Failure>,
}

pub(crate) fn invocation(args: StatusArgs, environment: Environment) -> Invocation {
    Invocation::new(NAME, Output::from(&args.output), run(args, environment))
}

async fn run(args: StatusArgs, environment: Environment) -> Result<(), Failure> {
    let left_out = LeftOut::default();
    let reports = clusters::read_each(&args.clusters, &environment, async |cluster, address| {
        let state = read::snapshot(&cluster).await;
        left_out.say(&state);
        let nothing_read = match NothingRead::of(&state) {
            Some(nothing) => Some(failure(&cluster, &nothing).await),
            None => None,
        };
        let (now, flags) = (Timestamp::now(), cluster_flags(&address));
        let status = Status::of(&state, now);
        Ok(Reported {
            document: StatusDocument::of(&status, &flags),
            text: summary::of(&state, now, &flags) + &text::of(&status, &flags),
            nothing_read,
        })
    })
    .await;
    clusters::print(
        Printer::new(&args.output),
        NAME,
        &reports,
        |report, it| report.heading() + &it.text,
        |it| it.nothing_read.clone(),
    )
}

/// A cluster that answered before the report and does not answer after it is a fault of the network.
async fn failure(cluster: &Cluster, nothing: &NothingRead) -> Failure {
    match nothing {
        NothingRead::Forbidden(why) => Failure::after_result(
            Exit::Denied,
            format!("cannot read anything that the report needs: no permission: {why}"),
        )
        .hint(rights()),
        NothingRead::Failed(why) => {
            let message = format!("cannot read anything that the report needs: {why}");
            match cluster.client.apiserver_version().await.map_err(Error::from) {
                Err(Error::Network(fault)) => {
                    Failure::after_result(Exit::Network, message).with_hints(fault.hints())
                }
                _ => Failure::after_result(Exit::Cluster, message).hint(
                    "run the command again in a minute; if it still fails, read the log of the API server",
                ),
            }
        }
    }
}
