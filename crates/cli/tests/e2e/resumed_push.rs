//! A push that was stopped in the middle of a blob goes on inside it, where the registry kept what it had.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use registry_server::{Auth, BasicAuth, MemoryStore, RunningServer, ServerOptions, Store as _};
use testkit::{
    distribution::Distribution,
    docker_registry::{DockerRegistry, DockerRegistryOptions},
    faults::{Fault, Rule, Script},
    link::{Link, LinkOptions},
};

use crate::{
    resume::largest_blob,
    world::{Run, TARGET_ROOT, World, command, dhctl, serve},
};

const MIB: u64 = 1024 * 1024;
/// Of the one blob whose session is kept.
const LAYER: u64 = 24 * MIB;
const PUSH: &[&str] = &["mirror"];
const VERIFY: &[&str] = &["mirror", "verify", "--deep"];
const PASSWORD: &str = "a-password-to-look-for";

/// A bundle, and a registry behind a slow line that asks for a password.
struct Line {
    world: World,
    store: MemoryStore,
    script: Arc<Script>,
    link: Link,
    _server: RunningServer,
}

impl Line {
    fn new(rules: Vec<Rule>) -> Self {
        let world = World::of(Distribution::builder().large_layer(LAYER).build());
        world.pull(&[]).expect(0);
        let script = Arc::new(Script::new(rules));
        let (store, auth) = (MemoryStore::new(), Auth::Basic(BasicAuth::new("pusher", PASSWORD)));
        let interceptor = Some(Arc::clone(&script) as _);
        let server =
            serve(Arc::new(store.clone()), ServerOptions { auth, interceptor, ..ServerOptions::default() });
        let options = LinkOptions { bytes_per_second: Some(16_000_000), ..LinkOptions::default() };
        let link = Link::start(server.addr(), options).unwrap();
        Self { world, store, script, link, _server: server }
    }

    fn command(&self, words: &[&str]) -> Command {
        against(&self.world, &format!("{}/{TARGET_ROOT}", self.link.addr()), words)
    }

