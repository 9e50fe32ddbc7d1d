//! `dhctl bundle verify FILE`

use std::path::PathBuf;

use bundle::{Bundle, VerifyReport};
use mirror::{
    Contents, Event, MissingItem, Observer as _, Stage,
    complete::{Completeness, completeness},
    set_sum::SetList,
};
use oci::Digest;
use serde::Serialize;

use crate::{
    Environment,
    args::BundleVerifyArgs,
    bundle_task,
    exit_code::Exit,
    expected_sum::sums_text,
    failure::Failure,
    format::{count, human, in_files},
    printer::Printer,
    progress::Progress,
    releases_files::Promised,
    side_files::SideFiles,
};

/// A bundle that is sound and complete.
#[derive(Serialize)]
struct Verified {
    #[serde(flatten)]
    bytes: VerifyReport,
    #[serde(flatten)]
    complete: Completeness,
    /// The `deckhousereleases.yaml` that lie beside it.
    releases_files: Vec<String>,
    /// SHA-256 sum of the whole delivery: the images, `deckhousereleases.yaml` and `dhctl`.
    sum: String,
    /// GOST R 34.11-2012 sum of the whole delivery, where the bundle has such sums.
    #[serde(skip_serializing_if = "Option::is_none")]
    gost_sum: Option<String>,
}

/// What was found besides damage.
#[derive(Default)]
struct Checked {
    complete: Completeness,
    note: Option<String>,
    list: SetList,
}

pub(crate) async fn run(args: BundleVerifyArgs, environment: Environment) -> Result<(), Failure> {
    let files = args.bundle.file;
    let named = files[0].display().to_string();
    let promised = Promised::beside(&files)?;
    let paths = files.clone();
    let report = bundle_task::run(Stage::Check, &args.output, &environment, move |progress| {
        bundle::verify(&paths, progress)
    })
    .await?;
    let Checked { mut complete, note, mut list } = complete(&files, &promised, &report).await?;
    let beside = SideFiles::beside(&files)?;
    complete.missing.extend_from_slice(&beside.changed);
    beside.add_to(&mut list);
    if let Some(note) = note {
        Progress::new(&args.output, environment.stderr_is_terminal).event(Event::Note(note));
    }
    if !report.damages.is_empty() || !complete.missing.is_empty() {
        return Err(unsound(&named, report, complete.missing));
    }
    if let Some(expected) = &args.expect_sum {
        expected.check(&list, &beside.names())?;
    }
    let releases_files = promised.files.iter().map(|(path, _, _)| path.display().to_string()).collect();
    let gost_sum = (!report.sums.is_empty()).then(|| list.gost());
    let verified = Verified { bytes: report, complete, releases_files, sum: list.sha256(), gost_sum };
    let mut text =
        format!("{named} is sound: {}\n{named} is complete: {}\n", sound(&verified), whole(&verified));
    text += &sums_text(Some(&verified.sum), verified.gost_sum.as_deref());
    Printer::new(&args.output).result("bundle verify", &verified, &text)
}

/// Whether everything is there that the lists in the bundle and beside it name. Where the archive cannot be
/// opened, the damage says so already.
async fn complete(files: &[PathBuf], promised: &Promised, report: &VerifyReport) -> Result<Checked, Failure> {
    let bundle = match Bundle::open(files) {
        Ok(bundle) => bundle,
        Err(_) if !report.damages.is_empty() => return Ok(Checked::default()),
        Err(error) => return Err(error.into()),
    };
    let (contents, unreadable) = Contents::read_what_is_there(&bundle)?;
    let mut complete = completeness(&bundle, &contents, &promised.releases()).await?;
    // Damaged manifests and blobs are in the report already; what is wrong in index.json is not.
    let is_new = |item: &MissingItem| report.damages.is_empty() || item.reference.parse::<Digest>().is_err();
    complete.missing.extend(unreadable.into_iter().filter(is_new));
    complete.missing.extend(promised.silent_about(&complete.releases));
    complete.missing.extend(promised.contradictions(&complete.described)?);
    complete.missing.extend_from_slice(&promised.unusable);
    Ok(Checked { complete, note: contents.made_tags_note(), list: SetList::of_bundle(&bundle) })
}

fn unsound(named: &str, report: VerifyReport, missing: Vec<MissingItem>) -> Failure {
    let damaged = (!report.damages.is_empty()).then(|| match report.damages.len() {
        1 => "is damaged in 1 place".to_owned(),
        n => format!("is damaged in {n} places"),
    });
    let lacking = (!missing.is_empty()).then(|| match missing.len() {
        1 => "is incomplete: 1 object that it should have is missing".to_owned(),
        n => format!("is incomplete: {n} objects that it should have are missing"),
    });
    let said: Vec<String> = damaged.into_iter().chain(lacking).collect();
    let hint = if report.damages.is_empty() {
        "pull the bundle again"
    } else {
        "copy the files again that are named, or pull the bundle again"
    };
    Failure {
        damaged: report.damages,
        missing,
        ..Failure::new(Exit::Incomplete, format!("{named} {}", said.join(" and ")))
    }
    .hint(hint)
}

fn sound(Verified { bytes: report, .. }: &Verified) -> String {
    let files = in_files(report.archives, report.files);
    let sums = if report.sums.is_empty() {
        "no GOST sum next to it".to_owned()
    } else {
        format!("{} right", count(report.sums.len(), "GOST sum"))
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
    let beside = match releases_files.as_slice() {
        _ if releases == 0 => String::new(),
        [] => ", no deckhousereleases.yaml next to it".to_owned(),
        files => format!(", {} describes the same releases", files.join(" and ")),
    };
    format!("{} with the {} that they name{beside}", has.join(" and "), count(complete.images, "image"))
}
