//! Taking the login out of a `ModuleSource`, and nothing else: comments and order stay, since the file is
//! edited line by line and not written anew. The result is read again before it is believed.

use crate::{
    source_manifest::{ModuleSourceError, documents, is_source},
    yaml::Value,
};

const FIELD: &str = "spec.registry.dockerCfg";
const KEY: &str = "dockerCfg";

/// The text without the lines of `dockerCfg`.
///
/// # Errors
/// [`ModuleSourceError::Field`] if that cannot be done by lines, or the value stands elsewhere in the file
/// too, as in an annotation of `kubectl apply`.
pub fn without_login(text: &str) -> Result<String, ModuleSourceError> {
    let before = documents(text)?;
    let logins: Vec<String> = before.iter().filter_map(login).collect();
    if logins.is_empty() {
        return Ok(text.to_owned());
    }
    let edited = without_key(text);
    let expected: Vec<Value> = before.iter().map(without_field).collect();
    if documents(&edited).ok().as_ref() != Some(&expected) {
        let reason = "cannot be removed from the copy of this file; put it on a line of its own";
        return Err(ModuleSourceError::field(FIELD, reason));
    }
    if let Some(line) =
        edited.lines().position(|line| logins.iter().any(|login| line.contains(login.as_str())))
    {
        let reason = format!(
            "the file also contains its value in another place; remove it there (line {} without this field)",
            line + 1
        );
        return Err(ModuleSourceError::field(FIELD, reason));
    }
    Ok(edited)
}

/// The value of the field in a document that is a `ModuleSource`.
fn login(document: &Value) -> Option<String> {
    match document.get("spec")?.get("registry")?.get(KEY)? {
        Value::Text(text) if is_source(document) && !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// Drops each line with the key, and the lines of its value, which are indented deeper.
fn without_key(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut dropped_below = None;
    let mut blank = String::new();
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if line.trim().is_empty() {
            // Belongs to the value only if the value continues after it.
            blank.push_str(line);
            continue;
        }
        if dropped_below.is_some_and(|key| indent > key) {
            blank.clear();
            continue;
        }
        kept.push_str(&std::mem::take(&mut blank));
        dropped_below = is_key(line.trim_start()).then_some(indent);
        if dropped_below.is_none() {
            kept.push_str(line);
        }
    }
    kept + &blank
}

fn is_key(line: &str) -> bool {
    let after = ["dockerCfg", "\"dockerCfg\"", "'dockerCfg'"].iter().find_map(|key| line.strip_prefix(key));
    after.is_some_and(|rest| rest.trim_start().starts_with(':'))
}

/// The document without the field, if it is a `ModuleSource`.
fn without_field(document: &Value) -> Value {
    fn remove(value: &mut Value, path: &[&str]) {
        let Value::Map(fields) = value else { return };
        match path {
            [] => {}
            [last] => fields.retain(|(name, _)| name != last),
            [first, rest @ ..] => {
                for (_, value) in fields.iter_mut().filter(|(name, _)| name == first) {
                    remove(value, rest);
                }
            }
        }
    }
    let mut document = document.clone();
    if is_source(&document) {
        remove(&mut document, &["spec", "registry", KEY]);
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# ours\n---\napiVersion: deckhouse.io/v1alpha1\nkind: ModuleSource\nmetadata:\n  name: m # x\nspec:\n";

    #[test]
    fn only_the_login_goes() {
        for (registry, left) in [
            (
                "  registry:\n    repo: r/x\n    dockerCfg: SECRET # key\n\n    # and\n    scheme: HTTP\n",
                "  registry:\n    repo: r/x\n\n    # and\n    scheme: HTTP\n",
            ),
            (
                "  registry:\n    dockerCfg: >-\n      SEC\n\n      RET\n    repo: r/x",
                "  registry:\n    repo: r/x",
            ),
            (
                "  registry:\r\n    repo: r/x\r\n    'dockerCfg' : SECRET\r\n",
                "  registry:\r\n    repo: r/x\r\n",
            ),
            (
                "  registry:\n    repo: r/x\n    dockerCfg: ''\n",
                "  registry:\n    repo: r/x\n    dockerCfg: ''\n",
            ),
            ("  registry: {repo: r/x}\n", "  registry: {repo: r/x}\n"),
        ] {
            assert_eq!(
                without_login(&format!("{HEAD}{registry}")),
                Ok(format!("{HEAD}{left}")),
                "{registry}"
            );
        }
    }

    #[test]
    fn what_would_leave_the_login_is_refused() {
        for registry in [
            "  registry: {repo: r/x, dockerCfg: SECRET}\n",
            "  registry:\n    repo: r/x\n    dockerCfg: SECRET\n# was SECRET\n",
            "  registry:\n    repo: r/x\n    dockerCfg: &a SECRET\n  other: *a\n",
            "  registry:\n    ? dockerCfg\n    : SECRET\n    repo: r/x\n",
        ] {
            let error = without_login(&format!("{HEAD}{registry}")).unwrap_err().to_string();
            assert!(error.starts_with(FIELD) && !error.contains("SECRET"), "{registry}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_login_never_stays(before in "[ a-z:\n#'\"-]{0,40}", after in "[ a-z:\n#'\"-]{0,40}") {
            let text = format!("kind: ModuleSource\nspec:\n  registry:\n    {before}\n    dockerCfg: S3CR3T\n    {after}");
            if let Ok(edited) = without_login(&text) {
                let was_read = documents(&text).unwrap().iter().any(|it| login(it).is_some());
                proptest::prop_assert!(!was_read || !edited.contains("S3CR3T"), "{}", edited);
            }
        }
    }
}
