//! A proxy in front of an API server: before the real one that answers some requests as an API server does that restarts.

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
pub enum RequestFault {
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

/// A proxy in front of an API server, for one user. It forwards all requests except those that are set to fail; it cannot forward an `exec`.
#[derive(Debug)]
pub struct FaultyProxy {
    server: StandIn<Forwarder>,
}

struct Forwarder {
    client: Client,
    faults: Mutex<Vec<Fault>>,
}

#[derive(Debug)]
struct Fault {
    method: Method,
    part: String,
    outcome: RequestFault,
}

impl FaultyProxy {
    /// Starts a proxy. Every request that it forwards is sent as this user.
    ///
    /// # Errors
    /// If there is no port, no certificate or no client.
    pub fn start(server: &ApiServer, user: &str) -> anyhow::Result<Self> {
        let forwarder = Forwarder { client: server.objects(user)?.client(), faults: Mutex::default() };
        Ok(Self { server: StandIn::start(forwarder)? })
    }

    /// The next request with this method and with `part` in its path fails with `fault`. Several faults for one request are used in the order of the calls.
    pub fn fail_next(&self, method: Method, part: &str, fault: RequestFault) {
        self.server.handler().faults().push(Fault { method, part: part.to_owned(), outcome: fault });
    }

    /// Whether each fault has been used.
    pub fn all_used(&self) -> bool {
        self.server.handler().faults().is_empty()
    }

    /// A kubeconfig with the address of the proxy, in the context `proxy`.
    pub fn kubeconfig(&self) -> Kubeconfig {
        let url = format!("https://{}", self.server.address());
        Kubeconfig::new().context_at("proxy", &url, self.server.certificate_pem(), "anything")
    }
}

impl Forwarder {
    fn faults(&self) -> parking_lot::MutexGuard<'_, Vec<Fault>> {
        self.faults.lock()
    }

    fn fault(&self, method: &Method, path: &str) -> Option<RequestFault> {
        let mut faults = self.faults();
        let at = faults.iter().position(|fault| fault.method == *method && path.contains(&fault.part))?;
        Some(faults.remove(at).outcome)
    }

    async fn forward(&self, request: Request<Incoming>) -> anyhow::Result<Response<Full<Bytes>>> {
        let (mut parts, body) = request.into_parts();
        // The client sets its own connection and login.
        for name in [header::HOST, header::AUTHORIZATION, header::CONNECTION, header::CONTENT_LENGTH] {
            parts.headers.remove(name);
        }
        let body = body.collect().await?.to_bytes();
        let answer = self.client.send(Request::from_parts(parts, Body::from(body.to_vec()))).await?;
        let (mut parts, body) = answer.into_parts();
        // The body is whole here, whatever its encoding on the wire was.
        parts.headers.remove(header::TRANSFER_ENCODING);
        parts.headers.remove(header::CONTENT_LENGTH);
        Ok(Response::from_parts(parts, Full::from(body.collect_bytes().await?)))
    }
}

impl Handler for Forwarder {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let fault = self.fault(request.method(), request.uri().path());
        match fault {
            Some(RequestFault::Initializing) => {
                refusal(429, "TooManyRequests", "storage is (re)initializing")
            }
            Some(RequestFault::Unserved) => stand_in::text(StatusCode::NOT_FOUND, "404 page not found\n"),
            Some(RequestFault::ShuttingDown) => {
                refusal(503, "ServiceUnavailable", "apiserver is shutting down")
            }
            Some(RequestFault::NoDryRun) => {
                refusal(400, "BadRequest", "admission webhook \"x.example\" does not support dry run")
            }
            None | Some(RequestFault::AnswerLost) => match self.forward(request).await {
                Ok(_) if fault.is_some() => refusal(504, "Timeout", "the answer is lost"),
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
