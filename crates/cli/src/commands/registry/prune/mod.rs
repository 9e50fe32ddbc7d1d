//! `dhctl registry prune REGISTRY`

mod text;

use std::{collections::BTreeSet, fs::File, io::Read as _, path::Path, sync::Arc, time::Duration};

use deckhouse::version::tag_of;
use mirror::{
    Event, Observer as _, Root,
    prune::{self, Applied, ClusterNeeds, Keep, PlanFile, PlanFileError, PruneError, Rule, Stopped},
};
use registry::client::{Client, Credentials, ErrorKind};
use serde::Serialize;

use super::clusters;
use crate::{
    Environment,
    exit_code::Exit,
    failure::Failure,
    format::count,
    interrupted,
    invocation::Invocation,
    printer::Printer,
    progress::Progress,
    result_file::{self, Readers},
    settings::{Connection, PruneAction, PruneSettings, RegistryAccess},
};

const NAME: &str = "registry prune";

/// The most that a plan may have, in bytes. A plan for 100 releases has about 30 MB.
const MAX_PLAN: u64 = 128 << 20;

/// How long failing requests are repeated that ask whether deletions are allowed.
const RETRY_LIMIT: Duration = Duration::from_secs(2);

/// The result of an application.
#[derive(Serialize)]
struct Outcome<'a> {
    registry: &'a str,
    #[serde(flatten)]
    applied: Applied,
    freed_bytes: u64,
    used_elsewhere_bytes: u64,
}

/// The result of planning.
#[derive(Serialize)]
struct Planned<'a> {
    file: String,
    #[serde(flatten)]
    plan: &'a PlanFile,
}

pub(crate) fn invocation(settings: PruneSettings, environment: Environment) -> Invocation {
    let output = settings.output;
    Invocation::new(NAME, output, run(settings, environment)).if_interrupted(interrupted::PRUNE)
}

async fn run(settings: PruneSettings, environment: Environment) -> Result<(), Failure> {
    match &settings.action {
        PruneAction::Plan { keep_from, file, replace } => {
            let credentials = settings.login.resolve(&settings.registry, &environment).await?;
            // A plan needs no registry that accepts deletions now, so it does not wait for one.
            let retry_timeout = settings.connection.retry_timeout.min(RETRY_LIMIT);
            let connection = Connection { retry_timeout, ..settings.connection.clone() };
            let asking = access(&settings, &connection, credentials.clone()).client(&environment)?;
            let access = access(&settings, &settings.connection, credentials);
            let (client, progress) = access.connect(settings.output, &environment)?;
            let keep = Keep { from: keep_from.clone(), clusters: needs(&settings, &environment).await? };
            make(&settings, &client, &asking, &keep, (file, *replace), &progress).await
        }
        PruneAction::Apply(path) => {
            let plan = read_plan(path, &settings)?;
            let credentials = settings.login.resolve(&settings.registry, &environment).await?;
            let access = access(&settings, &settings.connection, credentials);
            let (client, progress) = access.connect(settings.output, &environment)?;
            apply(&settings, &client, &plan, &progress, &environment).await
        }
    }
}

fn access<'a>(
    settings: &'a PruneSettings,
    connection: &'a Connection,
    credentials: Option<Credentials>,
) -> RegistryAccess<'a> {
    RegistryAccess { url: &settings.registry, credentials, connection, ca: None, pushes: false }
}

/// `asking` asks whether deletions are allowed.
async fn make(
    settings: &PruneSettings,
    client: &Client,
    asking: &Client,
    keep: &Keep,
    (file, replace): (&Path, bool),
    progress: &Arc<Progress>,
) -> Result<(), Failure> {
    if file.exists() && !replace {
        let message = format!("{} already exists", file.display());
        return Err(Failure::new(Exit::Files, message)
            .hint("name another file with --plan, or replace this one with --force"));
    }
    let root = Root::from(settings.registry.repository.clone());
    let warning = match prune::check_deletion(asking, &root).await {
        Ok(()) => None,
        Err(PruneError::DeletionRefused(error)) => {
            let hints = deletion_hints(&error).join("; ");
            Some(format!("the plan cannot be applied yet: {}; {hints}", PruneError::DeletionRefused(error)))
        }
        // The survey waits for a registry that is away for a moment.
        Err(PruneError::Mirror(mirror::Error::Registry(error))) if is_passing(&error) => {
            Some(format!("cannot determine whether the registry allows deletions: {error}"))
        }
        Err(error) => return Err(error.into()),
    };
    let surveyed = prune::survey(client, &root, &**progress).await?;
    let rule = Rule {
        keep_from: keep.from.as_ref().map(tag_of),
        clusters: keep.clusters.iter().map(|cluster| cluster.name.clone()).collect(),
    };
    let plan = prune::plan(&surveyed, keep, settings.registry.to_string(), rule)?;
    if plan.delete.is_empty() {
        let text = text::nothing(&plan);
        return Printer::new(settings.output).result(NAME, &plan, &text);
    }
    if let Some(warning) = warning {
        progress.event(Event::Warning(warning));
    }
    let json = plan.to_json().map_err(Failure::internal)?;
    result_file::write(file, &json, Readers::All, replace)?;
    let file_name = file.display().to_string();
    let text = text::planned(&plan, &file_name, settings);
    Printer::new(settings.output).result(NAME, &Planned { file: file_name, plan: &plan }, &text)
}

