//! `update watch`: waiting until an update is really done.

use cluster::{
    deployed_unasked, follow::Follower, missing_permissions, read::queues_are_refused, verdict::Machine,
};
use commands::{Command, Update};

use super::{
    changes::{cluster_flags, on_cluster},
    connection, wait,
};
use crate::{
    Environment,
    args::WatchArgs,
    failure::Failure,
    interrupted,
    invocation::Invocation,
    printer::{self, Printer},
    settings::Output,
    watch::Show,
    words::verdict::WordedVerdict,
};

const NAME: &str = "update watch";

pub(crate) fn invocation(args: WatchArgs, environment: Environment) -> Invocation {
    let (output, flags) = (Output::from(&args.output), cluster_flags(&args.cluster));
    on_cluster(NAME, output, flags, run(args, environment)).if_interrupted(interrupted::WATCH)
}

async fn run(args: WatchArgs, environment: Environment) -> Result<(), Failure> {
    let printer = Printer::new(&args.output);
    let cluster = connection::connect(&args.cluster, &environment).await?;
    let follower = Follower::start(&cluster);
    if queues_are_refused(&cluster).await {
        printer::say("note", &missing_permissions::without_queues().to_string());
    }
    let flags = cluster_flags(&args.cluster);
    let mut show = Show::new(&args.output, &environment, flags.clone())?;
    let mut machine = Machine::new(args.to.clone(), wait::settings(&args.wait));
    let limits = wait::limits(&args.wait);
    let states = follower.states();
    let names_none = args.to.is_none();
    let verdict = wait::until_done(states.clone(), &mut machine, &mut show, limits).await?;
    drop(show); // the result goes to the terminal as it was
    let mut text = wait::done(&verdict, &args.wait, &flags);
    // Otherwise it looks as if the update that was to be watched were done.
    if let Some(next) = deployed_unasked(&states.borrow()).filter(|_| names_none) {
        let watch = Command::from(Update::WatchTo(format!("v{next}"))).addressed(&flags);
        text += &format!("v{next} is waiting and is deployed without an approval; follow it: {watch}\n");
    }
    printer.result(NAME, &WordedVerdict::of(&verdict, &flags), &text)
}
