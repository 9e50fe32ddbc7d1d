//! What the doctor advises, as data.

use commands::Command;
use problems::{Advice, Fact, ModuleAdvice, ModuleError, ModuleFact, ReleaseAdvice, Rule};

use super::sample::{Cluster, ago, healthy, known, now, pod};
use crate::{
    doctor::{Finding, Severity, diagnose},
    objects::{ModuleConfig, ModuleSource, OfferedModule, Phase, Task},
};

fn finding(change: impl FnOnce(&mut Cluster), rule: Rule) -> Finding {
    let mut cluster = healthy();
    change(&mut cluster);
    let findings = diagnose(&cluster.state, &cluster.details, now()).findings;
    findings.into_iter().find(|it| it.rule == rule).unwrap_or_else(|| panic!("no {rule:?}"))
}

fn source(change: impl FnOnce(&mut ModuleSource)) -> Finding {
    let mut source = ModuleSource {
        name: "deckhouse".to_owned(),
        repo: "r.example/modules".to_owned(),
        ..ModuleSource::default()
    };
    change(&mut source);
    finding(|cluster| *known(&mut cluster.state.module_sources) = vec![source], Rule::ModuleSource)
}

/// The commands that show something.
fn shown(finding: &Finding) -> Vec<&Command> {
    let advice = finding.problem.advice.iter();
    let commands = advice.filter_map(|advice| match advice {
        Advice::See(_, command) => Some(command),
        _ => None,
    });
    commands.collect()
}

#[test]
fn a_source_is_reported_as_it_is() {
    let check = Advice::from(ModuleAdvice::CheckSource { repo: "r.example/modules".into() });
    let never = source(|_| ());
    assert_eq!(never.problem.fact, ModuleFact::SourceNeverRead.into());
    assert_eq!(never.problem.advice[0], check);
    let stale = source(|it| it.sync_time = Some(ago(90)));
    assert_eq!(stale.problem.fact, ModuleFact::SourceStale.into());
    assert_eq!(stale.problem.advice[0], check);
    let module =
        OfferedModule { name: "a".to_owned(), error: Some("no tag".into()), ..OfferedModule::default() };
    let broken = source(|it| it.modules = vec![module]);
    let modules = vec![ModuleError { module: "a".into(), error: "no tag".into() }];
    let fact = ModuleFact::SourceModuleErrors { modules, failed: 1, all: 1 };
    assert_eq!(broken.problem.fact, Fact::from(fact));
    let check = ModuleAdvice::CheckSourceModules { repo: "r.example/modules".into() };
    assert_eq!(broken.problem.advice[0], Advice::from(check));
}

#[test]
fn no_command_prints_a_login() {
    let config = ModuleConfig {
        name: "a".to_owned(),
        message: "Error: settings.x is unknown".into(),
        ..ModuleConfig::default()
    };
    for finding in [
        source(|_| ()),
        finding(|cluster| known(&mut cluster.state.module_configs).push(config), Rule::ModuleConfig),
        finding(|cluster| cluster.settings()["releaseChannel"] = serde_json::Value::Null, Rule::ChannelUnset),
    ] {
        let commands = shown(&finding);
        assert!(!commands.is_empty(), "{finding:?}");
        assert!(commands.iter().all(|command| command.to_string().contains("-o jsonpath=")), "{finding:?}");
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
    let one = finding(failing, Rule::QueueFailures);
    assert!(shown(&one)[0].to_string().contains(" exec deploy/deckhouse -c "), "{one:?}");
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
    let several = finding(several, Rule::QueueFailures);
    let commands = shown(&several);
    assert!(commands[0].to_string().contains(" exec deckhouse-b -c "), "{commands:?}");
    assert!(commands.iter().any(|it| it.to_string().contains(" logs deckhouse-b -c ")), "{commands:?}");
    assert!(commands.iter().all(|it| !it.to_string().contains("moduleconfig")), "{commands:?}");
}

#[test]
fn a_second_deployed_object_without_a_time_is_not_marked_superseded() {
    let second = |cluster: &mut Cluster| cluster.releases()[2].phase = Some(Phase::Deployed);
    let is_mark = |advice: &Advice| matches!(advice, Advice::Release(ReleaseAdvice::MarkSuperseded { .. }));
    let dated = finding(second, Rule::TwoDeployed);
    assert!(dated.problem.advice.iter().any(is_mark), "{dated:?}");
    let undated = finding(
        |cluster| {
            second(cluster);
            cluster.releases()[2].transition_time = None;
        },
        Rule::TwoDeployed,
    );
    assert_eq!(undated.severity, Severity::Slows);
    assert!(!undated.problem.advice.iter().any(is_mark), "{undated:?}");
    assert_eq!(undated.since, None);
}
