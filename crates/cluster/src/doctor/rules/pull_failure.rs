//! Why an image cannot be pulled: by the message of the container runtime and by the registry's own answer.

use problems::{Advice, Contents, OnNode, PlatformAdvice, PullCause, RegistryAdvice, Restart};

use crate::{
    doctor::details::{RegistryAnswer, RegistryCheck},
    pull_cause::by_words,
};

/// The cause. The registry's own answer counts first: it was asked with the same login. Then the runtime's message.
pub(super) fn cause(image: &str, reason: &str, message: &str, check: &RegistryCheck) -> PullCause {
    match check {
        RegistryCheck::Answered(answers) => match answers.image(image) {
            Some(RegistryAnswer::Found(())) => {
                // The runtime may fail for its own reason, such as trust, although the registry has the image.
                return match by_words(reason, message) {
                    PullCause::Missing | PullCause::Unknown => PullCause::ThereNow,
                    PullCause::Denied => PullCause::OtherLogin,
                    other => other,
                };
            }
            Some(RegistryAnswer::Missing) if answers.lacks_repository(image) => {
                return PullCause::NoRepository;
            }
            Some(RegistryAnswer::Missing) => return PullCause::Missing,
            Some(RegistryAnswer::Denied(_)) => return PullCause::Denied,
            Some(RegistryAnswer::Unknown(_)) | None => {}
        },
        RegistryCheck::Refused(_) => return PullCause::Denied,
        RegistryCheck::NotAsked(_) | RegistryCheck::Untrusted(_) => {}
    }
    by_words(reason, message)
}

/// The steps for a cause. `contents` is what has to be in the registry, `repo` the repository of the image and `push`
/// the registry that a bundle is pushed to.
pub(super) fn steps(cause: PullCause, contents: &Contents, repo: &str, push: &str) -> Vec<Advice> {
    let push = || Advice::Push { registry: push.to_owned() };
    let pull = || RegistryAdvice::Pull(contents.clone()).into();
    let change = |what| PlatformAdvice::ChangeNode(what).into();
    match cause {
        PullCause::Missing => vec![pull(), push(), Advice::WaitForPull],
        PullCause::NoRepository => {
            vec![RegistryAdvice::CheckPath.into(), pull(), push(), Advice::WaitForPull]
        }
        PullCause::ThereNow => vec![Advice::WaitForPull],
        PullCause::Denied => {
            vec![Advice::CorrectRegistryLogin, PlatformAdvice::Restart(Restart::ToReadLogin).into()]
        }
        PullCause::OtherLogin => vec![Advice::WaitForPull, PlatformAdvice::CorrectPullSecrets.into()],
        PullCause::Untrusted => vec![Advice::TrustRegistry, change(OnNode::Ca)],
        PullCause::Proxy => {
            vec![Advice::BypassProxy { registry: host(repo).to_owned() }, change(OnNode::Proxy)]
        }
        PullCause::Unreachable => vec![Advice::ReachRegistry { registry: repo.to_owned() }],
        PullCause::InvalidName => vec![Advice::CorrectRegistryAddress],
        PullCause::Unknown => Vec::new(),
    }
}

/// The host of a repository, without its port.
pub(super) fn host(repo: &str) -> &str {
    let address = repo.split('/').next().unwrap_or(repo);
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::details::{ImageAnswer, RegistryAnswers};

    #[test]
    fn the_registrys_own_answer_counts_first() {
        let check = |answer| {
            RegistryCheck::Answered(RegistryAnswers {
                channel: RegistryAnswer::Missing,
                versions: RegistryAnswer::Missing,
                images: vec![ImageAnswer { image: "r/dkp:v1".to_owned(), answer, no_repository: false }],
            })
        };
        let back_off = "Back-off pulling image";
        let untrusted = "x509: certificate signed by unknown authority";
        for (check, message, expected) in [
            (check(RegistryAnswer::Missing), back_off, PullCause::Missing),
            (check(RegistryAnswer::Found(())), back_off, PullCause::ThereNow),
            (check(RegistryAnswer::Found(())), "r/dkp:v1: not found", PullCause::ThereNow),
            (check(RegistryAnswer::Found(())), untrusted, PullCause::Untrusted),
            (check(RegistryAnswer::Found(())), "401 Unauthorized", PullCause::OtherLogin),
            (check(RegistryAnswer::Denied("no".into())), back_off, PullCause::Denied),
            (check(RegistryAnswer::Unknown("503".into())), "r/dkp:v1: not found", PullCause::Missing),
            (RegistryCheck::Refused("401".into()), back_off, PullCause::Denied),
            (RegistryCheck::default(), back_off, PullCause::Unknown),
        ] {
            assert_eq!(cause("r/dkp:v1", "ErrImagePull", message, &check), expected, "{check:?} {message}");
        }
    }
}
