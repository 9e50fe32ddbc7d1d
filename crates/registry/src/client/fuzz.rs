//! What registries, token servers, callers and other tools' files say.

use fuzzing::fuzz;
use http::HeaderValue;
use oci::Digest;
use url::Url;

use super::{
    challenge::choose,
    content_range::ContentRange,
    location::{may_authenticate, next_link, realm_candidates, resolve, with_digest},
};
use crate::{credentials::ConfigFile, envelope::Envelope};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[test]
fn challenges() {
    let seeds = [
        r#"Bearer realm="https://auth.example/token?a=b",service="registry",scope="repository:a/b:pull,push""#,
        r#"Basic realm="a \"quoted\" realm", Bearer realm=https://auth.example"#,
        r#"Negotiate, Basic realm="x""#,
    ];
    fuzz!(seeds, |bytes: &[u8]| {
        let text = text(bytes);
        drop(choose([text]));
        let registry = Url::parse("https://registry.example/v2/").unwrap();
        for candidate in realm_candidates(&registry, text, true).unwrap_or_default() {
            // A password is not sent in the clear to another place than where it came from.
            assert!(candidate.scheme() == "https" || candidate.host() == registry.host(), "{candidate}");
        }
    });
}

#[test]
fn locations() {
    let seeds = [
        "/v2/a/blobs/uploads/1?_state=x%2F%3D",
        "https://storage.example:8443/a?b=c&digest=sha256:0",
        "http://registry.example/v2/x",
        "//other.example/x",
    ];
    let from = Url::parse("https://registry.example/v2/a/blobs/uploads/").unwrap();
    fuzz!(seeds, |bytes: &[u8]| {
        let Some(target) = resolve(&from, text(bytes)) else { return };
        let digest = Digest::of(b"x");
        let asked = with_digest(&target, &digest);
        assert!(asked.query().is_some_and(|query| query.contains("digest=sha256")), "{asked}");
        if may_authenticate(&from, &target) {
            assert_eq!(target.host_str(), from.host_str(), "credentials stay with their host");
        }
    });
}

#[test]
fn links_and_ranges() {
    let seeds = [
        r#"</v2/a/tags/list?last=x&n=2>; rel="next""#,
        "<a>; x=y, <b>;rel=next",
        "bytes 7-8/9",
        "bytes 0-0/*",
    ];
    fuzz!(seeds, |bytes: &[u8]| {
        let _ = next_link(text(bytes));
        if let Ok(value) = HeaderValue::from_bytes(bytes) {
            let _ = ContentRange::parse(&value);
        }
    });
}

#[test]
fn error_documents() {
    let seeds = [r#"{"errors":[{"code":"DENIED","message":"no","detail":{"a":1}}]}"#];
    fuzz!(seeds, |bytes: &[u8]| drop(Envelope::parse(bytes)));
}

#[test]
fn credential_files() {
    let seeds = [
        r#"{"auths":{"https://r.example:5000/v1/":{"auth":"dTpw"},"r/a":{"username":"u","password":"p"}},"credHelpers":{"r":"x"},"credsStore":"y"}"#,
        r#"{"auths":{"r":{"identitytoken":"t","auth":"dTo="}}}"#,
    ];
    fuzz!(seeds, |bytes: &[u8]| {
        if let Ok(config) = ConfigFile::parse(bytes) {
            for host in ["r", "r.example:5000", ""] {
                drop(config.credentials(host, "a/b"));
            }
        }
    });
}
