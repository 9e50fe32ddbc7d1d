//! The overview as text.

use super::overview::Overview;
use crate::Reading;

impl Overview {
    /// Lines for a person, each ended; empty if there is nothing about modules to tell.
    pub fn text(&self) -> String {
        let mut text = String::new();
        match &self.waiting {
            Reading::Known(waiting) if waiting.is_empty() => text += "No release of a module waits.\n",
            Reading::Known(waiting) => {
                text += &format!("Releases of modules that wait: {}", waiting.len());
                text += &self.order.as_ref().map_or(String::new(), |order| format!(" ({})", order.words()));
                text += "\n";
                for release in waiting {
                    let deployed = release.deployed.as_deref().unwrap_or("none");
                    text += &format!(
                        "  {} {}: {}\n      deployed: {deployed}; policy: {}\n",
                        release.module,
                        release.version,
                        release.reason,
                        release.policy.words()
                    );
                }
            }
            other => text += &unknown("releases of modules", other),
        }
        match &self.overrides {
            Reading::Known(overrides) => {
                for it in overrides {
                    text += &format!(
                        "  ModulePullOverride/{} (tag {}): its releases are not looked at; meant for development only\n",
                        it.name, it.image_tag
                    );
                }
            }
            other => text += &unknown("ModulePullOverrides", other),
        }
        match &self.sources {
            Reading::Known(sources) => {
                for source in sources {
                    let stale = if source.stale { ", which is too long ago" } else { "" };
                    let synced = source
                        .synced
                        .map_or("never read".to_owned(), |time| format!("read {time:.0}{stale}"));
                    text += &format!(
                        "  ModuleSource/{} ({}): modules: {}, {synced}\n",
                        source.name, source.repo, source.modules
                    );
                    if !source.message.is_empty() {
                        text += &format!("      {}\n", source.message);
                    }
                    for module in &source.failed {
                        text += &format!(
                            "      {}: {}\n",
                            module.name,
                            module.error.as_deref().unwrap_or_default()
                        );
                    }
                }
            }
            other => text += &unknown("ModuleSources", other),
        }
        text
    }
}

fn unknown<T>(what: &str, reading: &Reading<T>) -> String {
    format!("  {what}: unknown ({})\n", reading.why_unknown().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use crate::{
        ClusterState, Reading,
        modules::overview,
        objects::{ModulePullOverride, ModuleRelease, ModuleSource, OfferedModule, Phase, Release},
    };

    #[test]
    fn everything_on_one_page() {
        let release = |module: &str, minor: u64, phase: &str, message: &str| ModuleRelease {
            name: format!("{module}-v1.{minor}.0"),
            module: module.to_owned(),
            version_text: format!("v1.{minor}.0"),
            version: Some(Version::new(1, minor, 0)),
            phase: Phase::parse(phase),
            message: message.into(),
            ..ModuleRelease::default()
        };
        let approval = "Release is waiting for the 'modules.deckhouse.io/approved: \"true\"' annotation";
        let state = ClusterState {
            releases: Reading::Known(vec![Release {
                version: Some(Version::new(1, 70, 0)),
                phase: Some(Phase::Pending),
                ..Release::default()
            }]),
            module_releases: Reading::Known(vec![
                release("console", 2, "Pending", "awaiting for v1.1.0 release to be deployed"),
                release("console", 0, "Deployed", ""),
                release("console", 1, "Pending", approval),
            ]),
            module_pull_overrides: Reading::Known(vec![ModulePullOverride {
                name: "virtualization".to_owned(),
                image_tag: "mr12".to_owned(),
            }]),
            module_sources: Reading::Known(vec![ModuleSource {
                name: "deckhouse".to_owned(),
                repo: "r.example/dkp/ee/modules".to_owned(),
                sync_time: Some("2026-11-24T07:00:00Z".parse().unwrap()),
                message: "Some errors occurred. Inspect status for details".into(),
                modules: vec![OfferedModule {
                    name: "commander".to_owned(),
                    error: Some("fetch: 404".into()),
                    ..OfferedModule::default()
                }],
            }]),
            ..ClusterState::default()
        };
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        insta::assert_snapshot!(overview(&state, now).text(), @r"
        Releases of modules that wait: 2 (the platform's releases come first, then those of modules)
          console v1.1.0: waits for approval
              deployed: v1.0.0; policy: as the platform
          console v1.2.0: v1.1.0 comes first
              deployed: v1.0.0; policy: as the platform
          ModulePullOverride/virtualization (tag mr12): its releases are not looked at; meant for development only
          ModuleSource/deckhouse (r.example/dkp/ee/modules): modules: 1, read 2026-11-24T07:00:00Z, which is too long ago
              Some errors occurred. Inspect status for details
              commander: fetch: 404
        ");
        insta::assert_snapshot!(overview(&ClusterState::default(), now).text(), @r"
          releases of modules: unknown (not read yet)
          ModulePullOverrides: unknown (not read yet)
          ModuleSources: unknown (not read yet)
        ");
    }
}
