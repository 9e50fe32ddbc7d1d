//! Tables of plans: what is wanted and what was observed, and the steps that are left.

use serde_json::{Value, json};

use super::{
    findings::findings,
    observed::{Eula, Observed, Repository},
    plan::plan,
    wanted::{Connectors, OutgoingProxy, ProxyServer, Upstream, Wanted},
};
use crate::{
    finding::{Finding, Refusal},
    secrets::{Account, SecretName},
    step::{Change, Object, Step},
};

fn hosted() -> Wanted {
    Wanted {
        repository: "dkp".into(),
        format: "docker".into(),
        realm: Some("DockerToken".into()),
        blob_store: "default".into(),
        upstream: None,
        connectors: Connectors { http: Some(8082), https: None },
        pull_account: "dkp-pull".into(),
        push_account: "dkp-push".into(),
        allow_anonymous: false,
        accept_eula: false,
        outgoing_proxy: None,
    }
}

fn proxy() -> Wanted {
    let upstream = Upstream {
        url: "https://registry.deckhouse.ru".into(),
        login: Some("license-token".into()),
        not_found_cache: 0,
    };
    Wanted { upstream: Some(upstream), ..hosted() }
}

/// A Nexus as it is after its installation.
fn fresh() -> Observed {
    Observed {
        version: Some((3, 84)),
        realms_available: vec!["NexusAuthenticatingRealm".into(), "DockerToken".into()],
        realms_active: vec!["NexusAuthenticatingRealm".into()],
        blob_stores: [("default".to_owned(), Some(900_000_000_000))].into(),
        anonymous: json!({"enabled": false, "userId": "anonymous", "realmName": "NexusAuthorizingRealm"}),
        known: [SecretName::Account(Account::Pull), SecretName::Account(Account::Push), SecretName::Upstream]
            .into(),
        ..Observed::default()
    }
}

fn body(step: &Step) -> &Value {
    step.call.body.masked()
}

/// What a Nexus has after the steps of a plan, as its API gives it.
fn after(wanted: &Wanted, mut observed: Observed) -> Observed {
    for step in plan(wanted, &observed.clone()).unwrap() {
        let sent = body(&step).clone();
        let account = |name: &str| if name == wanted.pull_account { Account::Pull } else { Account::Push };
        match &step.object {
            Object::Realms => observed.realms_active = serde_json::from_value(sent).unwrap(),
            Object::Repository(_) => {
                let mut sent = sent;
                sent["format"] = "docker".into();
                observed.repository = Repository::Found(sent);
            }
            Object::Role(name) => drop(observed.roles.insert(account(name), sent)),
            Object::User(name) => {
                observed.passwords.insert(account(name), true);
                observed.users.insert(account(name), sent);
            }
            Object::AnonymousAccess => observed.anonymous = sent,
            Object::OutgoingProxy => observed.outgoing_proxy = Some(sent),
            Object::Eula => observed.eula = None,
            other => panic!("{other:?}"),
        }
    }
    observed
}

fn objects(steps: &[Step]) -> Vec<Object> {
    steps.iter().map(|step| step.object.clone()).collect()
}

#[test]
fn everything_from_nothing_and_then_nothing() {
    let role = |name: &str| Object::Role(name.into());
    let user = |name: &str| Object::User(name.into());
    for (wanted, expected) in [
        (
            hosted(),
            vec![
                Object::Realms,
                Object::Repository("dkp".into()),
                role("dkp-pull"),
                user("dkp-pull"),
                role("dkp-push"),
                user("dkp-push"),
            ],
        ),
        (proxy(), vec![Object::Realms, Object::Repository("dkp".into()), role("dkp-pull"), user("dkp-pull")]),
        (
            Wanted { allow_anonymous: true, ..proxy() },
            vec![
                Object::Realms,
                Object::Repository("dkp".into()),
                role("dkp-pull"),
                user("dkp-pull"),
                Object::AnonymousAccess,
            ],
        ),
    ] {
        assert_eq!(objects(&plan(&wanted, &fresh()).unwrap()), expected);
        assert_eq!(plan(&wanted, &after(&wanted, fresh())).unwrap(), []);
    }
}

#[test]
fn a_new_repository_has_the_documented_settings() {
    let steps = plan(&hosted(), &fresh()).unwrap();
    assert_eq!(steps[1].call.path, "/v1/repositories/docker/hosted");
    assert_eq!(
        *body(&steps[1]),
        json!({
            "name": "dkp", "online": true,
            "storage": {"blobStoreName": "default", "strictContentTypeValidation": true, "writePolicy": "ALLOW"},
            "docker": {"v1Enabled": false, "forceBasicAuth": false, "httpPort": 8082},
        })
    );
    let wanted = Wanted { connectors: Connectors::default(), ..proxy() };
    let steps = plan(&wanted, &fresh()).unwrap();
    assert_eq!(steps[1].call.path, "/v1/repositories/docker/proxy");
    assert_eq!(
        *body(&steps[1]),
        json!({
            "name": "dkp", "online": true,
            "storage": {"blobStoreName": "default", "strictContentTypeValidation": true},
            "docker": {"v1Enabled": false, "forceBasicAuth": false, "pathEnabled": true},
            "proxy": {"remoteUrl": "https://registry.deckhouse.ru", "metadataMaxAge": 0, "contentMaxAge": 1440},
            "negativeCache": {"enabled": false, "timeToLive": 1440},
            "httpClient": {"blocked": false, "autoBlock": true,
                "authentication": {"type": "username", "username": "license-token", "password": "***"}},
            "dockerProxy": {"indexType": "REGISTRY", "cacheForeignLayers": false, "foreignLayerUrlWhitelist": []},
        })
    );
}

