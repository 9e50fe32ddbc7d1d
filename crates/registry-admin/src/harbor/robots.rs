//! Steps for robot accounts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{observed::Observed, wanted::WantedRobot};
use crate::{
    finding::Refusal,
    secrets::SecretName,
    step::{Body, Difference, Object, Step},
    values::{differences, put},
};

/// Creates the robot, enables it, or adds rights. Those that it has in addition stay.
pub(super) fn robot(
    project: &str,
    wanted: &WantedRobot,
    observed: &Observed,
) -> Result<Option<Step>, Refusal> {
    let account = wanted.account;
    let object = Object::Robot(format!("{project}+{}", wanted.name));
    let known = observed.known.contains(&SecretName::Account(account));
    let Some(robot) = observed.robots.get(&account) else {
        let login = format!("robot${project}+{}", wanted.name);
        if known {
            return Err(Refusal::PasswordOfMissing { account, login });
        }
        let body = json!({
            "name": wanted.name,
            "level": "project",
            "duration": -1,
            "description": format!("dhctl: {account}"),
            "disable": false,
            "permissions": [{"kind": "project", "namespace": project, "access": access(&wanted.rights)}],
        });
        return Ok(Some(Step::create(object, "/robots", Body::new(body))));
    };
    let login = robot["name"].as_str().unwrap_or_default().to_owned();
    if !known {
        return Err(Refusal::PasswordUnknown { account, login });
    }
    if observed.passwords.get(&account) == Some(&false) {
        return Err(Refusal::PasswordWrong { account, login });
    }
    let never_expires = [("disable", json!(false)), ("duration", json!(-1))];
    let mut found = differences(robot, &never_expires, str::eq);
    let has = rights(robot, project);
    let missing = wanted.rights.iter().filter(|right| !has.contains(&named(right)));
    let all: Vec<(String, String)> = has.iter().cloned().chain(missing.map(named)).collect();
    if all.len() > has.len() {
        let shown = |rights: &[(String, String)]| -> Value {
            rights.iter().map(|(resource, action)| format!("{resource}:{action}")).collect()
        };
        let from = shown(&has.iter().cloned().collect::<Vec<_>>());
        found.push(Difference { field: "permissions".into(), from, to: shown(&all) });
    }
    if found.is_empty() {
        return Ok(None);
    }
    let mut body = robot.clone();
    for (field, value) in never_expires {
        put(&mut body, field, value);
    }
    // The rights in other projects are sent back as they are.
    let mut permissions: Vec<Value> = body["permissions"].as_array().cloned().unwrap_or_default();
    permissions.retain(|it| !is_of(it, project));
    let access: Vec<Value> =
        all.iter().map(|(resource, action)| json!({"resource": resource, "action": action})).collect();
    permissions.push(json!({"kind": "project", "namespace": project, "access": access}));
    body["permissions"] = permissions.into();
    Ok(Some(Step::set(object, found, format!("/robots/{}", robot["id"]), Body::new(body))))
}

fn named(right: &(&'static str, &'static str)) -> (String, String) {
    (right.0.to_owned(), right.1.to_owned())
}

fn access(rights: &[(&'static str, &'static str)]) -> Value {
    rights.iter().map(|(resource, action)| json!({"resource": resource, "action": action})).collect()
}

fn is_of(permission: &Value, project: &str) -> bool {
    permission["kind"] == "project" && permission["namespace"] == project
}

/// The rights of a robot in a project: pairs of resource and action.
pub(super) fn rights(robot: &Value, project: &str) -> BTreeSet<(String, String)> {
    let permissions = robot["permissions"].as_array().into_iter().flatten();
    let access = permissions.filter(|it| is_of(it, project)).filter_map(|it| it["access"].as_array());
    let right = |it: &Value| Some((it["resource"].as_str()?.to_owned(), it["action"].as_str()?.to_owned()));
    access.flatten().filter_map(right).collect()
}
