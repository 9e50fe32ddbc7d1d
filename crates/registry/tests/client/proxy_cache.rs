//! What a proxy cache says is not there, in the words of Harbor 2.15.2.

use registry::client::ErrorKind;
use registry_server::Treatment;

use crate::setup::{Fixture, answer, index, tag};

const OF_UPSTREAM: &str =
    r#"{"errors":[{"code":"NOT_FOUND","message":"resource not found: repo c/a, tag x not found"}]}"#;
const OF_HARBOR: &str = r#"{"errors":[{"code":"NOT_FOUND","message":"artifact c/a:x not found"}]}"#;

/// Tags `own…` are answered by Harbor itself, `up…` by the upstream, `flaky` once by Harbor.
fn cache() -> Fixture {
    let fixture = Fixture::new(|request| {
        let name = request.path.rsplit('/').next().unwrap_or_default();
        match name {
            name if name.starts_with("own") => answer(404, &[], OF_HARBOR),
            name if name.starts_with("up") => answer(404, &[], OF_UPSTREAM),
            "flaky" if request.count == 1 => answer(404, &[], OF_HARBOR),
            _ => Treatment::default(),
        }
    });
    fixture.store.insert_manifest("a", &tag("flaky"), index("it is there"));
    fixture
}

#[tokio::test]
async fn each_kind_of_not_found_counts_alone() {
    for names in [["own1", "own2"], ["up1", "up2"]] {
        let fixture = cache();
        let repository = fixture.repository("a");
        for name in names {
            assert_eq!(repository.manifest_if_present(&tag(name)).await.unwrap(), None, "{name}");
        }
    }
}

#[tokio::test]
async fn both_kinds_contradict_each_other() {
    for names in [["own1", "up1"], ["up1", "own1"]] {
        let fixture = cache();
        let repository = fixture.repository("a");
        assert_eq!(repository.manifest_if_present(&tag(names[0])).await.unwrap(), None);
        let error = repository.manifest_if_present(&tag(names[1])).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UpstreamNotAsked { .. }), "{error}");
        assert!(!error.is_not_found() && !error.hints().is_empty());
    }
}

#[tokio::test]
async fn for_a_known_proxy_cache_only_not_found_of_the_upstream_counts() {
    let fixture = cache();
    let client = fixture.client();
    client.expect_proxy_cache();
    let repository = client.repository("a".parse().unwrap());
    assert!(repository.manifest_if_present(&tag("flaky")).await.unwrap().is_some(), "asked again");
    assert_eq!(repository.manifest_if_present(&tag("v2")).await.unwrap(), None, "other registries' words");
    let error = repository.manifest_if_present(&tag("own1")).await.unwrap_err();
    assert!(error.to_string().contains("4 attempts"), "{error}");
}