#[test]
fn roles_have_the_least_permissions() {
    let steps = plan(&hosted(), &fresh()).unwrap();
    let privileges = |step: &Step| body(step)["privileges"].clone();
    let named = |actions: &[&str]| -> Value {
        actions.iter().map(|it| format!("nx-repository-view-docker-dkp-{it}")).collect()
    };
    assert_eq!(privileges(&steps[2]), named(&["browse", "read"]));
    assert_eq!(privileges(&steps[4]), named(&["browse", "read", "add", "edit"]));
}

/// A finished setup in which one thing was changed.
fn changed(wanted: &Wanted, change: impl FnOnce(&mut Observed)) -> Observed {
    let mut observed = after(wanted, fresh());
    change(&mut observed);
    observed
}

fn repository(observed: &mut Observed) -> &mut Value {
    let Repository::Found(found) = &mut observed.repository else { panic!("no repository") };
    found
}

#[test]
fn a_changed_field_is_set_and_the_others_are_sent_back() {
    let observed = changed(&hosted(), |it| {
        let found = repository(it);
        found["storage"]["writePolicy"] = "allow_once".into();
        found["cleanup"] = json!({"policyNames": ["old"]});
        found["docker"]["subdomain"] = Value::Null;
        found["url"] = "http://nexus/repository/dkp".into();
        found["routingRuleName"] = "rule".into();
    });
    let steps = plan(&hosted(), &observed).unwrap();
    let [step] = steps.as_slice() else { panic!("{steps:?}") };
    assert!(step.needs_consent());
    let Change::Set(differences) = &step.change else { panic!("{step:?}") };
    assert_eq!(differences.len(), 1);
    assert_eq!((differences[0].field.as_str(), &differences[0].to), ("storage.writePolicy", &json!("ALLOW")));
    assert_eq!(step.call.path, "/v1/repositories/docker/hosted/dkp");
    assert_eq!(body(step)["cleanup"], json!({"policyNames": ["old"]}));
    assert_eq!(body(step)["routingRule"], "rule");
    assert_eq!(body(step)["url"], Value::Null);
    let codes = findings(&hosted(), &observed);
    assert!(codes.contains(&Finding::CleanupPolicies { names: vec!["old".into()] }), "{codes:?}");

    // The case of an enumeration is that in which it was sent.
    let same = changed(&hosted(), |it| repository(it)["storage"]["writePolicy"] = "allow".into());
    assert_eq!(plan(&hosted(), &same).unwrap(), []);
}

#[test]
fn rights_are_added_and_never_removed() {
    let observed = changed(&hosted(), |it| {
        it.roles.get_mut(&Account::Pull).unwrap()["privileges"] =
            json!(["nx-repository-view-docker-dkp-read", "nx-all"]);
        let user = it.users.get_mut(&Account::Push).unwrap();
        user["status"] = "disabled".into();
        user["roles"] = json!(["other"]);
        it.passwords.remove(&Account::Push);
    });
    let steps = plan(&hosted(), &observed).unwrap();
    assert_eq!(objects(&steps), [Object::Role("dkp-pull".into()), Object::User("dkp-push".into())]);
    assert!(steps.iter().all(Step::needs_consent));
    assert_eq!(
        body(&steps[0])["privileges"],
        json!(["nx-repository-view-docker-dkp-read", "nx-all", "nx-repository-view-docker-dkp-browse"])
    );
    assert_eq!(body(&steps[1])["roles"], json!(["other", "dkp-push"]));
    assert_eq!(body(&steps[1])["status"], "active");
    let extra =
        Finding::MoreRights { object: Object::Role("dkp-pull".into()), rights: vec!["nx-all".into()] };
    assert!(findings(&hosted(), &observed).contains(&extra));
}

#[test]
fn realms_are_added_without_duplicates_and_never_without_the_local_one() {
    for (active, expected) in [
        (vec!["NexusAuthenticatingRealm"], vec!["NexusAuthenticatingRealm", "DockerToken"]),
        (
            vec!["Ldap", "Ldap", "NexusAuthenticatingRealm"],
            vec!["Ldap", "NexusAuthenticatingRealm", "DockerToken"],
        ),
        (vec![], vec!["NexusAuthenticatingRealm", "DockerToken"]),
    ] {
        let realms_active = active.iter().map(|&it| it.to_owned()).collect();
        let steps = plan(&hosted(), &Observed { realms_active, ..fresh() }).unwrap();
        assert_eq!(steps[0].object, Object::Realms);
        assert_eq!(*body(&steps[0]), json!(expected), "{active:?}");
    }
}

