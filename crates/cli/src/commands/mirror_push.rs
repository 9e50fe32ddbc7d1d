//! `dhctl mirror --registry …`: push a bundle and prove that it arrived.

use std::{collections::BTreeSet, sync::Arc};

use bundle::Bundle;
use mirror::{
    Event, MissingItem, Observer as _, complete,
    error::Place,
    push::{PushReport, push},
    read_back::{Depth, Target},
    verify::VerifyReport,
};
use oci::RepositoryUrl;
use serde::Serialize;

use super::{
    mirror_verify::figures,
    size::{count, human},
};
use crate::{
    Environment, args::TransferArgs, exit_code::Exit, failure::Failure, logins::Login, printer::Printer,
    progress::Progress, settings,
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
        settings::bundle_to_read(path)?;
    }
    let credentials = Login::to_target(&args.login).resolve(registry, &environment).await?;
    let bundle = Bundle::open(&args.images_bundle_path)?;
    let (contents, found) = complete::read(&bundle, &BTreeSet::new()).await?;
    if !found.missing.is_empty() && !args.allow_incomplete {
        let error = mirror::Error::Incomplete { place: Place::Bundle, items: found.missing };
        return Err(Failure::from(error).hint(ALLOW_HINT));
    }
    let client = settings::client(registry, credentials, &args.connection, None, &environment)?;
    let progress = Arc::new(Progress::new(&args.output, environment.stderr_is_terminal));
    progress.tell_waits_of(&client);
    let target = Target::new(client, registry.repository.clone());
    if let Some(note) = contents.made_tags_note() {
        progress.event(Event::Note(note));
    }
    let written =
        push(&bundle, &contents, &target, usize::from(args.connection.parallel), &*progress).await?;
    if !found.missing.is_empty() {
        return Err(holes(&args.images_bundle_path[0].display().to_string(), registry, found.missing));
    }
    let verified = VerifyReport::of(&contents, Depth::Size);
    let text = format!("{}\nread back from {registry}: {}\n", sentence(&written), figures(&verified));
    let pushed = Pushed { registry: registry.to_string(), written, verified };
    Printer::new(&args.output).result("mirror push", &pushed, &text)
}

const ALLOW_HINT: &str = "nothing was sent, since a cluster would see releases whose images are missing; \
                          --allow-incomplete sends what is there all the same";

fn holes(bundle: &str, registry: &RepositoryUrl, missing: Vec<MissingItem>) -> Failure {
    let message = format!(
        "everything in {bundle} arrived at {registry}, but the bundle is incomplete: {} missing in it",
        if missing.len() == 1 { "1 object is".to_owned() } else { format!("{} objects are", missing.len()) }
    );
    Failure { missing, ..Failure::new(Exit::Incomplete, message) }
        .hint("do not let a cluster update to the releases that are named; pull the bundle again and push it")
}

pub(super) fn sentence(written: &PushReport) -> String {
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
