//! What a user can do about a failed operation on a registry.

use egress::FaultKind;

use super::error::{Error, ErrorKind, OtherHost, Refusal};

impl Error {
    /// What the user can do about it, one sentence each; often none.
    pub fn hints(&self) -> Vec<String> {
        hints(self)
    }
}

fn hints(error: &Error) -> Vec<String> {
    if let Some(hint) = error.other_host().and_then(|other_host| about(other_host, error.kind())) {
        return vec![hint];
    }
    let text = match error.kind() {
        ErrorKind::Network(fault) => return fault.hints(),
        // Of Go's server (docker-registry); nginx answers with a page of much the same words.
        ErrorKind::Server { message, .. } | ErrorKind::NotARegistry { answer: message }
            if speaks_https(message) =>
        {
            "the registry uses HTTPS: remove --insecure"
        }
        ErrorKind::Server { status: 400, message, .. }
            if message.contains("repository name") && is_one_segment(error.object()) =>
        {
            "this registry needs a path of two segments or more, as Harbor does: HOST/PROJECT/REPOSITORY"
        }
        ErrorKind::Unauthorized { with_credentials: true, .. } => {
            "check the login and password: the registry refused them"
        }
        ErrorKind::Unauthorized { with_credentials: false, .. } => {
            "the registry requires a login, and none was given for it"
        }
        ErrorKind::FreshTokenRefused { .. } => {
            "synchronize the clocks of the registry and of its token server (NTP): a token is refused before and after its period of validity"
        }
        ErrorKind::Denied { .. } => {
            // Harbor says so to a robot's wrong secret too, as to anyone without an account.
            "check that the project or repository exists, the login and password, and the permissions of the account"
        }
        ErrorKind::Refused { reason, .. } => refusal(*reason),
        ErrorKind::UploadLost { .. } => {
            "if the registry was restarted, run the same command again; if several replicas of it serve this address, give \
             all of them the same http.secret and the same storage, or let the load balancer send each client to one \
             replica (sticky sessions)"
        }
        ErrorKind::RateLimited { .. } => {
            "run the same command again later to continue, or with fewer transfers at the same time: --parallel 1"
        }
        ErrorKind::UpstreamNotAsked { .. } => {
            "check that the proxy cache reaches its upstream (in Harbor: Registries), and run the same command again; \
             a registry that is not a proxy cache is read without --proxy-registry"
        }
        ErrorKind::NotARegistry { .. } => {
            "check the address and port, and whether a proxy, antivirus or login page answers instead of the registry"
        }
        ErrorKind::TooLarge { .. } => {
            "raise the limit of the request body in the registry or in the proxy in front of it (nginx: client_max_body_size)"
        }
        ErrorKind::SourceMismatch { .. } => "the local copy is damaged; copy it again",
        _ => return Vec::new(),
    };
    vec![text.to_owned()]
}

fn refusal(reason: Refusal) -> &'static str {
    match reason {
        Refusal::Quota => {
            "raise the quota of the project, or delete what is no longer needed, and push again"
        }
        Refusal::ReadOnly => {
            "wait until the registry's garbage collection or maintenance is over, or turn off its read-only mode; then run the command again"
        }
        Refusal::ImmutableTag => {
            "remove the rule that makes tags immutable: release channels are tags that move with each release"
        }
        Refusal::ProtectedTag => {
            "disable the rule that makes this tag immutable (in Harbor: Projects > PROJECT > Policy > Tag immutability), and \
             run the command again"
        }
        Refusal::InIndex => {
            "find the index that contains this manifest (it may have no tag), delete it in the registry, and run the command \
             again"
        }
        Refusal::NoSpace => "free or add disk space in the registry, and push again",
        Refusal::ProxyCache => "push to a registry or project that is not a proxy cache",
        Refusal::UnsupportedType => {
            "allow OCI artifacts in the registry, or pull without what it refuses: --no-security-db for the vulnerability databases"
        }
        Refusal::MethodNotAllowed => {
            "check the address: it may be a proxy cache, a group repository, or a proxy that blocks uploads"
        }
        Refusal::DeletionDisabled => {
            "allow deletions in the registry (Docker distribution: REGISTRY_STORAGE_DELETE_ENABLED=true, or \
             storage.delete.enabled: true in its configuration), restart it, and run the same command again"
        }
    }
}

