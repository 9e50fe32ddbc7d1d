//! The text of `dhctl registry list`.

use std::{collections::BTreeMap, fmt::Write as _};

use cluster::Timestamp;
use deckhouse::version::tag_of;
use mirror::holdings::{Absent, ChannelHolding, ComponentHolding, DatabaseHolding, Holdings, Totals};

use super::Listed;
use crate::{
    commands::registry::{clusters::UsingCluster, comparison::Comparison},
    format::{NAMES, count, human, named_list, or_none, wrapped},
};

/// The most missing objects that are listed for one registry.
const SHOWN: usize = 20;

/// A number of objects.
pub(super) fn objects(number: usize) -> String {
    count(number, "object")
}

pub(super) fn of(listed: &[Listed], clusters: &[UsingCluster], now: Timestamp) -> String {
    let texts: Vec<String> = listed.iter().map(|it| one(it, clusters, now)).collect();
    texts.join("\n")
}

fn one(listed: &Listed, clusters: &[UsingCluster], now: Timestamp) -> String {
    let mut text = named_list("registry", &[listed.registry.to_string()]);
    // The command ends with the error.
    let Ok(holdings) = &listed.holdings else {
        return text + &named_list("contents", &["unknown: the registry cannot be read".to_owned()]);
    };
    text += &checked(holdings.totals);
    text += &releases(holdings);
    text += &named_list("channels", &or_none(holdings.channels.iter().map(|(name, it)| channel(name, it))));
    if holdings.limited_to.is_empty() {
        text += &others(holdings, now);
    } else {
        let not_read = "because of --release: other releases, modules, packages, plugins, databases";
        text += &named_list("not read", &[not_read.to_owned()]);
    }
    text += &missing(&holdings.missing.iter().collect::<Vec<_>>(), "missing or damaged");
    for cluster in clusters {
        text += &compared(holdings, cluster);
    }
    text
}

/// What there is besides the releases and channels of the platform.
fn others(holdings: &Holdings, now: Timestamp) -> String {
    let databases = holdings.databases.iter().map(|(path, it)| database(path, it, now));
    let mut text = named_list("databases", &or_none(databases));
    if let Some(complete) = holdings.installer_complete {
        text += &named_list("installer", &[if complete { "complete" } else { "INCOMPLETE" }.to_owned()]);
    }
    text += &components("modules", &holdings.modules);
    text += &components("packages", &holdings.packages);
    text + &components("plugins", &holdings.plugins)
}

fn checked(totals: Totals) -> String {
    let Totals { manifests, blobs, blobs_by_size, size } = totals;
    let counted = format!("{}, {}; {}", count(manifests, "manifest"), count(blobs, "blob"), human(size));
    let mut text = named_list("checked", &[counted]);
    let which = if blobs_by_size > 0 { "each of the other blobs" } else { "each blob" };
    if blobs_by_size > 0 {
        let by_size = count(blobs_by_size, "blob");
        text += &named_list(
            "",
            &[format!("{by_size}: only the size was checked, because the registry ignores Range requests")],
        );
    }
    text + &named_list("", &[format!("the last byte of {which} was read; digests were not verified")])
}

fn releases(holdings: &Holdings) -> String {
    if holdings.releases.is_empty() {
        return named_list("releases", &["none".to_owned()]);
    }
    let width = holdings.releases.iter().map(|it| tag_of(&it.version).len()).max().unwrap_or(0).max(NAMES);
    let mut text = format!(
        "\n{:<width$} {:<10}  {:>6}  {:>9}  {:>10}  {:>12}\n",
        "release", "state", "images", "size", "signatures", "attestations"
    );
    for release in &holdings.releases {
        let state = if release.complete { "complete" } else { "INCOMPLETE" };
        let (version, size) = (tag_of(&release.version), human(release.size));
        let attached = release.attachments;
        let _ = writeln!(
            text,
            "{version:<width$} {state:<10}  {:>6}  {size:>9}  {:>10}  {:>12}",
            release.images, attached.signatures, attached.attestations
        );
    }
    text.push('\n');
    text
}

