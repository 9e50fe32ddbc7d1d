//! Tables of plans and findings: what is wanted and what was observed.

use serde_json::{Value, json};

use super::{
    findings::findings,
    observed::Observed,
    plan::plan,
    wanted::{Upstream, Wanted},
};
use crate::{
    finding::{Finding, Refusal},
    secrets::{Account, SecretName},
    step::{Object, Step},
};

fn ordinary() -> Wanted {
    Wanted {
        project: "dkp".into(),
        repository: "deckhouse/ee".into(),
        public: false,
        quota: None,
        upstream: None,
        pull_robot: "pull".into(),
        push_robot: "push".into(),
    }
}

fn cache() -> Wanted {
    let upstream = Upstream {
        endpoint: "deckhouse".into(),
        url: "https://registry.deckhouse.ru".into(),
        login: Some("license-token".into()),
    };
    Wanted { upstream: Some(upstream), ..ordinary() }
}

fn empty() -> Observed {
    Observed { known: [SecretName::Upstream].into(), ..Observed::default() }
}

fn access(rights: &[&str]) -> Value {
    let right = |it: &&str| {
        let (resource, action) = it.split_once(':').unwrap();
        json!({"resource": resource, "action": action})
    };
    rights.iter().map(right).collect()
}

const PULL: [&str; 4] = ["repository:pull", "repository:list", "project:read", "artifact:list"];
const PUSH: [&str; 5] =
    ["repository:pull", "repository:list", "project:read", "artifact:list", "repository:push"];

fn robot(name: &str, rights: &[&str]) -> Value {
    json!({"id": 3, "name": format!("robot$dkp+{name}"), "level": "project", "duration": -1, "expires_at": -1,
        "disable": false, "permissions": [{"kind": "project", "namespace": "dkp", "access": access(rights)}]})
}

/// A finished setup.
fn done(wanted: &Wanted) -> Observed {
    let mut project = json!({"project_id": 4, "name": "dkp", "metadata": {"public": "false"}});
    let mut observed = empty();
    if wanted.upstream.is_some() {
        project["registry_id"] = 1.into();
        observed.endpoint = Some(json!({"id": 1, "name": "deckhouse", "type": "docker-registry",
            "url": "https://registry.deckhouse.ru", "credential": {"access_key": "license-token", "access_secret": "*****"}}));
    } else {
        observed.robots.insert(Account::Push, robot("push", &PUSH));
    }
    observed.robots.insert(Account::Pull, robot("pull", &PULL));
    for account in [Account::Pull, Account::Push] {
        observed.known.insert(SecretName::Account(account));
        observed.passwords.insert(account, true);
    }
    observed.project = Some(project);
    observed
}

fn objects(steps: &[Step]) -> Vec<Object> {
    steps.iter().map(|step| step.object.clone()).collect()
}

fn body(step: &Step) -> &Value {
    step.call.body.masked()
}

#[test]
fn everything_from_nothing_and_then_nothing() {
    let robot = |name: &str| Object::Robot(format!("dkp+{name}"));
    let project = || Object::Project("dkp".into());
    let steps = plan(&ordinary(), &empty()).unwrap();
    assert_eq!(objects(&steps), [project(), robot("pull"), robot("push")]);
    assert_eq!(
        *body(&steps[0]),
        json!({"project_name": "dkp", "metadata": {"public": "false"}, "storage_limit": -1})
    );
    assert_eq!(body(&steps[1])["permissions"][0]["access"], access(&PULL));
    assert_eq!(body(&steps[2])["permissions"][0]["access"], access(&PUSH));
    assert!(!steps.iter().any(Step::needs_consent));
    assert_eq!(plan(&ordinary(), &done(&ordinary())).unwrap(), []);

    let steps = plan(&cache(), &empty()).unwrap();
    assert_eq!(objects(&steps), [Object::Endpoint("deckhouse".into()), project(), robot("pull")]);
    assert_eq!(
        body(&steps[0])["credential"],
        json!({"type": "basic", "access_key": "license-token", "access_secret": "***"})
    );
    assert_eq!(body(&steps[1])["registry_id"], "(number of the endpoint deckhouse)");
    let with_endpoint = Observed { endpoint: done(&cache()).endpoint, ..empty() };
    assert_eq!(body(&plan(&cache(), &with_endpoint).unwrap()[0])["registry_id"], 1);
    assert_eq!(plan(&cache(), &done(&cache())).unwrap(), []);
}

#[test]
fn what_differs_is_set() {
    let mut observed = done(&ordinary());
    observed.quota = Some((104, None));
    let mut pull = robot("pull", &["repository:pull", "tag:create"]);
    pull["disable"] = true.into();
    observed.robots.insert(Account::Pull, pull);
    let wanted = Wanted { public: true, quota: Some(100), ..ordinary() };
    let steps = plan(&wanted, &observed).unwrap();
    assert_eq!(
        objects(&steps),
        [Object::Project("dkp".into()), Object::Quota("dkp".into()), Object::Robot("dkp+pull".into())]
    );
    assert!(steps.iter().all(Step::needs_consent));
    assert_eq!(*body(&steps[0]), json!({"metadata": {"public": "true"}}));
    assert_eq!(
        (steps[1].call.path.as_str(), body(&steps[1])),
        ("/quotas/104", &json!({"hard": {"storage": 100}}))
    );
    let sent = body(&steps[2]);
    assert_eq!((&sent["name"], &sent["disable"]), (&json!("robot$dkp+pull"), &json!(false)));
    let access = sent["permissions"][0]["access"].as_array().unwrap();
    assert_eq!(access.len(), 5, "{access:?}");

    // A change of an endpoint has other names for the login, and keeps what is not sent.
    let mut observed = done(&cache());
    observed.endpoint.as_mut().unwrap()["url"] = "https://old.example.com".into();
    let steps = plan(&cache(), &observed).unwrap();
    assert_eq!(steps[0].call.path, "/registries/1");
    assert_eq!(
        *body(&steps[0]),
        json!({"url": "https://registry.deckhouse.ru", "credential_type": "basic", "access_key": "license-token",
            "access_secret": "***"})
    );
}

