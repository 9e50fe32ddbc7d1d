//! The text of `dhctl update want`.

use std::fmt::Write as _;

use commands::Sentence;
use deckhouse::{
    version::tag_of,
    want::{WantedCluster, WantedModule, WantedPackage, WantedPlatform},
};

use super::{ReadRegistry, Written};
use crate::format::{count, human, next_steps, wrapped};

/// The width of the names of lines.
const NAMES: usize = 10;

pub(super) fn of(written: &Written<'_>) -> String {
    let mut text: String = written.clusters.iter().map(cluster).collect();
    for registry in &written.registries {
        text += &of_registry(registry);
    }
    if written.registries.len() > 1 {
        text += &line("in all", &[count(written.held, "image")]);
    }
    match &written.file {
        Some(file) => text += &line("written", &[file.clone(), human(written.size as u64)]),
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
    let mut text = line("cluster", &[cluster.name.clone().unwrap_or_default()]);
    let or_unknown = |known: Option<String>| known.unwrap_or_else(|| "unknown".to_owned());
    let runs = [
        tag_of(version),
        format!("edition {}", or_unknown(edition.as_ref().map(ToString::to_string))),
        channel
            .map_or_else(|| "no release channel".to_owned(), |channel| format!("release channel {channel}")),
        format!("Kubernetes {}", or_unknown(kubernetes.as_ref().map(ToString::to_string))),
    ];
    text += &line("runs", &runs);
    let target = match target {
        Some(target) => tag_of(target),
        None => "what the release channel points to at the source".to_owned(),
    };
    text += &line("target", &[target]);
    text += &line("modules", &or_none(cluster.modules.iter().map(module)));
    text += &line("packages", &or_none(cluster.packages.iter().map(package)));
    if !cluster.databases {
        text += &line("databases", &["not used: the module operator-trivy is disabled".to_owned()]);
    }
    for part in &cluster.unknown {
        let why = part.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        text += &line("unknown", &[format!("{}{why}", part.what)]);
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
    let mut text =
        line("registry", &[it.registry.clone(), format!("{} complete", count(it.complete_images, "image"))]);
    if it.missing > 0 {
        let missing = count(it.missing, "object");
        let what = format!("{missing} missing or damaged; images that need them are not in the want list");
        text += &line("", &[what]);
    }
    text
}

fn or_none(words: impl Iterator<Item = String>) -> Vec<String> {
    let words: Vec<String> = words.collect();
    if words.is_empty() { vec!["none".to_owned()] } else { words }
}

/// A line with a name, and a list that continues below itself.
fn line(name: &str, words: &[String]) -> String {
    wrapped(&format!("{name:<NAMES$} "), NAMES + 1, words)
}
