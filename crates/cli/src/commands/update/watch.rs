//! `update watch`: waiting until an update is really done.

use cluster::{follow::Follower, read::queues_are_refused, reader_rights, verdict::Machine};

use super::{changes::cluster_flags, connection, wait};
use crate::{
    Environment,
    args::WatchArgs,
    failure::Failure,
    printer::{self, Printer},
    watch::Show,
};

pub(crate) async fn run(args: WatchArgs, environment: Environment) -> Result<(), Failure> {
    let printer = Printer::new(&args.output);
    let cluster = connection::connect(&args.cluster, &environment).await?;
    let follower = Follower::start(&cluster);
    if queues_are_refused(&cluster).await {
        printer::say("note", &reader_rights::without_queues().to_string());
    }
    let mut show = Show::new(&args.output, &environment)?;
    let mut machine = Machine::new(args.to, wait::settings(&args.wait));
    let limits = wait::limits(&args.wait);
    let flags = cluster_flags(&args.cluster);
    let verdict = wait::until_done(follower.states(), &mut machine, &mut show, limits, &flags).await?;
    drop(show); // the result goes to the terminal as it was
    printer.result("update watch", &verdict, &wait::done(&verdict, &args.wait))
}
