//! Ctrl-C ends a run cleanly within a second.

use std::{
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use registry::server::{Interceptor, RequestInfo, ServerOptions, Treatment};
use testkit::distribution::Distribution;

use crate::world::{Run, World, command};

/// Stalls every blob of the root repository, which only the download asks for, and tells of it.
#[derive(Debug)]
struct StallBlobs(tokio::sync::mpsc::UnboundedSender<()>);

impl Interceptor for StallBlobs {
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment {
        if request.path.starts_with("/v2/deckhouse/ee/blobs/") {
            let _ = self.0.send(());
            return Treatment { stall_after: Some(1), ..Treatment::default() };
        }
        Treatment::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_stops_within_a_second() {
    let (sender, mut stalled) = tokio::sync::mpsc::unbounded_channel();
    let options =
        ServerOptions { interceptor: Some(Arc::new(StallBlobs(sender))), ..ServerOptions::default() };
    let world = World::with(Distribution::sample(), options);
    let mut pull = command(world.folder.path());
    pull.args(["mirror", "--insecure", "--source", &world.source_url, "-i", "d8.tar"]);
    let child = pull.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    stalled.recv().await.unwrap();
    let asked = Instant::now();
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let run = Run::of(child.wait_with_output().unwrap()).expect(130);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(run.stderr.contains("interrupted"), "{}", run.stderr);
    assert!(!world.path("d8.tar").exists());
}
