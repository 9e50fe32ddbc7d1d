//! A stand-in for Harbor 2.15: projects, endpoints, robots, quotas, rules and its registry.
//!
//! What it answers was recorded from a real harbor-core. Unusual behavior that a configuring tool has to know: the secret of
//! a robot is given only when it is created, an unknown key of a query is ignored, the login of an endpoint has other names
//! in a change than in a creation, and a token server that refuses gives a token without rights.

use std::{collections::HashMap, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use parking_lot::Mutex;
use registry_server::{Auth, MemoryStore, RunningServer, Server, ServerOptions, TokenAuth};
use serde_json::{Value, json};

use super::{
    front::{Answer, Answers, Front, basic, empty, json, query_value, segments},
    tokens::Tokens,
};

/// Login and password of the administrator.
pub const ADMIN: (&str, &str) = ("admin", "Harbor12345");

/// An ordinary user, who may create projects and nothing else.
pub const ORDINARY: (&str, &str) = ("someone", "Someone12345");

/// Pairs of resource and action that a robot of a project may have, as far as tests use them.
const GRANTABLE: [(&str, &str); 10] = [
    ("repository", "pull"),
    ("repository", "push"),
    ("repository", "list"),
    ("repository", "delete"),
    ("project", "read"),
    ("artifact", "list"),
    ("artifact", "delete"),
    ("tag", "create"),
    ("quota", "read"),
    ("immutable-tag", "list"),
];

/// A running Harbor; it ends when dropped.
#[derive(Debug)]
pub struct Harbor {
    shared: Arc<Shared>,
    front: Front,
    registry: RunningServer,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) store: MemoryStore,
    registry: SocketAddr,
}

/// What it has stored.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) address: String,
    endpoints: Vec<Value>,
    pub(super) projects: Vec<Value>,
    /// With their secrets.
    robots: Vec<Value>,
    /// The limits of the projects, by their numbers.
    pub(super) quotas: Vec<i64>,
    /// How much each project uses, in bytes.
    pub(super) used: Vec<u64>,
    /// Bytes of uploads that are not complete, by the name of the session.
    pub(super) uploads: HashMap<String, u64>,
    pub(super) rules: Vec<Value>,
    retentions: Vec<Value>,
    unhealthy_upstream: bool,
    writes: Vec<String>,
}

