//! The `squid.conf` that `dhctl config proxy` writes, in a real Squid: a pull goes through it with the login that
//! the cluster gets, and with no other.

use std::{fs, path::Path, sync::Arc};

use registry_server::{RunningServer, ServerOptions};
use testkit::{
    certificates::{Authority, Kind},
    distribution::Distribution,
    squid::Squid,
};

use crate::world::{Run, command, dhctl, serve};

/// A name that only the proxy finds.
const SOURCE: &str = "source.invalid";
const PASSWORD: &str = "s3cr@t pa:ss/%";
const ENCODED: &str = "s3cr%40t%20pa%3Ass%2F%25";
/// Registries of tests are on this machine, which the configuration rightly keeps from clients of the proxy.
const NOT_HERE: &str = "http_access deny to_localhost\n";

fn source(distribution: &Distribution, authority: &Authority) -> RunningServer {
    let tls = authority.issue(&[SOURCE], Kind::Server).unwrap().server_config(None).unwrap();
    let options = ServerOptions { tls: Some(tls), ..ServerOptions::default() };
    serve(Arc::new(distribution.store.clone()), options)
}

/// Writes the configuration for a registry on this port, and returns its text.
fn configuration(folder: &Path, port: u16, more: &[&str]) -> String {
    fs::write(folder.join("password"), PASSWORD).unwrap();
    let proxy = "http://proxy.example.com:3128";
    let registry = format!("{SOURCE}:{port}");
    let args = ["config", "proxy", "--http-proxy", proxy, "--https-proxy", proxy, "--proxy-login", "cluster"];
    let files = ["--proxy-password-file", "password", "--squid-conf", "squid.conf", "--force"];
    dhctl(folder, &[&args[..], &files, &["-r", &registry], more].concat()).expect(0);
    fs::read_to_string(folder.join("squid.conf")).unwrap()
}

fn start(configuration: &str) -> Squid {
    Squid::start_from(configuration, "/etc/squid/passwords", ("cluster", PASSWORD), &[SOURCE]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_login_of_the_cluster_is_accepted() {
    let authority = Authority::new("inside").unwrap();
    let distribution = Distribution::sample();
    let server = source(&distribution, &authority);
    let port = server.addr().port();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ca.crt"), authority.pem()).unwrap();
    let url = format!("{SOURCE}:{port}/{}", distribution.root);
    let pull = |squid: &Squid, login: &str, args: &[&str]| {
        let mut pull = command(folder.path());
        pull.env("HTTPS_PROXY", format!("http://{login}{}", squid.addr()));
        pull.args(["mirror", "--source", &url, "-i", "d8.tar", "--ca-file", "ca.crt", "--no-modules"]);
        let run = Run::of(pull.args(args).output().unwrap());
        assert!(!run.stderr.contains("s3cr"), "{}", run.stderr);
        run
    };
    let own = format!("cluster:{ENCODED}@");

    let text = configuration(folder.path(), port, &[]);
    let squid = start(&text);
    let run = pull(&squid, &own, &["--dry-run"]).expect(5);
    assert!(run.stderr.contains("403"), "this machine is out of reach: {}", run.stderr);
    drop(squid);

    assert!(text.contains(NOT_HERE), "{text}");
    let squid = start(&text.replace(NOT_HERE, ""));
    for login in ["", "cluster:wrong@", "other:x@"] {
        let run = pull(&squid, login, &[]).expect(5);
        assert!(run.stderr.contains("407") || run.stderr.contains("login"), "{login}: {}", run.stderr);
    }
    assert!(squid.requests().unwrap().iter().all(|line| !line.contains("/200 ")), "{:?}", squid.requests());
    pull(&squid, &own, &[]).expect(0);
    dhctl(folder.path(), &["bundle", "verify", "d8.tar"]).expect(0);
    let tunnels = squid.requests().unwrap();
    let through = format!("CONNECT {SOURCE}:{port} cluster ");
    assert!(tunnels.iter().any(|line| line.contains("/200 ") && line.contains(&through)), "{tunnels:?}");

    // No other port than the registry's.
    let squid =
        start(&configuration(folder.path(), port.wrapping_add(1).max(1024), &[]).replace(NOT_HERE, ""));
    pull(&squid, &own, &["--dry-run"]).expect(5);
    drop(squid);

    // The registry and what is named, and no other host.
    let named = configuration(folder.path(), port, &["--allow-host", "token.invalid"]).replace(NOT_HERE, "");
    let squid = start(&named);
    pull(&squid, &own, &["--dry-run"]).expect(0);
    drop(squid);
    let others = named.replace(&format!("{SOURCE} token.invalid"), "token.invalid");
    assert!(others != named, "{named}");
    let run = pull(&start(&others), &own, &["--dry-run"]).expect(5);
    assert!(run.stderr.contains("403"), "{}", run.stderr);
}
