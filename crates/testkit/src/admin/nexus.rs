//! A stand-in for Nexus Repository 3 with the docker format, which no public artifact has.
//!
//! Its rules were measured on a real 3.71 core with the format raw, or are from the public API descriptions. Those that a
//! configuring tool has to know: a write replaces, a duplicate user is a fault (500), an unknown role of a new user is
//! dropped silently, a list of realms without the local one locks everybody out, and refusals have four kinds of bodies.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::SocketAddr,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use parking_lot::Mutex;
use registry_server::{Auth, MemoryStore, RunningServer, Server, ServerOptions, TokenAuth};
use serde_json::{Value, json};

use super::{
    front::{Answer, Answers, Front, basic, empty, json, query_value, segments, text},
    tokens::Tokens,
};

/// Login and password of the administrator.
pub const ADMIN: (&str, &str) = ("admin", "admin123");

/// An ordinary user, who may do nothing with the API.
pub const ORDINARY: (&str, &str) = ("someone", "someone-1");

/// The license agreement. It has typographic quotes, as the real one.
const DISCLAIMER: &str = "Use of this Repository is governed by the “End User License Agreement”.";

/// How a Nexus behaves.
#[derive(Debug, Clone)]
pub struct NexusOptions {
    /// Version and edition, as in the header `Server`.
    pub version: &'static str,
    /// Whether there is a license agreement that is not accepted.
    pub eula: bool,
    /// Whether it has the API for its outgoing proxy.
    pub http_settings: bool,
}

impl Default for NexusOptions {
    fn default() -> Self {
        Self { version: "3.84.1-01 (COMMUNITY)", eula: false, http_settings: true }
    }
}

/// A running Nexus; it ends when dropped.
#[derive(Debug)]
pub struct Nexus {
    shared: Arc<Shared>,
    front: Front,
}

#[derive(Debug)]
struct Shared {
    /// Itself, for the connectors.
    this: Weak<Self>,
    options: NexusOptions,
    state: Mutex<State>,
    connectors: Mutex<HashMap<u16, Running>>,
}

/// The servers of a port.
#[derive(Debug)]
struct Running {
    _front: Front,
    _registry: RunningServer,
}

/// What it has stored.
#[derive(Debug)]
struct State {
    realms: Vec<String>,
    eula_accepted: bool,
    repositories: BTreeMap<String, Value>,
    roles: BTreeMap<String, Value>,
    users: BTreeMap<String, Value>,
    passwords: BTreeMap<String, String>,
    anonymous: Value,
    http: Value,
    frozen: bool,
    writes: Vec<String>,
}

