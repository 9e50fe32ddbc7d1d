//! `dhctl config proxy`

use std::path::Path;

use commands::{Command, Tool};
use deckhouse::manifests::{
    ProxyLogin, ProxyUrl, SQUID_PASSWORDS, complete_no_proxy, write_cluster_proxy, write_squid_conf,
};
use egress::Secret;
use oci::Host;

use super::access;
use crate::{
    failure::Failure,
    invocation::Invocation,
    printer,
    result_file::{self, Readers},
    settings::{Output, ProxySettings},
    words::requirement::EDIT,
};

pub(crate) fn invocation(settings: ProxySettings) -> Invocation {
    Invocation::immediate("config proxy", Output::plain(), move || run(&settings))
}

fn run(settings: &ProxySettings) -> Result<(), Failure> {
    let login = settings.login.entered()?;
    let login = login.as_ref().map(|it| ProxyLogin { name: &it.login, password: it.password.expose() });
    let url = |field, url: &Option<Secret>| {
        url.as_ref().map(|url| ProxyUrl::new(field, url.expose(), login)).transpose()
    };
    let http = url("httpProxy", &settings.http)?;
    let https = url("httpsProxy", &settings.https)?;
    let no_proxy = complete_no_proxy(&settings.no_proxy, settings.registry.as_ref())?;
    let section = write_cluster_proxy(http.as_ref(), https.as_ref(), &no_proxy)?;

    if let Some(path) = &settings.squid_conf {
        let proxies: Vec<&ProxyUrl> = http.iter().chain(&https).collect();
        let text = write_squid_conf(&proxies, settings.registry.as_ref(), &settings.allowed_hosts)?;
        result_file::write(path, &text, Readers::All, settings.file.replace)?;
        if settings.allowed_hosts.is_empty() {
            printer::note(
                "note: squid.conf allows all hosts; to allow only the source registry, its token server and its storage, use \
                 --allow-host; dhctl registry check HOST/PATH --for cluster shows these hosts",
            );
        }
        print_squid_steps(path, proxies.iter().find_map(|proxy| proxy.login()).unwrap_or("LOGIN"));
    }
    print_no_proxy_notes(&no_proxy, settings.registry.as_ref());
    access::print(&section, &settings.file)
}

fn print_squid_steps(path: &Path, login: &str) {
    printer::note(&format!("written    {}", path.display()));
    printer::note(
        "next: copy it to /etc/squid/squid.conf on the proxy host (Debian packages: squid-openssl, apache2-utils), and run there:",
    );
    let file = || SQUID_PASSWORDS.to_owned();
    let make = Command::tool(Tool::Htpasswd { file: file(), login: login.to_owned() });
    let (own, close) =
        (Command::tool(Tool::ChownToSquid(file())), Command::tool(Tool::ChmodForSquid(file())));
    printer::note(&format!("  {make}"));
    printer::note(&format!("  {own} && {close}"));
    printer::note("  squid -k parse && systemctl restart squid");
}

fn print_no_proxy_notes(list: &[String], registry: Option<&Host>) {
    match registry {
        Some(registry) => {
            let name = registry.name().to_ascii_lowercase();
            printer::note(&format!("note: noProxy contains the registry {name}"));
        }
        None => printer::note("note: noProxy contains no registry; add a private one with --registry"),
    }
    // The platform adds subnets of pods and services, and the cluster's domain.
    if !list.iter().any(|item| item.contains('/')) {
        printer::note(
            "note: noProxy contains no subnet, and the platform does not add that of the nodes; add it, for example with --no-proxy 10.0.0.0/24",
        );
    }
    let edit = Command::kubectl(EDIT);
    printer::note(&format!(
        "next: put the section at the top level of ClusterConfiguration; in a running cluster: {edit}"
    ));
}
