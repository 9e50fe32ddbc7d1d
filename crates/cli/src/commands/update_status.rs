//! `dhctl update status`

mod text;

use cluster::{Timestamp, read, status::Status};

use super::update_clusters::{look, tell};
use crate::{Environment, args::StatusArgs, failure::Failure, printer::Printer};

const NAME: &str = "update status";

pub(crate) async fn run(args: StatusArgs, environment: Environment) -> Result<(), Failure> {
    let reports = look(&args.clusters, &environment, async |cluster, _| {
        Ok(Status::of(&read::snapshot(&cluster).await, Timestamp::now()))
    })
    .await;
    tell(
        Printer::new(&args.output),
        NAME,
        &reports,
        |report, status| report.heading() + &text::of(status),
        |_| None,
    )
}
