//! `dhctl config proxy`

use std::path::Path;

use commands::{Command, Tool};
use deckhouse::manifests::{
    ProxyLogin, ProxyUrl, SQUID_PASSWORDS, complete_no_proxy, write_cluster_proxy, write_squid_conf,
};
use egress::Secret;

use super::access;
use crate::{
    args::ProxyArgs,
    failure::Failure,
    logins::Login,
    printer,
    result_file::{self, Readers},
};

pub(crate) fn run(args: &ProxyArgs) -> Result<(), Failure> {
    let login = Login {
        name: args.proxy_login.as_deref(),
        password: args.proxy_password.as_ref(),
        password_file: args.proxy_password_file.as_deref(),
        license: None,
        license_file: None,
        license_variable: None,
        flag: "--proxy-login",
        password_flag: "--proxy-password",
        password_variable: None,
    };
    let login = login.typed()?;
    let login = login.as_ref().map(|it| ProxyLogin { name: &it.login, password: it.password.expose() });
    let url = |field, url: &Option<Secret>| {
        url.as_ref().map(|url| ProxyUrl::new(field, url.expose(), login)).transpose()
    };
    let http = url("httpProxy", &args.http_proxy)?;
    let https = url("httpsProxy", &args.https_proxy)?;
    let no_proxy = complete_no_proxy(&args.no_proxy, args.registry.as_ref())?;
    let section = write_cluster_proxy(http.as_ref(), https.as_ref(), &no_proxy)?;

    if let Some(path) = &args.squid_conf {
        let proxies: Vec<&ProxyUrl> = http.iter().chain(&https).collect();
        let text = write_squid_conf(&proxies, args.registry.as_ref())?;
        result_file::write(path, &text, Readers::All, args.file.force)?;
        tell_of_squid(path, proxies.iter().find_map(|proxy| proxy.login()).unwrap_or("LOGIN"));
    }
    tell_of_no_proxy(&no_proxy, args);
    access::give(&section, &args.file)
}

fn tell_of_squid(path: &Path, login: &str) {
    printer::note(&format!("written    {}", path.display()));
    printer::note(
        "to do on the proxy's host (Debian: squid-openssl, apache2-utils), with this file as /etc/squid/squid.conf:",
    );
    let file = || SQUID_PASSWORDS.to_owned();
    let make = Command::tool(Tool::Htpasswd { file: file(), login: login.to_owned() });
    let (own, close) =
        (Command::tool(Tool::ChownToSquid(file())), Command::tool(Tool::ChmodForSquid(file())));
    printer::note(&format!("  {make}"));
    printer::note(&format!("  {own} && {close}"));
    printer::note("  squid -k parse && systemctl restart squid");
}

fn tell_of_no_proxy(list: &[String], args: &ProxyArgs) {
    match &args.registry {
        Some(registry) => {
            let name = registry.name().to_ascii_lowercase();
            printer::note(&format!("note: noProxy has the registry {name}"));
        }
        None => printer::note("note: noProxy has no registry: a private one is named by --registry"),
    }
    // The platform adds subnets of pods and services, and the cluster's domain.
    if !list.iter().any(|item| item.contains('/')) {
        printer::note(
            "note: noProxy has no subnet: that of the nodes is not added by the platform; name it as --no-proxy 10.0.0.0/24",
        );
    }
    printer::note(
        "note: the section belongs at the top level of ClusterConfiguration; of a running cluster: d8 system edit cluster-configuration",
    );
}
