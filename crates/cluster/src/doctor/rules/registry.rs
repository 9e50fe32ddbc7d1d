//! Whether the platform gets at its registry.

use commands::{Command, Filter, Kubectl, Objects, Output, Resource, Sentence, Tool};

use crate::doctor::{
    evidence::{Answer, Probe},
    finding::{Finding, Severity},
    look::Look,
};
use crate::safe_text::short;

/// The registry refuses the cluster's own login.
pub(super) fn login(look: &Look<'_>) -> Vec<Finding> {
    let Probe::Refused(words) = &look.evidence.registry else { return Vec::new() };
    vec![
        Finding::new("registry-login", Severity::Blocks, secret(), format!("{} refuses the login: {}", repo(look), short(words)))
            .why("new releases are not seen, and no node that lacks an image gets it")
            .remedy(
                "set a login that may pull and list tags (key .dockerconfigjson), then restart the platform's pod, \
                 which keeps the old one in memory",
            )
            .command(Kubectl::EditRegistry)
            .command(Kubectl::RestartPlatform)
            .seen_in("registry, with the cluster's login"),
    ]
}

/// The certificate of the registry does not fit the CA that the cluster has for it.
pub(super) fn trust(look: &Look<'_>) -> Vec<Finding> {
    let Probe::Untrusted(words) = &look.evidence.registry else { return Vec::new() };
    // Slows: the nodes may trust it by a store of their own, which does not show from here.
    vec![
        Finding::new("registry-trust", Severity::Slows, secret(), format!("asked from here with its CA: {}", short(words)))
            .why("the platform trusts what the key ca holds; if that does not fit, it sees no new release, and nodes get no image")
            .remedy(
                "put the CA that signed the registry's certificate into the key ca; http and https are chosen by the key scheme",
            )
            .command(Kubectl::EditRegistry)
            .command(Kubectl::RestartPlatform)
            .seen_in("registry, with the cluster's login"),
    ]
}

/// The login may pull and may not list: new releases are found by listing.
pub(super) fn listing(look: &Look<'_>) -> Vec<Finding> {
    let Probe::Answered(answers) = &look.evidence.registry else { return Vec::new() };
    let repo = repo(look);
    let what = match &answers.versions {
        Answer::Denied(words) => {
            format!("{repo}/release-channel: its tags may not be listed: {}", short(words))
        }
        Answer::Missing => format!("{repo}/release-channel is not there"),
        Answer::Is(versions) if versions.is_empty() => {
            format!("{repo}/release-channel has no tag of a release (vX.Y.Z)")
        }
        Answer::Is(_) | Answer::Unknown(_) => return Vec::new(),
    };
    let remedy = match &answers.versions {
        Answer::Denied(_) => {
            "let the login list tags; in Nexus: the privilege `browse` of the repository, besides `read`"
                .into()
        }
        _ => Sentence::from("push a bundle, which brings it: ").command(look.push()),
    };
    vec![
        Finding::new("registry-listing", Severity::Blocks, secret(), what)
            .why("the platform finds the releases between the deployed one and the channel's by listing these tags")
            .remedy(remedy)
            .seen_in("registry, with the cluster's login"),
    ]
}

/// The platform itself complains.
pub(super) fn complaints(look: &Look<'_>) -> Vec<Finding> {
    let alert = look.alert("D8DeckhouseHasNoAccessToRegistry");
    let parts = ["get new image", "list tags", "get registry client", "registry client", "fetch release"];
    let line = look.logged(&parts);
    if alert.is_none() && line.is_none() {
        return Vec::new();
    }
    let what = line.map_or("the platform reports that it has no access".to_owned(), |line| {
        format!("the platform says in its log: {}", short(&line.message))
    });
    let answers = match &look.evidence.registry {
        Probe::Answered(_) => {
            "asked from here with the same login, it answers: so the way from the pod to it is broken, or it was a moment's fault"
        }
        Probe::Refused(_) => "asked from here, it refuses the login too",
        Probe::Untrusted(_) => "asked from here, its certificate is not trusted either",
        Probe::NotAsked(_) => "it was not asked from here",
    };
    let secret_object = Objects::one(Resource::Secret, "deckhouse-registry").within("d8-system");
    let address = Kubectl::Get(secret_object, Output::JsonPath("{.data.imagesRegistry}"));
    // The log alone may tell of one failed look among many; the alert stands for an hour of them.
    let severity = if alert.is_some() { Severity::Blocks } else { Severity::Slows };
    vec![
        Finding::new("registry-access", severity, secret(), what)
            .why(format!("no new release is seen until the platform gets at {}; {answers}", repo(look)))
            .remedy(
                "see what the platform says; then the login and the CA in the Secret, DNS, and proxy.noProxy",
            )
            .command(
                Command::kubectl(look.recent_log()).piped(Filter::GrepAny("registry|list tags|new image")),
            )
            .command(Command::kubectl(address).piped(Filter::Base64))
            .since(alert.and_then(|alert| alert.starts_at).or_else(|| line.and_then(|line| line.time)))
            .seen_in(if alert.is_some() { "alerts" } else { "log of the platform's pod" }),
    ]
}

