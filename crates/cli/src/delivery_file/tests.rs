//! Every flag of a pull can be kept in a file, and a file means what its flags mean.

use std::{collections::BTreeSet, ffi::OsString};

use clap::{Arg, ValueEnum as _};
use deckhouse::{
    Delivery,
    delivery::{KEYS, Key, Kind, Setting, Takes},
};
use proptest::prelude::*;
use serde_json::Value;

use super::{add::add_read, *};
use crate::{
    args::{BundleFormat, Command, MirrorArgs, MirrorCommand, PullArgs},
    exit_code::Exit,
    failure::Failure,
};

/// Flags of a pull that have no key: logins, and what belongs to the machine or to a single run.
const WITHOUT_KEY: [&str; 25] = [
    "ca-file",
    "client-cert",
    "client-key",
    "config",
    "dry-run",
    "help",
    "image-list",
    "insecure",
    "license",
    "license-file",
    "log",
    "log-file",
    "media-size",
    "no-pull-resume",
    "output",
    "parallel",
    "print-config",
    "progress",
    "quiet",
    "retry-timeout",
    "source-login",
    "source-password",
    "source-password-file",
    "tls-skip-verify",
    "verbose",
];

fn parse(args: &[OsString]) -> Result<(Cli, CommandLine), clap::Error> {
    let base = ["dhctl", "mirror", "pull", "--config=delivery.yaml"].map(OsString::from);
    CommandLine::parse(base.iter().chain(args).cloned().collect())
}

fn line(args: &[OsString]) -> Result<CommandLine, clap::Error> {
    parse(args).map(|(_, line)| line)
}

fn words(text: &str) -> Vec<OsString> {
    text.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
}

fn file(body: &str) -> Delivery {
    let head = "apiVersion: dhctl.deckhouse.io/v1alpha1\nkind: Delivery\n";
    Delivery::parse(format!("{head}{body}").as_bytes()).unwrap()
}

fn with_file(args: &[OsString], delivery: &Delivery) -> Result<WithFile, Failure> {
    add_read(&line(args).unwrap(), "delivery.yaml".into(), delivery)
}

fn pull_args(args: MirrorArgs) -> PullArgs {
    match args.command {
        Some(MirrorCommand::Pull(args)) => *args,
        _ => panic!("another command"),
    }
}

#[test]
fn each_flag_of_a_pull_has_a_key_or_a_reason() {
    let root = cli();
    let mirror = root.find_subcommand("mirror").unwrap();
    let pull = mirror.find_subcommand("pull").unwrap();
    let flags: BTreeSet<&str> = pull.get_arguments().filter_map(Arg::get_long).collect();
    let with_key: BTreeSet<&str> = KEYS.iter().map(|key| key.flag).collect();
    let without_key: BTreeSet<&str> = WITHOUT_KEY.into_iter().collect();
    assert_eq!(with_key.union(&without_key).copied().collect::<BTreeSet<_>>(), flags);
    assert!(with_key.is_disjoint(&without_key));
    for key in KEYS {
        let arg = with_flag(pull, key.flag).unwrap();
        assert!(!arg.is_hide_env_values_set(), "{}: a secret", key.path);
        assert_eq!(key.takes == Takes::Switch, !arg.get_action().takes_values(), "{}", key.path);
        assert_eq!(with_flag(mirror, key.flag).map(Arg::get_id), Some(arg.get_id()), "the documented form");
    }
}

#[test]
fn flags_replace_their_keys_and_what_cannot_be_used_with_them() {
    let range = "source: a.example/ee\nplatform: {minVersion: '1.70', channels: [stable, lts]}\nbundle: {path: d8.tar}\n";
    let rules = "modules: {include: [console, a@^1.2], allowMissing: [b]}\npackages: {exclude: [c]}\n";
    let parts =
        "platform: {leaveOut: true}\ndatabases: {leaveOut: true}\nbundle: {format: d8, gostDigest: true}\n";
    let locked = "locked: d8.lock\nbundle: {partSize: 4GiB, bases: [old.tar]}\n";
    let cases = [
        ("", range),
        ("-i other.tar --source b.example/ee", range),
        ("--min-version 1.71", range),
        ("--channel beta", range),
        ("--release v1.70.1", range),
        ("--no-platform", range),
        ("--want want.yaml", range),
        ("--include-module d", rules),
        ("--exclude-module d", rules),
        ("--no-modules --no-packages", rules),
        ("--channel stable --bundle-format tar", parts),
        ("--no-vex", locked),
        ("-c 200MB --base new.tar --base newer.tar", locked),
        ("--locked other.lock", range),
        ("--", range),
    ];
    let texts = cases.map(|(args, body)| {
        let merged = with_file(&words(args), &file(body)).unwrap();
        let notes: Vec<String> = merged.file.replaced.into_iter().map(|it| it.text + "\n").collect();
        let text = merged.line.delivery().unwrap().to_yaml().unwrap();
        let (_, settings) = text.split_once("kind: Delivery\n").unwrap();
        format!("# {args}\n{}{settings}\n", notes.concat())
    });
    insta::assert_snapshot!(texts.concat());
}

