//! The words of `dhctl registry check`: what each check found, what it means for the platform, and what to do.

use std::net::IpAddr;

use egress::FaultKind;
use oci::RepositoryUrl;
use registry::client::{
    Error, ErrorKind, Refusal,
    check::{BodyLimit, Check, Fact, Finding, Leftover, NotChecked, Outcome, Product, Report, TestManifest},
};
use serde::Serialize;

use crate::format::{count, human, paragraph};

/// The width of the status in front of a finding, in columns.
const INDENT: usize = 13;

/// What came of a check, in the order in which the text shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Failure,
    Warning,
    Ok,
    NotChecked,
}

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// What was checked.
    pub(crate) check: Check,
    /// What came of it.
    pub(crate) status: Status,
    /// What was found, or why it was not checked.
    pub(crate) message: String,
    /// What it means for the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) means: Option<&'static str>,
    /// What to do, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fixes: Vec<String>,
}

/// All findings of a report in words.
pub(crate) fn lines(report: &Report, registry: &RepositoryUrl) -> Vec<Line> {
    report.findings.iter().map(|finding| line(finding, report.product, registry)).collect()
}

impl Line {
    /// The line, with what it means and what to do below it.
    pub(crate) fn text(&self) -> String {
        let status = match self.status {
            Status::Failure => "failure",
            Status::Warning => "warning",
            Status::Ok => "ok",
            Status::NotChecked => "not checked",
        };
        let begin = format!("{status:<INDENT$}{}: ", name(self.check));
        let mut text = paragraph(&begin, INDENT, &self.message);
        if let Some(means) = self.means {
            text += &paragraph(&format!("{:INDENT$}", ""), INDENT, means);
        }
        for (number, fix) in (1..).zip(&self.fixes) {
            text += &paragraph(&format!("{:INDENT$}{number}. ", ""), INDENT + 3, fix);
        }
        text
    }
}

fn line(finding: &Finding, product: Option<Product>, registry: &RepositoryUrl) -> Line {
    let Finding { check, outcome } = finding;
    let check = *check;
    let (status, message) = match outcome {
        Outcome::Ok(fact) => (Status::Ok, found(fact)),
        Outcome::Warning(fact) => (Status::Warning, found(fact)),
        Outcome::Failure(_, fact) => (Status::Failure, found(fact)),
        Outcome::NotChecked(reason) => (Status::NotChecked, not_checked(*reason).to_owned()),
    };
    let (means, fixes) = match outcome {
        Outcome::Warning(fact) | Outcome::Failure(_, fact) => {
            (means(check, fact), fixes(check, fact, product, registry))
        }
        Outcome::Ok(_) | Outcome::NotChecked(_) => (None, Vec::new()),
    };
    Line { check, status, message, means, fixes }
}

/// The name of a check.
fn name(check: Check) -> &'static str {
    match check {
        Check::Name => "host name",
        Check::SearchDomains => "search domains",
        Check::Proxy => "proxy",
        Check::Tls => "TLS certificate",
        Check::Clock => "clock",
        Check::Api => "registry API",
        Check::Product => "product",
        Check::Authentication => "authentication",
        Check::Login => "login",
        Check::TokenLifetime => "token lifetime",
        Check::PathDepth => "path depth",
        Check::Project => "project",
        Check::Read => "permission to read",
        Check::ListTags => "permission to list tags",
        Check::ProxyCache => "proxy cache",
        Check::Storage => "storage",
        Check::Write => "permission to upload",
        Check::UploadAddress => "upload host",
        Check::BodyLimit => "size of a request",
        Check::Mount => "mounting blobs",
        Check::ImmutableTags => "immutable tags",
        Check::Quota => "quota",
        Check::OverwriteTag => "overwriting a tag",
        Check::ManifestTypes => "manifest types",
        Check::Cleanup => "deleting the test image",
    }
}

