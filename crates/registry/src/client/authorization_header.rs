//! The value of the `Authorization` header.

use base64::Engine as _;
use http::HeaderValue;

use super::error::{ErrorKind, Fault};
use crate::credentials::Credentials;

/// Login and password as Basic authentication sends them (RFC 7617).
pub(crate) fn basic(credentials: &Credentials) -> String {
    let pair = format!("{}:{}", credentials.login, credentials.password.expose());
    base64::engine::general_purpose::STANDARD.encode(pair)
}

/// The value of an `Authorization` header, which nothing will print.
pub(crate) fn authorization(scheme: &str, secret: &str) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {secret}")).map_err(|_| {
        ErrorKind::Protocol("the token server sent a token with forbidden characters".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}
