//! A login that a program gives: the credential plugin (`exec`) of a kubeconfig.
//!
//! Not kube's own: it starts the plugin twice, panics on a token with a line break, and puts what the plugin has printed into
//! its errors. The protocol is client-go's (Kubernetes documentation, "Authenticating", section "client-go credential plugins").

use std::{io, process::Stdio, sync::Arc};

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;
use tokio::{process::Command, sync::Mutex};

/// A login is renewed this long before it expires, as kube and client-go do it.
const BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// Why a credential plugin gave no login. Names its command, and nothing that it has printed: the login may be in there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the credential plugin {command} {reason}")]
pub struct PluginError {
    /// The command of the plugin, as the kubeconfig has it, without its arguments.
    pub command: String,
    /// What went wrong, as a verb and its object: `failed (exit status: 1)`.
    pub reason: String,
    /// Whether it did not even start.
    pub not_started: bool,
}

/// A plugin, and the token that it gave last. All clones use the same.
#[derive(Debug, Clone)]
pub(super) struct Plugin {
    exec: Arc<ExecConfig>,
    interactive: bool,
    token: Arc<Mutex<Token>>,
}

#[derive(Debug)]
struct Token {
    /// The value of `Authorization`; `None` if the login is a certificate.
    header: Option<HeaderValue>,
    expires: Option<Timestamp>,
}

/// A certificate that a plugin gave, and its key, both as PEM.
pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) key: String,
}

#[derive(Deserialize)]
struct Credential {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

impl Plugin {
    /// Runs the plugin for the first time. `interactive`: there is a terminal on which it may ask its user.
    pub(super) async fn start(
        exec: ExecConfig,
        interactive: bool,
    ) -> Result<(Self, Option<Identity>), PluginError> {
        let interactive = interactive && exec.interactive_mode != Some(ExecInteractiveMode::Never);
        let (token, identity) = run(&exec, interactive).await?;
        Ok((Self { exec: Arc::new(exec), interactive, token: Arc::new(Mutex::new(token)) }, identity))
    }

    /// The value of `Authorization`, if the login has one. Runs the plugin again when its token is about to expire; one that
    /// then fails counts only when the token has expired.
    pub(super) async fn header(&self) -> Result<Option<HeaderValue>, PluginError> {
        let mut token = self.token.lock().await;
        // A certificate is of the connections that exist: it cannot be renewed here.
        if let (Some(_), Some(expires)) = (&token.header, token.expires)
            && Timestamp::now() + BEFORE >= expires
        {
            match run(&self.exec, self.interactive).await {
                Ok((renewed, _)) if renewed.header.is_some() => *token = renewed,
                Ok(_) => {
                    return Err(failed(&self.exec, "printed no token, and the previous one has expired"));
                }
                Err(error) if Timestamp::now() >= expires => return Err(error),
                Err(_) => {}
            }
        }
        Ok(token.header.clone())
    }

