//! The words of a setup of Nexus or Harbor: its steps, what stands against it, and what an operator should know.

use std::path::Path;

use registry_admin::{Account, Change, Difference, Finding, Object, Refusal, Step};
use serde_json::Value;

use crate::{exit_code::Exit, failure::Failure, format::human};

/// An object in a sentence.
pub(crate) fn object(object: &Object) -> String {
    match object {
        Object::Eula => "the license agreement of Nexus".to_owned(),
        Object::Realms => "the list of active realms".to_owned(),
        Object::Repository(name) => format!("the repository {name}"),
        Object::Role(name) => format!("the role {name}"),
        Object::User(name) => format!("the user {name}"),
        Object::AnonymousAccess => "anonymous access".to_owned(),
        Object::OutgoingProxy => "the proxy that Nexus uses".to_owned(),
        Object::Endpoint(name) => format!("the endpoint {name}"),
        Object::Project(name) => format!("the project {name}"),
        Object::Quota(project) => format!("the quota of the project {project}"),
        Object::Robot(name) => format!("the robot account {name}"),
    }
}

/// A step in one line.
pub(crate) fn step(step: &Step) -> String {
    let object = object(&step.object);
    match (&step.object, &step.change) {
        (Object::Eula, _) => format!("accept {object}"),
        (Object::AnonymousAccess, _) => format!("switch on {object}, for all repositories of this Nexus"),
        (Object::Realms, Change::Set(differences)) => {
            let added = differences.iter().flat_map(|it| added(&it.from, &it.to));
            format!("activate the realm {}", added.collect::<Vec<_>>().join(", "))
        }
        (_, Change::Create) => format!("create {object}"),
        (_, Change::Set(differences)) => {
            let fields: Vec<&str> = differences.iter().map(|it| it.field.as_str()).collect();
            format!("change {object}: {}", fields.join(", "))
        }
    }
}

/// What a list of strings has in addition to another one.
fn added<'a>(from: &'a Value, to: &'a Value) -> impl Iterator<Item = &'a str> {
    let has = |it: &Value| from.as_array().is_some_and(|from| from.contains(it));
    let to = to.as_array().into_iter().flatten();
    to.filter(move |it| !has(it)).filter_map(Value::as_str)
}

/// A step with its call: the method, the URL and the body, with secrets as `***`.
pub(crate) fn step_with_call(number: usize, it: &Step, url: &str) -> String {
    let mut lines = format!("{number}. {}\n", step(it));
    if let Change::Set(differences) = &it.change {
        lines.extend(differences.iter().map(|it| format!("   {}\n", difference(it))));
    }
    lines.push_str(&format!("   {} {url}\n   {}\n", it.call.method, it.call.body.masked()));
    lines
}

fn difference(difference: &Difference) -> String {
    let Difference { field, from, to } = difference;
    format!("{field}: {from} -> {to}")
}

/// A failure for a setup that is not possible. `file` gives the password file of an account.
pub(crate) fn refusal<'a>(refusal: Refusal, file: impl Fn(Account) -> &'a Path) -> Failure {
    match refusal {
        Refusal::OtherKind { object: it, found, wanted } => {
            Failure::usage(format!("{} exists and is of another kind: {found}, not {wanted}", object(&it)))
                .hint("set another name; an existing object is never replaced")
        }
        Refusal::NoRealm(realm) => {
            Failure::new(Exit::Incomplete, format!("this Nexus does not have the realm {realm}"))
                .hint("use an edition of Nexus that supports docker repositories")
        }
        Refusal::NoBlobStore { name, known } => {
            let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
            Failure::usage(format!("this Nexus does not have the blob store {name}"))
                .hint(format!("create it, or set --blob-store to one of these: {}", known.join(", ")))
        }
        Refusal::NoPathRouting { version } => Failure::usage(format!(
            "Nexus {version} cannot route docker requests by their path: this requires version 3.84 or later"
        ))
        .hint("set --http-port or --https-port to a port that only this repository uses"),
        Refusal::EulaNotAccepted => Failure::usage(
            "the license agreement of this Nexus has not been accepted; until it is, Nexus refuses images",
        )
        .hint(
            "read it in the web interface, and set --accept-eula to accept it on behalf of your organization",
        ),
        Refusal::PasswordUnknown { account, login } => {
            let file = file(account).display();
            Failure::usage(format!(
                "the account {login} exists, but the file with its password does not: {file}"
            ))
            .hint(format!("write its password into {file} (mode 0600)"))
            .hint(rotate(&login))
        }
        Refusal::PasswordWrong { account, login } => {
            let file = file(account).display();
            Failure::new(
                Exit::Denied,
                format!("the server does not accept the password in {file} for the account {login}"),
            )
            .hint(format!("write the current password of the account into {file}"))
            .hint(rotate(&login))
        }
        Refusal::PasswordOfMissing { account, login } => {
            let file = file(account).display();
            Failure::usage(format!("the account {login} does not exist, but there is a password file for it: {file}"))
                .hint("move this file to another directory, or set another directory with --out: Harbor generates the password of a new robot account, so the one in this file cannot be used")
        }
        Refusal::PasswordNeeded { object: it, field } => {
            let flags = match it {
                Object::OutgoingProxy => "--outgoing-login and --outgoing-password-file",
                _ => "--license-file, or --upstream-login and --upstream-password-file",
            };
            Failure::usage(format!(
                "to change {field} of {}, the password is needed: Nexus deletes a stored password that is not sent again",
                object(&it)
            ))
            .hint(format!("set {flags}"))
        }
    }
}

