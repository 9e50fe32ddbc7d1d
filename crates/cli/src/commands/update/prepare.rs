//! `dhctl update prepare`

use std::time::Duration;

use cluster::{
    ClusterState, EditionMatch, ImageSource, RegistryAnswer,
    access::Cluster,
    change::Write,
    doctor::{Questions, RegistryCheck},
    objects::UpdateMode,
    prepare::{self, Preparation, PrepareEvent, PrepareSettings, followed_channel},
};
use commands::{ClusterFlags, Command, Update};
use deckhouse::version::parse_tag;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use super::{
    changes::{NOT_WRITTEN, ShownChange, cluster_flags, on_cluster, script, shown},
    cluster_registry::{check_registry, edition_of},
    connection::{reach, report_wait},
    consent,
    delivery::delivery,
};
use crate::{
    Environment,
    args::PrepareArgs,
    exit_code::Exit,
    failure::Failure,
    format::count,
    interrupted,
    invocation::Invocation,
    printer::{self, Printer},
    settings::Output,
    words,
};

const NAME: &str = "update prepare";

/// How long dhctl waits for the platform's queue after a change, and for a webhook or an API that is not available.
const LIMIT: Duration = Duration::from_mins(10);

/// How long the cluster's registry is asked, which may be for the cluster only.
const REGISTRY_LIMIT: Duration = Duration::from_secs(5);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prepared<'a> {
    changes: &'a [ShownChange],
    notes: &'a [String],
    written: bool,
}

pub(crate) fn invocation(args: PrepareArgs, environment: Environment) -> Invocation {
    let (output, flags) = (Output::from(&args.output), cluster_flags(&args.cluster));
    on_cluster(NAME, output, flags, run(args, environment)).if_interrupted(interrupted::PREPARE)
}

async fn run(args: PrepareArgs, environment: Environment) -> Result<(), Failure> {
    let mut settings = settings(&args)?;
    let cluster = reach(&args.cluster, &environment).await?;
    if !settings.delivery.is_empty() {
        let state = cluster::read::registry(&cluster).await;
        if !args.allow_edition_change {
            check_edition(&state, &settings, &environment).await?;
        }
        settings.channel_leads_to = channel_leads_to(&state, &settings, &environment).await;
    }
    let mut tell = tell;
    let plan = prepare::decide(&cluster, &settings, LIMIT, &mut tell).await?;
    let notes: Vec<String> = plan.notes.iter().map(words::note::prepare).collect();
    for note in &notes {
        printer::say("note", note);
    }
    let changes = shown(plan.steps.iter().map(|step| &step.change), &cluster_flags(&args.cluster));
    let printer = Printer::new(&args.output);
    let mut prepared = Prepared { changes: &changes, notes: &notes, written: false };
    if changes.is_empty() {
        if !args.change.dry_run {
            // An interrupted run may have been interrupted while it waited.
            prepare::wait_if_busy(&cluster, LIMIT, &mut tell).await?;
        }
        let next = next(&cluster_flags(&args.cluster));
        let done = if args.file.is_some() {
            "nothing to do: the cluster is prepared"
        } else {
            "nothing to do; releases are created only from a file (-f deckhousereleases.yaml)"
        };
        return printer.result(NAME, &prepared, &format!("{done}\n{next}"));
    }
    if args.change.dry_run {
        printer.result(NAME, &prepared, &script(&changes))?;
        printer::say("note", NOT_WRITTEN);
        return Ok(());
    }
    let written = carry_out(&cluster, &settings, &plan, &changes, &args, &environment).await?;
    prepared.written = true;
    let next = next(&cluster_flags(&args.cluster));
    let text = format!("the cluster is prepared: {} written\n{next}", count(written, "change"));
    printer.result(NAME, &prepared, &text)
}

async fn carry_out(
    cluster: &Cluster,
    settings: &PrepareSettings,
    plan: &Preparation,
    changes: &[ShownChange],
    args: &PrepareArgs,
    environment: &Environment,
) -> Result<usize, Failure> {
    printer::say("changes", &script(changes));
    let deleted = plan.steps.iter().filter(|step| step.change.write == Write::Delete).count();
    let deleted = match deleted {
        0 => String::new(),
        1 => " (including 1 deletion)".to_owned(),
        more => format!(" (including {more} deletions)"),
    };
    let question = format!("write {} to {}{deleted}?", count(changes.len(), "change"), cluster.name);
    consent::ask(&question, args.change.consent, environment).await?;
    // The controller may have made some of the changes in the meantime.
    let mut written = 0;
    let mut count_and_tell = |event: &PrepareEvent<'_>| {
        written += usize::from(matches!(event, PrepareEvent::Written(_)));
        tell(event);
    };
    prepare::carry_out(cluster, settings, plan, LIMIT, &mut count_and_tell).await?;
    Ok(written)
}