#[test]
fn what_is_not_possible_is_refused() {
    let refused = |wanted: &Wanted, observed: &Observed| plan(wanted, observed).unwrap_err();
    let eula = Observed { eula: Some(Eula { accepted: false, disclaimer: "“text”".into() }), ..fresh() };
    assert_eq!(refused(&hosted(), &eula), Refusal::EulaNotAccepted);
    let steps = plan(&Wanted { accept_eula: true, ..hosted() }, &eula).unwrap();
    assert_eq!(*body(&steps[0]), json!({"accepted": true, "disclaimer": "“text”"}));
    assert!(!steps[0].needs_consent());

    let other = Repository::Other { format: "docker".into(), kind: "proxy".into() };
    let refusal = refused(&hosted(), &Observed { repository: other, ..fresh() });
    assert!(matches!(refusal, Refusal::OtherKind { .. }), "{refusal:?}");
    let by_path = Wanted { connectors: Connectors::default(), ..hosted() };
    assert_eq!(
        refused(&by_path, &Observed { version: Some((3, 71)), ..fresh() }),
        Refusal::NoPathRouting { version: "3.71".into() }
    );
    let no_realm = Observed { realms_available: vec!["NexusAuthenticatingRealm".into()], ..fresh() };
    assert_eq!(refused(&hosted(), &no_realm), Refusal::NoRealm("DockerToken".into()));
    let wanted = Wanted { blob_store: "big".into(), ..hosted() };
    let refusal = Refusal::NoBlobStore { name: "big".into(), known: vec!["default".into()] };
    assert_eq!(refused(&wanted, &fresh()), refusal);

    let (account, login) = (Account::Pull, "dkp-pull".to_owned());
    let forgotten = changed(&hosted(), |it| {
        it.known.remove(&SecretName::Account(account));
    });
    assert_eq!(refused(&hosted(), &forgotten), Refusal::PasswordUnknown { account, login: login.clone() });
    let wrong = changed(&hosted(), |it| {
        it.passwords.insert(account, false);
    });
    assert_eq!(refused(&hosted(), &wrong), Refusal::PasswordWrong { account, login });
    // A write without the password of the upstream would remove the login.
    let moved = changed(&proxy(), |it| {
        repository(it)["proxy"]["metadataMaxAge"] = 1440.into();
        it.known.remove(&SecretName::Upstream);
    });
    let refusal = refused(&proxy(), &moved);
    assert!(
        matches!(&refusal, Refusal::PasswordNeeded { field, .. } if field == "proxy.metadataMaxAge"),
        "{refusal:?}"
    );
}

#[test]
fn the_proxy_of_nexus_is_set_and_its_other_settings_stay() {
    let server = Some(ProxyServer { host: "proxy.example.com".into(), port: 3128 });
    let outgoing =
        OutgoingProxy { http: None, https: server, login: None, no_proxy: vec!["*.example.com".into()] };
    let wanted = Wanted { outgoing_proxy: Some(outgoing), ..hosted() };
    let off = json!({"enabled": false, "host": null, "port": null, "authInfo": {"enabled": false}});
    let current = json!({"timeout": 20, "httpProxy": off, "httpsProxy": off, "nonProxyHosts": ["localhost"]});
    let observed = Observed { outgoing_proxy: Some(current), ..after(&hosted(), fresh()) };
    let steps = plan(&wanted, &observed).unwrap();
    assert_eq!(objects(&steps), [Object::OutgoingProxy]);
    assert!(steps[0].needs_consent());
    let on =
        json!({"enabled": true, "host": "proxy.example.com", "port": "3128", "authInfo": {"enabled": false}});
    assert_eq!(
        *body(&steps[0]),
        json!({"timeout": 20, "httpProxy": off, "httpsProxy": on, "nonProxyHosts": ["localhost", "*.example.com"]})
    );
    let as_number = json!({"enabled": true, "host": "proxy.example.com", "port": 3128, "authInfo": null});
    let same = json!({"httpsProxy": as_number, "nonProxyHosts": ["*.example.com"]});
    assert_eq!(plan(&wanted, &Observed { outgoing_proxy: Some(same), ..observed.clone() }).unwrap(), []);
    let none = Observed { outgoing_proxy: None, ..observed };
    assert_eq!(plan(&wanted, &none).unwrap(), []);
    assert!(findings(&wanted, &none).contains(&Finding::NoOutgoingProxyApi));
}

#[test]
fn little_space_is_reported() {
    let blob_stores = [("default".to_owned(), Some(10_000_000_000))].into();
    let found = findings(&hosted(), &Observed { blob_stores, ..fresh() });
    assert!(matches!(found.as_slice(), [Finding::LittleSpace { free: 10_000_000_000, .. }]), "{found:?}");
    assert_eq!(findings(&hosted(), &fresh()), []);
}