/// How to get a new password for an account that exists.
fn rotate(login: &str) -> String {
    if login.contains('+') {
        format!(
            "if it is lost: in Harbor, go to Projects > (the project) > Robot Accounts > {login} > Refresh Secret, and write \
             the new secret into the file"
        )
    } else {
        format!(
            "if it is lost: in Nexus, go to Security > Users > {login} > More > Change password, and write the new password into the file"
        )
    }
}

/// What an operator should know.
pub(crate) struct Remark {
    /// Whether it can break something: a warning, not a note.
    pub(crate) is_warning: bool,
    pub(crate) text: String,
}

/// A finding in one line.
pub(crate) fn finding(finding: &Finding) -> Remark {
    let warning = |text: String| Remark { is_warning: true, text };
    let note = |text: &str| Remark { is_warning: false, text: text.to_owned() };
    match finding {
        Finding::ImmutableTags { rule, tags } => warning(format!(
            "immutable-tag rule {rule} of the project applies to release channels ({}): the next push cannot move \
             them; restrict the rule to version tags, such as v* (registry prune cannot delete tags that a rule makes \
             immutable)",
            tags.join(", ")
        )),
        Finding::Retention { policy, tags: _, proxy_cache: true } => Remark {
            is_warning: false,
            text: format!(
                "retention policy {policy} deletes cached images that have not been pulled for several days; they are downloaded \
                 again when they are requested"
            ),
        },
        Finding::Retention { policy, tags, proxy_cache: false } => {
            let what = if tags.is_empty() { "releases".to_owned() } else { tags.join(", ") };
            warning(format!(
                "retention policy {policy} of the project can delete {what}; clusters can then no longer pull \
                 these images: remove the policy, or add a rule that always keeps all tags"
            ))
        }
        Finding::SmallQuota { limit } => warning(format!(
            "the quota of the project is {}; a full bundle is 25 to 50 GB",
            human(*limit)
        )),
        Finding::LittleSpace { blob_store, free } => warning(format!(
            "the blob store {blob_store} has {} of free space; a full bundle is 25 to 50 GB",
            human(*free)
        )),
        Finding::PublicProject => note("the project is public: anyone can pull without a login"),
        Finding::PullsPrevented { setting } => warning(format!(
            "with the setting {setting} of the project, Harbor can refuse pulls of the platform's images; turn it off"
        )),
        Finding::MoreRights { object: it, rights } => {
            let rights: Vec<&str> = rights.iter().map(AsRef::as_ref).collect();
            warning(format!("{} has more permissions than it needs: {}", object(it), rights.join(", ")))
        }
        Finding::CleanupPolicies { names } => {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            warning(format!(
                "these cleanup policies delete images of the repository: {}; remove the policies from the repository",
                names.join(", ")
            ))
        }
        Finding::UpstreamPasswordNotCompared => note(
            "the server does not return the stored upstream password, so dhctl cannot tell whether it is still right; if it has changed, set the new one in the web interface",
        ),
        Finding::ProxyPasswordNotCompared => note(
            "Nexus does not return the stored password of its proxy, so dhctl cannot tell whether it is still right; if it has changed, set the new one in the web interface: Administration > System > HTTP",
        ),
        Finding::NoOutgoingProxyApi => warning(
            "this Nexus has no API for the proxy that it uses; set it in the web interface: Administration > System > HTTP"
                .to_owned(),
        ),
        Finding::AnonymousAccess => note("anonymous access is on: anyone can pull without a login"),
        Finding::Setting { object: it, field, value } => warning(format!(
            "{} has {field} set to {value}; with this setting the server may refuse requests from the platform: if it does, remove this setting",
            object(it)
        )),
    }
}

/// How Harbor reaches an upstream through a proxy. It has no API for that.
pub(crate) const HARBOR_PROXY: &str = "if Harbor reaches the upstream only through a proxy: in the \"proxy\" section of harbor.yml, set http_proxy, \
     https_proxy and no_proxy, and keep core and jobservice in the list \"components\"; then run the prepare script and \
     docker compose again";

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn every_refusal_has_a_hint() {
        let path = PathBuf::from("dkp-pull.password");
        let login = || "robot$dkp+pull".to_owned();
        let account = Account::Pull;
        for (it, exit) in [
            (
                Refusal::OtherKind {
                    object: Object::Repository("dkp".into()),
                    found: "maven2 (hosted)".into(),
                    wanted: "docker (hosted)".into(),
                },
                Exit::Usage,
            ),
            (Refusal::NoRealm("DockerToken".into()), Exit::Incomplete),
            (Refusal::NoBlobStore { name: "b".into(), known: vec!["default".into()] }, Exit::Usage),
            (Refusal::NoPathRouting { version: "3.71".into() }, Exit::Usage),
            (Refusal::EulaNotAccepted, Exit::Usage),
            (Refusal::PasswordUnknown { account, login: login() }, Exit::Usage),
            (Refusal::PasswordWrong { account, login: login() }, Exit::Denied),
            (Refusal::PasswordOfMissing { account, login: login() }, Exit::Usage),
            (
                Refusal::PasswordNeeded { object: Object::OutgoingProxy, field: "httpProxy.host".into() },
                Exit::Usage,
            ),
        ] {
            let failure = refusal(it.clone(), |_| &path);
            assert_eq!(failure.exit, exit, "{it:?}");
            assert!(!failure.hints.is_empty(), "{it:?}");
        }
    }
}
