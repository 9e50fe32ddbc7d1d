//! The lists of images inside installers and modules.

use std::collections::BTreeMap;

use oci::{Algorithm, Digest, Tag};
use serde_json::{Value, value::RawValue};

use crate::release_info::spelled;

/// A list of images, each with the names (`module.image`) that use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageList {
    /// `images_digests.json`.
    Digests(BTreeMap<Digest, Vec<String>>),
    /// `images_tags.json` of old releases: tags in the root repository.
    Tags(BTreeMap<Tag, Vec<String>>),
}

/// Why a list of images cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImageListError {
    /// Not JSON, or not of the known shape.
    #[error("list of images cannot be read")]
    Json(#[from] serde_json::Error),
    /// A value begins like a digest but is none.
    #[error("list of images has no valid digest for '{name}'")]
    Digest {
        /// The image's name in the list.
        name: String,
        /// What is wrong with it.
        #[source]
        source: oci::digest::ParseDigestError,
    },
    /// A digest of another kind than SHA-256, which no reader of these lists knows.
    #[error("list of images has a digest of an unknown kind for '{name}'")]
    Algorithm {
        /// The image's name in the list.
        name: String,
    },
    /// A value is no tag.
    #[error("list of images has no valid tag for '{name}'")]
    Tag {
        /// The image's name in the list.
        name: String,
        /// What is wrong with it, if it is a text at all.
        #[source]
        source: Option<oci::reference::ParseNameError>,
    },
}

impl ImageList {
    /// Reads `images_digests.json`, of the platform or of a module.
    ///
    /// The platform's has two levels, modules' are flat or of any shape: every text that is a digest, or a
    /// reference that ends in one, counts wherever it stands; its path is its name. Other values do not
    /// count. A list without any digest is valid: it belongs to what has no images of its own. A value
    /// that only begins like a digest is an error, since an image would be missed.
    pub fn parse_digests(json: &[u8]) -> Result<Self, ImageListError> {
        let mut images = BTreeMap::<Digest, Vec<String>>::new();
        for_each_text(&serde_json::from_slice(json)?, &mut |name, text| {
            let text = text.rsplit('@').next().unwrap_or(text).trim();
            if text.starts_with("sha256:") {
                match text.parse::<Digest>() {
                    Ok(digest) => images.entry(digest).or_default().push(name.to_owned()),
                    Err(source) => {
                        return Err(ImageListError::Digest { name: name.to_owned(), source });
                    }
                }
            } else if text.parse::<Digest>().is_ok_and(|digest| digest.algorithm() != Algorithm::Sha256) {
                return Err(ImageListError::Algorithm { name: name.to_owned() });
            }
            Ok(())
        })?;
        Ok(Self::Digests(images))
    }

    /// Reads `images_tags.json`: every text is a tag in the root repository.
    pub fn parse_tags(json: &[u8]) -> Result<Self, ImageListError> {
        let mut images = BTreeMap::<Tag, Vec<String>>::new();
        for_each_text(&serde_json::from_slice(json)?, &mut |name, text| {
            let tag = text
                .parse()
                .map_err(|source| ImageListError::Tag { name: name.to_owned(), source: Some(source) })?;
            images.entry(tag).or_default().push(name.to_owned());
            Ok(())
        })?;
        Ok(Self::Tags(images))
    }
}

/// Reads a module's `extra_images.json`: the tag of each extra image by its name.
///
/// Tags are texts, or numbers, whose spelling is kept (`1.10` is not `1.1`).
pub fn parse_extra_images(json: &[u8]) -> Result<BTreeMap<String, String>, ImageListError> {
    let images: BTreeMap<String, &RawValue> = serde_json::from_slice(json)?;
    let tag = |(name, value): (String, &RawValue)| match spelled(value)?.map(|text| text.parse::<Tag>()) {
        Some(Ok(tag)) => Ok((name, tag.to_string())),
        Some(Err(source)) => Err(ImageListError::Tag { name, source: Some(source) }),
        None => Err(ImageListError::Tag { name, source: None }),
    };
    images.into_iter().map(tag).collect()
}

