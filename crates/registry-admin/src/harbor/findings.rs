//! What a setup of Harbor does not change, but what concerns the platform: rules that stop a release channel from moving
//! or delete images, small quotas, and settings that prevent pulls.

use serde_json::Value;

use super::{observed::Observed, plan::is_public, robots, wanted::Wanted};
use crate::{finding::Finding, nexus::findings::SPACE, pattern::matches, secrets::SecretName, step::Object};

/// The tags of release channels.
const CHANNELS: [&str; 6] = ["alpha", "beta", "early-access", "stable", "rock-solid", "lts"];

/// The repositories below that of the platform which have the tags of release channels.
const WITH_CHANNELS: [&str; 4] = ["", "/release-channel", "/install", "/install-standalone"];

/// Settings of a project that prevent pulls of some images.
const PREVENTING: [&str; 3] = ["prevent_vul", "enable_content_trust", "enable_content_trust_cosign"];

pub(super) fn findings(wanted: &Wanted, observed: &Observed) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(project) = &observed.project else { return findings };
    if is_public(project) && !wanted.public {
        findings.push(Finding::PublicProject);
    }
    for setting in PREVENTING {
        if project["metadata"][setting] == "true" {
            findings.push(Finding::PullsPrevented { setting: setting.to_owned() });
        }
    }
    if let Some((_, Some(limit))) = observed.quota
        && limit < SPACE
    {
        findings.push(Finding::SmallQuota { limit });
    }
    // A proxy cache is not pushed to, and overwrites its own tags.
    if wanted.upstream.is_none() {
        findings.extend(observed.immutable_rules.iter().filter_map(|rule| immutable(wanted, rule)));
    }
    findings.extend(observed.retention.as_ref().and_then(|policy| retention(wanted, policy)));
    for robot in wanted.robots() {
        let Some(found) = observed.robots.get(&robot.account) else { continue };
        let has = robots::rights(found, &wanted.project);
        let needs = |right: &&(String, String)| {
            robot.rights.iter().any(|(resource, action)| *resource == right.0 && *action == right.1)
        };
        let more: Vec<_> = has.iter().filter(|right| !needs(right)).collect();
        if !more.is_empty() {
            let rights =
                more.iter().map(|(resource, action)| format!("{resource}:{action}").into()).collect();
            let object = Object::Robot(format!("{}+{}", wanted.project, robot.name));
            findings.push(Finding::MoreRights { object, rights });
        }
    }
    let has_login = wanted.upstream.as_ref().is_some_and(|upstream| upstream.login.is_some());
    if has_login && observed.endpoint.is_some() && observed.known.contains(&SecretName::Upstream) {
        findings.push(Finding::UpstreamPasswordNotCompared);
    }
    findings
}

fn repositories(wanted: &Wanted) -> Vec<String> {
    WITH_CHANNELS.iter().map(|end| format!("{}{end}", wanted.repository)).collect()
}

/// The channel tags that a rule makes immutable.
fn immutable(wanted: &Wanted, rule: &Value) -> Option<Finding> {
    if rule["disabled"] == true || !repositories(wanted).iter().any(|it| selects_repository(rule, it)) {
        return None;
    }
    let tags: Vec<String> =
        CHANNELS.into_iter().filter(|tag| selects_tag(rule, tag)).map(str::to_owned).collect();
    let rule = rule["id"].as_u64().unwrap_or_default();
    (!tags.is_empty()).then_some(Finding::ImmutableTags { rule, tags })
}

/// A policy deletes what no rule of it keeps.
fn retention(wanted: &Wanted, policy: &Value) -> Option<Finding> {
    let rules: Vec<&Value> =
        policy["rules"].as_array()?.iter().filter(|rule| rule["disabled"] != true).collect();
    if rules.is_empty() || policy["trigger"]["settings"]["cron"] == "" {
        return None;
    }
    let keeps = |tag: &str, repository: &str| {
        let always = rules.iter().filter(|rule| rule["template"] == "always");
        always.into_iter().any(|rule| selects_tag(rule, tag) && selects_repository(rule, repository))
    };
    let repositories = repositories(wanted);
    let is_kept = |tag: &str| repositories.iter().all(|repository| keeps(tag, repository));
    let tags: Vec<String> = CHANNELS.into_iter().filter(|tag| !is_kept(tag)).map(str::to_owned).collect();
    if tags.is_empty() && is_kept("v1.58.3") {
        return None;
    }
    let policy = policy["id"].as_u64().unwrap_or_default();
    Some(Finding::Retention { policy, tags, proxy_cache: wanted.upstream.is_some() })
}

/// Whether the selectors for tags of a rule select this one.
fn selects_tag(rule: &Value, tag: &str) -> bool {
    selects(&rule["tag_selectors"], "excludes", tag)
}

/// Whether the selectors for repositories of a rule select this one, which is named below the project.
fn selects_repository(rule: &Value, repository: &str) -> bool {
    selects(&rule["scope_selectors"]["repository"], "repoExcludes", repository)
}

/// All selectors of a list apply. One whose decoration is `excludes` selects what its pattern does not match.
fn selects(selectors: &Value, excludes: &str, text: &str) -> bool {
    let mut selectors = selectors.as_array().into_iter().flatten();
    selectors.all(|selector| {
        let fits = matches(selector["pattern"].as_str().unwrap_or("**"), text);
        if selector["decoration"] == excludes { !fits } else { fits }
    })
}
