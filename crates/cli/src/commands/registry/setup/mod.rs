//! `dhctl registry setup …`

mod passwords;
mod report;
mod run;

use oci::RepositoryUrl;
use registry_admin::{Account, Login, SecretName, Secrets, harbor, nexus};

use crate::{
    Environment,
    failure::Failure,
    invocation::Invocation,
    logins::{self, read_secret},
    printer,
    settings::{HarborSetup, NexusSetup, Output, PLATFORM_PATH, SetupSettings},
    words,
};

use self::{
    passwords::{Origin, PasswordFiles},
    run::Setup,
};

const NEXUS: &str = "registry setup nexus";
const HARBOR: &str = "registry setup harbor";

/// A setup of Nexus, or the failure that the settings are not valid.
pub(crate) fn nexus(settings: Result<Box<NexusSetup>, Failure>, environment: Environment) -> Invocation {
    let output = output(settings.as_ref().ok().map(|it| &it.common));
    Invocation::new(NEXUS, output, async move { set_up_nexus(*settings?, &environment).await })
}

/// A setup of Harbor, or the failure that the settings are not valid.
pub(crate) fn harbor(settings: Result<Box<HarborSetup>, Failure>, environment: Environment) -> Invocation {
    let output = output(settings.as_ref().ok().map(|it| &it.common));
    Invocation::new(HARBOR, output, async move { set_up_harbor(*settings?, &environment).await })
}

fn output(settings: Option<&SetupSettings>) -> Output {
    settings.map_or_else(Output::plain, |it| Output::result_only(it.format))
}

async fn set_up_nexus(settings: NexusSetup, environment: &Environment) -> Result<(), Failure> {
    let registry = registry_of_nexus(&settings)?;
    let NexusSetup { common, repository, connectors, outgoing_proxy, .. } = settings;
    let (login, mut secrets) = (admin(&common)?, Secrets::default());
    let upstream = match &common.upstream {
        None => None,
        Some(upstream) => Some(nexus::Upstream {
            url: upstream.url.clone(),
            login: upstream_login(&upstream.login, &mut secrets)?,
            not_found_cache: settings.not_found_cache,
        }),
    };
    if let Some(file) = &settings.outgoing_password_file {
        secrets.insert(SecretName::OutgoingProxy, read_secret(file, "the password for the proxy")?);
    }
    let is_proxy_cache = upstream.is_some();
    let wanted = nexus::Wanted {
        repository,
        format: "docker".to_owned(),
        realm: Some("DockerToken".to_owned()),
        blob_store: settings.blob_store,
        upstream,
        connectors,
        pull_account: settings.pull_account,
        push_account: settings.push_account,
        allow_anonymous: settings.allow_anonymous,
        accept_eula: settings.accept_eula,
        outgoing_proxy,
    };
    let mut files = PasswordFiles::new(Origin::Generated);
    let stems = [(Account::Pull, &wanted.pull_account), (Account::Push, &wanted.push_account)];
    for ((account, stem), given) in stems.into_iter().zip(&common.password_files) {
        files.add(account, given.clone(), &common.out, stem);
    }
    let network = common.server.network(environment);
    let product = nexus::Nexus::new(&network, &common.url, common.server.plain_http, login, wanted)?;
    let plain_http = match (connectors.http, connectors.by_path()) {
        (Some(_), _) => true,
        (None, true) => common.server.plain_http,
        (None, false) => false,
    };
    let setup = Setup {
        name: NEXUS,
        product,
        settings: &common,
        files,
        secrets,
        registry: &registry,
        plain_http,
        is_proxy_cache,
        environment,
    };
    setup.run().await
}

/// The repository as clients reach it.
fn registry_of_nexus(settings: &NexusSetup) -> Result<RepositoryUrl, Failure> {
    if let Some(registry) = &settings.registry {
        return Ok(registry.clone());
    }
    let url = &settings.common.url;
    let registry = match settings.connectors.http.or(settings.connectors.https) {
        Some(port) => format!("{}:{port}/{PLATFORM_PATH}", url.name()),
        None => format!("{}/{}/{PLATFORM_PATH}", url.host, settings.repository),
    };
    let registry = registry.parse::<RepositoryUrl>();
    registry.map_err(|error| {
        Failure::usage(error.to_string())
            .hint("set --registry to the address that clients use for the repository: HOST[:PORT]/PATH")
    })
}

async fn set_up_harbor(settings: HarborSetup, environment: &Environment) -> Result<(), Failure> {
    let HarborSetup { common, registry, project, endpoint, .. } = settings;
    let (login, mut secrets) = (admin(&common)?, Secrets::default());
    let upstream = match &common.upstream {
        None => None,
        Some(upstream) => Some(harbor::Upstream {
            endpoint,
            url: upstream.url.clone(),
            login: upstream_login(&upstream.login, &mut secrets)?,
        }),
    };
    let is_proxy_cache = upstream.is_some();
    let mut files = PasswordFiles::new(Origin::Server);
    for (account, robot) in [(Account::Pull, &settings.pull_robot), (Account::Push, &settings.push_robot)] {
        files.add(account, None, &common.out, &format!("{project}-{robot}"));
    }
    let path = registry.repository.as_str();
    let repository = path.strip_prefix(&project).unwrap_or(path).trim_start_matches('/').to_owned();
    let wanted = harbor::Wanted {
        project,
        repository,
        public: settings.public,
        quota: settings.quota,
        upstream,
        pull_robot: settings.pull_robot,
        push_robot: settings.push_robot,
    };
    let (network, plain_http) = (common.server.network(environment), common.server.plain_http);
    let product = harbor::Harbor::new(&network, &common.url, plain_http, login, wanted)?;
    let setup = Setup {
        name: HARBOR,
        product,
        settings: &common,
        files,
        secrets,
        registry: &registry,
        plain_http,
        is_proxy_cache,
        environment,
    };
    setup.run().await
}

fn admin(settings: &SetupSettings) -> Result<Login, Failure> {
    let login = settings.admin.entered()?.filter(|it| !it.password.expose().is_empty());
    let login = login.ok_or_else(|| {
        Failure::usage("the password of the administrator is not set")
            .hint("set --admin-password-file FILE, or DHCTL_CLI_REGISTRY_ADMIN_PASSWORD")
    })?;
    Ok(Login { name: login.login, password: login.password })
}

/// The login at the upstream. Its password becomes a secret of the setup.
fn upstream_login(login: &logins::Login, secrets: &mut Secrets) -> Result<Option<String>, Failure> {
    let Some(found) = login.given()? else { return Ok(None) };
    if found.password.expose().is_empty() {
        return Err(Failure::usage("the login for the upstream has no password")
            .hint("set --upstream-password-file, or remove --upstream-login and set --license-file"));
    }
    secrets.insert(SecretName::Upstream, found.password);
    Ok(Some(found.login))
}

/// Prints a remark to standard error.
fn remark(remark: &words::setup::Remark) {
    printer::say(if remark.is_warning { "warning" } else { "note" }, &remark.text);
}
