//! What reading the images of the first release of a plan showed, as text.

use cluster::image_check::ImageReport;

/// More missing objects that are not needed than these are only counted.
const SHOWN: usize = 3;

/// What reading the images of the first release showed.
pub(super) fn lines(report: &ImageReport) -> Vec<String> {
    let ImageReport { registry, release, objects, missing, missing_unused, modules_not_checked, .. } = report;
    let Some(objects) = objects else {
        return vec![format!("{registry}: the images of {release} were not read; see below")];
    };
    let read = format!("{objects} manifests and blobs");
    let first = match missing.len() {
        0 => format!(
            "{registry}: the cluster's login can read everything of {release} that this cluster needs ({read} requested)"
        ),
        missing => {
            format!(
                "{registry}: {read} of {release} requested; {missing} that this cluster needs cannot be read, see below"
            )
        }
    };
    let unused = missing_unused.iter().map(|it| {
        let names: Vec<&str> = it.images.iter().map(String::as_str).collect();
        let of = if names.is_empty() { "the installer".to_owned() } else { names.join(", ") };
        format!("cannot be read, but this cluster does not use it: {} ({of}: {})", it.object, it.why)
    });
    let (shown, total) = (unused.take(SHOWN).collect::<Vec<_>>(), missing_unused.len());
    let more = (total > SHOWN)
        .then(|| format!("cannot be read, but this cluster does not use them: {} more", total - SHOWN));
    let unchecked = (!modules_not_checked.is_empty()).then(|| {
        let names: Vec<&str> = modules_not_checked.iter().map(String::as_str).collect();
        format!("not checked: images of modules that {release} requires: {}", names.join(", "))
    });
    std::iter::once(first).chain(shown).chain(more).chain(unchecked).collect()
}
