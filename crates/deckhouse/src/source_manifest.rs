//! Reading a `ModuleSource`: the registry of modules and the login for it.
//!
//! The format is that of the platform's custom resource `modulesources.deckhouse.io/v1alpha1`.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use oci::RepositoryUrl;

use crate::yaml::{self, Value};

pub(crate) const KIND: &str = "ModuleSource";

/// A `ModuleSource` as its manifest says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleSource {
    /// `metadata.name`.
    pub name: String,
    /// `spec.registry.repo`: modules are directly below.
    pub repository: RepositoryUrl,
    /// `spec.registry.scheme`: whether it is plain HTTP.
    pub plain_http: bool,
    /// `spec.registry.dockerCfg`, decoded; `None` for anonymous access.
    pub docker_config: Option<DockerConfig>,
    /// `spec.registry.ca`, PEM.
    pub ca: Option<String>,
}

/// The text of a docker configuration. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct DockerConfig(Vec<u8>);

impl DockerConfig {
    /// The text, for the one place that looks for a login in it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for DockerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DockerConfig(***)")
    }
}

/// Why a text is no `ModuleSource` that can be used. Nothing of a login is part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleSourceError {
    /// Not YAML.
    #[error("not YAML: {0}")]
    Yaml(String),
    /// The file must have exactly one `ModuleSource` in it.
    #[error("the file has {found} documents of kind ModuleSource instead of 1")]
    NotOne {
        /// How many there are.
        found: usize,
    },
    /// A field is not what it should be.
    #[error("{field}: {reason}")]
    Field {
        /// Its path, as `spec.registry.repo`.
        field: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl ModuleSourceError {
    pub(crate) fn field(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Field { field, reason: reason.into() }
    }
}

impl ModuleSource {
    /// Reads the one `ModuleSource` among the documents of a file.
    ///
    /// # Errors
    /// [`ModuleSourceError`], which names the field.
    pub fn parse(text: &str) -> Result<Self, ModuleSourceError> {
        let documents = documents(text)?;
        let mut sources = documents.iter().filter(|document| is_source(document));
        let (Some(document), None) = (sources.next(), sources.next()) else {
            let found = documents.iter().filter(|document| is_source(document)).count();
            return Err(ModuleSourceError::NotOne { found });
        };
        Ok(Self {
            name: required(document, "metadata.name")?,
            repository: repository(document)?,
            plain_http: plain_http(document)?,
            docker_config: docker_config(document)?,
            ca: ca(document)?,
        })
    }
}

pub(crate) fn documents(text: &str) -> Result<Vec<Value>, ModuleSourceError> {
    let read = yaml::parse_all(text.as_bytes());
    // A message of the library's may quote the text, and a login may stand there.
    let place = |error: &serde_saphyr::Error| match error.location() {
        Some(place) => format!("line {}, column {}", place.line(), place.column()),
        None => "it cannot be read".to_owned(),
    };
    read.map_err(|error| ModuleSourceError::Yaml(place(&error)))
}

pub(crate) fn is_source(document: &Value) -> bool {
    matches!(document.get("kind"), Some(Value::Text(kind)) if kind == KIND)
}

/// A text at a path; empty and null are as good as not there.
fn text(document: &Value, field: &'static str) -> Result<Option<String>, ModuleSourceError> {
    match field.split('.').try_fold(document, |value, name| value.get(name)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.clone()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(ModuleSourceError::field(field, "not a string")),
    }
}

fn required(document: &Value, field: &'static str) -> Result<String, ModuleSourceError> {
    text(document, field)?.ok_or_else(|| ModuleSourceError::field(field, "missing"))
}

fn repository(document: &Value) -> Result<RepositoryUrl, ModuleSourceError> {
    const FIELD: &str = "spec.registry.repo";
    let repo = required(document, FIELD)?;
    let bare = repo.trim().trim_end_matches('/');
    if bare.contains("://") {
        return Err(ModuleSourceError::field(
            FIELD,
            "contains a scheme; set the scheme in spec.registry.scheme",
        ));
    }
    bare.parse().map_err(|error| ModuleSourceError::field(FIELD, format!("{error}")))
}

fn plain_http(document: &Value) -> Result<bool, ModuleSourceError> {
    const FIELD: &str = "spec.registry.scheme";
    match text(document, FIELD)?.map(|scheme| scheme.to_ascii_uppercase()).as_deref() {
        Some("HTTP") => Ok(true),
        Some("HTTPS") | None => Ok(false),
        Some(_) => Err(ModuleSourceError::field(FIELD, "neither HTTP nor HTTPS")),
    }
}

fn docker_config(document: &Value) -> Result<Option<DockerConfig>, ModuleSourceError> {
    const FIELD: &str = "spec.registry.dockerCfg";
    let Some(encoded) = text(document, FIELD)? else { return Ok(None) };
    let one_line: String = encoded.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    let decoded = STANDARD.decode(one_line);
    let decoded = decoded.map_err(|_| ModuleSourceError::field(FIELD, "not base64"))?;
    match serde_json::from_slice::<serde_json::Value>(&decoded) {
        Ok(serde_json::Value::Object(_)) => Ok(Some(DockerConfig(decoded))),
        _ => Err(ModuleSourceError::field(FIELD, "base64, but not of a Docker configuration (JSON)")),
    }
}

fn ca(document: &Value) -> Result<Option<String>, ModuleSourceError> {
    const FIELD: &str = "spec.registry.ca";
    let ca = text(document, FIELD)?;
    match &ca {
        Some(text) if !text.contains("-----BEGIN CERTIFICATE-----") => {
            Err(ModuleSourceError::field(FIELD, "not a certificate (PEM)"))
        }
        _ => Ok(ca),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(registry: &str) -> String {
        format!(
            "apiVersion: deckhouse.io/v1alpha1\nkind: ModuleSource\nmetadata:\n  name: mods\nspec:\n  registry: {registry}\n"
        )
    }

    #[test]
    fn all_that_is_read() {
        let login = STANDARD.encode(r#"{"auths":{"r.example:5000":{}}}"#);
        let text = format!(
            "# modules\n---\nkind: Other\n---\nkind: ModuleSource\nmetadata: {{name: mods}}\nspec:\n  registry:\n    \
             repo: r.example:5000/dkp/modules/\n    scheme: http\n    dockerCfg: {login}\n    ca: |\n      \
             -----BEGIN CERTIFICATE-----\n      x\n"
        );
        let source = ModuleSource::parse(&text).unwrap();
        assert_eq!(source.name, "mods");
        assert_eq!(source.repository.to_string(), "r.example:5000/dkp/modules");
        assert!(source.plain_http);
        assert_eq!(source.docker_config.as_ref().unwrap().expose(), br#"{"auths":{"r.example:5000":{}}}"#);
        assert_eq!(source.ca.as_deref(), Some("-----BEGIN CERTIFICATE-----\nx\n"));
        assert!(!format!("{source:?}").contains("auths"));
        let least = ModuleSource::parse(&manifest("{repo: r.example/mods, dockerCfg: ''}")).unwrap();
        assert_eq!((least.plain_http, least.docker_config, least.ca), (false, None, None));
    }

    #[test]
    fn errors_name_the_field() {
        for (registry, said) in [
            ("{}", "spec.registry.repo: missing"),
            ("{repo: 5}", "spec.registry.repo: not a string"),
            ("{repo: 'https://r.example/x'}", "spec.registry.repo: contains a scheme"),
            ("{repo: r.example}", "spec.registry.repo: "),
            ("{repo: r.example/x, scheme: FTP}", "spec.registry.scheme: neither HTTP nor HTTPS"),
            ("{repo: r.example/x, dockerCfg: '!secret!'}", "spec.registry.dockerCfg: not base64"),
            ("{repo: r.example/x, dockerCfg: c2VjcmV0}", "spec.registry.dockerCfg: base64, but not of"),
            ("{repo: r.example/x, ca: x}", "spec.registry.ca: not a certificate"),
        ] {
            let error = ModuleSource::parse(&manifest(registry)).unwrap_err().to_string();
            assert!(error.starts_with(said) && !error.contains("secret"), "{registry}: {error}");
        }
        let twice = manifest("{}") + "---\n" + &manifest("{}");
        assert_eq!(ModuleSource::parse(&twice), Err(ModuleSourceError::NotOne { found: 2 }));
        assert_eq!(ModuleSource::parse(""), Err(ModuleSourceError::NotOne { found: 0 }));
        let error = ModuleSource::parse("kind: [secret\nx: }").unwrap_err().to_string();
        assert!(error.starts_with("not YAML: ") && !error.contains("secret"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = ModuleSource::parse(&text);
        }
    }
}
