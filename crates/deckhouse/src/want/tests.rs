use proptest::{collection, option, prelude::*};

use super::*;
use crate::{select::Chain, version::parse_tag};

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn module(name: &str, version: &str) -> WantedModule {
    WantedModule {
        name: name.to_owned(),
        version: Some(version.parse().unwrap()),
        source: Some("deckhouse".to_owned()),
        policy: None,
        channel: None,
    }
}

fn cluster(version: &str, channel: Option<Channel>, target: Option<&str>) -> WantedCluster {
    WantedCluster {
        name: Some("prod".to_owned()),
        server: Some("https://10.0.0.1:6443".to_owned()),
        platform: WantedPlatform {
            version: parse_tag(version).unwrap(),
            target: target.and_then(parse_tag),
            edition: Edition::parse("EE"),
            channel,
            kubernetes: Some(Version::new(1, 31, 4)),
        },
        modules: vec![module("console", "v1.2.3")],
        embedded_modules: BTreeSet::from(["cert-manager".to_owned(), "on".to_owned()]),
        packages: vec![WantedPackage {
            name: "pg-operator".to_owned(),
            repository: Some("deckhouse".to_owned()),
            version: Some("v1.0.0".parse().unwrap()),
        }],
        databases: true,
        unknown: Vec::new(),
    }
}

fn list(clusters: Vec<WantedCluster>) -> WantList {
    let held = [("", ["a", "b"]), ("modules/console", ["c", "d"])];
    WantList {
        clusters,
        registries: vec!["registry.example.com:5000/dkp/ee".to_owned()],
        plugins: BTreeSet::from(["console-ctl".to_owned()]),
        held: held
            .into_iter()
            .map(|(path, texts)| (path.to_owned(), texts.iter().map(|it| digest(it)).collect()))
            .collect(),
    }
}

#[test]
fn the_file() {
    let mut second = cluster("v1.69.2", None, Some("v1.72.4"));
    second.platform.edition = None;
    second.platform.kubernetes = None;
    second.unknown = vec![UnknownPart {
        what: "edition".to_owned(),
        why: Some("Deployment/deckhouse cannot be read: no permission: get deployments".to_owned()),
    }];
    let own = WantedModule {
        source: Some("corp".to_owned()),
        policy: Some("slow".to_owned()),
        channel: Some(Channel::EarlyAccess),
        version: None,
        ..module("billing", "v1.0.0")
    };
    second.modules.insert(0, own);
    let list = list(vec![cluster("v1.68.3", Some(Channel::Stable), None), second]);
    let text = list.to_yaml().unwrap();
    insta::assert_snapshot!("file", text);
    assert_eq!(WantList::parse(text.as_bytes()).unwrap(), list);
    let anonymous = list.without_names().to_yaml().unwrap();
    for name in ["prod", "10.0.0.1", "registry.example.com", "no permission"] {
        assert!(!anonymous.contains(name), "{name}: {anonymous}");
    }
}

