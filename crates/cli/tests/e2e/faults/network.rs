//! Lines that break, names that are not found, tokens that run out, registries that die.

use std::{fs, process::Command, sync::Arc, thread, time::Duration};

use registry_server::{MemoryStore, ServerOptions};
use testkit::{
    ReservedPort,
    docker_registry::{DockerRegistry, DockerRegistryOptions},
    link::{Link, LinkOptions},
    tokens::{TokenOptions, TokenServer},
};

use super::setup::{Ends, LOGIN, PASSWORD, Sample, Setup, closed, fails};
use crate::world::{TARGET_ROOT, serve};

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_registries() {
    let unused = ReservedPort::new().unwrap();
    let sample = Sample::small();
    for (host, words) in [
        ("registry.invalid".to_owned(), ["registry.invalid", "name"]),
        (unused.addr().to_string(), ["127.0.0.1", "connection refused"]),
    ] {
        let setup = Setup::new();
        let ends = fails(5, &words);
        let url = format!("{host}/deckhouse/ee");
        ends.check("pull", &setup.pull(&url, &[]).run);
        assert_eq!(setup.names(), Vec::<String>::new());
        fs::write(setup.bundle(), &sample.bundle).unwrap();
        ends.check("push", &setup.push(&url, &[]).run);
        assert_eq!(setup.names(), ["d8.tar"]);
    }
}

/// A name server that does not answer, in a mount namespace with a `resolv.conf` of its own.
#[tokio::test(flavor = "multi_thread")]
async fn unreachable_name_servers() {
    let setup = Setup::new();
    let resolv = tempfile::NamedTempFile::new().unwrap();
    fs::write(resolv.path(), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n").unwrap();
    let inside = setup.pull_command("registry.example/deckhouse/ee", &[]);
    let mut outside = Command::new("unshare");
    outside.args([
        "-mn",
        "--map-root-user",
        "sh",
        "-c",
        "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
    ]);
    outside.arg(resolv.path()).arg(inside.get_program()).args(inside.get_args());
    outside.current_dir(setup.folder()).env_clear();
    outside.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = setup.run(outside);
    fails(5, &["registry.example", "name"]).check("pull", &ended.run);
    assert_eq!(setup.names(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_run_out() {
    let sample = Sample::small();
    let lifetime = Duration::from_secs(1);
    let tokens =
        || TokenServer::start(TokenOptions { lifetime, ..TokenOptions::new(LOGIN, PASSWORD) }).unwrap();
    let slow = LinkOptions { bytes_per_second: Some(400_000), ..LinkOptions::default() };

    let (source_tokens, target_tokens) = (tokens(), tokens());
    let options = ServerOptions { auth: source_tokens.auth(), ..ServerOptions::default() };
    let source = serve(Arc::new(sample.distribution.store.clone()), options);
    let link = Link::start(source.addr(), slow.clone()).unwrap();
    let setup = Setup::new();
    let ended = setup.pull(&format!("{}/{}", link.addr(), sample.distribution.root), &[]);
    Ends::Done.check("pull", &ended.run);
    setup.assert_pulled(&sample);
    assert!(source_tokens.issued() > 2, "{}", source_tokens.issued());

    let store = MemoryStore::new();
    let options = ServerOptions { auth: target_tokens.auth(), ..ServerOptions::default() };
    let target = serve(Arc::new(store.clone()), options);
    let link = Link::start(target.addr(), slow).unwrap();
    Ends::Done.check("push", &setup.push(&format!("{}/{TARGET_ROOT}", link.addr()), &[]).run);
    sample.assert_in_target(&store);
    assert!(target_tokens.issued() > 2, "{}", target_tokens.issued());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_repeatedly() {
    let sample = Sample::small();
    let source = serve(Arc::new(sample.distribution.store.clone()), closed());
    let cut = LinkOptions { cut_after: Some(150_000), ..LinkOptions::default() };
    let link = Link::start(source.addr(), cut.clone()).unwrap();
    let setup = Setup::new();
    let ended = setup.pull(&format!("{}/{}", link.addr(), sample.distribution.root), &[]);
    Ends::Done.check("pull", &ended.run);
    setup.assert_pulled(&sample);

    let store = MemoryStore::new();
    let target = serve(Arc::new(store.clone()), closed());
    let link = Arc::new(
        Link::start(
            target.addr(),
            LinkOptions { bytes_per_second: Some(1_000_000), ..LinkOptions::default() },
        )
        .unwrap(),
    );
    let severing = tokio::spawn({
        let link = Arc::clone(&link);
        async move {
            for goal in 1..=4 {
                while link.bytes_up() < goal * 200_000 {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                link.sever();
            }
        }
    });
    Ends::Done.check("push", &setup.push(&format!("{}/{TARGET_ROOT}", link.addr()), &[]).run);
    severing.await.unwrap();
    sample.assert_in_target(&store);
}

/// A real registry is killed in the middle of a blob. It comes back while it is tried again, or stays away.
#[tokio::test(flavor = "multi_thread")]
async fn targets_that_die() {
    let sample = Sample::small();
    for comes_back in [true, false] {
        let mut target = DockerRegistry::start(DockerRegistryOptions::default()).unwrap();
        let slow = LinkOptions { bytes_per_second: Some(500_000), ..LinkOptions::default() };
        let link = Link::start(target.addr(), slow).unwrap();
        let url = format!("{}/{TARGET_ROOT}", link.addr());
        let setup = Setup::new();
        fs::write(setup.bundle(), &sample.bundle).unwrap();
        let ended = thread::scope(|scope| {
            let push = scope.spawn(|| setup.push(&url, &[]));
            while link.bytes_up() < 250_000 {
                thread::sleep(Duration::from_millis(2));
            }
            target.kill();
            if comes_back {
                target.restart().unwrap();
            }
            push.join().unwrap()
        });
        if comes_back {
            Ends::Done.check("restarted", &ended.run);
        } else {
            // Whether a connection is refused or reset depends on how far the link had come with it.
            fails(5, &[&link.addr().to_string()]).check("dead", &ended.run);
            target.restart().unwrap();
            Ends::Done.check("after it", &setup.push(&format!("{}/{TARGET_ROOT}", target.addr()), &[]).run);
        }
        assert_eq!(setup.names(), ["d8.tar"]);
        sample.assert_in_target(&target.storage());
    }
}