    /// What is wrong with the certificate that it printed.
    pub(super) fn unusable_identity(&self) -> PluginError {
        failed(&self.exec, "printed a client certificate or a key that cannot be used")
    }
}

fn failed(exec: &ExecConfig, reason: impl Into<String>) -> PluginError {
    PluginError {
        command: exec.command.clone().unwrap_or_default(),
        reason: reason.into(),
        not_started: false,
    }
}

async fn run(exec: &ExecConfig, interactive: bool) -> Result<(Token, Option<Identity>), PluginError> {
    let info = json!({
        "apiVersion": exec.api_version,
        "kind": "ExecCredential",
        "spec": { "interactive": interactive, "cluster": exec.cluster.as_ref().filter(|_| exec.provide_cluster_info) },
    });
    let mut command = Command::new(exec.command.as_deref().unwrap_or_default());
    command.args(exec.args.iter().flatten());
    let variables = exec.env.iter().flatten();
    command.envs(variables.filter_map(|it| Some((it.get("name")?, it.get("value")?))));
    command.env("KUBERNETES_EXEC_INFO", info.to_string()).kill_on_drop(true).stdout(Stdio::piped());
    if interactive {
        command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
    } else {
        command.stdin(Stdio::null()).stderr(Stdio::null());
    }
    let not_started = |error: io::Error| PluginError {
        not_started: true,
        ..failed(exec, format!("cannot be started: {error}"))
    };
    let output = command.spawn().map_err(not_started)?.wait_with_output().await;
    let output = output.map_err(|error| failed(exec, format!("broke off: {error}")))?;
    if !output.status.success() {
        return Err(failed(exec, format!("failed ({})", output.status)));
    }
    credential(&output.stdout).map_err(|reason| failed(exec, reason))
}

/// JSON, or YAML as some plugins print it and client-go takes it.
fn credential(printed: &[u8]) -> Result<(Token, Option<Identity>), &'static str> {
    let credential: Credential =
        serde_saphyr::from_slice(printed).map_err(|_| "printed something that is not an ExecCredential")?;
    let status = credential.status.ok_or("printed an ExecCredential without a status")?;
    let expires = status.expiration_timestamp.map(|time| time.parse()).transpose();
    let expires = expires.map_err(|_| "printed an expirationTimestamp that is not a time")?;
    let header = status.token.filter(|token| !token.is_empty()).map(|token| bearer(&token)).transpose();
    let header = header.map_err(|()| "printed a token with characters that are not allowed")?;
    let identity = match (status.client_certificate_data, status.client_key_data) {
        (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
        (None, None) => None,
        _ => return Err("printed a client certificate without a key, or a key without one"),
    };
    if header.is_none() && identity.is_none() {
        return Err("printed neither a token nor a client certificate");
    }
    Ok((Token { header, expires }, identity))
}

/// The value of `Authorization` for a token.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, ()> {
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| ())?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(status: &serde_json::Value) -> Result<(Token, Option<Identity>), &'static str> {
        credential(json!({ "kind": "ExecCredential", "status": status }).to_string().as_bytes())
    }

    #[test]
    fn what_a_plugin_prints() {
        let (token, identity) = printed(&json!({ "token": "t" })).unwrap();
        assert!(token.header.unwrap() == "Bearer t" && token.expires.is_none() && identity.is_none());
        let expiring = json!({ "token": "t", "expirationTimestamp": "2026-01-02T03:04:05Z" });
        assert!(printed(&expiring).unwrap().0.expires.is_some());
        let both = json!({ "clientCertificateData": "c", "clientKeyData": "k" });
        assert!(printed(&both).unwrap().1.is_some_and(|it| it.certificate == "c" && it.key == "k"));
        assert!(credential(b"kind: ExecCredential\nstatus:\n  token: t\n").is_ok());
        for (status, why) in [
            (json!({ "token": "two\nlines" }), "characters that are not allowed"),
            (json!({ "token": "" }), "neither a token nor"),
            (json!({}), "neither a token nor"),
            (json!(null), "without a status"),
            (json!({ "token": "t", "expirationTimestamp": "soon" }), "not a time"),
            (json!({ "clientCertificateData": "c" }), "without a key"),
        ] {
            let Err(said) = printed(&status) else { panic!("{status}") };
            assert!(said.contains(why), "{status}: {said}");
        }
        for other in [&b"hunter2"[..], b"", b"{", b"\xff"] {
            assert!(credential(other).is_err(), "{other:?}");
        }
    }

    fn shell(script: &str) -> ExecConfig {
        serde_json::from_value(json!({ "command": "sh", "args": ["-c", script] })).unwrap()
    }

    #[tokio::test]
    async fn a_token_is_renewed_before_it_expires() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let runs = || std::fs::read_to_string(&count).unwrap().lines().count();
        let script = |expires: Timestamp| {
            format!(
                "echo x >>{0}; test ! -e {0}.stop || exit 3; \
                 echo \"{{status: {{token: t$(wc -l <{0}), expirationTimestamp: '{expires}'}}}}\"",
                count.display()
            )
        };
        let in_seconds = |seconds| Timestamp::now() + SignedDuration::from_secs(seconds);
        let (fresh, _) = Plugin::start(shell(&script(in_seconds(3600))), false).await.unwrap();
        assert_eq!(fresh.header().await.unwrap().unwrap(), "Bearer t1");
        assert_eq!(runs(), 1, "once to start, and not again");

        std::fs::remove_file(&count).unwrap();
        let (old, _) = Plugin::start(shell(&script(in_seconds(30))), false).await.unwrap();
        assert_eq!(old.header().await.unwrap().unwrap(), "Bearer t2");
        std::fs::write(count.with_extension("stop"), "").unwrap();
        assert_eq!(old.header().await.unwrap().unwrap(), "Bearer t2", "it still holds");
        let (gone, _) = {
            std::fs::remove_file(count.with_extension("stop")).unwrap();
            Plugin::start(shell(&script(in_seconds(-1))), false).await.unwrap()
        };
        std::fs::write(count.with_extension("stop"), "").unwrap();
        let error = gone.header().await.unwrap_err();
        assert_eq!(error.to_string(), "the credential plugin sh failed (exit status: 3)");
    }
}
