//! The platform's own pods: their logs, and commands inside them.

use crate::words::Words;

/// Of which of the platform's pods.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pods {
    /// Any one of the Deployment.
    Any,
    /// The one that leads, by its label.
    Leader,
    /// All of them.
    All,
    /// The one of this name.
    Named(String),
}

impl Pods {
    fn words(&self, words: Words) -> Words {
        match self {
            Self::Any => words.fixed(&["deploy/deckhouse"]),
            Self::Leader => words.fixed(&["-l", "app=deckhouse,leader=true"]),
            Self::All => words.fixed(&["-l", "app=deckhouse"]),
            // Behind `--` kubectl exec expects a command.
            Self::Named(name) if name.starts_with('-') => words.joined("pod/", name),
            Self::Named(name) => words.operand(name),
        }
    }
}

/// What a container of the platform's pods has logged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Logs {
    pods: Pods,
    container: String,
    previous: bool,
    last: Option<&'static str>,
}

impl Logs {
    /// The log of the controller.
    pub fn of(pods: Pods) -> Self {
        Self { pods, container: "deckhouse".to_owned(), previous: false, last: None }
    }

    /// The log of this container.
    #[must_use]
    pub fn container(self, name: impl Into<String>) -> Self {
        Self { container: name.into(), ..self }
    }

    /// The log of the run before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self { previous: true, ..self }
    }

    /// The last 50 lines.
    #[must_use]
    pub fn tail(self) -> Self {
        Self { last: Some("--tail=50"), ..self }
    }

    /// The last 15 minutes.
    #[must_use]
    pub fn recent(self) -> Self {
        Self { last: Some("--since=15m"), ..self }
    }

    pub(crate) fn words(&self, words: Words) -> Words {
        let words = self.pods.words(words.fixed(&["logs"])).option("-c", "--container=", &self.container);
        let words = if self.previous { words.fixed(&["--previous"]) } else { words };
        words.fixed(self.last.as_slice())
    }
}

/// A command of the platform's controller, inside its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Controller {
    /// What the main queue does.
    QueueMain,
    /// What all queues do.
    QueueList,
    /// The cluster's configuration in an editor.
    EditClusterConfiguration,
}

impl Controller {
    pub(crate) fn words(self, pods: &Pods, words: Words) -> Words {
        let (interactive, command): (&[&str], [&str; 2]) = match self {
            Self::QueueMain => (&[], ["queue", "main"]),
            Self::QueueList => (&[], ["queue", "list"]),
            Self::EditClusterConfiguration => (&["-ti"], ["edit", "cluster-configuration"]),
        };
        let words = pods.words(words.fixed(&["exec"]).fixed(interactive));
        words.fixed(&["-c", "deckhouse", "--", "deckhouse-controller"]).fixed(&command)
    }
}
