//! Settings of `dhctl registry setup`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use egress::{Settings, TrustSettings};
use oci::RepositoryUrl;
use registry_admin::{
    AdminUrl,
    nexus::{Connectors, OutgoingProxy, ProxyServer},
};

use super::{Connection, network};
use crate::{
    Environment,
    args::{
        AdminArgs, HarborArgs, NexusArgs, OutgoingProxyArgs, OutputFormat, ServerArgs, SetupArgs,
        UpstreamArgs,
    },
    failure::Failure,
    logins::Login,
};

/// What the setups of all products have.
#[derive(Debug)]
pub(crate) struct SetupSettings {
    /// The address of the API.
    pub(crate) url: AdminUrl,
    /// How it is reached.
    pub(crate) server: ServerSettings,
    /// The login of an administrator.
    pub(crate) admin: Login,
    /// The upstream of a proxy cache.
    pub(crate) upstream: Option<UpstreamSettings>,
    /// Directory of the files with passwords.
    pub(crate) out: PathBuf,
    /// Files that passwords of accounts are read from: for pulling and for pushing.
    pub(crate) password_files: [Option<PathBuf>; 2],
    /// Whether changes of existing objects are agreed to.
    pub(crate) yes: bool,
    /// Whether the calls are only shown.
    pub(crate) dry_run: bool,
    /// Whether the registry is checked with the accounts at the end.
    pub(crate) check: bool,
    /// Format of the result.
    pub(crate) format: OutputFormat,
}

/// How a server is reached.
#[derive(Debug)]
pub(crate) struct ServerSettings {
    /// Whether HTTP is used instead of HTTPS.
    pub(crate) plain_http: bool,
    skip_verify: bool,
    ca_files: Vec<PathBuf>,
}

/// The upstream of a proxy cache.
#[derive(Debug)]
pub(crate) struct UpstreamSettings {
    /// Its URL, without a path.
    pub(crate) url: String,
    /// The login there.
    pub(crate) login: Login,
}

/// Settings of `dhctl registry setup nexus`.
#[derive(Debug)]
pub(crate) struct NexusSetup {
    pub(crate) common: SetupSettings,
    pub(crate) repository: String,
    pub(crate) connectors: Connectors,
    pub(crate) blob_store: String,
    /// The repository as clients reach it.
    pub(crate) registry: Option<RepositoryUrl>,
    pub(crate) not_found_cache: u32,
    pub(crate) pull_account: String,
    pub(crate) push_account: String,
    pub(crate) allow_anonymous: bool,
    pub(crate) accept_eula: bool,
    pub(crate) outgoing_proxy: Option<OutgoingProxy>,
    pub(crate) outgoing_password_file: Option<PathBuf>,
}

/// Settings of `dhctl registry setup harbor`.
#[derive(Debug)]
pub(crate) struct HarborSetup {
    pub(crate) common: SetupSettings,
    /// The platform's repository, which is below the project.
    pub(crate) registry: RepositoryUrl,
    pub(crate) project: String,
    pub(crate) public: bool,
    pub(crate) quota: Option<u64>,
    pub(crate) endpoint: String,
    pub(crate) pull_robot: String,
    pub(crate) push_robot: String,
}

impl ServerSettings {
    /// The network settings for this server.
    pub(crate) fn network(&self, environment: &Environment) -> Settings {
        let settings = network(environment);
        let trust = TrustSettings {
            ca_files: self.ca_files.clone(),
            certs_d: vec!["/etc/docker/certs.d".into(), "/etc/containers/certs.d".into()],
            skip_verify: self.skip_verify,
            ..settings.trust
        };
        Settings { trust, ..settings }
    }
}

impl SetupSettings {
    /// How the registry of the product is reached.
    pub(crate) fn connection(&self, plain_http: bool) -> Connection {
        Connection {
            parallel: Connection::PARALLEL,
            metadata: None,
            retry_timeout: Duration::ZERO,
            plain_http,
            skip_verify: self.server.skip_verify,
            ca_files: self.server.ca_files.clone(),
            client: None,
        }
    }
}

/// The path of the platform's repository in the documentation of the platform.
pub(crate) const PLATFORM_PATH: &str = "deckhouse/ee";

/// The settings, or the failure that they are not valid.
pub(crate) fn nexus_setup(args: NexusArgs) -> Result<Box<NexusSetup>, Failure> {
    let NexusArgs {
        nexus,
        repository,
        http_port,
        https_port,
        blob_store,
        registry,
        not_found_cache,
        pull_password_file,
        push_password_file,
        allow_anonymous,
        accept_eula,
        outgoing,
        setup,
    } = args;
    let account =
        |named: &Option<String>, end: &str| named.clone().unwrap_or_else(|| format!("{repository}-{end}"));
    let (pull_account, push_account) =
        (account(&setup.pull_account, "pull"), account(&setup.push_account, "push"));
    if pull_account == push_account {
        return Err(same_account(&pull_account));
    }
    let outgoing_password_file = outgoing.outgoing_password_file.clone();
    let files = [pull_password_file, push_password_file];
    let more = [files[0].as_deref(), files[1].as_deref(), outgoing_password_file.as_deref()];
    only_one_from_standard_input(&setup, &more)?;
    Ok(Box::new(NexusSetup {
        common: common(setup, nexus, files)?,
        connectors: Connectors { http: http_port, https: https_port },
        blob_store,
        registry,
        not_found_cache,
        pull_account,
        push_account,
        allow_anonymous,
        accept_eula,
        outgoing_proxy: outgoing_proxy(outgoing)?,
        outgoing_password_file,
        repository,
    }))
}