#[test]
fn errors_name_the_file_and_its_keys() {
    let errors = [
        "platform: {minVersion: one}",
        "platform: {releases: [v1.70.1, v1.70]}",
        "platform: {releases: ['v1.70.1,v1.70.2']}",
        "platform: {channels: [stabel]}",
        "platform: {tags: ['a b']}",
        "source: registry.example.com",
        "source: 'someone:s3cret@registry.example.com/deckhouse/ee'",
        "modules: {include: ['console@']}",
        "modules: {exclude: [Console]}",
        "bundle: {partSize: 4G}",
        "bundle: {format: zip}",
        "platform: {minVersion: '1.70', releases: [v1.70.1]}",
        "want: want.yaml\nplatform: {minVersion: '1.70'}\nmodules: {include: [console]}",
        "locked: d8.lock\nbundle: {lock: d8.lock}",
        "modules: {leaveOut: true, exclude: [console]}",
    ]
    .map(|body| format!("{body}\n{}\n", with_file(&[], &file(body)).err().unwrap().render()));
    let text = errors.concat();
    assert_eq!(text.matches("s3cret").count(), 1, "only in the file");
    insta::assert_snapshot!(text);
}

#[test]
fn paths_begin_in_the_directory_of_the_file() {
    let delivery = file("want: want.yaml\nbundle: {path: /data/d8.tar, bases: [old.tar, ../older.tar]}\n");
    let merged = add_read(&line(&[]).unwrap(), "sites/a/delivery.yaml".into(), &delivery).unwrap();
    let flags = pull_args(merged.args);
    assert_eq!(flags.flags.want.unwrap(), std::path::Path::new("sites/a/want.yaml"));
    assert_eq!(flags.images_bundle_path.unwrap(), std::path::Path::new("/data/d8.tar"));
    assert_eq!(flags.flags.base[1], std::path::Path::new("sites/a/../older.tar"));
    // Those of flags begin in the current directory.
    let merged = add_read(&line(&words("--want w.yaml")).unwrap(), "sites/a/delivery.yaml".into(), &delivery);
    assert_eq!(pull_args(merged.unwrap().args).flags.want.unwrap(), std::path::Path::new("w.yaml"));
}

#[test]
fn what_is_not_utf_8_cannot_be_printed() {
    use std::os::unix::ffi::OsStringExt as _;
    let path = OsString::from_vec(b"--images-bundle-path=\xff.tar".to_vec());
    let failure = line(&[path]).unwrap().delivery().unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.render().contains(".tar is not valid UTF-8"), "{}", failure.render());
}

#[test]
fn edited_files_are_added_or_refused_by_name() {
    let seeds = [
        "platform: {minVersion: '1.70', channels: [stable]}\nmodules: {include: ['a@^1.2']}\n",
        "want: want.yaml\nbundle: {path: d8.tar, partSize: 4, format: tar, gostDigest: true}\n",
        "source: a.example/b\ninstaller: {tag: x}\npackages: {exclude: [c]}\n",
    ]
    .map(|body| format!("apiVersion: dhctl.deckhouse.io/v1alpha1\nkind: Delivery\n{body}"));
    fuzzing::fuzz!(seeds, |bytes: &[u8]| {
        let Ok(delivery) = Delivery::parse(bytes) else { return };
        match with_file(&[], &delivery) {
            Ok(merged) => {
                let printed = merged.line.delivery().unwrap();
                let again = with_file(&[], &printed).map_err(|failure| failure.render()).map(|it| it.line);
                assert_eq!(again.map(|line| line.delivery().unwrap()), Ok(printed));
            }
            Err(failure) => {
                assert_eq!(failure.exit, Exit::Usage);
                assert!(failure.message.to_string().starts_with("delivery.yaml: "), "{}", failure.message);
            }
        }
    });
}