impl Harbor {
    /// Starts one on a free port. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub fn start() -> io::Result<Self> {
        let (address, listener) = Front::listen(0)?;
        let tokens = Arc::new(Tokens::default());
        let auth = TokenAuth {
            realm: format!("http://{address}/service/token"),
            service: "harbor-registry".to_owned(),
            verifier: Arc::clone(&tokens) as _,
        };
        let options = ServerOptions { auth: Auth::Token(auth), ..ServerOptions::default() };
        let store = MemoryStore::new();
        let registry = Server::start(([127, 0, 0, 1], 0).into(), Arc::new(store.clone()), options)?;
        let state = State { address: address.to_string(), ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), tokens, store, registry: registry.addr() });
        let front = Front::start(listener, Arc::clone(&shared) as _)?;
        Ok(Self { shared, front, registry })
    }

    /// `HOST:PORT` of the API and of the registry.
    pub fn host(&self) -> String {
        self.front.address.to_string()
    }

    /// The writes so far that were accepted: method and path.
    pub fn writes(&self) -> Vec<String> {
        self.shared.state.lock().writes.clone()
    }

    /// The number of uploads that were opened and neither completed nor cancelled.
    pub fn open_uploads(&self) -> usize {
        self.registry.open_uploads()
    }

    /// The tags of a repository.
    pub fn tags(&self, repository: &str) -> Vec<String> {
        self.shared.store.tagged(repository).into_keys().collect()
    }

    /// Adds an endpoint, as another administrator would. Its number is that of endpoints so far, from 1.
    pub fn add_endpoint(&self, name: &str, url: &str) {
        let mut state = self.shared.state.lock();
        let id = state.endpoints.len() + 1;
        state.endpoints.push(json!({"id": id, "name": name, "type": "docker-registry", "url": url,
            "status": "healthy", "credential": {}}));
    }

    /// Adds a project, as another administrator would. With `endpoint`, it is a proxy cache of that one.
    pub fn add_project(&self, name: &str, public: bool, endpoint: Option<u64>) {
        let body = json!({"project_name": name, "metadata": {"public": public.to_string()}, "registry_id": endpoint});
        self.shared.state.lock().create_project(&body);
    }

    /// Adds a rule for immutable tags to the first project.
    pub fn add_immutable_rule(&self, tags: &str, repositories: &str) {
        let selector = |decoration: &str, pattern: &str| json!([{"kind": "doublestar", "decoration": decoration, "pattern": pattern}]);
        let rule = json!({"id": 7, "disabled": false, "action": "immutable", "template": "immutable_template",
            "tag_selectors": selector("matches", tags),
            "scope_selectors": {"repository": selector("repoMatches", repositories)}});
        self.shared.state.lock().rules.push(rule);
    }

    /// Changes a robot, as another administrator would; it is found by its full name.
    pub fn edit_robot(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut state = self.shared.state.lock();
        if let Some(robot) = state.robots.iter_mut().find(|robot| robot["name"] == name) {
            edit(robot);
        }
    }

    /// Adds a robot account of a project with these permissions on repositories, as another administrator would. Returns
    /// its login and secret.
    pub fn add_robot(&self, project: &str, name: &str, actions: &[&str]) -> (String, String) {
        let access: Vec<Value> =
            actions.iter().map(|action| json!({"resource": "repository", "action": action})).collect();
        let body = json!({"name": name, "level": "project", "duration": -1,
            "permissions": [{"kind": "project", "namespace": project, "access": access}]});
        let name = format!("robot${project}+{name}");
        let mut state = self.shared.state.lock();
        state.create_robot(&body);
        let robot = state.robots.iter().find(|robot| robot["name"] == name.as_str());
        let secret = robot.and_then(|robot| robot["secret"].as_str()).unwrap_or_default().to_owned();
        (name, secret)
    }

    /// A robot with its secret.
    pub fn robot(&self, name: &str) -> Option<Value> {
        self.shared.state.lock().robots.iter().find(|robot| robot["name"] == name).cloned()
    }

    /// An endpoint with its secret.
    pub fn endpoint(&self, name: &str) -> Option<Value> {
        self.shared.state.lock().endpoints.iter().find(|it| it["name"] == name).cloned()
    }

    /// A project.
    pub fn project(&self, name: &str) -> Option<Value> {
        self.shared.state.lock().projects.iter().find(|it| it["name"] == name).cloned()
    }

    /// Sets the quota of a project and how much of it is used, in bytes.
    pub fn set_quota(&self, project: &str, limit: i64, used: u64) {
        let mut state = self.shared.state.lock();
        if let Some(at) = state.project_at(project, true) {
            (state.quotas[at], state.used[at]) = (limit, used);
        }
    }

    /// From now on no upstream can be reached.
    pub fn lose_upstreams(&self) {
        self.shared.state.lock().unhealthy_upstream = true;
    }
}

/// Who asks.
#[derive(Debug, PartialEq)]
enum Caller {
    Nobody,
    Admin,
    Ordinary,
    /// A robot, by its place in the list.
    Robot(usize),
}

pub(super) fn refused(status: StatusCode, code: &str, message: &str) -> Answer {
    json(status, &json!({"errors": [{"code": code, "message": message}]}))
}

fn created(kind: &str, id: usize) -> Answer {
    let mut answer = empty(StatusCode::CREATED);
    if let Ok(location) = HeaderValue::try_from(format!("/api/v2.0/{kind}/{id}")) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}

impl Answers for Shared {
    fn answer(&self, request: &Request<Bytes>) -> Option<Answer> {
        let segments = segments(request.uri().path());
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["v2", path @ ..] => self.before_registry(request, path),
            ["service", "token"] => Some(self.token(request)),
            ["api", "v2.0", path @ ..] => Some(self.api(request, path)),
            _ => Some(empty(StatusCode::NOT_FOUND)),
        }
    }

    fn registry(&self) -> Option<SocketAddr> {
        Some(self.registry)
    }
}

