//! Whatever the values are, a shell gets the words that were meant, in one printable line.

use foreign_text::is_unsafe;
use proptest::prelude::*;
use serde_json::json;
use testkit::shell::invocations;

use crate::{
    Approve, ClusterFlags, Command, Controller, Conversion, Dhctl, Exclusion, Filter, Json, Kubectl, Logs,
    Manifest, Mirror, Objects, Output, Pods, PullChain, Registry, RegistryConnection, RegistryLogin,
    Resource, Sentence, Tool, Update, word,
};

const HOSTILE: [&str; 12] = [
    "x$(touch${IFS}/tmp/pwned)",
    "a; rm -rf /",
    "`id`",
    "it's",
    "a\nhint: run this first",
    "-oyaml",
    "--",
    "",
    "\\",
    "a & b | c > d",
    "\u{1b}[2J\u{202e}'!",
    "готов {a,b} * ~ #",
];

/// Each command that takes a value, with this one.
fn with(value: &str) -> Vec<Command> {
    let value = || value.to_owned();
    let named = Objects::one(Resource::Module, value()).within(value());
    let json = Json::from(&json!({ value(): value() }));
    let login = RegistryLogin { registry: value(), login: value(), password_file: value(), plain_http: true };
    let patch = Kubectl::Patch { resource: Resource::Node, name: value(), status: true, patch: json.clone() };
    vec![
        Kubectl::Get(named.clone(), Output::Yaml).into(),
        Kubectl::Get(Objects::nodes_of_group(value()), Output::JsonPath("{.status}")).into(),
        Kubectl::Describe(named).into(),
        Command::kubectl(Kubectl::Logs(Logs::of(Pods::Named(value())).container(value()).previous().tail()))
            .piped(Filter::errors())
            .piped(Filter::Grep(value())),
        Kubectl::Exec(Pods::Named(value()), Controller::QueueMain).into(),
        Kubectl::SetPlatformImage(value()).into(),
        Kubectl::BackUpEtcd { cron_job: value(), job: value() }.into(),
        Kubectl::Uncordon(value()).into(),
        Kubectl::ForgetDrain(value()).into(),
        Kubectl::Touch { resource: Resource::Node, names: vec![value(), value()], mark: value() }.into(),
        patch.into(),
        Kubectl::Delete(Resource::Node, vec![value(), value()]).into(),
        Kubectl::Create(Manifest::Piped(json)).into(),
        Kubectl::Create(Manifest::Lines(format!("a: b\n{}", value()))).into(),
        Kubectl::Apply(value()).into(),
        Update::Prepare { channel: Some(value()), file: Some(value()) }.into(),
        Update::SavePlan { registry: value(), to: Some(value()) }.into(),
        Approve::Release(value()).into(),
        Approve::ReleaseNow(value()).into(),
        Approve::Disruption(value()).into(),
        Approve::Node(value()).into(),
        Approve::Module { module: value(), version: value() }.into(),
        Mirror::PullModule(value()).into(),
        Mirror::PullWanted(value()).into(),
        Mirror::PullChain(Box::new(PullChain {
            edition: Some(value()),
            min: value(),
            max: Some(value()),
            channels: vec![value()],
            modules: vec![(value(), Some(value())), (value(), None)],
            packages: vec![(value(), Some(value()))],
            plugins: vec![value()],
            no_security_db: true,
        }))
        .into(),
        Mirror::Push(value()).into(),
        Mirror::ListThroughCache { registry: value(), major: 1, minor: 58 }.into(),
        Dhctl::DockerCfg(value()).into(),
        Dhctl::InitConfiguration(login.clone()).into(),
        Mirror::PushAs(login).into(),
        Dhctl::from(Registry::PruneApply {
            registry: value(),
            plan: value(),
            contexts: vec![value()],
            kubeconfig: Some(value()),
            connection: Box::new(RegistryConnection {
                login: Some(value()),
                password_file: Some(value()),
                ca_files: vec![value()],
                client: Some((value(), value())),
                ..RegistryConnection::default()
            }),
        })
        .into(),
        Tool::Convert(Conversion::Pkcs12Key, value()).into(),
        Tool::Convert(Conversion::Utf16Key, value()).into(),
        Tool::Close(value()).into(),
        Tool::HelmUpgrade { namespace: value(), release: value() }.into(),
        Update::KernelOf { group: value(), check: true }.into(),
        Kubectl::Drain(value()).into(),
        Tool::Htpasswd { file: value(), login: value() }.into(),
    ]
}

/// That a shell reads the words of a command in its line, and nothing else.
fn assert_read_as_meant(command: &Command) {
    let mut stages = command.stages();
    stages.sort();
    assert_eq!(invocations(&command.to_string()), stages, "{command}");
}

#[test]
fn a_shell_reads_the_intended_words() {
    for value in HOSTILE {
        let flags = ClusterFlags { kubeconfig: Some(value.to_owned()), context: Some(value.to_owned()) };
        for command in with(value) {
            let command = command.addressed(&flags);
            assert_read_as_meant(&command);
            let line = command.to_string();
            let is_one_line = !line.contains(" <<'EOF'\n");
            assert!(!is_one_line || !line.contains(|c| is_unsafe(c) || c == '\n'), "{line}");
        }
    }
}

