//! Whether the platform can access its registry.

use commands::{Command, Filter, Kubectl, Objects, Output, Resource};
use deckhouse::version::minor_of;
use problems::{
    Advice, FromHere, Kind, Object, PlatformAdvice, RegistryAdvice, RegistryFact, Restart, Rule, See,
};
use semver::Version;

use super::pull_failure::host;
use crate::{
    ImageSource,
    doctor::{
        context::{Context, see},
        details::{RegistryAnswer, RegistryAnswers, RegistryCheck},
        finding::{Finding, Severity},
        source::Source,
    },
    objects::RegistrySettings,
    pull_cause::is_pull_failure,
    registry_switch,
    safe_text::short,
};

/// The registry refuses the cluster's own login.
pub(super) fn login(context: &Context<'_>) -> Vec<Finding> {
    let RegistryCheck::Refused(message) = &context.details.registry else { return Vec::new() };
    let fact = RegistryFact::LoginRefused { repo: context.registry(), message: short(message) };
    vec![
        Finding::new(Rule::RegistryLogin, Severity::Blocks, secret(), fact)
            .advise(Advice::CorrectRegistryLogin)
            .advise(PlatformAdvice::Restart(Restart::ToReadLogin))
            .seen_in(Source::Registry),
    ]
}

/// The certificate of the registry does not match the CA that the cluster has for it.
pub(super) fn trust(context: &Context<'_>) -> Vec<Finding> {
    let RegistryCheck::Untrusted(message) = &context.details.registry else { return Vec::new() };
    let fact = RegistryFact::Untrusted { repo: context.registry(), message: short(message) };
    // It only slows: the nodes may trust it by their own store, which is not visible from here.
    vec![
        Finding::new(Rule::RegistryTrust, Severity::Slows, secret(), fact)
            .advise(Advice::TrustRegistry)
            .advise(PlatformAdvice::Restart(Restart::ToReadLogin))
            .seen_in(Source::Registry),
    ]
}

/// The tags of releases cannot be listed: new releases are found by listing.
pub(super) fn listing(context: &Context<'_>) -> Vec<Finding> {
    let RegistryCheck::Answered(answers) = &context.details.registry else { return Vec::new() };
    let repo = context.registry();
    let unlisted = context.details.unlisted_releases();
    if !unlisted.is_empty() {
        let fact = RegistryFact::TagsIncomplete { unlisted: unlisted.to_vec() };
        let severity = if is_needed(context, answers, unlisted) { Severity::Blocks } else { Severity::Slows };
        return vec![
            Finding::new(Rule::RegistryListing, severity, Object::new(Kind::Registry, &repo), fact)
                .advise_all(context.deployed().and_then(|it| it.version.as_ref()).map(|deployed| {
                    let (major, minor) = (deployed.major, deployed.minor);
                    RegistryAdvice::CacheReleases { registry: repo.clone(), major, minor }.into()
                }))
                .advise(PlatformAdvice::Restart(Restart::IfUnchanged))
                .seen_in(Source::Registry),
        ];
    }
    let (fact, advice) = match &answers.versions {
        RegistryAnswer::Denied(message) => {
            (RegistryFact::TagsDenied { repo, message: short(message) }, RegistryAdvice::AllowListing.into())
        }
        RegistryAnswer::Missing => (RegistryFact::NoReleaseChannels { repo }, context.push()),
        RegistryAnswer::Found(versions) if versions.listed.is_empty() => {
            (RegistryFact::NoReleaseTags { repo }, context.push())
        }
        RegistryAnswer::Found(_) | RegistryAnswer::Unknown(_) => return Vec::new(),
    };
    vec![
        Finding::new(Rule::RegistryListing, Severity::Blocks, secret(), fact)
            .advise(advice)
            .seen_in(Source::Registry),
    ]
}

/// Whether one of these releases is of a minor version below the channel's that is neither listed nor in the cluster.
fn is_needed(context: &Context<'_>, answers: &RegistryAnswers, unlisted: &[Version]) -> bool {
    let channel = answers.channel.found().map(|channel| minor_of(&channel.version));
    let listed = answers.versions.found().map_or(&[][..], |it| &it.listed);
    let objects = context.state.releases.known().into_iter().flatten().filter_map(|it| it.version.as_ref());
    let known: Vec<(u64, u64)> = listed.iter().chain(objects).map(minor_of).collect();
    unlisted.iter().map(minor_of).any(|it| Some(it) < channel && !known.contains(&it))
}

