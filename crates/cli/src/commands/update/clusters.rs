//! Reports over several clusters: one for each context. A cluster that cannot be read does not affect the others.

use futures_util::future::join_all;
use serde::Serialize;

use super::{changes::cluster_flags, connection::reach};
use crate::{
    Environment,
    args::{ClusterArgs, ClustersArgs},
    exit_code::Exit,
    failure::Failure,
    printer::Printer,
};

/// The width of the labels of a report, in columns.
pub(super) const LABELS: usize = 15;

/// The report on one cluster, or why there is none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<T> {
    /// The context of the kubeconfig.
    context: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(flatten)]
    body: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

impl<T> Report<T> {
    /// The context of the kubeconfig.
    pub(crate) fn context(&self) -> &str {
        &self.context
    }

    /// The address of the API server, if the cluster was reached.
    pub(crate) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// The report, if there is one.
    pub(crate) fn body(&self) -> Option<&T> {
        self.body.as_ref()
    }

    /// Why there is no report.
    pub(crate) fn error(&self) -> Option<&Failure> {
        self.error.as_ref()
    }

    /// Name and address, as the line above the report.
    pub(crate) fn heading(&self) -> String {
        let server = self.server.as_deref().map(|server| format!(" at {server}")).unwrap_or_default();
        format!("{:<LABELS$} {}{server}\n", "cluster", self.context)
    }
}

/// Reads all clusters at the same time. `read` makes the report on one.
pub(crate) async fn read_each<T>(
    args: &ClustersArgs,
    environment: &Environment,
    read: impl AsyncFn(cluster::access::Cluster, ClusterArgs) -> Result<T, Failure>,
) -> Vec<Report<T>> {
    let read = &read;
    join_all(args.each().into_iter().map(|args| async move {
        let named = args.context.clone().unwrap_or_else(|| "the current context".to_owned());
        let (context, server, outcome) = match reach(&args, environment).await {
            Ok(cluster) => {
                let flags = cluster_flags(&args);
                let (name, server) = (cluster.name.clone(), cluster.server.clone());
                let outcome = read(cluster, args).await;
                (name, Some(server), outcome.map_err(|failure| failure.addressed(&flags)))
            }
            Err(error) => (named, None, Err(error)),
        };
        let (body, error) = match outcome {
            Ok(body) => (Some(body), None),
            Err(error) => (None, Some(error)),
        };
        Report { context, server, body, error }
    }))
    .await
}

/// Prints the reports: a single one as it is, several as a list. `text` makes the text of one; `failure` returns the failure
/// that its content means, if any.
///
/// # Errors
/// The worst of all: first the errors of clusters without a report, then those that `failure` returns.
pub(crate) fn print<T: Serialize>(
    printer: Printer,
    command: &str,
    reports: &[Report<T>],
    text: impl Fn(&Report<T>, &T) -> String,
    failure: impl Fn(&T) -> Option<Failure>,
) -> Result<(), Failure> {
    if let [only] = reports {
        if let Some(body) = &only.body {
            printer.result(command, only, &text(only, body))?;
        }
        return outcome(reports, failure);
    }
    let one = |report: &Report<T>| match (&report.body, &report.error) {
        (Some(body), _) => text(report, body),
        (None, Some(error)) => report.heading() + &error.render(),
        (None, None) => report.heading(),
    };
    let texts: Vec<String> = reports.iter().map(one).collect();
    printer.result(command, &reports, &texts.join("\n"))?;
    outcome(reports, failure)
}

/// What a command ends with after it has printed its reports.
///
/// # Errors
/// The error of the only one, or the worst of all: first the errors of clusters without a report, then those that
/// `failure` returns.
pub(crate) fn outcome<T>(
    reports: &[Report<T>],
    failure: impl Fn(&T) -> Option<Failure>,
) -> Result<(), Failure> {
    let [only] = reports else { return worst(reports, failure) };
    match (&only.body, &only.error) {
        (Some(body), _) => failure(body).map_or(Ok(()), Err),
        (None, Some(error)) => Err(error.clone()),
        (None, None) => Ok(()),
    }
}

/// From the worst: first what does not pass with time, then what may, last the state of the cluster itself.
const WORST_FIRST: [Exit; 7] =
    [Exit::Internal, Exit::Usage, Exit::Files, Exit::Denied, Exit::Network, Exit::Incomplete, Exit::Cluster];

fn worst<T>(reports: &[Report<T>], failure: impl Fn(&T) -> Option<Failure>) -> Result<(), Failure> {
    let missing: Vec<&str> =
        reports.iter().filter(|it| it.error.is_some()).map(|it| it.context.as_str()).collect();
    let failures: Vec<(&str, Failure)> = reports
        .iter()
        .filter_map(|report| Some((report.context.as_str(), failure(report.body.as_ref()?)?)))
        .collect();
    let errors = reports.iter().filter_map(|report| report.error.as_ref());
    let all = errors.chain(failures.iter().map(|(_, failure)| failure));
    let rank = |exit: &Exit| WORST_FIRST.iter().position(|it| it == exit);
    let Some(exit) = all.map(|failure| failure.exit).min_by_key(rank) else { return Ok(()) };
    let mut sentences = Vec::new();
    if !missing.is_empty() {
        sentences.push(format!("no report for {}", missing.join(", ")));
    }
    sentences.extend(failures.iter().map(|(context, failure)| format!("{context}: {}", failure.message)));
    let mut worst = Failure::after_result(exit, sentences.join("; "));
    for hint in failures.into_iter().flat_map(|(_, failure)| failure.hints) {
        if !worst.hints.contains(&hint) {
            worst.hints.push(hint);
        }
    }
    Err(worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Content(Option<(Exit, &'static str)>);

    /// What comes of reports that ended so: `Ok` with what a report tells of itself, `Err` where there is none.
    fn of(ends: &[Result<Option<(Exit, &'static str)>, Exit>]) -> Result<(), (Exit, String, usize)> {
        let report = |(number, end): (usize, &Result<Option<_>, Exit>)| {
            let (body, error) = match *end {
                Ok(body) => (Some(Content(body)), None),
                Err(exit) => (None, Some(Failure::new(exit, "away"))),
            };
            Report { context: format!("c{number}"), server: None, body, error }
        };
        let reports: Vec<_> = ends.iter().enumerate().map(report).collect();
        let ill = |body: &Content| body.0.map(|(exit, why)| Failure::after_result(exit, why).hint("do"));
        worst(&reports, ill).map_err(|it| (it.exit, it.message.to_string(), it.hints.len()))
    }

    #[test]
    fn the_worst_result_of_several_clusters_decides() {
        let blocked = Ok(Some((Exit::Cluster, "blocked")));
        let denied = Ok(Some((Exit::Denied, "nothing to read")));
        assert_eq!(of(&[Ok(None), Ok(None)]), Ok(()));
        for (ends, exit, message, hints) in [
            (&[Ok(None), denied][..], Exit::Denied, "c1: nothing to read", 1),
            (&[blocked, denied], Exit::Denied, "c0: blocked; c1: nothing to read", 1),
            (&[Err(Exit::Network), denied], Exit::Denied, "no report for c0; c1: nothing to read", 1),
            (&[blocked, Err(Exit::Network), Ok(None)], Exit::Network, "no report for c1; c0: blocked", 1),
            (&[Err(Exit::Network), Err(Exit::Usage)], Exit::Usage, "no report for c0, c1", 0),
        ] {
            assert_eq!(of(ends), Err((exit, message.to_owned(), hints)), "{message}");
        }
    }
}