#[test]
fn what_is_not_possible_is_refused() {
    let other = |wanted: &Wanted, observed: &Observed| match plan(wanted, observed) {
        Err(Refusal::OtherKind { wanted, .. }) => wanted,
        result => panic!("{result:?}"),
    };
    assert_eq!(other(&ordinary(), &done(&cache())), "ordinary project");
    let of_ordinary = Observed { endpoint: done(&cache()).endpoint, ..done(&ordinary()) };
    assert_eq!(other(&cache(), &of_ordinary), "proxy cache");
    let mut observed = done(&cache());
    observed.project.as_mut().unwrap()["registry_id"] = 2.into();
    assert_eq!(other(&cache(), &observed), "proxy cache of the endpoint deckhouse");
    let mut observed = done(&cache());
    observed.endpoint.as_mut().unwrap()["type"] = "harbor".into();
    assert_eq!(other(&cache(), &observed), "docker-registry");

    let (account, login) = (Account::Pull, "robot$dkp+pull".to_owned());
    let mut observed = done(&ordinary());
    observed.passwords.insert(account, false);
    let wrong = Refusal::PasswordWrong { account, login: login.clone() };
    assert_eq!(plan(&ordinary(), &observed), Err(wrong));
    observed.known.remove(&SecretName::Account(account));
    let unknown = Refusal::PasswordUnknown { account, login: login.clone() };
    assert_eq!(plan(&ordinary(), &observed), Err(unknown));
    let mut observed = empty();
    observed.known.insert(SecretName::Account(account));
    assert_eq!(plan(&ordinary(), &observed), Err(Refusal::PasswordOfMissing { account, login }));
}

fn rule(template: &str, tags: (&str, &str), repositories: (&str, &str)) -> Value {
    let selector = |(decoration, pattern): (&str, &str)| json!([{"kind": "doublestar", "decoration": decoration, "pattern": pattern}]);
    json!({"id": 7, "disabled": false, "template": template, "tag_selectors": selector(tags),
        "scope_selectors": {"repository": selector(repositories)}})
}

#[test]
fn rules_that_stop_release_channels_are_found() {
    let all = ("repoMatches", "**");
    for (tags, repositories, disabled, expected) in [
        (("matches", "**"), all, false, 6),
        (("matches", "v*"), all, false, 0),
        (("excludes", "v*"), all, false, 6),
        (("matches", "{stable,lts}"), all, false, 2),
        (("matches", "**"), ("repoMatches", "other/**"), false, 0),
        (("matches", "**"), ("repoExcludes", "deckhouse/**"), false, 0),
        (("matches", "stable"), ("repoMatches", "**/release-channel"), false, 1),
        (("matches", "**"), all, true, 0),
    ] {
        let mut rule = rule("immutable_template", tags, repositories);
        rule["disabled"] = disabled.into();
        let observed = Observed { immutable_rules: vec![rule], ..done(&ordinary()) };
        let found = findings(&ordinary(), &observed);
        let tags = found.iter().find_map(|it| match it {
            Finding::ImmutableTags { rule: 7, tags } => Some(tags.len()),
            _ => None,
        });
        assert_eq!(tags.unwrap_or(0), expected, "{tags:?} {repositories:?}");
    }
}

#[test]
fn policies_that_delete_are_found() {
    let all = ("repoMatches", "**");
    for (rules, expected) in [
        (vec![rule("latestPushedK", ("matches", "**"), all)], Some(6)),
        (vec![rule("always", ("matches", "**"), all)], None),
        (vec![rule("always", ("excludes", "v*"), all)], Some(0)),
        (
            vec![rule("always", ("matches", "{stable,alpha}"), all), rule("always", ("matches", "v*"), all)],
            Some(4),
        ),
        (vec![], None),
    ] {
        let policy = json!({"id": 1, "rules": rules, "trigger": {"settings": {"cron": "0 0 0 * * *"}}});
        let observed = Observed { retention: Some(policy), ..done(&ordinary()) };
        let found = findings(&ordinary(), &observed);
        let tags = found.iter().find_map(|it| match it {
            Finding::Retention { policy: 1, tags, proxy_cache: false } => Some(tags.len()),
            _ => None,
        });
        assert_eq!(tags, expected, "{rules:?}");
    }
}

#[test]
fn settings_that_matter_are_found() {
    let mut observed = done(&ordinary());
    let project = observed.project.as_mut().unwrap();
    project["metadata"] = json!({"public": "true", "prevent_vul": "true"});
    observed.quota = Some((1, Some(1_000_000)));
    let more: Vec<&str> = PULL.into_iter().chain(["repository:delete"]).collect();
    observed.robots.insert(Account::Pull, robot("pull", &more));
    let found = findings(&ordinary(), &observed);
    assert_eq!(
        found,
        [
            Finding::PublicProject,
            Finding::PullsPrevented { setting: "prevent_vul".into() },
            Finding::SmallQuota { limit: 1_000_000 },
            Finding::MoreRights {
                object: Object::Robot("dkp+pull".into()),
                rights: vec!["repository:delete".into()]
            },
        ]
    );
    assert_eq!(findings(&ordinary(), &done(&ordinary())), []);
}
