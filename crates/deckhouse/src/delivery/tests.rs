//! Delivery files are read as they are written, and nothing else is read.

use super::*;

fn file(text: &str) -> String {
    format!("apiVersion: {API_VERSION}\nkind: Delivery\n{text}")
}

/// A file with every key.
fn full() -> Delivery {
    let sample = |kind: Kind| {
        let text = match kind {
            Kind::Registry => "registry.example.com:5000/deckhouse/ee",
            Kind::Path => "files/d8.tar",
            Kind::Version => "1.70",
            Kind::Release => "v1.70.1",
            Kind::Tag => "123",
            Kind::Channel => "early-access",
            Kind::Rule | Kind::PluginRule => "console@>=1.2 <2",
            Kind::Name => "console",
            Kind::Filter => "console:v1.2.3;a:stable",
            Kind::Size => "4",
            Kind::Format => "d8",
        };
        text.to_owned()
    };
    Delivery::of(|key| {
        Some(match key.takes {
            Takes::Switch => Setting::On,
            Takes::One(kind) => Setting::Text(sample(kind)),
            Takes::List(kind) => Setting::List(vec![sample(kind), sample(kind)]),
        })
    })
}

#[test]
fn a_file_with_every_key() {
    let text = full().to_yaml().unwrap();
    insta::assert_snapshot!(text);
    assert_eq!(Delivery::parse(text.as_bytes()).unwrap(), full());
    assert_eq!(full().settings().count(), KEYS.len());
}

#[test]
fn what_is_false_is_as_if_it_were_not_there() {
    let nothing = Delivery::parse(file("platform: {leaveOut: false}\nbundle: {}\n").as_bytes()).unwrap();
    assert_eq!(nothing, Delivery::default());
    let size = Delivery::parse(file("bundle: {partSize: 4}\n").as_bytes()).unwrap();
    let (key, setting) = size.settings().next().unwrap();
    assert_eq!((key.path, setting), ("bundle.partSize", &Setting::Text("4".to_owned())));
}

#[test]
fn anything_else_is_refused() {
    let errors = [
        "platfrom: {minVersion: '1.70'}",
        "platform: {minVersoin: '1.70'}",
        "platform.minVersion: '1.70'",
        "platform:",
        "platform: ['1.70']",
        "platform: {minVersion: 1.70}",
        "platform: {minVersion: ''}",
        "platform: {minVersion: ['1.70']}",
        "platform: {channels: stable}",
        "platform: {channels: []}",
        "platform: {tags: [pr1, 2]}",
        "platform: {leaveOut: 'true'}",
        "want:",
        "bundle: {partSize: 1.5}",
        "bundle: {partSize: {GiB: 1}}",
        "source: a.example/b\nsource: c.example/d",
        "source: 'a\\u0007'\nnoSuchKey\\x1b: 1",
        "- a list",
    ]
    .map(|text| {
        let error = Delivery::parse(file(&format!("{text}\n")).as_bytes()).unwrap_err();
        format!("{text}\n    delivery.yaml {error}\n")
    });
    insta::assert_snapshot!(errors.concat());
}

#[test]
fn another_version_or_kind_is_refused() {
    let text = file("");
    for (from, to, said) in [
        ("v1alpha1", "v2", "has the apiVersion 'dhctl.deckhouse.io/v2'"),
        ("Delivery", "WantList", "has the kind 'WantList' instead of Delivery"),
        ("kind: Delivery\n", "", "is not a delivery file: "),
    ] {
        let error = Delivery::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(said), "{to}: {error}");
    }
    let large = file(&format!("# {}\n", "x".repeat(33 << 20)));
    assert!(Delivery::parse(large.as_bytes()).unwrap_err().to_string().contains("larger than 32 MiB"));
}

#[test]
fn edited_files_read_back_as_they_are_written() {
    let seeds =
        [full().to_yaml().unwrap(), file("platform: {channels: [stable, lts]}\nbundle: {partSize: 4}\n")];
    fuzzing::fuzz!(seeds, |bytes: &[u8]| {
        if let Ok(delivery) = Delivery::parse(bytes) {
            let text = delivery.to_yaml().unwrap();
            assert_eq!(Delivery::parse(text.as_bytes()).unwrap(), delivery, "{text}");
        }
    });
}
