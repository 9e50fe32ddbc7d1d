//! The rights that this program needs in a cluster, and no other, as a manifest.
//!
//! Rights on single objects are given by name wherever the API can do that. `exec` needs `get` as well as `create`: a
//! WebSocket is a GET, and Kubernetes 1.35 asks for `create` besides (cluster-source.md, "Admission and rights").

use sha2::{Digest as _, Sha256};

/// Whom the rights are given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A user as the API server names it.
    User(String),
    /// A group.
    Group(String),
    /// A service account; it is part of the manifest.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// How far the rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Only what reading needs: status, plan, watch and doctor.
    pub read_only: bool,
    /// Also what `plan --helm` needs: all Secrets of the cluster.
    pub helm: bool,
}

/// What the names of all roles and bindings begin with.
const NAME: &str = "dhctl-update";
/// So much of a subject's name is shown in the name of its bindings.
const NAME_SHOWN: usize = 80;
const PLATFORM: &str = "d8-system";
const SYSTEM: &str = "kube-system";
const GROUP: &str = "rbac.authorization.k8s.io";

/// Kinds of the platform that are listed, and watched.
const FOLLOWED: [&str; 10] = [
    "clusteralerts",
    "deckhousereleases",
    "ingressnginxcontrollers",
    "moduleconfigs",
    "modulepulloverrides",
    "modulereleases",
    "modules",
    "modulesources",
    "moduleupdatepolicies",
    "nodegroups",
];
const FOLLOW: &[&str] = &["list", "watch"];