/// The setting that makes the registry name an address that works.
fn about(other_host: &OtherHost, kind: &ErrorKind) -> Option<String> {
    let unusable = matches!(
        kind,
        ErrorKind::Network(_)
            | ErrorKind::NotARegistry { .. }
            | ErrorKind::NotFound { .. }
            | ErrorKind::Server { .. }
    );
    if let (OtherHost::TokenServer { host } | OtherHost::Redirect { host }, ErrorKind::Network(fault)) =
        (other_host, kind)
        && fault.kind() == FaultKind::Tls
    {
        return Some(format!(
            "trust the certificate of {host} with --ca-file; --tls-skip-verify applies only to the registry itself"
        ));
    }
    match other_host {
        OtherHost::TokenServer { .. } => None,
        OtherHost::Redirect { host } => Some(format!(
            "make {host} reachable from here, or let the registry serve the content itself: \
             storage.redirect.disable: true in the configuration of Docker distribution and Harbor"
        ))
        .filter(|_| unusable || matches!(kind, ErrorKind::Denied { .. } | ErrorKind::Unauthorized { .. })),
        OtherHost::Upload { .. } => Some(
            "the registry, or the proxy in front of it, returns a wrong address: in nginx set 'proxy_set_header Host \
             $http_host', in Docker distribution http.host or http.relativeurls: true, in Harbor external_url"
                .to_owned(),
        )
        .filter(|_| unusable),
    }
}

/// Whether a server says that it got plain HTTP where it speaks TLS.
fn speaks_https(answer: &str) -> bool {
    let answer = answer.to_ascii_lowercase();
    answer.contains("http request") && answer.contains("https")
}

/// Whether the path of a repository is one segment: `HOST/NAME`, with or without a tag or digest.
fn is_one_segment(object: &str) -> bool {
    object.split_once('/').is_some_and(|(_, path)| !path.contains('/'))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn error(object: &str, kind: ErrorKind) -> Error {
        Error::new("list tags of", object.to_owned(), kind.into(), 1, Duration::ZERO)
    }

    #[test]
    fn plain_http_to_a_server_of_https_gets_a_hint() {
        let server = |message: &str| ErrorKind::Server {
            status: 400,
            code: String::new(),
            message: message.to_owned(),
        };
        let page =
            "status 400 with a body of type text/html: 400 The plain HTTP request was sent to HTTPS port";
        for (kind, hinted) in [
            (server("Client sent an HTTP request to an HTTPS server."), true),
            (ErrorKind::NotARegistry { answer: page.to_owned() }, true),
            (server("bad request"), false),
        ] {
            let error = error("r/a", kind);
            assert_eq!(error.hints().join(" ").contains("--insecure"), hinted, "{error}");
        }
    }

    #[test]
    fn a_path_that_harbor_cannot_have_gets_a_hint() {
        let kind = ErrorKind::Server {
            status: 400,
            code: "BAD_REQUEST".to_owned(),
            message: "bad request: invalid repository name: dkp".to_owned(),
        };
        for (object, hinted) in [
            ("r:80/dkp", true),
            ("r:80/dkp:v1", true),
            ("r:80/dkp@sha256:0a", true),
            ("r:80/dkp/ee@sha256:0a", false),
        ] {
            let error = error(object, kind.clone());
            assert_eq!(error.hints().join(" ").contains("HOST/PROJECT/REPOSITORY"), hinted, "{error}");
        }
    }
}