/// What the release channel points to in the cluster's registry, if it can be asked from here: the controller deletes
/// waiting releases above that.
async fn channel_leads_to(
    state: &ClusterState,
    settings: &PrepareSettings,
    environment: &Environment,
) -> Option<Version> {
    let channel = settings.channel.or_else(|| followed_channel(state))?;
    let questions = Questions { channel: Some(channel), ..Questions::default() };
    let ImageSource::Upstream(registry) = state.image_source() else { return None };
    let asked = check_registry(&registry, &questions, environment);
    match tokio::time::timeout(REGISTRY_LIMIT, asked).await {
        Ok(RegistryCheck::Answered(answers)) => answers.channel.found().map(|it| it.version.clone()),
        _ => None,
    }
}

/// Refuses releases of another edition than the cluster's, as far as both are known. The releases file does not name its
/// edition, so the images of its first release in the cluster's registry are read.
async fn check_edition(
    state: &ClusterState,
    settings: &PrepareSettings,
    environment: &Environment,
) -> Result<(), Failure> {
    let running = state.deployment.known().and_then(|it| parse_tag(it.tag()?));
    let versions = settings.delivery.iter().map(|it| &it.version);
    let Some(first) = versions.filter(|it| running.as_ref().is_none_or(|running| *it > running)).min() else {
        return Ok(());
    };
    let answer = match state.image_source() {
        ImageSource::Upstream(registry) => {
            let asked = edition_of(&registry, first, environment);
            tokio::time::timeout(REGISTRY_LIMIT, asked).await.unwrap_or_else(|_| {
                let seconds = REGISTRY_LIMIT.as_secs();
                RegistryAnswer::Unknown(format!("no answer from the registry within {seconds} s").into())
            })
        }
        _ => RegistryAnswer::Unknown("the registry of the cluster cannot be read from here".into()),
    };
    match EditionMatch::of(state, &answer) {
        EditionMatch::Same { .. } => Ok(()),
        EditionMatch::NotChecked { why } => {
            printer::say("note", &format!("the edition of the releases was not checked: {why}"));
            Ok(())
        }
        EditionMatch::Different { cluster, found } => Err(Failure::new(
            Exit::Incomplete,
            format!(
                "the image of v{first} in the cluster's registry has the edition {found} of the platform, but the \
                 cluster runs the edition {cluster}"
            ),
        )
        .hint("nothing was changed; pull and push a bundle of the edition that the cluster runs")
        .hint("if you want to change the edition, run this command again with --allow-edition-change")),
    }
}

/// The line with the next command.
fn next(flags: &ClusterFlags) -> String {
    format!("next: {}\n", Command::from(Update::Plan).addressed(flags))
}

fn tell(event: &PrepareEvent<'_>) {
    match event {
        PrepareEvent::Written(change) => printer::say("done", &words::change::done(&change.purpose)),
        PrepareEvent::WaitingForQueue => {
            printer::say("waiting", &format!("until the platform's queue is empty, {} at most", minutes()));
        }
        PrepareEvent::NotAsked(why) => {
            printer::say(
                "note",
                &format!(
                    "the API server cannot do a dry run of one of the changes, so this change is written without being checked first: {why}"
                ),
            );
        }
        PrepareEvent::Waiting(why) => report_wait(LIMIT, why),
    }
}

fn minutes() -> String {
    format!("{} minutes", LIMIT.as_secs() / 60)
}

fn settings(args: &PrepareArgs) -> Result<PrepareSettings, Failure> {
    let mode = UpdateMode::from(args.mode);
    if mode == UpdateMode::Manual && !args.window.is_empty() {
        return Err(Failure::usage("--window has no effect in Manual mode")
            .hint("use --mode AutoPatch (windows for patches) or --mode Auto (windows for all releases)"));
    }
    Ok(PrepareSettings {
        channel: args.channel,
        mode,
        windows: args.window.clone(),
        delivery: args.file.as_deref().map(delivery).transpose()?.unwrap_or_default(),
        to: args.to.clone(),
        channel_leads_to: None,
        now: Timestamp::now(),
        unprocessed: Vec::new(),
    })
}
