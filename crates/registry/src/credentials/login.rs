//! A login and its password, or an identity token instead of both.

use std::fmt;

use egress::Secret;

/// The login that docker's files and helpers write when the password is an identity token.
const IDENTITY_TOKEN: &str = "<token>";

/// What a registry requires before it answers.
///
/// An identity token is written as docker's credential helpers write it: with the login `<token>` and
/// the token as password.
#[derive(Clone)]
pub struct Credentials {
    /// The user name.
    pub login: String,
    /// The password, access token or identity token.
    pub password: Secret,
}

impl Credentials {
    /// A login with its password.
    pub fn new(login: impl Into<String>, password: Secret) -> Self {
        Self { login: login.into(), password }
    }

    /// An `OAuth2` refresh token, as a registry's token server hands it out instead of a password.
    pub fn identity_token(token: Secret) -> Self {
        Self::new(IDENTITY_TOKEN, token)
    }

    /// Whether the password is an identity token, which only a token server understands.
    pub fn is_identity_token(&self) -> bool {
        self.login == IDENTITY_TOKEN
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("login", &self.login).field("password", &"***").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_password_out_of_debug() {
        let credentials = Credentials::new("robot", Secret::new("hunter2".to_owned()));
        let text = format!("{credentials:?}");
        assert!(text.contains("robot") && !text.contains("hunter2"), "{text}");
        assert!(!credentials.is_identity_token());
        assert!(Credentials::identity_token(Secret::new("abc".to_owned())).is_identity_token());
    }
}
