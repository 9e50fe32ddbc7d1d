//! `dhctl update plan`

mod document;
mod text;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use bundle::Bundle;
use cluster::{
    ClusterState, Timestamp, WaitPolicy,
    access::Cluster,
    changelog,
    objects::Release,
    plan::{BundleEdition, Plan, PlanInput, deployed_version},
    prepare::followed_channel,
    read,
};
use commands::{ClusterFlags, Sentence, Update};
use deckhouse::{
    release_list::{DeliveredRelease, RELEASES_FILE, read_releases},
    write_releases, write_trimmed,
};
use foreign_text::ForeignText;
use mirror::Contents;
use semver::Version;
use serde::Serialize;

use self::document::PlanDocument;
use super::{
    changes::cluster_flags,
    check_images::Checks,
    cluster_registry::Reach,
    clusters,
    connection::{reach, report_wait},
    delivery::delivery,
    left_out::LeftOut,
    plan_registry::PlanRegistry,
};
use crate::{
    Environment,
    args::{PlanArgs, PlanFormat},
    exit_code::Exit,
    failure::{Failure, has_platform},
    invocation::Invocation,
    printer::{self, Printer},
    progress::Progress,
    settings::{Connection, Output},
    words,
};

const NAME: &str = "update plan";

/// How long an API that is away may take to come back.
const LIMIT: Duration = Duration::from_mins(2);

pub(crate) fn invocation(args: PlanArgs, environment: Environment) -> Invocation {
    Invocation::new(NAME, Output::result_only(args.output.of_failures()), run(args, environment))
}

async fn run(args: PlanArgs, environment: Environment) -> Result<(), Failure> {
    let offered = Offered::read(&args)?;
    if args.output == PlanFormat::Yaml {
        let [address] = &args.clusters.each()[..] else {
            return Err(Failure::usage("--output yaml needs exactly one cluster: give --context once"));
        };
        let cluster = reach(address, &environment).await?;
        let made = make(&cluster, &args, offered, &environment, &Shared::new(&args, &environment)).await?;
        let flags = cluster_flags(address);
        return yaml(&cluster, made, &flags).await.map_err(|failure| failure.addressed(&flags));
    }
    let shared = Shared::new(&args, &environment);
    let reports = clusters::read_each(&args.clusters, &environment, async |cluster, address| {
        let made = make(&cluster, &args, offered.clone(), &environment, &shared).await;
        let flags = cluster_flags(&address);
        made.map(|made| Planned {
            document: PlanDocument::of(&made.plan, &flags),
            text: text::text(&made.plan, args.changelog, &flags),
            blocked: blocked(&made.plan),
        })
    })
    .await;
    drop(shared); // the result goes to the terminal as it was
    let several = reports.len() > 1;
    clusters::print(
        Printer::new(Output::result_only(args.output.of_failures())),
        NAME,
        &reports,
        |report, plan| if several { report.heading() + &plan.text } else { plan.text.clone() },
        |plan| plan.blocked.clone(),
    )
}

/// The releases that the arguments offer to the cluster.
#[derive(Clone, Default)]
struct Offered {
    releases: Vec<DeliveredRelease>,
    /// The releases file; of a bundle, the one that a pull writes next to it.
    file: Option<PathBuf>,
    bundle: Option<BundleEdition>,
}

impl Offered {
    fn read(args: &PlanArgs) -> Result<Self, Failure> {
        if let Some(first) = args.bundle.first() {
            let bundle = Bundle::open(&args.bundle)?;
            let contents = Contents::read(&bundle)?;
            let yaml = write_releases(&contents.releases(&bundle)?).map_err(Failure::internal)?;
            let edition = contents.edition(&bundle).map_err(ForeignText::from);
            return Ok(Self {
                releases: read_releases(yaml.as_bytes()).map_err(Failure::internal)?,
                file: Some(first.with_file_name(RELEASES_FILE)),
                bundle: Some(BundleEdition { file: first.display().to_string(), edition }),
            });
        }
        let releases = args.file.as_deref().map(delivery).transpose()?.unwrap_or_default();
        Ok(Self { releases, file: args.file.clone(), bundle: None })
    }
}

/// A plan as it is shown.
#[derive(Serialize)]
struct Planned {
    #[serde(flatten)]
    document: PlanDocument,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    blocked: Option<Failure>,
}

fn blocked(plan: &Plan) -> Option<Failure> {
    let message = match plan.blocking.len() {
        0 => return None,
        1 => "1 problem blocks the update".to_owned(),
        count => format!("{count} problems block the update"),
    };
    Some(Failure::after_result(Exit::Cluster, message))
}

/// What the plans of several clusters share.
struct Shared {
    left_out: LeftOut,
    checks: Checks,
    progress: Arc<Progress>,
}

impl Shared {
    fn new(args: &PlanArgs, environment: &Environment) -> Self {
        let output = Output::result_only(args.output.of_failures());
        let progress = Arc::new(Progress::new(output, environment.stderr_is_terminal));
        Self {
            left_out: LeftOut::default(),
            checks: Checks::reporting_waits(Arc::clone(&progress)),
            progress,
        }
    }
}

