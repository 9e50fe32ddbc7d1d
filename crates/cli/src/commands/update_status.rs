//! `dhctl update status`

mod text;

use cluster::{Timestamp, read, status::Status};
use futures_util::future::join_all;
use serde::Serialize;

use super::update_cluster::reach;
use crate::{
    Environment,
    args::{ClusterArgs, StatusArgs},
    exit_code::Exit,
    failure::Failure,
    printer::Printer,
};

const NAME: &str = "update status";

/// The report on one cluster, or why there is none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// The context of the kubeconfig.
    context: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(flatten)]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

/// One that does not answer does not spoil the others; the exit code is its own then.
pub(crate) async fn run(args: StatusArgs, environment: Environment) -> Result<(), Failure> {
    let contexts: Vec<Option<String>> =
        if args.context.is_empty() { vec![None] } else { args.context.iter().cloned().map(Some).collect() };
    let reports = join_all(contexts.into_iter().map(|context| {
        let cluster = ClusterArgs { kubeconfig: args.kubeconfig.clone(), context };
        report(cluster, &environment)
    }))
    .await;
    let printer = Printer::new(&args.output);
    if let [only] = reports.as_slice() {
        return match &only.error {
            Some(error) => Err(error.clone()),
            None => printer.result(NAME, only, &text::of(&reports)),
        };
    }
    printer.result(NAME, &reports, &text::of(&reports))?;
    let failed: Vec<&Report> = reports.iter().filter(|report| report.error.is_some()).collect();
    match failed.as_slice() {
        [] => Ok(()),
        [first, ..] => {
            let exit = first.error.as_ref().map_or(Exit::Cluster, |error| error.exit);
            let names: Vec<&str> = failed.iter().map(|report| report.context.as_str()).collect();
            Err(Failure::new(exit, format!("there is no report on {}", names.join(", "))))
        }
    }
}

async fn report(args: ClusterArgs, environment: &Environment) -> Report {
    match reach(&args, environment).await {
        Ok(cluster) => Report {
            status: Some(Status::of(&read::snapshot(&cluster).await, Timestamp::now())),
            context: cluster.name,
            server: Some(cluster.server),
            error: None,
        },
        Err(error) => Report {
            context: args.context.unwrap_or_else(|| "the current context".to_owned()),
            server: None,
            status: None,
            error: Some(error),
        },
    }
}
