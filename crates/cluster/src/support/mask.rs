//! Secrets in objects, by the names of their fields.

use std::collections::BTreeSet;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::masked_text::{MASK, without_forms};

/// What the name of a field with a secret contains. Compared in lower case, without anything but letters and digits.
const SECRET: [&str; 21] = [
    "accesskey",
    "apikey",
    "authorization",
    "bearer",
    "clientkey",
    "cookie",
    "credential",
    "dockercfg",
    "dockerconfigjson",
    "encryptionkey",
    "htpasswd",
    "kubeconfig",
    "licence",
    "license",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "registrationrequest",
    "secret",
    "token",
];
/// The same of a whole name.
const SECRET_NAME: [&str; 6] = ["auth", "pass", "pwd", "sshkey", "tlskey", "keydata"];
/// How names end that only refer to a secret.
const REFERENCE: [&str; 6] =
    ["secretname", "secretnames", "secretnamespace", "secretref", "pullsecrets", "secretkeyref"];
/// A shorter value is not looked for elsewhere: it may be an ordinary word.
const SHORTEST: usize = 8;
/// From this length on a value is looked for even if it has letters only.
const LONG: usize = 16;

/// Whether a field of this name has a secret in it.
pub(super) fn is_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    !REFERENCE.iter().any(|end| name.ends_with(end))
        && (SECRET.iter().any(|part| name.contains(part)) || SECRET_NAME.contains(&name.as_str()))
}

/// Masks secrets, and remembers those that it has found by name: they are masked wherever else they occur.
#[derive(Debug, Default)]
pub(super) struct Masker {
    known: BTreeSet<String>,
}

impl Masker {
    /// From now on this is masked wherever it occurs.
    pub(super) fn know(&mut self, secret: &str) {
        let secret = secret.trim();
        let is_word = secret.chars().all(char::is_alphabetic);
        if secret.len() < SHORTEST || (is_word && secret.len() < LONG) || secret == MASK {
            return;
        }
        if let Ok(decoded) = BASE64_STANDARD.decode(secret)
            && let Ok(decoded) = String::from_utf8(decoded)
            && !decoded.contains(char::is_control)
        {
            // A login in the form of container runtimes.
            if let Ok(Value::Object(fields)) = serde_json::from_str(&decoded) {
                self.by_name(&mut Value::Object(fields));
            } else if let Some((_, password)) = decoded.split_once(':') {
                self.know_as_it_is(password);
            }
        }
        for line in secret.lines().map(str::trim).filter(|line| line.len() >= SHORTEST) {
            self.know_as_it_is(line);
        }
    }

    fn know_as_it_is(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.known.insert(secret.to_owned());
            self.known.insert(BASE64_STANDARD.encode(secret));
        }
    }

    /// Masks what fields with the name of a secret contain, at any depth, in texts that are JSON too.
    pub(super) fn by_name(&mut self, value: &mut Value) {
        let is_settings = value["kind"] == "ModuleConfig";
        match value {
            Value::Object(fields) => {
                // `{name: DB_PASSWORD, value: …}`, as environment variables and headers are written.
                let named =
                    ["name", "key"].iter().filter_map(|name| fields.get(*name)?.as_str()).any(is_secret);
                for (name, value) in fields.iter_mut() {
                    if is_secret(name) || (named && name == "value") {
                        self.leaves(value);
                    } else {
                        self.by_name(value);
                    }
                }
                let spec = fields.get_mut("spec").filter(|_| is_settings);
                if let Some(settings) = spec.and_then(|spec| spec.get_mut("settings")) {
                    self.random(settings);
                }
            }
            Value::Array(items) => {
                let mut is_value = false;
                for item in items {
                    if is_value {
                        self.leaves(item);
                    } else {
                        self.by_name(item);
                    }
                    // Arguments of a program: a flag, and its value in the next one.
                    is_value = item
                        .as_str()
                        .is_some_and(|flag| flag.starts_with('-') && !flag.contains('=') && is_secret(flag));
                }
            }
            Value::String(text) if text.starts_with(['{', '[']) => {
                if let Ok(mut inner) = serde_json::from_str::<Value>(text) {
                    self.by_name(&mut inner);
                    *text = inner.to_string();
                }
            }
            _ => {}
        }
    }

    /// Masks everything in the field of a secret, but for references.
    fn leaves(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let is_kept = |name: &str| REFERENCE.contains(&name.to_ascii_lowercase().as_str());
                for (_, value) in fields.iter_mut().filter(|(name, _)| !is_kept(name)) {
                    self.leaves(value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.leaves(item)),
            Value::String(text) if !text.is_empty() => {
                self.know(text);
                MASK.clone_into(text);
            }
            Value::Number(number) => {
                self.know(&number.to_string());
                *value = Value::from(MASK);
            }
            _ => {}
        }
    }

    /// Masks values that look random. Settings of modules may have a secret in a field of any name.
    fn random(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| self.random(value)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.random(item)),
            Value::String(text) if is_random(text) => {
                self.know(text);
                MASK.clone_into(text);
            }
            _ => {}
        }
    }

    /// Masks in all texts of a value what is known, and what has the form of a secret.
    pub(super) fn everywhere(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| self.everywhere(value)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.everywhere(item)),
            Value::String(text) => *text = self.text(text),
            _ => {}
        }
    }

    /// The same of a text.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // The longest first: one may be a part of another.
        let mut known: Vec<&String> =
            self.known.iter().filter(|secret| text.contains(secret.as_str())).collect();
        known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in known {
            text = text.replace(secret.as_str(), MASK);
        }
        without_forms(&text)
    }
}

/// Letters of both cases and digits, or many of one kind, and nothing that names have.
fn is_random(text: &str) -> bool {
    let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=_-".contains(c));
    let is_mixed =
        has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
    let is_one_word = !text.contains(['-', '_', '/']);
    is_plain
        && ((text.len() >= 20 && is_mixed) || (text.len() >= 32 && is_one_word && has(char::is_ascii_digit)))
}
