//! What a refusal means, by its status and the reason that the registry gives.
//!
//! Registries have few codes and many reasons: quotas, immutable tags and read-only modes come as 403, 405, 412 or
//! 500, where a hint at the login would lead nowhere. So the words are checked first, for requests that write.

use http::{Method, StatusCode};

use super::{
    error::{ErrorKind, Missing, Refusal},
    identity::Identity,
    reason::Reason,
};

/// A refusal as it came.
#[derive(Debug)]
pub(crate) struct Refused<'a> {
    pub(crate) method: &'a Method,
    pub(crate) status: StatusCode,
    pub(crate) reason: &'a Reason,
    /// What the host knew of us.
    pub(crate) identity: Identity,
    /// Whether the body is a web page.
    pub(crate) is_page: bool,
    pub(crate) is_empty: bool,
    /// What came, in a few words.
    pub(crate) description: &'a str,
}

impl Refused<'_> {
    /// What it means for a request of something of the sort `what`.
    pub(crate) fn kind(&self, what: Missing) -> ErrorKind {
        let message = self.reason.text();
        if self.status == StatusCode::TOO_MANY_REQUESTS || self.reason.code == "TOOMANYREQUESTS" {
            return ErrorKind::RateLimited { message };
        }
        if self.reason.code.starts_with("BLOB_UPLOAD_") {
            return ErrorKind::UploadLost { message };
        }
        if let Some(reason) = self.refusal() {
            return ErrorKind::Refused { reason, status: self.status.as_u16(), message };
        }
        let page = || {
            let answer = format!("status {} with {}", self.status.as_u16(), self.description);
            ErrorKind::NotARegistry { answer }
        };
        match self.status {
            // Who holds a token that was issued for a password is known: what is refused is a permission.
            StatusCode::UNAUTHORIZED if self.identity == Identity::Known => ErrorKind::Denied { message },
            StatusCode::UNAUTHORIZED => {
                ErrorKind::Unauthorized { message, with_credentials: self.identity == Identity::Claimed }
            }
            StatusCode::FORBIDDEN if self.is_page => page(),
            StatusCode::FORBIDDEN => ErrorKind::Denied { message },
            StatusCode::NOT_FOUND
                if self.reason.is_document || self.is_empty || *self.method == Method::HEAD =>
            {
                let what = if self.reason.code == "NAME_UNKNOWN" { Missing::Repository } else { what };
                ErrorKind::NotFound { what, message }
            }
            StatusCode::NOT_FOUND => page(),
            StatusCode::PAYLOAD_TOO_LARGE => ErrorKind::TooLarge {
                limit: if message.is_empty() {
                    "the registry, or a proxy in front of it, limits the size of a request".to_owned()
                } else {
                    message
                },
            },
            status if status.is_redirection() => ErrorKind::Protocol(format!(
                "the registry answered with a redirect ({status}) that cannot be followed"
            )),
            status => ErrorKind::Server {
                status: status.as_u16(),
                code: self.reason.code.clone(),
                message: self.reason.words.clone(),
            },
        }
    }

    /// Why a write is refused, for any account.
    fn refusal(&self) -> Option<Refusal> {
        if matches!(*self.method, Method::GET | Method::HEAD) {
            return None;
        }
        let text = self.reason.text().to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        Some(match self.status {
            StatusCode::INSUFFICIENT_STORAGE => Refusal::NoSpace,
            // ENOSPC as Docker distribution passes it on, in words or by its number.
            _ if says(&["no space left", "insufficient storage", "disk full", "\"err\":28"]) => {
                Refusal::NoSpace
            }
            // Harbor: "… will exceed the configured upper limit of 1.0 MiB".
            _ if says(&["quota", "exceed the configured upper limit", "storage limit"]) => Refusal::Quota,
            // Harbor: "VIOLATE_FOREIGN_KEY_CONSTRAINT: the deleting artifact is referenced by others".
            StatusCode::PRECONDITION_FAILED if says(&["referenced by others"]) => Refusal::InIndex,
            // Harbor: "the tag NAME configured as immutable, cannot be deleted".
            StatusCode::PRECONDITION_FAILED if *self.method == Method::DELETE => Refusal::ProtectedTag,
            // Nexus with "Disable redeploy": "Repository does not allow updating assets: NAME".
            _ if says(&["immutable", "does not allow updating", "cannot be overwritten"]) => {
                Refusal::ImmutableTag
            }
            StatusCode::PRECONDITION_FAILED => Refusal::ImmutableTag,
            // Harbor: "The system is in read only mode. Any modification is prohibited."
            _ if says(&["read-only", "read only", "readonly"]) => Refusal::ReadOnly,
            // Harbor: "can not push artifact to a proxy project".
            _ if says(&["proxy project", "proxy cache", "pull-through", "pull through"]) => {
                Refusal::ProxyCache
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Refusal::UnsupportedType,
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY
                if says(&["media type", "mediatype", "manifest type", "unsupported manifest"]) =>
            {
                Refusal::UnsupportedType
            }
            // Docker distribution in its read-only mode answers a text; as a pull-through cache, a document.
            StatusCode::METHOD_NOT_ALLOWED if text == "method not allowed" => Refusal::ReadOnly,
            // Docker distribution without storage.delete.enabled: "UNSUPPORTED: The operation is unsupported."
            StatusCode::METHOD_NOT_ALLOWED if *self.method == Method::DELETE => Refusal::DeletionDisabled,
            StatusCode::METHOD_NOT_ALLOWED => Refusal::MethodNotAllowed,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(method: &Method, status: u16, body: &str) -> ErrorKind {
        let reason = Reason::of(body.as_bytes());
        let refused = Refused {
            method,
            status: StatusCode::from_u16(status).unwrap(),
            reason: &reason,
            identity: Identity::Claimed,
            is_page: body.starts_with('<'),
            is_empty: body.is_empty(),
            description: "a body",
        };
        refused.kind(Missing::Manifest)
    }

    fn document(code: &str, message: &str) -> String {
        format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#)
    }

    #[test]
    fn only_a_registry_can_say_that_something_is_not_there() {
        let unknown = document("MANIFEST_UNKNOWN", "manifest unknown");
        let html = "<html><head><title>404 Not Found</title></head></html>";
        for (method, status, body, expected) in [
            (
                Method::GET,
                404,
                unknown.as_str(),
                "the registry does not have this manifest (MANIFEST_UNKNOWN: manifest unknown)",
            ),
            (
                Method::GET,
                404,
                r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#,
                "the registry does not have this repository (NAME_UNKNOWN)",
            ),
            (Method::GET, 404, "", "the registry does not have this manifest"),
            (Method::HEAD, 404, "", "the registry does not have this manifest"),
            (Method::GET, 404, html, "the response is not from a container registry: status 404 with a body"),
            (
                Method::GET,
                404,
                "404 page not found\n",
                "the response is not from a container registry: status 404 with a body",
            ),
            (Method::GET, 403, "", "access is denied"),
            (
                Method::GET,
                403,
                "<html><title>Blocked</title></html>",
                "the response is not from a container registry: status 403 with a body",
            ),
            (Method::GET, 401, "", "the credentials were refused"),
            (Method::GET, 429, "slow down", "too many requests (slow down)"),
            (Method::PUT, 413, html, "too large: 404 Not Found"),
            (Method::GET, 502, "<html>", "the registry returned 502"),
            (Method::PUT, 400, &unknown, "the registry returned 400 (MANIFEST_UNKNOWN: manifest unknown)"),
            (
                Method::PATCH,
                404,
                &document("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"),
                "the registry lost the upload (BLOB_UPLOAD_UNKNOWN: blob upload unknown to registry)",
            ),
        ] {
            assert_eq!(kind(&method, status, body).to_string(), expected);
        }
    }

    #[test]
    fn reasons_that_have_nothing_to_do_with_the_login() {
        let harbor_quota = document(
            "DENIED",
            "adding 1.9 MiB of storage resource, which when updated to current usage of 0 B will exceed the \
             configured upper limit of 1.0 MiB.",
        );
        let harbor_immutable =
            document("PRECONDITION", "Failed to process request due to 'ee:v1' configured as immutable.");
        let harbor_read_only =
            document("DENIED", "The system is in read only mode. Any modification is prohibited.");
        let harbor_proxy = document("DENIED", "can not push artifact to a proxy project: cache");
        let full = r#"{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":{"DriverName":"filesystem","Enclosed":{"Op":"mkdir","Path":"/var","Err":28}}}]}"#;
        for (status, body, expected) in [
            (403, harbor_quota.as_str(), Some(Refusal::Quota)),
            (412, &harbor_immutable, Some(Refusal::ImmutableTag)),
            (412, "", Some(Refusal::ImmutableTag)),
            (
                400,
                &document("DENIED", "Repository does not allow updating assets: dkp"),
                Some(Refusal::ImmutableTag),
            ),
            (403, &harbor_read_only, Some(Refusal::ReadOnly)),
            (403, &document("DENIED", "the project is read-only"), Some(Refusal::ReadOnly)),
            (405, "Method not allowed\n", Some(Refusal::ReadOnly)),
            (405, &document("UNSUPPORTED", "The operation is unsupported."), Some(Refusal::MethodNotAllowed)),
            (403, &harbor_proxy, Some(Refusal::ProxyCache)),
            (507, "", Some(Refusal::NoSpace)),
            (500, full, Some(Refusal::NoSpace)),
            (500, &document("UNKNOWN", "write /data: no space left on device"), Some(Refusal::NoSpace)),
            (415, "", Some(Refusal::UnsupportedType)),
            (400, &document("MANIFEST_INVALID", "unsupported media type"), Some(Refusal::UnsupportedType)),
            (403, &document("DENIED", "requested access to the resource is denied"), None),
            (500, &document("UNKNOWN", "unknown error"), None),
            (400, &document("MANIFEST_INVALID", "manifest invalid"), None),
        ] {
            let found = match kind(&Method::PUT, status, body) {
                ErrorKind::Refused { reason, .. } => Some(reason),
                _ => None,
            };
            assert_eq!(found, expected, "{status} {body}");
            let deletion =
                kind(&Method::DELETE, 405, &document("UNSUPPORTED", "The operation is unsupported."));
            assert!(matches!(deletion, ErrorKind::Refused { reason: Refusal::DeletionDisabled, .. }));
            let protected = document("PRECONDITION", "the tag v1 configured as immutable, cannot be deleted");
            let deletion = kind(&Method::DELETE, 412, &protected);
            assert!(matches!(deletion, ErrorKind::Refused { reason: Refusal::ProtectedTag, .. }));
            let listed =
                document("VIOLATE_FOREIGN_KEY_CONSTRAINT", "the deleting artifact is referenced by others");
            let deletion = kind(&Method::DELETE, 412, &listed);
            assert!(matches!(deletion, ErrorKind::Refused { reason: Refusal::InIndex, .. }));
            let read = kind(&Method::GET, status, body);
            assert!(!matches!(read, ErrorKind::Refused { .. }), "{status} {body}");
        }
    }
}
