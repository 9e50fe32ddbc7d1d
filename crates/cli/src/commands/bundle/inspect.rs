//! `dhctl bundle inspect FILE`

use std::{collections::BTreeMap, fmt::Write as _};

use ::bundle::Bundle;
use mirror::{
    attached::Attachments,
    inspect::{Inspection, ModuleInspection, inspect},
};

use crate::{
    failure::Failure,
    format::{count, database_names, human, in_files},
    invocation::Invocation,
    printer::Printer,
    settings::InspectSettings,
    thin,
};

const NAME: &str = "bundle inspect";

pub(crate) fn invocation(settings: InspectSettings) -> Invocation {
    Invocation::new(NAME, settings.output, async move { run(&settings) })
}

fn run(settings: &InspectSettings) -> Result<(), Failure> {
    let bundle = Bundle::open(&settings.files)?;
    let inspection = inspect(&bundle)?;
    Printer::new(settings.output).result(NAME, &inspection, &text(&inspection))
}

fn text(inspection: &Inspection) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<10} {value}");
    };
    let parts = in_files(inspection.archives, inspection.parts);
    let stored: u64 = inspection.repositories.iter().map(|repository| repository.size).sum();
    let copies = stored.saturating_sub(inspection.unique_blob_size);
    match &inspection.thin {
        None => line(
            "size",
            format!(
                "{}{parts}, of which {} are copies shared by several repositories",
                human(inspection.size),
                human(copies)
            ),
        ),
        Some(thin) => {
            line("size", format!("{}{parts}", human(inspection.size)));
            line("left out", format!("{}, which the target must have", thin::blobs_text(thin)));
            line("base", thin::bases_text(thin));
        }
    }
    line(
        "images",
        format!("{} in {}", inspection.images, count(inspection.repositories.len(), "repository")),
    );
    line("attached", attached(&inspection.attachments));
    if let Some(edition) = &inspection.edition {
        line("edition", edition.clone());
    }
    line("releases", or_none(&inspection.releases));
    line("channels", pairs(&inspection.channels));
    if !inspection.tags.is_empty() {
        line("tags", or_none(&inspection.tags));
    }
    line("databases", or_none(&database_names(&inspection.databases)));
    line("modules", inspection.modules.len().to_string());
    components_text(&mut text, &inspection.modules);
    if !inspection.packages.is_empty() {
        let _ = writeln!(text, "{:<10} {}", "packages", inspection.packages.len());
        components_text(&mut text, &inspection.packages);
    }
    if !inspection.plugins.is_empty() {
        let _ = writeln!(text, "{:<10} {}", "plugins", inspection.plugins.len());
        for (name, versions) in &inspection.plugins {
            let _ = writeln!(text, "  {name}  {}", or_none(versions));
        }
    }
    let width =
        inspection.repositories.iter().map(|it| it.path.len()).max().unwrap_or(0).max("repository".len());
    let _ = writeln!(
        text,
        "\n{:<width$}  {:>7}  {:>7}  {:>9}  {:>9}",
        "repository", "images", "blobs", "size", "shared"
    );
    for repository in &inspection.repositories {
        let path = if repository.path.is_empty() { "(root)" } else { &repository.path };
        let (size, shared) = (human(repository.size), human(repository.shared_size));
        let _ = writeln!(
            text,
            "{path:<width$}  {:>7}  {:>7}  {size:>9}  {shared:>9}",
            repository.images, repository.blobs
        );
    }
    text
}

/// The modules or packages, a line for each.
fn components_text(text: &mut String, components: &BTreeMap<String, ModuleInspection>) {
    for (name, component) in components {
        let channels = if component.channels.is_empty() {
            String::new()
        } else {
            format!(" ({})", pairs(&component.channels))
        };
        let _ = writeln!(text, "  {name}  {}{channels}", or_none(&component.versions));
    }
}

/// Release channels, and where each points.
fn pairs(channels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = channels.iter().map(|(name, version)| format!("{name} → {version}")).collect();
    or_none(&pairs)
}

/// What is attached to images.
fn attached(attachments: &Attachments) -> String {
    let Attachments { signatures, attestations, sboms, referrers } = *attachments;
    let counts = [(signatures, "signature"), (attestations, "attestation"), (sboms, "SBOM")];
    let words = counts.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun));
    let others = (referrers > 0).then(|| format!("{} of other types", count(referrers, "referrer")));
    or_none(&words.chain(others).collect::<Vec<_>>())
}

fn or_none(values: &[String]) -> String {
    if values.is_empty() { "none".to_owned() } else { values.join(", ") }
}
