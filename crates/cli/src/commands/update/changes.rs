//! Changes of a cluster as they are shown: a script of kubectl that does the same.

use std::future::Future;

use cluster::change::Change;
use commands::{ClusterFlags, Command, comment};
use serde::Serialize;

use crate::{args::ClusterArgs, failure::Failure, invocation::Invocation, settings::Output, words};

/// The end of a dry run.
pub(super) const NOT_WRITTEN: &str =
    "nothing was written (--dry-run); to write these changes, run the same command without --dry-run";

/// A change in a JSON document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShownChange {
    object: String,
    what: String,
    kubectl: Command,
}

/// How commands name the cluster that these arguments mean.
pub(crate) fn cluster_flags(args: &ClusterArgs) -> ClusterFlags {
    ClusterFlags {
        kubeconfig: args.kubeconfig.as_ref().map(|path| path.display().to_string()),
        context: args.context.clone(),
    }
}

/// A command on one cluster: the commands in its failure name that cluster.
pub(super) fn on_cluster(
    name: &'static str,
    output: Output,
    flags: ClusterFlags,
    work: impl Future<Output = Result<(), Failure>> + 'static,
) -> Invocation {
    Invocation::new(name, output, async move { work.await.map_err(|failure| failure.addressed(&flags)) })
}

pub(crate) fn shown<'a>(
    changes: impl IntoIterator<Item = &'a Change>,
    flags: &ClusterFlags,
) -> Vec<ShownChange> {
    let shown = |change: &Change| ShownChange {
        object: change.object().to_string(),
        what: words::change::purpose(&change.purpose),
        kubectl: change.command().addressed(flags),
    };
    changes.into_iter().map(shown).collect()
}

/// The changes as a script: what each is for as a comment, and its command.
pub(crate) fn script(changes: &[ShownChange]) -> String {
    let parts: Vec<String> = changes
        .iter()
        .enumerate()
        .map(|(number, it)| {
            let what = comment(&format!("{}. {}: {}", number + 1, it.object, it.what));
            format!("{what}\n{}\n", it.kubectl)
        })
        .collect();
    parts.join("\n")
}
