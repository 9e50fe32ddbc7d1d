//! `dhctl update want`: what clusters run and what their registries contain, as a file for a pull outside.

mod equivalent;
mod text;

use std::{collections::BTreeSet, sync::Arc};

use commands::{Command, Mirror, Sentence};
use deckhouse::want::{Needs, WantList, WantedCluster, held_by_all};
use futures_util::future::join_all;
use mirror::holdings::{Holdings, Request};
use oci::RepositoryUrl;
use semver::Version;
use serde::Serialize;

use self::equivalent::equivalent;
use super::clusters::{self, Report};
use crate::{
    Environment,
    args::{ClustersArgs, WantArgs},
    commands::registry::contents::{Reach, read},
    failure::{Failure, has_platform},
    invocation::Invocation,
    logins::Login,
    printer::Printer,
    progress::Progress,
    result_file::{self, Readers},
    settings::{Connection, Output},
};

const NAME: &str = "update want";

/// The result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    /// The file; `None` if none was named.
    file: Option<String>,
    /// Its size in bytes.
    size: usize,
    clusters: &'a [WantedCluster],
    registries: Vec<ReadRegistry>,
    /// The plugins of the d8 CLI that a registry contains.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    plugins: &'a BTreeSet<String>,
    /// How many images all registries contain.
    held: usize,
    /// The pull outside that uses the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pull: Option<Command>,
    /// A pull of the same releases and modules without the file.
    pull_without_list: Command,
}

/// What a registry contains.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReadRegistry {
    registry: String,
    /// Images of which everything can be read, counted in every repository.
    complete_images: usize,
    /// Objects that are missing, unreadable or damaged.
    missing: usize,
    /// Blobs of which only the size is known.
    blobs_by_size: usize,
}

pub(crate) fn invocation(args: WantArgs, environment: Environment) -> Invocation {
    Invocation::new(NAME, Output::from(&args.output), run(args, environment))
}

async fn run(args: WantArgs, environment: Environment) -> Result<(), Failure> {
    let WantArgs { out, force, anonymous, to, registry, login, connection, clusters, output } = args;
    let (login, connection, output) =
        (Login::from(login), Connection::from(&connection), Output::from(&output));
    // Before anything is read: a password may come from standard input, which can be read once.
    let entered = if registry.is_empty() { None } else { login.entered()? };
    if let Some(path) = out.as_ref().filter(|_| !force) {
        result_file::is_free(path, result_file::IF_EXISTS)?;
    }
    let progress = Arc::new(Progress::new(output, environment.stderr_is_terminal));
    let request = Request::default();
    let registries = join_all(registry.iter().map(|url| {
        let reach = Reach {
            login: &login,
            entered: entered.clone(),
            connection: &connection,
            environment: &environment,
        };
        read(url, reach, &request, &progress)
    }));
    // Without the clusters there is no list: reading a registry may take minutes.
    let (clusters, holdings) =
        futures_util::try_join!(read_clusters(&clusters, to.as_ref(), &environment), async {
            Ok::<_, Failure>(registries.await)
        })?;
    let holdings = of_all(&registry, holdings)?;
    let registries: Vec<ReadRegistry> =
        registry.iter().zip(&holdings).map(|(url, holdings)| ReadRegistry::of(url, holdings)).collect();
    for it in &registries {
        it.warn(&progress);
    }
    drop(progress);
    let list = WantList {
        clusters,
        registries: registry.iter().map(ToString::to_string).collect(),
        plugins: holdings.iter().flat_map(|it| it.plugins.keys().cloned()).collect(),
        held: held_by_all(holdings.into_iter().map(|it| it.complete_images)),
    };
    let needs = Needs::of(&list)?;
    let file = if anonymous { list.clone().without_names() } else { list.clone() };
    let yaml = file.to_yaml().map_err(Failure::internal)?;
    if let Some(path) = &out {
        result_file::write(path, &yaml, Readers::All, force)?;
    }
    let written = Written {
        file: out.as_ref().map(|path| path.display().to_string()),
        size: yaml.len(),
        clusters: &list.clusters,
        registries,
        plugins: &list.plugins,
        held: list.held_count(),
        pull: out.as_ref().map(|path| {
            let name = path.file_name().unwrap_or(path.as_os_str());
            Mirror::PullWanted(name.to_string_lossy().into_owned()).into()
        }),
        pull_without_list: Mirror::PullChain(Box::new(equivalent(&needs))).into(),
    };
    Printer::new(output).result(NAME, &written, &text::of(&written))
}

/// All of the clusters: a list that lacks one would not serve it.
async fn read_clusters(
    args: &ClustersArgs,
    target: Option<&Version>,
    environment: &Environment,
) -> Result<Vec<WantedCluster>, Failure> {
    let reports = clusters::read_each(args, environment, async |cluster, _| {
        let state = Box::pin(cluster::want::read(&cluster)).await;
        has_platform(&state)?;
        Ok(cluster::want::wanted(&state, target.cloned())?)
    })
    .await;
    let failed: Vec<(String, Failure)> =
        reports.iter().filter_map(|it| Some((it.context().to_owned(), it.error()?.clone()))).collect();
    if let Some(failure) = one_of(failed) {
        return Err(failure);
    }
    let named = |report: &Report<WantedCluster>| {
        let (name, server) = (Some(report.context().to_owned()), report.server().map(str::to_owned));
        report.body().map(|body| WantedCluster { name, server, ..body.clone() })
    };
    Ok(reports.iter().filter_map(named).collect())
}

/// What the registries contain: all of them, since an image counts as held only if each has it.
fn of_all(
    urls: &[RepositoryUrl],
    holdings: Vec<Result<Holdings, Failure>>,
) -> Result<Vec<Holdings>, Failure> {
    let (mut read, mut failed) = (Vec::new(), Vec::new());
    for (url, holdings) in urls.iter().zip(holdings) {
        match holdings {
            Ok(holdings) => read.push(holdings),
            Err(failure) => failed.push((url.to_string(), failure)),
        }
    }
    one_of(failed).map_or(Ok(read), Err)
}

/// One failure for those of several objects, with the exit code and the hints of the first.
fn one_of(failed: Vec<(String, Failure)>) -> Option<Failure> {
    if let [(_, only)] = failed.as_slice() {
        return Some(only.clone());
    }
    let sentences = failed
        .iter()
        .map(|(name, failure)| Sentence::from(format!("{name}: ")).then(failure.message.clone()));
    let message = Sentence::joined(sentences, "; ");
    let (_, first) = failed.into_iter().next()?;
    Some(Failure { message, block: None, ..first })
}

impl ReadRegistry {
    fn of(url: &RepositoryUrl, holdings: &Holdings) -> Self {
        Self {
            registry: url.to_string(),
            complete_images: holdings.complete_images.values().map(BTreeSet::len).sum(),
            missing: holdings.missing.len(),
            blobs_by_size: holdings.totals.blobs_by_size,
        }
    }

    /// Warns if the list is not what a user expects of this registry.
    fn warn(&self, progress: &Progress) {
        let Self { registry, complete_images, blobs_by_size, .. } = self;
        if *complete_images == 0 {
            progress.warn(&format!("{registry} contains no complete image of the platform; check the path"));
        }
        if *blobs_by_size > 0 {
            progress.warn(&format!(
                "of {blobs_by_size} blobs in {registry} only the size was checked, because the registry ignores Range \
                 requests"
            ));
        }
    }
}
