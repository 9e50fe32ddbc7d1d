//! The report for people: one screen, a line for each thing that is as it should be.

use cluster::{
    modules::{SourceHealth, WaitingRelease},
    status::{
        AlertLine, Fact, Masters, Modules, NodeGroupLine, Platform, Registry, Releases, Status, Updates,
    },
};
use commands::{Command, Sentence, Update};

/// Alerts beyond these are only counted.
const ALERTS_SHOWN: usize = 12;
/// The same for node groups, modules and errors of sources.
const SHOWN: usize = 8;

/// All of it.
pub(super) fn of(status: &Status) -> String {
    let mut text = Text::default();
    text.status(status);
    text.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, label: &str, what: &str) {
        self.0 += format!("{label:<12} {what}").trim_end();
        self.0.push('\n');
    }

    fn more(&mut self, what: &str) {
        self.line("", what);
    }

    /// What is known of a part, or why it is unknown.
    fn part<T>(&mut self, label: &str, fact: &Fact<T>, tell: impl FnOnce(&mut Self, &str, &T)) {
        match fact {
            Fact::Known(value) => tell(self, label, value),
            Fact::Unknown { unknown } => self.line(label, &format!("unknown: {unknown}")),
        }
    }

    fn status(&mut self, status: &Status) {
        self.part("platform", &status.platform, Self::platform);
        self.part("kubernetes", &status.kubernetes, |text, label, version| text.line(label, version));
        self.part("updates", &status.updates, Self::updates);
        self.part("releases", &status.releases, Self::releases);
        self.part("queue", &status.queue, |text, label, queue| {
            text.line(
                label,
                &match queue.tasks {
                    0 => "idle".to_owned(),
                    1 => "1 task".to_owned(),
                    tasks => format!("{tasks} tasks"),
                },
            );
            for head in queue.heads.iter().take(3) {
                let failed = match (head.failures, &head.failure) {
                    (0, _) => String::new(),
                    (times, Some(why)) => format!(", failed {times} times: {why}"),
                    (times, None) => format!(", failed {times} times"),
                };
                text.more(&format!("{}: {}{failed}", head.queue, head.description));
            }
        });
        self.part("alerts", &status.alerts, |text, label, alerts| text.alerts(label, alerts));
        self.part("node groups", &status.node_groups, |text, label, groups| text.groups(label, groups));
        self.part("masters", &status.masters, Self::masters);
        self.part("modules", &status.modules, Self::modules);
        self.part("mod releases", &status.module_releases, |text, label, releases| {
            text.module_releases(label, releases);
        });
        self.part("overrides", &status.module_pull_overrides, |text, _, overrides| {
            for it in overrides {
                text.more(&format!(
                    "{} runs the image {}, set by hand: its releases are not looked at",
                    it.name, it.image_tag
                ));
            }
        });
        self.part("sources", &status.module_sources, |text, label, sources| text.sources(label, sources));
        self.part("registry", &status.registry, Self::registry);
    }

    fn platform(&mut self, label: &str, platform: &Platform) {
        let version = platform.version.as_deref().unwrap_or("a version that is not known");
        let edition = platform.edition.as_deref().map(|edition| format!(" {edition}")).unwrap_or_default();
        let state = match (&platform.leader, platform.ready && platform.rolled_out) {
            (_, true) => "running",
            (Some(_), false) => "starting",
            (None, false) => "no pod runs",
        };
        self.line(label, &format!("{version}{edition}, {state}"));
        self.more(&platform.image);
        if platform.moving_tag {
            self.more("the tag of this image moves: whatever is pushed there is started without a release");
        }
    }

    fn updates(&mut self, label: &str, updates: &Updates) {
        let channel = updates.channel.as_deref().map_or_else(
            || "no release channel: no release is looked at".to_owned(),
            |channel| format!("channel {channel}"),
        );
        let mode = updates.mode.as_deref().unwrap_or("not set, the default of the version holds");
        self.line(label, &format!("{channel}; mode {mode}"));
        for window in &updates.windows {
            let days = if window.days.is_empty() { "every day".to_owned() } else { window.days.join(", ") };
            self.more(&format!("window {} to {} UTC, {days}", window.from, window.to));
        }
        if updates.notification {
            self.more("a webhook is notified before an update, and must answer");
        }
        if updates.disruptions_need_approval {
            self.more("disruptions need an approval of their own");
        }
    }

    fn releases(&mut self, label: &str, releases: &Releases) {
        let since = releases.since.map(|since| format!(" since {}", minute(since))).unwrap_or_default();
        let deployed = releases.deployed.as_deref();
        self.line(
            label,
            &deployed.map_or_else(|| "none is deployed".to_owned(), |it| format!("{it} is deployed{since}")),
        );
        for name in &releases.also_deployed {
            self.more(&format!("{name} is deployed too: an update has just begun, or was broken off"));
        }
        for release in &releases.waiting {
            let approved = if release.approved { ", approved" } else { "" };
            let next = if release.next { " (next)" } else { "" };
            self.more(&format!(
                "{}{next}{approved}: {}",
                release.name,
                Sentence::joined(release.reasons.iter().cloned(), "; ")
            ));
        }
        for name in &releases.suspended {
            self.more(&format!("{name}: Suspended: the vendor has withdrawn it"));
        }
        for twin in &releases.twins {
            let what = twin.keep.as_ref().map_or_else(
                || format!("`{}` removes it", Command::dhctl(Update::prepare())),
                |why| format!("it stays: {why}"),
            );
            self.more(&format!("{} is a second name of {}: {what}", twin.name, twin.version));
        }
    }

    fn alerts(&mut self, label: &str, alerts: &[AlertLine]) {
        let firing: usize = alerts.iter().map(|alert| alert.count).sum();
        self.line(label, &if firing == 0 { "none fires".to_owned() } else { format!("{firing} firing") });
        for alert in alerts.iter().take(ALERTS_SHOWN) {
            let severity = alert.severity.map_or_else(|| "?".to_owned(), |level| level.to_string());
            let count = if alert.count > 1 { format!(" × {}", alert.count) } else { String::new() };
            self.more(&format!("[{severity}] {}{count}: {}", alert.name, alert.summary));
        }
        self.rest(alerts.len(), ALERTS_SHOWN);
    }

    fn groups(&mut self, label: &str, groups: &[NodeGroupLine]) {
        let settled = groups.iter().filter(|group| group.waits_for.is_none()).count();
        self.line(label, &format!("{settled} of {} settled", groups.len()));
        let waiting: Vec<&NodeGroupLine> = groups.iter().filter(|group| group.waits_for.is_some()).collect();
        for group in waiting.iter().take(SHOWN) {
            let waits_for = group.waits_for.as_ref().map(Sentence::to_string).unwrap_or_default();
            self.more(&format!("{}: {waits_for}", group.name));
        }
        self.rest(waiting.len(), SHOWN);
    }

    fn masters(&mut self, label: &str, masters: &Masters) {
        self.line(
            label,
            &if masters.names.is_empty() { "none".to_owned() } else { masters.names.join(", ") },
        );
        for sentence in masters.interruption.split("; ") {
            self.more(sentence);
        }
    }

    fn modules(&mut self, label: &str, modules: &Modules) {
        let ready = modules.enabled - modules.not_ready.len();
        self.line(label, &format!("{ready} of {} enabled ones are ready", modules.enabled));
        for module in modules.not_ready.iter().take(SHOWN) {
            self.more(module);
        }
        self.rest(modules.not_ready.len(), SHOWN);
    }

    fn module_releases(&mut self, label: &str, releases: &[WaitingRelease]) {
        self.line(
            label,
            &if releases.is_empty() {
                "none waits".to_owned()
            } else {
                format!("{} waiting", releases.len())
            },
        );
        for release in releases.iter().take(SHOWN) {
            self.more(&format!("{} {}: {}", release.module, release.version, release.reason));
        }
        self.rest(releases.len(), SHOWN);
    }

    fn sources(&mut self, label: &str, sources: &[SourceHealth]) {
        if sources.is_empty() {
            self.line(label, "no source of modules");
        }
        for (number, source) in sources.iter().enumerate() {
            let stale = if source.stale { ", which is too long ago" } else { "" };
            let synced = source.synced.map_or_else(
                || ", never looked at".to_owned(),
                |time| format!(", looked at {}{stale}", minute(time)),
            );
            let label = if number == 0 { label } else { "" };
            self.line(
                label,
                &format!("{} with {} modules from {}{synced}", source.name, source.modules, source.repo),
            );
            if !source.message.is_empty() {
                self.more(&format!("  {}", source.message));
            }
            for module in source.failed.iter().take(SHOWN) {
                self.more(&format!("  {}: {}", module.name, module.error.as_deref().unwrap_or_default()));
            }
            self.rest(source.failed.len(), SHOWN);
        }
    }

    fn registry(&mut self, label: &str, registry: &Registry) {
        let user = registry
            .user
            .as_deref()
            .map_or_else(|| "without a login".to_owned(), |user| format!("as {user}"));
        let ca = if registry.own_ca { ", with a certificate authority of its own" } else { "" };
        self.line(label, &format!("{}://{} {user}{ca}", registry.scheme, registry.images_repo));
    }

    fn rest(&mut self, all: usize, shown: usize) {
        if all > shown {
            self.more(&format!("and {} more", all - shown));
        }
    }
}

fn minute(time: cluster::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
