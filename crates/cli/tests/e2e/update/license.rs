//! The license of the platform in reports, and that its tokens are not.

use serde_json::{Value, json};
use testkit::kube::wait;

use super::platform::{Platform, release};

fn license(state: &str, reason: &str) -> Value {
    let licensed = ["Valid", "Warning"].contains(&state);
    json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "EffectiveLicense",
        "metadata": { "name": "deckhouse-platform" },
        "status": {
            "licensed": licensed,
            "compliance": { "state": state, "reason": reason, "since": "2026-11-20T08:00:00Z" },
            "key": {
                "name": "main", "jti": "hunter2", "origin": "purchase",
                "validUntil": "2026-12-10T00:00:00Z", "graceDays": 14,
            },
            "registrationRequest": "eyJhbGciOi.hunter2.x",
        },
    })
}

fn platform() -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.77.3", &settings);
    platform.put(&[release("v1.77.3", "Deployed"), release("v1.78.1", "Pending")]);
    platform.grant_printed(&["--read-only", "--queues"]);
    platform
}

#[test]
fn what_a_license_means_for_an_update() {
    let platform = platform();
    let reports = || {
        let all = [&["status"][..], &["plan"], &["doctor", "--no-registry"], &["status", "--output", "json"]];
        all.map(|words| {
            let run = platform.as_alice(words);
            assert!(!run.stdout.contains("hunter2"), "{words:?}: {}", run.stdout);
            run
        })
    };
    for run in reports() {
        assert!(
            !run.stdout.contains("EffectiveLicense") && !run.stdout.contains("\nlicense "),
            "{}",
            run.stdout
        );
    }

    let save = "kubectl get effectivelicense deckhouse-platform -o jsonpath='{.status.registrationRequest}' > deckhouse-cluster.jwt";
    for (state, reason, line, what, code) in [
        (
            "Warning",
            "ExpiringSoon",
            "Warning (ExpiringSoon), valid until 2026-12-10",
            "EffectiveLicense/deckhouse-platform expires soon, on 2026-12-10",
            0,
        ),
        (
            "Grace",
            "Expired",
            "expired on 2026-12-10 (state Grace)",
            "EffectiveLicense/deckhouse-platform expired on 2026-12-10; its grace period ends on 2026-12-24",
            0,
        ),
        (
            "NoUpdateRight",
            "",
            "NoUpdateRight, valid until 2026-12-10",
            "EffectiveLicense/deckhouse-platform does not include the right to update (NoUpdateRight)",
            7,
        ),
    ] {
        platform.put(&[license(state, reason)]);
        let [status, plan, doctor, json] = reports();
        assert!(status.stdout.contains(&format!("license         {line}\n")), "{}", status.stdout);
        for run in [&status, &plan, &doctor] {
            assert!(run.stdout.contains(what), "{}", run.stdout);
        }
        // What blocks is explained by the doctor.
        assert!(plan.stdout.contains(save) && doctor.stdout.contains(save), "{}", plan.stdout);
        assert_eq!(status.stdout.contains(save), code == 0, "{}", status.stdout);
        assert_eq!(plan.code, Some(code), "{}", plan.stdout);
        let json: Value = serde_json::from_str(&json.stdout).unwrap();
        let license = &json["result"]["license"];
        assert_eq!((&license["state"], &license["key"]), (&json!(state), &json!("main")), "{json:#}");
        assert_eq!(license["validUntil"], "2026-12-10T00:00:00Z");
    }
    platform.put(&[license("Valid", "")]);
    let [status, plan, ..] = reports();
    assert!(status.stdout.contains("license         valid until 2026-12-10\n"), "{}", status.stdout);
    assert!(!plan.stdout.contains("EffectiveLicense"), "{}", plan.stdout);
}

#[test]
fn a_license_that_cannot_be_read_is_unknown() {
    let platform = platform();
    platform.put(&[license("Valid", "")]);
    let admin = platform.server.admin().unwrap();
    wait(async move {
        let api = admin.api("rbac.authorization.k8s.io/v1", "ClusterRole", None);
        let all = api.list(&kube::api::ListParams::default().limit(500)).await.unwrap();
        let name = |it: &kube::api::DynamicObject| it.metadata.name.clone().unwrap_or_default();
        let mut role = all.items.into_iter().find(|it| name(it).starts_with("dhctl-update")).unwrap();
        let rules = role.data["rules"].as_array_mut().unwrap();
        rules.retain(|rule| rule["resources"][0] != "effectivelicenses");
        api.replace(&name(&role), &kube::api::PostParams::default(), &role).await.unwrap();
    });
    let status = platform.as_alice(&["status"]).expect(0).stdout;
    assert!(status.contains("license         unknown: no permission"), "{status}");
    let plan = platform.as_alice(&["plan"]).stdout;
    assert!(plan.contains("what the license means for the update: no permission"), "{plan}");
}