/// There is a proxy, and the registry is not excepted from it.
pub(super) fn proxy(look: &Look<'_>) -> Vec<Finding> {
    let (Some(registry), Some(configuration)) =
        (look.state.registry.known(), look.state.cluster_configuration.known())
    else {
        return Vec::new();
    };
    let Some(no_proxy) = &configuration.no_proxy else { return Vec::new() };
    let host = registry.address.rsplit_once(':').map_or(registry.address.as_str(), |(host, _)| host);
    if no_proxy.iter().any(|item| excepts(item, host)) {
        return Vec::new();
    }
    let trouble = complaints(look).iter().any(|it| it.severity == Severity::Blocks)
        || look
            .pods()
            .iter()
            .flat_map(|pod| &pod.containers)
            .any(|it| it.waiting_reason.as_deref().is_some_and(crate::pull_cause::is_pull_failure));
    // A registry outside may well be meant to be reached through the proxy.
    let severity = if trouble { Severity::Slows } else { Severity::Notable };
    vec![
        Finding::new(
            "registry-proxy",
            severity,
            "Secret/d8-cluster-configuration",
            format!("a proxy is set, and {host} is not in proxy.noProxy"),
        )
        .why("the platform and the nodes reach the registry through the proxy; a registry inside is mostly not reached that way")
        .remedy(format!("unless that is meant, add \"{host}\" to proxy.noProxy"))
        .command(Tool::EditClusterConfiguration)
        .seen_in("ClusterConfiguration"),
    ]
}

/// Whether an item of `noProxy` covers the host: the same, a domain above it, or a network that holds it.
fn excepts(item: &str, host: &str) -> bool {
    let item = item.trim();
    if let (Some((net, bits)), Ok(host)) = (item.split_once('/'), host.parse::<std::net::IpAddr>()) {
        return within(net, bits, host);
    }
    let domain = item.strip_prefix('.').unwrap_or(item);
    !domain.is_empty()
        && (host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

fn within(net: &str, bits: &str, host: std::net::IpAddr) -> bool {
    let (Ok(net), Ok(bits)) = (net.parse::<std::net::IpAddr>(), bits.parse::<u32>()) else { return false };
    let value = |address: std::net::IpAddr| -> (u128, u32) {
        match address {
            std::net::IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            std::net::IpAddr::V6(address) => (u128::from(address), 128),
        }
    };
    let ((net, width), (host, host_width)) = (value(net), value(host));
    let shift = width.saturating_sub(bits);
    width == host_width && bits <= width && net.checked_shr(shift) == host.checked_shr(shift)
}

fn secret() -> &'static str {
    "Secret/deckhouse-registry"
}

/// The registry's repository, as far as it is known.
pub(super) fn repo(look: &Look<'_>) -> String {
    let known = look.state.registry.known();
    known.map_or_else(|| "the registry".to_owned(), crate::objects::RegistrySettings::images_repo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_proxy_covers() {
        for (item, host, covered) in [
            ("r.example", "r.example", true),
            (".example", "r.example", true),
            ("example", "r.example", true),
            ("ample", "r.example", false),
            ("", "r.example", false),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/16", "10.1.2.3", false),
            ("0.0.0.0/0", "10.1.2.3", true),
            ("10.0.0.0/8", "r.example", false),
            ("fd00::/8", "fd00::1", true),
            ("10.1.2.3", "10.1.2.3", true),
        ] {
            assert_eq!(excepts(item, host), covered, "{item} {host}");
        }
    }
}