impl Shared {
    /// A refusal is a token without rights. Only who asks for no scope and is nobody gets none.
    fn token(&self, request: &Request<Bytes>) -> Answer {
        let state = self.state.lock();
        let caller = state.caller(request).unwrap_or(Caller::Nobody);
        if caller == Caller::Nobody && query_value(request, "scope").is_empty() {
            return refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "unauthorized");
        }
        self.tokens.issue(request, |repository, action| state.allows(&caller, repository, action))
    }

    fn api(&self, request: &Request<Bytes>, path: &[&str]) -> Answer {
        if request.headers().contains_key(header::COOKIE) {
            return refused(StatusCode::FORBIDDEN, "FORBIDDEN", "CSRF token not found in request");
        }
        let is_write = ![Method::GET, Method::HEAD].contains(request.method());
        let is_json = request.headers().get(header::CONTENT_TYPE).is_some_and(|it| it == "application/json");
        let body = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        if is_write && (!is_json || body.is_null()) {
            return refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                "UNPROCESSABLE_ENTITY",
                "unsupported media type",
            );
        }
        let mut state = self.state.lock();
        let Some(caller) = state.caller(request) else {
            return refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "unauthorized");
        };
        let answer = state.answer(request, path, &body, &caller);
        if is_write && answer.status().is_success() {
            state.writes.push(format!("{} /{}", request.method(), path.join("/")));
        }
        answer
    }
}

impl State {
    /// Who asks; none if the login is wrong.
    fn caller(&self, request: &Request<Bytes>) -> Option<Caller> {
        let Some((name, password)) = basic(request.headers()) else { return Some(Caller::Nobody) };
        match (name.as_str(), password.as_str()) {
            ADMIN => return Some(Caller::Admin),
            ORDINARY => return Some(Caller::Ordinary),
            _ => {}
        }
        let is_it = |robot: &Value| {
            robot["name"] == name.as_str() && robot["secret"] == password.as_str() && robot["disable"] != true
        };
        self.robots.iter().position(is_it).map(Caller::Robot)
    }

    /// Whether a robot has a right in a project.
    fn has(&self, robot: usize, project: &str, resource: &str, action: &str) -> bool {
        let permissions = self.robots[robot]["permissions"].as_array().into_iter().flatten();
        let access =
            permissions.filter(|it| it["namespace"] == project).filter_map(|it| it["access"].as_array());
        access.flatten().any(|it| it["resource"] == resource && it["action"] == action)
    }

    /// Whether somebody has a right in the project at this place.
    fn may(&self, caller: &Caller, project: Option<usize>, resource: &str, action: &str) -> bool {
        match caller {
            Caller::Robot(robot) => project
                .and_then(|at| self.projects[at]["name"].as_str())
                .is_some_and(|project| self.has(*robot, project, resource, action)),
            _ => *caller == Caller::Admin,
        }
    }

    /// The summary of the project at this place; the quota is shown to those who may read it.
    fn summary(&self, at: usize, with_quota: bool) -> Value {
        let project = &self.projects[at];
        let mut summary = json!({"repo_count": project["repo_count"]});
        if with_quota {
            summary["quota"] =
                json!({"hard": {"storage": self.quotas[at]}, "used": {"storage": self.used[at]}});
        }
        if let Some(endpoint) = self.endpoints.iter().find(|it| it["id"] == project["registry_id"]) {
            let shown =
                ["id", "name", "type", "url", "status"].map(|key| (key.to_owned(), endpoint[key].clone()));
            summary["registry"] = Value::Object(shown.into_iter().collect());
        }
        summary
    }

    fn allows(&self, caller: &Caller, repository: &str, action: &str) -> bool {
        let Some((project, _)) = repository.split_once('/') else { return false };
        let Some(found) = self.projects.iter().find(|it| it["name"] == project) else { return false };
        match caller {
            Caller::Admin => true,
            Caller::Robot(robot) => self.has(*robot, project, "repository", action),
            _ => action == "pull" && found["metadata"]["public"] == "true",
        }
    }

