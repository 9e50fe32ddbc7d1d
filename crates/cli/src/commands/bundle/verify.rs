//! `dhctl bundle verify FILE`

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use ::bundle::{Bundle, VerifyReport};
use deckhouse::release_list::RELEASES_FILE;
use mirror::{
    Contents, Event, MissingItem, Observer, Stage, bundle_task,
    complete::{Completeness, Expected, completeness},
    error::Place,
    inspect::LeftOut,
    set_sum::SetList,
};
use oci::Digest;
use serde::Serialize;

use crate::{
    Environment,
    exit_code::Exit,
    expected_sum::sums_text,
    failure::{Failure, incomplete},
    format::{count, human, in_files},
    invocation::Invocation,
    printer::Printer,
    progress::Progress,
    releases_files::ReleasesFiles,
    settings::BundleVerifySettings,
    side_files::{BINARY_FILE, SideFiles},
    thin,
};

/// A bundle that is intact and complete.
#[derive(Serialize)]
struct Verified {
    #[serde(flatten)]
    bytes: VerifyReport,
    #[serde(flatten)]
    complete: Completeness,
    /// What it leaves out, if it is thin.
    #[serde(skip_serializing_if = "Option::is_none")]
    thin: Option<LeftOut>,
    /// The `deckhousereleases.yaml` files next to it.
    releases_files: Vec<String>,
    /// SHA-256 sum of the images, `deckhousereleases.yaml` and `dhctl` together.
    sum: String,
    /// The same sum by GOST R 34.11-2012, where the bundle has such sums.
    #[serde(skip_serializing_if = "Option::is_none")]
    gost_sum: Option<String>,
}

/// What was found besides damage.
#[derive(Default)]
struct Checked {
    complete: Completeness,
    note: Option<String>,
    thin: Option<LeftOut>,
    list: SetList,
}

const NAME: &str = "bundle verify";

pub(crate) fn invocation(settings: BundleVerifySettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.output, run(settings, environment))
}

async fn run(settings: BundleVerifySettings, environment: Environment) -> Result<(), Failure> {
    let BundleVerifySettings { files, expect_sum, allow_missing_modules, output } = settings;
    let named = files[0].display().to_string();
    let listed = ReleasesFiles::next_to(&files)?;
    let progress: Arc<dyn Observer> = Arc::new(Progress::new(output, environment.stderr_is_terminal));
    let paths = files.clone();
    let verify = move |progress: &dyn ::bundle::Progress| ::bundle::verify(&paths, progress);
    let report = bundle_task::run(Stage::Check, &progress, verify).await?;
    let Checked { mut complete, note, thin, mut list } =
        complete(&files, (&listed, &allow_missing_modules), &report).await?;
    let side_files = SideFiles::next_to(&files)?;
    complete.missing.extend_from_slice(&side_files.changed);
    side_files.add_to(&mut list);
    if let Some(note) = note {
        progress.event(Event::Note(note));
    }
    if !report.damages.is_empty() || !complete.missing.is_empty() {
        return Err(not_intact(&named, report, complete.missing));
    }
    match &expect_sum {
        Some(expected) => expected.check(&list, &side_files.names())?,
        None => {
            if let Some(note) = incomplete_sum(&side_files.names(), !complete.releases.is_empty()) {
                progress.event(Event::Note(note));
            }
        }
    }
    let releases_files = listed.files.iter().map(|(path, _, _)| path.display().to_string()).collect();
    let gost_sum = (!report.sums.is_empty()).then(|| list.gost());
    let verified = Verified { bytes: report, complete, thin, releases_files, sum: list.sha256(), gost_sum };
    let mut text =
        format!("{named} is intact: {}\n{named} is complete: {}\n", intact(&verified), whole(&verified));
    if let Some(thin) = &verified.thin {
        text += &format!(
            "{named} is thin: it leaves out {}, which the target must have\nbase: {}\n",
            thin::blobs_text(thin),
            thin::bases_text(thin)
        );
    }
    text += &sums_text(Some(&verified.sum), verified.gost_sum.as_deref());
    Printer::new(output).result(NAME, &verified, &text)
}

