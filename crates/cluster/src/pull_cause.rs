//! Why an image cannot be pulled, by the words of the kubelet and the container runtime.

use deckhouse::version::parse_tag;
use problems::{Advice, Contents, PullCause, RegistryAdvice};

use crate::objects::image_repository;

/// Whether a reason of a waiting container means that its image cannot be pulled.
pub(crate) fn is_pull_failure(reason: &str) -> bool {
    matches!(
        reason,
        "ErrImagePull"
            | "ImagePullBackOff"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "ImageInspectError"
            | "RegistryUnavailable"
    )
}

/// By the reason that the kubelet gives and by what containerd says.
pub(crate) fn by_words(reason: &str, message: &str) -> PullCause {
    let message = message.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    if reason == "InvalidImageName" {
        PullCause::InvalidName
    } else if has(&["x509", "certificate"]) {
        PullCause::Untrusted
    } else if has(&["proxyconnect", "proxy"]) {
        PullCause::Proxy
    } else if has(&[
        "401",
        "403",
        "unauthorized",
        "denied",
        "authorization failed",
        "authentication required",
        "forbidden",
    ]) {
        // Before "not found": a registry that hides what an account may not see says both.
        PullCause::Denied
    } else if has(&["not found", "manifest unknown", "name unknown", "404"]) {
        PullCause::Missing
    } else if has(&[
        "no such host",
        "connection refused",
        "i/o timeout",
        "timeout",
        "no route to host",
        "unreachable",
    ]) {
        PullCause::Unreachable
    } else {
        PullCause::Unknown
    }
}

/// What to do about an image of the platform's own pods that cannot be pulled. `repository` is where it is pushed to.
pub(crate) fn advice(cause: PullCause, image: &str, repository: String) -> Vec<Advice> {
    let host = repository.split('/').next().unwrap_or_default().to_owned();
    let tag = image.strip_prefix(image_repository(image)).and_then(|it| it.strip_prefix(':'));
    // A bundle with the latest patch of the minor need not have this one.
    let pull = tag.and_then(parse_tag).map(|it| RegistryAdvice::Pull(Contents::Release(it)).into());
    match cause {
        PullCause::InvalidName => vec![Advice::CorrectRegistryAddress],
        PullCause::Missing | PullCause::NoRepository => {
            let push = Advice::Push { registry: repository };
            pull.into_iter().chain([push, Advice::WaitForPull]).collect()
        }
        PullCause::ThereNow => vec![Advice::WaitForPull],
        PullCause::Denied | PullCause::OtherLogin => vec![Advice::CorrectRegistryLogin],
        PullCause::Untrusted => vec![Advice::TrustRegistry],
        PullCause::Proxy => vec![Advice::BypassProxy { registry: host }],
        PullCause::Unreachable => vec![Advice::ReachRegistry { registry: host }],
        PullCause::Unknown => vec![Advice::Doctor],
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;

    #[test]
    fn messages_of_container_runtimes() {
        for (message, expected) in [
            (
                "rpc error: code = NotFound desc = failed to pull and unpack image \"r/dkp:v1.70.0\": failed to resolve reference \"r/dkp:v1.70.0\": r/dkp:v1.70.0: not found",
                PullCause::Missing,
            ),
            ("manifest unknown: manifest tagged by v1 is not found", PullCause::Missing),
            (
                "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
                PullCause::Denied,
            ),
            (
                "pull access denied, repository does not exist or may require authorization: not found",
                PullCause::Denied,
            ),
            (
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                PullCause::Untrusted,
            ),
            ("proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused", PullCause::Proxy),
            ("dial tcp: lookup r.example on 10.0.0.2:53: no such host", PullCause::Unreachable),
            ("dial tcp 10.0.0.9:5000: i/o timeout", PullCause::Unreachable),
            ("Back-off pulling image \"r/dkp:v1\"", PullCause::Unknown),
        ] {
            assert_eq!(by_words("ErrImagePull", message), expected, "{message}");
        }
    }

    #[test]
    fn each_cause_has_its_advice() {
        let image = "registry.example:5000/dkp/ee:v1.72.5";
        let push = Advice::Push { registry: "registry.example:5000/dkp/ee".to_owned() };
        let host = || "registry.example:5000".to_owned();
        for (reason, message, cause, expected) in [
            (
                "ErrImagePull",
                "v1.72.5: not found",
                PullCause::Missing,
                vec![
                    RegistryAdvice::Pull(Contents::Release(Version::new(1, 72, 5))).into(),
                    push,
                    Advice::WaitForPull,
                ],
            ),
            ("InvalidImageName", "", PullCause::InvalidName, vec![Advice::CorrectRegistryAddress]),
            ("ImagePullBackOff", "401 Unauthorized", PullCause::Denied, vec![Advice::CorrectRegistryLogin]),
            ("ErrImagePull", "x509: unknown authority", PullCause::Untrusted, vec![Advice::TrustRegistry]),
            (
                "ErrImagePull",
                "proxyconnect tcp: refused",
                PullCause::Proxy,
                vec![Advice::BypassProxy { registry: host() }],
            ),
            (
                "ErrImagePull",
                "no such host",
                PullCause::Unreachable,
                vec![Advice::ReachRegistry { registry: host() }],
            ),
            ("ImagePullBackOff", "", PullCause::Unknown, vec![Advice::Doctor]),
        ] {
            assert_eq!(by_words(reason, message), cause, "{message}");
            assert_eq!(advice(cause, image, image_repository(image).to_owned()), expected, "{message}");
        }
        let by_digest = advice(PullCause::Missing, "r/dkp@sha256:0", "r/dkp".to_owned());
        assert_eq!(by_digest[0], Advice::Push { registry: "r/dkp".to_owned() });
    }
}
