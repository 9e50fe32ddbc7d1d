//! Pull and push through a real Squid with a login, forwarded and tunnelled; its refusals and the
//! registry's told apart.

use std::{fs, sync::Arc};

use registry_server::{MemoryStore, RunningServer, ServerOptions};
use testkit::{
    ReservedPort,
    certificates::{Authority, Kind},
    link::{Link, LinkOptions},
    squid::Squid,
};

use super::setup::{Ended, Ends, LOGIN, PASSWORD, Sample, Setup, closed, fails};
use crate::world::{TARGET_ROOT, serve};

/// The password as it must be written in an address.
const ENCODED: &str = "Gr3y-Heron%2F42%2Bx";
/// Names that only the proxy finds.
const SOURCE: &str = "source.invalid";
const TARGET: &str = "target.invalid";

struct World {
    squid: Squid,
    /// The way to it, which counts connections.
    line: Link,
    source: String,
    target: String,
    store: MemoryStore,
    setup: Setup,
    _servers: [RunningServer; 2],
}

impl World {
    fn new(sample: &Sample, tls: Option<&Authority>) -> Self {
        let options = |name: &str| ServerOptions {
            tls: tls.map(|authority| {
                authority.issue(&[name], Kind::Server).unwrap().server_config(None).unwrap()
            }),
            ..closed()
        };
        let store = MemoryStore::new();
        let source = serve(Arc::new(sample.distribution.store.clone()), options(SOURCE));
        let target = serve(Arc::new(store.clone()), options(TARGET));
        let squid = Squid::start(LOGIN, PASSWORD, &[SOURCE, TARGET]).unwrap();
        Self {
            line: Link::start(squid.addr(), LinkOptions::default()).unwrap(),
            squid,
            source: format!("{SOURCE}:{}/{}", source.addr().port(), sample.distribution.root),
            target: format!("{TARGET}:{}/{TARGET_ROOT}", target.addr().port()),
            store,
            setup: Setup::new(),
            _servers: [source, target],
        }
    }

    /// The proxy's address with this login (`USER:PASSWORD@`).
    fn proxy(&self, login: &str) -> String {
        format!("http://{login}{}", self.line.addr())
    }

    fn own_proxy(&self) -> String {
        self.proxy(&format!("{LOGIN}:{ENCODED}@"))
    }

    /// A dry run of a pull with these variables.
    fn ask(&self, variables: &[(&str, &str)]) -> Ended {
        let mut pull = self.setup.pull_command(&self.source, &["--dry-run"]);
        pull.envs(variables.iter().copied());
        let ended = self.setup.run(pull);
        assert!(!ended.run.stderr.contains("Heron"), "{}", ended.run.stderr);
        ended
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_line_through_squid() {
    let sample = Sample::small();
    let authority = Authority::new("Test CA").unwrap();
    for tls in [None, Some(&authority)] {
        let world = World::new(&sample, tls);
        let ca_file = tempfile::NamedTempFile::new().unwrap();
        fs::write(ca_file.path(), authority.pem()).unwrap();
        let ca_file = ["--ca-file", ca_file.path().to_str().unwrap()];
        let through = |mut command: std::process::Command| {
            if tls.is_some() {
                // Without `--insecure`, which is the first flag.
                let args: Vec<_> =
                    command.get_args().filter(|arg| *arg != "--insecure").map(ToOwned::to_owned).collect();
                let environment: Vec<_> = command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
                    .collect();
                let mut secure = std::process::Command::new(command.get_program());
                secure
                    .current_dir(world.setup.folder())
                    .env_clear()
                    .envs(environment)
                    .args(args)
                    .args(ca_file);
                command = secure;
            }
            command.env("HTTP_PROXY", world.own_proxy()).env("HTTPS_PROXY", world.own_proxy());
            world.setup.run(command)
        };
        let name = if tls.is_some() { "tunnelled" } else { "forwarded" };
        Ends::Done.check(name, &through(world.setup.pull_command(&world.source, &[])).run);
        world.setup.assert_pulled(&sample);
        let connections = world.line.connections();
        assert!(connections < 100, "{name}: {connections} connections to the proxy");
        Ends::Done.check(name, &through(world.setup.push_command(&world.target, &[])).run);
        sample.assert_in_target(&world.store);
        let requests = world.squid.requests().unwrap();
        let method = if tls.is_some() { " CONNECT " } else { " PUT " };
        for host in [SOURCE, TARGET] {
            assert!(requests.iter().any(|line| line.contains(host) && line.contains(LOGIN)), "{requests:?}");
        }
        assert!(requests.iter().any(|line| line.contains(method)), "{name}: {requests:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refusing_side_is_named() {
    let sample = Sample::small();
    let world = World::new(&sample, None);
    let proxy = format!("the proxy http://{}", world.line.addr());
    let refused = |login: &str, words: &str| {
        let ended = world.ask(&[("HTTP_PROXY", &world.proxy(login))]);
        fails(5, &[&proxy, words, "(407)"]).check(words, &ended.run);
    };
    refused("", "requires a login");
    refused(&format!("{LOGIN}:Heron@"), "did not accept the login");

    // The registry's refusal comes through the proxy as its own.
    let other = tempfile::NamedTempFile::new().unwrap();
    fs::write(other.path(), "another").unwrap();
    let mut pull = world.setup.command(&["mirror", "--insecure", "--dry-run", "-i", "d8.tar"]);
    pull.args(["--source", &world.source, "--source-login", LOGIN, "--source-password-file"]);
    pull.arg(other.path()).env("HTTP_PROXY", world.own_proxy());
    fails(4, &[SOURCE, "the credentials were refused"]).check("the registry", &world.setup.run(pull).run);

    // A registry that the proxy cannot reach.
    let unused = ReservedPort::new().unwrap();
    let source = format!("{SOURCE}:{}/deckhouse/ee", unused.addr().port());
    let mut pull = world.setup.pull_command(&source, &["--dry-run"]);
    pull.env("HTTP_PROXY", world.own_proxy());
    fails(5, &[&proxy, "503"]).check("no registry", &world.setup.run(pull).run);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_is_respected() {
    let sample = Sample::small();
    let world = World::new(&sample, None);
    let proxy = world.own_proxy();
    for (no_proxy, direct) in [(SOURCE, true), (".invalid", true), ("*", true), (TARGET, false)] {
        let before = world.squid.requests().unwrap().len();
        let ended = world.ask(&[("HTTP_PROXY", &proxy), ("NO_PROXY", no_proxy)]);
        // Reached directly, the name is not found.
        let ends = if direct { fails(5, &[SOURCE, "name"]) } else { Ends::Done };
        ends.check(no_proxy, &ended.run);
        assert_eq!(world.squid.requests().unwrap().len() == before, direct, "{no_proxy}");
    }
}
