//! Where login and password come from.

use std::{fs, process::Stdio, sync::Arc};

use base64::Engine as _;
use registry_server::{Auth, BasicAuth, MemoryStore, ServerOptions};
use testkit::{
    distribution::Distribution,
    tokens::{TokenOptions, TokenServer},
};

use crate::world::{Run, World, command, dhctl, serve};

const PASSWORD: &str = "s3cret pass:word";

/// Arguments, variables, exit code.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], i32);

fn world() -> World {
    let auth = Auth::Basic(BasicAuth::new("someone", PASSWORD));
    World::with(Distribution::sample(), ServerOptions { auth, ..ServerOptions::default() })
}

fn docker_config(world: &World, password: &str) -> String {
    let host = world.source_url.split('/').next().unwrap();
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("someone:{password}"));
    serde_json::json!({"auths": {host: {"auth": auth}}}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_flags_files_standard_input_and_other_tools() {
    let world = world();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("config.json"), docker_config(&world, PASSWORD)).unwrap();
    fs::write(other.path().join("wrong.json"), docker_config(&world, "wrong")).unwrap();
    fs::write(other.path().join("password"), format!("{PASSWORD}\n")).unwrap();
    let password_file = other.path().join("password");
    let password_file = password_file.to_str().unwrap();
    let folder = other.path().to_str().unwrap();
    let wrong = other.path().join("wrong.json");
    let wrong = wrong.to_str().unwrap();
    let cases: [Case<'_>; 10] = [
        (&[], &[], 4),
        (&["--source-login", "someone", "--source-password", PASSWORD], &[], 0),
        (&["--source-login", "someone", "--source-password-file", password_file], &[], 0),
        (&[], &[("DOCKER_CONFIG", folder)], 0),
        (&[], &[("DOCKER_CONFIG", folder), ("REGISTRY_AUTH_FILE", wrong)], 4),
        (&["--source-login", "someone", "--source-password", "no"], &[("DOCKER_CONFIG", folder)], 4),
        (&["--source-password-file", password_file], &[], 2),
        // An empty variable counts as not given; a filled one beside the file is a question.
        (
            &["--source-login", "someone", "--source-password-file", password_file],
            &[("DHCTL_CLI_MIRROR_SOURCE_PASSWORD", "")],
            0,
        ),
        (
            &["--source-login", "someone", "--source-password-file", password_file],
            &[("DHCTL_CLI_MIRROR_SOURCE_PASSWORD", "s3cret")],
            2,
        ),
        (&["--source-login", "someone", "--source-password-file", "/nonexistent"], &[], 6),
    ];
    for (args, variables, code) in cases {
        let mut pull = command(world.folder.path());
        pull.args(["mirror", "--insecure", "--dry-run", "-i", "d8.tar", "--source", &world.source_url]);
        let run = Run::of(pull.args(args).envs(variables.iter().copied()).output().unwrap());
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(!told.contains("s3cret"), "{args:?}: {told}");
        run.expect(code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_standard_input() {
    use std::io::Write as _;
    let world = world();
    let mut pull = command(world.folder.path());
    pull.args(["mirror", "--insecure", "--dry-run", "-i", "d8.tar", "--source", &world.source_url]);
    pull.args(["--source-login", "someone", "--source-password-file", "-"]);
    let child = pull.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    Run::of(child.wait_with_output().unwrap()).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_server_at_another_address_is_named() {
    let tokens = TokenServer::start(TokenOptions::new("admin", "password")).unwrap();
    let store = MemoryStore::new();
    let options = ServerOptions { auth: tokens.auth(), ..ServerOptions::default() };
    let target = serve(Arc::new(store), options);
    let world = World::sample();
    world.pull(&["--no-modules"]).expect(0);
    let registry = format!("{}/dkp", target.addr());
    let push = ["mirror", "--insecure", "-r", &registry, "-i", "d8.tar", "-u", "admin", "-p", "password"];
    let realm = tokens.realm();
    let address = realm.split('/').nth(2).unwrap();
    let told = format!("is sent to its token server {address}");
    let run = dhctl(world.folder.path(), &[&push[..], &["--verbose"]].concat()).expect(0);
    assert_eq!(run.stderr.matches(&told).count(), 1, "{}", run.stderr);
    let run = dhctl(world.folder.path(), &push).expect(0);
    assert!(!run.stderr.contains(&told), "{}", run.stderr);
}