    fn answer(&mut self, request: &Request<Bytes>, path: &[&str], body: &Value, caller: &Caller) -> Answer {
        let ok = |document: &Value| json(StatusCode::OK, document);
        let denied = || refused(StatusCode::FORBIDDEN, "FORBIDDEN", "forbidden");
        let method = request.method().as_str();
        if let (_, ["systeminfo"]) = (method, path) {
            let mut info = json!({"auth_mode": "db_auth", "self_registration": false});
            if *caller != Caller::Nobody {
                info["harbor_version"] = "v2.15.2-080b0220".into();
                info["registry_url"] = self.address.as_str().into();
            }
            return ok(&info);
        }
        if *caller == Caller::Nobody {
            return refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "unauthorized");
        }
        let is_admin = *caller == Caller::Admin;
        match (method, path) {
            ("GET", ["users", "current"]) if matches!(caller, Caller::Robot(_)) => refused(
                StatusCode::PRECONDITION_FAILED,
                "PRECONDITION",
                "get current user not available for robot",
            ),
            ("GET", ["users", "current"]) => ok(&json!({"user_id": 1, "sysadmin_flag": is_admin})),
            ("HEAD", ["projects"]) => {
                let name = query_value(request, "project_name");
                let exists = self.projects.iter().any(|it| it["name"] == name.as_str());
                empty(if exists { StatusCode::OK } else { StatusCode::NOT_FOUND })
            }
            ("GET", ["projects"]) => ok(&self.listed_projects(caller, &query_value(request, "q"))),
            ("POST", ["projects"]) if body["registry_id"].is_u64() && !is_admin => refused(
                StatusCode::FORBIDDEN,
                "FORBIDDEN",
                "Only system admin can create proxy cache project",
            ),
            ("POST", ["projects"]) => self.create_project(body),
            ("GET", ["projects", name, rest @ ..]) if rest.is_empty() || rest == ["summary"] => {
                let by_name = request.headers().contains_key("x-is-resource-name");
                let found = self.project_at(name, by_name);
                match found {
                    _ if !self.may(caller, found, "project", "read") => denied(),
                    Some(at) if rest.is_empty() => ok(&self.projects[at]),
                    Some(at) => ok(&self.summary(at, self.may(caller, found, "quota", "read"))),
                    None => refused(StatusCode::NOT_FOUND, "NOT_FOUND", &format!("project {name} not found")),
                }
            }
            ("GET", ["projects", name, "immutabletagrules"]) => {
                let found = self.project_at(name, request.headers().contains_key("x-is-resource-name"));
                match found {
                    _ if !self.may(caller, found, "immutable-tag", "list") => denied(),
                    Some(0) => ok(&json!(self.rules)),
                    _ => ok(&json!([])),
                }
            }
            _ if !is_admin => denied(),
            ("PUT", ["projects", name]) => match self.project_at(name, false) {
                Some(at) => {
                    if let Some(Value::Object(metadata)) = body.get("metadata") {
                        for (key, value) in metadata {
                            self.projects[at]["metadata"][key] = value.clone();
                        }
                    }
                    empty(StatusCode::OK)
                }
                None => refused(StatusCode::NOT_FOUND, "NOT_FOUND", "project not found"),
            },
            ("GET", ["retentions", id]) => {
                match id.parse::<usize>().ok().and_then(|id| self.retentions.get(id - 1)) {
                    Some(policy) => ok(policy),
                    None => refused(StatusCode::NOT_FOUND, "NOT_FOUND", "no such retention policy"),
                }
            }
            ("GET", ["quotas"]) => self.quota(&query_value(request, "reference_id")),
            ("PUT", ["quotas", id]) => {
                match id.parse::<usize>().ok().and_then(|id| self.quotas.get_mut(id - 100)) {
                    Some(quota) => {
                        *quota = body["hard"]["storage"].as_i64().unwrap_or(-1);
                        empty(StatusCode::OK)
                    }
                    None => refused(StatusCode::NOT_FOUND, "NOT_FOUND", "quota not found"),
                }
            }
            (_, ["registries", rest @ ..]) => self.registries(request, rest, body),
            (_, ["robots", rest @ ..]) => self.robots(request, rest, body),
            _ => empty(StatusCode::NOT_FOUND),
        }
    }

    /// The projects that a caller may see, by the condition `name=NAME` if there is one. Whoever has any permission in a
    /// project sees it.
    fn listed_projects(&self, caller: &Caller, condition: &str) -> Value {
        let is_meant = |project: &&Value| {
            condition.strip_prefix("name=").is_none_or(|name| project["name"] == name)
                && match caller {
                    Caller::Admin => true,
                    Caller::Robot(robot) => {
                        let permissions = self.robots[*robot]["permissions"].as_array();
                        permissions.into_iter().flatten().any(|it| it["namespace"] == project["name"])
                    }
                    _ => project["metadata"]["public"] == "true",
                }
        };
        self.projects.iter().filter(is_meant).cloned().collect()
    }

    pub(super) fn project_at(&self, name: &str, by_name: bool) -> Option<usize> {
        // Digits are taken for a number.
        match name.parse::<usize>() {
            Ok(id) if !by_name => (1..=self.projects.len()).contains(&id).then(|| id - 1),
            _ => self.projects.iter().position(|it| it["name"] == name),
        }
    }

    fn create_project(&mut self, body: &Value) -> Answer {
        let name = body["project_name"].as_str().unwrap_or_default();
        let is_word =
            |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
        let is_valid = name.split(['.', '_', '-']).all(is_word);
        if !is_valid {
            let message = "project name is not in lower case or contains illegal characters";
            return refused(StatusCode::BAD_REQUEST, "BAD_REQUEST", message);
        }
        if self.projects.iter().any(|it| it["name"] == name) {
            let message = format!("The project named {name} already exists");
            return refused(StatusCode::CONFLICT, "CONFLICT", &message);
        }
        let endpoint = body["registry_id"].as_u64();
        if endpoint.is_some_and(|id| !self.endpoints.iter().any(|it| it["id"] == id)) {
            return refused(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "internal server error");
        }
        let id = self.projects.len() + 1;
        let mut metadata = body["metadata"].clone();
        if endpoint.is_some() {
            self.retentions.push(json!({"id": self.retentions.len() + 1, "algorithm": "or",
                "trigger": {"kind": "Schedule", "settings": {"cron": "0 0 0 * * *"}},
                "rules": [{"action": "retain", "template": "nDaysSinceLastPull",
                    "params": {"nDaysSinceLastPull": 7},
                    "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "**"}],
                    "scope_selectors": {"repository": [
                        {"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]}}]}));
            metadata["retention_id"] = self.retentions.len().to_string().into();
        }
        let mut project = json!({"project_id": id, "name": name, "owner_name": "admin", "repo_count": 0,
            "metadata": metadata});
        if let Some(endpoint) = endpoint {
            project["registry_id"] = endpoint.into();
        }
        self.projects.push(project);
        self.quotas.push(body["storage_limit"].as_i64().unwrap_or(-1));
        self.used.push(0);
        created("projects", id)
    }

    /// The number of a quota is not that of its project.
    fn quota(&self, project: &str) -> Answer {
        let quotas = self.quotas.iter().zip(&self.used).zip(1..);
        let quotas = quotas.filter(|(_, id): &(_, usize)| id.to_string() == project);
        let quotas = quotas.map(|((limit, used), id)| {
            json!({"id": id + 99, "ref": {"id": id, "owner_name": ""}, "hard": {"storage": limit},
                "used": {"storage": used}})
        });
        json(StatusCode::OK, &quotas.collect())
    }

    fn registries(&mut self, request: &Request<Bytes>, path: &[&str], body: &Value) -> Answer {
        let unhealthy = || refused(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the registry is unhealthy");
        match (request.method().as_str(), path) {
            ("GET", []) => {
                let shown = self.endpoints.iter().cloned().map(|mut endpoint| {
                    if !endpoint["credential"]["access_secret"].is_null() {
                        endpoint["credential"]["access_secret"] = "*****".into();
                    }
                    endpoint
                });
                json(StatusCode::OK, &shown.collect())
            }
            ("POST", []) => {
                if self.endpoints.iter().any(|it| it["name"] == body["name"]) {
                    return refused(StatusCode::CONFLICT, "CONFLICT", "registry already exists");
                }
                if self.unhealthy_upstream {
                    return unhealthy();
                }
                let mut endpoint = body.clone();
                endpoint["id"] = (self.endpoints.len() + 1).into();
                endpoint["status"] = "healthy".into();
                if endpoint["credential"].is_null() {
                    endpoint["credential"] = json!({});
                }
                self.endpoints.push(endpoint);
                created("registries", self.endpoints.len())
            }
            ("PUT", [id]) => {
                let found = self.endpoints.iter_mut().find(|it| it["id"].as_u64() == id.parse().ok());
                let Some(endpoint) = found else {
                    return refused(StatusCode::NOT_FOUND, "NOT_FOUND", "registry not found");
                };
                if self.unhealthy_upstream || body["access_secret"] == "*****" {
                    return unhealthy();
                }
                if !body["url"].is_null() {
                    endpoint["url"] = body["url"].clone();
                }
                for key in ["access_key", "access_secret"] {
                    if !body[key].is_null() {
                        endpoint["credential"][key] = body[key].clone();
                    }
                }
                empty(StatusCode::OK)
            }
            _ => empty(StatusCode::NOT_FOUND),
        }
    }

    fn robots(&mut self, request: &Request<Bytes>, path: &[&str], body: &Value) -> Answer {
        match (request.method().as_str(), path) {
            ("GET", []) => {
                // A level of project needs the number of the project.
                let query = query_value(request, "q");
                let Some(id) = query.split(',').find_map(|it| it.strip_prefix("ProjectID=")) else {
                    return refused(StatusCode::BAD_REQUEST, "BAD_REQUEST", "must with project ID");
                };
                let project = self.project_at(id, false).map(|at| self.projects[at]["name"].clone());
                let robots = self.robots.iter().filter(|robot| {
                    project.as_ref().is_some_and(|project| robot["permissions"][0]["namespace"] == *project)
                });
                let shown = robots.cloned().map(|mut robot| {
                    robot.as_object_mut().map(|fields| fields.remove("secret"));
                    robot
                });
                json(StatusCode::OK, &shown.collect())
            }
            ("POST", []) => self.create_robot(body),
            ("PUT", [id]) => {
                let found = self.robots.iter_mut().find(|it| it["id"].as_u64() == id.parse().ok());
                let Some(robot) = found else {
                    return refused(StatusCode::NOT_FOUND, "NOT_FOUND", "robot not found");
                };
                if body["name"] != robot["name"] || body["level"] != robot["level"] {
                    return refused(
                        StatusCode::BAD_REQUEST,
                        "BAD_REQUEST",
                        "cannot update the level or name of robot",
                    );
                }
                let secret = robot["secret"].clone();
                *robot = body.clone();
                robot["secret"] = secret;
                robot["expires_at"] = body["duration"].clone();
                empty(StatusCode::OK)
            }
            _ => empty(StatusCode::NOT_FOUND),
        }
    }

    fn create_robot(&mut self, body: &Value) -> Answer {
        let bad = |message: &str| refused(StatusCode::BAD_REQUEST, "BAD_REQUEST", message);
        let permission = &body["permissions"][0];
        let project = permission["namespace"].as_str().unwrap_or_default();
        if !self.projects.iter().any(|it| it["name"] == project) {
            return refused(StatusCode::NOT_FOUND, "NOT_FOUND", "project not found");
        }
        if body["duration"].as_i64().is_none_or(|it| it == 0) {
            return bad("bad request error duration input: 0");
        }
        let access = permission["access"].as_array().into_iter().flatten();
        for it in access {
            let (resource, action) = (it["resource"].as_str(), it["action"].as_str());
            if !GRANTABLE.iter().any(|known| (Some(known.0), Some(known.1)) == (resource, action)) {
                return bad("bad request permission");
            }
        }
        let name = format!("robot${project}+{}", body["name"].as_str().unwrap_or_default());
        if self.robots.iter().any(|it| it["name"] == name.as_str()) {
            let message = format!("robot account {name} already exists");
            return refused(StatusCode::CONFLICT, "CONFLICT", &message);
        }
        let id = self.robots.len() + 1;
        // Chosen by the server, whatever the request says.
        let secret = format!("Secret{id}{}", "x".repeat(24));
        let mut robot = body.clone();
        for (field, value) in [
            ("id", json!(id)),
            ("name", json!(name)),
            ("secret", json!(secret)),
            ("expires_at", body["duration"].clone()),
            ("editable", json!(true)),
        ] {
            robot[field] = value;
        }
        self.robots.push(robot);
        json(
            StatusCode::CREATED,
            &json!({"id": id, "name": name, "secret": secret, "creation_time": "2026-11-28T00:00:00Z",
                "expires_at": body["duration"]}),
        )
    }
}
