//! Names that would be commands if a shell read them, in every step: a shell gets each of them as a part of one word.

use commands::Command;
use problems::{
    Advice, ClusterFact, Code, ModuleAdvice, NodeAdvice, Object, PlatformAdvice, Problem, ReleaseAdvice,
};
use testkit::shell::{HOSTILE_NAMES, invocations};

use super::steps;

/// Every advice that has a name in it and a command.
fn named(name: &str) -> Vec<Advice> {
    let own = || name.to_owned();
    vec![
        Advice::Push { registry: own() },
        Advice::PushChannel { registry: own() },
        Advice::ApproveNode { node: Some(own()) },
        Advice::SetImage { repository: own(), version: semver::Version::new(1, 72, 5) },
        Advice::ReadLog { pod: own(), container: own(), previous: true },
        Advice::DescribeModule { name: own() },
        PlatformAdvice::RestoreImage { image: own() }.into(),
        ReleaseAdvice::Delete { name: own(), kept: own() }.into(),
        ReleaseAdvice::MarkSuperseded { name: own() }.into(),
        NodeAdvice::Uncordon { node: own() }.into(),
        NodeAdvice::RemoveDrainAnnotations { node: own() }.into(),
        ModuleAdvice::Approve { module: own(), version: own() }.into(),
        ModuleAdvice::OtherVersion { module: own() }.into(),
        ModuleAdvice::RemoveOverride { name: own() }.into(),
    ]
}

fn commands(advice: Advice) -> Vec<Command> {
    let problem = Problem::new(Code::NotNow, Object::settings(), ClusterFact::Settling).advise(advice);
    steps(&problem).iter().flat_map(|step| step.text.commands()).cloned().collect()
}

/// Asserts that a shell reads the words of the command, and nothing else. Whether `name` is in one of them.
pub(super) fn is_read_as_meant(command: &Command, name: &str) -> bool {
    let line = command.to_string();
    let mut stages = command.stages();
    let has_name = stages.iter().flatten().any(|word| word.contains(name));
    stages.sort();
    assert_eq!(invocations(&line), stages, "{line}");
    has_name
}

#[test]
fn names_stay_within_one_word_of_a_command() {
    for name in HOSTILE_NAMES {
        for advice in named(name) {
            let all = commands(advice.clone());
            assert!(!all.is_empty(), "{advice:?}");
            for command in all {
                let line = command.to_string();
                assert!(is_read_as_meant(&command, name), "{line}");
                assert!(!line.contains(|it: char| it.is_control() || it == '\u{202e}'), "{line}");
            }
        }
    }
}
