//! When a right that was granted holds: the API server reads its rules from a cache.

use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::{Value, json};

use super::ApiServer;

const LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

impl ApiServer {
    /// Waits until a user may do this to a resource, as `("alice", "list", "deckhouse.io", "nodegroups", None)`.
    /// `group` is empty for pods and the like; a subresource is written `pods/exec`, the name of one object `secrets=NAME`.
    ///
    /// # Errors
    /// If it is not so within half a minute.
    pub async fn until_allowed(
        &self,
        user: &str,
        verb: &str,
        group: &str,
        resource: &str,
        namespace: Option<&str>,
    ) -> anyhow::Result<()> {
        let (resource, name) = resource.split_once('=').unwrap_or((resource, ""));
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let attributes = json!({
            "verb": verb, "group": group, "version": "*",
            "resource": resource, "subresource": subresource, "namespace": namespace, "name": name,
        });
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": { "user": user, "resourceAttributes": attributes },
        });
        let client = self.admin()?.client();
        let begun = Instant::now();
        loop {
            let request = http::Request::post("/apis/authorization.k8s.io/v1/subjectaccessreviews")
                .header(http::header::CONTENT_TYPE, "application/json")
                .body(review.to_string().into_bytes())?;
            let answer: Value = client.request(request).await?;
            if answer["status"]["allowed"] == true {
                return Ok(());
            }
            if begun.elapsed() > LIMIT {
                bail!("{user} may not {verb} {resource}: {}", answer["status"]);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
