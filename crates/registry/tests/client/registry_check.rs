//! The check of a registry: each finding about a repository passes in one case and fails in another.

use std::sync::atomic::{AtomicU32, Ordering};

use http::Method;
use oci::{Digest, RawManifest};
use registry::client::{
    ErrorKind, Refusal,
    check::{
        Check, CheckOptions, Fact, FailureKind, Leftover, NotChecked, Outcome, Purpose, Report, TestManifest,
        check,
    },
};
use registry_server::{Auth, BasicAuth, RequestInfo, Treatment};
use serde_json::json;

use crate::setup::{Fixture, answer, content, tag};

const REPOSITORY: &str = "dkp/ee";

/// Puts an image with the tag `v1` into the repository.
fn store_image(fixture: &Fixture) {
    let config = content(100);
    let digest = Digest::of(&config);
    fixture.store.insert_blob(REPOSITORY, digest, config);
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest.to_string(), "size": 100},
        "layers": [],
    });
    let manifest = RawManifest::new(None, manifest.to_string().into()).unwrap();
    fixture.store.insert_manifest(REPOSITORY, &tag("v1"), manifest);
}

async fn checked(fixture: &Fixture, write_test: bool) -> Report {
    let options =
        CheckOptions { purpose: Purpose::Push, skip_verify: false, write_test: write_test.then_some(1) };
    check(&fixture.client(), &REPOSITORY.parse().unwrap(), options).await
}

/// What came of one check.
fn outcome(report: &Report, check: Check) -> &Outcome {
    let found = report.findings.iter().find(|finding| finding.check == check);
    &found.unwrap_or_else(|| panic!("{check:?}: {report:?}")).outcome
}