fn found(fact: &Fact) -> String {
    match fact {
        Fact::Addresses(addresses) => listed(addresses),
        Fact::NoAddress(reason) => reason.clone(),
        Fact::SearchDomains(domains) if domains.is_empty() => "none on this machine".to_owned(),
        Fact::SearchDomains(domains) => {
            format!("the registry's name does not exist in any of these: {}", domains.join(", "))
        }
        Fact::OtherAddress { name, addresses } => format!("{name} also exists in DNS: {}", listed(addresses)),
        Fact::Direct => "none; requests are sent directly".to_owned(),
        Fact::ThroughProxy(proxy) => format!("requests are sent through {proxy}"),
        Fact::Certificate(certificate, days) => format!("{certificate}; {}", remaining(*days)),
        Fact::AnyCertificate => "not verified, because of --tls-skip-verify".to_owned(),
        Fact::PlainHttp => "HTTP without TLS, because of --insecure".to_owned(),
        Fact::ClockDifference(0) => "in sync with this machine".to_owned(),
        Fact::ClockDifference(seconds) => {
            let side = if *seconds > 0 { "ahead of" } else { "behind" };
            format!("{} {side} this machine", duration(seconds.unsigned_abs()))
        }
        Fact::Answers => "answers".to_owned(),
        Fact::Product(product, version) => {
            format!("{}{}", product.name(), version.as_deref().map(|it| format!(" {it}")).unwrap_or_default())
        }
        Fact::Bearer { host } => format!("bearer tokens from {host}"),
        Fact::Basic => "Basic only: login and password in each request, no bearer tokens".to_owned(),
        Fact::Anonymous => "none; anyone can read".to_owned(),
        Fact::LoginAccepted => "accepted".to_owned(),
        Fact::TokenLifetime(lifetime) => duration(lifetime.as_secs()),
        Fact::PathDepth(1) => "1 segment".to_owned(),
        Fact::PathDepth(segments) => format!("{segments} segments"),
        Fact::Project(name) => format!("{name} exists"),
        Fact::NoProject(name) => format!("{name} does not exist"),
        Fact::Allowed => "allowed".to_owned(),
        Fact::ProxyCache(Some(upstream)) => format!("this is a proxy cache of {upstream}"),
        Fact::ProxyCache(None) => "this is a proxy cache".to_owned(),
        Fact::NoProxyCache => "no".to_owned(),
        Fact::Redirected(host) => {
            format!("requests for blobs are redirected to {host}, which can be reached")
        }
        Fact::NotRedirected => "the registry returns blobs itself".to_owned(),
        Fact::UploadHost(Some(host)) => format!("{host}, which can be reached"),
        Fact::UploadHost(None) => "the registry itself".to_owned(),
        Fact::BodyLimit(limit) => body_limit(*limit),
        Fact::Mounted => "works".to_owned(),
        Fact::NotMounted => "the registry requires an upload instead".to_owned(),
        Fact::ImmutableRules(0) => "the project has no rules for them".to_owned(),
        Fact::ImmutableRules(rules) => format!("the project has {}", count(*rules, "rule")),
        Fact::OldTag => "the tag still points to the previous image".to_owned(),
        Fact::Quota { limit: None, used } => format!("no limit; {} used", human(*used)),
        Fact::Quota { limit: Some(limit), used } => format!("{} of {} used", human(*used), human(*limit)),
        Fact::Accepted(kinds) => {
            let names: Vec<&str> = kinds.iter().map(|kind| manifest_type(*kind)).collect();
            format!("accepted: {}", names.join(", "))
        }
        Fact::NotAccepted(kind, reason) => format!("{} is not accepted: {reason}", manifest_type(*kind)),
        Fact::Deleted => "deleted".to_owned(),
        Fact::NotDeleted(Leftover::Image(name) | Leftover::Blob(name), error) => {
            format!("{name} was not deleted: {}", deletion_reason(error))
        }
        Fact::Error(error) => error.to_string(),
    }
}

fn not_checked(reason: NotChecked) -> &'static str {
    match reason {
        NotChecked::AfterFailure => "an earlier check failed",
        NotChecked::ProxyResolves => "the proxy resolves it",
        NotChecked::NoLogin => "no login was given",
        NotChecked::NoLoginNeeded => "the registry requires no login, so the one that was given is not used",
        NotChecked::NotShown => "the registry does not show it to this account",
        NotChecked::NotReported => "the registry does not report it",
        NotChecked::UnknownProduct => {
            "not recognized: the registry's responses do not show which product it is"
        }
        NotChecked::NoImage => "there is no image yet to test it with",
        NotChecked::NoImageBefore => {
            "there was no image to test it with before the write test; check again after a push"
        }
        NotChecked::NeedsWriteTest => "needs --write-test",
    }
}

