//! `dhctl mirror-modules push`: push modules, and read everything back.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use ::bundle::{Bundle, BundleError, archives_in};
use commands::{Dhctl, Sentence};
use mirror::{Event, Observer as _, Root};
use serde::Serialize;

use super::cluster_manifest::ClusterManifest;
use crate::{
    Environment,
    commands::mirror::push::{self as mirror_push, PushJob},
    failure::Failure,
    interrupted,
    invocation::Invocation,
    printer::Printer,
    progress::Progress,
    settings::ModulesPushSettings,
};

const NAME: &str = "mirror-modules push";

#[derive(Serialize)]
struct Pushed {
    #[serde(flatten)]
    pushed: mirror_push::Pushed,
    /// The `ModuleSource` for the cluster.
    manifest: PathBuf,
}

pub(crate) fn invocation(settings: ModulesPushSettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.output, run(settings, environment)).if_interrupted(interrupted::PUSH)
}

async fn run(settings: ModulesPushSettings, environment: Environment) -> Result<(), Failure> {
    let ModulesPushSettings { directory, registry, output, .. } = &settings;
    let credentials = settings.login.resolve(registry, &environment).await?;
    let manifest = ClusterManifest::new(&settings, credentials.as_ref())?;
    let bundle = open(directory)?;
    let progress = Arc::new(Progress::new(*output, environment.stderr_is_terminal));
    if let Some(note) = not_pushed(directory)? {
        progress.event(Event::Note(note));
    }
    let push = PushJob {
        bundle: &bundle,
        paths: std::slice::from_ref(directory),
        registry,
        root: Root::Modules(registry.repository.clone()),
        allow_incomplete: settings.allow_incomplete,
        allow_missing_modules: &BTreeSet::new(),
        deep: settings.deep,
        expect_sum: None,
        connection: &settings.connection,
    };
    let pushed = push.run(credentials, &progress, &environment).await?;
    let text = pushed.text() + &manifest.write(*output)?;
    let pushed = Pushed { pushed, manifest: settings.manifest.clone() };
    Printer::new(*output).result(NAME, &pushed, &text)
}

/// Opens all modules in a directory.
pub(super) fn open(directory: &Path) -> Result<Bundle, Failure> {
    Bundle::open_modules(directory).map_err(|error| {
        let nothing = matches!(&error, BundleError::NotABundle { path, .. } if path == directory);
        let failure = Failure::from(error);
        if nothing { Failure { hints: vec![directory_hint()], ..failure } } else { failure }
    })
}

fn directory_hint() -> Sentence {
    Sentence::from("name the directory that '").command(Dhctl::MirrorModulesPull).text("' has written")
}

/// The note about archives in the directory that are not archives of modules.
fn not_pushed(directory: &Path) -> Result<Option<String>, Failure> {
    let archives = archives_in(directory)?;
    let names = archives.iter().map(|name| name.to_string_lossy());
    let others: Vec<_> = names.filter(|name| !name.to_ascii_lowercase().starts_with("module-")).collect();
    let note = || format!("not pushed, because it is not the archive of a module: {}", others.join(", "));
    Ok((!others.is_empty()).then(note))
}