/// The platform itself reports that it cannot access the registry.
pub(super) fn no_access(context: &Context<'_>) -> Vec<Finding> {
    let alert = context.alert("D8DeckhouseHasNoAccessToRegistry");
    let parts = ["get new image", "list tags", "get registry client", "registry client", "fetch release"];
    let line = context.logged(&parts);
    if alert.is_none() && line.is_none() {
        return Vec::new();
    }
    let from_here = match &context.details.registry {
        RegistryCheck::Answered(_) => FromHere::Accepted,
        RegistryCheck::Refused(_) => FromHere::Refused,
        RegistryCheck::Untrusted(_) => FromHere::Untrusted,
        RegistryCheck::NotAsked(_) => FromHere::NotAsked,
    };
    let fact = RegistryFact::NoAccess {
        repo: context.registry(),
        error: line.map(|line| short(&line.message)),
        from_here,
    };
    let secret_object = Objects::one(Resource::Secret, "deckhouse-registry").within("d8-system");
    let address = Kubectl::Get(secret_object, Output::JsonPath("{.data.imagesRegistry}"));
    // The log may show one failed attempt of many; the alert fires after an hour of them.
    let severity = if alert.is_some() { Severity::Blocks } else { Severity::Slows };
    vec![
        Finding::new(Rule::RegistryAccess, severity, secret(), fact)
            .advise(context.see_log(See::LogOfRegistry, Filter::GrepAny("registry|list tags|new image")))
            .advise(see(See::RegistryAddress, Command::kubectl(address).piped(Filter::Base64)))
            .advise(RegistryAdvice::CheckAccess)
            .since(alert.and_then(|alert| alert.starts_at).or_else(|| line.and_then(|line| line.time)))
            .seen_in(if alert.is_some() { Source::Alerts } else { Source::PlatformLog }),
    ]
}

/// The mode of the registry is being switched.
pub(super) fn switch(context: &Context<'_>) -> Vec<Finding> {
    let Some(problem) = registry_switch::problem(context.state) else { return Vec::new() };
    let found = Finding::new(Rule::RegistrySwitch, Severity::Blocks, problem.object, problem.fact);
    vec![found.advise_all(problem.advice).seen_in(Source::Registry)]
}

/// A proxy is configured, and the registry is not in `proxy.noProxy`.
pub(super) fn proxy(context: &Context<'_>) -> Vec<Finding> {
    // Nothing but a registry outside the cluster is reached through a proxy.
    let (ImageSource::Upstream(registry), Some(configuration)) =
        (context.state.image_source(), context.state.cluster_configuration.known())
    else {
        return Vec::new();
    };
    let Some(no_proxy) = &configuration.no_proxy else { return Vec::new() };
    let host = host(&registry.address);
    if no_proxy.iter().any(|item| excepts(item, host)) {
        return Vec::new();
    }
    let fails = no_access(context).iter().any(|it| it.severity == Severity::Blocks)
        || context
            .pods()
            .iter()
            .flat_map(|pod| &pod.containers)
            .any(|it| it.waiting_reason.as_deref().is_some_and(is_pull_failure));
    // A registry outside may be meant to be reached through the proxy.
    let severity = if fails { Severity::Slows } else { Severity::Notable };
    let object = Object::new(Kind::Secret, "d8-cluster-configuration");
    vec![
        Finding::new(
            Rule::RegistryProxy,
            severity,
            object,
            RegistryFact::NotInNoProxy { host: host.to_owned() },
        )
        .advise(Advice::BypassProxy { registry: host.to_owned() })
        .seen_in(Source::ClusterConfiguration),
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

/// The Secret with the address and the login of the registry.
pub(super) fn secret() -> Object {
    Object::new(Kind::Secret, "deckhouse-registry")
}

/// The registry's repository, if it is known.
pub(super) fn repo(context: &Context<'_>) -> Option<String> {
    context.state.registry.known().map(RegistrySettings::images_repo)
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
