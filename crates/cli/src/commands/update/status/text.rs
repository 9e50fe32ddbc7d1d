//! The report as text: one screen, a line for each part without faults, routine parts last.

use cluster::{
    Timestamp,
    health::Blockers,
    modules::{SourceHealth, WaitingRelease},
    packages::{ApplicationSummary, RepositoryHealth},
    status::{
        AlertLine, Masters, Modules, NodeGroupLine, Part, Platform, Registry, Releases, Status, Updates,
    },
};
use commands::{ClusterFlags, Command, Sentence, Update};
use problems::Problem;

use crate::{
    commands::update::clusters::LABELS,
    format::{count, minute},
    words,
};

/// Alerts beyond these are only counted.
const ALERTS_SHOWN: usize = 12;
/// The same for node groups, modules and errors of sources.
const SHOWN: usize = 8;

/// All of it.
pub(super) fn of(status: &Status, blockers: &Blockers, now: Timestamp, flags: &ClusterFlags) -> String {
    let mut text = Text { lines: String::new(), now, flags };
    text.status(status);
    text.warnings(status, blockers);
    text.lines
}

struct Text<'a> {
    lines: String,
    /// When the cluster was read.
    now: Timestamp,
    /// How commands name the cluster.
    flags: &'a ClusterFlags,
}