/// Calls `found` with the path and content of every text.
fn for_each_text(
    root: &Value,
    found: &mut impl FnMut(&str, &str) -> Result<(), ImageListError>,
) -> Result<(), ImageListError> {
    let mut waiting = vec![(String::new(), root)];
    while let Some((path, value)) = waiting.pop() {
        let under = |name: &str| {
            if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
        };
        let before = waiting.len();
        match value {
            Value::String(text) => found(&path, text)?,
            Value::Array(items) => {
                waiting
                    .extend(items.iter().enumerate().map(|(index, item)| (under(&index.to_string()), item)));
            }
            Value::Object(fields) => waiting.extend(fields.iter().map(|(name, value)| (under(name), value))),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        waiting[before..].reverse();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn digests(json: &str) -> Vec<(String, Vec<String>)> {
        let list = ImageList::parse_digests(json.as_bytes()).unwrap();
        let ImageList::Digests(images) = list else {
            panic!("{list:?}");
        };
        images.into_iter().map(|(digest, names)| (digest.to_string(), names)).collect()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_platforms_list_has_two_levels() {
        let json =
            format!(r#"{{"common":{{"pause":"{A}","alpine":"{B}"}},"nodeManager":{{"pause":"{A}"}}}}"#);
        assert_eq!(
            digests(&json),
            [
                (A.to_owned(), names(&["common.pause", "nodeManager.pause"])),
                (B.to_owned(), names(&["common.alpine"])),
            ]
        );
    }

    #[test]
    fn lists_of_modules_have_any_shape() {
        for (json, name) in [
            (format!(r#"{{"console":"{A}"}}"#), "console"),
            (format!(r#"["{A}"]"#), "0"),
            (format!(r#"{{"a":{{"b":[1,null,{{"c":"{A}"}}]}}}}"#), "a.b.2.c"),
            (format!(r#"{{"console":"registry.example/x@{A}"}}"#), "console"),
            (format!(r#"{{"console":"{A}","version":"v1","sha":true}}"#), "console"),
            (format!("\"{A}\""), ""),
        ] {
            assert_eq!(digests(&json), [(A.to_owned(), names(&[name]))], "{json}");
        }
    }

    #[test]
    fn a_list_without_images_is_valid() {
        for json in ["{}", "[]", "null", r#"{"common":{}}"#, r#"{"a":"text"}"#] {
            assert_eq!(digests(json), [], "{json}");
        }
    }

    #[test]
    fn what_would_lose_an_image_is_an_error() {
        for json in ["", "{", "sha256:aa", "{\"a\":}", "\u{feff}{}"] {
            let error = ImageList::parse_digests(json.as_bytes()).unwrap_err();
            assert!(matches!(error, ImageListError::Json(_)), "{json}: {error}");
        }
        let upper = A.to_uppercase().replace("SHA", "sha");
        for text in ["sha256:", "sha256:abc", &A[..70], upper.as_str(), "x@sha256:1"] {
            let json = format!(r#"{{"m":{{"i":"{text}"}}}}"#);
            let error = ImageList::parse_digests(json.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("'m.i'"), "{json}: {error}");
        }
        let long = format!(r#"{{"i":"sha512:{}"}}"#, "0".repeat(128));
        let error = ImageList::parse_digests(long.as_bytes()).unwrap_err();
        assert!(matches!(error, ImageListError::Algorithm { .. }), "{error}");
    }

    #[test]
    fn old_lists_name_tags() {
        let list = ImageList::parse_tags(br#"{"common":{"pause":"abc-1","alpine":"abc-1"},"x":{"y":"f0"}}"#)
            .unwrap();
        let ImageList::Tags(images) = list else {
            panic!("{list:?}");
        };
        let images: Vec<_> = images.iter().map(|(tag, names)| (tag.as_str(), names.len())).collect();
        assert_eq!(images, [("abc-1", 2), ("f0", 1)]);
        let error = ImageList::parse_tags(br#"{"common":{"pause":"not a tag"}}"#).unwrap_err();
        assert!(error.to_string().contains("'common.pause'"), "{error}");
    }

    #[test]
    fn extra_images_have_tags_or_numbers() {
        let images = parse_extra_images(br#"{"scanner":"v1.2","db":3,"rules":1.10}"#).unwrap();
        let images: Vec<_> = images.iter().map(|(name, tag)| (name.as_str(), tag.as_str())).collect();
        assert_eq!(images, [("db", "3"), ("rules", "1.10"), ("scanner", "v1.2")]);
        assert!(parse_extra_images(b"{}").unwrap().is_empty());
        for json in [r#"{"a":null}"#, r#"{"a":{}}"#, r#"{"a":""}"#, r#"{"a":"b/c"}"#, r#"{"a":-1}"#, "[]", ""]
        {
            assert!(parse_extra_images(json.as_bytes()).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn parsers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ImageList::parse_digests(&bytes);
            let _ = ImageList::parse_tags(&bytes);
            let _ = parse_extra_images(&bytes);
        }

        #[test]
        fn every_digest_is_found(sums in proptest::collection::btree_set("[0-9a-f]{64}", 0..20), nested: bool) {
            let fields = sums.iter().enumerate().map(|(index, sum)| {
                let digest = Value::from(format!("sha256:{sum}"));
                let value = if nested { serde_json::json!({ "image": digest }) } else { digest };
                (format!("m{index}"), value)
            });
            let json = Value::Object(fields.collect()).to_string();
            let found: Vec<String> = digests(&json).into_iter().map(|(digest, _)| digest).collect();
            let expected: Vec<String> = sums.iter().map(|sum| format!("sha256:{sum}")).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