/// A note about files that a pull writes and that are not next to the bundle: `found` are those that are. Without releases, a
/// pull writes no `deckhousereleases.yaml`.
fn incomplete_sum(found: &[&str], has_releases: bool) -> Option<String> {
    let files = [has_releases.then_some(RELEASES_FILE), Some(BINARY_FILE)];
    let absent: Vec<&str> = files.into_iter().flatten().filter(|name| !found.contains(name)).collect();
    let (they_are, them) = if absent.len() == 1 { ("it is", "it") } else { ("they are", "them") };
    (!absent.is_empty()).then(|| {
        format!(
            "the sum does not include {}, because {they_are} not next to the bundle; if the pull wrote {them}, it printed another sum",
            absent.join(" and "),
        )
    })
}

/// Whether everything is there that the lists in the bundle and next to it name. If the archive cannot be opened, the
/// damage has been reported already.
async fn complete(
    files: &[PathBuf],
    (listed, allow_missing_modules): (&ReleasesFiles, &BTreeSet<String>),
    report: &VerifyReport,
) -> Result<Checked, Failure> {
    let bundle = match Bundle::open(files) {
        Ok(bundle) => bundle,
        Err(_) if !report.damages.is_empty() => return Ok(Checked::default()),
        Err(error) => return Err(error.into()),
    };
    let (contents, unreadable) = Contents::read_what_is_there(&bundle)?;
    let expected = Expected { promised: &listed.releases(), allow_missing_modules };
    let mut complete = completeness(&bundle, &contents, expected).await?;
    // Damaged manifests and blobs are in the report already; what is wrong in index.json is not.
    let is_new = |item: &MissingItem| report.damages.is_empty() || item.reference.parse::<Digest>().is_err();
    complete.missing.extend(unreadable.into_iter().filter(is_new));
    complete.missing.extend(listed.lacking(&complete.releases));
    complete.missing.extend(listed.contradictions(&complete.described)?);
    complete.missing.extend_from_slice(&listed.unusable);
    Ok(Checked {
        complete,
        note: contents.derived_tags_note(),
        thin: bundle.thin().map(LeftOut::from),
        list: SetList::of_bundle(&bundle),
    })
}

fn not_intact(named: &str, report: VerifyReport, missing: Vec<MissingItem>) -> Failure {
    let damaged = (!report.damages.is_empty()).then(|| match report.damages.len() {
        1 => "is damaged in 1 place".to_owned(),
        n => format!("is damaged in {n} places"),
    });
    let missing_count = (!missing.is_empty()).then(|| match missing.len() {
        1 => "is incomplete: 1 object is missing".to_owned(),
        n => format!("is incomplete: {n} objects are missing"),
    });
    let said: Vec<String> = damaged.into_iter().chain(missing_count).collect();
    let mut hints = incomplete::modules(Place::Bundle, &missing);
    if !report.damages.is_empty() {
        hints.push("copy the named files again, or pull the bundle again".to_owned());
    } else if !missing.iter().all(|item| item.cause.is_module()) {
        hints.push("pull the bundle again".to_owned());
    }
    Failure {
        damaged: report.damages,
        missing,
        ..Failure::new(Exit::Incomplete, format!("{named} {}", said.join(" and ")))
    }
    .with_hints(hints)
}

fn intact(Verified { bytes: report, .. }: &Verified) -> String {
    let files = in_files(report.archives, report.files);
    let sums = if report.sums.is_empty() {
        "no GOST checksum next to it".to_owned()
    } else {
        format!("{} correct", count(report.sums.len(), "GOST checksum"))
    };
    format!(
        "{}{files}, {} and manifests read and hashed, {sums}",
        human(report.size),
        count(report.blobs, "blob"),
    )
}

fn whole(Verified { complete, releases_files, .. }: &Verified) -> String {
    let (releases, versions) = (complete.releases.len(), complete.module_versions);
    let has = [(releases, "release"), (versions, "module version")];
    let has: Vec<String> = has.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| count(*n, noun)).collect();
    if has.is_empty() {
        return "it has no releases and no modules".to_owned();
    }
    let listed = match releases_files.as_slice() {
        _ if releases == 0 => String::new(),
        [] => "; no deckhousereleases.yaml next to it".to_owned(),
        files => format!("; {} describes the same releases", files.join(" and ")),
    };
    format!("{} and all {} that they refer to{listed}", has.join(", "), count(complete.images, "image"))
}
