//! Every start, stopped after every write: what is decided then is the rest of what was decided before.

use deckhouse::{Channel, release_list::DeliveredRelease};
use jiff::Timestamp;
use semver::Version;
use serde_json::{Value, json};

use super::{
    CHANNEL_NOTE, Preparation, PrepareError, PrepareNote, PrepareSettings, Step, steps, steps::left_to_write,
};
use crate::{
    ClusterState, LeftOutReason, Reading,
    change::{Kind, Write},
    objects::{DeckhouseDeployment, ModuleConfig, Phase, Release, UpdateMode, UpdateWindow},
};

/// A start: what is set, noted and running.
#[derive(Debug, Clone)]
struct Start {
    tag: &'static str,
    channel: Option<&'static str>,
    note: Option<&'static str>,
    mode: Option<&'static str>,
    schema: Option<u64>,
}

fn state(start: &Start) -> ClusterState {
    let mut settings = json!({ "logLevel": "Info" });
    if let Some(channel) = start.channel {
        settings["releaseChannel"] = json!(channel);
    }
    if let Some(mode) = start.mode {
        settings["update"] = json!({ "mode": mode });
    }
    let config = ModuleConfig {
        name: "deckhouse".to_owned(),
        annotations: start.note.map(|it| (CHANNEL_NOTE.to_owned(), it.to_owned())).into_iter().collect(),
        version: start.schema,
        settings,
        resource_version: Some("1".to_owned()),
        ..ModuleConfig::default()
    };
    let deployed = Release {
        name: "v1.68.5".to_owned(),
        version_text: "v1.68.5".to_owned(),
        version: Some(Version::new(1, 68, 5)),
        phase: Some(Phase::Deployed),
        ..Release::default()
    };
    ClusterState {
        deployment: Reading::Known(DeckhouseDeployment {
            image: format!("registry:5000/dkp/ee:{}", start.tag),
            ..DeckhouseDeployment::default()
        }),
        module_configs: Reading::Known(vec![config]),
        releases: Reading::Known(vec![deployed]),
        ..ClusterState::default()
    }
}

fn settings() -> PrepareSettings {
    PrepareSettings {
        channel: None,
        mode: UpdateMode::Manual,
        windows: Vec::new(),
        delivery: ["1.68.6", "1.69.2"]
            .map(|text| DeliveredRelease { version: text.parse().unwrap(), spec: json!({}) })
            .to_vec(),
        to: None,
        channel_leads_to: None,
        now: Timestamp::UNIX_EPOCH,
        unprocessed: Vec::new(),
    }
}

/// As an API server merges (RFC 7386).
fn merge(target: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut target[name], value);
        }
    }
}

fn apply(state: &mut ClusterState, step: &Step) {
    let change = &step.change;
    match (&change.write, change.kind) {
        (Write::Merge(patch), Kind::ModuleConfig) => {
            let Reading::Known(configs) = &mut state.module_configs else { unreachable!() };
            let config = &mut configs[0];
            let mut object = json!({
                "metadata": { "annotations": config.annotations },
                "spec": { "settings": config.settings, "version": config.version },
            });
            merge(&mut object, patch);
            config.annotations = serde_json::from_value(object["metadata"]["annotations"].take()).unwrap();
            config.settings = object["spec"]["settings"].take();
            config.version = object["spec"]["version"].as_u64();
        }
        (Write::Create(body), Kind::DeckhouseRelease) => {
            assert_eq!((body.get("approved"), body.get("status")), (None, None));
            let Reading::Known(releases) = &mut state.releases else { unreachable!() };
            assert!(releases.iter().all(|it| it.name != change.name), "{}", change.name);
            let version_text = body["spec"]["version"].as_str().unwrap().to_owned();
            releases.push(Release {
                name: change.name.clone(),
                version: deckhouse::version::parse_tag(&version_text),
                version_text,
                created: Some(Timestamp::UNIX_EPOCH),
                ..Release::default()
            });
        }
        (Write::Merge(_), Kind::DeckhouseRelease) => {
            // The controller processes what is changed.
            let Reading::Known(releases) = &mut state.releases else { unreachable!() };
            let release = releases.iter_mut().find(|it| it.name == change.name).unwrap();
            release.phase = Some(Phase::Pending);
        }
        (Write::Delete, Kind::DeckhouseRelease) => {
            let Reading::Known(releases) = &mut state.releases else { unreachable!() };
            releases.retain(|it| it.name != change.name);
        }
        other => panic!("{other:?}"),
    }
}

