//! A stand-in for the admission webhook that the platform's own pod serves.
//!
//! Rules, `failurePolicy: Fail` and `sideEffects: None` as in `modules/002-deckhouse/templates/admission/validation.yaml`
//! of the platform (facts/cluster-source.md): while the pod is away, every write to these objects fails.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};

use anyhow::bail;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Request as HttpRequest, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::{
    ApiServer,
    runtime::wait,
    stand_in::{self, Handler, StandIn},
};

/// How long the API server may take to learn of the webhook.
const SEEN_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

/// What the webhook is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `deckhousereleases` or `moduleconfigs`.
    pub resource: String,
    /// The name of the object.
    pub name: String,
    /// Whether nothing would be written.
    pub dry_run: bool,
    /// The object as it would be.
    pub object: Value,
    /// The object as it is; null when it is created.
    pub old_object: Value,
}

impl Request {
    /// Whether this makes a release approved that was not: by the field, as the platform looks at it.
    pub fn approves(&self) -> bool {
        self.object["approved"] == true && self.old_object["approved"] != true
    }
}

type Verdict = Box<dyn FnMut(&Request) -> Result<(), String> + Send>;

/// The webhook of one server. It allows everything until it is told otherwise.
#[derive(Debug)]
pub struct Webhook {
    server: StandIn<WebhookState>,
}

#[derive(Default)]
struct WebhookState {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    verdict: Option<Verdict>,
    asked: Vec<Request>,
}

impl Webhook {
    /// Starts it, registers it with this server, and waits until the server asks it.
    ///
    /// # Errors
    /// If it cannot be registered.
    pub fn start(server: &ApiServer) -> anyhow::Result<Self> {
        let webhook = Self { server: StandIn::start(WebhookState::default())? };
        let (admin, configuration) = (server.admin()?, webhook.configuration());
        wait(async move { admin.put(&configuration).await })?;
        webhook.until_asked(server)?;
        webhook.state().asked.clear();
        Ok(webhook)
    }

    /// From now on decides so: an error is a refusal, with its text. It is called for dry runs too.
    pub fn decide(&self, verdict: impl FnMut(&Request) -> Result<(), String> + Send + 'static) {
        self.state().verdict = Some(Box::new(verdict));
    }

    /// Refuses to approve any release, in the platform's words, for this reason.
    pub fn refuse_approval(&self, reason: &str) {
        let reason = reason.to_owned();
        self.decide(move |request| {
            let name = &request.name;
            let text =
                format!("\n cannot approve DeckhouseRelease {name:?}: requirements not met: \n- {reason}");
            if request.approves() { Err(text) } else { Ok(()) }
        });
    }

    /// Refuses to approve a release whose own message says that a requirement is not met, and allows everything else.
    pub fn believe_messages(&self) {
        self.decide(|request| {
            let message = request.old_object["status"]["message"].as_str().unwrap_or_default();
            let name = &request.name;
            let lines = message.split(';').map(str::trim).collect::<Vec<_>>().join("\n- ");
            let text =
                format!("\n cannot approve DeckhouseRelease {name:?}: requirements not met: \n- {lines}");
            let unmet = ["not met", "not satisfied", "not found in any ModuleSource"];
            let refuses = request.approves() && unmet.iter().any(|part| message.contains(part));
            if refuses { Err(text) } else { Ok(()) }
        });
    }

    /// Allows everything.
    pub fn allow(&self) {
        self.state().verdict = None;
    }

    /// Refuses connections, as while the platform's pod is away: writes fail with `failed calling webhook`.
    pub fn down(&self) {
        self.server.down();
    }

    /// Answers again.
    ///
    /// # Errors
    /// If someone else has the port now.
    pub fn up(&self) -> anyhow::Result<()> {
        self.server.up()
    }

    /// What it has been asked so far.
    pub fn asked(&self) -> Vec<Request> {
        self.state().asked.clone()
    }

    fn configuration(&self) -> Value {
        let ca = BASE64_STANDARD.encode(self.server.certificate_pem());
        let webhook = |id: &str, path: &str, resource: &str| {
            json!({
                "name": format!("{id}.deckhouse-webhook.deckhouse.io"),
                "clientConfig": { "url": format!("https://{}{path}", self.server.address()), "caBundle": ca },
                "rules": [{
                    "apiGroups": ["deckhouse.io"],
                    "apiVersions": ["v1alpha1"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": [resource],
                    "scope": "Cluster",
                }],
                "admissionReviewVersions": ["v1", "v1beta1"],
                "matchPolicy": "Equivalent",
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "timeoutSeconds": 10,
            })
        };
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": { "name": "deckhouse-webhook" },
            "webhooks": [
                webhook("deckhouse-releases", "/validate/v1alpha1/deckhouse-releases", "deckhousereleases"),
                webhook("module-configs", "/validate/v1alpha1/module-configs", "moduleconfigs"),
            ],
        })
    }

    fn until_asked(&self, server: &ApiServer) -> anyhow::Result<()> {
        let admin = server.admin()?;
        let begun = Instant::now();
        while self.state().asked.is_empty() {
            if begun.elapsed() > SEEN_LIMIT {
                bail!("the API server does not ask the webhook");
            }
            let admin = admin.clone();
            wait(async move { admin.probe().await })?;
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.server.handler().state()
    }
}

impl WebhookState {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    fn decide(&self, review: &Value) -> Value {
        let asked = &review["request"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let request = Request {
            resource: text(&asked["resource"]["resource"]),
            name: text(&asked["name"]),
            dry_run: asked["dryRun"] == true,
            object: asked["object"].clone(),
            old_object: asked["oldObject"].clone(),
        };
        let mut state = self.state();
        let verdict = state.verdict.as_mut().map_or(Ok(()), |verdict| verdict(&request));
        state.asked.push(request);
        let mut response = json!({ "uid": asked["uid"], "allowed": verdict.is_ok() });
        if let Err(reason) = verdict {
            response["status"] = json!({ "message": reason });
        }
        json!({ "apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": response })
    }
}

impl Handler for WebhookState {
    async fn answer(self: Arc<Self>, request: HttpRequest<Incoming>) -> Response<Full<Bytes>> {
        // The rest of a request whose sender has gone does not come.
        let Ok(body) = request.into_body().collect().await else {
            return stand_in::text(StatusCode::BAD_REQUEST, "the request was cut");
        };
        match serde_json::from_slice(&body.to_bytes()) {
            Ok(review) => stand_in::text(StatusCode::OK, self.decide(&review).to_string()),
            Err(error) => stand_in::text(StatusCode::BAD_REQUEST, error.to_string()),
        }
    }
}
