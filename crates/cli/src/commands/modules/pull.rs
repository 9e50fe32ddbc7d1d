//! `dhctl mirror-modules --module-source …`: modules into archives of their own.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use deckhouse::{ModuleSource, ModuleSourceError, without_login};
use mirror::{Nearby, Root, discover::choose_modules, nearby::Copied};
use registry::{client::Credentials, credentials::ConfigFile};
use serde::Serialize;

use super::{
    bring::Bringer,
    plan::{Planned, Planner, failure},
};
use crate::{
    Environment,
    args::ModulesTransferArgs,
    failure::Failure,
    format::{count, human},
    logins::Login,
    printer::Printer,
    progress::Progress,
    result_file::{self, Readers},
    settings::{self, RegistryAccess},
    side_files::{files_text, refuse_directories_of, refuse_directory},
};

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
    /// What was not downloaded, since an archive here has it.
    copied: Copied,
    files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    gost_sums: BTreeMap<PathBuf, String>,
}

/// The manifest as typed: its text for the archives' reader, and what it says.
struct Manifest {
    path: PathBuf,
    copy: String,
    source: ModuleSource,
}

pub(crate) async fn run(args: ModulesTransferArgs, environment: Environment) -> Result<(), Failure> {
    let manifest = read_manifest(args.module_source.as_deref().unwrap_or(Path::new("")), args.directory())?;
    let copy = args.directory().join(manifest.path.file_name().unwrap_or_default());
    if !args.dry_run {
        refuse_directory(&copy)?;
    }
    let credentials = credentials(&args, &manifest.source, &environment).await?;
    let mut connection = args.connection.clone();
    connection.insecure |= manifest.source.plain_http;
    let url = &manifest.source.repository;
    let client = RegistryAccess {
        url,
        credentials,
        connection: &connection,
        ca: manifest.source.ca.as_deref(),
        pushes: false,
    }
    .client(&environment)?;
    let free_space = make_ready(&args)?;

    let progress = Arc::new(Progress::new(&args.output, environment.stderr_is_terminal));
    progress.report_notices_of(&client);
    let planner = Planner {
        client,
        root: Root::Modules(url.repository.clone()),
        directory: args.directory(),
        fresh: args.no_pull_resume,
        dry_run: args.dry_run,
        nearby: Arc::new(Nearby::side_by_side()),
        totals: Arc::default(),
    };
    let chosen = choose_modules(&planner.source(), &args.modules.modules(), &*progress).await;
    let chosen = chosen.map_err(unlisted)?;
    let (ready, mut broken) = planner.plan(chosen, &*progress).await?;
    let mut pulled = summary(&args, &manifest, &ready, free_space);
    let printer = Printer::new(&args.output);
    if args.dry_run {
        if !broken.is_empty() {
            return Err(failure(broken, ready.len()));
        }
        return printer.result("mirror-modules pull", &pulled, &dry_run_text(&pulled));
    }
    if free_space < pulled.archives_size {
        progress.warn(&format!(
            "the archives take {}, and {} are free; what is there already may make up for it",
            human(pulled.archives_size),
            human(free_space)
        ));
    }
    ready.iter().try_for_each(|module| refuse_directories_of(&module.archive))?;
    let brought = ready.len();
    let written = Bringer::new(&args, &planner.nearby, &progress).bring(ready).await?;
    pulled.files = written.files;
    pulled.gost_sums = written.sums;
    broken.extend(written.broken);
    result_file::write(&copy, &manifest.copy, Readers::All, true)?;
    pulled.files.push(copy);
    pulled.copied = planner.nearby.copied();
    if broken.is_empty() {
        return printer.result("mirror-modules pull", &pulled, &text(&pulled));
    }
    let in_vain = broken.iter().filter(|module| pulled.modules.contains_key(&module.name)).count();
    Err(failure(broken, brought - in_vain))
}

