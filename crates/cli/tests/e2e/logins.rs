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

/// The variables of `d8` give logins only, and only where no flag or variable of ours does.
#[tokio::test(flavor = "multi_thread")]
async fn from_the_variables_of_d8() {
    let world = world();
    let (source, target) = (&world.source_url, &world.target_url);
    let right = [("D8_MIRROR_SOURCE_LOGIN", "someone"), ("D8_MIRROR_SOURCE_PASSWORD", PASSWORD)];
    let wrong = [("D8_MIRROR_SOURCE_LOGIN", "someone"), ("D8_MIRROR_SOURCE_PASSWORD", "s3cret no")];
    let ours = [("DHCTL_CLI_MIRROR_SOURCE_LOGIN", "someone"), ("DHCTL_CLI_MIRROR_SOURCE_PASSWORD", PASSWORD)];
    let registry = [
        ("D8_MIRROR_REGISTRY", target.as_str()),
        ("D8_MIRROR_REGISTRY_LOGIN", "someone"),
        ("D8_MIRROR_REGISTRY_PASSWORD", PASSWORD),
    ];
    let flags = ["--source-login", "someone", "--source-password", PASSWORD];
    let cases: [Case<'_>; 6] = [
        (&[], &right, 0),
        (&[], &wrong, 4),
        (&[], &[wrong, ours].concat(), 0),
        (&flags, &wrong, 0),
        (&["-l", "key"], &right, 4),
        (&[], &[&right[..], &registry].concat(), 0),
    ];
    for (args, variables, code) in cases {
        let mut pull = command(world.folder.path());
        pull.args(["mirror", "--insecure", "--dry-run", "-i", "d8.tar", "--source", source]);
        pull.env("D8_MIRROR_TIMEOUT", "4h");
        let run = Run::of(pull.args(args).envs(variables.iter().copied()).output().unwrap());
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(!told.contains("s3cret"), "{args:?}: {told}");
        assert!(told.contains("note: D8_MIRROR_TIMEOUT has no effect"), "{told}");
        run.expect(code);
    }

    // This source stands for a target with a login.
    let compare = |variables: &[(&str, &str)]| {
        let mut verify = command(world.folder.path());
        verify.args(["mirror", "verify", "--insecure", "-i", "d8.tar", "-r", source]);
        Run::of(verify.envs(variables.iter().copied()).output().unwrap())
    };
    let mut pull = command(world.folder.path());
    pull.args(["mirror", "--insecure", "-i", "d8.tar", "--no-modules", "--source", source]).args(flags);
    Run::of(pull.output().unwrap()).expect(0);
    // It has no tags named by digests.
    compare(&registry[1..]).expect(3);
    compare(&right).expect(4);
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