fn channel(name: &str, channel: &ChannelHolding) -> String {
    let release = channel.release.as_deref().unwrap_or("unknown");
    let suspended = if channel.suspended { " (suspended)" } else { "" };
    format!("{name} → {release}{suspended}{}", incomplete(channel.complete))
}

fn database(path: &str, database: &DatabaseHolding, now: Timestamp) -> String {
    let name = path.strip_prefix("security/").unwrap_or(path);
    let created = database.created.as_deref().and_then(|created| created.parse::<Timestamp>().ok());
    let age = match created {
        // A clock may be wrong by some minutes.
        Some(created) => match now.duration_since(created).as_hours().max(0) {
            hours @ 0..48 => format!("{} old", count(hours.unsigned_abs(), "hour")),
            hours => format!("{} old", count((hours / 24).unsigned_abs(), "day")),
        },
        None => "age unknown".to_owned(),
    };
    format!("{name}:{} ({age}){}", database.tag, incomplete(database.complete))
}

fn components(name: &str, components: &BTreeMap<String, ComponentHolding>) -> String {
    if components.is_empty() {
        return named_list(name, &["none".to_owned()]);
    }
    let mut text = named_list(name, &[components.len().to_string()]);
    for (name, component) in components {
        let versions =
            component.versions.iter().map(|it| format!("{}{}", it.version, incomplete(it.complete)));
        let channels = component.channels.iter().map(|(channel, version)| format!("{channel} → {version}"));
        let all_complete = component.versions.iter().all(|it| it.complete);
        let of_channels = (!component.complete && all_complete).then(|| "channels INCOMPLETE".to_owned());
        let words: Vec<String> = versions.chain(channels).chain(of_channels).collect();
        text += &wrapped(&format!("  {name}  "), 4, &words);
    }
    text
}

fn incomplete(complete: bool) -> &'static str {
    if complete { "" } else { " INCOMPLETE" }
}

/// What one cluster uses of what is missing.
fn compared(holdings: &Holdings, cluster: &UsingCluster) -> String {
    let heading = format!("\n{:<NAMES$} {}", "cluster", cluster.context);
    let Ok(used) = &cluster.used else {
        let unknown = named_list("used", &["unknown: the cluster cannot be read".to_owned()]);
        return format!("{heading}\n{unknown}");
    };
    let channel = used.channel.map_or("no channel".to_owned(), |channel| format!("channel {channel}"));
    let runs = format!("{heading}, {} on {channel}\n", tag_of(&used.release));
    let Comparison { used, unused } = Comparison::of(holdings, used);
    let unused = match unused.len() {
        0 => String::new(),
        number => {
            named_list("unused", &[format!("{} missing, but not used by this cluster", objects(number))])
        }
    };
    if used.is_empty() {
        let releases: Vec<String> = holdings.limited_to.iter().map(tag_of).collect();
        let of = if releases.is_empty() { String::new() } else { format!(" of {}", releases.join(", ")) };
        return runs
            + &named_list("used", &[format!("everything{of} that this cluster uses is there")])
            + &unused;
    }
    runs + &missing(&used, "missing and used by this cluster") + &unused
}

fn missing(missing: &[&Absent], what: &str) -> String {
    if missing.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{} {what}:\n", objects(missing.len()));
    let mut repository = "";
    for absent in missing.iter().take(SHOWN) {
        let item = &absent.item;
        if item.repository != repository {
            repository = &item.repository;
            let _ = writeln!(text, "  {repository}");
        }
        let needed_by: Vec<String> = item.wanted_by.iter().map(ToString::to_string).collect();
        let names: Vec<&str> = absent.uses.iter().filter_map(|it| it.name.as_deref()).collect();
        let _ = writeln!(text, "    {}", item.reference);
        let _ = writeln!(text, "      {}", item.reason);
        let mut words = needed_by;
        words.extend(names.first().map(|name| format!("as image {name}")));
        text += &wrapped("      needed by ", 8, &words);
    }
    if missing.len() > SHOWN {
        let _ = writeln!(text, "  and {} more; --output json lists all", missing.len() - SHOWN);
    }
    text
}