/// A rule of a role: its fields and what they list.
struct Rule(Vec<(&'static str, Vec<String>)>);

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Rule {
    Rule(vec![("apiGroups", texts(&[group])), ("resources", texts(resources)), ("verbs", texts(verbs))])
}

impl Rule {
    /// For objects of these names alone.
    fn named(mut self, names: &[impl ToString]) -> Self {
        self.0.push(("resourceNames", texts(names)));
        self
    }
}

fn texts(items: &[impl ToString]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// The manifest: YAML for `kubectl apply`.
pub fn manifest(subjects: &[Subject], extent: Extent) -> String {
    let mut documents = Vec::new();
    for subject in subjects {
        if let Subject::ServiceAccount { namespace, name } = subject {
            documents.push(format!(
                "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {}\n  namespace: {}\n",
                quoted(name),
                quoted(namespace)
            ));
        }
    }
    let name = extent.role();
    for (namespace, rules) in
        [(None, everywhere(extent)), (Some(PLATFORM), in_platform()), (Some(SYSTEM), in_system())]
    {
        documents.push(role(&name, namespace, &rules));
        documents.extend(subjects.iter().map(|subject| binding(&name, namespace, subject)));
    }
    documents.join("---\n")
}

impl Extent {
    /// The name of its roles: those of another extent are others.
    fn role(self) -> String {
        let read_only = if self.read_only { "-read-only" } else { "" };
        let helm = if self.helm { "-helm" } else { "" };
        format!("{NAME}{read_only}{helm}")
    }
}

impl Subject {
    /// What its bindings are named after: no two subjects share a binding, so that what is applied for one takes nothing
    /// from another. Whatever a name of an object cannot have is replaced, and a hash after a dot, which is replaced too,
    /// keeps the names apart.
    fn slug(&self) -> String {
        let (kind, name) = match self {
            Self::User(name) => ("user", name.clone()),
            Self::Group(name) => ("group", name.clone()),
            Self::ServiceAccount { namespace, name } => ("account", format!("{namespace}/{name}")),
        };
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let shown: String = name.chars().map(|c| c.to_ascii_lowercase()).take(NAME_SHOWN).collect();
        let shown = shown.replace(|c| !is_plain(c), "-").trim_matches('-').to_owned();
        if shown == name {
            return format!("{kind}-{shown}");
        }
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(&name).into();
        let hash = u32::from_be_bytes([a, b, c, d]);
        format!("{}.{hash:08x}", format!("{kind}-{shown}").trim_end_matches('-'))
    }
}

fn everywhere(extent: Extent) -> Vec<Rule> {
    let kinds = FOLLOWED.into_iter().chain(["nodegroupconfigurations"]);
    let definitions: Vec<String> = kinds.map(|kind| format!("{kind}.deckhouse.io")).collect();
    let mut rules = vec![
        rule("deckhouse.io", &FOLLOWED, FOLLOW),
        rule("deckhouse.io", &["deckhousereleases"], &["get"]),
        rule("", &["nodes"], FOLLOW),
        rule("", &["pods"], &["list"]),
        rule("apiextensions.k8s.io", &["customresourcedefinitions"], &["get"]).named(&definitions),
        rule("admissionregistration.k8s.io", &["validatingwebhookconfigurations"], &["list"]),
        Rule(vec![("nonResourceURLs", texts(&["/metrics"])), ("verbs", texts(&["get"]))]),
    ];
    if !extent.read_only {
        rules.extend([
            rule("deckhouse.io", &["deckhousereleases"], &["create", "patch", "delete"]),
            rule("deckhouse.io", &["moduleconfigs"], &["patch"]).named(&["deckhouse"]),
            // What was approved is read back.
            rule("deckhouse.io", &["modulereleases"], &["get", "patch"]),
            rule("deckhouse.io", &["nodegroupconfigurations"], &["get", "create", "patch"]),
            rule("", &["nodes"], &["get", "patch"]),
        ]);
    }
    if extent.helm {
        rules.push(rule("", &["secrets"], &["list"]));
    }
    rules
}

fn in_platform() -> Vec<Rule> {
    vec![
        rule("", &["pods"], FOLLOW),
        rule("", &["pods/exec"], &["get", "create"]),
        rule("", &["pods/log"], &["get"]),
        rule("", &["events"], &["list"]),
        rule("apps", &["deployments"], &["get", "list", "watch"]).named(&["deckhouse"]),
        rule("", &["secrets"], &["get"]).named(&["deckhouse-registry"]),
    ]
}

fn in_system() -> Vec<Rule> {
    vec![
        rule("", &["secrets"], &["get"]).named(&["d8-cluster-configuration"]),
        rule("", &["configmaps"], &["get"]).named(&["d8-cloud-provider-conditions"]),
    ]
}

fn head(kind: &str, name: &str, namespace: Option<&str>) -> String {
    let (prefix, place) = match namespace {
        Some(namespace) => ("", format!("  namespace: {namespace}\n")),
        None => ("Cluster", String::new()),
    };
    format!("apiVersion: {GROUP}/v1\nkind: {prefix}{kind}\nmetadata:\n  name: {name}\n{place}")
}

fn role(name: &str, namespace: Option<&str>, rules: &[Rule]) -> String {
    let mut text = head("Role", name, namespace) + "rules:\n";
    for rule in rules {
        let mut lead = "- ";
        for (name, items) in &rule.0 {
            let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
            text += &format!("{lead}{name}: [{}]\n", items.join(", "));
            lead = "  ";
        }
    }
    text
}

fn binding(role: &str, namespace: Option<&str>, subject: &Subject) -> String {
    let prefix = if namespace.is_some() { "" } else { "Cluster" };
    let text = head("RoleBinding", &format!("{role}-{}", subject.slug()), namespace)
        + &format!("roleRef:\n  apiGroup: {GROUP}\n  kind: {prefix}Role\n  name: {role}\nsubjects:\n");
    text + &match subject {
        Subject::User(name) => format!("- apiGroup: {GROUP}\n  kind: User\n  name: {}\n", quoted(name)),
        Subject::Group(name) => format!("- apiGroup: {GROUP}\n  kind: Group\n  name: {}\n", quoted(name)),
        Subject::ServiceAccount { namespace, name } => {
            format!("- kind: ServiceAccount\n  name: {}\n  namespace: {}\n", quoted(name), quoted(namespace))
        }
    }
}

/// A JSON string is a YAML string, whatever is in it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn documents(subjects: &[Subject], extent: Extent) -> Vec<Value> {
        serde_saphyr::from_multiple(&manifest(subjects, extent)).unwrap()
    }

    #[test]
    fn names_are_no_yaml() {
        let nasty = "system:x\"\n- kind: Group # ";
        let account = Subject::ServiceAccount { namespace: "ops".to_owned(), name: "dhctl".to_owned() };
        let documents = documents(&[Subject::User(nasty.to_owned()), account], Extent::default());
        let kinds: Vec<&str> = documents.iter().map(|document| document["kind"].as_str().unwrap()).collect();
        assert_eq!(
            kinds,
            [
                "ServiceAccount",
                "ClusterRole",
                "ClusterRoleBinding",
                "ClusterRoleBinding",
                "Role",
                "RoleBinding",
                "RoleBinding",
                "Role",
                "RoleBinding",
                "RoleBinding"
            ]
        );
        assert_eq!(documents[2]["subjects"][0]["name"], nasty);
        assert_eq!(documents[3]["subjects"][0]["namespace"], "ops");
    }

    #[test]
    fn nobody_shares_a_binding_and_no_extent_a_role() {
        let user = |name: &str| Subject::User(name.to_owned());
        let account = |namespace: &str, name: &str| Subject::ServiceAccount {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        assert_eq!(user("alice").slug(), "user-alice");
        let subjects = [
            user("alice"),
            user("Alice"),
            user("alice-"),
            user("alice@example.com"),
            user("alice-example.com"),
            user("alice-example-com"),
            user("\u{430}"),
            user("\u{431}"),
            user(&"a".repeat(300)),
            user(&"a".repeat(301)),
            Subject::Group("alice".to_owned()),
            account("a-b", "c"),
            account("a", "b-c"),
        ];
        let slugs: BTreeSet<String> = subjects.iter().map(Subject::slug).collect();
        assert_eq!(slugs.len(), subjects.len(), "{slugs:?}");
        for slug in &slugs {
            let parts = || slug.split('.');
            let is_label = |part: &str| {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
                part.starts_with(plain) && part.ends_with(plain) && part.chars().all(|c| plain(c) || c == '-')
            };
            assert!(parts().all(is_label) && slug.len() < 200, "{slug}");
        }
        let extents = [(false, false), (false, true), (true, false), (true, true)];
        let roles: BTreeSet<String> =
            extents.iter().map(|&(read_only, helm)| Extent { read_only, helm }.role()).collect();
        assert_eq!(roles.len(), 4, "{roles:?}");
    }

    #[test]
    fn who_only_reads_writes_nothing() {
        let writes = |extent| {
            let documents = documents(&[Subject::Group("g".to_owned())], extent);
            let rules: Vec<Value> =
                documents.iter().flat_map(|it| it["rules"].as_array().cloned().unwrap_or_default()).collect();
            let is_exec = |rule: &Value| rule["resources"][0] == "pods/exec";
            rules.into_iter().filter(|rule| !is_exec(rule)).any(|rule| {
                let verbs = rule["verbs"].as_array().cloned().unwrap_or_default();
                verbs
                    .iter()
                    .any(|verb| ["create", "patch", "delete", "update"].contains(&verb.as_str().unwrap()))
            })
        };
        assert!(!writes(Extent { read_only: true, helm: true }));
        assert!(writes(Extent::default()));
    }

    #[test]
    fn secrets_of_all_namespaces_only_for_helm() {
        let text = |extent| manifest(&[Subject::User("u".to_owned())], extent);
        let all = "resources: [\"secrets\"]\n  verbs: [\"list\"]";
        assert!(!text(Extent::default()).contains(all));
        assert!(text(Extent { helm: true, ..Extent::default() }).contains(all));
    }
}
