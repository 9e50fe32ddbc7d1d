//! `dhctl mirror`: pull a distribution into a bundle.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use deckhouse::select;
use mirror::{
    Discovery, Modules, Nearby, Observer, Request, discover::discover, journal::Journal, nearby::Copied,
    set_sum::SetList, source::Source,
};
use serde::Serialize;

use super::archives::{self, PlannedArchive, Run};
use crate::{
    Environment,
    args::{BundleFormat, TransferArgs},
    expected_sum::sums_text,
    failure::Failure,
    format::{count, database_names, human},
    logins::Login,
    printer::Printer,
    progress::Progress,
    settings::{self, RegistryAccess},
    side_files::{self, Delivery, files_text},
};

/// What a pull brought, or with `--dry-run` would bring.
#[derive(Serialize)]
struct Pulled {
    source: String,
    dry_run: bool,
    releases: Vec<String>,
    /// How many versions were asked for one by one, since the source does not list them; else 0.
    versions_asked: usize,
    channels: BTreeMap<String, String>,
    modules: BTreeMap<String, Vec<String>>,
    databases: Vec<String>,
    /// The tag of the standalone installer.
    #[serde(skip_serializing_if = "Option::is_none")]
    installer: Option<String>,
    images: usize,
    repositories: usize,
    /// Bytes of all blobs, each once.
    download_size: u64,
    /// Size of the bundle in bytes.
    bundle_size: u64,
    /// Free bytes where the bundle goes, before the pull.
    free_space: u64,
    /// What was copied from other archives of the directory, or from what planning had read, and not downloaded.
    copied: Copied,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<PathBuf>,
    /// SHA-256 sum of the whole delivery: the images, `deckhousereleases.yaml` and `dhctl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<String>,
    /// GOST R 34.11-2012 sum of the whole delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    gost_sum: Option<String>,
    /// GOST R 34.11-2012 sums by file name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    gost_sums: BTreeMap<PathBuf, String>,
}

pub(crate) async fn run(args: TransferArgs, environment: Environment) -> Result<(), Failure> {
    let [path] = args.images_bundle_path.as_slice() else {
        return Err(Failure::usage("a pull writes one bundle: give -i once"));
    };
    let path = archives::main_archive(path, args.bundle_format)?;
    let directory = settings::directory(&path);
    let free_space = bundle::free_space(directory)
        .map_err(|error| Failure::file(directory, &error).hint(DIRECTORY_HINT))?;
    if !args.dry_run {
        side_files::refuse_directories(&path, environment.executable.is_some())?;
        side_files::refuse_directories_of(&path)?;
    }
    let login = Login {
        name: args.source_login.as_deref(),
        password: args.source_password.as_ref(),
        password_file: args.source_password_file.as_deref(),
        license: args.license.as_ref(),
        license_file: args.license_file.as_deref(),
        license_variable: Some("DHCTL_CLI_MIRROR_LICENSE"),
        flag: "--source-login",
        password_flag: "--source-password",
        password_variable: Some("DHCTL_CLI_MIRROR_SOURCE_PASSWORD"),
    };
    let credentials = login.resolve(&args.source, &environment).await?;
    let connection = &args.connection;
    let access = RegistryAccess { url: &args.source, credentials, connection, ca: None, pushes: false };
    let client = access.client(&environment)?;
    let progress = Arc::new(Progress::new(&args.output, environment.stderr_is_terminal));
    progress.report_notices_of(&client);
    if args.proxy_registry {
        client.expect_proxy_cache();
    }
    let journal = if args.dry_run { None } else { Some(Arc::new(open_journal(&path, args.no_pull_resume)?)) };
    let nearby = Arc::new(Nearby::default());
    let source = Source::new(client, args.source.repository.clone(), journal.clone());
    let source = source.with_nearby(nearby.clone());

    let mut discovery = match discover(&source, &request(&args), &*progress).await {
        Ok(discovery) => discovery,
        Err(error) => {
            if let Some(journal) = &journal {
                clean_up(journal, &error)?;
            }
            return Err(error.into());
        }
    };
    let wanted = std::mem::take(&mut discovery.wanted);
    let mut delivered = SetList::of_wanted(&wanted);
    let edition = args.source.repository.last_segment();
    let archives = archives::plan(&path, args.bundle_format, wanted, edition)?;
    let mut pulled = summary(&args, &discovery, &archives, free_space);
    let Some(journal) = journal else {
        let refused = |why: &str| progress.warn(&format!("the pull itself would be refused: {why}"));
        if let Err(error) = bundle::Writer::check(&path, pulled.bundle_size, args.images_bundle_chunk_size) {
            refused(&error.to_string());
        }
        if let Err(failure) = side_files::refuse_directories(&path, environment.executable.is_some())
            .and_then(|()| refuse_directories_of(&archives))
        {
            refused(&failure.message.to_string());
        }
        return Printer::new(&args.output).result("mirror pull", &pulled, &dry_run_text(&pulled));
    };

    refuse_directories_of(&archives)?;
    let delivery = Delivery::stage(
        &path,
        journal.directory(),
        &discovery.release_manifests,
        environment.executable.as_deref(),
    )?;
    let observer: Arc<dyn Observer> = progress.clone();
    let (args, environment) = (&args, &environment);
    let run = Run {
        args,
        environment,
        source: &source,
        main: &path,
        journal: &journal,
        nearby: &nearby,
        observer: &observer,
    };
    let written = run.write(&archives).await?;
    pulled.files = written.files;
    pulled.gost_sums = written.sums;
    pulled.copied = nearby.copied();
    delivery.add_to(&mut delivered);
    pulled.sum = Some(delivered.sha256());
    pulled.gost_sum = args.gost_digest.then(|| delivered.gost());
    let beside = delivery.publish();
    // The bundle is complete: there is nothing left to go on with, whatever becomes of what lies beside it.
    journal.remove()?;
    pulled.files.extend(beside?);
    if environment.executable.is_some() && !side_files::IS_STATIC {
        progress.warn("the dhctl beside the bundle is not the static Linux binary and may not run elsewhere");
    }
    Printer::new(&args.output).result("mirror pull", &pulled, &text(&pulled))
}

