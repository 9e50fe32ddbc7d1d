//! Commands in texts, made to mean the cluster that was asked for. Rules write them for the current context; who named
//! another one pastes lines that name it too.

use super::Kubectl;

/// The commands of `dhctl update` that work with a cluster.
const COMMANDS: [&str; 8] = ["status", "plan", "prepare", "approve", "run", "watch", "doctor", "kernel"];

impl Kubectl {
    /// The text with `--kubeconfig` and `--context` in each command of kubectl and of `dhctl update`, as far as they are
    /// named here.
    pub fn addressed(&self, text: &str) -> String {
        let flags = self.flags();
        if flags.is_empty() {
            return text.to_owned();
        }
        let mut addressed = String::new();
        let mut rest = text;
        while let Some(end) = next_command(rest) {
            addressed += &rest[..end];
            addressed += &flags;
            rest = &rest[end..];
        }
        addressed + rest
    }
}

/// The end of the first words that flags can follow.
fn next_command(text: &str) -> Option<usize> {
    let starts = text.char_indices().filter(|(start, _)| is_word_start(text, *start));
    starts.map(|(start, _)| start).find_map(|start| command(&text[start..]).map(|length| start + length))
}

fn command(text: &str) -> Option<usize> {
    if let Some(verb) = text.strip_prefix("kubectl ") {
        let is_verb = verb.starts_with(|c: char| c.is_ascii_lowercase() || c == '-');
        return is_verb.then_some("kubectl".len());
    }
    let rest = text.strip_prefix("dhctl update ")?;
    let name = COMMANDS.iter().find(|name| {
        let after = rest.strip_prefix(**name);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
    })?;
    Some("dhctl update ".len() + name.len())
}

fn is_word_start(text: &str, start: usize) -> bool {
    !text[..start].ends_with(|c: char| c.is_alphanumeric() || "-_./=".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_cluster() {
        let named = Kubectl { kubeconfig: Some("/a b/c".to_owned()), context: Some("it's".to_owned()) };
        let context = Kubectl { context: Some("prod".to_owned()), ..Kubectl::default() };
        for (kubectl, text, expected) in [
            (&Kubectl::default(), "kubectl get nodes", "kubectl get nodes"),
            (&context, "kubectl get nodes", "kubectl --context=prod get nodes"),
            (&context, "kubectl -n d8-system get pods", "kubectl --context=prod -n d8-system get pods"),
            (
                &named,
                "dhctl update approve v1.58.3",
                r"dhctl update approve --kubeconfig='/a b/c' --context='it'\''s' v1.58.3",
            ),
            (
                &context,
                "wait (kubectl get nodegroups; `dhctl update plan`), then: echo '{}' | kubectl create -f -",
                "wait (kubectl --context=prod get nodegroups; `dhctl update plan --context=prod`), then: echo '{}' | kubectl \
                 --context=prod create -f -",
            ),
            // No cluster is asked by these.
            (
                &context,
                "dhctl update rbac; dhctl mirror -i d8.tar",
                "dhctl update rbac; dhctl mirror -i d8.tar",
            ),
            (&context, "dhctl update planned; my-kubectl get x", "dhctl update planned; my-kubectl get x"),
            (&context, "by kubectl", "by kubectl"),
            (&context, "установите: kubectl get ns", "установите: kubectl --context=prod get ns"),
        ] {
            assert_eq!(kubectl.addressed(text), expected);
        }
    }
}
