//! A change as the command line that does the same, ready to be pasted into a shell.

use serde_json::{Value, json};

use super::{Change, Kind, Write};
use crate::safe_text::word;

/// How kubectl is called: the flags that choose the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kubectl {
    /// `--kubeconfig`, where it is named.
    pub kubeconfig: Option<String>,
    /// `--context`, where it is named.
    pub context: Option<String>,
}

impl Kubectl {
    /// The command line of a change. The resource version that guards it is not part of it: that of the next change
    /// is not known yet.
    pub fn line(&self, change: &Change) -> String {
        let kubectl = format!("kubectl{}", self.flags());
        let resource = change.kind.kubectl();
        let name = word(&change.name);
        match &change.write {
            Write::Merge(patch) => {
                format!("{kubectl} patch {resource} {name} --type=merge -p {}", word(&patch.to_string()))
            }
            Write::Create(_) => {
                let manifest = shortened(change.manifest().unwrap_or_default());
                // JSON is YAML too, only harder to read.
                let yaml = deckhouse::manifests::write_object(&manifest);
                let yaml = yaml.unwrap_or_else(|_| format!("{manifest}\n"));
                format!("{kubectl} create -f - <<'EOF'\n{yaml}EOF")
            }
            Write::Delete => format!("{kubectl} delete {resource} {name}"),
        }
    }

    /// The same in a single line, to stand in a text: a small object as JSON.
    pub(crate) fn one_line(&self, change: &Change) -> String {
        match change.manifest() {
            Some(manifest) => {
                format!("echo {} | kubectl{} create -f -", word(&manifest.to_string()), self.flags())
            }
            None => self.line(change),
        }
    }

    /// The flags, each with a blank before it.
    pub(super) fn flags(&self) -> String {
        let mut text = String::new();
        for (flag, value) in [("--kubeconfig", &self.kubeconfig), ("--context", &self.context)] {
            if let Some(value) = value {
                text += &format!(" {flag}={}", word(value));
            }
        }
        text
    }
}

impl Kind {
    /// As kubectl takes it without a doubt about the group.
    fn kubectl(self) -> String {
        match self.group_version() {
            ("", _) => self.plural().to_owned(),
            (group, _) => format!("{}.{group}", self.plural()),
        }
    }
}

impl Change {
    /// The whole object to be created.
    pub(super) fn manifest(&self) -> Option<Value> {
        let Write::Create(body) = &self.write else { return None };
        let (group, version) = self.kind.group_version();
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let mut manifest = body.clone();
        manifest["apiVersion"] = json!(api_version);
        manifest["kind"] = json!(self.kind.name());
        manifest["metadata"]["name"] = json!(self.name);
        Some(manifest)
    }
}

/// A changelog is thousands of lines that nobody reads there, and the object is as good without.
fn shortened(mut manifest: Value) -> Value {
    if let Some(spec) = manifest["spec"].as_object_mut() {
        spec.remove("changelog");
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: Kind, name: &str, write: Write) -> Change {
        Change { what: String::new(), kind, name: name.to_owned(), write }
    }

    #[test]
    fn lines_that_a_shell_takes_as_they_are() {
        let plain = Kubectl::default();
        let named = Kubectl { kubeconfig: Some("/a b/c".to_owned()), context: Some("it's".to_owned()) };
        for (kubectl, change, line) in [
            (
                &plain,
                change(Kind::DeckhouseRelease, "v1.58.3", Write::Merge(json!({"approved": true}))),
                r#"kubectl patch deckhousereleases.deckhouse.io v1.58.3 --type=merge -p '{"approved":true}'"#,
            ),
            (
                &named,
                change(Kind::Node, "a", Write::Merge(json!({"x": "it's"}))),
                r#"kubectl --kubeconfig='/a b/c' --context='it'\''s' patch nodes a --type=merge -p '{"x":"it'\''s"}'"#,
            ),
            (
                &plain,
                change(Kind::DeckhouseRelease, "v1-58-3", Write::Delete),
                "kubectl delete deckhousereleases.deckhouse.io v1-58-3",
            ),
            (
                &plain,
                change(
                    Kind::DeckhouseRelease,
                    "v1.58.3",
                    Write::Create(json!({"spec": {"version": "v1.58.3", "changelog": {"a": "$x\n"}}})),
                ),
                "kubectl create -f - <<'EOF'\napiVersion: deckhouse.io/v1alpha1\nkind: DeckhouseRelease\nmetadata:\n  \
                 name: v1.58.3\nspec:\n  version: v1.58.3\nEOF",
            ),
        ] {
            assert_eq!(kubectl.line(&change), line);
        }
    }
}
