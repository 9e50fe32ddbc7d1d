//! What programs read: names never change.

use crate::{Code, Kind, Object, RequirementCause, WaitReason};

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn objects_are_kind_and_name() {
    let version = semver::Version::new(1, 71, 4);
    for (object, shown) in [
        (Object::release(&version), "DeckhouseRelease/v1.71.4"),
        (Object::new(Kind::Queue, "main"), "Queue/main"),
        (Object::settings(), "ModuleConfig/deckhouse"),
        (Object::deployment(), "Deployment/deckhouse"),
        (Object::platform_pod(), "Pod/deckhouse"),
        (Object::any(Kind::DeckhouseRelease), "DeckhouseRelease"),
        (Object::any(Kind::Queues), "the queues"),
        (Object::any(Kind::Cluster), "the cluster"),
    ] {
        assert_eq!(object.to_string(), shown);
        assert_eq!(json(&object), format!("{shown:?}"));
    }
    assert!(Object::settings().is(Kind::ModuleConfig, "deckhouse"));
    assert!(!Object::any(Kind::ModuleConfig).is(Kind::ModuleConfig, "deckhouse"));
}

#[test]
fn codes_keep_their_names() {
    for (code, name) in [
        (Code::CrashLoop, "crashLoop"),
        (Code::DeployedReleases, "deployedReleases"),
        (Code::IsUpdating, "isUpdating"),
        (Code::NotNow, "notNow"),
        (Code::Queue, "queue"),
        (Code::VersionAnnotation, "versionAnnotation"),
    ] {
        assert_eq!(json(&code), format!("{name:?}"));
    }
}

#[test]
fn wait_reasons_keep_their_fields() {
    let reason = WaitReason::Requirement {
        key: Some("k8s".to_owned()),
        why: "too low".to_owned(),
        cause: RequirementCause::Unmet,
    };
    assert_eq!(json(&reason), r#"{"reason":"requirement","key":"k8s","why":"too low"}"#);
    assert!(reason.is_requirement() && !reason.is_value_not_known());
    assert_eq!(json(&WaitReason::Approval), r#"{"reason":"approval"}"#);
}
