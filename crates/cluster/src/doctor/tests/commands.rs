//! What the doctor offers to be pasted into a shell, and what it says about what it offers.

use super::sample::{Cluster, ago, known, now, pod, well};
use crate::{
    doctor::{Finding, examine},
    objects::{ModuleConfig, ModuleSource, OfferedModule, Phase, Task},
};

fn finding(change: impl FnOnce(&mut Cluster), rule: &str) -> Finding {
    let mut cluster = well();
    change(&mut cluster);
    let findings = examine(&cluster.state, &cluster.evidence, now()).findings;
    findings.into_iter().find(|it| it.rule == rule).unwrap_or_else(|| panic!("no {rule}"))
}

fn source(change: impl FnOnce(&mut ModuleSource)) -> Finding {
    let mut source = ModuleSource { name: "deckhouse".to_owned(), ..ModuleSource::default() };
    change(&mut source);
    finding(|cluster| *known(&mut cluster.state.module_sources) = vec![source], "module-source")
}

#[test]
fn a_source_is_told_of_as_it_is() {
    let never = source(|_| ());
    assert_eq!(never.what, "it was never read");
    let stale = source(|it| it.sync_time = Some(ago(90)));
    assert_eq!(stale.what, "it has not been read for more than an hour");
    for told in [never, stale] {
        assert!(
            !told.why.contains("errors") && !told.remedy.to_string().contains("these modules"),
            "{told:?}"
        );
    }
    let module =
        OfferedModule { name: "a".to_owned(), error: Some("no tag".into()), ..OfferedModule::default() };
    let broken = source(|it| it.modules = vec![module]);
    assert!(
        broken.what.starts_with("1 of 1 modules have errors") && broken.why.contains("errors"),
        "{broken:?}"
    );
}

#[test]
fn nothing_that_is_pasted_prints_a_login() {
    let config = ModuleConfig {
        name: "a".to_owned(),
        message: "Error: settings.x is unknown".into(),
        ..ModuleConfig::default()
    };
    for told in [
        source(|_| ()),
        finding(|cluster| known(&mut cluster.state.module_configs).push(config), "module-config"),
        finding(|cluster| cluster.settings()["releaseChannel"] = serde_json::Value::Null, "channel-unset"),
    ] {
        assert!(told.commands.iter().all(|command| command.to_string().contains("-o jsonpath=")), "{told:?}");
    }
}

#[test]
fn of_several_pods_the_leader_is_asked() {
    let failing = |cluster: &mut Cluster| {
        known(&mut cluster.state.queue).heads = vec![Task {
            queue: "main".to_owned(),
            description: "ModuleRun:main:prometheus:doStartup".into(),
            failures: 50,
            ..Task::default()
        }];
    };
    let one = finding(failing, "queue-failures").commands;
    assert!(one[0].to_string().contains(" exec deploy/deckhouse -c "), "{one:?}");
    let several = |cluster: &mut Cluster| {
        failing(cluster);
        let named = |name: &str, leads: &str| {
            let mut pod = pod(true, 24 * 60);
            pod.name = name.to_owned();
            pod.labels.insert("leader".to_owned(), leads.to_owned());
            pod
        };
        *known(&mut cluster.state.pods) = vec![named("deckhouse-a", "false"), named("deckhouse-b", "true")];
    };
    let commands = finding(several, "queue-failures").commands;
    assert!(commands[0].to_string().contains(" exec deckhouse-b -c "), "{commands:?}");
    assert!(commands.iter().any(|it| it.to_string().contains(" logs deckhouse-b -c ")), "{commands:?}");
    assert!(commands.iter().all(|it| !it.to_string().contains("moduleconfig")), "{commands:?}");
}

#[test]
fn a_second_deployed_object_without_a_time_is_not_patched_away() {
    let undated = |cluster: &mut Cluster| {
        let highest =
            cluster.releases().iter_mut().max_by(|one, other| one.version.cmp(&other.version)).unwrap();
        highest.phase = Some(Phase::Deployed);
        highest.transition_time = None;
    };
    let told = finding(undated, "two-deployed");
    assert_eq!(told.severity, crate::doctor::Severity::Slows);
    assert!(told.commands.iter().all(|command| !command.to_string().contains("patch")), "{told:?}");
    assert_eq!(told.since, None);
}
