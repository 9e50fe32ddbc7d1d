//! The text of `dhctl update want`.

use std::fmt::Write as _;

use commands::Sentence;
use deckhouse::{
    version::tag_of,
    want::{WantedCluster, WantedModule, WantedPackage, WantedPlatform},
};

use super::{ReadRegistry, Written};
use crate::format::{count, human, named_list, next_steps, or_none};

pub(super) fn of(written: &Written<'_>) -> String {
    let mut text: String = written.clusters.iter().map(cluster).collect();
    for registry in &written.registries {
        text += &of_registry(registry);
    }
    if !written.plugins.is_empty() {
        text += &named_list("plugins", &written.plugins.iter().cloned().collect::<Vec<_>>());
    }
    if written.registries.len() > 1 {
        text += &named_list("in all", &[count(written.held, "image")]);
    }
    match &written.file {
        Some(file) => text += &named_list("written", &[file.clone(), human(written.size as u64)]),
        None => text += "no want list was written (no --out)\n",
    }
    if let Some(pull) = &written.pull {
        let step = Sentence::from("copy the want list to the machine outside, and run there: ")
            .command(pull.clone());
        text += &next_steps(&[step]);
        text +=
            "If no file may leave this environment, pull outside without it, which pulls everything again:\n";
    } else {
        text += "Outside, this pulls the same releases and modules:\n";
    }
    let _ = writeln!(text, "  {}", written.pull_without_list);
    text
}

fn cluster(cluster: &WantedCluster) -> String {
    let WantedPlatform { version, target, edition, channel, kubernetes } = &cluster.platform;
    let mut text = named_list("cluster", &[cluster.name.clone().unwrap_or_default()]);
    let or_unknown = |known: Option<String>| known.unwrap_or_else(|| "unknown".to_owned());
    let runs = [
        tag_of(version),
        format!("edition {}", or_unknown(edition.as_ref().map(ToString::to_string))),
        channel
            .map_or_else(|| "no release channel".to_owned(), |channel| format!("release channel {channel}")),
        format!("Kubernetes {}", or_unknown(kubernetes.as_ref().map(ToString::to_string))),
    ];
    text += &named_list("runs", &runs);
    let target = match target {
        Some(target) => tag_of(target),
        None => "the release that the release channel points to in the source registry".to_owned(),
    };
    text += &named_list("target", &[target]);
    text += &named_list("modules", &or_none(cluster.modules.iter().map(module)));
    text += &named_list("packages", &or_none(cluster.packages.iter().map(package)));
    if !cluster.databases {
        text += &named_list("databases", &["not used: the module operator-trivy is disabled".to_owned()]);
    }
    for part in &cluster.unknown {
        let why = part.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        text += &named_list("unknown", &[format!("{}{why}", part.what)]);
    }
    text
}

fn module(module: &WantedModule) -> String {
    let version = module.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let channel = module.channel.map(|channel| format!(" ({channel})")).unwrap_or_default();
    let name = &module.name;
    match module.source.as_deref() {
        None | Some("deckhouse" | "deckhouse-modules") => format!("{name}{version}{channel}"),
        Some(source) => format!("{name}{version}{channel} from {source}"),
    }
}

fn package(package: &WantedPackage) -> String {
    let version = package.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    format!("{}{version}", package.name)
}

fn of_registry(it: &ReadRegistry) -> String {
    let mut text = named_list(
        "registry",
        &[it.registry.clone(), format!("{} complete", count(it.complete_images, "image"))],
    );
    if it.missing > 0 {
        let missing = count(it.missing, "object");
        let them = if it.missing == 1 { "it" } else { "them" };
        let what = format!(
            "{missing} missing or damaged; a pull with the list downloads the images that need {them}"
        );
        text += &named_list("", &[what]);
    }
    text
}
