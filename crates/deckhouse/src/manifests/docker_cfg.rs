//! The login for one registry, as the platform's manifests carry it: base64 of a docker configuration.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use oci::Host;
use serde_json::{Value, json};

use super::ManifestError;

/// `registryDockerCfg` and `dockerCfg`: base64, of one line, of `{"auths":{"HOST[:PORT]":{…}}}`.
///
/// The entry has `username`, `password` and `auth`, as in the platform's own Secret `deckhouse-registry`: some
/// readers take the pair, some `auth`. It is empty for anonymous access. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct DockerCfg(String);

impl DockerCfg {
    /// For anonymous access.
    pub fn anonymous(host: &Host) -> Self {
        Self::encode(host, &json!({}))
    }

    /// For a login and its password.
    ///
    /// # Errors
    /// [`ManifestError::Refused`] if one of them is empty, or the login has a colon, which `auth` cannot
    /// carry.
    pub fn new(host: &Host, login: &str, password: &str) -> Result<Self, ManifestError> {
        let refused = |reason, instead: &str| {
            Err(ManifestError::refused(format!("the login for {host}"), reason, instead))
        };
        if login.is_empty() {
            return refused("it is empty", "set the login of an account that can read the registry");
        }
        if login.contains(':') {
            return refused(
                "it contains ':', which separates the login from the password",
                "set the login with --registry-login and the password with --registry-password-file",
            );
        }
        if password.is_empty() {
            return refused("it has no password", "set its password");
        }
        let auth = STANDARD.encode(format!("{login}:{password}"));
        Ok(Self::encode(host, &json!({"username": login, "password": password, "auth": auth})))
    }

    /// The base64, for the one place that writes it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn encode(host: &Host, entry: &Value) -> Self {
        let document = json!({"auths": {host.as_str(): entry}});
        Self(STANDARD.encode(document.to_string()))
    }
}

impl fmt::Debug for DockerCfg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DockerCfg(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(cfg: &DockerCfg) -> serde_json::Value {
        serde_json::from_slice(&STANDARD.decode(cfg.expose()).unwrap()).unwrap()
    }

    #[test]
    fn anonymous_and_with_login() {
        let host: Host = "r.example:5000".parse().unwrap();
        let anonymous = DockerCfg::anonymous(&host);
        assert_eq!(decoded(&anonymous).to_string(), r#"{"auths":{"r.example:5000":{}}}"#);
        let cfg = DockerCfg::new(&host, "robot$dkp", "pa:ss").unwrap();
        let entry = serde_json::json!({
            "username": "robot$dkp", "password": "pa:ss", "auth": STANDARD.encode("robot$dkp:pa:ss"),
        });
        assert_eq!(decoded(&cfg), serde_json::json!({"auths": {"r.example:5000": entry}}));
        assert_eq!(format!("{cfg:?}"), "DockerCfg(..)");
    }

    #[test]
    fn ambiguous_logins_are_refused() {
        let host: Host = "r.example".parse().unwrap();
        for (login, password, reason) in
            [("", "s3cret", "empty"), ("some:one", "s3cret", "':'"), ("someone", "", "no password")]
        {
            let error = DockerCfg::new(&host, login, password).unwrap_err().to_string();
            assert!(error.contains("r.example") && error.contains(reason), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_pair_is_read_back(login in "[^:]{1,12}", password in ".{1,20}") {
            let cfg = DockerCfg::new(&"h:1".parse().unwrap(), &login, &password).unwrap();
            let entry = &decoded(&cfg)["auths"]["h:1"];
            prop_assert_eq!(entry["username"].as_str(), Some(login.as_str()));
            prop_assert_eq!(entry["password"].as_str(), Some(password.as_str()));
            let auth = STANDARD.decode(entry["auth"].as_str().unwrap()).unwrap();
            prop_assert_eq!(String::from_utf8(auth).unwrap(), format!("{login}:{password}"));
        }
    }
}
