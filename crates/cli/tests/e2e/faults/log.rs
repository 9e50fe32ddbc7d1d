//! The log: what happened, for whom it may concern, and no secret.

use std::{fs, sync::Arc, time::Duration};

use base64::Engine as _;
use http::{StatusCode, header};
use oci::Digest;
use registry_server::{Auth, MemoryStore, ServerOptions};
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
    squid::Squid,
    tokens::{TokenOptions, TokenServer},
};

use super::setup::{Ends, LOGIN, PASSWORD, Sample, Setup};
use crate::world::{TARGET_ROOT, dhctl, serve};

/// Names that only the proxy finds.
const SOURCE: &str = "source.invalid";
const TARGET: &str = "target.invalid";
/// In the query of an address of storage, as S3 signs them.
const SIGNATURE: &str = "f00dfacecafe0123";

/// The blob that the source has in its storage, at an address with a signature.
fn stored(distribution: &Distribution, storage: &str, blob: &Digest) -> Vec<Rule> {
    let root = &distribution.root;
    let address = format!("http://{storage}/v2/{root}/blobs/{blob}?X-Amz-Signature={SIGNATURE}");
    let redirect = Fault::Answer {
        status: StatusCode::TEMPORARY_REDIRECT,
        headers: vec![(header::LOCATION, address)],
        body: String::new(),
    };
    vec![Rule::new("GET", &format!("*/blobs/{blob}"), redirect)]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_line_with_tokens_and_signatures() {
    let sample = Sample::small();
    let blob = sample.lone_layer();
    let tokens = TokenServer::start(TokenOptions::new(LOGIN, PASSWORD)).unwrap();
    let content = || Arc::new(sample.distribution.store.clone());
    let storage = serve(content(), ServerOptions::default());
    let script = Arc::new(Script::new(stored(&sample.distribution, &storage.addr().to_string(), &blob)));
    // At the registry's own host: to another one no login goes in the clear.
    let closed = |host: &str| {
        let mut auth = tokens.auth();
        if let Auth::Token(token) = &mut auth {
            token.realm = token.realm.replace("127.0.0.1", host);
        }
        ServerOptions { auth, ..ServerOptions::default() }
    };
    let source = serve(content(), ServerOptions { interceptor: Some(script.clone()), ..closed(SOURCE) });
    let store = MemoryStore::new();
    let disconnect = Rule::new("PUT", "*/blobs/uploads/*", Fault::Disconnect).once();
    let flaky = Arc::new(Script::new(vec![disconnect]));
    let target = serve(Arc::new(store.clone()), ServerOptions { interceptor: Some(flaky), ..closed(TARGET) });
    let squid = Squid::start(LOGIN, PASSWORD, &[SOURCE, TARGET]).unwrap();
    // The password as it must be written in an address.
    let encoded = "Gr3y-Heron%2F42%2Bx";
    let proxy = format!("http://{LOGIN}:{encoded}@{}", squid.addr());

    let setup = Setup::new();
    let source = format!("{SOURCE}:{}/{}", source.addr().port(), sample.distribution.root);
    let target = format!("{TARGET}:{}/{TARGET_ROOT}", target.addr().port());
    for mut command in [setup.pull_command(&source, &[]), setup.push_command(&target, &[])] {
        command.env("HTTP_PROXY", &proxy);
        Ends::Done.check("through the proxy", &setup.run(command).run);
    }
    assert!(script.is_spent());

    let log = fs::read_to_string(setup.log_file()).unwrap();
    for expected in [
        "mirror pull: exit code 0",
        "mirror push: exit code 0",
        "GET http://source.invalid:",
        "GET http://127.0.0.1:",
        "/token: 200 HTTP/1.1",
        "stage Upload: begins",
        "retrying",
        "attempt 2",
    ] {
        assert!(log.contains(expected), "no {expected:?} in\n{log}");
    }
    let mut secrets = vec![PASSWORD.to_owned(), encoded.to_owned(), SIGNATURE.to_owned()];
    secrets.push(base64::engine::general_purpose::STANDARD.encode(format!("{LOGIN}:{PASSWORD}")));
    // What tokens consist of; and any query, since nobody knows what another server has in it.
    secrets.extend(["eyJ", "?", "Bearer", "Basic "].map(str::to_owned));
    for line in log.lines() {
        assert!(!secrets.iter().any(|secret| line.contains(secret)), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn to_a_file_of_the_owner_or_to_standard_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let setup = Setup::new();
    let folder = setup.folder();
    let begun = std::time::Instant::now();
    let nobody = "127.0.0.1:1/deckhouse/ee";
    let pull = ["mirror", "--source", nobody, "--insecure", "-i", "x.tar", "--retry-timeout", "1s"];
    let quiet = dhctl(&folder, &pull).expect(5);
    assert!(!quiet.stderr.contains("attempt"), "{}", quiet.stderr);
    let loud = dhctl(&folder, &[&pull[..], &["--log", "info"]].concat()).expect(5);
    assert!(loud.stderr.contains("INFO registry"), "{}", loud.stderr);
    assert!(!loud.stderr.contains("DEBUG"), "{}", loud.stderr);
    // Given before the command, and without a level.
    let filed = dhctl(&folder, &[&["--log-file", "run.log"], &pull[..]].concat()).expect(5);
    assert_eq!(filed.stderr, quiet.stderr);
    let file = folder.join("run.log");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let once = fs::read_to_string(&file).unwrap();
    assert!(once.contains("GET http://127.0.0.1:1/v2/deckhouse/ee/"), "{once}");
    assert!(once.contains("mirror pull: exit code 5"), "{once}");
    dhctl(&folder, &[&pull[..], &["--log-file", "run.log", "--log", "error"]].concat()).expect(5);
    assert!(fs::read_to_string(&file).unwrap().starts_with(&once));

    let refused = dhctl(&folder, &[&pull[..], &["--log-file", "no/run.log"]].concat()).expect(6);
    assert!(refused.stderr.contains("no/run.log"), "{}", refused.stderr);
    dhctl(&folder, &[&pull[..], &["--log", "loud"]].concat()).expect(2);
    assert!(begun.elapsed() < Duration::from_mins(1));
}
