//! `dhctl mirror-modules --registry …`: modules into a registry, and the proof that they arrived.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bundle::{Bundle, BundleError, archives_in};
use commands::{Dhctl, Sentence};
use mirror::{Event, Observer as _, Root};
use serde::Serialize;

use super::cluster_manifest::ForCluster;
use crate::{
    Environment,
    args::ModulesTransferArgs,
    commands::mirror::push::{self as mirror_push, Push},
    failure::Failure,
    logins::Login,
    printer::Printer,
    progress::Progress,
};

#[derive(Serialize)]
struct Pushed {
    #[serde(flatten)]
    pushed: mirror_push::Pushed,
    /// The `ModuleSource` for the cluster.
    manifest: PathBuf,
}

pub(crate) async fn run(args: ModulesTransferArgs, environment: Environment) -> Result<(), Failure> {
    let Some(registry) = &args.registry else {
        return Err(Failure::internal("a push without registry"));
    };
    let credentials = Login::to_target(&args.login).resolve(registry, &environment).await?;
    let manifest = ForCluster::new(&args, registry, credentials.as_ref())?;
    let bundle = open(args.directory())?;
    let progress = Arc::new(Progress::new(&args.output, environment.stderr_is_terminal));
    if let Some(note) = passed_over(args.directory())? {
        progress.event(Event::Note(note));
    }
    let directory = args.directory().to_owned();
    let push = Push {
        bundle: &bundle,
        paths: std::slice::from_ref(&directory),
        registry,
        root: Root::Modules(registry.repository.clone()),
        allow_incomplete: args.allow_incomplete,
        deep: args.deep,
        expect_sum: None,
        connection: &args.connection,
    };
    let pushed = push.run(credentials, &progress, &environment).await?;
    let text = pushed.text() + &manifest.write()?;
    let pushed = Pushed { pushed, manifest: args.out.clone() };
    Printer::new(&args.output).result("mirror-modules push", &pushed, &text)
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
    Sentence::from("name the directory that '").command(Dhctl::MirrorModules).text("' has written")
}

/// Tells which archives in the directory are no modules' and stay where they are.
fn passed_over(directory: &Path) -> Result<Option<String>, Failure> {
    let archives = archives_in(directory)?;
    let names = archives.iter().map(|name| name.to_string_lossy());
    let others: Vec<_> = names.filter(|name| !name.to_ascii_lowercase().starts_with("module-")).collect();
    let note = || format!("not pushed, since it is no module's archive: {}", others.join(", "));
    Ok((!others.is_empty()).then(note))
}