/// Values that the flag accepts.
fn values(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Registry => &["registry.example.com:5000/deckhouse/ee", "[::1]:5000/a", "a.example/b__c/d"],
        Kind::Path => &["d8.tar", "/data/d8 1.tar", "-", "yes", "~", "a: b #c", "12", "ключ.tar", "--x"],
        Kind::Version => &["1.70", "v1.70", "1.70.3", "0.10"],
        Kind::Release => &["v1.70.1", "1.70.10", "v1.71.0-rc.1"],
        Kind::Tag => &["pr123", "123", "1e3", "v1.70.1", "_x", "stable"],
        Kind::Channel => &["stable", "early-access", "RockSolid", "lts"],
        Kind::Rule => &["console", "a-b@^1.2", "c@>=1.2 <2", "d@=v1.3.5+stable", "e@=pr1"],
        Kind::PluginRule => &["system", "a-b@^1.2", "c@>=1.2 <2", "d@=v1.3.5-rc.1"],
        Kind::Name => &["console", "a-b", "12", "null"],
        Kind::Filter => &["console:v1.2.3", "console:v1.2.3;a:stable"],
        Kind::Size => &["0", "4", "200MB", "200 mb", " 4 ", "Fat32", "512B"],
        Kind::Format => &["tar", "d8"],
    }
}

fn any_setting(key: &'static Key) -> BoxedStrategy<(&'static Key, Setting)> {
    let value = |kind| prop::sample::select(values(kind)).prop_map(str::to_owned);
    let setting = match key.takes {
        Takes::Switch => Just(Setting::On).boxed(),
        Takes::One(kind) => value(kind).prop_map(Setting::Text).boxed(),
        Takes::List(kind) => prop::collection::vec(value(kind), 1..3).prop_map(Setting::List).boxed(),
    };
    setting.prop_map(move |setting| (key, setting)).boxed()
}

/// Flags, as many as can be used together.
fn usable(settings: &[(&'static Key, Setting)]) -> Vec<OsString> {
    let mut args = Vec::new();
    for (key, setting) in settings {
        let values = match setting {
            Setting::On => vec![OsString::from(format!("--{}", key.flag))],
            Setting::Text(value) => vec![format!("--{}={value}", key.flag).into()],
            Setting::List(values) => {
                values.iter().map(|value| format!("--{}={value}", key.flag).into()).collect()
            }
        };
        let more = [args.clone(), values].concat();
        if line(&more).is_ok() {
            args = more;
        }
    }
    args
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_printed_file_selects_the_same(
        settings in prop::sample::subsequence(KEYS.iter().collect::<Vec<_>>(), 0..12)
            .prop_shuffle()
            .prop_flat_map(|keys| keys.into_iter().map(any_setting).collect::<Vec<_>>())
    ) {
        let args = usable(&settings);
        let (by_flags, line) = parse(&args).unwrap();
        let Command::Mirror(by_flags) = by_flags.command else { panic!("another command") };
        let printed = line.delivery().unwrap().to_yaml().unwrap();
        let read = Delivery::parse(printed.as_bytes()).unwrap();
        prop_assert!(conforms(&schema(), &serde_json::to_value(&read).unwrap()), "{}", printed);
        let by_file = with_file(&[], &read).unwrap();
        prop_assert_eq!(by_file.file.replaced, Vec::new());
        prop_assert_eq!(by_file.line.delivery().unwrap().to_yaml().unwrap(), printed.clone());
        let (by_flags, by_file) = (pull_args(*by_flags), pull_args(by_file.args));
        prop_assert_eq!(format!("{by_flags:?}"), format!("{by_file:?}"), "{}", printed);
    }
}

/// Whether a value conforms to a schema. Only what our schema uses is known; anything else in it is a failure of the test.
fn conforms(schema: &Value, value: &Value) -> bool {
    schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "title" | "description" => rule.is_string(),
        "const" => value == rule,
        "enum" => rule.as_array().unwrap().contains(value),
        "type" => {
            let types = rule.as_array().map_or(std::slice::from_ref(rule), Vec::as_slice);
            types.iter().any(|it| match it.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64() || value.is_u64(),
                other => panic!("an unknown type: {other}"),
            })
        }
        "pattern" => {
            value.as_str().is_none_or(|it| regex::Regex::new(rule.as_str().unwrap()).unwrap().is_match(it))
        }
        "minLength" => value.as_str().is_none_or(|it| it.chars().count() as u64 >= rule.as_u64().unwrap()),
        "minimum" => value.as_i64().is_none_or(|it| it >= rule.as_i64().unwrap()),
        "minItems" => value.as_array().is_none_or(|it| it.len() as u64 >= rule.as_u64().unwrap()),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| conforms(rule, item))),
        "required" => {
            let mut names = rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            value.as_object().is_none_or(|fields| names.all(|name| fields.contains_key(name)))
        }
        "properties" => value.as_object().is_none_or(|fields| {
            fields.iter().all(|(name, value)| rule.get(name).is_none_or(|rule| conforms(rule, value)))
        }),
        "additionalProperties" => {
            let known = &schema["properties"];
            rule == false
                && value.as_object().is_none_or(|it| it.keys().all(|name| known.get(name).is_some()))
        }
        other => panic!("an unknown keyword: {other}"),
    })
}

