//! The admission webhook: what it is asked, what its refusal looks like, and what happens without it.

use kube::{
    Error,
    api::{Patch, PatchParams},
};
use serde_json::json;
use testkit::kube::{ApiServer, Webhook};

const PLATFORM: &str = "deckhouse.io/v1alpha1";

#[tokio::test]
async fn approvals_are_allowed_refused_or_fail() {
    let server = ApiServer::borrow().unwrap();
    let admin = server.admin().unwrap();
    let webhook = Webhook::start(&server).unwrap();
    let release = json!({
        "apiVersion": PLATFORM,
        "kind": "DeckhouseRelease",
        "metadata": { "name": "v1.70.1" },
        "spec": { "version": "v1.70.1" },
        "status": { "phase": "Pending" },
    });
    admin.put(&release).await.unwrap();
    assert_eq!(webhook.asked().len(), 1, "a status is no business of it");
    let api = admin.api(PLATFORM, "DeckhouseRelease", None);
    let approve = Patch::Merge(json!({ "approved": true }));
    let dry = PatchParams { dry_run: true, ..PatchParams::default() };

    webhook.refuse_approval("current kubernetes version is lower than required");
    let Error::Api(refusal) = api.patch("v1.70.1", &dry, &approve).await.unwrap_err() else { panic!() };
    assert!(refusal.message.contains("denied the request"), "{refusal:?}");
    assert!(refusal.message.contains("- current kubernetes version"), "{refusal:?}");
    assert!(webhook.asked()[1].dry_run && webhook.asked()[1].approves());

    webhook.down();
    let Error::Api(failure) = api.patch("v1.70.1", &dry, &approve).await.unwrap_err() else { panic!() };
    assert_eq!(failure.code, 500);
    assert!(failure.message.contains("failed calling webhook"), "{failure:?}");
    let config = json!({ "apiVersion": PLATFORM, "kind": "ModuleConfig", "metadata": { "name": "deckhouse" }, "spec": {} });
    assert!(admin.put(&config).await.is_err(), "settings are guarded by the same pod");

    webhook.up().unwrap();
    webhook.allow();
    let approved = api.patch("v1.70.1", &PatchParams::default(), &approve).await.unwrap();
    assert_eq!(approved.data["approved"], true);
    admin.put(&config).await.unwrap();
    assert_eq!(webhook.asked().last().unwrap().resource, "moduleconfigs");
}
