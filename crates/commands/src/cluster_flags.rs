//! Which cluster a command asks.

use crate::words::Words;

/// The cluster that a user has named, as `kubectl` and `dhctl update` take it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterFlags {
    /// `--kubeconfig`, where it is named.
    pub kubeconfig: Option<String>,
    /// `--context`, where it is named.
    pub context: Option<String>,
}

impl ClusterFlags {
    /// Adds what is named.
    pub(crate) fn add_to(&self, words: Words) -> Words {
        self.named(words, "--context=")
    }

    /// The same for Helm, which has another name for the context.
    pub(crate) fn add_to_helm(&self, words: Words) -> Words {
        self.named(words, "--kube-context=")
    }

    fn named(&self, words: Words, context: &'static str) -> Words {
        let named = [("--kubeconfig=", &self.kubeconfig), (context, &self.context)];
        named.into_iter().fold(words, |words, (flag, value)| match value {
            Some(value) => words.joined(flag, value),
            None => words,
        })
    }
}
