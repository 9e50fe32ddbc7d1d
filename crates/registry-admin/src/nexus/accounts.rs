//! Steps for roles and users.

use serde_json::json;

use super::{observed::Observed, wanted::WantedAccount};
use crate::{
    api::segment,
    finding::Refusal,
    secrets::SecretName,
    step::{Body, MASK, Object, Step},
    values::{additions, differences, put},
};

/// Creates the role, or adds privileges. Those that it has in addition stay.
pub(super) fn role(wanted: &WantedAccount, observed: &Observed) -> Option<Step> {
    let object = Object::Role(wanted.name.clone());
    let Some(role) = observed.roles.get(&wanted.account) else {
        let body = json!({
            "id": wanted.name,
            "name": wanted.name,
            "description": format!("dhctl: {}", wanted.account),
            "privileges": wanted.privileges,
            "roles": [],
        });
        return Some(Step::create(object, "/v1/security/roles", Body::new(body)));
    };
    let difference = additions(role, "privileges", &wanted.privileges)?;
    let mut body = role.clone();
    put(&mut body, "privileges", difference.to.clone());
    let path = format!("/v1/security/roles/{}", segment(&wanted.name));
    Some(Step::set(object, vec![difference], path, Body::new(body)))
}

/// Creates the user, activates it, or adds its role. A password is never changed.
pub(super) fn user(wanted: &WantedAccount, observed: &Observed) -> Result<Option<Step>, Refusal> {
    let (account, login) = (wanted.account, wanted.name.clone());
    let object = Object::User(login.clone());
    let password = SecretName::Account(account);
    let Some(user) = observed.users.get(&account) else {
        let body = json!({
            "userId": login,
            "firstName": "dhctl",
            "lastName": account.to_string(),
            // Nexus requires a well-formed address (RFC 2606: this one is nobody's).
            "emailAddress": format!("{account}@dhctl.invalid"),
            "password": MASK,
            "status": "active",
            "roles": [login],
        });
        let body = Body::new(body).secret("/password", password);
        return Ok(Some(Step::create(object, "/v1/security/users", body)));
    };
    if !observed.known.contains(&password) {
        return Err(Refusal::PasswordUnknown { account, login });
    }
    if observed.passwords.get(&account) == Some(&false) {
        return Err(Refusal::PasswordWrong { account, login });
    }
    let mut found = differences(user, &[("status", json!("active"))], str::eq);
    found.extend(additions(user, "roles", std::slice::from_ref(&login)));
    if found.is_empty() {
        return Ok(None);
    }
    let mut body = user.clone();
    for difference in &found {
        put(&mut body, &difference.field, difference.to.clone());
    }
    let path = format!("/v1/security/users/{}", segment(&login));
    Ok(Some(Step::set(object, found, path, Body::new(body))))
}
