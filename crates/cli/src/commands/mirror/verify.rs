//! `dhctl mirror verify`

use std::{collections::BTreeSet, path::Path, sync::Arc};

use bundle::Bundle;
use mirror::{
    Event, Observer as _, Root, complete,
    error::Place,
    read_back::{Depth, Target},
    verify::{VerifyReport, verify},
};
use semver::Version;

use crate::{
    Environment,
    args::{ReadBackArgs, VerifyArgs},
    failure::Failure,
    format::count,
    logins::Login,
    printer::Printer,
    progress::Progress,
    releases_files::Promised,
    settings::RegistryAccess,
};

pub(crate) async fn run(args: VerifyArgs, environment: Environment) -> Result<(), Failure> {
    let bundle = Bundle::open(&args.images_bundle_path)?;
    let promised = Promised::beside(&args.images_bundle_path)?;
    if !promised.unusable.is_empty() {
        return Err(mirror::Error::Incomplete { place: Place::Bundle, items: promised.unusable }.into());
    }
    let root = args.read_back.registry.repository.clone().into();
    let path = &args.images_bundle_path[0];
    compare("mirror verify", (&bundle, path), &promised.releases(), root, &args.read_back, &environment).await
}

/// Reads back everything of the bundle, which lies at `path`, below `root`, and tells so.
pub(crate) async fn compare(
    command: &str,
    (bundle, path): (&Bundle, &Path),
    promised: &BTreeSet<Version>,
    root: Root,
    args: &ReadBackArgs,
    environment: &Environment,
) -> Result<(), Failure> {
    let credentials = Login::to_target(&args.login).resolve(&args.registry, environment).await?;
    let (contents, found) = complete::read(bundle, promised).await?;
    let access = RegistryAccess {
        url: &args.registry,
        credentials,
        connection: &args.connection,
        ca: None,
        pushes: false,
    };
    let client = access.client(environment)?;
    let progress = Arc::new(Progress::new(&args.output, environment.stderr_is_terminal));
    progress.report_notices_of(&client);
    let target = Target::new(client, root);
    let depth = depth(args.deep);
    if let Some(note) = contents.made_tags_note() {
        progress.event(Event::Note(note));
    }
    let report = verify(bundle, (&contents, &found), promised, &target, depth, &*progress).await?;
    let text = format!("{} holds everything in {}: {}\n", args.registry, path.display(), figures(&report));
    Printer::new(&args.output).result(command, &report, &text)
}

/// How closely blobs are checked.
pub(super) fn depth(deep: bool) -> Depth {
    if deep { Depth::Digest } else { Depth::LastByte }
}

/// The figures of a verified target in words.
pub(super) fn figures(report: &VerifyReport) -> String {
    let blobs = match (report.deep, report.blobs_by_size) {
        (true, _) => "every blob downloaded and hashed".to_owned(),
        (false, 0) => "every blob readable to its last byte".to_owned(),
        (false, by_size) => format!(
            "every blob there; of {} only the size was checked, because the registry ignores Range requests \
             (--deep reads them)",
            count(by_size, "large blob")
        ),
    };
    format!(
        "{}, {} and {} in {}, {blobs}",
        count(report.tags, "tag"),
        count(report.manifests, "manifest"),
        count(report.blobs, "blob"),
        count(report.repositories, "repository"),
    )
}
