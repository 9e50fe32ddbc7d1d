//! What a setup of Nexus does not change, but what concerns the platform.

use serde_json::Value;

use super::{
    observed::{Observed, Repository},
    wanted::Wanted,
};
use crate::{
    finding::Finding,
    secrets::SecretName,
    step::Object,
    values::{at, extras, strings},
};

/// With less room a push may fail, in bytes: a full delivery is 25 to 50 GB.
pub(crate) const SPACE: u64 = 50_000_000_000;

pub(super) fn findings(wanted: &Wanted, observed: &Observed) -> Vec<Finding> {
    let mut findings = Vec::new();
    let blob_store = match &observed.repository {
        Repository::Found(current) => current["storage"]["blobStoreName"].as_str().unwrap_or_default(),
        _ => &wanted.blob_store,
    };
    if let Some(Some(free)) = observed.blob_stores.get(blob_store)
        && *free < SPACE
    {
        findings.push(Finding::LittleSpace { blob_store: blob_store.into(), free: *free });
    }
    if let Repository::Found(current) = &observed.repository {
        let names = strings(at(current, "cleanup.policyNames"));
        if !names.is_empty() {
            let names = names.iter().map(|name| name.as_str().into()).collect();
            findings.push(Finding::CleanupPolicies { names });
        }
        if let rule @ Value::String(_) = &current["routingRuleName"] {
            findings.push(Finding::Setting {
                object: Object::Repository(wanted.repository.clone()),
                field: "routingRuleName".to_owned(),
                value: rule.clone(),
            });
        }
        let has_login = wanted.upstream.as_ref().is_some_and(|upstream| upstream.login.is_some());
        if has_login && observed.known.contains(&SecretName::Upstream) {
            findings.push(Finding::UpstreamPasswordNotCompared);
        }
    }
    for account in wanted.accounts() {
        if let Some(role) = observed.roles.get(&account.account) {
            let mut rights = extras(&role["privileges"], &account.privileges);
            rights.extend(extras(&role["roles"], &[]));
            push_extras(&mut findings, Object::Role(account.name.clone()), &rights);
        }
        if let Some(user) = observed.users.get(&account.account) {
            let rights = extras(&user["roles"], std::slice::from_ref(&account.name));
            push_extras(&mut findings, Object::User(account.name.clone()), &rights);
        }
    }
    if observed.anonymous["enabled"] == true {
        findings.push(Finding::AnonymousAccess);
    }
    if let Some(proxy) = &wanted.outgoing_proxy {
        match &observed.outgoing_proxy {
            None => findings.push(Finding::NoOutgoingProxyApi),
            Some(_) if proxy.login.is_some() => findings.push(Finding::ProxyPasswordNotCompared),
            Some(_) => {}
        }
    }
    findings
}

fn push_extras(findings: &mut Vec<Finding>, object: Object, rights: &[String]) {
    if !rights.is_empty() {
        let rights = rights.iter().map(|right| right.as_str().into()).collect();
        findings.push(Finding::MoreRights { object, rights });
    }
}
