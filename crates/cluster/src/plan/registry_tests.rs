use commands::{Command, Sentence, Update};
use deckhouse::Channel;
use serde_json::json;

use super::{
    tests::{cluster, delivered, of_file, version},
    *,
};
use crate::{
    ChannelRelease, ClusterState, Obstacle, RegistryAnswer,
    objects::{ModuleConfig, RegistrySettings},
};

/// A registry whose channel leads there, and that has all of these releases.
fn registry(leads_to: &str, listed: &[&str]) -> RegistryOffer {
    let there = |text: &&str| {
        let description =
            RegistryAnswer::Found(delivered(text, json!({ "requirements": { "k8s": "1.28" } })));
        (version(text), ReleaseInRegistry { image: RegistryAnswer::Found(()), description })
    };
    RegistryOffer {
        registry: "r.example/dkp/ee".to_owned(),
        channel: Some(Channel::Stable),
        leads_to: RegistryAnswer::Found(ChannelRelease { version: version(leads_to), suspended: false }),
        listed: RegistryAnswer::Found(listed.iter().map(|text| version(text)).collect()),
        releases: listed.iter().map(there).collect(),
    }
}

fn plan(state: &ClusterState, file: &[&str], offer: RegistryOffer) -> Plan {
    Plan::make(state, &PlanInput { registry: Some(offer), ..of_file(file) }).unwrap()
}