impl Nexus {
    /// Starts one on a free port. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub fn start(options: NexusOptions) -> io::Result<Self> {
        let proxy = json!({"enabled": false, "host": null, "port": null,
            "authInfo": {"enabled": false, "username": null, "ntlmHost": null, "ntlmDomain": null}});
        let user = |name: &str, role: &str| {
            json!({"userId": name, "firstName": name, "lastName": name, "emailAddress": "a@example.com",
                "source": "default", "status": "active", "readOnly": false, "roles": [role], "externalRoles": []})
        };
        let state = State {
            realms: vec!["NexusAuthenticatingRealm".to_owned()],
            eula_accepted: !options.eula,
            repositories: BTreeMap::new(),
            roles: BTreeMap::new(),
            users: [(ADMIN.0, "nx-admin"), (ORDINARY.0, "nx-anonymous")]
                .map(|(name, role)| (name.to_owned(), user(name, role)))
                .into(),
            passwords: [ADMIN, ORDINARY]
                .map(|(name, password)| (name.to_owned(), password.to_owned()))
                .into(),
            anonymous: json!({"enabled": false, "userId": "anonymous", "realmName": "NexusAuthorizingRealm"}),
            http: json!({"userAgent": null, "timeout": 20, "retries": 2, "httpProxy": proxy, "httpsProxy": proxy,
                "nonProxyHosts": []}),
            frozen: false,
            writes: Vec::new(),
        };
        let shared = Arc::new_cyclic(|this| Shared {
            this: this.clone(),
            options,
            state: Mutex::new(state),
            connectors: Mutex::default(),
        });
        let (_, listener) = Front::listen(0)?;
        let front = Front::start(listener, Arc::new(Api(Arc::clone(&shared))))?;
        Ok(Self { shared, front })
    }

    /// `HOST:PORT` of the API.
    pub fn host(&self) -> String {
        self.front.address.to_string()
    }

    /// The writes so far that were accepted: method and path.
    pub fn writes(&self) -> Vec<String> {
        self.shared.state.lock().writes.clone()
    }

    /// A repository as it is stored, with the secrets in it.
    pub fn repository(&self, name: &str) -> Option<Value> {
        self.shared.state.lock().repositories.get(name).cloned()
    }

    /// Changes or adds a repository, as another administrator would.
    pub fn edit_repository(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        edit(self.shared.state.lock().repositories.entry(name.to_owned()).or_default());
    }

    /// Changes a user, as another administrator would.
    pub fn edit_user(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        edit(self.shared.state.lock().users.entry(name.to_owned()).or_default());
    }

    /// Sets the password of a user.
    pub fn set_password(&self, name: &str, password: &str) {
        self.shared.state.lock().passwords.insert(name.to_owned(), password.to_owned());
    }

    /// The password of a user.
    pub fn password(&self, name: &str) -> Option<String> {
        self.shared.state.lock().passwords.get(name).cloned()
    }

    /// The active realms.
    pub fn realms(&self) -> Vec<String> {
        self.shared.state.lock().realms.clone()
    }

    /// Sets the active realms.
    pub fn set_realms(&self, realms: &[&str]) {
        self.shared.state.lock().realms = realms.iter().map(|&it| it.to_owned()).collect();
    }

    /// Anonymous access and the outgoing proxy, as they are stored.
    pub fn settings(&self) -> (Value, Value) {
        let state = self.shared.state.lock();
        (state.anonymous.clone(), state.http.clone())
    }

    /// From now on every write is refused.
    pub fn freeze(&self) {
        self.shared.state.lock().frozen = true;
    }
}

/// The REST API.
#[derive(Debug)]
struct Api(Arc<Shared>);

impl Answers for Api {
    fn answer(&self, request: &Request<Bytes>) -> Option<Answer> {
        Some(self.0.answer(request))
    }

    fn registry(&self) -> Option<SocketAddr> {
        None
    }

    fn server(&self) -> Option<HeaderValue> {
        self.0.server()
    }
}

/// A refusal of one field.
fn invalid(field: &str, message: &str) -> Answer {
    json(StatusCode::BAD_REQUEST, &json!([{"id": format!("PARAMETER {field}"), "message": message}]))
}

