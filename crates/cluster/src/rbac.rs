//! The permissions that this program needs in a cluster, and no other, as a manifest.
//!
//! Permissions on single objects are given by name wherever the API supports that. `exec` needs `get` and `create`: a
//! WebSocket is a GET, and Kubernetes 1.35 asks for `create` besides (cluster-source.md, "Admission and rights").
//!
//! Exec in a pod of the platform is equivalent to cluster-admin, and a Secret may hold a login. So a role that only reads has
//! neither unless they are asked for, and where the manifest gives one of them, a comment in it says what that means.

use sha2::{Digest as _, Sha256};

/// Who gets the permissions.
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

/// Which permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Only what reading needs: status, plan, watch and doctor.
    pub read_only: Option<ReadOnly>,
    /// Also what `plan --helm` needs: all Secrets of the cluster.
    pub helm: bool,
}

/// What a role that only reads has besides objects and logs. A role that may write always has both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOnly {
    /// `exec` in the platform's pods, for the queues.
    pub queues: bool,
    /// The two Secrets with the registry's login and the cluster configuration.
    pub secrets: bool,
}

/// What the names of all roles and bindings begin with.
const NAME: &str = "dhctl-update";
/// So much of a subject's name is shown in the name of its bindings.
const NAME_SHOWN: usize = 80;
const PLATFORM: &str = "d8-system";
const SYSTEM: &str = "kube-system";
/// Where events about objects without a namespace are.
const DEFAULT: &str = "default";
const GROUP: &str = "rbac.authorization.k8s.io";

/// Kinds of the platform that are listed, and watched.
const FOLLOWED: [&str; 13] = [
    "applications",
    "clusteralerts",
    "clusterapplications",
    "deckhousereleases",
    "ingressnginxcontrollers",
    "moduleconfigs",
    "modulepulloverrides",
    "modulereleases",
    "modules",
    "modulesources",
    "moduleupdatepolicies",
    "nodegroups",
    "packagerepositories",
];
const FOLLOW: &[&str] = &["list", "watch"];

/// What the comments of the manifest say, a line each.
const EXEC_NOTE: &[&str] = &[
    "exec, to read the task queues: the controller reports them nowhere else.",
    "This is equivalent to cluster-admin: anyone who can exec in the platform's pods has the permissions of the",
    "platform's controller. RBAC can restrict exec to this namespace, but not to a command, and not to a pod",
    "whose name is generated.",
];
const REGISTRY_NOTE: &[&str] = &[
    "deckhouse-registry contains the login with which the platform pulls images, and the registry's address and",
    "CA. registry-state contains the mode of the module registry, and the keys and passwords of a registry in the",
    "cluster.",
];
const CONFIGURATION_NOTE: &[&str] =
    &["This Secret contains the whole ClusterConfiguration, including the login of a proxy."];
const EVENTS_NOTE: &[&str] = &[
    "Events about DeckhouseReleases, to see which of them were deployed when. RBAC cannot restrict a list to the",
    "events of one kind.",
];
const HELM_NOTE: &[&str] =
    &["All Secrets of all namespaces: RBAC cannot restrict a list to the Secrets of Helm releases."];
const FOLLOW_NOTE: &[&str] = &[
    "RBAC cannot hide a field: spec.registry of ModuleSources and PackageRepositories, and settings of ModuleConfigs",
    "and applications may hold logins.",
];

const LICENSE_NOTE: &[&str] =
    &["RBAC cannot hide a field: status.registrationRequest is a token with the data of this cluster."];

/// A rule of a role: its fields and what they list, and the lines of the comment above it.
struct Rule {
    fields: Vec<(&'static str, Vec<String>)>,
    note: &'static [&'static str],
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Rule {
    let fields =
        vec![("apiGroups", texts(&[group])), ("resources", texts(resources)), ("verbs", texts(verbs))];
    Rule { fields, note: &[] }
}

impl Rule {
    /// For objects of these names alone.
    fn named(mut self, names: &[impl ToString]) -> Self {
        self.fields.push(("resourceNames", texts(names)));
        self
    }

    /// With a comment.
    fn noted(mut self, note: &'static [&'static str]) -> Self {
        self.note = note;
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
    for (namespace, rules) in [
        (None, everywhere(extent)),
        (Some(PLATFORM), in_platform(extent)),
        (Some(SYSTEM), in_system(extent)),
        (Some(DEFAULT), in_default()),
    ] {
        documents.push(role(&name, namespace, &rules));
        documents.extend(subjects.iter().map(|subject| binding(&name, namespace, subject)));
    }
    documents.join("---\n")
}

impl Extent {
    /// The name of its roles: those of another extent are others.
    fn role(self) -> String {
        let parts = [
            (self.read_only.is_some(), "-read-only"),
            (self.read_only.is_some_and(|it| it.queues), "-queues"),
            (self.read_only.is_some_and(|it| it.secrets), "-secrets"),
            (self.helm, "-helm"),
        ];
        let parts = parts.into_iter().filter(|(has, _)| *has).map(|(_, part)| part);
        [NAME].into_iter().chain(parts).collect()
    }

    fn has_exec(self) -> bool {
        self.read_only.is_none_or(|it| it.queues)
    }

