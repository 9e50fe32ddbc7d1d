//! Whether the account has a right, asked before what would be refused.
//!
//! A role that only reads has neither `exec` nor Secrets. A request that is refused is a line in the audit log that
//! somebody may look into; the question whether it would be is open to everybody who can log in (`system:basic-user`).

use std::time::Duration;

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::{Api, Client, api::PostParams};

use super::places::PLATFORM;
use crate::{Obstacle, access::Cluster};

/// Longest time for such a question.
const LIMIT: Duration = Duration::from_secs(8);

/// What `exec` needs, in words. The verb of a WebSocket is `get`; newer API servers want `create` besides.
pub(super) const EXEC: &str = "exec in the platform's pod needs get and create of pods/exec in d8-system";

/// Why the queues cannot be read by this account, if a right is missing.
pub(crate) async fn exec_refused(client: &Client) -> Option<Obstacle> {
    let exec = ResourceAttributes {
        namespace: Some(PLATFORM.to_owned()),
        verb: Some("get".to_owned()),
        resource: Some("pods".to_owned()),
        subresource: Some("exec".to_owned()),
        ..ResourceAttributes::default()
    };
    is_refused(client, exec).await.then(|| Obstacle::Forbidden(EXEC.to_owned()))
}

/// Why a Secret cannot be read by this account, if a right is missing.
pub(super) async fn secret_refused(client: &Client, namespace: &str, name: &str) -> Option<Obstacle> {
    let secret = ResourceAttributes {
        namespace: Some(namespace.to_owned()),
        verb: Some("get".to_owned()),
        resource: Some("secrets".to_owned()),
        name: Some(name.to_owned()),
        ..ResourceAttributes::default()
    };
    let refused = is_refused(client, secret).await;
    refused.then(|| Obstacle::Forbidden(format!("get of the Secret {namespace}/{name}")))
}

/// Whether the account may not read the queues. `false` also if that cannot be told now.
pub async fn queues_are_refused(cluster: &Cluster) -> bool {
    exec_refused(&cluster.client).await.is_some()
}

/// Only a plain "no" counts: whatever else happens, the request itself will tell.
async fn is_refused(client: &Client, attributes: ResourceAttributes) -> bool {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let spec = SelfSubjectAccessReviewSpec {
        resource_attributes: Some(attributes),
        ..SelfSubjectAccessReviewSpec::default()
    };
    let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
    let params = PostParams::default();
    let answer = tokio::time::timeout(LIMIT, reviews.create(&params, &review)).await;
    let review = answer.ok().and_then(Result::ok);
    review.and_then(|review| review.status).is_some_and(|status| !status.allowed)
}
