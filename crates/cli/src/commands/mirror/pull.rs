//! `dhctl mirror pull`: pull a distribution into a bundle.

mod preview;
mod sticks;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use commands::{Dhctl, Mirror, Sentence};
use deckhouse::{SelectError, lock::Lock};
use futures_util::future::{OptionFuture, join};
use mirror::{
    Bases, Discovery, Event, LocalBlobs, Observer,
    archives::{self, ArchivesJob, BundleForm, PlannedArchive},
    discover,
    inspect::LeftOut,
    journal::Journal,
    local_blobs::Copied,
    set_sum::SetList,
    source::Source,
};
use oci::Tag;
use serde::Serialize;

use self::preview::Preview;
use crate::{
    Environment,
    delivery_file::Replaced,
    exit_code::Exit,
    expected_sum::sums_text,
    failure::Failure,
    format::{count, database_names, human},
    interrupted::{Next, Pull},
    invocation::Invocation,
    lock_file,
    printer::Printer,
    progress::Progress,
    settings::{self, Output, PullSettings, RegistryAccess, WantSettings},
    side_files::{self, SideSizes, StagedFiles, files_text},
    thin,
};

pub(super) const NAME: &str = "mirror pull";

/// What was pulled, or with `--dry-run` would be pulled.
#[derive(Serialize)]
struct Pulled {
    source: String,
    dry_run: bool,
    releases: Vec<String>,
    /// How many versions were requested one by one, since the source does not list them; else 0.
    versions_asked: usize,
    channels: BTreeMap<String, String>,
    /// Builds of the platform, by their tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    modules: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    packages: BTreeMap<String, Vec<String>>,
    /// Plugins of the d8 CLI, and their versions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    plugins: BTreeMap<String, Vec<String>>,
    /// Extra images of modules and packages, if nothing else of these was pulled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_images: Vec<String>,
    databases: Vec<String>,
    /// The tag of the standalone installer.
    #[serde(skip_serializing_if = "Option::is_none")]
    installer: Option<String>,
    images: usize,
    repositories: usize,
    /// How many clusters the want list has, if the pull works by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    wanting_clusters: Option<usize>,
    /// How many images the want list names as held.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_images: Option<usize>,
    /// Bytes of all blobs, each once.
    download_size: u64,
    /// Size of the bundle in bytes.
    bundle_size: u64,
    /// What a thin bundle leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
    /// Free bytes in the directory of the bundle, before the pull.
    free_space: u64,
    /// What was copied from other archives of the directory, or from what planning had read, and not downloaded.
    copied: Copied,
    /// The lock file that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<PathBuf>,
    /// SHA-256 sum of the images, `deckhousereleases.yaml` and `dhctl` together.
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<String>,
    /// The same sum by GOST R 34.11-2012.
    #[serde(skip_serializing_if = "Option::is_none")]
    gost_sum: Option<String>,
    /// GOST R 34.11-2012 sums by file name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    gost_sums: BTreeMap<PathBuf, String>,
    /// What only a dry run shows.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    preview: Option<Preview>,
}

/// A pull with these settings, or the failure that they are not valid.
pub(crate) fn invocation(
    output: Output,
    settings: Result<Box<PullSettings>, Failure>,
    environment: Environment,
) -> Invocation {
    let next = settings.as_ref().map_or(Next::Again, |settings| Next::from(Pull::of(settings)));
    let work = async move { run(&*settings?, environment).await };
    Invocation::new(NAME, output, work).if_interrupted(next)
}

