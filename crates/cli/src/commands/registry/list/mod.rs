//! `dhctl registry list REGISTRY…`

mod document;
mod text;

use std::{collections::BTreeSet, sync::Arc};

use cluster::Timestamp;
use futures_util::future::join_all;
use mirror::{WantedBy, holdings::Holdings};
use oci::RepositoryUrl;
use semver::Version;

use self::document::ListDocument;
use super::{
    clusters::{self, UsingCluster},
    comparison::{Comparison, request},
    contents::{Reach, read},
};
use crate::{
    Environment, exit_code::Exit, failure::Failure, invocation::Invocation, printer::Printer,
    progress::Progress, settings::ListSettings,
};

const NAME: &str = "registry list";

/// One registry: what it contains, or why that is unknown.
struct Listed {
    registry: RepositoryUrl,
    holdings: Result<Holdings, Failure>,
}

pub(crate) fn invocation(settings: ListSettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.output, run(settings, environment))
}

async fn run(settings: ListSettings, environment: Environment) -> Result<(), Failure> {
    // Before anything is read: a password may come from standard input, which can be read once.
    let entered = environment.d8.complete(&settings.login).entered()?;
    let clusters = clusters::read(&settings.clusters, &environment).await;
    let used = clusters.iter().filter_map(|cluster| cluster.used.as_ref().ok());
    let request = request(&settings.releases, used);
    let progress = Arc::new(Progress::new(settings.output, environment.stderr_is_terminal));
    let lists = settings.registries.iter().map(|registry| {
        let (settings, environment, request) = (&settings, &environment, &request);
        let (entered, progress) = (entered.clone(), &progress);
        async move {
            let ListSettings { login, connection, .. } = settings;
            let reach = Reach { login, entered, connection, environment };
            let holdings = read(registry, reach, request, progress).await;
            Listed { registry: registry.clone(), holdings }
        }
    });
    let listed = join_all(lists).await;
    let document = ListDocument::of(&listed, &clusters);
    let text = text::of(&listed, &clusters, Timestamp::now());
    drop(progress);
    Printer::new(settings.output).result(NAME, &document, &text)?;
    outcome(&listed, &clusters, &settings.releases)
}

/// The worst of what was found: first whatever kept something from being read.
fn outcome(listed: &[Listed], clusters: &[UsingCluster], only: &BTreeSet<Version>) -> Result<(), Failure> {
    let unread = listed.iter().filter_map(|it| Some((it.registry.to_string(), it.holdings.as_ref().err()?)));
    let unreached = clusters.iter().filter_map(|it| Some((it.context.clone(), it.used.as_ref().err()?)));
    let failures: Vec<(String, &Failure)> = unread.chain(unreached).collect();
    if let Some((_, first)) = failures.first() {
        let messages: Vec<String> =
            failures.iter().map(|(name, failure)| format!("{name}: {}", failure.message)).collect();
        let mut failure = Failure::after_result(first.exit, messages.join("; "));
        for hint in failures.iter().flat_map(|(_, failure)| &failure.hints) {
            if !failure.hints.contains(hint) {
                failure.hints.push(hint.clone());
            }
        }
        return Err(failure);
    }
    let incomplete: Vec<String> = listed
        .iter()
        .filter_map(|it| {
            let problem = problem(it.holdings.as_ref().ok()?, clusters, only)?;
            Some(format!("{}: {problem}", it.registry))
        })
        .collect();
    if incomplete.is_empty() {
        return Ok(());
    }
    let failure = Failure::after_result(Exit::Incomplete, incomplete.join("; "));
    Err(failure.hint("push a complete bundle to this registry; objects that it already has are skipped"))
}

/// Why a registry does not have what was asked for.
fn problem(holdings: &Holdings, clusters: &[UsingCluster], only: &BTreeSet<Version>) -> Option<String> {
    if holdings.is_empty() {
        return Some("contains no images of the platform".to_owned());
    }
    let asked = holdings.releases.iter().filter(|it| only.contains(&it.version) && !it.complete);
    let asked: Vec<String> = asked.map(|it| deckhouse::version::tag_of(&it.version)).collect();
    if !asked.is_empty() {
        return Some(format!("incomplete: {}", asked.join(", ")));
    }
    let used = clusters.iter().filter_map(|cluster| {
        let count = Comparison::of(holdings, cluster.used.as_ref().ok()?).used.len();
        (count > 0).then(|| {
            format!(
                "cluster {} uses {} that this registry does not have",
                cluster.context,
                text::objects(count)
            )
        })
    });
    let used: Vec<String> = used.collect();
    if !used.is_empty() {
        return Some(used.join(", "));
    }
    if !only.is_empty() || !clusters.is_empty() || holdings.missing.is_empty() {
        return None;
    }
    let wanted_by: BTreeSet<&WantedBy> = holdings.missing.iter().flat_map(|it| &it.item.wanted_by).collect();
    let names: Vec<String> = wanted_by.into_iter().take(SHOWN).map(ToString::to_string).collect();
    Some(format!(
        "{} missing or damaged, needed by {}",
        text::objects(holdings.missing.len()),
        names.join(", ")
    ))
}

/// The most names in the last line.
const SHOWN: usize = 8;
