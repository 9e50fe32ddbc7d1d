//! The reason that an admin API gives for a refusal. Nexus has four kinds of bodies and Harbor has one more.

use foreign_text::ForeignText;
use serde_json::Value;

/// Longest reason that is kept, in characters.
const LONGEST: usize = 300;

/// The reason in the body of a refusal; empty if it gives none.
///
/// Nexus sends a list of `{"id", "message"}`, a single one whose message has quotes of its own, plain text
/// (`ERROR: (ID …) class: text`), or nothing. Harbor sends `{"errors": [{"code", "message"}]}`. A page of a proxy in
/// between is not a reason.
pub(crate) fn reason(body: &[u8]) -> ForeignText {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let reason = match serde_json::from_str::<Value>(text) {
        Ok(value) => of_json(&value),
        Err(_) if text.starts_with('<') => String::new(),
        Err(_) => text.to_owned(),
    };
    ForeignText::limited(&reason, LONGEST)
}

fn of_json(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            items.iter().map(entry).filter(|it| !it.is_empty()).collect::<Vec<_>>().join("; ")
        }
        Value::Object(fields) => match fields.get("errors") {
            Some(errors @ Value::Array(_)) => of_json(errors),
            _ => entry(value),
        },
        Value::String(text) => text.clone(),
        _ => String::new(),
    }
}

/// `id: message` or `CODE: message`. The id `*` stands for the whole request.
fn entry(value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let label = if text("code").is_empty() { text("id") } else { text("code") };
    let label = label.strip_prefix("PARAMETER ").unwrap_or(label);
    let message = text("message").trim_matches('"');
    match (label, message) {
        ("" | "*", message) => message.to_owned(),
        (label, "") => label.to_owned(),
        (label, message) => format!("{label}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_body() {
        for (body, expected) in [
            (
                r#"[{"id":"PARAMETER name","message":"must not be empty"},{"id":"PARAMETER url","message":"bad"}]"#,
                "name: must not be empty; url: bad",
            ),
            (r#"{"id":"*","message":"\"Role 'a' already exists\""}"#, "Role 'a' already exists"),
            (r#"[{"id":"*","message":"Blob store not found"}]"#, "Blob store not found"),
            ("[]", ""),
            ("", ""),
            ("<html><title>502 Bad Gateway</title></html>", ""),
            (
                "ERROR: (ID 4b7) org.sonatype.nexus.security.user.DuplicateUserException: User a already exists.",
                "ERROR: (ID 4b7) org.sonatype.nexus.security.user.DuplicateUserException: User a already exists.",
            ),
            (
                r#"{"errors":[{"code":"CONFLICT","message":"The project named priv already exists"}]}"#,
                "CONFLICT: The project named priv already exists",
            ),
            (r#"{"errors":[]}"#, ""),
            ("a\nhint: b\u{1b}[2J", "a hint: b\u{fffd}[2J"),
            ("17", ""),
        ] {
            assert_eq!(reason(body.as_bytes()), expected, "{body}");
        }
        assert_eq!(reason("x".repeat(1000).as_bytes()).chars().count(), LONGEST + 3);
    }

    #[test]
    fn edited_bodies_never_panic() {
        fuzzing::fuzz!(
            [r#"[{"id":"a","message":"b"}]"#, r#"{"errors":[{"code":"A","message":"b"}]}"#],
            |bytes: &[u8]| {
                drop(reason(bytes));
            }
        );
    }
}
