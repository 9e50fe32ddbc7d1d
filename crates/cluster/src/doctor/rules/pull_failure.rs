//! Why an image does not come, by the words of the container runtime and by the registry's own answer.

use commands::{Mirror, Sentence, Tool};

use crate::doctor::evidence::{Answer, Probe};

/// Why an image does not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PullFailure {
    /// The registry does not have it.
    Missing,
    /// The registry has nothing under its path.
    NoRepository,
    /// The registry has it, asked just now: the next try may succeed.
    ThereNow,
    /// The login is wrong or lacks the right.
    Denied,
    /// The node is refused, and the cluster's login is not.
    OtherLogin,
    /// The registry's certificate is not trusted.
    Trust,
    /// A proxy stands between the node and the registry.
    Proxy,
    /// The registry is not reached.
    Unreachable,
    /// The runtime's words fit nothing that is known.
    Unclear,
}

/// The registry's own answer first; it was asked with the same login. Then the runtime's words.
pub(super) fn classify(image: &str, message: &str, probe: &Probe) -> PullFailure {
    match probe {
        Probe::Answered(answers) => match answers.image(image) {
            Some(Answer::Is(())) => {
                // The runtime may fail for a reason of its own, as trust, which the image's being there does not mend.
                return match by_words(message) {
                    PullFailure::Missing | PullFailure::Unclear => PullFailure::ThereNow,
                    PullFailure::Denied => PullFailure::OtherLogin,
                    other => other,
                };
            }
            Some(Answer::Missing) if answers.lacks_repository(image) => return PullFailure::NoRepository,
            Some(Answer::Missing) => return PullFailure::Missing,
            Some(Answer::Denied(_)) => return PullFailure::Denied,
            Some(Answer::Unknown(_)) | None => {}
        },
        Probe::Refused(_) => return PullFailure::Denied,
        Probe::NotAsked(_) | Probe::Untrusted(_) => {}
    }
    by_words(message)
}

/// By what containerd says.
fn by_words(message: &str) -> PullFailure {
    let message = message.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    if has(&["x509", "certificate"]) {
        PullFailure::Trust
    } else if has(&["proxyconnect", "proxy"]) {
        PullFailure::Proxy
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
        PullFailure::Denied
    } else if has(&["not found", "manifest unknown", "404"]) {
        PullFailure::Missing
    } else if has(&[
        "no such host",
        "connection refused",
        "i/o timeout",
        "timeout",
        "no route to host",
        "unreachable",
    ]) {
        PullFailure::Unreachable
    } else {
        PullFailure::Unclear
    }
}

impl PullFailure {
    /// What it means.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Missing => "the registry does not have this image",
            Self::NoRepository => {
                "the registry has no such repository at all: nothing was pushed to this path, or the path in the Secret is wrong"
            }
            Self::ThereNow => {
                "the registry has this image now: it came after the last try, or the node reaches another registry"
            }
            Self::Denied => "the registry refuses the cluster's login, or the login may not read there",
            Self::OtherLogin => {
                "the registry has this image and lets the cluster's login read it, and refuses the node: the pod has another \
                 login, or the cluster's was mended after the last try"
            }
            Self::Trust => "the node does not trust the registry's certificate",
            Self::Proxy => "the node asks a proxy for the registry, and the proxy does not let it through",
            Self::Unreachable => "the node does not reach the registry: name, route or port",
            Self::Unclear => "the container runtime cannot pull the image",
        }
    }

    /// What to do; `contents` says what has to be in the registry, and `push` brings it there.
    pub(super) fn remedy(self, contents: &str, repo: &str, push: Mirror) -> Sentence {
        match self {
            Self::NoRepository => Sentence::from(format!("see whether the path in Secret d8-system/deckhouse-registry is the one that the bundle was pushed to; if it is, push {contents}: "))
                .command(push),
            Self::Missing => Sentence::from(format!("push a bundle with {contents}: ")).command(push).text("; the node retries automatically"),
            Self::ThereNow => "wait for the node's next try (at most 5 minutes), or delete the pod to retry immediately".into(),
            Self::Denied => "set a login that may pull from there in Secret d8-system/deckhouse-registry (key .dockerconfigjson), then restart the platform's pod, which keeps the old one in memory".into(),
            Self::OtherLogin => "wait for the node's next try (at most 5 minutes); if it is refused again, bring the Secret that the pod names in imagePullSecrets to the login of d8-system/deckhouse-registry: the platform writes its own copies of it anew when its pod is restarted".into(),
            Self::Trust => "put the registry's CA into Secret d8-system/deckhouse-registry (key ca); the nodes get it from there by bashible, which needs the platform's pod: if that is away, put it into the node's own trust store".into(),
            Self::Proxy => Sentence::from(format!("add the registry ({repo}) to proxy.noProxy of the ClusterConfiguration: "))
                .command(Tool::EditClusterConfiguration)
                .text("; while the platform's pod is away, to the node's containerd service"),
            Self::Unreachable => format!("make {repo} reachable from the node: DNS, route, firewall, and whether the registry runs").into(),
            Self::Unclear => "read the runtime's words above, and the events of the pod".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::evidence::{Answers, ImageAnswer};

    #[test]
    fn words_of_container_runtimes() {
        for (message, expected) in [
            (
                "rpc error: code = NotFound desc = failed to pull and unpack image \"r/dkp:v1.70.0\": failed to resolve reference \"r/dkp:v1.70.0\": r/dkp:v1.70.0: not found",
                PullFailure::Missing,
            ),
            ("manifest unknown: manifest tagged by v1 is not found", PullFailure::Missing),
            (
                "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
                PullFailure::Denied,
            ),
            (
                "pull access denied, repository does not exist or may require authorization: not found",
                PullFailure::Denied,
            ),
            (
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                PullFailure::Trust,
            ),
            ("proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused", PullFailure::Proxy),
            ("dial tcp: lookup r.example on 10.0.0.2:53: no such host", PullFailure::Unreachable),
            ("dial tcp 10.0.0.9:5000: i/o timeout", PullFailure::Unreachable),
            ("Back-off pulling image \"r/dkp:v1\"", PullFailure::Unclear),
        ] {
            assert_eq!(by_words(message), expected, "{message}");
        }
    }

    #[test]
    fn the_registrys_own_answer_wins_where_it_answers_the_question() {
        let probe = |answer| {
            Probe::Answered(Answers {
                channel: Answer::Missing,
                versions: Answer::Missing,
                images: vec![ImageAnswer { image: "r/dkp:v1".to_owned(), answer, no_repository: false }],
            })
        };
        let back_off = "Back-off pulling image";
        let untrusted = "x509: certificate signed by unknown authority";
        for (probe, message, expected) in [
            (probe(Answer::Missing), back_off, PullFailure::Missing),
            (probe(Answer::Is(())), back_off, PullFailure::ThereNow),
            (probe(Answer::Is(())), "r/dkp:v1: not found", PullFailure::ThereNow),
            (probe(Answer::Is(())), untrusted, PullFailure::Trust),
            (probe(Answer::Is(())), "401 Unauthorized", PullFailure::OtherLogin),
            (probe(Answer::Denied("no".into())), back_off, PullFailure::Denied),
            (probe(Answer::Unknown("503".into())), "r/dkp:v1: not found", PullFailure::Missing),
            (Probe::Refused("401".into()), back_off, PullFailure::Denied),
            (Probe::default(), back_off, PullFailure::Unclear),
        ] {
            assert_eq!(classify("r/dkp:v1", message, &probe), expected, "{probe:?} {message}");
        }
    }
}