/// Reads the manifest. It must not lie where it would be carried along, licence key and all.
fn read_manifest(path: &Path, directory: &Path) -> Result<Manifest, Failure> {
    let told = |error: ModuleSourceError| Failure::usage(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    let source = ModuleSource::parse(&text).map_err(told)?;
    let copy = without_login(&text).map_err(told)?;
    let identity = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino()));
    let beside = identity(&directory.join(path.file_name().unwrap_or_default()));
    if copy != text && beside.is_ok_and(|there| identity(path).is_ok_and(|it| it == there)) {
        return Err(Failure::usage(format!(
            "{} holds a login and is in the directory that crosses the air gap",
            path.display()
        ))
        .hint("move it out of there; the pull puts a copy without dockerCfg in its place"));
    }
    Ok(Manifest { path: path.to_owned(), copy, source })
}

/// A source that does not list its modules: here there is no platform to go on with.
fn unlisted(error: mirror::Error) -> Failure {
    match error {
        mirror::Error::ModulesUnknown { .. } => Failure::usage(error.to_string())
            .hint("check spec.registry.repo, or name the modules to pull with --include-module (repeatable)"),
        error => error.into(),
    }
}

/// What was typed wins over the manifest, and that over what other tools have stored.
async fn credentials(
    args: &ModulesTransferArgs,
    source: &ModuleSource,
    environment: &Environment,
) -> Result<Option<Credentials>, Failure> {
    let login = Login {
        name: args.source_login.as_deref(),
        password: args.source_password.as_ref(),
        password_file: args.source_password_file.as_deref(),
        license: args.license.as_ref(),
        license_file: args.license_file.as_deref(),
        license_variable: None,
        flag: "--source-login",
        password_flag: "--source-password",
        password_variable: None,
    };
    if let Some(config) = source.docker_config.as_ref().filter(|_| !login.is_given()) {
        let url = &source.repository;
        let found = ConfigFile::parse(config.expose())
            .and_then(|config| config.credentials(url.host.as_str(), url.repository.as_str()));
        let found = found.map_err(|error| Failure::usage(format!("spec.registry.dockerCfg: {error}")))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    login.resolve(&source.repository, environment).await
}

/// Makes the directory if it is not there, and tells how much room there is.
fn make_ready(args: &ModulesTransferArgs) -> Result<u64, Failure> {
    let directory = args.directory();
    let mut place = directory;
    if !directory.exists() {
        if args.dry_run {
            place = settings::directory(directory);
        } else {
            fs::create_dir(directory).map_err(|error| Failure::file(directory, &error))?;
        }
    }
    bundle::free_space(place).map_err(|error| Failure::file(place, &error))
}

fn summary(args: &ModulesTransferArgs, manifest: &Manifest, ready: &[Planned], free_space: u64) -> Pulled {
    let versions = |module: &Planned| module.found.versions.iter().map(ToString::to_string).collect();
    let blobs = ready.iter().flat_map(|module| module.plan.layout().blobs());
    let unique: HashMap<_, u64> = blobs.map(|blob| (blob.digest, blob.size)).collect();
    Pulled {
        source: manifest.source.repository.to_string(),
        dry_run: args.dry_run,
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
    let enough = if pulled.free_space < pulled.archives_size { ": not enough" } else { "" };
    format!(
        "{}blobs      {}\narchives   {}\nfree disk  {}{enough}\nnothing was written (--dry-run)\n",
        contents_text(pulled),
        human(pulled.blobs_size),
        human(pulled.archives_size),
        human(pulled.free_space),
    )
}

fn text(pulled: &Pulled) -> String {
    let mut text = format!("{}archives   {}\n", contents_text(pulled), human(pulled.archives_size));
    if pulled.copied.blobs > 0 {
        let (blobs, bytes) = (count(pulled.copied.blobs, "blob"), human(pulled.copied.bytes));
        text += &format!(
            "copied     {blobs} ({bytes}) from archives that are here, instead of downloading them\n"
        );
    }
    text + &files_text(&pulled.files, &pulled.gost_sums)
}
