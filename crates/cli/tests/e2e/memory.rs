//! Memory that others decide: runs with a limit on memory, against a registry and a bundle that would fill it.

use std::{fs, os::unix::process::ExitStatusExt as _, path::Path, process::Command, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use oci::{Digest, layout, media_type};
use registry_server::{Canned, Interceptor, RequestInfo, ServerOptions, Treatment};
use testkit::distribution::Distribution;

use crate::world::{Run, World, command};

/// What a run may map, in KiB. More than half of it is needed for the stacks and heaps of threads that use little.
const LIMIT: u64 = 1 << 20;

/// Runs the binary with at most [`LIMIT`] of memory.
fn limited(folder: &Path, args: &[&str]) -> Run {
    let inner = command(folder);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -v {LIMIT}; exec \"$@\""), "sh"]).arg(inner.get_program()).args(args);
    // Each arena of glibc reserves 64 MiB of addresses, and a machine under load needs more of them.
    let output = shell.current_dir(folder).env("MALLOC_ARENA_MAX", "2").output().unwrap();
    assert_eq!(output.status.signal(), None, "{}", String::from_utf8_lossy(&output.stderr));
    Run::of(output)
}

/// An index of 4 MB that has no children.
fn large_index(number: usize) -> Bytes {
    let padding = "x".repeat(4_000_000);
    format!(r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"{number}":"{padding}"}}}}"#).into()
}

fn index_of(children: &[Bytes]) -> Bytes {
    let children: Vec<_> = children
        .iter()
        .map(|child| {
            serde_json::json!({
                "mediaType": media_type::OCI_INDEX, "size": child.len(), "digest": Digest::of(child),
            })
        })
        .collect();
    serde_json::json!({"schemaVersion": 2, "manifests": children}).to_string().into()
}

/// A registry that fills the memory of its clients.
#[derive(Debug)]
struct Hostile {
    /// Indexes that an installer consists of.
    children: Vec<Bytes>,
    index: Bytes,
    endless_tags: bool,
}

impl Interceptor for Hostile {
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment {
        let answer = |headers: HeaderMap, body: Bytes| {
            let answer = Canned { status: StatusCode::OK, headers, body };
            Treatment { answer: Some(answer), ..Treatment::default() }
        };
        let reference = request.path.split_once("/install/manifests/").map(|(_, reference)| reference);
        if self.endless_tags && request.path.ends_with("/release-channel/tags/list") {
            let last = request.query.rsplit_once("last=").map_or(0, |(_, last)| last.parse::<u32>().unwrap());
            let link = format!("<{}?n=1000&last={}>; rel=\"next\"", request.path, last + 1);
            let headers = HeaderMap::from_iter([(header::LINK, HeaderValue::from_str(&link).unwrap())]);
            let tags: Vec<String> = (0..10).map(|tag| format!("\"{last}-{tag}\"")).collect();
            return answer(headers, format!(r#"{{"tags":[{}]}}"#, tags.join(",")).into());
        }
        let Some(reference) = reference.filter(|_| *request.method == Method::GET) else {
            return Treatment::default();
        };
        let child = self.children.iter().find(|child| reference == Digest::of(child).to_string());
        let body =
            if self.children.is_empty() { return Treatment::default() } else { child.unwrap_or(&self.index) };
        let index = HeaderValue::from_static(media_type::OCI_INDEX);
        answer(HeaderMap::from_iter([(header::CONTENT_TYPE, index)]), body.clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_cannot_fill_memory() {
    for (children, endless_tags, told) in [(70, false, "256 MiB"), (0, true, "2000 pages")] {
        let children: Vec<Bytes> = (0..children).map(large_index).collect();
        let hostile = Hostile { index: index_of(&children), children, endless_tags };
        let options = ServerOptions { interceptor: Some(Arc::new(hostile)), ..ServerOptions::default() };
        let world = World::with(Distribution::sample(), options);
        let pull =
            ["mirror", "--insecure", "--source", &world.source_url, "-i", "d8.tar", "--retry-timeout", "20s"];
        let run = limited(world.folder.path(), &pull).expect(3);
        assert!(run.stderr.contains(told), "{}", run.stderr);
        assert!(!world.path("d8.tar").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_cannot_fill_memory() {
    let world = World::sample();
    let mut archive = tar::Builder::new(fs::File::create(world.path("d8.tar")).unwrap());
    let mut append = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, bytes).unwrap();
    };
    append("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
    let mut descriptors = Vec::new();
    for number in 0..70 {
        let index = large_index(number);
        let digest = Digest::of(&index);
        append(&format!("blobs/sha256/{}", digest.hex()), &index);
        descriptors.push(serde_json::json!({
            "mediaType": media_type::OCI_INDEX, "size": index.len(), "digest": digest,
            "annotations": {layout::SHORT_TAG: format!("build-{number}")},
        }));
    }
    let index = serde_json::json!({"schemaVersion": 2, "manifests": descriptors});
    append("index.json", index.to_string().as_bytes());
    archive.into_inner().unwrap();
    for args in [
        &["bundle", "inspect", "d8.tar"][..],
        &["bundle", "verify", "d8.tar"],
        &["mirror", "--insecure", "-r", &world.target_url, "-i", "d8.tar"],
    ] {
        let run = limited(world.folder.path(), args).expect(3);
        let all = run.stdout + &run.stderr;
        assert!(all.contains("256 MiB"), "{args:?}: {all}");
    }
}
