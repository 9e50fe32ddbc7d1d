//! What a token must allow.
//!
//! Docker's token specification, "Requesting a Token": `repository:NAME:ACTIONS`. Some token servers
//! read only the first scope of a request, so the wanted one comes first.

use oci::RepositoryName;

/// The scopes of one request, the wanted one first, none twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scopes(Vec<String>);

impl Scopes {
    /// Nothing but an identity: for `/v2/` itself.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// Reading from a repository.
    pub(crate) fn pull(name: &RepositoryName) -> Self {
        Self(vec![format!("repository:{name}:pull")])
    }

    /// Writing to a repository.
    pub(crate) fn push(name: &RepositoryName) -> Self {
        Self(vec![format!("repository:{name}:pull,push")])
    }

    /// Writing to `name` what is already in `from`.
    pub(crate) fn mount(name: &RepositoryName, from: &RepositoryName) -> Self {
        Self::push(name).with(&format!("repository:{from}:pull"))
    }

    /// Removing from a repository. Quay refuses a request that names `delete`, so all is asked for.
    pub(crate) fn delete(name: &RepositoryName) -> Self {
        Self(vec![format!("repository:{name}:*")])
    }

    /// These scopes preceded by those that a challenge asked for.
    pub(crate) fn led_by(&self, challenged: &str) -> Self {
        let mut all = Self::none();
        for scope in challenged.split_ascii_whitespace() {
            all = all.with(scope);
        }
        self.0.iter().fold(all, |all, scope| all.with(scope))
    }

    /// The same set always gives the same key.
    pub(crate) fn key(&self) -> Vec<String> {
        let mut key = self.0.clone();
        key.sort();
        key
    }

    /// The scopes that also allow what these allow: an account that may push may pull.
    pub(crate) fn wider(&self) -> Option<Self> {
        match self.0.as_slice() {
            [only] => only.strip_suffix(":pull").map(|name| Self(vec![format!("{name}:pull,push")])),
            _ => None,
        }
    }

    /// Each scope, the wanted one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    fn with(mut self, scope: &str) -> Self {
        if !self.0.iter().any(|known| known == scope) {
            self.0.push(scope.to_owned());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_keys_do_not_depend_on_it() {
        let (a, b) = ("a".parse().unwrap(), "b".parse().unwrap());
        let mount = Scopes::mount(&b, &a);
        assert_eq!(mount.iter().collect::<Vec<_>>(), ["repository:b:pull,push", "repository:a:pull"]);
        let led = mount.led_by("repository:a:pull");
        assert_eq!(led.iter().collect::<Vec<_>>(), ["repository:a:pull", "repository:b:pull,push"]);
        assert_eq!(mount.key(), led.key());
        assert_eq!(Scopes::pull(&a).wider(), Some(Scopes::push(&a)));
        assert_eq!(Scopes::push(&a).wider(), None);
        assert_eq!(Scopes::pull(&a).led_by("repository:a:pull"), Scopes::pull(&a));
    }
}
