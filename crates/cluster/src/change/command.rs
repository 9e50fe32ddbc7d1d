//! A change as the command that does the same, ready to be pasted into a shell.

use commands::{Command, Json, Kubectl, Manifest, Resource};
use serde_json::{Value, json};

use super::{Change, Kind, Write};

impl Kind {
    fn resource(self) -> Resource {
        match self {
            Self::DeckhouseRelease => Resource::DeckhouseRelease,
            Self::ModuleRelease => Resource::ModuleRelease,
            Self::ModuleConfig => Resource::ModuleConfig,
            Self::NodeGroupConfiguration => Resource::NodeGroupConfiguration,
            Self::Node => Resource::Node,
        }
    }
}

impl Change {
    /// The command. The resource version that guards the change is not part of it: that of the next change is not
    /// known yet.
    pub fn command(&self) -> Command {
        let resource = self.kind.resource();
        Command::kubectl(match &self.write {
            Write::Merge(patch) => {
                Kubectl::Patch { resource, name: self.name.clone(), status: false, patch: Json::from(patch) }
            }
            Write::Create(_) => {
                let (manifest, left_out) = shortened(self.manifest().unwrap_or_default());
                let yaml = deckhouse::manifests::write_object(&manifest).ok();
                Kubectl::Create(Manifest::lines(left_out, yaml, &manifest))
            }
            Write::Delete => Kubectl::Delete(resource, vec![self.name.clone()]),
        })
    }

    /// The same in a single line, for use inside a text: a small object as JSON.
    pub fn one_line_command(&self) -> Command {
        match self.manifest() {
            Some(manifest) => Command::kubectl(Kubectl::Create(Manifest::Piped(Json::from(&manifest)))),
            None => self.command(),
        }
    }

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

/// A changelog is thousands of lines that nobody reads there, and the object is as good without. That it is left out
/// here and written all the same is said, as a comment.
fn shortened(mut manifest: Value) -> (Value, &'static str) {
    let changelog = manifest["spec"].as_object_mut().and_then(|spec| spec.remove("changelog"));
    let left_out = changelog.map_or("", |_| "# spec.changelog is not shown here; dhctl writes it too\n");
    (manifest, left_out)
}

#[cfg(test)]
mod tests {
    use commands::ClusterFlags;

    use super::{super::Purpose, *};

    fn change(kind: Kind, name: &str, write: Write) -> Change {
        Change { purpose: Purpose::DisableModule, kind, name: name.to_owned(), write }
    }

    #[test]
    fn commands_are_read_by_a_shell_unchanged() {
        let plain = ClusterFlags::default();
        let named = ClusterFlags { kubeconfig: Some("/a b/c".to_owned()), context: Some("it's".to_owned()) };
        for (flags, change, line) in [
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
                "kubectl create -f - <<'EOF'\n# spec.changelog is not shown here; dhctl writes it too\napiVersion: deckhouse.io/v1alpha1\nkind: DeckhouseRelease\nmetadata:\n  \
                 name: v1.58.3\nspec:\n  version: v1.58.3\nEOF",
            ),
        ] {
            assert_eq!(change.command().addressed(flags).to_string(), line);
        }
    }
}