async fn run(settings: &PullSettings, environment: Environment) -> Result<(), Failure> {
    if let Some(binary) = &settings.binary {
        side_files::refuse_other_files(binary)?;
    }
    let executable = settings.binary.as_deref().or(environment.executable.as_deref());
    let directory = settings::directory(&settings.archive);
    let free_space = ::bundle::free_space(directory)
        .map_err(|error| Failure::file(directory, &error).hint(DIRECTORY_HINT))?;
    check_files(settings, executable)?;
    let locked = settings.locked.as_deref().map(lock_file::read).transpose()?;
    let mut bases = thin::bases(&settings.bases)?;
    let credentials = settings.login.resolve(&settings.source, &environment).await?;
    let access = RegistryAccess {
        url: &settings.source,
        credentials,
        connection: &settings.connection,
        ca: None,
        pushes: false,
    };
    let (client, progress) = access.connect(settings.output, &environment)?;
    report_settings(settings, &environment, &progress);
    if settings.request.proxy_registry {
        client.expect_proxy_cache();
    }
    let journal = if settings.dry_run { None } else { Some(Arc::new(open_journal(settings)?)) };
    let local = Arc::new(LocalBlobs::default());
    let source = Source::new(client, settings.source.repository.clone(), journal.clone());
    let source = source.with_local(local.clone());

    // Planning waits for the network most of the time. Both come to an end, so that the journal can be removed.
    let staging = OptionFuture::from(journal.as_ref().map(|journal| {
        let (archive, directory) = (settings.archive.clone(), journal.directory().clone());
        StagedFiles::stage(archive, directory, executable.map(Path::to_owned))
    }));
    let discovery = discover(settings, locked.as_ref(), &source, &progress);
    let (discovered, staged) = join(discovery, staging).await;
    if let (Err(error), Some(journal)) = (&discovered, &journal) {
        journal.remove_unless_useful(error)?;
    }
    let mut discovery = discovered.map_err(|error| not_discovered(settings, error))?;
    if let Some(want) = &settings.want {
        add_held(want, settings.form, &source, &mut bases, &progress).await?;
    }
    let wanted = std::mem::take(&mut discovery.wanted);
    let mut sum_of = SetList::of_wanted(&wanted);
    let edition = locked
        .as_ref()
        .map_or_else(|| settings.source.repository.last_segment(), |lock| lock.edition.as_str());
    let lock = settings.lock.as_deref().map(|path| (path, wanted.lock(edition)));
    let planned = if bases.is_empty() {
        archives::plan(&settings.archive, settings.form, wanted, edition)?
    } else {
        vec![archives::plan_thin(&settings.archive, wanted, edition, &bases, &source.layers_read())?]
    };
    let mut pulled = summary(settings, &discovery, &planned, free_space);
    // Without releases, the file next to the bundle belongs to another one.
    let releases = (!discovery.releases.is_empty()).then_some(discovery.release_manifests.as_str());
    let Some((journal, staged)) = journal.zip(staged) else {
        if let Some((path, lock)) = &lock {
            lock_file::write(path, lock)?;
        }
        warn_of_refusals(settings, &planned, pulled.bundle_size, executable.is_some(), &progress);
        let side_files = SideSizes::of(&settings.archive, executable, releases);
        let preview = Preview::of(settings, &planned, &side_files, |path| source.name(path));
        preview.write(settings)?;
        pulled.preview = Some(preview);
        let needed = pulled.bundle_size.saturating_add(side_files.to_write);
        return Printer::new(settings.output).result(NAME, &pulled, &dry_run_text(&pulled, needed));
    };

    refuse_directories_of(&planned)?;
    let mut side_files = staged?;
    if let Some(releases) = releases {
        side_files.add_releases(&settings.archive, releases)?;
    }
    let observer: Arc<dyn Observer> = progress.clone();
    let job = ArchivesJob {
        source: &source,
        main: &settings.archive,
        journal: &journal,
        local: &local,
        options: settings.write,
        observer: &observer,
    };
    let written = job.write(&planned, settings.form).await?;
    pulled.files = written.files;
    pulled.gost_sums = written.sums;
    pulled.copied = local.copied();
    side_files.add_to(&mut sum_of);
    pulled.sum = Some(sum_of.sha256());
    pulled.gost_sum = settings.write.gost.then(|| sum_of.gost());
    let published = side_files.publish();
    // The bundle is complete: there is nothing left to resume, even if the files next to it cannot be published.
    journal.remove()?;
    pulled.files.extend(published?);
    if let Some((path, lock)) = &lock {
        lock_file::write(path, lock)?;
    }
    if settings.binary.is_none() && executable.is_some() && !side_files::IS_STATIC {
        progress
            .warn("the dhctl next to the bundle is not the static Linux binary and may not run elsewhere");
    }
    Printer::new(settings.output).result(NAME, &pulled, &text(&pulled, settings))
}

