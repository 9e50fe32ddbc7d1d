//! Why a login could not be prepared, without what a credential plugin has printed: there the token is.

use kube::client::AuthError;

use crate::safe_text::short;

/// In plain words.
pub(crate) fn words(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecStart(error) => {
            format!("the credential plugin of the kubeconfig cannot be started: {error}")
        }
        AuthError::AuthExecRun { out, .. } => {
            let said = short(&String::from_utf8_lossy(&out.stderr));
            let said = if said.is_empty() { said } else { format!(": {said}") };
            format!("the credential plugin of the kubeconfig has failed ({}){said}", out.status)
        }
        AuthError::AuthExecParse(_) => {
            "what the credential plugin of the kubeconfig prints is no ExecCredential".to_owned()
        }
        other => other.to_string(),
    }
}
