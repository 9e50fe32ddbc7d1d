//! Steps for what belongs to the whole server: license agreement, realms, outgoing proxy, anonymous access.

use serde_json::{Value, json};

use super::{
    observed::Observed,
    wanted::{OutgoingProxy, ProxyServer, Wanted},
};
use crate::{
    finding::Refusal,
    secrets::SecretName,
    step::{Body, Call, Change, Difference, MASK, Object, Step},
    values::{additions, at, differences, put},
};

/// Without this realm nobody can log in any more, the administrator included.
const LOCAL_REALM: &str = "NexusAuthenticatingRealm";

/// Where passwords are in the settings of the outgoing proxy.
const PROXY_PASSWORDS: [(&str, &str); 2] =
    [("httpProxy", "/httpProxy/authInfo/password"), ("httpsProxy", "/httpsProxy/authInfo/password")];

pub(super) fn eula(wanted: &Wanted, observed: &Observed) -> Result<Option<Step>, Refusal> {
    let Some(eula) = observed.eula.as_ref().filter(|eula| !eula.accepted) else { return Ok(None) };
    if !wanted.accept_eula {
        return Err(Refusal::EulaNotAccepted);
    }
    let difference = Difference { field: "accepted".into(), from: false.into(), to: true.into() };
    let body = Body::new(json!({"accepted": true, "disclaimer": eula.disclaimer}));
    let call = Call { method: http::Method::POST, path: "/v1/system/eula".into(), body };
    Ok(Some(Step { object: Object::Eula, change: Change::Set(vec![difference]), call }))
}

/// Adds the realm at the end. Duplicates are removed, since Nexus stores the list as it is sent.
pub(super) fn realms(wanted: &Wanted, observed: &Observed) -> Result<Option<Step>, Refusal> {
    let Some(realm) = &wanted.realm else { return Ok(None) };
    if observed.realms_active.contains(realm) {
        return Ok(None);
    }
    if !observed.realms_available.contains(realm) {
        return Err(Refusal::NoRealm(realm.clone()));
    }
    let mut realms: Vec<String> = Vec::new();
    for active in &observed.realms_active {
        if !realms.contains(active) {
            realms.push(active.clone());
        }
    }
    // Nexus accepts a list without it, and then refuses every login.
    if !realms.iter().any(|it| it == LOCAL_REALM) {
        realms.insert(0, LOCAL_REALM.to_owned());
    }
    realms.push(realm.clone());
    let difference =
        Difference { field: "active".into(), from: json!(observed.realms_active), to: json!(realms) };
    let body = Body::new(json!(realms));
    Ok(Some(Step::set(Object::Realms, vec![difference], "/v1/security/realms/active", body)))
}

/// Switches anonymous access on. User and realm are sent back as they were read: newer versions require them.
pub(super) fn anonymous(wanted: &Wanted, observed: &Observed) -> Option<Step> {
    if !wanted.allow_anonymous || observed.anonymous["enabled"] == true {
        return None;
    }
    let text = |field: &str, default: &str| {
        let value = observed.anonymous[field].as_str().filter(|it| !it.is_empty());
        value.unwrap_or(default).to_owned()
    };
    let body = json!({
        "enabled": true,
        "userId": text("userId", "anonymous"),
        "realmName": text("realmName", "NexusAuthorizingRealm"),
    });
    let difference =
        Difference { field: "enabled".into(), from: observed.anonymous["enabled"].clone(), to: true.into() };
    Some(Step::set(Object::AnonymousAccess, vec![difference], "/v1/security/anonymous", Body::new(body)))
}

/// Sets the proxy that Nexus itself uses. A Nexus without such an API gets no step.
pub(super) fn outgoing_proxy(wanted: &Wanted, observed: &Observed) -> Result<Option<Step>, Refusal> {
    let (Some(wanted), Some(current)) = (&wanted.outgoing_proxy, &observed.outgoing_proxy) else {
        return Ok(None);
    };
    let fields = proxy_fields(wanted);
    let fields: Vec<(&str, Value)> =
        fields.iter().map(|(field, value)| (field.as_str(), value.clone())).collect();
    // A port is text in this API; a number is understood too.
    let mut comparable = current.clone();
    for field in ["httpProxy.port", "httpsProxy.port"] {
        if let Some(port) = at(current, field).as_u64() {
            put(&mut comparable, field, port.to_string().into());
        }
    }
    let mut found = differences(&comparable, &fields, str::eq_ignore_ascii_case);
    found.extend(additions(current, "nonProxyHosts", &wanted.no_proxy));
    if found.is_empty() {
        return Ok(None);
    }
    let mut body = current.clone();
    for difference in &found {
        put(&mut body, &difference.field, difference.to.clone());
    }
    let mut places = Vec::new();
    for (proxy, place) in PROXY_PASSWORDS {
        if body[proxy]["authInfo"]["enabled"] == true {
            if !observed.known.contains(&SecretName::OutgoingProxy) {
                let field = found.first().map(|it| it.field.clone()).unwrap_or_default();
                return Err(Refusal::PasswordNeeded { object: Object::OutgoingProxy, field });
            }
            body[proxy]["authInfo"]["password"] = MASK.into();
            places.push(place);
        }
    }
    let body =
        places.into_iter().fold(Body::new(body), |body, place| body.secret(place, SecretName::OutgoingProxy));
    Ok(Some(Step::set(Object::OutgoingProxy, found, "/v1/http", body)))
}

fn proxy_fields(wanted: &OutgoingProxy) -> Vec<(String, Value)> {
    let mut fields = Vec::new();
    for (name, server) in [("httpProxy", &wanted.http), ("httpsProxy", &wanted.https)] {
        let Some(ProxyServer { host, port }) = server else { continue };
        fields.push((format!("{name}.enabled"), json!(true)));
        fields.push((format!("{name}.host"), json!(host)));
        fields.push((format!("{name}.port"), json!(port.to_string())));
        if let Some(login) = &wanted.login {
            fields.push((format!("{name}.authInfo.enabled"), json!(true)));
            fields.push((format!("{name}.authInfo.username"), json!(login)));
        }
    }
    fields
}
