//! `dhctl mirror --registry …`: push a bundle and prove that it arrived.

use bundle::Bundle;
use mirror::{
    Contents,
    push::{PushReport, push},
    read_back::{Depth, Target},
    verify::VerifyReport,
};
use serde::Serialize;

use super::{
    mirror_verify::figures,
    size::{count, human},
};
use crate::{
    Environment, args::TransferArgs, failure::Failure, logins::Login, printer::Printer, progress::Progress,
    settings,
};

#[derive(Serialize)]
struct Pushed {
    registry: String,
    written: PushReport,
    verified: VerifyReport,
}

pub(crate) async fn run(args: TransferArgs, environment: Environment) -> Result<(), Failure> {
    let Some(registry) = &args.registry else {
        return Err(Failure::internal("a push without registry"));
    };
    for path in &args.images_bundle_path {
        settings::bundle_path(path)?;
    }
    let credentials = Login::to_target(&args.login).resolve(registry, &environment).await?;
    let bundle = Bundle::open(&args.images_bundle_path)?;
    let contents = Contents::read(&bundle)?;
    let client = settings::client(registry, credentials, &args.connection, &environment)?;
    let target = Target::new(client, registry.repository.clone());
    let progress = Progress::new(&args.output, environment.stderr_is_terminal);
    let written = push(&bundle, &contents, &target, usize::from(args.connection.parallel), &progress).await?;
    let verified = VerifyReport::of(&contents, Depth::Size);
    let text = format!("{}\nread back from {registry}: {}\n", sentence(&written), figures(&verified));
    let pushed = Pushed { registry: registry.to_string(), written, verified };
    Printer::new(&args.output).result("mirror push", &pushed, &text)
}

fn sentence(written: &PushReport) -> String {
    if *written == PushReport::default() {
        return "everything was there already".to_owned();
    }
    let resumed = match written.bytes_resumed {
        0 => String::new(),
        bytes => format!(", and an earlier push {}", human(bytes)),
    };
    format!(
        "uploaded {} ({}{resumed}), mounted {} from other repositories, wrote {}",
        count(written.blobs_uploaded, "blob"),
        human(written.bytes_uploaded),
        count(written.blobs_mounted, "blob"),
        count(written.manifests_written, "manifest"),
    )
}
