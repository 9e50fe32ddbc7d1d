//! `dhctl mirror-modules pull`: pull modules into one archive each.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::PathBuf,
    sync::Arc,
};

use commands::{Dhctl, Exclusion, Sentence};
use mirror::{
    Cause, LocalBlobs, MissingItem, Observer, Root,
    discover::choose_modules,
    local_blobs::Copied,
    module_archives::{self, FailedModule, ModulePlanner, PlannedModule},
};
use serde::Serialize;

use super::pull_manifest::PullManifest;
use crate::{
    Environment,
    exit_code::Exit,
    failure::Failure,
    format::{count, human},
    interrupted::ModulesPull,
    invocation::Invocation,
    printer::Printer,
    result_file::{self, Readers},
    settings::{self, ModulesPullSettings, RegistryAccess},
    side_files::{files_text, refuse_directories_of, refuse_directory},
};

const NAME: &str = "mirror-modules pull";

#[derive(Serialize)]
struct Pulled {
    source: String,
    dry_run: bool,
    /// The modules and their versions, ascending.
    modules: BTreeMap<String, Vec<String>>,
    /// Bytes of all blobs of all modules, each counted once.
    blobs_size: u64,
    /// Bytes of all archives.
    archives_size: u64,
    free_space: u64,
    /// What was copied from local archives and not downloaded.
    copied: Copied,
    files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    gost_sums: BTreeMap<PathBuf, String>,
}

pub(crate) fn invocation(settings: ModulesPullSettings, environment: Environment) -> Invocation {
    let next = ModulesPull::of(&settings);
    Invocation::new(NAME, settings.output, run(settings, environment)).if_interrupted(next)
}

async fn run(settings: ModulesPullSettings, environment: Environment) -> Result<(), Failure> {
    let ModulesPullSettings { directory, output, dry_run, write, .. } = &settings;
    let manifest = PullManifest::read(&settings.manifest, directory)?;
    let copy = directory.join(manifest.path.file_name().unwrap_or_default());
    if !dry_run {
        refuse_directory(&copy)?;
    }
    let credentials = manifest.credentials(&settings.login, &environment).await?;
    let mut connection = settings.connection.clone();
    connection.plain_http |= manifest.source.plain_http;
    let url = &manifest.source.repository;
    let ca = manifest.source.ca.as_deref();
    let access = RegistryAccess { url, credentials, connection: &connection, ca, pushes: false };
    let (client, progress) = access.connect(*output, &environment)?;
    let free_space = create_directory(&settings)?;

    let planner = ModulePlanner {
        client,
        root: Root::Modules(url.repository.clone()),
        directory,
        fresh: write.fresh,
        dry_run: *dry_run,
        local: Arc::new(LocalBlobs::concurrent()),
        totals: Arc::default(),
        attached: settings.attached,
    };
    let chosen = choose_modules(&planner.source(), &settings.modules, &*progress).await;
    let chosen = chosen.map_err(unlisted)?;
    let (ready, mut failed) = planner.plan(chosen, &*progress).await?;
    let mut pulled = summary(&settings, &manifest, &ready, free_space);
    let printer = Printer::new(*output);
    if *dry_run {
        if !failed.is_empty() {
            return Err(failure(failed, ready.len()));
        }
        return printer.result(NAME, &pulled, &dry_run_text(&pulled));
    }
    if free_space < pulled.archives_size {
        progress.warn(&format!(
            "the archives need {}, and {} are free; the pull succeeds if existing archives can be replaced",
            human(pulled.archives_size),
            human(free_space)
        ));
    }
    ready.iter().try_for_each(|module| refuse_directories_of(&module.archive))?;
    let module_count = ready.len();
    let observer: Arc<dyn Observer> = progress.clone();
    let written = module_archives::write(ready, &planner.local, *write, &observer).await?;
    let not_written = written.failed.len();
    pulled.files = written.written.files;
    pulled.gost_sums = written.written.sums;
    failed.extend(written.failed);
    result_file::write(&copy, &manifest.copy, Readers::All, true)?;
    pulled.files.push(copy);
    pulled.copied = planner.local.copied();
    if failed.is_empty() {
        return printer.result(NAME, &pulled, &text(&pulled, &settings));
    }
    Err(failure(failed, module_count - not_written))
}