fn words(plan: &Preparation) -> Vec<String> {
    plan.steps
        .iter()
        .map(|step| match &step.change.write {
            Write::Merge(_) if step.change.kind == Kind::DeckhouseRelease => {
                format!("touch {}", step.change.name)
            }
            Write::Merge(patch) => patch.to_string(),
            Write::Create(_) => format!("create {}", step.change.name),
            Write::Delete => format!("delete {}", step.change.name),
        })
        .collect()
}

const OLD: Start = Start { tag: "v1.68.5", channel: Some("Stable"), note: None, mode: None, schema: Some(1) };

#[test]
fn the_documented_order() {
    let mode = r#"{"spec":{"settings":{"update":{"mode":"Manual"}}}}"#;
    let put_away = r#"{"metadata":{"annotations":{"dhctl.deckhouse.io/release-channel":"Stable"}},"spec":{"settings":{"releaseChannel":null}}}"#;
    let back = r#"{"metadata":{"annotations":{"dhctl.deckhouse.io/release-channel":null}},"spec":{"settings":{"releaseChannel":"Stable"}}}"#;
    let (first, second) = ("create v1.68.6", "create v1.69.2");
    let touched = ["touch v1.68.6", "touch v1.69.2"];
    let manual = Some("Manual");
    for (start, expected) in [
        // What was created while no channel was set is touched afterwards.
        (OLD, &[put_away, mode, first, second, back, touched[0], touched[1]][..]),
        (Start { mode: Some("Auto"), ..OLD }, &[put_away, mode, first, second, back, touched[0], touched[1]]),
        // The mode is right: nothing has to be put away.
        (Start { mode: manual, ..OLD }, &[first, second]),
        // Since v1.70 patches obey the mode. Nothing of the delivery is above that.
        (Start { tag: "v1.70.0", ..OLD }, &[mode]),
        // An earlier run was stopped.
        (
            Start { channel: None, note: Some("Stable"), ..OLD },
            &[mode, first, second, back, touched[0], touched[1]],
        ),
        (
            Start { channel: None, note: Some("Stable"), mode: manual, ..OLD },
            &[first, second, back, touched[0], touched[1]],
        ),
        // What names no channel is never set.
        (Start { channel: None, note: Some("Bogus"), mode: manual, ..OLD }, &[first, second]),
        // It was unset before, and there is no word on what is wanted.
        (Start { channel: None, mode: manual, ..OLD }, &[first, second]),
        // Somebody has set it by hand in the meantime.
        (
            Start { note: Some("Beta"), mode: manual, ..OLD },
            &[first, second, r#"{"metadata":{"annotations":{"dhctl.deckhouse.io/release-channel":null}}}"#],
        ),
        // Settings of which there are none yet.
        (
            Start { tag: "v1.70.0", schema: None, ..OLD },
            &[r#"{"spec":{"settings":{"update":{"mode":"Manual"}},"version":1}}"#],
        ),
    ] {
        assert_eq!(words(&steps(&state(&start), &settings()).unwrap()), expected, "{start:?}");
    }
}

#[test]
fn after_a_stop_at_any_step_the_remaining_changes_are_the_confirmed_ones() {
    let mut all_settings = vec![settings(), PrepareSettings { channel: Some(Channel::Beta), ..settings() }];
    let window = UpdateWindow { from: "8:00".to_owned(), to: "9:00".to_owned(), days: Vec::new() };
    all_settings.push(PrepareSettings { mode: UpdateMode::Auto, windows: vec![window], ..settings() });
    for tag in ["v1.68.5", "v1.70.0"] {
        for channel in [None, Some("Stable"), Some("Beta")] {
            for note in [None, Some("Stable"), Some("Alpha")] {
                for mode in [None, Some("Auto"), Some("Manual")] {
                    for schema in [None, Some(1)] {
                        let start = Start { tag, channel, note, mode, schema };
                        for settings in &all_settings {
                            one_start(&start, settings);
                        }
                    }
                }
            }
        }
    }
}

fn one_start(start: &Start, settings: &PrepareSettings) {
    let mut state = state(start);
    let confirmed = steps(&state, settings).unwrap().steps;
    let settings = &settings.continuing(&confirmed);
    for done in 0..confirmed.len() {
        let left = left_to_write(steps(&state, settings).unwrap().steps, &confirmed);
        let same = |(a, b): (&Step, &Step)| a.change.writes_the_same(&b.change);
        assert_eq!(left.len(), confirmed.len() - done, "{start:?} {settings:?}");
        assert!(left.iter().zip(&confirmed[done..]).all(same), "{start:?} {settings:?} {left:?}");
        apply(&mut state, &left[0]);
    }
    assert_eq!(
        left_to_write(steps(&state, settings).unwrap().steps, &confirmed),
        [],
        "{start:?} {settings:?}"
    );
    let config = state.deckhouse_config().unwrap();
    let wanted = settings.channel.map(Channel::in_settings).or(start.channel).or(start.note);
    assert_eq!(config.update_settings().release_channel.as_deref(), wanted, "{start:?} {settings:?}");
    assert!(!config.annotations.contains_key(CHANNEL_NOTE), "{start:?} {settings:?}");
    assert_eq!(config.settings["logLevel"], "Info");
}

#[test]
fn the_controller_never_sees_duplicates() {
    let twin = Release {
        name: "v1-69-2".to_owned(),
        version_text: "v1.69.2".to_owned(),
        version: Some(Version::new(1, 69, 2)),
        phase: Some(Phase::Pending),
        ..Release::default()
    };
    let with_twin = |start: &Start| {
        let mut state = state(start);
        let Reading::Known(releases) = &mut state.releases else { unreachable!() };
        releases.push(twin.clone());
        state
    };
    let looks = Start { mode: Some("Manual"), ..OLD };
    let mut state = with_twin(&looks);
    let plan = steps(&state, &settings()).unwrap();
    assert_eq!(words(&plan), ["delete v1-69-2", "create v1.68.6", "create v1.69.2"]);
    // Stopped between the two, the release is not lost.
    apply(&mut state, &plan.steps[0]);
    assert_eq!(words(&steps(&state, &settings()).unwrap()), ["create v1.68.6", "create v1.69.2"]);
    // An object that waits without a phase is touched, but not one that is going to be deleted.
    let Reading::Known(releases) = &mut state.releases else { unreachable!() };
    let proper = Release { name: "v1.69.2".to_owned(), phase: None, ..twin.clone() };
    releases.extend([proper, Release { phase: None, ..twin.clone() }]);
    let touched = ["delete v1-69-2", "create v1.68.6", "touch v1.69.2"];
    assert_eq!(words(&steps(&state, &settings()).unwrap()), touched);
    let unset = words(&steps(&with_twin(&OLD), &settings()).unwrap());
    assert_eq!(unset[2..5], ["create v1.68.6", "create v1.69.2", "delete v1-69-2"]);
    let delivery_without = PrepareSettings { delivery: Vec::new(), ..settings() };
    assert_eq!(words(&steps(&with_twin(&looks), &delivery_without).unwrap()), [""; 0]);
}

#[test]
fn nothing_is_decided_on_unknown_state() {
    for tag in ["stable", "v1.68", "main"] {
        let error = steps(&state(&Start { tag, ..OLD }), &settings()).unwrap_err();
        assert!(matches!(error, PrepareError::MovingTag { .. }), "{tag}: {error}");
    }
    let known = state(&OLD);
    let away = || Reading::NotNow { last: None, why: "the API is away".to_owned() };
    let unreadable = ClusterState { releases: away().map(|()| Vec::new()), ..known.clone() };
    let error = steps(&unreadable, &settings()).unwrap_err();
    assert_eq!(error.to_string(), "releases cannot be read: the API is away");
    let none = ClusterState { module_configs: Reading::Known(Vec::new()), ..known };
    assert!(matches!(steps(&none, &settings()).unwrap_err(), PrepareError::NoConfig));
}

#[test]
fn a_last_release_that_nothing_has_is_refused() {
    for (to, said) in [
        ("1.99.0", "v1.99.0 is unknown; known releases: v1.68.6, v1.69.2"),
        ("1.60.0", "v1.60.0 is older than the deployed v1.68.5; a downgrade is not possible"),
        ("1.69.2", ""),
        ("1.68.5", ""),
    ] {
        let decided = steps(&state(&OLD), &PrepareSettings { to: Some(to.parse().unwrap()), ..settings() });
        assert_eq!(decided.map_or_else(|error| error.to_string(), |_| String::new()), said);
    }
}

#[test]
fn what_the_channel_does_not_reach_is_left_out_and_noted() {
    let settings = PrepareSettings { channel_leads_to: Some(Version::new(1, 68, 9)), ..settings() };
    let plan = steps(&state(&Start { mode: Some("Manual"), ..OLD }), &settings).unwrap();
    assert_eq!(words(&plan), ["create v1.68.6"]);
    let reason = LeftOutReason::AboveChannel(Version::new(1, 68, 9));
    assert_eq!(plan.notes, [PrepareNote::LeftOut { versions: vec![Version::new(1, 69, 2)], reason }]);
}
