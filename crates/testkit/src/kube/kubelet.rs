//! A stand-in for a node's kubelet: answers `exec` and `logs` by script, through the real API server.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::{
    exec,
    stand_in::{self, Handler, StandIn},
};

/// How a command in a container ends, and what it prints. The default prints nothing and exits with 0 at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub exit_code: i32,
    /// How long it takes before it prints anything.
    pub delay: Duration,
    /// Whether it never ends, after it has printed.
    pub hangs: bool,
}

impl Answer {
    /// Prints this and succeeds.
    pub fn prints(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into(), ..Self::default() }
    }

    /// Complains and fails.
    pub fn fails(exit_code: i32, stderr: impl Into<String>) -> Self {
        Self { exit_code, stderr: stderr.into(), ..Self::default() }
    }
}

/// A kubelet that stands in for those of all nodes which [`Kubelet::node`] describes.
#[derive(Debug)]
pub struct Kubelet {
    server: StandIn<Script>,
}

#[derive(Debug, Default)]
struct Script {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answers: BTreeMap<String, Answer>,
    logs: BTreeMap<String, String>,
    asked: Vec<String>,
}

impl Kubelet {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// If there is no port or no certificate.
    pub fn start() -> anyhow::Result<Self> {
        Ok(Self { server: StandIn::start(Script::default())? })
    }

    /// From now on answers this to every command line in which `part` occurs, whatever the pod. Where several parts
    /// do, the longest counts. Other commands are not found: exit code 127.
    pub fn on(&self, part: &str, answer: Answer) {
        self.state().answers.insert(part.to_owned(), answer);
    }

    /// What a pod's log holds from now on; nothing without it.
    pub fn set_log(&self, pod: &str, text: &str) {
        self.state().logs.insert(pod.to_owned(), text.to_owned());
    }

    /// The command lines so far, each with its place: `d8-system/pod/container: curl -s …`.
    pub fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    /// Refuses connections, as on a node that is away.
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

    /// A Node whose kubelet this is, Ready, for [`Objects::put`](super::Objects::put). Pods on it name it in
    /// `spec.nodeName`.
    pub fn node(&self, name: &str) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": { "name": name },
            "status": {
                "addresses": [{ "type": "InternalIP", "address": "127.0.0.1" }],
                "daemonEndpoints": { "kubeletEndpoint": { "Port": self.server.address().port() } },
                "conditions": [{ "type": "Ready", "status": "True", "reason": "KubeletReady" }],
            },
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.server.handler().state()
    }
}

impl Script {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Takes note of a command and looks up its answer.
    fn command(&self, place: &str, line: &str) -> Answer {
        let mut state = self.state();
        state.asked.push(format!("{place}: {line}"));
        let fitting = state.answers.iter().filter(|(part, _)| line.contains(part.as_str()));
        let answer = fitting.max_by_key(|(part, _)| part.len()).map(|(_, answer)| answer.clone());
        answer.unwrap_or_else(|| Answer::fails(127, format!("{line}: not found\n")))
    }
}

impl Handler for Script {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let parts: Vec<&str> = path.trim_start_matches('/').splitn(2, '/').collect();
        match parts[..] {
            ["exec", place] => {
                let query = request.uri().query().unwrap_or_default().as_bytes();
                let words = url::form_urlencoded::parse(query).filter(|(name, _)| name == "command");
                let line = words.map(|(_, word)| word.into_owned()).collect::<Vec<_>>().join(" ");
                // Looked up at once: the script may have changed by the time that the connection is there.
                exec::answer(request, || self.command(place, &line))
            }
            ["containerLogs", place] => {
                let pod = place.split('/').nth(1).unwrap_or_default();
                stand_in::text(StatusCode::OK, self.state().logs.get(pod).cloned().unwrap_or_default())
            }
            _ => stand_in::text(StatusCode::NOT_FOUND, format!("the stand-in has no {path}")),
        }
    }
}