    fn start(&self) -> Child {
        self.command(PUSH).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Waits until so many more bytes have gone over the line.
    async fn wait_for(&self, bytes: u64) {
        let goal = self.link.bytes_up() + bytes;
        let gone = async {
            while self.link.bytes_up() < goal {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), gone).await.unwrap();
    }

    /// A push that must succeed: its report, and the bytes that it sent.
    fn finish(&self) -> (serde_json::Value, u64) {
        let before = self.link.bytes_up();
        let run = self.command(&["mirror", "--output", "json"]).output().unwrap();
        let written = Run::of(run).expect(0).json()["result"]["written"].clone();
        let sent = self.link.bytes_up() - before;
        Run::of(self.command(VERIFY).output().unwrap()).expect(0);
        assert_eq!(state_files(&self.world), [] as [PathBuf; 0], "nothing is left to go on with");
        (written, sent)
    }
}

/// `dhctl WORDS` of the bundle and this target, with its state in the world's folder.
fn against(world: &World, target: &str, words: &[&str]) -> Command {
    let mut command = command(world.folder.path());
    command.env("XDG_STATE_HOME", world.path("state")).args(words);
    command.args(["--insecure", "-i", "d8.tar", "-r", target, "-u", "pusher", "-p", PASSWORD]);
    command
}

/// Every file below the state directory.
fn state_files(world: &World) -> Vec<PathBuf> {
    fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, files) } else { files.push(path) }
        }
    }
    let mut files = Vec::new();
    walk(&world.path("state"), &mut files);
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kill_and_ctrl_c_only_the_rest_is_sent() {
    /// More than once the line is interrupted after so many bytes.
    const EACH: u64 = 7 * MIB;
    /// All smaller blobs, and requests without a body.
    const OTHERS: u64 = 4 * MIB;
    let line = Line::new(Vec::new());
    for signal in ["-KILL", "-INT"] {
        let mut child = line.start();
        line.wait_for(EACH).await;
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert!(!child.wait().unwrap().success());
        // Else the proxy would go on sending what it has taken.
        line.link.sever();
        let files = state_files(&line.world);
        assert_eq!(files.len(), 1, "{signal}: {files:?}");
        let mode = fs::metadata(&files[0]).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = fs::read_to_string(&files[0]).unwrap();
        // Base64 of `pusher:` as Basic auth sends it, too.
        for secret in [PASSWORD, "cHVzaGVyO", "uthorization"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let (written, sent) = line.finish();
    let resumed = written["bytes_resumed"].as_u64().unwrap();
    assert!(resumed > EACH, "{written}");
    assert!(sent < LAYER - resumed + OTHERS, "{sent} bytes were sent, {resumed} were there");
    // Each of the three runs checks whether it may upload.
    assert_eq!(line.script.count("DELETE", "*"), 3 + 2, "what the second and third run opened in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_session_is_lost_starts_over() {
    let gone = Fault::Answer {
        status: http::StatusCode::NOT_FOUND,
        headers: Vec::new(),
        body: r#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#.to_owned(),
    };
    let line = Line::new(vec![Rule::new("GET", "*/blobs/uploads/*", gone)]);
    let mut child = line.start();
    line.wait_for(8 * MIB).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let (written, sent) = line.finish();
    assert_eq!(written["bytes_resumed"], 0);
    assert!(sent > LAYER, "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_directory_the_push_continues_with_a_note() {
    let line = Line::new(Vec::new());
    let note = "note: unfinished uploads cannot be recorded";
    // A file where a directory is wanted stops root too.
    fs::write(line.world.path("state"), "").unwrap();
    let run = Run::of(line.command(PUSH).output().unwrap()).expect(0);
    assert_eq!(run.stderr.matches(note).count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("/state/dhctl/uploads: "), "{}", run.stderr);
    let again = Run::of(line.command(PUSH).output().unwrap()).expect(0);
    assert!(!again.stderr.contains(note), "nothing was to be sent: {}", again.stderr);
    for repository in line.store.repositories() {
        for digest in line.store.manifests(&repository) {
            line.store.remove_manifest(&repository, &digest);
        }
        line.store.remove_blob(&repository, &largest_blob(&line.world.distribution));
    }
    let mut push = line.command(PUSH);
    let nowhere = Run::of(push.env_remove("XDG_STATE_HOME").output().unwrap()).expect(0);
    assert!(nowhere.stderr.contains(note), "{}", nowhere.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_pushes_do_not_share_a_session() {
    let line = Line::new(Vec::new());
    let children = [line.start(), line.start()];
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let (written, _) = line.finish();
    assert_eq!(written["manifests_written"], 0);
}

/// Docker distribution 2.8 keeps the bytes of a broken request but not the session; 3 and others do.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_to_a_killed_real_registry_is_resumed_correctly() {
    let world = World::of(Distribution::builder().large_layer(LAYER).build());
    world.pull(&[]).expect(0);
    let mut registry = DockerRegistry::start(DockerRegistryOptions::default()).unwrap();
    let options = LinkOptions { bytes_per_second: Some(16_000_000), ..LinkOptions::default() };
    let link = Link::start(registry.addr(), options).unwrap();
    let target = format!("{}/{TARGET_ROOT}", link.addr());
    let push = || {
        let mut push = against(&world, &target, PUSH);
        push.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let in_the_middle = async || {
        let goal = link.bytes_up() + 8 * MIB;
        while link.bytes_up() < goal {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let mut killed = push();
    in_the_middle().await;
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(state_files(&world).len(), 1);
    let second = push();
    in_the_middle().await;
    registry.restart().unwrap();
    Run::of(second.wait_with_output().unwrap()).expect(0);
    assert_eq!(state_files(&world), [] as [PathBuf; 0]);
    Run::of(against(&world, &target, VERIFY).output().unwrap()).expect(0);
}

/// What was there before the push is read before it, and not again afterwards. A small blob that no manifest names is sent
/// again, and read back: a garbage collection could have removed it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_is_read_once() {
    let world = World::of(Distribution::builder().releases(&["v1.58.3"]).channels(&[]).build());
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    world.push(&[]).expect(0);
    let release = &world.distribution.releases["v1.58.3"];
    let last_layer = |path: &str, image: &oci::Digest| {
        let repository = format!("{TARGET_ROOT}{path}");
        let manifest = world.target.manifest(&repository, &(*image).into()).unwrap();
        let layer = manifest.parse().unwrap().blobs().last().unwrap().digest;
        format!("/v2/{repository}/blobs/{layer}")
    };
    let (kept, unnamed) =
        (last_layer("", &release.root), last_layer("/release-channel", &release.release_channel));
    world.target.remove_manifest(&format!("{TARGET_ROOT}/release-channel"), &release.release_channel);

    let script = Arc::new(Script::new(Vec::new()));
    let interceptor = Some(Arc::clone(&script) as _);
    let server =
        serve(Arc::new(world.target.clone()), ServerOptions { interceptor, ..ServerOptions::default() });
    let url = format!("{}/{TARGET_ROOT}", server.addr());
    dhctl(world.folder.path(), &["mirror", "--insecure", "-r", &url, "-i", "d8.tar"]).expect(0);
    assert_eq!((script.count("GET", &kept), script.count("GET", &unnamed)), (1, 1));
    assert!(script.count("PUT", "/v2/*/release-channel/blobs/uploads/*") > 0);
    world.verify(&[]).expect(0);
}

/// A registry may show a part of its tags, such as the first page.
#[tokio::test(flavor = "multi_thread")]
async fn a_tag_list_that_is_cut_is_not_believed() {
    let world = World::of(Distribution::builder().releases(&["v1.58.3"]).channels(&[]).build());
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    world.push(&[]).expect(0);
    let list = Fault::Answer {
        status: http::StatusCode::OK,
        headers: vec![(http::header::CONTENT_TYPE, "application/json".to_owned())],
        body: r#"{"name": "any", "tags": ["0"]}"#.to_owned(),
    };
    let script = Arc::new(Script::new(vec![Rule::new("GET", "/v2/*/tags/list", list)]));
    let interceptor = Some(Arc::clone(&script) as _);
    let server =
        serve(Arc::new(world.target.clone()), ServerOptions { interceptor, ..ServerOptions::default() });
    let url = format!("{}/{TARGET_ROOT}", server.addr());
    let args = ["mirror", "--insecure", "-r", &url, "-i", "d8.tar", "--output", "json"];
    let written = dhctl(world.folder.path(), &args).expect(0).json()["result"]["written"].take();
    assert!(script.count("GET", "/v2/*/tags/list") > 0);
    assert_eq!((&written["manifests_written"], &written["blobs_uploaded"]), (&0.into(), &0.into()));
}