/// Checks that the files of a pull can be written, before anything is read.
fn check_files(settings: &PullSettings, executable: Option<&Path>) -> Result<(), Failure> {
    if !settings.dry_run {
        side_files::refuse_directories(&settings.archive, executable.is_some())?;
        side_files::refuse_directories_of(&settings.archive)?;
    }
    settings.lock.as_deref().map_or(Ok(()), lock_file::check)?;
    preview::check(settings)
}

async fn discover(
    settings: &PullSettings,
    locked: Option<&Lock>,
    source: &Source,
    progress: &Progress,
) -> Result<Discovery, mirror::Error> {
    match locked {
        Some(lock) => discover::locked(source, lock, progress).await,
        None => discover::discover(source, &settings.request, progress).await,
    }
}

fn not_discovered(settings: &PullSettings, error: mirror::Error) -> Failure {
    match error {
        // The hint for flags does not fit.
        mirror::Error::ModuleVersionsUnknown { .. } if settings.want.is_some() => {
            Failure::usage(error.to_string()).hint(UNLISTED_HINT)
        }
        mirror::Error::Select(SelectError::NothingInRange { .. }) if settings.want.is_some() => {
            Failure::new(Exit::Incomplete, error.to_string()).hint(NOTHING_IN_RANGE_HINT)
        }
        error => error.into(),
    }
}

/// Reports what a user may not expect of the settings.
fn report_settings(settings: &PullSettings, environment: &Environment, progress: &Progress) {
    if let Some(note) = environment.d8.note() {
        progress.event(Event::Note(note));
    }
    report_replaced(&settings.replaced, progress);
    for warning in settings.want.iter().flat_map(WantSettings::warnings) {
        progress.warn(&warning);
    }
}

/// Reports the keys of a delivery file that have no effect.
pub(super) fn report_replaced(replaced: &[Replaced], progress: &Progress) {
    for replaced in replaced {
        if replaced.by_variable {
            progress.warn(&replaced.text);
        } else {
            progress.event(Event::Note(replaced.text.clone()));
        }
    }
}

/// Adds what the registries of a want list contain to what is left out.
async fn add_held(
    want: &WantSettings,
    form: BundleForm,
    source: &Source,
    bases: &mut Bases,
    progress: &Progress,
) -> Result<(), Failure> {
    if want.list.held.is_empty() {
        return Ok(());
    }
    if form == BundleForm::Directory {
        let note = "a directory of archives is never thin: blobs of images that the want list names as held are pulled too";
        progress.event(Event::Note(note.to_owned()));
        return Ok(());
    }
    let unknown = bases.add_registry(source, &want.list.held).await?;
    if unknown > 0 {
        let images = count(unknown, "image");
        progress.event(Event::Note(format!(
            "the source does not have the manifests of {images} that the want list names as held; nothing is left out because of them"
        )));
    }
    Ok(())
}

/// Warns in a dry run about everything that the pull itself would be refused for.
fn warn_of_refusals(
    settings: &PullSettings,
    planned: &[PlannedArchive],
    bundle_size: u64,
    with_executable: bool,
    progress: &Progress,
) {
    let warn = |why: &str| progress.warn(&format!("the pull itself would fail: {why}"));
    if let Err(error) = ::bundle::Writer::check(&settings.archive, bundle_size, settings.write.part_size) {
        warn(&error.to_string());
    }
    if let Err(failure) = side_files::refuse_directories(&settings.archive, with_executable)
        .and_then(|()| refuse_directories_of(planned))
    {
        warn(&failure.message.to_string());
    }
}