/// Checks a registry with an image that treats requests like this.
async fn with_image(treat: impl Fn(&RequestInfo<'_>) -> Treatment + Send + Sync + 'static) -> Report {
    let fixture = Fixture::new(treat);
    store_image(&fixture);
    checked(&fixture, false).await
}

#[tokio::test]
async fn storage_that_blobs_are_redirected_to_must_be_reachable() {
    let report = with_image(|_| Treatment::default()).await;
    assert!(matches!(outcome(&report, Check::Storage), Outcome::Ok(Fact::NotRedirected)), "{report:?}");

    let storage = Fixture::plain();
    store_image(&storage);
    let redirect_to = |origin: String| {
        move |request: &RequestInfo<'_>| {
            if *request.method == Method::GET && request.path.contains("/blobs/sha256:") {
                answer(307, &[("location", &format!("{origin}{}", request.path))], "")
            } else {
                Treatment::default()
            }
        }
    };
    let host = storage.host().to_string();
    let report = with_image(redirect_to(format!("http://{host}"))).await;
    match outcome(&report, Check::Storage) {
        Outcome::Ok(Fact::Redirected(found)) => assert_eq!(*found, host),
        other => panic!("{other:?}"),
    }

    let report = with_image(redirect_to("http://127.0.0.1:1".to_owned())).await;
    match outcome(&report, Check::Storage) {
        Outcome::Failure(FailureKind::Unreachable, Fact::Error(error)) => {
            assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    // Without an image there is nothing to read.
    let report = checked(&Fixture::plain(), false).await;
    assert!(matches!(outcome(&report, Check::Storage), Outcome::NotChecked(NotChecked::NoImage)));
}

#[tokio::test]
async fn mounts_work_or_require_an_upload() {
    let report = with_image(|_| Treatment::default()).await;
    assert!(matches!(outcome(&report, Check::Mount), Outcome::Ok(Fact::Mounted)), "{report:?}");

    let report = with_image(|request| {
        let is_upload = request.path.contains("/blobs/uploads/");
        match *request.method {
            Method::POST if is_upload => answer(202, &[("location", "/v2/dkp/ee/blobs/uploads/1")], ""),
            Method::GET | Method::DELETE if is_upload => answer(204, &[], ""),
            _ => Treatment::default(),
        }
    })
    .await;
    assert!(matches!(outcome(&report, Check::Mount), Outcome::Warning(Fact::NotMounted)), "{report:?}");
    assert!(matches!(outcome(&report, Check::UploadAddress), Outcome::Ok(Fact::UploadHost(None))));
}

#[tokio::test]
async fn tags_may_be_listed_or_not() {
    let report = with_image(|_| Treatment::default()).await;
    assert!(matches!(outcome(&report, Check::ListTags), Outcome::Ok(Fact::Allowed)), "{report:?}");

    let report = with_image(|request| {
        if request.path.ends_with("/tags/list") { answer(403, &[], "") } else { Treatment::default() }
    })
    .await;
    assert!(matches!(outcome(&report, Check::ListTags), Outcome::Failure(FailureKind::Access, _)));
    assert!(matches!(outcome(&report, Check::Read), Outcome::Ok(Fact::Allowed)), "{report:?}");
}

#[tokio::test]
async fn uploads_may_be_refused_by_a_proxy_cache() {
    let report = checked(&Fixture::plain(), false).await;
    assert!(matches!(outcome(&report, Check::ProxyCache), Outcome::Ok(Fact::NoProxyCache)), "{report:?}");

    let refusal =
        r#"{"errors":[{"code":"DENIED","message":"can not push artifact to a proxy project: dkp"}]}"#;
    let report = checked(
        &Fixture::new(move |request| match *request.method {
            Method::POST => answer(403, &[("content-type", "application/json")], refusal),
            _ => Treatment::default(),
        }),
        false,
    )
    .await;
    let found = outcome(&report, Check::ProxyCache);
    assert!(matches!(found, Outcome::Failure(_, Fact::ProxyCache(None))), "{report:?}");
    assert!(outcome(&report, Check::Write).failure().is_some());
}

#[tokio::test]
async fn a_registry_whose_login_is_in_each_request_is_not_for_a_cluster() {
    let fixture = Fixture::with_auth(Auth::Basic(BasicAuth::new("u", "p")), |_| Treatment::default());
    let cluster = CheckOptions { purpose: Purpose::Cluster, skip_verify: false, write_test: None };
    let report = check(&fixture.client(), &REPOSITORY.parse().unwrap(), cluster).await;
    let found = outcome(&report, Check::Authentication);
    assert!(matches!(found, Outcome::Failure(FailureKind::Registry, Fact::Basic)), "{report:?}");
    let report = check(&Fixture::plain().client(), &REPOSITORY.parse().unwrap(), cluster).await;
    assert!(matches!(outcome(&report, Check::Authentication), Outcome::Ok(Fact::Anonymous)), "{report:?}");
}

/// A registry that answers like this to the second write of the tag of the write test.
fn at_the_second_write(answers: impl Fn() -> Treatment + Send + Sync + 'static) -> Fixture {
    let writes = AtomicU32::new(0);
    Fixture::new(move |request| {
        let writes_tag = *request.method == Method::PUT && request.path.ends_with("/manifests/dhctl-check");
        if writes_tag && writes.fetch_add(1, Ordering::SeqCst) > 0 { answers() } else { Treatment::default() }
    })
}

#[tokio::test]
async fn a_tag_can_be_overwritten_or_is_immutable_or_stays_old() {
    let report = checked(&Fixture::plain(), true).await;
    assert!(matches!(outcome(&report, Check::OverwriteTag), Outcome::Ok(Fact::Allowed)), "{report:?}");
    // The test registry deletes nothing.
    match outcome(&report, Check::Cleanup) {
        Outcome::Warning(Fact::NotDeleted(Leftover::Image(name), error)) => {
            assert!(name.ends_with("/dkp/ee:dhctl-check"), "{name}");
            assert!(matches!(error.kind(), ErrorKind::Refused { .. }), "{error}");
        }
        other => panic!("{other:?}"),
    }

    let words = r#"{"errors":[{"code":"PRECONDITION","message":"Failed to process request due to 'ee:dhctl-check' configured as immutable."}]}"#;
    let report = checked(&at_the_second_write(move || answer(412, &[], words)), true).await;
    match outcome(&report, Check::OverwriteTag) {
        Outcome::Failure(FailureKind::Registry, Fact::Error(error)) => {
            let kind = error.kind();
            assert!(matches!(kind, ErrorKind::Refused { reason: Refusal::ImmutableTag, .. }), "{error}");
        }
        other => panic!("{other:?}"),
    }

    // A deletion that the same rule forbids is told apart.
    let words = r#"{"errors":[{"code":"PRECONDITION","message":"the tag dhctl-check configured as immutable, cannot be deleted"}]}"#;
    let fixture = Fixture::new(move |request| {
        if *request.method == Method::DELETE { answer(412, &[], words) } else { Treatment::default() }
    });
    match outcome(&checked(&fixture, true).await, Check::Cleanup) {
        Outcome::Warning(Fact::NotDeleted(Leftover::Image(_), error)) => {
            let kind = error.kind();
            assert!(matches!(kind, ErrorKind::Refused { reason: Refusal::ProtectedTag, .. }), "{error}");
        }
        other => panic!("{other:?}"),
    }

    // Such as a cache in front of the registry.
    let report = checked(&at_the_second_write(|| answer(201, &[], "")), true).await;
    let found = outcome(&report, Check::OverwriteTag);
    assert!(matches!(found, Outcome::Failure(FailureKind::Registry, Fact::OldTag)), "{report:?}");
}

#[tokio::test]
async fn a_used_up_quota_is_a_finding_about_the_quota() {
    let words = r#"{"errors":[{"code":"DENIED","message":"adding 156 B of storage resource, which when updated to current usage of 0 B will exceed the configured upper limit of 100 B."}]}"#;
    for (part, not_checked) in [
        ("/blobs/uploads/", Check::OverwriteTag),
        ("/manifests/dhctl-check", Check::OverwriteTag),
        ("/manifests/sha256:", Check::ManifestTypes),
    ] {
        let fixture = Fixture::new(move |request| {
            let is_refused = *request.method == Method::PUT && request.path.contains(part);
            if is_refused { answer(403, &[], words) } else { Treatment::default() }
        });
        let report = checked(&fixture, true).await;
        match outcome(&report, Check::Quota) {
            Outcome::Failure(FailureKind::Registry, Fact::Error(error)) => {
                assert!(error.to_string().contains("upper limit of 100 B"), "{error}");
            }
            other => panic!("{part}: {other:?}"),
        }
        let found = outcome(&report, not_checked);
        assert!(matches!(found, Outcome::NotChecked(NotChecked::AfterFailure)), "{part}: {report:?}");
        let of_quota = report.findings.iter().filter(|finding| finding.check == Check::Quota);
        assert_eq!(of_quota.count(), 1, "{report:?}");
    }
}

#[tokio::test]
async fn a_type_of_manifest_may_not_be_accepted() {
    let report = checked(&Fixture::plain(), true).await;
    match outcome(&report, Check::ManifestTypes) {
        Outcome::Ok(Fact::Accepted(kinds)) => assert_eq!(kinds.len(), 4),
        other => panic!("{other:?}"),
    }
    for (media_type, part, expected) in [
        (
            "application/vnd.docker.distribution.manifest.v2+json",
            "/manifests/sha256:",
            TestManifest::DockerImage,
        ),
        ("application/vnd.oci.image.index.v1+json", "/manifests/sha256:", TestManifest::OciIndex),
        // The test image itself is written by its tag.
        ("application/vnd.oci.image.manifest.v1+json", "/manifests/sha256:", TestManifest::Artifact),
    ] {
        let fixture = Fixture::new(move |request| {
            let is_type = request.headers.get("content-type").is_some_and(|it| it == media_type);
            if is_type && request.path.contains(part) {
                let words = r#"{"errors":[{"code":"MANIFEST_INVALID","message":"unsupported media type"}]}"#;
                answer(400, &[], words)
            } else {
                Treatment::default()
            }
        });
        let report = checked(&fixture, true).await;
        match outcome(&report, Check::ManifestTypes) {
            Outcome::Failure(FailureKind::Registry, Fact::NotAccepted(kind, reason)) => {
                assert_eq!(*kind, expected);
                assert!(reason.contains("unsupported media type"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_product_is_named_only_on_two_signs() {
    let report = checked(&Fixture::plain(), false).await;
    // The test registry sends one header of Docker distribution, or none, and has error documents of its own.
    assert_eq!(report.product, None);
    let found = outcome(&report, Check::Product);
    assert!(matches!(found, Outcome::NotChecked(NotChecked::UnknownProduct)), "{report:?}");

    let pages =
        [("/v2/_zot/ext/mgmt", r#"{"distSpecVersion":"1.1.1","binaryType":"-sync","releaseTag":"v2.1.2"}"#)];
    let zot = Fixture::new(move |request| {
        let page = pages.iter().find(|page| page.0 == request.path);
        page.map_or_else(Treatment::default, |page| {
            answer(200, &[("content-type", "application/json")], page.1)
        })
    });
    let report = checked(&zot, false).await;
    match outcome(&report, Check::Product) {
        Outcome::Ok(Fact::Product(product, version)) => {
            assert_eq!((product.name(), version.as_deref()), ("zot", Some("v2.1.2")));
        }
        other => panic!("{other:?}"),
    }
}