fn is_passing(error: &registry::client::Error) -> bool {
    matches!(error.kind(), ErrorKind::Server { .. } | ErrorKind::RateLimited { .. } | ErrorKind::Network(_))
}

/// What to do if the registry refuses deletions.
fn deletion_hints(error: &registry::client::Error) -> Vec<String> {
    if error.is_refused_access() {
        let hint = "use an account that may delete artifacts in this repository (in Harbor: the permission to delete an artifact)";
        return vec![hint.to_owned()];
    }
    error.hints()
}

async fn apply(
    settings: &PruneSettings,
    client: &Client,
    plan: &PlanFile,
    progress: &Arc<Progress>,
    environment: &Environment,
) -> Result<(), Failure> {
    let root = Root::from(settings.registry.repository.clone());
    let read_needs = async || needs(settings, environment).await;
    let applied = prune::apply(client, &root, plan, read_needs, &**progress).await;
    let applied = applied.map_err(|stopped| incomplete(plan, stopped))?;
    let outcome = Outcome {
        registry: &plan.registry,
        applied,
        freed_bytes: plan.freed_bytes,
        used_elsewhere_bytes: plan.used_elsewhere_bytes,
    };
    Printer::new(settings.output).result(NAME, &outcome, &text::applied(plan, applied))
}

/// A failure, with what was deleted before it.
fn incomplete(plan: &PlanFile, Stopped { applied, error }: Stopped<Failure>) -> Failure {
    let Applied { deleted, absent } = applied;
    if deleted + absent == 0 {
        return error;
    }
    let of_absent = if absent == 0 { String::new() } else { format!("; {absent} no longer existed") };
    error.hint(format!(
        "deleted before this: {deleted} of {}{of_absent}",
        count(plan.delete.len(), "manifest")
    ))
}

/// What the clusters need. A cluster of which that is unknown is a failure.
async fn needs(settings: &PruneSettings, environment: &Environment) -> Result<Vec<ClusterNeeds>, Failure> {
    let clusters = clusters::read_with_pods(&settings.clusters, environment).await;
    let needs = clusters.into_iter().map(|cluster| match cluster.used {
        Ok((used, images)) => Ok(ClusterNeeds { name: cluster.context, release: used.release, images }),
        Err(failure) => {
            let message = format!("cluster {}: {}", cluster.context, failure.message);
            let hint = "dhctl deletes nothing until it can read what each cluster uses";
            Err(Failure { message: message.into(), ..failure }.hint(hint))
        }
    });
    needs.collect()
}

fn read_plan(path: &Path, settings: &PruneSettings) -> Result<PlanFile, Failure> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_PLAN).read_to_end(&mut text));
    read.map_err(|error| Failure::file(path, &error))?;
    let named = |error: PlanFileError| Failure::usage(format!("{} {error}", path.display()));
    let plan = PlanFile::parse(&text).map_err(named)?;
    if plan.registry != settings.registry.to_string() {
        let message =
            format!("{} is a plan for {}, not for {}", path.display(), plan.registry, settings.registry);
        return Err(Failure::usage(message).hint("name the registry of the plan, or make another plan"));
    }
    let clusters: BTreeSet<String> =
        settings.clusters.iter().filter_map(|cluster| cluster.context.clone()).collect();
    if plan.rule.clusters != clusters {
        let flags: Vec<String> = plan.rule.clusters.iter().map(|name| format!("--context {name}")).collect();
        let flags = if flags.is_empty() { "--no-clusters".to_owned() } else { flags.join(" ") };
        let message = format!(
            "{} was made with {flags}, but this command does not name the same clusters",
            path.display()
        );
        return Err(Failure::usage(message).hint("name the same clusters, or make another plan"));
    }
    Ok(plan)
}

impl From<PruneError> for Failure {
    fn from(error: PruneError) -> Self {
        let message = error.to_string();
        match error {
            PruneError::Mirror(error) => error.into(),
            PruneError::Unclear { items } => Self { missing: items, ..Self::new(Exit::Incomplete, message) }
                .hint("nothing was deleted; either push the missing objects again or remove the tags that need them, then make the plan again"),
            PruneError::UnknownRelease { .. } => Self::new(Exit::Incomplete, message).hint(
                "push this release to the registry, or leave out the cluster if it does not use this registry",
            ),
            PruneError::NothingKept => {
                Self::usage(message).hint("check --keep-from, and whether the path of the registry is right")
            }
            PruneError::ProxyCache(_) => Self::new(Exit::Incomplete, message)
                .hint("name the registry to which the images were pushed"),
            PruneError::Outgrown(_) | PruneError::Unplanned(_) | PruneError::InUse { .. } => Self::new(Exit::Incomplete, message)
                .hint("make the plan again; what was deleted before stays deleted"),
            PruneError::Empty(_) => Self::new(Exit::Incomplete, message)
                .hint("check the path of the registry: HOST[:PORT]/PATH, as it was pushed to"),
            PruneError::DeletionRefused(error) => {
                let hints = deletion_hints(&error);
                let failure = Self { message: message.into(), hints: Vec::new(), ..Self::from(error) };
                hints.into_iter().fold(failure, Self::hint)
            }
            PruneError::Lost { .. } => Self::new(Exit::Incomplete, message)
                .hint("nothing more was deleted; push the release again, so that the image exists again"),
            PruneError::NotDeleted(_) => Self::new(Exit::Incomplete, message)
                .hint("run the same command again; if it fails again, check the replicas and caches of the registry"),
        }
    }
}
