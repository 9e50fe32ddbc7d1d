//! Pushes to a target that fails by script.

use std::{fs, sync::Arc};

use http::{StatusCode, header};
use registry_server::MemoryStore;
use testkit::faults::{Fault, Rule};

use super::{
    scripted::{Case, case, status},
    setup::{Ends, Sample, Setup, assert_tags_are_whole, closed, each, fails},
};
use crate::world::{TARGET_ROOT, serve};

const UPLOADS: &str = "*/blobs/uploads/*";
const MANIFESTS: &str = "*/manifests/*";

/// What passes: the push ends in success.
fn passing() -> Vec<Case> {
    let any = |path: &str, fault: Fault| Rule::new("*", path, fault);
    vec![
        case("resets", vec![any("*", Fault::Disconnect).times(5..=15)], Ends::Done),
        case("cut uploads", vec![any(UPLOADS, Fault::CutRequest(700)).times(2..=12)], Ends::Done),
        case(
            "resets before and after manifests",
            vec![Rule::new("PUT", MANIFESTS, Fault::Disconnect).times(3..=8)],
            Ends::Done,
        ),
        case("429", vec![any("*", Fault::TooManyRequests(1)).times(6..=12)], Ends::Done),
        case("500", vec![any("*", status(500)).times(6..=14)], Ends::Done),
        case("502", vec![any(UPLOADS, status(502)).times(4..=12)], Ends::Done),
        case("503", vec![any("*", status(503)).times(6..=14)], Ends::Done),
    ]
}

/// What stays: the push fails, and says why.
fn lasting() -> Vec<Case> {
    let any = |path: &str, fault: Fault| Rule::new("*", path, fault);
    let put = |path: &str, fault: Fault| Rule::new("PUT", path, fault);
    let answer = |code: StatusCode, body: &str| Fault::Answer {
        status: code,
        headers: vec![(header::LOCATION, "/v2/somewhere".to_owned())],
        body: body.to_owned(),
    };
    let read_only = r#"{"errors":[{"code":"DENIED","message":"the project is read-only"}]}"#;
    let no_space = r#"{"errors":[{"code":"UNKNOWN","message":"no space left on device"}]}"#;
    vec![
        case("resets for ever", vec![any("*", Fault::Disconnect)], fails(5, &["127.0.0.1"])),
        case("uploads are reset", vec![any(UPLOADS, Fault::Disconnect)], fails(5, &["6 attempts"])),
        case("429 for ever", vec![any(UPLOADS, Fault::TooManyRequests(1))], fails(5, &["too many requests"])),
        case("503 for ever", vec![any("*", status(503))], fails(5, &["503"])),
        case(
            "manifests are refused",
            vec![put(MANIFESTS, status(500))],
            fails(5, &["cannot push manifest", "500"]),
        ),
        case(
            "the target is full",
            vec![put(UPLOADS, answer(StatusCode::INTERNAL_SERVER_ERROR, no_space))],
            fails(5, &["no space left on device"]),
        ),
        case(
            "the target may not be written",
            vec![any(UPLOADS, answer(StatusCode::FORBIDDEN, read_only))],
            fails(4, &["the project is read-only"]),
        ),
        case(
            "blobs are taken and lost",
            vec![put(UPLOADS, answer(StatusCode::CREATED, "")).once()],
            fails(3, &["1 object is missing", "not found", "push the bundle again"]),
        ),
        case(
            "manifests are taken and lost",
            vec![put("*/release-channel/manifests/stable", answer(StatusCode::CREATED, ""))],
            fails(3, &["stable"]),
        ),
        case(
            "manifests come back with other bytes",
            vec![Rule::new("GET", "*/release-channel/manifests/stable", Fault::Corrupt(40))],
            fails(3, &["stable"]),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes() {
    let sample = Sample::small();
    let run = |case: &Case| {
        let setup = Setup::new();
        fs::write(setup.bundle(), &sample.bundle).unwrap();
        let store = MemoryStore::new();
        let target = serve(Arc::new(store.clone()), case.options());
        let ended = setup.push(&format!("{}/{TARGET_ROOT}", target.addr()), &[]);
        case.check(&ended);
        assert_eq!(setup.names(), ["d8.tar"], "{}", case.name);
        assert_tags_are_whole(&store);
        if ended.run.code != Some(0) {
            // What was left is no hindrance.
            let healthy = serve(Arc::new(store.clone()), closed());
            let target = format!("{}/{TARGET_ROOT}", healthy.addr());
            Ends::Done.check(case.name, &setup.push(&target, &[]).run);
        }
        sample.assert_in_target(&store);
    };
    each(passing().into_iter().chain(lasting()).collect(), |case| case.name.to_owned(), run);
}
