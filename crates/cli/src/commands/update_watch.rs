//! `update watch`: waiting until an update is really done.

use cluster::{follow::Follower, read::queues_are_refused, reader_rights, verdict::Machine};

use super::{update_changes::cluster_flags, update_cluster, update_wait};
use crate::{
    Environment,
    args::WatchArgs,
    failure::Failure,
    printer::{self, Printer},
    watch::Show,
};

pub(crate) async fn run(args: WatchArgs, environment: Environment) -> Result<(), Failure> {
    let printer = Printer::new(&args.output);
    let cluster = update_cluster::connect(&args.cluster, &environment).await?;
    let follower = Follower::start(&cluster);
    if queues_are_refused(&cluster).await {
        printer::say("note", &reader_rights::without_queues().to_string());
    }
    let mut show = Show::new(&args.output, &environment)?;
    let mut machine = Machine::new(args.to, update_wait::settings(&args.wait));
    let limits = update_wait::limits(&args.wait);
    let flags = cluster_flags(&args.cluster);
    let verdict = update_wait::until_done(follower.states(), &mut machine, &mut show, limits, &flags).await?;
    drop(show); // the result goes to the terminal as it was
    printer.result("update watch", &verdict, &update_wait::done(&verdict, &args.wait))
}