/// Which archives there are besides the main one, only planning shows.
fn refuse_directories_of(archives: &[PlannedArchive]) -> Result<(), Failure> {
    archives.iter().try_for_each(|archive| side_files::refuse_directories_of(&archive.path))
}

const DIRECTORY_HINT: &str = "the directory of the bundle must exist and be writable";

fn open_journal(path: &Path, fresh: bool) -> Result<Journal, Failure> {
    Journal::open(path, fresh).map_err(|error| {
        let is_file = matches!(error, mirror::Error::File { .. });
        let failure = Failure::from(error);
        if is_file { failure.hint(DIRECTORY_HINT) } else { failure }
    })
}

/// A request that cannot be met leaves nothing behind; a line that broke leaves what came over it.
pub(crate) fn clean_up(journal: &Journal, error: &mirror::Error) -> Result<(), Failure> {
    let line_broke = matches!(error, mirror::Error::Registry(_));
    let keep = if line_broke { journal.is_worth_keeping() } else { journal.is_begun() };
    if !keep {
        journal.remove()?;
    }
    Ok(())
}

fn request(args: &TransferArgs) -> Request {
    Request {
        select: select::Request {
            min: args.min_version,
            max: args.max_version,
            releases: args.release.clone(),
            channels: args.channel.clone(),
            excluded: args.exclude_channel.clone(),
            point_channel: args.point_channel,
            ignore_suspend: args.ignore_suspend,
        },
        proxy_registry: args.proxy_registry,
        modules: if args.no_modules { Modules::Nothing } else { args.modules.modules() },
        no_security_databases: args.no_security_db,
        installer: args.bundle_format == BundleFormat::D8,
    }
}

fn summary(
    args: &TransferArgs,
    discovery: &Discovery,
    archives: &[PlannedArchive],
    free_space: u64,
) -> Pulled {
    let plans = archives.iter().map(|archive| &archive.plan);
    let blobs = plans.clone().flat_map(|plan| plan.layout().blobs());
    let unique: HashMap<_, u64> = blobs.map(|blob| (blob.digest, blob.size)).collect();
    Pulled {
        source: args.source.to_string(),
        dry_run: args.dry_run,
        releases: discovery.releases.iter().map(|version| format!("v{version}")).collect(),
        versions_asked: discovery.versions_asked,
        channels: discovery
            .channels
            .iter()
            .map(|(channel, it)| (channel.to_string(), format!("v{it}")))
            .collect(),
        modules: discovery
            .modules
            .iter()
            .map(|(name, versions)| (name.clone(), versions.iter().map(ToString::to_string).collect()))
            .collect(),
        databases: discovery.databases.clone(),
        installer: discovery.installer.clone(),
        images: plans.clone().map(|plan| plan.image_count()).sum(),
        repositories: plans.clone().map(|plan| plan.repository_count()).sum(),
        download_size: unique.values().sum(),
        bundle_size: plans.map(|plan| plan.layout().size()).sum(),
        free_space,
        copied: Copied::default(),
        files: Vec::new(),
        sum: None,
        gost_sum: None,
        gost_sums: BTreeMap::new(),
    }
}

fn contents_text(pulled: &Pulled) -> String {
    let channels: Vec<String> =
        pulled.channels.iter().map(|(name, version)| format!("{name} → {version}")).collect();
    let modules: Vec<String> = pulled
        .modules
        .iter()
        .map(|(name, versions)| format!("{name} {}", versions.join(" ")).trim_end().to_owned())
        .collect();
    let or_none = |values: &[String], separator: &str| {
        if values.is_empty() { "none".to_owned() } else { values.join(separator) }
    };
    let installer = pulled.installer.as_ref().map_or_else(String::new, |tag| format!("installer  {tag}\n"));
    let by_asking = if pulled.versions_asked > 0 { " (found by asking)" } else { "" };
    format!(
        "releases   {}{by_asking}\nchannels   {}\nmodules    {}\ndatabases  {}\n{installer}images     {} in {}\n",
        or_none(&pulled.releases, ", "),
        or_none(&channels, ", "),
        or_none(&modules, ", "),
        or_none(&database_names(&pulled.databases), ", "),
        pulled.images,
        count(pulled.repositories, "repository"),
    )
}

fn dry_run_text(pulled: &Pulled) -> String {
    let enough = if pulled.free_space < pulled.bundle_size { ": not enough" } else { "" };
    format!(
        "{}download   {}\nbundle     {}\nfree disk  {}{enough}\nnothing was written (--dry-run)\n",
        contents_text(pulled),
        human(pulled.download_size),
        human(pulled.bundle_size),
        human(pulled.free_space),
    )
}

fn text(pulled: &Pulled) -> String {
    let files = files_text(&pulled.files, &pulled.gost_sums);
    let mut copied = String::new();
    if pulled.copied.blobs > 0 {
        let (blobs, bytes) = (count(pulled.copied.blobs, "blob"), human(pulled.copied.bytes));
        copied =
            format!("copied     {blobs} ({bytes}) that were here already, instead of downloading them\n");
    }
    let sums = sums_text(pulled.sum.as_deref(), pulled.gost_sum.as_deref());
    format!("{}bundle     {}\n{copied}{files}{sums}", contents_text(pulled), human(pulled.bundle_size))
}