fn yaml(body: &str) -> Value {
    let head = "apiVersion: dhctl.deckhouse.io/v1alpha1\nkind: Delivery\n";
    serde_saphyr::from_str(&format!("{head}{body}")).unwrap()
}

#[test]
fn the_schema_refuses_what_a_pull_refuses() {
    let schema = schema();
    let guide = include_str!("../../../../docs/guide.md");
    let (_, example) = guide.split_once("`delivery.yaml`:\n\n```yaml\n").unwrap();
    let example: Value = serde_saphyr::from_str(example.split_once("```").unwrap().0).unwrap();
    assert!(conforms(&schema, &example), "{example:#}");
    for body in [
        "",
        "platform: {}",
        "bundle: {partSize: 4}",
        "platform: {leaveOut: false}",
        "modules: {include: ['a@>=1.2 <2', 'b@=v1.3.5+stable']}",
    ] {
        assert!(conforms(&schema, &yaml(body)), "{body}");
        with_file(&[], &file(body)).map_err(|failure| failure.render()).map(drop).unwrap();
    }
    for body in [
        "apiVersion: v1",
        "kind: WantList",
        "platfrom: {}",
        "platform: {minVersoin: '1.70'}",
        "platform: {minVersion: 1.70}",
        "platform: {minVersion: latest}",
        "platform: {minVersion: ['1.70']}",
        "platform: ~",
        "platform: {releases: [v1.70]}",
        "platform: {releases: ['v1.70.1,v1.70.2']}",
        "platform: {releases: v1.70.1}",
        "platform: {channels: []}",
        "platform: {channels: [stabel]}",
        "platform: {pointChannel: ''}",
        "platform: {tags: ['a b']}",
        "platform: {leaveOut: 'true'}",
        "installer: {tag: -x}",
        "source: registry.example.com",
        "source: someone:s3cret@registry.example.com/deckhouse/ee",
        "want: ''",
        "modules: {exclude: [Console]}",
        "modules: {include: [console@]}",
        "plugins: {include: [a@=v1.2.3+stable]}",
        "bundle: {partSize: -1}",
        "bundle: {partSize: 1.5}",
        "bundle: {partSize: 4 GiB x}",
        "bundle: {format: zip}",
    ] {
        // The last of two keys counts for `serde_json`; a pull refuses them.
        let text = format!("apiVersion: dhctl.deckhouse.io/v1alpha1\nkind: Delivery\n{body}\n");
        let refused = match Delivery::parse(text.as_bytes()) {
            Ok(delivery) => with_file(&[], &delivery).is_err(),
            Err(_) => true,
        };
        assert!(refused, "{body}");
        let mut value: Value = yaml("");
        let changed: Value = serde_saphyr::from_str(body).unwrap();
        value.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        assert!(!conforms(&schema, &value), "{body}");
    }
}

#[test]
fn the_schema_accepts_what_the_flags_accept() {
    let schema = schema();
    for key in KEYS {
        let (kind, is_list) = match key.takes {
            Takes::Switch => continue,
            Takes::One(kind) => (kind, false),
            Takes::List(kind) => (kind, true),
        };
        for value in values(kind) {
            let flag = OsString::from(format!("--{}={value}", key.flag));
            assert!(line(&[flag]).is_ok(), "{}: {value}", key.path);
            let setting = if is_list {
                Setting::List(vec![(*value).to_owned()])
            } else {
                Setting::Text((*value).to_owned())
            };
            let delivery = Delivery::of(|it| (it == key).then(|| setting.clone()));
            assert!(conforms(&schema, &serde_json::to_value(&delivery).unwrap()), "{}: {value}", key.path);
        }
    }
    let formats = BundleFormat::value_variants()
        .iter()
        .filter_map(|it| Some(it.to_possible_value()?.get_name().to_owned()));
    assert_eq!(values(Kind::Format), formats.collect::<Vec<_>>());
    assert_eq!(
        schema["properties"]["bundle"]["properties"]["format"]["enum"],
        serde_json::json!(values(Kind::Format))
    );
}