    fn has_secrets(self) -> bool {
        self.read_only.is_none_or(|it| it.secrets)
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
        rule("deckhouse.io", &FOLLOWED, FOLLOW).noted(FOLLOW_NOTE),
        rule("deckhouse.io", &["deckhousereleases"], &["get"]),
        rule("deckhouse.io", &["registrystorages"], &["get"]).named(&["registry"]),
        rule("deckhouse.io", &["effectivelicenses"], &["get"])
            .named(&["deckhouse-platform"])
            .noted(LICENSE_NOTE),
        rule("", &["nodes"], FOLLOW),
        rule("", &["pods"], &["list"]),
        rule("apiextensions.k8s.io", &["customresourcedefinitions"], &["get"]).named(&definitions),
        rule("admissionregistration.k8s.io", &["validatingwebhookconfigurations"], &["list"]),
        Rule {
            fields: vec![("nonResourceURLs", texts(&["/metrics"])), ("verbs", texts(&["get"]))],
            note: &[],
        },
    ];
    if extent.read_only.is_none() {
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
        rules.push(rule("", &["secrets"], &["list"]).noted(HELM_NOTE));
    }
    rules
}

fn in_platform(extent: Extent) -> Vec<Rule> {
    let mut rules = vec![
        rule("", &["pods"], FOLLOW),
        rule("", &["pods/log"], &["get"]),
        rule("", &["events"], &["list"]),
        rule("apps", &["deployments"], &["get", "list", "watch"]).named(&["deckhouse"]),
        rule("apps", &["replicasets"], &["list"]),
    ];
    if extent.has_exec() {
        rules.push(rule("", &["pods/exec"], &["get", "create"]).noted(EXEC_NOTE));
    }
    if extent.has_secrets() {
        let secrets = rule("", &["secrets"], &["get"]).named(&["deckhouse-registry", "registry-state"]);
        rules.push(secrets.noted(REGISTRY_NOTE));
    }
    rules
}

fn in_system(extent: Extent) -> Vec<Rule> {
    let mut rules = vec![
        rule("", &["configmaps"], &["get"]).named(&["d8-cloud-provider-conditions"]),
        rule("batch", &["cronjobs"], FOLLOW),
    ];
    if extent.has_secrets() {
        let secret = rule("", &["secrets"], &["get"]).named(&["d8-cluster-configuration"]);
        rules.push(secret.noted(CONFIGURATION_NOTE));
    }
    rules
}

fn in_default() -> Vec<Rule> {
    vec![rule("", &["events"], &["list"]).noted(EVENTS_NOTE)]
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
        for line in rule.note {
            text += &format!("# {line}\n");
        }
        let mut lead = "- ";
        for (name, items) in &rule.fields {
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
    fn names_are_escaped_in_yaml() {
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
    fn each_subject_has_its_binding_and_each_extent_its_role() {
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
        let rules: BTreeSet<(String, String)> = extents()
            .map(|extent| {
                let text = manifest(&[], extent);
                let name = extent.role();
                (text.replace(&name, "NAME"), name)
            })
            .collect();
        let names: BTreeSet<&String> = rules.iter().map(|(_, name)| name).collect();
        let texts: BTreeSet<&String> = rules.iter().map(|(text, _)| text).collect();
        assert_eq!((names.len(), texts.len()), (rules.len(), rules.len()), "{names:?}");
    }

    /// All there are.
    fn extents() -> impl Iterator<Item = Extent> {
        (0..16).map(|bits: u8| {
            let has = |bit: u8| bits & (1 << bit) != 0;
            let read_only = has(0).then(|| ReadOnly { queues: has(1), secrets: has(2) });
            Extent { read_only, helm: has(3) }
        })
    }

    #[test]
    fn read_only_has_no_exec_and_no_secrets_without_the_flags() {
        for extent in extents() {
            let text = manifest(&[Subject::User("u".to_owned())], extent);
            let has = |part: &str| text.contains(part);
            let asked = extent.read_only.unwrap_or(ReadOnly { queues: true, secrets: true });
            let (exec, secrets) = (asked.queues, asked.secrets);
            assert_eq!((has("pods/exec"), has("equivalent to cluster-admin")), (exec, exec), "{extent:?}");
            assert_eq!(has("d8-cluster-configuration"), secrets, "{extent:?}");
            assert_eq!(has("deckhouse-registry"), secrets, "{extent:?}");
            assert_eq!(has("\"secrets\""), secrets || extent.helm, "{extent:?}");
        }
    }

    #[test]
    fn read_only_has_no_write_permissions() {
        let writes = |extent| {
            let documents = documents(&[Subject::Group("g".to_owned())], extent);
            let rules: Vec<Value> =
                documents.iter().flat_map(|it| it["rules"].as_array().cloned().unwrap_or_default()).collect();
            rules.into_iter().any(|rule| {
                let verbs = rule["verbs"].as_array().cloned().unwrap_or_default();
                verbs
                    .iter()
                    .any(|verb| ["create", "patch", "delete", "update"].contains(&verb.as_str().unwrap()))
            })
        };
        let reading = |queues| Extent { read_only: Some(ReadOnly { queues, secrets: true }), helm: true };
        assert!(!writes(reading(false)));
        assert!(writes(reading(true)), "exec needs the verb create");
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
