//! A watch that runs, read line by line while the test plays the platform's controller.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::kube::{Answer, wait};

use super::platform::{Platform, deployment, pod, release};
use crate::world::Run;

/// No line that a test waits for takes longer.
const LIMIT: Duration = Duration::from_secs(40);

/// A command with JSON lines.
pub(super) struct Watching {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<Value>,
    stderr: String,
}

impl Watching {
    pub(super) fn start(mut command: Command) -> Self {
        let mut child = command
            .args(["--progress", "json", "--output", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        Self { child, lines, seen: Vec::new(), stderr: String::new() }
    }

    /// Waits for a line of which this is true.
    #[track_caller]
    pub(super) fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + LIMIT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    if let Some(line) = self.take(&line).filter(|it| wanted(it)) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{what} did not come:\n{}", self.stderr)
                }
            }
        }
    }

    /// Waits for this verdict.
    #[track_caller]
    pub(super) fn until_verdict(&mut self, verdict: &str) -> Value {
        self.until(verdict, |line| line["verdict"] == verdict)
    }

    /// All verdicts so far, each once as long as it lasts.
    pub(super) fn verdicts(&self) -> Vec<&str> {
        let mut verdicts: Vec<_> = self.seen.iter().filter_map(|it| it["verdict"].as_str()).collect();
        verdicts.dedup();
        verdicts
    }

    pub(super) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }

    /// Waits for its end.
    #[track_caller]
    pub(super) fn end(mut self) -> (Run, Vec<Value>) {
        let end = Instant::now() + LIMIT;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => drop(self.take(&line)),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    panic!("it does not end:\n{}", self.stderr);
                }
            }
        }
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let code = self.child.wait().unwrap().code();
        let run = Run { code, stdout, stderr: std::mem::take(&mut self.stderr) };
        (run, std::mem::take(&mut self.seen))
    }

    fn take(&mut self, line: &str) -> Option<Value> {
        self.stderr += &format!("{line}\n");
        let value: Value = serde_json::from_str(line).ok()?;
        self.seen.push(value.clone());
        Some(value)
    }
}

/// A test that fails leaves no process behind.
impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.child.kill());
    }
}

impl Platform {
    /// The controller's round over all modules has ended, or goes on.
    pub(super) fn converge(&self, is_done: bool) {
        let json = json!({ "STARTUP_CONVERGE_DONE": is_done, "CONVERGE_IN_PROGRESS": 0 });
        self.kubelet.on("status/converge", Answer::prints(json.to_string()));
    }

    /// As the controller does it: the image is switched, the objects are written, and the pod is a new one that is not
    /// ready.
    pub(super) fn switch(&self, from: &str, to: &str) {
        let image = image(to);
        self.put(&[release(from, "Superseded"), release(to, "Deployed")]);
        self.deploy(to, false);
        let mut pod = pod(&image);
        pod["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
        self.put(&[pod]);
    }

    /// The new pod waits for its image in vain.
    pub(super) fn no_image(&self, tag: &str) {
        let mut pod = pod(&image(tag));
        pod["status"] = json!({
            "phase": "Pending", "conditions": [{ "type": "Ready", "status": "False" }],
            "containerStatuses": [{
                "name": "deckhouse", "image": image(tag), "imageID": "", "ready": false, "restartCount": 0,
                "state": { "waiting": { "reason": "ImagePullBackOff", "message": "manifest unknown" } },
            }],
        });
        self.put(&[pod]);
    }

    /// The pod of this version is ready, and has rendered its version.
    pub(super) fn ready(&self, tag: &str) {
        let mut pod = pod(&image(tag));
        pod["status"]["containerStatuses"] = Value::Null;
        self.put(&[pod]);
        self.deploy(tag, true);
    }

    pub(super) fn deploy(&self, tag: &str, ready: bool) {
        let mut deployment = deployment(&image(tag));
        if ready {
            deployment["metadata"]["annotations"] = json!({ "core.deckhouse.io/version": tag });
        }
        let count = i32::from(ready);
        let admin = self.server.admin().unwrap();
        wait(async move {
            admin.put(&deployment).await.unwrap();
            let api = admin.api("apps/v1", "Deployment", Some("d8-system"));
            let generation = api.get("deckhouse").await.unwrap().metadata.generation;
            deployment["status"] = json!({
                "observedGeneration": generation, "replicas": 1, "updatedReplicas": 1,
                "readyReplicas": count, "availableReplicas": count, "unavailableReplicas": 1 - count,
            });
            admin.put(&deployment).await.unwrap();
        });
    }
}

pub(super) fn image(tag: &str) -> String {
    format!("registry.example.com/dkp/ee:{tag}")
}