impl Text<'_> {
    fn line(&mut self, label: &str, what: &str) {
        self.lines += format!("{label:<LABELS$} {what}").trim_end();
        self.lines.push('\n');
    }

    fn more(&mut self, what: &str) {
        self.line("", what);
    }

    /// What is known of a part, or why it is unknown.
    fn part<T>(&mut self, label: &str, part: &Part<T>, write: impl FnOnce(&mut Self, &str, &T)) {
        match part {
            Part::Known(value) => write(self, label, value),
            Part::Unknown { unknown } => self.line(label, &format!("unknown: {unknown}")),
        }
    }

    fn status(&mut self, status: &Status) {
        self.part("platform", &status.platform, Self::platform);
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
                text.more(&words::queue_task(head));
            }
        });
        self.part("alerts", &status.alerts, |text, label, alerts| text.alerts(label, alerts));
        self.part("node groups", &status.node_groups, |text, label, groups| text.groups(label, groups));
        self.part("modules", &status.modules, Self::modules);
        self.part("module releases", &status.module_releases, |text, label, releases| {
            text.module_releases(label, releases);
        });
        self.part("overrides", &status.module_pull_overrides, |text, _, overrides| {
            for it in overrides {
                text.more(&format!(
                    "{} runs the image tag {}, set by a ModulePullOverride: its releases are ignored",
                    it.name, it.image_tag
                ));
            }
        });
        self.part("sources", &status.module_sources, |text, label, sources| text.sources(label, sources));
        // Most clusters have neither.
        if let Some(repositories) = &status.package_repositories
            && repositories.known().is_none_or(|all| !all.is_empty())
        {
            self.part("packages", repositories, |text, label, all| text.package_repositories(label, all));
        }
        if let Some(applications) = &status.applications
            && applications.known().is_none_or(|it| it.all > 0)
        {
            self.part("applications", applications, Self::applications);
        }
        self.part("registry", &status.registry, Self::registry);
        self.part("kubernetes", &status.kubernetes, |text, label, version| text.line(label, version));
        match &status.kubernetes_version {
            Part::Known(None) => {}
            Part::Known(Some(setting)) => self.more(&words::status::kubernetes_setting(setting)),
            Part::Unknown { unknown } => {
                self.more(&format!("unknown where its version is set: {unknown}"));
            }
        }
        self.part("control plane", &status.masters, Self::control_plane);
        if let Some(license) = &status.license {
            self.part("license", license, |text, label, license| {
                text.line(label, &words::license::state(license));
                if let Some(message) = &license.rejected {
                    text.more(&format!("a license key was rejected: {message}"));
                }
            });
        }
        self.part("etcd backup", &status.etcd_backups, |text, label, backups| {
            text.line(label, &words::etcd_backup::last(backups, text.now));
            if backups.last.is_none() {
                let command = backups.command(None, text.now).addressed(text.flags);
                text.more(&Sentence::from("to create one: ").command(command).to_string());
            }
        });
    }

    /// What blocks is in the first lines already.
    fn warnings(&mut self, status: &Status, blockers: &Blockers) {
        let is_said = |risk: &Problem| {
            blockers.findings.iter().any(|it| it.object == risk.object && it.fact == risk.fact)
        };
        for problem in status.risks.iter().filter(|it| !is_said(it)) {
            self.lines += &format!("\nwarning: {}", words::block(problem).addressed(self.flags));
        }
    }

    fn platform(&mut self, label: &str, platform: &Platform) {
        let edition = platform.edition.as_deref().map(|edition| format!(" {edition}")).unwrap_or_default();
        let state = match (&platform.leader, platform.ready && platform.rolled_out) {
            (_, true) => "running",
            (Some(_), false) => "starting",
            (None, false) => "no pod is running",
        };
        match &platform.version {
            Some(version) => self.line(label, &format!("{version}{edition}, {state}")),
            None => self
                .line(label, &format!("{state}{edition}; the platform reports no version, only its image:")),
        }
        self.more(&platform.image);
        if platform.moving_tag {
            self.more("this is a moving tag: a push to it updates the platform without a release");
        }
    }

    fn updates(&mut self, label: &str, updates: &Updates) {
        let channel = updates.channel.as_deref().map_or_else(
            || "no release channel: all releases are ignored".to_owned(),
            |channel| format!("channel {channel}"),
        );
        let mode = updates.mode.as_deref().unwrap_or(if updates.unset_is_auto {
            "not set: the platform then uses Auto, without approvals"
        } else {
            "not set: the platform then uses AutoPatch"
        });
        self.line(label, &format!("{channel}; mode {mode}"));
        for window in &updates.windows {
            let days = if window.days.is_empty() { "every day".to_owned() } else { window.days.join(", ") };
            self.more(&format!("window {} to {} UTC, {days}", window.from, window.to));
        }
        if updates.notification {
            self.more("a webhook is notified before each update, and must answer");
        }
        if updates.disruptions_need_approval {
            self.more("disruptions need a separate approval");
        }
    }

    fn releases(&mut self, label: &str, releases: &Releases) {
        let deployed = match (&releases.deployed, releases.since) {
            (None, _) => "none is deployed".to_owned(),
            (Some(it), Some(since)) => format!("{it} has been deployed since {}", minute(since)),
            (Some(it), None) => format!("{it} is deployed"),
        };
        self.line(label, &deployed);
        for name in &releases.also_deployed {
            self.more(&format!(
                "{name} is marked Deployed too: an update has just started, or was interrupted"
            ));
        }
        for release in &releases.waiting {
            let approved = if release.approved { ", approved" } else { "" };
            let next = if release.next { " (next)" } else { "" };
            self.more(&format!(
                "{}{next}{approved}: {}",
                release.name,
                Sentence::joined(release.reasons.iter().map(words::status::release_wait), "; ")
                    .addressed(self.flags)
            ));
        }
        for name in &releases.suspended {
            self.more(&format!("{name}: suspended by the vendor"));
        }
        for duplicate in &releases.twins {
            let prepare = Command::dhctl(Update::prepare()).addressed(self.flags);
            let what = match &duplicate.keep {
                None => format!("; delete it: {prepare}"),
                Some(why) => {
                    format!(", and `{prepare}` does not delete it: {}", words::note::keep_reason(why))
                }
            };
            self.more(&format!("{} is a duplicate object of {}{what}", duplicate.name, duplicate.version));
        }
    }

    fn alerts(&mut self, label: &str, alerts: &[AlertLine]) {
        let firing: usize = alerts.iter().map(|alert| alert.count).sum();
        self.line(label, &if firing == 0 { "none".to_owned() } else { format!("{firing} firing") });
        for alert in alerts.iter().take(ALERTS_SHOWN) {
            let severity = alert.severity.map_or_else(|| "?".to_owned(), |level| level.to_string());
            let count = if alert.count > 1 { format!(" × {}", alert.count) } else { String::new() };
            let summary = alert.summary.trim();
            let summary = if summary.is_empty() { String::new() } else { format!(": {summary}") };
            self.more(&format!("{} (severity {severity}){count}{summary}", alert.name));
        }
        self.rest(alerts.len(), ALERTS_SHOWN);
    }

    fn groups(&mut self, label: &str, groups: &[NodeGroupLine]) {
        let settled = groups.iter().filter(|group| group.waits_for.is_none()).count();
        self.line(label, &format!("{settled} of {} ready and up to date", groups.len()));
        let waiting: Vec<&NodeGroupLine> = groups.iter().filter(|group| group.waits_for.is_some()).collect();
        for group in waiting.iter().take(SHOWN) {
            let waits_for = group.waits_for.as_ref().map(words::status::node_group).unwrap_or_default();
            let waits_for = waits_for.addressed(self.flags);
            self.more(&format!("{} {waits_for}", group.name));
        }
        self.rest(waiting.len(), SHOWN);
    }

    fn control_plane(&mut self, label: &str, masters: &Masters) {
        self.line(
            label,
            &if masters.names.is_empty() { "none".to_owned() } else { masters.names.join(", ") },
        );
        for sentence in words::status::interruption(masters.names.len()) {
            self.more(sentence);
        }
    }

    fn modules(&mut self, label: &str, modules: &Modules) {
        let ready = modules.enabled - modules.not_ready.len();
        self.line(label, &format!("{ready} of {} enabled modules are ready", modules.enabled));
        if modules.unknown > 0 {
            let modules = count(modules.unknown, "more module");
            self.more(&format!("unknown whether {modules} are enabled: they do not report it"));
        }
        for module in modules.not_ready.iter().take(SHOWN) {
            self.more(&words::status::not_ready(module));
        }
        self.rest(modules.not_ready.len(), SHOWN);
    }

    fn module_releases(&mut self, label: &str, releases: &[WaitingRelease]) {
        self.line(
            label,
            &if releases.is_empty() {
                "none waiting".to_owned()
            } else {
                format!("{} waiting", releases.len())
            },
        );
        for release in releases.iter().take(SHOWN) {
            self.more(&format!(
                "{} {}: {}",
                release.module,
                release.version,
                words::module_release::wait(&release.wait)
            ));
        }
        self.rest(releases.len(), SHOWN);
    }

    fn sources(&mut self, label: &str, sources: &[SourceHealth]) {
        if sources.is_empty() {
            self.line(label, "none");
        }
        for (number, source) in sources.iter().enumerate() {
            let stale = if source.stale { ", more than an hour ago" } else { "" };
            let synced = source.synced.map_or_else(
                || ", not read by the platform yet".to_owned(),
                |time| format!(", read at {}{stale}", minute(time)),
            );
            let label = if number == 0 { label } else { "" };
            self.line(
                label,
                &format!("{}: {} from {}{synced}", source.name, count(source.modules, "module"), source.repo),
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

    fn package_repositories(&mut self, label: &str, all: &[RepositoryHealth]) {
        for (number, repository) in all.iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            self.line(label, &words::package::repository(repository));
            if !repository.error.is_empty() {
                self.more(&format!("  {}", repository.error));
            }
        }
    }

    fn applications(&mut self, label: &str, applications: &ApplicationSummary) {
        let ready = applications.all - applications.not_ready.len();
        self.line(label, &format!("{ready} of {} ready", applications.all));
        for application in applications.not_ready.iter().take(SHOWN) {
            self.more(&words::package::not_ready(application));
        }
        self.rest(applications.not_ready.len(), SHOWN);
    }

    fn registry(&mut self, label: &str, registry: &Registry) {
        let user = registry
            .user
            .as_deref()
            .map_or_else(|| "without a login".to_owned(), |user| format!("login {user}"));
        let ca = if registry.own_ca { ", with a certificate authority of its own" } else { "" };
        self.line(label, &format!("{}://{}, {user}{ca}", registry.scheme, registry.images_repo));
        let filled =
            registry.filled.map(|(filled, total)| format!(", {filled} of {total} images in the cluster"));
        if let Some(mode) = &registry.mode {
            self.more(&format!("mode {mode}{}", filled.unwrap_or_default()));
        }
        if let Some(switch) = &registry.switch {
            let waits = switch.waits_for.as_deref().map(|it| format!(", waits for {it}")).unwrap_or_default();
            let message =
                if switch.message.is_empty() { String::new() } else { format!(": {}", switch.message) };
            self.more(&format!("switching to mode {}{waits}{message}", switch.target));
        }
        if let Some(address) = &registry.push_to {
            self.more(&format!("bundles are pushed to {address}"));
        }
    }

    fn rest(&mut self, all: usize, shown: usize) {
        if all > shown {
            self.more(&format!("and {} more", all - shown));
        }
    }
}
