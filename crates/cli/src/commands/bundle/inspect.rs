//! `dhctl bundle inspect FILE`

use std::{collections::BTreeMap, fmt::Write as _};

use ::bundle::Bundle;
use mirror::{
    attached::Attachments,
    inspect::{Inspection, ModuleInspection, inspect},
};

use crate::{
    failure::Failure,
    format::{count, database_names, human, in_files, named_list, or_none, wrapped},
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
    let mut line = |name: &str, value: String| text += &named_list(name, &[value]);
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
    text += &contents_text(inspection);
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

/// Releases, channels, databases, modules, packages and plugins.
fn contents_text(inspection: &Inspection) -> String {
    let list = |values: &[String]| or_none(values.iter().cloned());
    let mut text = named_list("releases", &list(&inspection.releases));
    text += &named_list("channels", &or_none(pairs(&inspection.channels)));
    if !inspection.tags.is_empty() {
        text += &named_list("tags", &inspection.tags);
    }
    text += &named_list("databases", &list(&database_names(&inspection.databases)));
    text += &named_list("modules", &[inspection.modules.len().to_string()]);
    text += &components_text(&inspection.modules);
    if !inspection.packages.is_empty() {
        text += &named_list("packages", &[inspection.packages.len().to_string()]);
        text += &components_text(&inspection.packages);
    }
    if !inspection.plugins.is_empty() {
        text += &named_list("plugins", &[inspection.plugins.len().to_string()]);
        for (name, versions) in &inspection.plugins {
            text += &wrapped(&format!("  {name}  "), 4, &list(versions));
        }
    }
    text
}

/// The modules or packages, each with its versions and channels.
fn components_text(components: &BTreeMap<String, ModuleInspection>) -> String {
    let one = |(name, component): (&String, &ModuleInspection)| {
        let mut words = or_none(component.versions.iter().cloned());
        let channels: Vec<String> = pairs(&component.channels).collect();
        if let (Some(version), [first, others @ ..]) = (words.last_mut(), channels.as_slice()) {
            *version += &format!(" ({first}");
            words.extend_from_slice(others);
            words.last_mut().into_iter().for_each(|last| last.push(')'));
        }
        wrapped(&format!("  {name}  "), 4, &words)
    };
    components.iter().map(one).collect()
}

/// Release channels, and where each points.
fn pairs(channels: &BTreeMap<String, String>) -> impl Iterator<Item = String> {
    channels.iter().map(|(name, version)| format!("{name} → {version}"))
}

/// What is attached to images.
fn attached(attachments: &Attachments) -> String {
    let Attachments { signatures, attestations, sboms, referrers } = *attachments;
    let counts = [(signatures, "signature"), (attestations, "attestation"), (sboms, "SBOM")];
    let words = counts.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun));
    let others = (referrers > 0).then(|| format!("{} of other types", count(referrers, "referrer")));
    or_none(words.chain(others)).join(", ")
}