/// The failure of a run that pulled `complete` modules, but not these.
fn failure(failed: Vec<FailedModule>, complete: usize) -> Failure {
    let names: Vec<&str> = failed.iter().map(|module| module.name.as_str()).collect();
    let message = format!(
        "{} of {} modules could not be pulled: {}",
        failed.len(),
        failed.len() + complete,
        names.join(", ")
    );
    let exclude = |name: &&str| Exclusion::Module((*name).to_owned()).to_string();
    let flags: Vec<String> = names.iter().map(exclude).collect();
    let hint = format!("the other modules are complete; to leave out the named ones: {}", flags.join(" "));
    let mut failure = Failure::new(Exit::Incomplete, message);
    for FailedModule { name, error } in failed {
        let Failure { message, missing, .. } = error.into();
        if missing.is_empty() {
            failure.missing.push(MissingItem {
                repository: format!("module {name}"),
                reference: String::new(),
                wanted_by: Vec::new(),
                reason: message.to_string(),
                cause: Cause::Missing,
            });
        }
        failure.missing.extend(missing);
    }
    failure.hint(hint)
}

/// A source that does not list its modules: here the modules cannot be left out.
fn unlisted(error: mirror::Error) -> Failure {
    match error {
        mirror::Error::ModulesUnknown { .. } => Failure::usage(error.to_string())
            .hint("check spec.registry.repo, or name the modules to pull with --include-module (repeatable)"),
        error => error.into(),
    }
}

/// Creates the directory if it does not exist, and returns the free bytes there.
fn create_directory(settings: &ModulesPullSettings) -> Result<u64, Failure> {
    let directory = settings.directory.as_path();
    let mut existing = directory;
    if !directory.exists() {
        if settings.dry_run {
            existing = settings::directory(directory);
        } else {
            fs::create_dir(directory).map_err(|error| Failure::file(directory, &error))?;
        }
    }
    ::bundle::free_space(existing).map_err(|error| Failure::file(existing, &error))
}

fn summary(
    settings: &ModulesPullSettings,
    manifest: &PullManifest,
    ready: &[PlannedModule],
    free_space: u64,
) -> Pulled {
    let versions = |module: &PlannedModule| module.found.versions.iter().map(ToString::to_string).collect();
    let blobs = ready.iter().flat_map(|module| module.plan.layout().blobs());
    let unique: HashMap<_, u64> = blobs.map(|blob| (blob.digest, blob.size)).collect();
    Pulled {
        source: manifest.source.repository.to_string(),
        dry_run: settings.dry_run,
        modules: ready.iter().map(|module| (module.name.clone(), versions(module))).collect(),
        blobs_size: unique.values().sum(),
        archives_size: ready.iter().map(|module| module.plan.layout().size()).sum(),
        free_space,
        copied: Copied::default(),
        files: Vec::new(),
        gost_sums: BTreeMap::new(),
    }
}

fn contents_text(pulled: &Pulled) -> String {
    let mut text = String::new();
    for (name, versions) in &pulled.modules {
        text += &format!("module     {name} {}\n", versions.join(" "));
    }
    if pulled.modules.is_empty() {
        text += "module     none\n";
    }
    text
}

fn dry_run_text(pulled: &Pulled) -> String {
    let enough = if pulled.free_space < pulled.archives_size { ", not enough" } else { "" };
    format!(
        "{}blobs      {}\narchives   {}\nfree disk  {}{enough}\nnothing was written (--dry-run)\n",
        contents_text(pulled),
        human(pulled.blobs_size),
        human(pulled.archives_size),
        human(pulled.free_space),
    )
}

fn text(pulled: &Pulled, settings: &ModulesPullSettings) -> String {
    let mut text = format!("{}archives   {}\n", contents_text(pulled), human(pulled.archives_size));
    if pulled.copied.blobs > 0 {
        let (blobs, bytes) = (count(pulled.copied.blobs, "blob"), human(pulled.copied.bytes));
        text += &format!("copied     {blobs} ({bytes}) from local archives instead of downloading them\n");
    }
    let directory = settings.directory.file_name().map(|name| name.to_string_lossy().into_owned());
    let next = settings.output.next_steps(&[
        Sentence::from("copy the directory to a machine inside the air gap"),
        Sentence::from("inside: ").command(Dhctl::MirrorModulesPush(directory.unwrap_or_default())),
    ]);
    text + &files_text(&pulled.files, &pulled.gost_sums) + &next
}
