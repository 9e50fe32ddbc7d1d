use commands::{Command, Update};
use deckhouse::Channel;
use problems::{Fact, RegistryFact};
use serde_json::json;

use super::{
    tests::{cluster, delivered, of_file, version},
    *,
};
use crate::{ChannelRelease, ClusterState, RegistryAnswer, ReleaseList, objects::ModuleConfig};

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
        listed: RegistryAnswer::Found(ReleaseList {
            listed: listed.iter().map(|text| version(text)).collect(),
            unlisted: Vec::new(),
        }),
        edition: RegistryAnswer::Missing,
        releases: listed.iter().map(there).collect(),
    }
}

fn plan(state: &ClusterState, file: &[&str], offer: RegistryOffer) -> Plan {
    Plan::make(state, &PlanInput { registry: Some(offer), ..of_file(file) }).unwrap()
}

fn above_channel(left_out: &[LeftOut]) -> String {
    let above = left_out.iter().filter(|it| matches!(it.reason, LeftOutReason::AboveChannel(_)));
    above.flat_map(|it| &it.versions).map(|it| format!("v{it}")).collect::<Vec<_>>().join(" ")
}

fn chain_of(plan: &Plan) -> String {
    plan.steps.iter().map(|step| step.version.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn releases_of_the_registry_up_to_the_channel_are_added() {
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
        let found = (chain_of(&plan), above_channel(&plan.left_out));
        assert_eq!(found, (chain.to_owned(), above.to_owned()), "{file:?} {objects:?} {leads_to} {listed:?}");
    }
}

#[test]
fn a_channel_below_all_known_releases_blocks() {
    for (file, objects, blocks) in [
        (&["v1.58.3"][..], &[][..], true),
        (&[], &["v1.58.3 Pending"], true),
        // What only the registry has is for another channel.
        (&[], &[], false),
        (&["v1.57.4"], &[], false),
    ] {
        let state = cluster(&[&["v1.57.5 Deployed"], objects].concat());
        let plan = plan(&state, file, registry("v1.57.5", &["v1.57.5", "v1.58.3"]));
        let is_too_low = |it: &Problem| {
            matches!(it.fact, Fact::Registry(RegistryFact::ChannelTooLow { wanted: None, .. }))
        };
        assert_eq!(plan.blocking.iter().any(is_too_low), blocks, "{file:?} {objects:?}: {:?}", plan.blocking);
    }
}

#[test]
fn old_patches_of_the_registry_are_left_out() {
    let listed = ["v1.56.0", "v1.57.5", "v1.58.2", "v1.58.3"];
    let plan = plan(&cluster(&["v1.57.5 Deployed"]), &[], registry("v1.58.3", &listed));
    assert_eq!(plan.left_out, []);
}

#[test]
fn lts_updates_directly_to_the_release_of_the_channel() {
    let mut state = cluster(&["v1.57.5 Deployed"]);
    let settings = json!({ "releaseChannel": "LTS", "update": { "mode": "Manual" } });
    let config = ModuleConfig { name: "deckhouse".to_owned(), settings, ..ModuleConfig::default() };
    state.module_configs = Reading::Known(vec![config]);
    let offer = RegistryOffer { channel: Some(Channel::Lts), ..registry("v1.64.2", &["v1.58.3", "v1.64.2"]) };
    assert_eq!(chain_of(&plan(&state, &[], offer)), "v1.64.2");
}

#[test]
fn missing_images_block() {
    let blocked = |change: fn(&mut RegistryOffer), to: Option<&str>| {
        let mut offer = registry("v1.59.4", &["v1.58.3", "v1.59.4", "v1.60.0"]);
        change(&mut offer);
        let input = PlanInput { registry: Some(offer), to: to.map(version), ..of_file(&["v1.58.3"]) };
        let plan = Plan::make(&cluster(&["v1.57.5 Deployed"]), &input).unwrap();
        plan.blocking.into_iter().map(|it| it.fact).collect::<Vec<Fact>>()
    };
    let image = || "r.example/dkp/ee/release-channel:stable".to_owned();
    let suspend = |offer: &mut RegistryOffer| {
        offer.leads_to =
            RegistryAnswer::Found(ChannelRelease { version: version("v1.59.4"), suspended: true });
    };
    assert_eq!(blocked(|_| {}, None), []);
    assert_eq!(
        blocked(
            |offer| {
                offer.releases.get_mut(&version("v1.58.3")).unwrap().image = RegistryAnswer::Missing;
                let other = offer.releases.get_mut(&version("v1.59.4")).unwrap();
                (other.image, other.description) = (RegistryAnswer::Missing, RegistryAnswer::Missing);
            },
            None
        ),
        [Fact::from(RegistryFact::ImagesMissing {
            images: vec![
                "r.example/dkp/ee:v1.58.3".to_owned(),
                "r.example/dkp/ee:v1.59.4".to_owned(),
                "r.example/dkp/ee/release-channel:v1.59.4".to_owned(),
            ],
        })]
    );
    assert_eq!(
        blocked(|offer| offer.leads_to = RegistryAnswer::Missing, None),
        [Fact::from(RegistryFact::ChannelMissing { image: image() })]
    );
    let suspended = RegistryFact::ChannelSuspended { image: image(), version: version("v1.59.4") };
    assert_eq!(blocked(suspend, None), [Fact::from(suspended)]);
    assert_eq!(blocked(suspend, Some("v1.58.3")), []);
    let too_low = RegistryFact::ChannelTooLow {
        image: image(),
        version: version("v1.59.4"),
        wanted: Some(version("v1.60.0")),
    };
    assert!(blocked(|_| {}, Some("v1.60.0")).contains(&Fact::from(too_low)));
}

#[test]
fn releases_that_a_proxy_cache_does_not_list_block_where_nobody_else_creates_them() {
    let state = |objects: &[&str]| cluster(&[&["v1.57.5 Deployed"], objects].concat());
    let mut offer = registry("v1.59.4", &["v1.58.3", "v1.59.4"]);
    let unlisted = vec![version("v1.58.3")];
    offer.listed =
        RegistryAnswer::Found(ReleaseList { listed: vec![version("v1.59.4")], unlisted: unlisted.clone() });
    let incomplete = RegistryFact::TagsIncomplete { unlisted };
    for (file, objects, blocks) in
        [(&[][..], &[][..], true), (&["v1.58.3"], &[], false), (&[], &["v1.58.3 Pending"], false)]
    {
        let plan = plan(&state(objects), file, offer.clone());
        assert_eq!(chain_of(&plan), "v1.58.3 v1.59.4");
        let facts: Vec<Fact> = plan.blocking.into_iter().map(|it| it.fact).collect();
        let expected: Vec<Fact> = blocks.then(|| incomplete.clone().into()).into_iter().collect();
        assert_eq!(facts, expected, "{file:?} {objects:?}");
    }
    // What is missing cannot be pushed to it.
    offer.releases.get_mut(&version("v1.58.3")).unwrap().image = RegistryAnswer::Missing;
    let plan = plan(&state(&["v1.58.3 Pending"]), &[], offer);
    assert_eq!(plan.blocking[0].advice, [problems::RegistryAdvice::CheckUpstream.into()]);
}

#[test]
fn what_cannot_be_read_is_unknown_and_does_not_block() {
    let mut offer = registry("v1.58.3", &["v1.58.3"]);
    offer.listed = RegistryAnswer::Denied("403 on tags/list".into());
    offer.releases.get_mut(&version("v1.58.3")).unwrap().image = RegistryAnswer::Unknown("503".into());
    let state = cluster(&["v1.57.5 Deployed"]);
    let plan = plan(&state, &["v1.58.3"], offer.clone());
    assert_eq!(plan.blocking, []);
    let image = |image: &str| PlanSource::Image { image: image.to_owned() };
    assert_eq!(
        plan.unknown,
        [
            PlanUnknown::new(
                PlanSource::Tags { registry: "r.example/dkp/ee".to_owned() },
                "403 on tags/list"
            ),
            PlanUnknown::new(image("r.example/dkp/ee:v1.58.3"), "503"),
            PlanUnknown::new(
                PlanSource::Edition,
                "Deployment/deckhouse has no annotation core.deckhouse.io/edition that can be read"
            ),
        ]
    );
    let found = plan.steps[0].in_registry.unwrap();
    assert_eq!((found.image, found.description), (Presence::Unknown, Presence::There));
    // The channel cannot be read, so nothing is known to be above it.
    offer.leads_to = RegistryAnswer::Unknown("it has no version.json".into());
    let plan = self::plan(&state, &["v1.58.3", "v1.59.0"], offer);
    assert_eq!(chain_of(&plan), "v1.58.3 v1.59.0");
    let channel = PlanSource::Channel { image: "r.example/dkp/ee/release-channel:stable".to_owned() };
    assert_eq!(plan.unknown[0], PlanUnknown::new(channel, "it has no version.json"));
}

#[test]
fn another_edition_blocks_unless_it_is_meant() {
    let mut state = cluster(&["v1.57.5 Deployed"]);
    let deployment = crate::objects::DeckhouseDeployment {
        image: "r.example/dkp/ee:v1.57.5".to_owned(),
        edition_annotation: Some("EE".to_owned()),
        ..Default::default()
    };
    state.deployment = crate::Reading::Known(deployment);
    let other = RegistryFact::OtherEdition { found: "FE".to_owned(), cluster: "EE".to_owned() };
    let other = Fact::from(other);
    for (edition, allowed, blocks) in
        [("EE", false, false), ("ee", false, false), ("FE", false, true), ("FE", true, false)]
    {
        let edition = deckhouse::Edition::parse(edition).unwrap();
        let offer = RegistryOffer {
            edition: RegistryAnswer::Found(edition.clone()),
            ..registry("v1.58.3", &["v1.58.3"])
        };
        let input =
            PlanInput { registry: Some(offer), allow_edition_change: allowed, ..of_file(&["v1.58.3"]) };
        let plan = Plan::make(&state, &input).unwrap();
        assert_eq!(plan.blocking.iter().any(|it| it.fact == other), blocks, "{edition} {allowed}");
        assert_eq!(plan.unknown, []);
    }
}

#[test]
fn a_release_of_the_registry_alone_is_left_to_the_platform() {
    let plan = plan(&cluster(&["v1.57.5 Deployed"]), &[], registry("v1.58.3", &["v1.58.3"]));
    assert_eq!(plan.next, Some(Command::dhctl(Update::Status)));
    assert_eq!(plan.steps[0].requirements[0].key, "k8s");
}

#[test]
fn which_releases_the_controller_creates() {
    let creations = |state: &ClusterState, file: &[&str], offer: RegistryOffer| -> Vec<Option<Creation>> {
        plan(state, file, offer).steps.iter().map(|step| step.creation).collect()
    };
    let listed = ["v1.57.9", "v1.58.3", "v1.59.4"];
    // v1.57 has the first loop: never its own last patch, and one minor version at a time.
    let own = cluster(&["v1.57.5 Deployed"]);
    assert_eq!(
        creations(&own, &[], registry("v1.59.4", &listed)),
        [Some(Creation::Never), Some(Creation::Now), Some(Creation::AfterPrevious)]
    );
    // Nobody else creates the first one.
    let next = plan(&own, &[], registry("v1.59.4", &listed)).next;
    assert!(matches!(next, Some(it) if it.to_string().ends_with(" --output yaml > deckhousereleases.yaml")));
    // The object exists, and the next one follows it.
    let with_object = cluster(&["v1.57.5 Deployed", "v1.58.3 Pending"]);
    assert_eq!(creations(&with_object, &[], registry("v1.59.4", &listed[1..])), [None, Some(Creation::Now)]);
    // The same for what the file has too; without a registry nothing is said.
    assert_eq!(creations(&own, &["v1.58.3"], registry("v1.58.3", &["v1.58.3"])), [Some(Creation::Now)]);
    let without = Plan::make(&own, &of_file(&["v1.58.3"])).unwrap();
    assert_eq!(without.steps[0].creation, None);
}
