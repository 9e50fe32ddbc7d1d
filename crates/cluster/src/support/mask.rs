//! Secrets in objects, by the names of their fields.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::{
    masked_text::{MASK, without_forms},
    webhook,
};
use crate::safe_text::hosts_only;

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

/// Kinds whose message has the URL of the webhook that could not be reached.
const RELEASES: [&str; 2] = ["DeckhouseRelease", "ModuleRelease"];

/// Whether a field of this name has a secret in it.
pub(super) fn is_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    !REFERENCE.iter().any(|end| name.ends_with(end))
        && (SECRET.iter().any(|part| name.contains(part)) || SECRET_NAME.contains(&name.as_str()))
}

/// Whether an object in a field of this name reports on the license: a text in it is a license key.
pub(super) fn is_report(name: &str) -> bool {
    ["license", "licence"].iter().any(|license| name.eq_ignore_ascii_case(license))
}

/// Masks secrets, and remembers those that it has found by name: they are masked wherever else they occur.
#[derive(Debug, Default)]
pub(super) struct Masker {
    /// What is replaced, with what is shown instead.
    known: BTreeMap<String, String>,
}

impl Masker {
    /// From now on this is masked wherever it occurs, unless it may be an ordinary word: it was found by the name of its
    /// field, which may say something else.
    pub(super) fn know(&mut self, secret: &str) {
        let secret = secret.trim();
        let is_word = secret.chars().all(char::is_alphabetic);
        if !is_word || secret.len() >= LONG {
            self.know_certain(secret);
        }
    }

    /// From now on this is masked wherever it occurs, unless it is shorter than 8 bytes.
    pub(super) fn know_certain(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST || secret == MASK {
            return;
        }
        if let Ok(decoded) = BASE64_STANDARD.decode(secret)
            && let Ok(decoded) = String::from_utf8(decoded)
            && !decoded.contains(char::is_control)
        {
            // A login in the form of container runtimes.
            if let Ok(Value::Object(fields)) = serde_json::from_str(&decoded) {
                let logins = fields.get("auths").and_then(Value::as_object).into_iter().flatten();
                for login in logins.flat_map(|(_, login)| [&login["password"], &login["auth"]]) {
                    self.know_certain(login.as_str().unwrap_or_default());
                }
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
            self.known.insert(secret.to_owned(), MASK.to_owned());
            self.known.insert(BASE64_STANDARD.encode(secret), MASK.to_owned());
        }
    }

    /// From now on only scheme and host of this URL are shown wherever it occurs.
    pub(super) fn know_webhook(&mut self, url: &str) {
        if let Some(password) = webhook::password(url) {
            self.know_certain(password);
        }
        for (form, shown) in webhook::forms(url).into_iter().filter(|(form, _)| form.len() >= SHORTEST) {
            self.known.entry(form).or_insert(shown);
        }
    }

    /// Masks what fields with the name of a secret contain, at any depth, in texts that are JSON too.
    pub(super) fn by_name(&mut self, value: &mut Value) {
        let is_settings = value["kind"] == "ModuleConfig";
        if RELEASES.iter().any(|kind| value["kind"] == *kind) {
            if let Some(status) = value.get_mut("status") {
                message(status);
            }
        } else if RELEASES.iter().any(|kind| value["involvedObject"]["kind"] == *kind) {
            message(value);
        }
        match value {
            Value::Object(fields) => {
                // `{name: DB_PASSWORD, value: …}`, as environment variables and headers are written.
                let named = |is_it: fn(&str) -> bool| {
                    ["name", "key"].iter().filter_map(|name| fields.get(*name)?.as_str()).any(is_it)
                };
                let (secret_named, webhook_named) = (named(is_secret), named(webhook::is_webhook));
                for (name, value) in fields.iter_mut() {
                    let is_report = is_report(name)
                        && ["state", "unknown"].iter().any(|field| value.get(field).is_some());
                    if (is_secret(name) && !is_report) || (secret_named && name == "value") {
                        self.leaves(value);
                    } else if webhook::is_webhook(name) || (webhook_named && name == "value") {
                        self.by_name(value);
                        self.webhooks(value);
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
                let (mut is_value, mut is_webhook) = (false, false);
                for item in items {
                    if is_value {
                        self.leaves(item);
                    } else if is_webhook {
                        self.webhooks(item);
                    } else {
                        self.by_name(item);
                    }
                    // Arguments of a program: a flag, and its value in the next one.
                    let flag = item.as_str().filter(|flag| flag.starts_with('-') && !flag.contains('='));
                    is_value = flag.is_some_and(is_secret);
                    is_webhook = flag.is_some_and(webhook::is_webhook);
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

    /// Keeps only scheme and host of the URLs in the field of a webhook.
    fn webhooks(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| self.webhooks(value)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.webhooks(item)),
            Value::String(text) => {
                if let Some(host) = webhook::host_only(text) {
                    self.know_webhook(text);
                    *text = host;
                }
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
        let mut known: Vec<_> =
            self.known.iter().filter(|(secret, _)| text.contains(secret.as_str())).collect();
        known.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
        for (secret, shown) in known {
            text = text.replace(secret.as_str(), shown);
        }
        without_forms(&text)
    }
}

/// Keeps only the hosts of URLs in a message.
fn message(value: &mut Value) {
    if let Some(Value::String(text)) = value.get_mut("message")
        && text.contains("://")
    {
        *text = hosts_only(text);
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
