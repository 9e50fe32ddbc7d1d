//! Reports over several clusters: one for each context, and no cluster spoils the report on another.

use futures_util::future::join_all;
use serde::Serialize;

use super::update_cluster::reach;
use crate::{
    Environment,
    args::{ClusterArgs, ClustersArgs},
    exit_code::Exit,
    failure::Failure,
    printer::Printer,
};

/// The report on one cluster, or why there is none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<T> {
    /// The context of the kubeconfig.
    context: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(flatten)]
    told: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

impl<T> Report<T> {
    /// Name and address, as the line above the report.
    pub(crate) fn heading(&self) -> String {
        let server = self.server.as_deref().map(|server| format!(" at {server}")).unwrap_or_default();
        format!("cluster      {}{server}\n", self.context)
    }
}

/// Looks at each of the clusters, all at the same time.
pub(crate) async fn look<T>(
    args: &ClustersArgs,
    environment: &Environment,
    look: impl AsyncFn(cluster::access::Cluster, ClusterArgs) -> Result<T, Failure>,
) -> Vec<Report<T>> {
    let look = &look;
    join_all(args.each().into_iter().map(|args| async move {
        let named = args.context.clone().unwrap_or_else(|| "the current context".to_owned());
        let (context, server, outcome) = match reach(&args, environment).await {
            Ok(cluster) => (cluster.name.clone(), Some(cluster.server.clone()), look(cluster, args).await),
            Err(error) => (named, None, Err(error)),
        };
        let (told, error) = match outcome {
            Ok(told) => (Some(told), None),
            Err(error) => (None, Some(error)),
        };
        Report { context, server, told, error }
    }))
    .await
}

/// Prints the reports: a single one as it is, several as a list. `text` makes the text of one; `ill` says whether what it tells
/// is a failure.
///
/// # Errors
/// The worst of all: first whatever kept a report from being made, then what `ill` says.
pub(crate) fn tell<T: Serialize>(
    printer: Printer,
    command: &str,
    reports: &[Report<T>],
    text: impl Fn(&Report<T>, &T) -> String,
    ill: impl Fn(&T) -> Option<Failure>,
) -> Result<(), Failure> {
    if let [only] = reports {
        return match (&only.told, &only.error) {
            (Some(told), _) => {
                printer.result(command, only, &text(only, told))?;
                ill(told).map_or(Ok(()), Err)
            }
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Ok(()),
        };
    }
    let one = |report: &Report<T>| match (&report.told, &report.error) {
        (Some(told), _) => text(report, told),
        (None, Some(error)) => report.heading() + &error.render(),
        (None, None) => report.heading(),
    };
    let texts: Vec<String> = reports.iter().map(one).collect();
    printer.result(command, &reports, &texts.join("\n"))?;
    worst(reports, ill)
}

fn worst<T>(reports: &[Report<T>], ill: impl Fn(&T) -> Option<Failure>) -> Result<(), Failure> {
    let missing: Vec<&Report<T>> = reports.iter().filter(|report| report.error.is_some()).collect();
    if let Some(first) = missing.first() {
        let exit = first.error.as_ref().map_or(Exit::Cluster, |error| error.exit);
        let names: Vec<&str> = missing.iter().map(|report| report.context.as_str()).collect();
        return Err(Failure::after_result(exit, format!("there is no report on {}", names.join(", "))));
    }
    let failures = reports.iter().filter_map(|report| {
        let failure = ill(report.told.as_ref()?)?;
        Some(Failure { message: format!("{}: {}", report.context, failure.message), ..failure })
    });
    let all = failures
        .reduce(|one, other| Failure { message: format!("{}; {}", one.message, other.message), ..one });
    all.map_or(Ok(()), Err)
}
