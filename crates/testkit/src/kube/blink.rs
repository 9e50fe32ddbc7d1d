//! An API server that blinks: a door before the real one that answers some requests as an API server does that restarts.

use std::sync::Arc;

use parking_lot::Mutex;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use kube::{Client, client::Body};
use serde_json::json;

use super::{
    ApiServer, Kubeconfig,
    stand_in::{self, Handler, StandIn},
};

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blink {
    /// 429, as custom resources answer while their storage begins (facts/cluster-source.md, "Admission and rights").
    Initializing,
    /// 404 without an object's name, as before the server has found the definition of a custom resource.
    Unserved,
    /// 503, as while it ends.
    ShuttingDown,
    /// 400, as where a webhook's `sideEffects` keep it out of dry runs: such webhooks are left from older servers.
    NoDryRun,
    /// 504, though what was asked for has been done: the answer is lost.
    AnswerLost,
}

/// A door before an API server, for one user. Requests pass, but for those that are told to fail; an `exec` does not.
#[derive(Debug)]
pub struct Door {
    server: StandIn<Porter>,
}

struct Porter {
    client: Client,
    faults: Mutex<Vec<Fault>>,
}

#[derive(Debug)]
struct Fault {
    method: Method,
    part: String,
    blink: Blink,
}

impl Door {
    /// Opens one. Whoever comes through it is this user.
    ///
    /// # Errors
    /// If there is no port, no certificate or no client.
    pub fn open(server: &ApiServer, user: &str) -> anyhow::Result<Self> {
        let porter = Porter { client: server.objects(user)?.client(), faults: Mutex::default() };
        Ok(Self { server: StandIn::start(porter)? })
    }

    /// The next request of this method in whose path `part` occurs fails so. Those told first come first.
    pub fn fails(&self, method: Method, part: &str, blink: Blink) {
        self.server.handler().faults().push(Fault { method, part: part.to_owned(), blink });
    }

    /// Whether all failures have been met.
    pub fn all_met(&self) -> bool {
        self.server.handler().faults().is_empty()
    }

    /// A kubeconfig that leads through it, in the context `door`.
    pub fn kubeconfig(&self) -> Kubeconfig {
        let url = format!("https://{}", self.server.address());
        Kubeconfig::new().context_at("door", &url, self.server.certificate_pem(), "anything")
    }
}

impl Porter {
    fn faults(&self) -> parking_lot::MutexGuard<'_, Vec<Fault>> {
        self.faults.lock()
    }

    fn fault(&self, method: &Method, path: &str) -> Option<Blink> {
        let mut faults = self.faults();
        let at = faults.iter().position(|fault| fault.method == *method && path.contains(&fault.part))?;
        Some(faults.remove(at).blink)
    }

    async fn forward(&self, request: Request<Incoming>) -> anyhow::Result<Response<Full<Bytes>>> {
        let (mut parts, body) = request.into_parts();
        // The client has its own way to the server, and its own login.
        for name in [header::HOST, header::AUTHORIZATION, header::CONNECTION, header::CONTENT_LENGTH] {
            parts.headers.remove(name);
        }
        let body = body.collect().await?.to_bytes();
        let answer = self.client.send(Request::from_parts(parts, Body::from(body.to_vec()))).await?;
        let (mut parts, body) = answer.into_parts();
        // What went over the wire in pieces is in one piece here.
        parts.headers.remove(header::TRANSFER_ENCODING);
        parts.headers.remove(header::CONTENT_LENGTH);
        Ok(Response::from_parts(parts, Full::from(body.collect_bytes().await?)))
    }
}

impl Handler for Porter {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let blink = self.fault(request.method(), request.uri().path());
        match blink {
            Some(Blink::Initializing) => refusal(429, "TooManyRequests", "storage is (re)initializing"),
            Some(Blink::Unserved) => stand_in::text(StatusCode::NOT_FOUND, "404 page not found\n"),
            Some(Blink::ShuttingDown) => refusal(503, "ServiceUnavailable", "apiserver is shutting down"),
            Some(Blink::NoDryRun) => {
                refusal(400, "BadRequest", "admission webhook \"x.example\" does not support dry run")
            }
            None | Some(Blink::AnswerLost) => match self.forward(request).await {
                Ok(_) if blink.is_some() => refusal(504, "Timeout", "the answer is lost"),
                Ok(answer) => answer,
                Err(error) => stand_in::text(StatusCode::BAD_GATEWAY, error.to_string()),
            },
        }
    }
}

fn refusal(code: u16, reason: &str, message: &str) -> Response<Full<Bytes>> {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    let mut answer = stand_in::text(StatusCode::OK, status.to_string());
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
}