/// Only planning shows which archives there are besides the main one.
fn refuse_directories_of(archives: &[PlannedArchive]) -> Result<(), Failure> {
    archives.iter().try_for_each(|archive| side_files::refuse_directories_of(&archive.path))
}

const NOTHING_IN_RANGE_HINT: &str = "a want list requests the releases from the one that a cluster runs up to its target; a cluster in the list may run a \
     newer release than its release channel has in the source: compare the two, and write the list again with --to vX.Y.Z";
const UNLISTED_HINT: &str = "a want list needs all versions of its modules, and this source does not list them; pull from a source that lists \
     them, or without --want and with the versions that you name with --include-module NAME@=VERSION";

const DIRECTORY_HINT: &str = "check that the directory of the bundle exists and is writable";

fn open_journal(settings: &PullSettings) -> Result<Journal, Failure> {
    Journal::open(&settings.archive, settings.write.fresh).map_err(|error| {
        let is_file = matches!(error, mirror::Error::File { .. });
        let failure = Failure::from(error);
        if is_file { failure.hint(DIRECTORY_HINT) } else { failure }
    })
}

fn summary(
    settings: &PullSettings,
    discovery: &Discovery,
    archives: &[PlannedArchive],
    free_space: u64,
) -> Pulled {
    let plans = archives.iter().map(|archive| &archive.plan);
    let blobs = plans.clone().flat_map(|plan| plan.layout().blobs());
    let unique: HashMap<_, u64> = blobs.map(|blob| (blob.digest, blob.size)).collect();
    Pulled {
        source: settings.source.to_string(),
        dry_run: settings.dry_run,
        releases: discovery.releases.iter().map(|version| format!("v{version}")).collect(),
        versions_asked: discovery.versions_asked,
        channels: discovery
            .channels
            .iter()
            .map(|(channel, it)| (channel.to_string(), format!("v{it}")))
            .collect(),
        tags: discovery.builds.iter().map(ToString::to_string).collect(),
        extra_images: discovery.extra_images.clone(),
        modules: texts(&discovery.modules),
        packages: texts(&discovery.packages),
        plugins: texts(&discovery.plugins),
        databases: discovery.databases.clone(),
        installer: discovery.installer.clone(),
        images: plans.clone().map(|plan| plan.image_count()).sum(),
        repositories: plans.clone().map(|plan| plan.repository_count()).sum(),
        wanting_clusters: settings.want.as_ref().map(|want| want.list.clusters.len()),
        held_images: settings.want.as_ref().map(|want| want.list.held_count()),
        download_size: unique.values().sum(),
        bundle_size: plans.map(|plan| plan.layout().size()).sum(),
        left_out: archives.iter().find_map(|archive| archive.plan.left_out()).map(LeftOut::from),
        free_space,
        copied: Copied::default(),
        lock: settings.lock.clone(),
        files: Vec::new(),
        sum: None,
        gost_sum: None,
        gost_sums: BTreeMap::new(),
        preview: None,
    }
}

/// The versions of modules, packages or plugins as text.
fn texts(versions: &BTreeMap<String, Vec<Tag>>) -> BTreeMap<String, Vec<String>> {
    versions.iter().map(|(name, it)| (name.clone(), it.iter().map(ToString::to_string).collect())).collect()
}