/// What a warning or failure means for the platform.
fn means(check: Check, fact: &Fact) -> Option<&'static str> {
    Some(match (check, fact) {
        (Check::Name, _) => "neither a push nor a cluster can reach the registry",
        (Check::SearchDomains, _) => {
            "pods try the search domains of their node first (ndots: 5), so the platform may contact another host"
        }
        (Check::Tls, Fact::PlainHttp) => {
            "the cluster needs the scheme HTTP in its registry settings; logins are sent unencrypted"
        }
        (Check::Tls, Fact::AnyCertificate) => {
            "the certificate was not checked; the cluster checks it and may refuse it"
        }
        (Check::Tls, _) => "nodes stop pulling images when the certificate expires",
        (Check::Api, fact) => without_api(fact),
        (Check::Login, _) => "with this login, neither a push nor a cluster can use the registry",
        (Check::Clock, _) => "if the clocks differ, tokens are refused as not yet valid or as expired",
        (Check::Authentication, Fact::Basic) => "the platform supports bearer tokens only",
        (Check::TokenLifetime, _) => "a token may expire while a large blob is being transferred",
        (Check::Read | Check::ListTags, _) => "the platform finds no releases, and nodes cannot pull images",
        (Check::Write | Check::Project | Check::PathDepth, _) => "nothing can be pushed here",
        (Check::ProxyCache, _) => {
            "a proxy cache accepts no uploads, and lists only the tags that it has cached"
        }
        (Check::Storage | Check::UploadAddress, _) => "images cannot be transferred",
        (Check::BodyLimit, Fact::BodyLimit(BodyLimit { accepted: Some(_), .. })) => {
            "dhctl uploads in smaller pieces; other tools fail on large layers"
        }
        (Check::BodyLimit, _) => "no blob can be uploaded",
        (Check::Mount, _) => "a blob that several repositories use is uploaded once for each of them",
        (Check::ImmutableTags | Check::OverwriteTag, _) => {
            "release channels are tags that move with each release; if these tags cannot be overwritten, the cluster sees no update"
        }
        (Check::Quota, fact) if is_full_disk(fact) => {
            "the storage of the registry is full; nothing can be pushed"
        }
        (Check::Quota, _) => "a full bundle is 25 to 50 GB; a push fails when the quota is used up",
        (Check::ManifestTypes, _) => "a push fails at the first manifest of this type",
        (Check::Cleanup, Fact::NotDeleted(Leftover::Blob(_), _)) => {
            "a few bytes stay in the registry until its next garbage collection"
        }
        (Check::Cleanup, _) => "the test image stays in the registry",
        _ => return None,
    })
}

/// What a failed check of the API means.
fn without_api(fact: &Fact) -> &'static str {
    let Fact::Error(error) = fact else { return NO_REGISTRY };
    match error.kind() {
        ErrorKind::Network(fault) if fault.kind() == FaultKind::Tls => {
            "neither a push nor a cluster accepts this TLS connection"
        }
        ErrorKind::NotARegistry { .. } => "something else than a registry uses this address",
        ErrorKind::Network(_) => {
            "neither a push nor a cluster can reach the registry, if this is the same from the nodes"
        }
        _ => NO_REGISTRY,
    }
}

const NO_REGISTRY: &str = "neither a push nor a cluster can use the registry";

/// What to do if the API does not work, and the error itself does not say so.
fn api_fix(error: &Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::Network(fault) => match fault.kind() {
            FaultKind::Connect | FaultKind::Timeout | FaultKind::Interrupted => Some(
                "check the address and the port, whether the registry runs, and whether a firewall blocks the connection",
            ),
            _ => None,
        },
        ErrorKind::Server { status: 500.., .. } => {
            Some("start the registry, or see its log and that of the proxy in front of it; then check again")
        }
        ErrorKind::Server { .. } => Some("check the address and the port, and see the log of the registry"),
        _ => None,
    }
}

