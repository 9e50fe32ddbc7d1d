//! `dhctl update prepare`

use std::time::Duration;

use cluster::{
    access::Cluster,
    change::Change,
    objects::UpdateMode,
    prepare::{self, Preparation, Told, Wish},
};
use serde::Serialize;

use super::{
    changes::{ShownChange, cluster_flags, script, shown},
    connection::reach,
    consent,
    delivery::delivery,
};
use crate::{
    Environment,
    args::PrepareArgs,
    failure::Failure,
    printer::{self, Printer},
};

const NAME: &str = "update prepare";

/// How long the platform may take to come to rest after a change, and a webhook or an API that is away to come back.
const LIMIT: Duration = Duration::from_mins(10);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prepared<'a> {
    changes: &'a [ShownChange],
    notes: &'a [String],
    written: bool,
}

pub(crate) async fn run(args: PrepareArgs, environment: Environment) -> Result<(), Failure> {
    let wish = wish(&args)?;
    let cluster = reach(&args.cluster, &environment).await?;
    let mut tell = tell;
    let plan = prepare::decide(&cluster, &wish, LIMIT, &mut tell).await?;
    for note in &plan.notes {
        printer::say("note", note);
    }
    let changes = shown(plan.steps.iter().map(|step| &step.change), &cluster_flags(&args.cluster));
    let printer = Printer::new(&args.output);
    let mut prepared = Prepared { changes: &changes, notes: &plan.notes, written: false };
    if changes.is_empty() {
        if !args.change.dry_run {
            // A run that was stopped may have been stopped while it waited.
            prepare::come_to_rest(&cluster, LIMIT, &mut tell).await?;
        }
        return printer.result(NAME, &prepared, "nothing to do: the cluster is prepared\n");
    }
    if args.change.dry_run {
        return printer.result(NAME, &prepared, &script(&changes));
    }
    carry_out(&cluster, &wish, &plan, &changes, &args, &environment).await?;
    prepared.written = true;
    let text = format!("the cluster is prepared: {}\n", count(changes.len()));
    printer.result(NAME, &prepared, &text)
}

async fn carry_out(
    cluster: &Cluster,
    wish: &Wish,
    plan: &Preparation,
    changes: &[ShownChange],
    args: &PrepareArgs,
    environment: &Environment,
) -> Result<(), Failure> {
    printer::say("changes", &script(changes));
    let question = format!("make {} in {}?", count(changes.len()), cluster.name);
    consent::ask(&question, args.change.consent, environment).await?;
    let mut tell = tell;
    prepare::carry_out(cluster, wish, plan, LIMIT, &mut tell).await?;
    Ok(())
}

fn count(changes: usize) -> String {
    if changes == 1 { "1 change".to_owned() } else { format!("{changes} changes") }
}

fn tell(told: &Told<'_>) {
    match told {
        Told::Changed(Change { what, .. }) => printer::say("done", what),
        Told::Settling => {
            printer::say(
                "waiting",
                &format!("until the queue of the platform is idle, {} at most", minutes()),
            );
        }
        Told::NotAsked(why) => {
            printer::say(
                "note",
                &format!("whether the cluster takes this shows only when it is written: {why}"),
            );
        }
        Told::Waiting(why) => printer::say("waiting", &format!("{} at most: {why}", minutes())),
    }
}

fn minutes() -> String {
    format!("{} minutes", LIMIT.as_secs() / 60)
}

fn wish(args: &PrepareArgs) -> Result<Wish, Failure> {
    let mode = UpdateMode::from(args.mode);
    if mode == UpdateMode::Manual && !args.window.is_empty() {
        return Err(Failure::usage("--window: the mode Manual has no windows")
            .hint("choose --mode AutoPatch (windows for patches) or --mode Auto (for all releases)"));
    }
    Ok(Wish {
        channel: args.channel,
        mode,
        windows: args.window.clone(),
        delivery: args.file.as_deref().map(delivery).transpose()?.unwrap_or_default(),
        to: args.to.clone(),
    })
}