/// The settings, or the failure that they are not valid.
pub(crate) fn harbor_setup(args: HarborArgs) -> Result<Box<HarborSetup>, Failure> {
    let HarborArgs { registry, public, quota, endpoint, setup } = args;
    only_one_from_standard_input(&setup, &[])?;
    let path = registry.repository.as_str();
    let project = path.split('/').next().unwrap_or_default().to_owned();
    let repository =
        if path == project { registry.repository.join(PLATFORM_PATH) } else { Ok(registry.repository) };
    let repository = repository.map_err(|error| Failure::usage(error.to_string()))?;
    let url = AdminUrl { host: registry.host.as_str().to_owned(), context: String::new(), plain_http: false };
    let pull_robot = setup.pull_account.clone().unwrap_or_else(|| "pull".to_owned());
    let push_robot = setup.push_account.clone().unwrap_or_else(|| "push".to_owned());
    if pull_robot == push_robot {
        return Err(same_account(&pull_robot));
    }
    Ok(Box::new(HarborSetup {
        common: common(setup, url, [None, None])?,
        registry: RepositoryUrl { host: registry.host, repository },
        endpoint: endpoint.unwrap_or_else(|| project.clone()),
        project,
        public,
        quota,
        pull_robot,
        push_robot,
    }))
}

fn same_account(name: &str) -> Failure {
    Failure::usage(format!("the accounts for pulling and for pushing have the same name, {name}"))
        .hint("set another name with --pull-account or --push-account")
}

/// Standard input can be read once.
fn only_one_from_standard_input(setup: &SetupArgs, more: &[Option<&Path>]) -> Result<(), Failure> {
    let files = [
        setup.admin.admin_password_file.as_deref(),
        setup.upstream.upstream_password_file.as_deref(),
        setup.upstream.license_file.as_deref(),
    ];
    let files = files.iter().chain(more).flatten();
    if files.filter(|path| **path == Path::new("-")).count() > 1 {
        let message = "several secrets are to be read from standard input";
        return Err(Failure::usage(message).hint("use \"-\" once, and files for the other secrets"));
    }
    Ok(())
}

fn common(
    args: SetupArgs,
    url: AdminUrl,
    password_files: [Option<PathBuf>; 2],
) -> Result<SetupSettings, Failure> {
    let SetupArgs { upstream, out, admin, server, no_check, change, output, .. } = args;
    let AdminArgs { admin_login, admin_password, admin_password_file } = admin;
    let ServerArgs { insecure, tls_skip_verify, ca_file } = server;
    if url.plain_http && !insecure {
        return Err(Failure::usage(
            "the address begins with http://, so the password would be sent in plain text",
        )
        .hint("use https://, or confirm plain HTTP with --insecure"));
    }
    Ok(SetupSettings {
        url,
        server: ServerSettings { plain_http: insecure, skip_verify: tls_skip_verify, ca_files: ca_file },
        admin: Login {
            name: Some(admin_login),
            password: admin_password,
            password_file: admin_password_file,
            license: None,
            license_file: None,
            flag: "--admin-login",
            password_flag: "--admin-password",
            d8: None,
            password_variable: Some("DHCTL_CLI_REGISTRY_ADMIN_PASSWORD"),
            license_variable: None,
        },
        upstream: upstream_settings(upstream)?,
        out,
        password_files,
        yes: change.consent.yes,
        dry_run: change.dry_run,
        check: !no_check,
        format: output,
    })
}

fn upstream_settings(args: UpstreamArgs) -> Result<Option<UpstreamSettings>, Failure> {
    let UpstreamArgs { proxy_of, upstream_login, upstream_password_file, license, license_file } = args;
    // The variable of the license key may be set for other commands.
    let Some(upstream) = proxy_of else { return Ok(None) };
    if !upstream.context.is_empty() {
        let message = format!("--proxy-of {upstream}: only the host is named, without a path");
        return Err(Failure::usage(message).hint(format!(
            "set --proxy-of {}; images have the same path in the proxy cache as in its upstream",
            upstream.host
        )));
    }
    let scheme = if upstream.plain_http { "http" } else { "https" };
    Ok(Some(UpstreamSettings {
        url: format!("{scheme}://{}", upstream.host),
        login: Login {
            name: upstream_login,
            password: None,
            password_file: upstream_password_file,
            license,
            license_file,
            flag: "--upstream-login",
            password_flag: "--upstream-password",
            d8: None,
            password_variable: None,
            license_variable: Some("DHCTL_CLI_MIRROR_LICENSE"),
        },
    }))
}

fn outgoing_proxy(args: OutgoingProxyArgs) -> Result<Option<OutgoingProxy>, Failure> {
    let OutgoingProxyArgs {
        outgoing_http_proxy,
        outgoing_https_proxy,
        outgoing_login,
        outgoing_password_file: _,
        outgoing_no_proxy,
    } = args;
    let server = |flag: &str, url: Option<AdminUrl>| {
        let Some(url) = url else { return Ok(None) };
        let port = url.host[url.name().len()..].strip_prefix(':').and_then(|port| port.parse().ok());
        match port {
            Some(port) if url.context.is_empty() => {
                Ok(Some(ProxyServer { host: url.name().to_owned(), port }))
            }
            _ => Err(Failure::usage(format!("{flag} {url}: expected HOST:PORT"))),
        }
    };
    let http = server("--outgoing-http-proxy", outgoing_http_proxy)?;
    let https = server("--outgoing-https-proxy", outgoing_https_proxy)?;
    if http.is_none() && https.is_none() {
        if outgoing_login.is_some() || !outgoing_no_proxy.is_empty() {
            return Err(Failure::usage("settings of a proxy of Nexus without a proxy")
                .hint("set --outgoing-http-proxy or --outgoing-https-proxy"));
        }
        return Ok(None);
    }
    Ok(Some(OutgoingProxy { http, https, login: outgoing_login, no_proxy: outgoing_no_proxy }))
}
