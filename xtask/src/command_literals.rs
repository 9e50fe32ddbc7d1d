//! Searches string literals for commands that are not values of the crate `commands`.
//!
//! Names in such a command would not be quoted for a shell, and it could not be made to name a cluster.

use anyhow::{Result, bail};
use regex::Regex;

use crate::style::{Text, literals, product_sources};

/// Programs whose names begin a command; of dhctl and kubectl also the verb, since prose has their names too.
const COMMAND: &str = r"\b(?:kubectl\s+-?[a-z]|dhctl\s+(?:update|mirror|mirror-modules|bundle|config)\b|d8\s+[a-z]|openssl\s+[a-z]|skopeo\s+[a-z]|iconv\s+-|systemctl\s+[a-z]|journalctl\s+-|htpasswd\s+-|chmod\s+\S|chown\s+\S)";

/// What is spliced into a literal, or behind it: a placeholder, or an end that waits for more words.
const OPEN: &str = r"(?:[^;\n]*\{|[^;\n]*\s$)";

/// What kubectl and dhctl are asked to do. In texts about a cluster each command has to be able to name it.
const ADDRESSED: &str = r"\b(?:kubectl\s+(?:-|(?:get|describe|logs|exec|edit|rollout|set|scale|uncordon|annotate|patch|delete|create|apply)\b)|dhctl\s+(?:update|mirror|bundle|config)\b)";

/// A command in a literal.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    line: usize,
    command: String,
}

/// Fails with a list of all places.
///
/// # Errors
/// If there are any, or a file cannot be read.
pub(crate) fn run() -> Result<()> {
    let mut found = Vec::new();
    let mut searched = 0;
    for (path, content) in product_sources()? {
        if path.starts_with("crates/commands/") {
            continue;
        }
        searched += 1;
        for Finding { line, command } in search(&path, &content)? {
            found.push(format!("{path}:{line}: {command}"));
        }
    }
    if searched == 0 {
        bail!("no source file was searched for commands");
    }
    if found.is_empty() {
        return Ok(());
    }
    bail!("commands in string literals; make them values of the crate `commands`:\n{}", found.join("\n"))
}

/// The commands in the literals of one file.
fn search(path: &str, content: &str) -> Result<Vec<Finding>> {
    let open = Regex::new(&format!("{COMMAND}{OPEN}"))?;
    let addressed = Regex::new(ADDRESSED)?;
    let of_a_cluster = path.starts_with("crates/cluster/");
    let finding = |text: &Text| {
        let place = open.find(&text.text).or_else(|| addressed.find(&text.text).filter(|_| of_a_cluster))?;
        let line = text.line + text.text[..place.start()].matches('\n').count();
        Some(Finding { line, command: place.as_str().to_owned() })
    };
    Ok(literals(path, content)?.iter().filter_map(finding).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, literal: &str) -> usize {
        let content = format!("fn f() {{\n    g({literal});\n}}");
        search(path, &content).unwrap().len()
    }

    #[test]
    fn commands_with_inserted_values_are_found() {
        for (literal, count) in [
            (r#"format!("kubectl get module {name} -o yaml")"#, 1),
            (r#"format!("see why: kubectl -n d8-system logs {} -c {}", a, b)"#, 1),
            (r#"format!("pull it again (dhctl mirror --include-module {name}), or disable it")"#, 1),
            (r#"format!("`dhctl update approve v{version}`")"#, 1),
            (r#"format!("convert it: openssl x509 -in {file} -out ca.pem")"#, 1),
            (r#"format!("chmod 700 {}", path.display())"#, 1),
            (r#""dhctl update approve ".to_owned() + &name"#, 1),
            ("text.push_str(\"kubectl delete \\\n      node \")", 1),
            // Names of programs, and commands without a value.
            (r#"format!("dhctl {version}\ncommit {commit}")"#, 0),
            (r#"format!("{host} (407); dhctl supports only {a}")"#, 0),
            (r#""as kubectl apply does it""#, 0),
            (r#"format!("{a}; kubectl apply would take it back; {b}")"#, 0),
            (r#""squid -k parse && systemctl restart squid""#, 0),
        ] {
            assert_eq!(found("crates/cli/src/a.rs", literal), count, "{literal}");
        }
    }

    #[test]
    fn in_texts_about_a_cluster_no_command_is_a_literal() {
        for (literal, count) in [
            (r#""kubectl get nodes""#, 1),
            (r#""`dhctl update plan` shows the chain""#, 1),
            (r#"r"kubectl -n d8-system get pods""#, 1),
            (r#""by kubectl's rules""#, 0),
            (r#""which dhctl does not understand""#, 0),
        ] {
            assert_eq!(found("crates/cluster/src/a.rs", literal), count, "{literal}");
            assert_eq!(found("crates/cli/src/a.rs", literal), 0, "{literal}");
        }
    }

    #[test]
    fn tests_and_comments_are_not_searched() {
        let content = "//! kubectl get {x}\n/// kubectl get {x}\nfn f() {} // kubectl get {x}\n\
                       #[cfg(test)]\nmod tests { const A: &str = \"kubectl get {x}\"; }";
        assert_eq!(search("crates/cluster/src/a.rs", content).unwrap(), []);
    }

    #[test]
    fn the_searched_files_exist() {
        let sources = product_sources().unwrap();
        for path in ["crates/cluster/src/doctor/rules/nodes.rs", "crates/cli/src/failure/mod.rs"] {
            assert!(sources.iter().any(|(it, _)| it == path), "{path}");
        }
    }
}
