//! `dhctl mirror verify`

use std::sync::Arc;

use bundle::Bundle;
use mirror::{
    Event, Observer as _, complete,
    error::Place,
    read_back::{Depth, Target},
    verify::{VerifyReport, verify},
};

use super::{promised::Promised, size::count};
use crate::{
    Environment, args::VerifyArgs, failure::Failure, logins::Login, printer::Printer, progress::Progress,
    settings,
};

pub(crate) async fn run(args: VerifyArgs, environment: Environment) -> Result<(), Failure> {
    let credentials = Login::to_target(&args.login).resolve(&args.registry, &environment).await?;
    let bundle = Bundle::open(&args.images_bundle_path)?;
    let promised = Promised::beside(&args.images_bundle_path)?;
    if !promised.unusable.is_empty() {
        return Err(mirror::Error::Incomplete { place: Place::Bundle, items: promised.unusable }.into());
    }
    let promised = promised.releases();
    let (contents, found) = complete::read(&bundle, &promised).await?;
    let client = settings::client(&args.registry, credentials, &args.connection, None, &environment)?;
    let progress = Arc::new(Progress::new(&args.output, environment.stderr_is_terminal));
    progress.tell_waits_of(&client);
    let target = Target::new(client, args.registry.repository.clone());
    let depth = if args.deep { Depth::Digest } else { Depth::Size };
    if let Some(note) = contents.made_tags_note() {
        progress.event(Event::Note(note));
    }
    let report = verify(&bundle, (&contents, &found), &promised, &target, depth, &*progress).await?;
    let text = format!(
        "{} holds everything in {}: {}\n",
        args.registry,
        args.images_bundle_path[0].display(),
        figures(&report)
    );
    Printer::new(&args.output).result("mirror verify", &report, &text)
}

/// The figures of a verified target in words.
pub(super) fn figures(report: &VerifyReport) -> String {
    format!(
        "{}, {} and {} in {}, {}",
        count(report.tags, "tag"),
        count(report.manifests, "manifest"),
        count(report.blobs, "blob"),
        count(report.repositories, "repository"),
        if report.deep { "every blob downloaded and hashed" } else { "every blob there with its size" },
    )
}