/// A plan, and what it was made from.
struct Made {
    plan: Plan,
    state: ClusterState,
    input: PlanInput,
}

async fn make(
    cluster: &Cluster,
    args: &PlanArgs,
    offered: Offered,
    environment: &Environment,
    shared: &Shared,
) -> Result<Made, Failure> {
    let state = read(cluster).await?;
    has_platform(&state)?;
    shared.left_out.say(&state);
    let helm = if args.helm { Some(read::helm_objects(cluster).await) } else { None };
    let Offered { releases, file, bundle } = offered;
    let mut input = PlanInput {
        delivery: releases,
        file: file.map(|path| path.display().to_string()),
        bundle,
        to: args.to.clone(),
        helm,
        registry: None,
        allow_edition_change: args.allow_edition_change,
        specs: BTreeMap::new(),
        images: None,
        now: Timestamp::now(),
    };
    if let Some(url) = &args.registry {
        let registry = PlanRegistry::connect(url, args, environment, &shared.progress).await?;
        let mut offer = registry.offer(followed_channel(&state), deployed_version(&state).as_ref()).await?;
        input.registry = Some(offer.clone());
        // Which images are checked depends on what the registry lists.
        let versions = versions(&Plan::make(&state, &input)?);
        registry.look_for(&versions, &mut offer).await;
        input.registry = Some(offer);
    }
    let plan = Plan::make(&state, &input)?;
    let names: Vec<String> = plan.objects_without_changes().map(str::to_owned).collect();
    input.specs = changelog::specs(cluster, names).await;
    if let Some(first) = versions(&plan).first().filter(|_| args.check_images) {
        let reach = Reach::of(&Connection::from(&args.connection));
        let check = shared.checks.check(&state, first, reach, environment, &*shared.progress);
        input.images = Some(check.await);
    }
    let plan = Plan::make(&state, &input)?;
    Ok(Made { plan, state, input })
}

async fn yaml(
    cluster: &Cluster,
    Made { plan, state, input }: Made,
    flags: &ClusterFlags,
) -> Result<(), Failure> {
    let releases = releases(&plan, input, cluster).await?;
    Printer::stdout(write_trimmed(&releases).map_err(Failure::internal)?.as_bytes())?;
    for name in approvals_at_risk(&state) {
        let note = Sentence::from(format!(
            "DeckhouseRelease/{name} is approved, and `kubectl apply` of this file would remove its approval: do \
             not apply the file; to create only the missing releases, use `kubectl create` (it reports AlreadyExists \
             for existing objects, and does not change them)"
        ))
        .text(", or ");
        printer::say("note", &note.command(Update::prepare()).addressed(flags).to_string());
    }
    for problem in &plan.blocking {
        printer::note(&words::block(problem).addressed(flags).to_string());
    }
    blocked(&plan).map_or(Ok(()), Err)
}

/// Approved releases whose approval `kubectl apply` of a document without `approved` would remove: what was applied last
/// had the field, and a three-way merge removes what was applied before and is missing now.
fn approvals_at_risk(state: &ClusterState) -> Vec<&str> {
    let had_field = |release: &&Release| {
        let applied = release.annotations.get("kubectl.kubernetes.io/last-applied-configuration");
        applied.is_some_and(|json| json.contains("\"approved\":"))
    };
    let releases = state.releases.known().into_iter().flatten();
    releases
        .filter(|it| it.approved_field && it.is_waiting())
        .filter(had_field)
        .map(|it| it.name.as_str())
        .collect()
}

async fn read(cluster: &Cluster) -> Result<ClusterState, Failure> {
    let mut waiting = |why: &str| report_wait(LIMIT, why);
    let needs = |state: &ClusterState| {
        let passing = [state.releases.passing(), state.module_configs.passing(), state.nodes.passing()];
        passing.into_iter().flatten().next().map(str::to_owned)
    };
    Ok(WaitPolicy::new(LIMIT).read(cluster, &mut waiting, needs).await?)
}

fn versions(plan: &Plan) -> Vec<Version> {
    plan.steps.iter().filter_map(|step| deckhouse::version::parse_tag(&step.version)).collect()
}

/// The releases of the chain, as the file has them, or else the cluster, or else the registry.
async fn releases(
    plan: &Plan,
    PlanInput { delivery, registry, .. }: PlanInput,
    cluster: &Cluster,
) -> Result<Vec<DeliveredRelease>, Failure> {
    let in_registry =
        |version: &Version| registry.as_ref()?.releases.get(version)?.description.found().cloned();
    let mut releases = Vec::new();
    for (step, version) in plan.steps.iter().zip(versions(plan)) {
        let delivered = delivery.iter().find(|release| release.version == version).cloned();
        match (delivered, &step.in_cluster) {
            (Some(delivered), _) => releases.push(delivered),
            (None, Some(object)) => {
                let spec = read::release_spec(cluster, &object.name).await?;
                releases.push(DeliveredRelease { version, spec });
            }
            (None, None) => match in_registry(&version) {
                Some(release) => releases.push(release),
                None => printer::say(
                    "note",
                    &format!(
                        "v{version} is left out: it is only in the registry, and its release-channel image cannot be read"
                    ),
                ),
            },
        }
    }
    Ok(releases)
}
