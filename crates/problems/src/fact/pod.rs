//! Pods.

use foreign_text::ForeignText;

/// What is so of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PodFact {
    /// The image of a container cannot be pulled.
    ImagePull {
        /// The image.
        image: String,
        /// What the kubelet calls it, such as `ImagePullBackOff`.
        reason: String,
        /// What the container runtime says; may be empty.
        message: ForeignText,
        /// Why, as far as it is known.
        cause: PullCause,
    },
    /// A container ends again and again.
    CrashLoop {
        /// The container.
        container: String,
        /// How it is now.
        state: PodState,
        /// How often it was started again.
        restarts: i32,
        /// How it ended last.
        last_end: Option<ForeignText>,
        /// What the kubelet says, or the last error in its log.
        message: Option<ForeignText>,
    },
    /// The platform has no pod: the old one was removed and the new one is not created yet.
    Missing,
    /// Only pods of the old version are there.
    OnlyOld,
    /// No new pod runs.
    NotRunning {
        /// The phase of the first one.
        phase: String,
        /// Why a container of it waits.
        reason: Option<String>,
    },
    /// None of the new pods is the leader.
    NoLeader,
    /// The leader runs and is not ready.
    NotReady,
    /// The platform's pod runs and is not ready, for longer than a first converge takes.
    NotReadyForLong {
        /// The first task of a queue.
        first: Option<QueuedTask>,
    },
    /// No node can run the platform's pod.
    Unscheduled {
        /// The newest message of the scheduler.
        reason: Option<ForeignText>,
    },
    /// Pods of modules cannot pull their images, all for the same cause.
    ModuleImagePulls(Box<ModuleImagePulls>),
}

/// A task at the head of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QueuedTask {
    /// The queue, such as `main`.
    pub queue: ForeignText,
    /// The task, such as `ModuleRun:main:prometheus:doStartup`.
    pub task: ForeignText,
}

/// Pods of modules that cannot pull their images for the same cause. The container, the image and the message are those
/// of the first pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModuleImagePulls {
    /// All pods as `NAMESPACE/POD`, sorted.
    pub pods: Vec<String>,
    /// The namespace.
    pub namespace: String,
    /// The container.
    pub container: String,
    /// The image as in the spec.
    pub image: String,
    /// What the container runtime reports; may be empty.
    pub message: ForeignText,
    /// The cause.
    pub cause: PullCause,
    /// The pod's `imagePullSecrets`, where the registry refuses a login.
    pub pull_secrets: Option<Vec<String>>,
}

/// How a container is that has ended again and again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PodState {
    /// It waits, for this reason.
    Waiting(String),
    /// It runs, and its pod is not ready.
    Running,
    /// Its pod is ready.
    Ready,
}

/// Why an image cannot be pulled, by the words of the container runtime and the registry's own answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PullCause {
    /// The address of the image is not valid.
    InvalidName,
    /// The registry does not have it.
    Missing,
    /// The registry has no repository at its path.
    NoRepository,
    /// The registry has it now: the next attempt may succeed.
    ThereNow,
    /// The login is wrong, or has no permission.
    Denied,
    /// The node is refused, and the cluster's login is not.
    OtherLogin,
    /// The registry's certificate is not trusted.
    Untrusted,
    /// A proxy between the node and the registry refuses.
    Proxy,
    /// The registry cannot be reached.
    Unreachable,
    /// Unknown.
    Unknown,
}