fn joined(left_out: &[LeftOut], words: &str) -> String {
    let versions = left_out.iter().filter(|it| it.why.contains(words)).flat_map(|it| &it.versions);
    versions.map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn chain_of(plan: &Plan) -> String {
    plan.steps.iter().map(|step| step.version.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_the_registry_adds_and_what_the_channel_ends() {
    for (file, objects, leads_to, listed, chain, above) in [
        // Nothing but the registry: the platform makes the objects of what is there.
        (
            &[][..],
            &[][..],
            "v1.59.4",
            &["v1.56.0", "v1.57.5", "v1.58.2", "v1.58.3", "v1.59.4"][..],
            "v1.58.3 v1.59.4",
            "",
        ),
        // A later patch that neither the file nor the cluster has.
        (&["v1.58.3"], &[], "v1.59.4", &["v1.58.3", "v1.58.9"], "v1.58.9 v1.59.4", ""),
        (&[], &["v1.58.3 Pending"], "v1.58.9", &["v1.58.3", "v1.58.9"], "v1.58.9", ""),
        // Above the channel nothing is taken, wherever it is from.
        (
            &["v1.58.3", "v1.59.0"],
            &[],
            "v1.58.3",
            &["v1.58.3", "v1.58.9", "v1.59.0"],
            "v1.58.3",
            "v1.58.9 v1.59.0",
        ),
        (&[], &["v1.58.3 Pending", "v1.59.0 Pending"], "v1.58.3", &[], "v1.58.3", "v1.59.0"),
        (&["v1.58.3"], &[], "v1.56.0", &["v1.56.0"], "", "v1.58.3"),
        // It closes a gap of the file.
        (&["v1.58.3", "v1.60.1"], &[], "v1.60.1", &["v1.59.4"], "v1.58.3 v1.59.4 v1.60.1", ""),
        (&[], &["v1.58.9 Skipped"], "v1.58.9", &["v1.58.3", "v1.58.9"], "v1.58.3", ""),
    ] {
        let state = cluster(&[&["v1.57.5 Deployed"], objects].concat());
        let plan = plan(&state, file, registry(leads_to, listed));
        let told = (chain_of(&plan), joined(&plan.left_out, "which the release channel leads to"));
        assert_eq!(told, (chain.to_owned(), above.to_owned()), "{file:?} {objects:?} {leads_to} {listed:?}");
    }
}

#[test]
fn a_channel_below_all_that_was_delivered_blocks() {
    for (file, objects, blocks) in [
        (&["v1.58.3"][..], &[][..], true),
        (&[], &["v1.58.3 Pending"], true),
        // What only the registry has is for another channel.
        (&[], &[], false),
        (&["v1.57.4"], &[], false),
    ] {
        let state = cluster(&[&["v1.57.5 Deployed"], objects].concat());
        let plan = plan(&state, file, registry("v1.57.5", &["v1.57.5", "v1.58.3"]));
        let said = plan.blocking.iter().any(|why| why.to_string().contains("which is all that lies ahead"));
        assert_eq!(said, blocks, "{file:?} {objects:?}: {:?}", plan.blocking);
    }
}

#[test]
fn a_registry_keeps_old_patches_and_nobody_asked_for_them() {
    let listed = ["v1.56.0", "v1.57.5", "v1.58.2", "v1.58.3"];
    let plan = plan(&cluster(&["v1.57.5 Deployed"]), &[], registry("v1.58.3", &listed));
    assert_eq!(plan.left_out, []);
}

#[test]
fn lts_goes_straight_to_what_the_channel_leads_to() {
    let mut state = cluster(&["v1.57.5 Deployed"]);
    let settings = json!({ "releaseChannel": "LTS", "update": { "mode": "Manual" } });
    let config = ModuleConfig { name: "deckhouse".to_owned(), settings, ..ModuleConfig::default() };
    state.module_configs = Reading::Known(vec![config]);
    let offer = RegistryOffer { channel: Some(Channel::Lts), ..registry("v1.64.2", &["v1.58.3", "v1.64.2"]) };
    assert_eq!(chain_of(&plan(&state, &[], offer)), "v1.64.2");
}

#[test]
fn what_has_not_arrived_blocks() {
    let blocked = |change: fn(&mut RegistryOffer), to: Option<&str>| {
        let mut offer = registry("v1.59.4", &["v1.58.3", "v1.59.4", "v1.60.0"]);
        change(&mut offer);
        let input = PlanInput { registry: Some(offer), to: to.map(version), ..of_file(&["v1.58.3"]) };
        Sentence::joined(Plan::make(&cluster(&["v1.57.5 Deployed"]), &input).unwrap().blocking, "\n")
            .to_string()
    };
    assert_eq!(blocked(|_| {}, None), "");
    assert_eq!(
        blocked(
            |offer| {
                offer.releases.get_mut(&version("v1.58.3")).unwrap().image = RegistryAnswer::Missing;
                let other = offer.releases.get_mut(&version("v1.59.4")).unwrap();
                (other.image, other.description) = (RegistryAnswer::Missing, RegistryAnswer::Missing);
            },
            None
        ),
        "not in the registry: r.example/dkp/ee:v1.58.3, r.example/dkp/ee:v1.59.4 and \
         r.example/dkp/ee/release-channel:v1.59.4; push a bundle with these releases: dhctl mirror push -i d8.tar \
         --registry r.example/dkp/ee"
    );
    let missing = blocked(|offer| offer.leads_to = RegistryAnswer::Missing, None);
    assert!(
        missing.starts_with("r.example/dkp/ee/release-channel:stable is not in the registry"),
        "{missing}"
    );
    let held = blocked(
        |offer| {
            offer.leads_to =
                RegistryAnswer::Found(ChannelRelease { version: version("v1.59.4"), suspended: true })
        },
        None,
    );
    assert!(held.contains("release-channel:stable (v1.59.4) is marked as suspended"), "{held}");
    assert_eq!(
        blocked(
            |offer| offer.leads_to =
                RegistryAnswer::Found(ChannelRelease { version: version("v1.59.4"), suspended: true }),
            Some("v1.58.3")
        ),
        ""
    );
    let above = blocked(|_| {}, Some("v1.60.0"));
    assert!(
        above.contains("v1.60.0 cannot be had: r.example/dkp/ee/release-channel:stable leads to v1.59.4"),
        "{above}"
    );
}

#[test]
fn what_cannot_be_told_is_unknown_and_does_not_block() {
    let mut offer = registry("v1.58.3", &["v1.58.3"]);
    offer.listed = RegistryAnswer::Denied("403 on tags/list".into());
    offer.releases.get_mut(&version("v1.58.3")).unwrap().image = RegistryAnswer::Unknown("503".into());
    let state = cluster(&["v1.57.5 Deployed"]);
    let plan = plan(&state, &["v1.58.3"], offer.clone());
    assert_eq!(plan.blocking, []);
    assert_eq!(
        plan.unknown,
        [
            "further releases in r.example/dkp/ee: its tags cannot be listed, and the platform needs that list too: 403 on \
             tags/list",
            "r.example/dkp/ee:v1.58.3: 503",
        ]
    );
    let found = plan.steps[0].in_registry.unwrap();
    assert_eq!((found.image, found.description), (Presence::Unknown, Presence::There));
    // The channel cannot be read, so nothing is known to be above it.
    offer.leads_to = RegistryAnswer::Unknown("it has no version.json".into());
    let plan = self::plan(&state, &["v1.58.3", "v1.59.0"], offer);
    assert_eq!(chain_of(&plan), "v1.58.3 v1.59.0");
    assert_eq!(plan.unknown[0], "r.example/dkp/ee/release-channel:stable: it has no version.json");
}

#[test]
fn for_a_stranger_at_night() {
    let mut state = cluster(&["v1.57.5 Deployed", "v1.58.3 Pending"]);
    state.registry = Reading::Known(RegistrySettings {
        address: "registry.example.com".to_owned(),
        path: "/dkp/ee".to_owned(),
        ..RegistrySettings::default()
    });
    let mut offer = registry("v1.60.1", &["v1.57.5", "v1.58.3", "v1.59.2", "v1.59.4", "v1.60.1", "v1.61.0"]);
    offer.releases.get_mut(&version("v1.59.4")).unwrap().image = RegistryAnswer::Missing;
    let release = offer.releases.get_mut(&version("v1.60.1")).unwrap();
    release.description = RegistryAnswer::Unknown("blob of 20 MB is too large".into());
    let text = plan(&state, &["v1.59.2"], offer).text();
    insta::assert_snapshot!(text);
    let whole = plan(&state, &[], registry("v1.58.3", &["v1.58.3"])).text();
    assert!(
        whole.ends_with("Nothing that is known blocks it. Next: dhctl update approve v1.58.3\n"),
        "{whole}"
    );
    // Nothing but the registry has it, and the platform will see it there.
    let state = ClusterState {
        registry: Reading::Unreadable(Obstacle::Forbidden("get secrets".to_owned())),
        ..cluster(&["v1.57.5 Deployed"])
    };
    let alone = plan(&state, &[], registry("v1.58.3", &["v1.58.3"]));
    assert_eq!(alone.next, Some(Command::dhctl(Update::Status)));
    assert_eq!(alone.steps[0].requirements[0].key, "k8s");
}
