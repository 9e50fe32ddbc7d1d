//! The variables of `d8 mirror`: aliases for logins, for those who have them set. Read in `environment`.
//!
//! They only add a login to a registry that our own flags or variables name: none of them names a registry.
//! (`internal/mirror/cmd/pull/flags/flags.go` and `cmd/push/flags.go` of deckhouse-cli, 2026-08.)

use std::ffi::OsString;

use egress::Secret;

use crate::logins::Login;

/// The variable of `d8` with a time limit for requests. `dhctl` has no such limit.
const TIMEOUT: &str = "D8_MIRROR_TIMEOUT";

/// The values of the variables that are set and not empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct D8Variables {
    source: D8Login,
    target: D8Login,
    has_timeout: bool,
}

/// The variables for one registry.
#[derive(Debug, Clone, Default)]
struct D8Login {
    name: Option<String>,
    password: Option<Secret>,
    license: Option<Secret>,
}

/// The registry that a login is for, in terms of `d8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum D8Registry {
    /// The one that `d8 mirror pull` reads.
    Source,
    /// The one that `d8 mirror push` writes to.
    Target,
}

impl D8Variables {
    /// The variables as `read` returns them.
    pub(crate) fn new(read: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| read(name).and_then(|value| value.into_string().ok());
        let secret = |name: &str| text(name).map(Secret::new);
        Self {
            source: D8Login {
                name: text("D8_MIRROR_SOURCE_LOGIN"),
                password: secret("D8_MIRROR_SOURCE_PASSWORD"),
                license: secret("D8_MIRROR_LICENSE_TOKEN"),
            },
            target: D8Login {
                name: text("D8_MIRROR_REGISTRY_LOGIN"),
                password: secret("D8_MIRROR_REGISTRY_PASSWORD"),
                license: None,
            },
            has_timeout: read(TIMEOUT).is_some(),
        }
    }

    /// Adds to a login what neither a flag nor a variable of ours gives. A license key of ours is a whole login.
    pub(crate) fn complete(&self, login: &Login) -> Login {
        let variables = match login.d8 {
            None => return login.clone(),
            Some(D8Registry::Source) => &self.source,
            Some(D8Registry::Target) => &self.target,
        };
        let is_set = |secret: &Option<Secret>| secret.as_ref().is_some_and(|it| !it.expose().is_empty());
        let mut login = login.clone();
        let has_name = login.name.as_ref().is_some_and(|it| !it.is_empty());
        if !has_name && (is_set(&login.license) || login.license_file.is_some()) {
            return login;
        }
        if !has_name {
            login.name.clone_from(&variables.name);
        }
        let has_password = is_set(&login.password) || login.password_file.is_some();
        if !has_password && login.name.is_some() {
            login.password.clone_from(&variables.password);
        }
        if login.name.is_none() && !has_password {
            login.license.clone_from(&variables.license);
        }
        login
    }

    /// What to say if the limit on the time of requests is set.
    pub(crate) fn note(&self) -> Option<String> {
        let note = format!(
            "{TIMEOUT} has no effect: dhctl does not limit the total time of a transfer; --retry-timeout sets how long it waits for a \
             registry that does not answer"
        );
        self.has_timeout.then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Login, password and license key; `-` for none.
    type Values<'a> = [&'a str; 3];

    fn value(text: &str) -> Option<String> {
        (text != "-").then(|| text.to_owned())
    }

    fn login([name, password, license]: Values<'_>) -> Login {
        Login {
            name: value(name),
            password: value(password).map(Secret::new),
            license: value(license).map(Secret::new),
            d8: Some(D8Registry::Source),
            ..Login::none()
        }
    }

    #[test]
    fn ours_win() {
        for (ours, theirs, expected) in [
            (["-", "-", "-"], ["bob", "b", "-"], ["bob", "b", "-"]),
            (["-", "-", "-"], ["-", "-", "key"], ["-", "-", "key"]),
            (["-", "-", "-"], ["bob", "b", "key"], ["bob", "b", "-"]),
            (["", "", ""], ["bob", "b", "-"], ["bob", "b", ""]),
            (["-", "-", "ours"], ["bob", "b", "key"], ["-", "-", "ours"]),
            (["amy", "a", "-"], ["bob", "b", "key"], ["amy", "a", "-"]),
            (["amy", "-", "-"], ["bob", "b", "key"], ["amy", "b", "-"]),
            (["-", "a", "-"], ["bob", "b", "key"], ["bob", "a", "-"]),
            (["-", "a", "-"], ["-", "b", "key"], ["-", "a", "-"]),
            (["-", "-", "-"], ["-", "b", "-"], ["-", "-", "-"]),
        ] {
            let [name, password, license] = theirs;
            let read = |variable: &str| {
                let text = match variable {
                    "D8_MIRROR_SOURCE_LOGIN" => name,
                    "D8_MIRROR_SOURCE_PASSWORD" => password,
                    "D8_MIRROR_LICENSE_TOKEN" => license,
                    _ => "-",
                };
                value(text).map(OsString::from)
            };
            let found = D8Variables::new(&read).complete(&login(ours));
            let secret = |secret: &Option<Secret>| {
                secret.as_ref().map_or_else(|| "-".to_owned(), |it| it.expose().to_owned())
            };
            let found = [
                found.name.clone().unwrap_or_else(|| "-".to_owned()),
                secret(&found.password),
                secret(&found.license),
            ];
            assert_eq!(found, expected, "{ours:?} {theirs:?}");
        }
    }
}
