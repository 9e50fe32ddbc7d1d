//! Any object of a cluster as a person is shown it: scripts as blocks, not as one line with `\n` in it.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::yaml;

use super::ManifestError;

/// Writes an object, given as JSON, as one YAML document.
///
/// Keys come in the order that they have there.
pub fn write_object(object: &Value) -> Result<String, ManifestError> {
    yaml::write(&Shown(object))
        .map_err(|error| ManifestError::Write { kind: "object", source: error.to_string().into() })
}

/// Multi-line texts become blocks where every reader takes the block for the same text.
struct Shown<'a>(&'a Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::String(text) if is_block(text) => serde_saphyr::LitStr(text).serialize(serializer),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Shown)),
            Value::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, Shown(value))))
            }
            other => other.serialize(serializer),
        }
    }
}

/// Lines that end in a space, an indented or empty first line, empty lines at the end and control characters are
/// where readers differ.
fn is_block(text: &str) -> bool {
    let Some(text) = text.strip_suffix('\n') else { return false };
    let printable =
        |line: &str| line.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) && !line.ends_with(' ');
    !text.starts_with([' ', '\n'])
        && !text.ends_with('\n')
        && !text.is_empty()
        && text.split('\n').all(printable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::yaml::Value as Read;

    #[test]
    fn a_script_is_a_block() {
        let object = json!({
            "kind": "X", "spec": {"content": "if a; then\n  b\n\nfi\n", "list": ["*", "yes"], "weight": 32},
        });
        assert_eq!(
            write_object(&object).unwrap(),
            "kind: X\nspec:\n  content: |\n    if a; then\n      b\n\n    fi\n  list:\n  - \"*\"\n  - \"yes\"\n  weight: 32\n"
        );
    }

    proptest! {
        #[test]
        fn texts_read_back(text in "([-a-c:#|> \n\t\r]{0,8}\n?){0,4}", any in any::<String>()) {
            for text in [text, any] {
                let written = write_object(&json!({"content": &text})).unwrap();
                let read = yaml::parse(written.as_bytes()).unwrap();
                prop_assert_eq!(read.get("content"), Some(&Read::Text(text)), "{}", written);
            }
        }
    }
}
