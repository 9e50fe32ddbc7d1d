//! Objects and patches that are part of a command.

use foreign_text::{escaped_json, is_unsafe};
use serde_json::Value;

/// A JSON document in one line of printable characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json(String);

impl Json {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        Self(escaped_json(&value.to_string()).into_owned())
    }
}

/// An object that `kubectl create` reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Manifest {
    /// In the same line, through a pipe.
    Piped(Json),
    /// In lines of its own: YAML or JSON.
    Lines(String),
}

impl Manifest {
    /// Lines of YAML, which is easier to read; of JSON, which is YAML too and can escape every character, if there is no
    /// YAML or it is not printable. `head`: comments before it, each line ended.
    pub fn lines(head: &str, yaml: Option<String>, object: &Value) -> Self {
        let yaml = yaml.filter(|yaml| !yaml.contains(is_unsafe));
        Self::Lines(head.to_owned() + &yaml.unwrap_or_else(|| escaped_json(&object.to_string()).into_owned()))
    }

    /// The lines between a beginning and an end that is none of them.
    pub(crate) fn here_document(lines: &str) -> String {
        let mut end = "EOF".to_owned();
        while lines.lines().any(|line| line == end) {
            end.push('_');
        }
        let last = if lines.ends_with('\n') { "" } else { "\n" };
        format!(" <<'{end}'\n{lines}{last}{end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_document_ends_it() {
        assert_eq!(Manifest::here_document("a: 1\n"), " <<'EOF'\na: 1\nEOF");
        assert_eq!(Manifest::here_document("a: 1\nEOF\nid"), " <<'EOF_'\na: 1\nEOF\nid\nEOF_");
    }

    #[test]
    fn a_document_is_printable() {
        let value = serde_json::json!({ "a": "\u{202e}\u{9b}\n" });
        let json = r#"{"a":"\u202e\u009b\n"}"#;
        assert_eq!(Json::from(&value).as_str(), json);
        for (yaml, lines) in
            [(Some("a: b\n"), "# x\na: b\n".to_owned()), (Some("a: \u{202e}\n"), format!("# x\n{json}"))]
        {
            let manifest = Manifest::lines("# x\n", yaml.map(str::to_owned), &value);
            assert_eq!(manifest, Manifest::Lines(lines));
        }
    }
}