/// A refusal of a whole request.
fn refused(status: StatusCode, message: &str) -> Answer {
    json(status, &json!({"id": "*", "message": format!("\"{message}\"")}))
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

impl Shared {
    /// The header `Server`.
    fn server(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("Nexus/{}", self.options.version)).ok()
    }

    fn answer(&self, request: &Request<Bytes>) -> Answer {
        let segments = segments(request.uri().path());
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["service", "rest", "v1", path @ ..] = segments.as_slice() else {
            return empty(StatusCode::NOT_FOUND);
        };
        let mut state = self.state.lock();
        let login = basic(request.headers());
        let user = match &login {
            None => None,
            Some((name, password)) => {
                let is_active = state.users.get(name).is_some_and(|user| user["status"] == "active");
                if state.passwords.get(name) != Some(password) || !is_active {
                    return unauthorized();
                }
                Some(name.as_str())
            }
        };
        if let ["status", rest @ ..] = path {
            return match rest {
                ["writable"] if state.frozen => empty(StatusCode::SERVICE_UNAVAILABLE),
                _ => empty(StatusCode::OK),
            };
        }
        let is_write = *request.method() != Method::GET;
        if is_write && state.frozen {
            return text(StatusCode::SERVICE_UNAVAILABLE, "Nexus is in read-only mode");
        }
        let is_json = request.headers().get(header::CONTENT_TYPE).is_some_and(|it| it == "application/json");
        if is_write && !is_json {
            return empty(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        let body: Value = match serde_json::from_slice(request.body()) {
            Ok(body) => body,
            Err(_) if !is_write => Value::Null,
            Err(_) => return refused(StatusCode::BAD_REQUEST, "Unable to process JSON"),
        };
        // Bodies are checked before rights.
        let checked = match (request.method().as_str(), path) {
            ("POST" | "PUT", ["repositories", "docker", kind @ ("hosted" | "proxy"), ..]) => {
                check(kind, &body)
            }
            _ => None,
        };
        if let Some(refusal) = checked {
            return refusal;
        }
        if user != Some(ADMIN.0) {
            return match (request.method().as_str(), path) {
                ("GET", ["repositories"]) if user.is_some() => json(StatusCode::OK, &json!([])),
                _ => empty(StatusCode::FORBIDDEN),
            };
        }
        let answer = state.answer(&self.options, request, path, &body);
        if is_write && answer.status().is_success() {
            state.writes.push(format!("{} /{}", request.method(), path.join("/")));
        }
        drop(state);
        if is_write && answer.status().is_success() && path.first() == Some(&"repositories") {
            let name = body["name"].as_str().unwrap_or_default();
            let port = body["docker"]["httpPort"].as_u64().and_then(|port| u16::try_from(port).ok());
            // A port that is taken has no connector; the real one writes that to its log.
            drop(port.map(|port| self.open_connector(name, port)));
        }
        answer
    }

    /// Serves a docker repository on its own port.
    fn open_connector(&self, repository: &str, port: u16) -> io::Result<()> {
        let mut connectors = self.connectors.lock();
        if connectors.contains_key(&port) {
            return Ok(());
        }
        let (address, listener) = Front::listen(port)?;
        let tokens = Arc::new(Tokens::default());
        let auth = TokenAuth {
            realm: format!("http://{address}/v2/token"),
            service: format!("http://{address}/v2/token"),
            verifier: Arc::clone(&tokens) as _,
        };
        let options = ServerOptions { auth: Auth::Token(auth), ..ServerOptions::default() };
        let registry = Server::start(([127, 0, 0, 1], 0).into(), Arc::new(MemoryStore::new()), options)?;
        let connector = Connector {
            shared: self.this.clone(),
            repository: repository.to_owned(),
            tokens,
            registry: registry.addr(),
        };
        let front = Front::start(listener, Arc::new(connector))?;
        connectors.insert(port, Running { _front: front, _registry: registry });
        Ok(())
    }
}

/// A docker repository on its own port.
#[derive(Debug)]
struct Connector {
    shared: Weak<Shared>,
    repository: String,
    tokens: Arc<Tokens>,
    registry: SocketAddr,
}

impl Answers for Connector {
    fn answer(&self, request: &Request<Bytes>) -> Option<Answer> {
        let shared = self.shared.upgrade()?;
        let state = shared.state.lock();
        if !state.realms.iter().any(|it| it == "DockerToken") {
            return Some(unauthorized());
        }
        if request.uri().path() != "/v2/token" {
            return None;
        }
        let login = basic(request.headers());
        let user = match &login {
            Some((name, password)) if state.passwords.get(name) == Some(password) => Some(name.as_str()),
            Some(_) => return Some(unauthorized()),
            None => None,
        };
        Some(self.tokens.issue(request, |_, action| state.allows(user, &self.repository, action)))
    }

    fn registry(&self) -> Option<SocketAddr> {
        Some(self.registry)
    }

    fn server(&self) -> Option<HeaderValue> {
        self.shared.upgrade()?.server()
    }
}

fn unauthorized() -> Answer {
    let mut answer = empty(StatusCode::UNAUTHORIZED);
    let challenge = HeaderValue::from_static("BASIC realm=\"Sonatype Nexus Repository Manager\"");
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    answer
}

/// What bean validation finds.
fn check(kind: &str, body: &Value) -> Option<Answer> {
    let mut required = vec![
        "/name",
        "/online",
        "/storage/blobStoreName",
        "/storage/strictContentTypeValidation",
        "/docker/v1Enabled",
        "/docker/forceBasicAuth",
    ];
    match kind {
        "hosted" => required.push("/storage/writePolicy"),
        _ => required.extend([
            "/proxy/remoteUrl",
            "/proxy/contentMaxAge",
            "/proxy/metadataMaxAge",
            "/negativeCache/enabled",
            "/negativeCache/timeToLive",
            "/httpClient/blocked",
            "/httpClient/autoBlock",
            "/dockerProxy/indexType",
        ]),
    }
    let missing = required.iter().find(|place| body.pointer(place).is_none_or(Value::is_null));
    if let Some(place) = missing {
        return Some(invalid(&place[1..].replace('/', "."), "may not be null"));
    }
    let authentication = &body["httpClient"]["authentication"];
    if authentication.is_object() && authentication["password"].as_str().is_none_or(str::is_empty) {
        return Some(invalid("httpClient.authentication.password", "must not be empty"));
    }
    let name = body["name"].as_str().unwrap_or_default();
    (name.to_lowercase() != name).then(|| invalid("arg0", "Docker repository names must be lower case"))
}

impl State {
    fn answer(
        &mut self,
        options: &NexusOptions,
        request: &Request<Bytes>,
        path: &[&str],
        body: &Value,
    ) -> Answer {
        let ok = |document: &Value| json(StatusCode::OK, document);
        let no_content = || empty(StatusCode::NO_CONTENT);
        let missing = || empty(StatusCode::NOT_FOUND);
        match (request.method().as_str(), path) {
            ("GET", ["system", "eula"]) if options.eula => {
                ok(&json!({"accepted": self.eula_accepted, "disclaimer": DISCLAIMER}))
            }
            ("POST", ["system", "eula"]) if options.eula => {
                if body["disclaimer"] != DISCLAIMER {
                    return text(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        "ERROR: (ID 1) java.lang.IllegalArgumentException: Invalid EULA disclaimer",
                    );
                }
                self.eula_accepted = body["accepted"] == true;
                no_content()
            }
            ("GET", ["security", "realms", "available"]) => ok(&json!([
                {"id": "NexusAuthenticatingRealm", "name": "Local Authenticating Realm"},
                {"id": "DockerToken", "name": "Docker Bearer Token Realm"},
            ])),
            ("GET", ["security", "realms", "active"]) => ok(&json!(self.realms)),
            ("PUT", ["security", "realms", "active"]) => self.set_realms(body),
            ("GET", ["blobstores"]) => ok(&json!([{"name": "default", "type": "File", "softQuota": null,
                "unavailable": false, "blobCount": 0, "totalSizeInBytes": 0,
                "availableSpaceInBytes": 900_000_000_000_u64}])),
            ("GET", ["security", "anonymous"]) => ok(&self.anonymous),
            ("PUT", ["security", "anonymous"]) => {
                self.anonymous = body.clone();
                ok(&self.anonymous)
            }
            ("GET", ["http"]) if options.http_settings => ok(&without_proxy_passwords(&self.http)),
            ("PUT", ["http"]) if options.http_settings => {
                self.http = body.clone();
                no_content()
            }
            ("GET", ["repositories", name]) => match self.repositories.get(*name) {
                Some(it) => ok(&json!({"name": name, "format": it["format"], "type": it["type"],
                    "url": format!("http://nexus/repository/{name}"), "attributes": {}})),
                None => missing(),
            },
            ("GET", ["repositories", format, kind, name]) => match self.repositories.get(*name) {
                Some(it) if it["format"] == *format && it["type"] == *kind => ok(&shown(it, options)),
                _ => refused(StatusCode::NOT_FOUND, "Repository not found"),
            },
            ("POST", ["repositories", "docker", kind]) => {
                let name = body["name"].as_str().unwrap_or_default().to_owned();
                if self.repositories.contains_key(&name) {
                    return refused(StatusCode::BAD_REQUEST, "Duplicate key");
                }
                if body["storage"]["blobStoreName"] != "default" {
                    return refused(StatusCode::BAD_REQUEST, "Blob store not found");
                }
                self.repositories.insert(name, stored(kind, body));
                empty(StatusCode::CREATED)
            }
            ("PUT", ["repositories", "docker", kind, name]) => {
                let Some(before) = self.repositories.get(*name) else { return missing() };
                if body["name"] != *name
                    || body["storage"]["blobStoreName"] != before["storage"]["blobStoreName"]
                {
                    return refused(StatusCode::BAD_REQUEST, "Renaming is not supported");
                }
                self.repositories.insert((*name).to_owned(), stored(kind, body));
                no_content()
            }
            (_, ["security", "roles", rest @ ..]) => self.roles(request.method(), rest, body),
            (_, ["security", "users", rest @ ..]) => self.users(request, rest, body),
            _ => missing(),
        }
    }

    /// An empty list, or one without the local realm, is accepted, and nobody can log in any more.
    fn set_realms(&mut self, body: &Value) -> Answer {
        let realms = list(body);
        if let Some(unknown) =
            realms.iter().find(|it| !["NexusAuthenticatingRealm", "DockerToken"].contains(&it.as_str()))
        {
            let message = format!("ValidationErrorXO{{id='*', message='\"Unknown realmIds: [{unknown}]\"'}}");
            return text(StatusCode::BAD_REQUEST, &message);
        }
        if !realms.iter().any(|it| it == "NexusAuthenticatingRealm") {
            self.passwords.clear();
        }
        self.realms = realms;
        empty(StatusCode::NO_CONTENT)
    }

    /// Creating a repository creates its privileges.
    fn knows_privilege(&self, privilege: &str) -> bool {
        let rest = privilege.strip_prefix("nx-repository-view-docker-");
        let known = rest.and_then(|rest| rest.rsplit_once('-')).is_some_and(|(name, action)| {
            self.repositories.contains_key(name)
                && ["browse", "read", "add", "edit", "delete", "*"].contains(&action)
        });
        known || ["nx-all", "nx-search-read"].contains(&privilege)
    }

    /// Whether a user may pull from or push to a docker repository.
    fn allows(&self, user: Option<&str>, repository: &str, action: &str) -> bool {
        let Some(user) = user else { return action == "pull" && self.anonymous["enabled"] == true };
        let roles = self.users.get(user).map(|user| list(&user["roles"])).unwrap_or_default();
        let action = if action == "pull" { "read" } else { "add" };
        let privilege = format!("nx-repository-view-docker-{repository}-{action}");
        roles.iter().any(|role| {
            role == "nx-admin"
                || self.roles.get(role).is_some_and(|role| list(&role["privileges"]).contains(&privilege))
        })
    }

    fn roles(&mut self, method: &Method, path: &[&str], body: &Value) -> Answer {
        let unknown = list(&body["privileges"]).into_iter().find(|it| !self.knows_privilege(it));
        match (method.as_str(), path) {
            ("GET", [id]) => match self.roles.get(*id) {
                Some(role) => json(StatusCode::OK, role),
                None => refused(StatusCode::NOT_FOUND, "Role not found"),
            },
            ("POST" | "PUT", _) if unknown.is_some() => {
                json(StatusCode::BAD_REQUEST, &json!([{"id": "privileges", "message": "Invalid privilege"}]))
            }
            ("POST", []) => {
                let id = body["id"].as_str().unwrap_or_default().to_owned();
                if self.roles.contains_key(&id) {
                    return refused(StatusCode::BAD_REQUEST, "Role already exists");
                }
                let role = role(body);
                self.roles.insert(id, role.clone());
                json(StatusCode::OK, &role)
            }
            ("PUT", [id]) if !self.roles.contains_key(*id) => empty(StatusCode::NOT_FOUND),
            ("PUT", [id]) if body["id"] != *id => refused(StatusCode::CONFLICT, "The id does not match"),
            ("PUT", [id]) => {
                self.roles.insert((*id).to_owned(), role(body));
                empty(StatusCode::NO_CONTENT)
            }
            _ => empty(StatusCode::NOT_FOUND),
        }
    }

    fn users(&mut self, request: &Request<Bytes>, path: &[&str], body: &Value) -> Answer {
        let known = |role: &String| self.roles.contains_key(role) || role.starts_with("nx-");
        match (request.method().as_str(), path) {
            // The name is a prefix.
            ("GET", []) => {
                let prefix = query_value(request, "userId");
                let found = self.users.iter().filter(|(name, _)| name.starts_with(&prefix));
                json(StatusCode::OK, &found.map(|(_, user)| user.clone()).collect())
            }
            ("POST", []) => {
                let id = body["userId"].as_str().unwrap_or_default().to_owned();
                if self.users.contains_key(&id) {
                    return text(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        &format!(
                            "ERROR: (ID 2) org.sonatype.nexus.security.user.DuplicateUserException: User {id} already exists."
                        ),
                    );
                }
                if list(&body["roles"]).is_empty() {
                    return invalid("roles", "must not be empty");
                }
                if !body["emailAddress"].as_str().is_some_and(|it| it.contains('@')) {
                    return invalid("emailAddress", "must be a well-formed email address");
                }
                // The answer has all roles; those that do not exist are not kept.
                let mut user = body.clone();
                let Some(fields) = user.as_object_mut() else { return empty(StatusCode::BAD_REQUEST) };
                let password = fields.remove("password");
                fields.extend([
                    ("source".to_owned(), json!("default")),
                    ("readOnly".to_owned(), json!(false)),
                    ("externalRoles".to_owned(), json!([])),
                ]);
                let answer = json(StatusCode::OK, &user);
                user["roles"] = list(&body["roles"]).into_iter().filter(known).collect();
                let password = password.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default();
                self.passwords.insert(id.clone(), password);
                self.users.insert(id, user);
                answer
            }
            ("PUT", [id]) if !self.users.contains_key(*id) => empty(StatusCode::NOT_FOUND),
            ("PUT", [id]) => {
                if body["userId"] != *id || body["source"] != "default" {
                    return refused(StatusCode::BAD_REQUEST, "The user id does not match");
                }
                if !list(&body["roles"]).iter().all(known) {
                    return json(
                        StatusCode::BAD_REQUEST,
                        &json!([{"id": "roles", "message": "Unable to locate roles"}]),
                    );
                }
                self.users.insert((*id).to_owned(), body.clone());
                empty(StatusCode::NO_CONTENT)
            }
            _ => empty(StatusCode::NOT_FOUND),
        }
    }
}

fn role(body: &Value) -> Value {
    let or = |value: &Value, default: Value| if value.is_null() { default } else { value.clone() };
    json!({"id": body["id"], "source": "default", "name": body["name"],
        "description": or(&body["description"], body["id"].clone()), "readOnly": false,
        "privileges": or(&body["privileges"], json!([])), "roles": or(&body["roles"], json!([]))})
}

/// A write replaces: what is left out gets its default or is removed.
fn stored(kind: &str, body: &Value) -> Value {
    let mut stored = body.clone();
    stored["format"] = "docker".into();
    stored["type"] = kind.into();
    if stored["httpClient"].is_object() && stored["httpClient"]["connection"].is_null() {
        stored["httpClient"]["connection"] = json!({"retries": null, "timeout": null, "userAgentSuffix": "",
            "enableCircularRedirects": false, "enableCookies": false, "useTrustStore": false});
    }
    // A request names the routing rule in another way than an answer.
    let rule = stored["routingRule"].clone();
    stored["routingRuleName"] = rule;
    stored
}

/// What GET gives: absent parts as null, no password, and nothing that this version does not have.
fn shown(repository: &Value, options: &NexusOptions) -> Value {
    let mut shown = repository.clone();
    shown["url"] = "http://nexus/repository/x".into();
    for part in ["cleanup", "component"] {
        if shown[part].is_null() {
            shown[part] = Value::Null;
        }
    }
    if let Some(authentication) =
        shown.pointer_mut("/httpClient/authentication").and_then(Value::as_object_mut)
    {
        authentication.remove("password");
    }
    let has_paths =
        options.version.split('.').nth(1).and_then(|it| it.parse::<u32>().ok()).is_some_and(|it| it >= 84);
    if let Some(docker) = shown["docker"].as_object_mut() {
        if !has_paths {
            docker.remove("pathEnabled");
        }
        for port in ["httpPort", "httpsPort", "subdomain"] {
            docker.entry(port).or_insert(Value::Null);
        }
    }
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("routingRule");
    }
    shown
}

fn without_proxy_passwords(settings: &Value) -> Value {
    let mut shown = settings.clone();
    for proxy in ["httpProxy", "httpsProxy"] {
        if let Some(login) = shown[proxy]["authInfo"].as_object_mut() {
            login.remove("password");
        }
    }
    shown
}