/// What to do, where possible in this product.
fn fixes(check: Check, fact: &Fact, product: Option<Product>, registry: &RepositoryUrl) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    let project = registry.repository.as_str().split('/').next().unwrap_or_default();
    match (check, product) {
        (Check::Name, _) => one("add the host to DNS or to /etc/hosts, on this machine and on all nodes"),
        (Check::SearchDomains, _) => vec![
            "remove the search domain from /etc/resolv.conf on the nodes, or the wildcard record from DNS".to_owned(),
            "or use a host name with 5 dots or more".to_owned(),
        ],
        (Check::Tls, _) if matches!(fact, Fact::Certificate(..)) => one("renew the certificate of the registry"),
        (Check::Tls, _) if matches!(fact, Fact::AnyCertificate) => {
            one("pass the CA of the certificate with --ca-file instead of --tls-skip-verify")
        }
        (Check::Clock, _) => one("synchronize the clocks of the registry and of this machine (NTP)"),
        (Check::TokenLifetime, _) if matches!(fact, Fact::TokenLifetime(_)) => {
            one("raise the lifetime of tokens in the registry to 1 minute or more")
        }
        (Check::Authentication, Some(Product::Nexus)) => vec![
            "Nexus: Administration > Security > Realms: activate the Docker Bearer Token Realm".to_owned(),
            "Nexus: in the repository, select \"Allow anonymous docker pull\" (forceBasicAuth: false)".to_owned(),
            "or run dhctl registry setup nexus, which does both".to_owned(),
        ],
        (Check::Authentication, Some(Product::Distribution)) => {
            one("Docker distribution: configure auth.token with a token server instead of auth.htpasswd")
        }
        (Check::Authentication, _) => one("switch on authentication with bearer tokens in the registry"),
        (Check::Project, _) => vec![
            format!("Harbor: Projects > New project: {project}"),
            "or run dhctl registry setup harbor, which creates the project and its accounts".to_owned(),
        ],
        (Check::PathDepth, _) => vec![format!(
            "use a repository below the project: {}/{project}/deckhouse",
            registry.host
        )],
        (Check::ProxyCache, Some(Product::Harbor)) => {
            one("Harbor: push to a project that is not a proxy cache; or do not push, and let the cluster pull through this proxy cache")
        }
        (Check::ProxyCache, _) => one("push to another repository; or do not push, and let the cluster pull through this proxy cache"),
        (Check::BodyLimit, Some(Product::Harbor | Product::Nexus | Product::Distribution)) => {
            one("raise the limit in the proxy in front of the registry (nginx: client_max_body_size 0;)")
        }
        (Check::BodyLimit, _) => {
            one("raise the limit of the request body in the registry or in the proxy in front of it (nginx: client_max_body_size 0;)")
        }
        (Check::ImmutableTags | Check::OverwriteTag, Some(Product::Harbor))
            if check == Check::ImmutableTags || refusal(fact) == Some(Refusal::ImmutableTag) =>
        {
            vec![format!("Harbor: Projects > {project} > Policy > Tag immutability: exclude the release channels, or disable the rule")]
        }
        (Check::OverwriteTag, Some(Product::Nexus)) => {
            one("Nexus: in the repository, set the deployment policy to \"Allow redeploy\" (writePolicy: ALLOW)")
        }
        (Check::OverwriteTag, _) if matches!(fact, Fact::OldTag) => one("check the cache in front of the registry: it returns old tags"),
        (Check::Quota, Some(Product::Harbor)) if !is_full_disk(fact) => vec![format!("Harbor: Administration > Project quotas: raise the quota of {project}")],
        (Check::Cleanup, _) if matches!(fact, Fact::NotDeleted(Leftover::Blob(_), _)) => Vec::new(),
        (Check::Cleanup, _) if refusal(fact) == Some(Refusal::ProtectedTag) => vec![format!(
            "Harbor: Projects > {project} > Policy > Tag immutability: disable the rule, and delete the tag dhctl-check; nothing uses it"
        )],
        (Check::Cleanup, Some(Product::Distribution)) => vec![
            "allow deletions: storage.delete.enabled: true (REGISTRY_STORAGE_DELETE_ENABLED=true)".to_owned(),
            "delete the tag dhctl-check later; nothing uses it".to_owned(),
        ],
        (Check::Cleanup, _) => one("delete the tag dhctl-check in the registry; nothing uses it"),
        (Check::Write | Check::Read | Check::ListTags, _) if lacks_login(fact) => {
            one("set the login of an account with --registry-login and --registry-password-file")
        }
        (Check::Write, Some(Product::Harbor)) if is_denied(fact) => vec![
            format!("Harbor: Projects > {project} > Robot accounts: give the robot the permissions to pull and push repositories"),
            format!("or Projects > {project} > Members: give the user the role Developer or Maintainer"),
        ],
        (Check::Write, Some(Product::Nexus)) if is_denied(fact) => vec![
            "Nexus: Administration > Security > Roles: give the account nx-repository-view-docker-REPOSITORY-add, -edit, \
             -browse and -read"
                .to_owned(),
            "or run dhctl registry setup nexus, which creates such a role and user".to_owned(),
        ],
        (Check::Read | Check::ListTags, Some(Product::Nexus)) if is_denied(fact) => {
            one("Nexus: give the account nx-repository-view-docker-REPOSITORY-browse and -read")
        }
        (Check::Api, _) => match fact {
            Fact::Error(error) => {
                let hints = error.hints();
                if hints.is_empty() { api_fix(error).into_iter().map(str::to_owned).collect() } else { hints }
            }
            _ => Vec::new(),
        },
        _ => match fact {
            Fact::Error(error) => error.hints(),
            _ => Vec::new(),
        },
    }
}

