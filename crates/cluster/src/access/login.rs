//! Why kube could not prepare a login (`auth-provider`), without what a command has printed: there the token is.

use kube::client::AuthError;

/// In plain words.
pub(crate) fn words(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecRun { out, .. } => {
            format!("the command of the kubeconfig's auth-provider failed ({})", out.status)
        }
        AuthError::ParseTokenKey(_) => {
            "the command of the kubeconfig's auth-provider printed something that is not JSON".to_owned()
        }
        other => other.to_string(),
    }
}