fn contents_text(pulled: &Pulled) -> String {
    let channels: Vec<String> =
        pulled.channels.iter().map(|(name, version)| format!("{name} → {version}")).collect();
    let with_versions = |of: &BTreeMap<String, Vec<String>>| -> Vec<String> {
        of.iter()
            .map(|(name, versions)| format!("{name} {}", versions.join(" ")).trim_end().to_owned())
            .collect()
    };
    let (modules, packages) = (with_versions(&pulled.modules), with_versions(&pulled.packages));
    let or_none = |values: &[String], separator: &str| {
        if values.is_empty() { "none".to_owned() } else { values.join(separator) }
    };
    let installer = pulled.installer.as_ref().map_or_else(String::new, |tag| format!("installer  {tag}\n"));
    let or_nothing = |name: &str, values: &[String]| {
        if values.is_empty() { String::new() } else { format!("{name:<10} {}\n", values.join(", ")) }
    };
    let (tags, extra) = (or_nothing("tags", &pulled.tags), or_nothing("extra", &pulled.extra_images));
    let packages = or_nothing("packages", &packages);
    let plugins = or_nothing("plugins", &with_versions(&pulled.plugins));
    let by_asking = if pulled.versions_asked > 0 { " (requested one by one)" } else { "" };
    format!(
        "releases   {}{by_asking}\nchannels   {}\n{tags}modules    {}\n{packages}{plugins}{extra}databases  {}\n{installer}images     {} in {}\n",
        or_none(&pulled.releases, ", "),
        or_none(&channels, ", "),
        or_none(&modules, ", "),
        or_none(&database_names(&pulled.databases), ", "),
        pulled.images,
        count(pulled.repositories, "repository"),
    )
}

fn left_out_text(pulled: &Pulled) -> String {
    let Some(thin) = &pulled.left_out else { return String::new() };
    format!("left out   {}, which the target must have\n", thin::blobs_text(thin))
}

/// `needed`: the bytes that the pull writes.
fn dry_run_text(pulled: &Pulled, needed: u64) -> String {
    let enough = match (pulled.free_space < pulled.bundle_size, pulled.free_space < needed) {
        (true, _) => ", not enough".to_owned(),
        (false, true) => {
            format!(", not enough: with the files next to the bundle, {} are needed", human(needed))
        }
        (false, false) => String::new(),
    };
    let (download, bundle) = (human(pulled.download_size), human(pulled.bundle_size));
    let Some(preview) = &pulled.preview else { return contents_text(pulled) };
    let lock = pulled.lock.as_ref().map(|path| path.display().to_string());
    format!(
        "{}{}download   {download}\n{}bundle     {bundle}{}\n{}free disk  {}{enough}\n{}",
        contents_text(pulled),
        left_out_text(pulled),
        preview.parts_text(),
        preview.in_files(),
        preview.sticks_text(),
        human(pulled.free_space),
        preview.images_text(lock.as_deref()),
    )
}

fn text(pulled: &Pulled, settings: &PullSettings) -> String {
    let bundle = &settings.named;
    let files = files_text(&pulled.files, &pulled.gost_sums);
    let mut copied = String::new();
    if pulled.copied.blobs > 0 {
        let (blobs, bytes) = (count(pulled.copied.blobs, "blob"), human(pulled.copied.bytes));
        copied = format!("copied     {blobs} ({bytes}) from local archives instead of downloading them\n");
    }
    let sums = sums_text(pulled.sum.as_deref(), pulled.gost_sum.as_deref());
    let lock =
        pulled.lock.as_ref().map_or_else(String::new, |path| format!("lock       {}\n", path.display()));
    format!(
        "{}{}bundle     {}\n{copied}{files}{lock}{sums}{}",
        contents_text(pulled),
        left_out_text(pulled),
        human(pulled.bundle_size),
        settings.output.next_steps(&[
            Sentence::from("outside: ").command(Dhctl::BundleVerify(bundle.display().to_string())),
            Sentence::from("copy every file marked \"written\" above to a machine inside the air gap"),
            Sentence::from("inside: ").command(Mirror::PushFile(carried(bundle))),
        ])
    )
}

/// The name of the bundle where it is copied to: without the directory outside.
fn carried(bundle: &Path) -> String {
    let name = bundle.file_name().filter(|_| !bundle.is_dir());
    name.map_or_else(|| "DIR".to_owned(), |name| name.to_string_lossy().into_owned())
}