fn lacks_login(fact: &Fact) -> bool {
    let Fact::Error(error) = fact else { return false };
    matches!(error.kind(), ErrorKind::Unauthorized { with_credentials: false, .. })
}

/// Why the registry refused it, for a reason that is not the login.
fn refusal(fact: &Fact) -> Option<Refusal> {
    match fact {
        Fact::Error(error) | Fact::NotDeleted(_, error) => match error.kind() {
            ErrorKind::Refused { reason, .. } => Some(*reason),
            _ => None,
        },
        _ => None,
    }
}

fn is_full_disk(fact: &Fact) -> bool {
    refusal(fact) == Some(Refusal::NoSpace)
}

fn deletion_reason(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Refused {
            reason: Refusal::MethodNotAllowed | Refusal::ReadOnly | Refusal::DeletionDisabled,
            ..
        } => "the registry does not allow deletions".to_owned(),
        kind => kind.to_string(),
    }
}

fn is_denied(fact: &Fact) -> bool {
    let Fact::Error(error) = fact else { return false };
    match error.kind() {
        ErrorKind::Denied { .. } | ErrorKind::Unauthorized { .. } => true,
        ErrorKind::Refused { reason, .. } => *reason == Refusal::MethodNotAllowed,
        _ => false,
    }
}

fn manifest_type(kind: TestManifest) -> &'static str {
    match kind {
        TestManifest::DockerImage => "Docker image",
        TestManifest::OciImage => "OCI image",
        TestManifest::OciIndex => "OCI index",
        TestManifest::Artifact => "OCI artifact with its own config type",
    }
}

fn listed(addresses: &[IpAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

fn body_limit(limit: BodyLimit) -> String {
    match (limit.accepted, limit.refused) {
        (Some(accepted), None) => {
            format!("{} is accepted (the size was only announced, no data was sent)", human(accepted))
        }
        (Some(accepted), Some(refused)) => {
            format!(
                "{} is refused, {} is accepted (the sizes were only announced, no data was sent)",
                human(refused),
                human(accepted)
            )
        }
        (None, Some(refused)) => format!("even {} is refused", human(refused)),
        (None, None) => "not known".to_owned(),
    }
}

fn remaining(days: i64) -> String {
    if days < 0 { "expired".to_owned() } else { format!("{} left", count(days.unsigned_abs(), "day")) }
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
