//! `dhctl mirror verify`

use std::path::Path;

use ::bundle::Bundle;
use mirror::{
    Event, Observer as _, Root,
    complete::{self, Expected},
    error::Place,
    read_back::{Depth, Target},
    verify::{VerifyReport, verify},
};

use crate::{
    Environment,
    failure::Failure,
    format::count,
    invocation::Invocation,
    printer::Printer,
    releases_files::ReleasesFiles,
    settings::{ReadBack, RegistryAccess, VerifySettings},
};

const NAME: &str = "mirror verify";

pub(crate) fn invocation(settings: VerifySettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.read_back.output, run(settings, environment))
}

async fn run(settings: VerifySettings, environment: Environment) -> Result<(), Failure> {
    let VerifySettings { bundle: paths, allow_missing_modules, read_back } = settings;
    let bundle = Bundle::open(&paths)?;
    let listed = ReleasesFiles::next_to(&paths)?;
    if !listed.unusable.is_empty() {
        return Err(mirror::Error::Incomplete { place: Place::Bundle, items: listed.unusable }.into());
    }
    let comparison = Comparison {
        bundle: &bundle,
        path: &paths[0],
        expected: Expected { promised: &listed.releases(), allow_missing_modules: &allow_missing_modules },
        root: read_back.registry.repository.clone().into(),
    };
    comparison.run(NAME, &read_back, &environment).await
}

/// A bundle that a registry is compared with.
pub(crate) struct Comparison<'a> {
    pub(crate) bundle: &'a Bundle,
    /// Where the bundle is.
    pub(crate) path: &'a Path,
    /// What it must have, and may lack.
    pub(crate) expected: Expected<'a>,
    /// Where it is in the registry.
    pub(crate) root: Root,
}

impl Comparison<'_> {
    /// Reads everything of the bundle back, and prints the result.
    pub(crate) async fn run(
        self,
        command: &str,
        read_back: &ReadBack,
        environment: &Environment,
    ) -> Result<(), Failure> {
        let Self { bundle, path, expected, root } = self;
        let ReadBack { registry, login, deep, connection, output } = read_back;
        let credentials = login.resolve(registry, environment).await?;
        let (contents, found) = complete::read(bundle, expected).await?;
        let access = RegistryAccess { url: registry, credentials, connection, ca: None, pushes: false };
        let (client, progress) = access.connect(*output, environment)?;
        let target = Target::new(client, root);
        if let Some(note) = contents.derived_tags_note() {
            progress.event(Event::Note(note));
        }
        let report = verify(bundle, (&contents, &found), expected, &target, depth(*deep), &*progress).await?;
        let text = format!("{registry} has everything in {}: {}\n", path.display(), figures(&report));
        Printer::new(*output).result(command, &report, &text)
    }
}

/// How closely blobs are checked.
pub(super) fn depth(deep: bool) -> Depth {
    if deep { Depth::Digest } else { Depth::LastByte }
}

/// The figures of a verified target as text.
pub(super) fn figures(report: &VerifyReport) -> String {
    let blobs = match (report.deep, report.blobs_by_size) {
        (true, _) => "every blob downloaded and hashed".to_owned(),
        (false, 0) => "every blob checked by reading its last byte".to_owned(),
        (false, by_size) => format!(
            "every blob present; of {} only the size was checked, because the registry ignores Range requests \
             (--deep reads them)",
            count(by_size, "large blob")
        ),
    };
    let referrers = match report.referrers {
        0 => String::new(),
        referrers => format!(", {} listed", count(referrers, "referrer")),
    };
    format!(
        "{}, {} and {} in {}, {blobs}{referrers}",
        count(report.tags, "tag"),
        count(report.manifests, "manifest"),
        count(report.blobs, "blob"),
        count(report.repositories, "repository"),
    )
}
