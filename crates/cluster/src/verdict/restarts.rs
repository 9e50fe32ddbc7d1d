//! Whether the platform's pod goes down again and again.
//!
//! A controller that crashes in the middle of its first round may run for minutes each time, and looks well then.
//! So what counts is how often it was started again, until the pod has shown that it stays up.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::clock;
use crate::objects::{ContainerState, DeckhousePod};

/// Reasons of a container that cannot run.
const CRASH: [&str; 4] =
    ["CrashLoopBackOff", "RunContainerError", "CreateContainerError", "CreateContainerConfigError"];

/// So many new starts of one pod are no accident any more: one or two happen in an update that goes well.
const LOOP: i32 = 3;

/// What was seen of the containers over time.
#[derive(Debug, Clone, Default)]
pub(super) struct Restarts {
    containers: BTreeMap<(String, String), Course>,
}

#[derive(Debug, Clone)]
struct Course {
    /// The count when the pod last stayed up; 0 if it never has, since an update makes a new pod.
    held_out: i32,
    count: i32,
    /// Whether it was seen going down since then.
    crashed: bool,
    ready_since: Option<Timestamp>,
}

impl Restarts {
    /// Takes note of how the pods are. One that is ready for `stable` without a new start stays up.
    pub(super) fn look(&mut self, pods: &[DeckhousePod], stable: Duration, now: Timestamp) {
        let mut before = std::mem::take(&mut self.containers);
        for pod in pods.iter().filter(|pod| !pod.terminating) {
            for container in &pod.containers {
                let key = (pod.name.clone(), container.name.clone());
                let mut course = before.remove(&key).unwrap_or_else(|| Course::new(pod, container));
                course.look(pod, container, stable, now);
                self.containers.insert(key, course);
            }
        }
    }

    /// Whether this container does not stay up: it is down, or was so too often to believe that it is up now.
    pub(super) fn is_failing(&self, pod: &DeckhousePod, container: &ContainerState) -> bool {
        let course = self.containers.get(&(pod.name.clone(), container.name.clone()));
        is_down(container) || course.is_some_and(|it| it.crashed && it.count - it.held_out >= LOOP)
    }
}

impl Course {
    fn new(pod: &DeckhousePod, container: &ContainerState) -> Self {
        let held_out = if pod.ready { container.restarts } else { 0 };
        Self { held_out, count: container.restarts, crashed: false, ready_since: None }
    }

    fn look(&mut self, pod: &DeckhousePod, container: &ContainerState, stable: Duration, now: Timestamp) {
        let again = container.restarts > self.count;
        self.crashed |= again || is_down(container);
        self.count = container.restarts;
        if again || !pod.ready {
            self.ready_since = None;
        }
        if !pod.ready {
            return;
        }
        let since = *self.ready_since.get_or_insert(now);
        if clock::between(since, now) >= stable {
            self.held_out = self.count;
            self.crashed = false;
        }
    }
}

fn is_down(container: &ContainerState) -> bool {
    container.waiting_reason.as_deref().is_some_and(|reason| CRASH.contains(&reason))
}