#[test]
fn what_is_refused() {
    let good = list(vec![cluster("v1.68.3", Some(Channel::Stable), None)]).to_yaml().unwrap();
    for (from, to, said) in [
        (
            "dhctl.deckhouse.io/v1alpha1",
            "dhctl.deckhouse.io/v1",
            "has the apiVersion 'dhctl.deckhouse.io/v1'",
        ),
        ("kind: WantList", "kind: Delivery", "has the kind 'Delivery' instead of WantList"),
        ("kind: WantList", "", "kind"),
        ("held:", "has:", "has"),
        ("held:", "helt: {}\nheld:", "helt"),
        ("databases:", "database:", "database"),
        ("  platform:", "  password: hunter2\n  platform:", "password"),
        ("v1.68.3", "1.68", "'1.68' is not a release such as v1.68.3"),
        ("stable", "steady", "'steady' is not a release channel"),
        (
            "name: console",
            "name: Console",
            "contains 'Console', which is not the name of a module or package",
        ),
        ("name: console", "name: ../console", "contains '../console'"),
        ("  modules/console:", "  modules//console:", "contains 'modules//console', which is not the path"),
        ("sha256:", "sha1:", "sha1:"),
        ("name: prod", "name: \"a\\nb\"", "which is not a line of text"),
    ] {
        assert!(good.contains(from), "{from}: {good}");
        let error = WantList::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(said), "{from} → {to}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    for text in
        ["", "a: [", "\0", "[]", "apiVersion: dhctl.deckhouse.io/v1alpha1\nkind: WantList\nclusters: []\n"]
    {
        assert!(WantList::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn an_image_is_held_if_every_registry_contains_it() {
    let registry = |images: &[(&str, &str)]| {
        let mut held: BTreeMap<String, BTreeSet<Digest>> = BTreeMap::new();
        for (path, text) in images {
            held.entry((*path).to_owned()).or_default().insert(digest(text));
        }
        held
    };
    let one = registry(&[("", "a"), ("", "b"), ("modules/x", "c")]);
    let other = registry(&[("", "b"), ("install", "a"), ("modules/y", "c")]);
    assert_eq!(held_by_all([one.clone()]), one);
    assert_eq!(held_by_all([one.clone(), other]), registry(&[("", "b")]));
    assert_eq!(held_by_all([one, BTreeMap::new()]), BTreeMap::new());
    assert_eq!(held_by_all([]), BTreeMap::new());
}

#[test]
fn what_several_clusters_need() {
    let mut behind = cluster("v1.66.1", Some(Channel::RockSolid), None);
    behind.modules = vec![module("console", "v1.0.7"), module("billing", "v0.1.0"), module("own", "pr12")];
    behind.modules[1].source = Some("corp".to_owned());
    behind.platform.edition = None;
    behind.databases = false;
    let needs = |clusters| Needs::of(&list(clusters));
    let both =
        needs(vec![cluster("v1.68.3", Some(Channel::Stable), Some("v1.70.1")), behind.clone()]).unwrap();
    assert_eq!(
        both.chain,
        Chain {
            from: Version::new(1, 66, 1),
            targets: BTreeSet::from([Version::new(1, 70, 1)]),
            channels: BTreeSet::from([Channel::RockSolid]),
            may_skip_minors: false,
        }
    );
    assert_eq!(both.edition, Edition::parse("ee"));
    assert!(both.databases);
    let need = |from: Option<Version>, is_own| ModuleNeed { from, is_own, unversioned: BTreeSet::new() };
    let unversioned = BTreeSet::from(["pr12".parse().unwrap()]);
    assert_eq!(
        both.modules,
        BTreeMap::from([
            ("billing".to_owned(), need(Some(Version::new(0, 1, 0)), false)),
            ("console".to_owned(), need(Some(Version::new(1, 0, 7)), true)),
            ("own".to_owned(), ModuleNeed { unversioned, ..need(None, true) }),
        ])
    );

    let mut other = behind.clone();
    other.platform.edition = Edition::parse("SE");
    let mut nowhere = behind;
    nowhere.platform.channel = None;
    for (clusters, said) in [
        (
            vec![cluster("v1.68.3", None, Some("v1.70.1")), other],
            "different editions of the platform: EE, SE",
        ),
        (vec![nowhere], "cluster prod follows no release channel that is known"),
        (
            vec![cluster("v1.68.3", None, Some("v1.67.0"))],
            "runs v1.68.3, which is newer than the target release v1.67.0",
        ),
    ] {
        let error = needs(clusters).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn the_versions_of_a_module() {
    for (versions, from, unversioned) in [
        (&["v1.1.0"][..], Some("1.1.0"), ""),
        (&["1.1.0"], Some("1.1.0"), ""),
        (&["1.2.0", "v1.1.0"], Some("1.1.0"), ""),
        (&["v1.1"], None, "v1.1"),
        (&["latest"], None, "latest"),
        (&["vv1.1.0"], None, "vv1.1.0"),
        (&["latest", "v1.2.0"], Some("1.2.0"), "latest"),
    ] {
        let clusters = versions.iter().map(|version| WantedCluster {
            modules: vec![module("console", version)],
            ..cluster("v1.68.3", Some(Channel::Stable), None)
        });
        let needs = Needs::of(&list(clusters.collect())).unwrap();
        let need = &needs.modules["console"];
        assert_eq!(need.from, from.map(|it| it.parse().unwrap()), "{versions:?}");
        let tags: Vec<&str> = need.unversioned.iter().map(Tag::as_str).collect();
        assert_eq!(tags.join(" "), unversioned, "{versions:?}");
    }
}

#[test]
fn two_thousand_images_are_150_kb() {
    let held = (0..2000).map(|number| digest(&number.to_string())).collect();
    let clusters = vec![cluster("v1.68.3", Some(Channel::Stable), None)];
    let list = WantList { held: BTreeMap::from([(String::new(), held)]), ..list(clusters) };
    let length = list.to_yaml().unwrap().len();
    assert!((140_000..153_500).contains(&length), "{length}");
}

fn any_line() -> impl Strategy<Value = String> {
    prop_oneof!["[-+0-9:._eExoy~#'\" ]{1,12}", "[\\PC]{1,12}", Just("no".to_owned()), Just("1.30".to_owned())]
        .prop_filter("a line", |text| !text.contains(char::is_control))
}

fn any_release() -> impl Strategy<Value = Version> {
    (0..3u64, 0..99u64, 0..99u64).prop_map(|(major, minor, patch)| Version::new(major, minor, patch))
}

fn any_tag() -> impl Strategy<Value = Tag> {
    "[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,12}".prop_map(|text| text.parse().unwrap())
}

fn any_channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(Channel::ALL.to_vec())
}

fn any_name() -> impl Strategy<Value = String> {
    "[a-z0-9]{1,3}(-[a-z0-9]{1,8})?"
}

prop_compose! {
    fn any_module()(
        name in any_name(),
        version in option::of(any_tag()),
        source in option::of(any_line()),
        policy in option::of(any_line()),
        channel in option::of(any_channel()),
    ) -> WantedModule {
        WantedModule { name, version, source, policy, channel }
    }
}

prop_compose! {
    fn any_platform()(
        version in any_release(),
        target in option::of(any_release()),
        edition in option::of("[a-zA-Z]{1,4}(-plus)?"),
        channel in option::of(any_channel()),
        kubernetes in option::of(any_release()),
    ) -> WantedPlatform {
        let edition = edition.and_then(|it| Edition::parse(&it));
        WantedPlatform { version, target, edition, channel, kubernetes }
    }
}

prop_compose! {
    fn any_cluster()(
        name in option::of(any_line()),
        server in option::of(any_line()),
        platform in any_platform(),
        modules in collection::vec(any_module(), 0..4),
        embedded_modules in collection::btree_set(any_name(), 0..4),
        packages in collection::vec((any_name(), option::of(any_line()), option::of(any_tag())), 0..3),
        databases: bool,
        unknown in collection::vec((any_line(), option::of(any_line())), 0..3),
    ) -> WantedCluster {
        let packages = packages.into_iter().map(|(name, repository, version)| WantedPackage { name, repository, version });
        let unknown = unknown.into_iter().map(|(what, why)| UnknownPart { what, why });
        WantedCluster {
            name, server, platform, modules, embedded_modules,
            packages: packages.collect(), databases, unknown: unknown.collect(),
        }
    }
}

prop_compose! {
    fn any_list()(
        clusters in collection::vec(any_cluster(), 1..3),
        registries in collection::vec(any_line(), 0..3),
        plugins in collection::btree_set("[a-z0-9]{1,6}", 0..3),
        held in collection::btree_map("([a-z0-9]{1,6}(/[a-z0-9]{1,6}){0,2})?", collection::btree_set(any::<u64>(), 1..4), 0..3),
    ) -> WantList {
        let digests = |numbers: BTreeSet<u64>| numbers.iter().map(|it| digest(&it.to_string())).collect();
        let held = held.into_iter().map(|(path, numbers)| (path, digests(numbers))).collect();
        WantList { clusters, registries, plugins, held }
    }
}

proptest! {
    #[test]
    fn a_file_reads_back(list in any_list()) {
        let text = list.to_yaml().unwrap();
        let read = WantList::parse(text.as_bytes()).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&read, &list, "{}", text);
        prop_assert_eq!(read.to_yaml().unwrap(), text);
    }
}

#[test]
fn edited_files_never_panic_and_read_back() {
    let seeds = [
        list(vec![cluster("v1.68.3", Some(Channel::Stable), None)]).to_yaml().unwrap(),
        list(vec![cluster("v1.68.3", None, Some("v1.70.1")), cluster("v1.69.0", Some(Channel::Lts), None)])
            .without_names()
            .to_yaml()
            .unwrap(),
    ];
    fuzzing::fuzz!(seeds, |bytes: &[u8]| {
        if let Ok(list) = WantList::parse(bytes) {
            let text = list.to_yaml().unwrap();
            assert_eq!(WantList::parse(text.as_bytes()).unwrap(), list, "{text}");
            let _ = Needs::of(&list);
        }
    });
}
