//! The rights that this program needs in a cluster, and no other, as a manifest.
//!
//! Rights on single objects are given by name wherever the API can do that. `exec` needs `get` as well as `create`: a
//! WebSocket is a GET, and Kubernetes 1.35 asks for `create` besides (cluster-source.md, "Admission and rights").

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

/// Name of every object in the manifest.
const NAME: &str = "dhctl-update";
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
    documents.push(role(None, &everywhere(extent)));
    documents.push(binding(None, subjects));
    for (namespace, rules) in [(PLATFORM, in_platform()), (SYSTEM, in_system())] {
        documents.push(role(Some(namespace), &rules));
        documents.push(binding(Some(namespace), subjects));
    }
    documents.join("---\n")
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

fn head(kind: &str, namespace: Option<&str>) -> String {
    let (prefix, place) = match namespace {
        Some(namespace) => ("", format!("  namespace: {namespace}\n")),
        None => ("Cluster", String::new()),
    };
    format!("apiVersion: {GROUP}/v1\nkind: {prefix}{kind}\nmetadata:\n  name: {NAME}\n{place}")
}

fn role(namespace: Option<&str>, rules: &[Rule]) -> String {
    let mut text = head("Role", namespace) + "rules:\n";
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

fn binding(namespace: Option<&str>, subjects: &[Subject]) -> String {
    let prefix = if namespace.is_some() { "" } else { "Cluster" };
    let mut text = head("RoleBinding", namespace);
    text += &format!("roleRef:\n  apiGroup: {GROUP}\n  kind: {prefix}Role\n  name: {NAME}\nsubjects:\n");
    for subject in subjects {
        text += &match subject {
            Subject::User(name) => format!("- apiGroup: {GROUP}\n  kind: User\n  name: {}\n", quoted(name)),
            Subject::Group(name) => format!("- apiGroup: {GROUP}\n  kind: Group\n  name: {}\n", quoted(name)),
            Subject::ServiceAccount { namespace, name } => format!(
                "- kind: ServiceAccount\n  name: {}\n  namespace: {}\n",
                quoted(name),
                quoted(namespace)
            ),
        };
    }
    text
}

/// A JSON string is a YAML string, whatever is in it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
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
                "Role",
                "RoleBinding",
                "Role",
                "RoleBinding"
            ]
        );
        assert_eq!(documents[2]["subjects"][0]["name"], nasty);
        assert_eq!(documents[2]["subjects"][1]["namespace"], "ops");
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
