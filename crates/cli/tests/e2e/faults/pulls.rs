//! Pulls from a source that fails by script.

use std::sync::Arc;

use http::{StatusCode, header};
use testkit::faults::{Fault, Rule};

use super::{
    scripted::{Case, case, status},
    setup::{Ends, Sample, Setup, closed, each, fails},
};
use crate::world::serve;

const BLOBS: &str = "*/blobs/*";
const MANIFESTS: &str = "*/manifests/*";

/// What passes: the pull ends in success.
fn passing() -> Vec<Case> {
    let get = |path: &str, fault: Fault| Rule::new("GET", path, fault);
    vec![
        case(
            "resets",
            vec![get(MANIFESTS, Fault::Disconnect).times(3..=7), get(BLOBS, Fault::Disconnect).times(2..=8)],
            Ends::Done,
        ),
        case("cut bodies", vec![get(BLOBS, Fault::Cut(900)).times(2..=20)], Ends::Done),
        case("cut manifests", vec![get(MANIFESTS, Fault::Cut(50)).times(2..=8)], Ends::Done),
        case(
            "cut bodies without ranges",
            vec![get(BLOBS, Fault::Cut(900)).times(2..=9), get(BLOBS, Fault::IgnoreRange)],
            Ends::Done,
        ),
        case(
            "cut bodies and wrong ranges",
            vec![
                get(BLOBS, Fault::Cut(900)).times(2..=9),
                get(BLOBS, Fault::Header(header::CONTENT_RANGE, Some("bytes 7-8/9".to_owned()))),
            ],
            Ends::Done,
        ),
        case("wrong bytes", vec![get(BLOBS, Fault::Corrupt(100)).times(1..=1)], Ends::Done),
        case("wrong bytes in layers", vec![get(BLOBS, Fault::Corrupt(100)).times(40..=40)], Ends::Done),
        case("wrong manifest", vec![get("*/manifests/sha256:*", Fault::Corrupt(3)).once()], Ends::Done),
        case("429", vec![get("*", Fault::TooManyRequests(1)).times(4..=10)], Ends::Done),
        case("500", vec![get("*", status(500)).times(4..=14)], Ends::Done),
        case("502", vec![get("*", status(502)).times(4..=14)], Ends::Done),
        case("503", vec![get("*", status(503)).times(4..=14)], Ends::Done),
    ]
}

/// What stays: the pull fails, and says why. `layer` is the digest of one that only the download reads.
fn lasting(layer: &str) -> Vec<Case> {
    let get = |path: &str, fault: Fault| Rule::new("GET", path, fault);
    let of_layer = format!("*/blobs/{layer}");
    let unauthorized = || Fault::Answer {
        status: StatusCode::UNAUTHORIZED,
        headers: vec![(header::WWW_AUTHENTICATE, "Basic realm=\"registry\"".to_owned())],
        body: r#"{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}"#.to_owned(),
    };
    let denied = || Fault::Answer {
        status: StatusCode::FORBIDDEN,
        headers: Vec::new(),
        body: r#"{"errors":[{"code":"DENIED","message":"the licence has ended"}]}"#.to_owned(),
    };
    let page = || Fault::Answer {
        status: StatusCode::OK,
        headers: vec![(header::CONTENT_TYPE, "text/html".to_owned())],
        body: "<html>log in to the hotel's network</html>".to_owned(),
    };
    vec![
        case("resets for ever", vec![Rule::new("*", "*", Fault::Disconnect)], fails(5, &["127.0.0.1"])),
        case("blobs are reset", vec![get(&of_layer, Fault::Disconnect)], fails(5, &[layer, "6 attempts"])),
        case("empty bodies", vec![get(&of_layer, Fault::Cut(0))], fails(5, &[layer, "6 attempts"])),
        case("wrong bytes for ever", vec![get(&of_layer, Fault::Corrupt(3))], fails(3, &[layer, "digest"])),
        case("wrong manifests", vec![get("*/manifests/sha256:*", Fault::Corrupt(3))], fails(3, &["digest"])),
        case(
            "429 for ever",
            vec![get(MANIFESTS, Fault::TooManyRequests(1))],
            fails(5, &["too many requests"]),
        ),
        case("500 for ever", vec![get(BLOBS, status(500))], fails(5, &["500", "6 attempts"])),
        case("503 for ever", vec![get(MANIFESTS, status(503))], fails(5, &["cannot read manifest", "503"])),
        case(
            "401 in the middle",
            vec![get(&of_layer, unauthorized())],
            fails(4, &[layer, "the credentials were refused"]),
        ),
        case(
            "403 in the middle",
            vec![get(&of_layer, denied())],
            fails(4, &[layer, "the licence has ended"]),
        ),
        case("a web page", vec![get("*/manifests/*", page())], fails(5, &["registry"])),
        // Some proxy caches answer so; what they have can be asked for by name.
        case(
            "a web page for tags",
            vec![get("*/tags/list", page())],
            fails(2, &["cannot list tags", "text/html", "--include-module"]),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn pulls() {
    let sample = Sample::small();
    let store = Arc::new(sample.distribution.store.clone());
    let layer = sample.lone_layer().to_string();
    let cases = passing().into_iter().chain(lasting(&layer)).collect();
    let healthy = serve(store.clone(), closed());
    let root = &sample.distribution.root;
    let run = |case: &Case| {
        let setup = Setup::new();
        let source = serve(store.clone(), case.options());
        let ended = setup.pull(&format!("{}/{root}", source.addr()), &[]);
        case.check(&ended);
        if ended.run.code != Some(0) {
            setup.assert_only_work_in_progress();
            // Whatever was left is no hindrance.
            Ends::Done.check(case.name, &setup.pull(&format!("{}/{root}", healthy.addr()), &[]).run);
        }
        setup.assert_pulled(&sample);
    };
    each(cases, |case| case.name.to_owned(), run);
}