#[test]
fn no_value_is_an_option_of_its_own() {
    for command in with("-oyaml") {
        for words in command.stages() {
            let position = words.iter().position(|it| it == "-oyaml");
            let behind = |position: usize| words[..position].iter().any(|it| it == "--");
            // kubectl's patch is a value of `-p`, and openssl takes a file for what it is behind `-in`.
            assert!(position.is_none_or(behind), "{words:?}");
        }
    }
}

#[test]
fn only_commands_that_ask_a_cluster_name_it() {
    let flags = ClusterFlags { kubeconfig: Some("/a b/c".to_owned()), context: Some("it's".to_owned()) };
    let named = r"--kubeconfig='/a b/c' --context='it'\''s'";
    let nodes = || Objects::all(Resource::Node);
    for (command, line) in [
        (Kubectl::Get(nodes(), Output::Wide).into(), format!("kubectl {named} get nodes -o wide")),
        (
            Kubectl::Describe(Objects::of_the_platform(Resource::Pod)).into(),
            format!("kubectl {named} -n d8-system describe pod -l app=deckhouse"),
        ),
        (
            Kubectl::Create(Manifest::Piped(Json::from(&json!({})))).into(),
            format!("echo '{{}}' | kubectl {named} create -f -"),
        ),
        (
            Approve::Disruption("v1.58.3".to_owned()).into(),
            format!("dhctl update approve {named} --disruption v1.58.3"),
        ),
        (Update::PlanWithHelm.into(), format!("dhctl update plan {named} --helm")),
        (
            Update::SavePlan { registry: "r.example/dkp".to_owned(), to: None }.into(),
            format!(
                "dhctl update plan {named} --registry r.example/dkp --output yaml > deckhousereleases.yaml"
            ),
        ),
        (
            Tool::HelmUpgrade { namespace: "prod".to_owned(), release: "shop".to_owned() }.into(),
            format!("helm {} upgrade -n prod shop CHART", named.replace("--context", "--kube-context")),
        ),
        (Update::Rbac.into(), "dhctl update rbac --user NAME".to_owned()),
        (Update::RbacOf("bob".to_owned()).into(), "dhctl update rbac --user bob".to_owned()),
        (
            Mirror::PullSince { major: 1, minor: 58 }.into(),
            "dhctl mirror pull -i d8.tar --min-version 1.58".to_owned(),
        ),
        (
            Kubectl::Exec(Pods::Any, Controller::EditClusterConfiguration).into(),
            format!(
                "kubectl {named} -n d8-system exec -ti deploy/deckhouse -c deckhouse -- deckhouse-controller edit \
                 cluster-configuration"
            ),
        ),
    ] {
        let command: Command = command;
        assert_eq!(command.addressed(&flags).to_string(), line);
    }
}

#[test]
fn sentences_hold_commands_until_they_are_shown() {
    let approve = Approve::Release("v1; id".to_owned());
    let sentence = Sentence::from("see ").quoted(Update::Plan).text(", then: ").command(approve);
    assert_eq!(sentence.to_string(), "see `dhctl update plan`, then: dhctl update approve 'v1; id'");
    assert_eq!(sentence.commands().count(), 2);
    let flags = ClusterFlags { context: Some("prod".to_owned()), ..ClusterFlags::default() };
    let addressed = sentence.clone().addressed(&flags);
    let expected =
        "see `dhctl update plan --context=prod`, then: dhctl update approve --context=prod 'v1; id'";
    assert_eq!(addressed.to_string(), expected);
    assert_eq!(serde_json::to_value(&addressed).unwrap(), json!(expected));
    let joined = Sentence::joined([Sentence::from("a"), sentence, Sentence::from("b")], "; ");
    assert!(joined.to_string().starts_with("a; see `") && joined.to_string().ends_with("'; b"), "{joined}");
    assert!(Sentence::default().is_empty() && Sentence::from("").is_empty());
    assert_eq!(Exclusion::Module("a b".to_owned()).to_string(), "--exclude-module 'a b'");
}

/// Texts of any characters, with those that mean something to a shell more often.
fn values() -> impl Strategy<Value = String> {
    let special = prop::sample::select(
        r#"'"$`\!;&|<>(){}[]*?~#= -"#.chars().chain(['\n', '\r', '\u{1b}', '\u{202e}']).collect::<Vec<_>>(),
    );
    let other = any::<char>().prop_filter("no word has it", |c| *c != '\0');
    prop::collection::vec(prop_oneof![special, other], 0..12).prop_map(|it| it.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_words_are_read_as_they_are(values in prop::collection::vec(values(), 1..6)) {
        let line = values.iter().map(|value| word(value)).collect::<Vec<_>>().join(" ");
        let breaks_out = |c: char| is_unsafe(c) || ['\n', '\t', '\u{2028}', '\u{2029}'].contains(&c);
        prop_assert!(!line.contains(breaks_out), "{}", line);
        let expected = [vec!["program".to_owned()], values].concat();
        prop_assert_eq!(invocations(&format!("program {line}")), vec![expected.clone()]);
        // dash does not know `$'…'`.
        if !line.contains("$'") {
            let script = format!("printf '%s\\0' program {line}");
            let output = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), expected.join("\0") + "\0");
        }
    }

    #[test]
    fn any_value_stays_a_value_in_every_command(value in values(), number in any::<prop::sample::Index>()) {
        let commands = with(&value);
        assert_read_as_meant(number.get(&commands));
    }
}
