//! The files with the passwords of new accounts. A password is in its file before it is used, in a file that only its owner
//! may read, and a file that exists is never changed.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use bundle::owned::{self, Readers};
use egress::Secret;
use registry_admin::{Account, SecretName, Secrets};

use crate::{
    failure::Failure,
    logins::read_secret,
    result_file::{self, Readers as ResultReaders},
};

/// Characters of a generated password.
const LENGTH: usize = 32;

/// Characters in generated passwords: none has a meaning in a shell, in JSON or in a URL.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Where new passwords come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// We generate them before the account is created.
    Generated,
    /// The server generates them when it creates the account.
    Server,
}

/// The password files of a setup.
#[derive(Debug)]
pub(super) struct PasswordFiles {
    origin: Origin,
    files: BTreeMap<Account, PasswordFile>,
}

#[derive(Debug)]
struct PasswordFile {
    path: PathBuf,
    /// Whether the user named it: then it has to exist.
    is_given: bool,
    /// The new empty file, until the server has given the secret.
    waiting: Option<File>,
}

impl PasswordFiles {
    pub(super) fn new(origin: Origin) -> Self {
        Self { origin, files: BTreeMap::new() }
    }

    /// The file of an account: the one that the user named, or `STEM.password` in a directory.
    pub(super) fn add(&mut self, account: Account, given: Option<PathBuf>, directory: &Path, stem: &str) {
        let is_given = given.is_some();
        let in_directory = || {
            let name = format!("{stem}.password");
            if directory == Path::new(".") { name.into() } else { directory.join(name) }
        };
        let path = given.unwrap_or_else(in_directory);
        self.files.insert(account, PasswordFile { path, is_given, waiting: None });
    }

    /// The file of an account.
    pub(super) fn path(&self, account: Account) -> &Path {
        self.files.get(&account).map_or(Path::new(""), |file| &file.path)
    }

    /// Reads the passwords of files that exist.
    pub(super) fn load(&self, accounts: &[Account], secrets: &mut Secrets) -> Result<(), Failure> {
        for (account, file) in self.files.iter().filter(|(account, _)| accounts.contains(account)) {
            if !file.is_given && !has_content(&file.path, self.origin)? {
                continue;
            }
            secrets.insert(SecretName::Account(*account), read_secret(&file.path, "the password")?);
        }
        Ok(())
    }

    /// Makes sure that the password of an account that is about to be created is stored: generates it into a new file, or
    /// creates the empty file that the server's secret will be written to.
    pub(super) fn prepare(&mut self, account: Account, secrets: &mut Secrets) -> Result<(), Failure> {
        let name = SecretName::Account(account);
        let Some(file) = self.files.get_mut(&account).filter(|_| secrets.get(name).is_none()) else {
            return Ok(());
        };
        match self.origin {
            Origin::Generated => {
                let password = generate()?;
                let text = format!("{}\n", password.expose());
                result_file::write(&file.path, &text, ResultReaders::Owner, false)?;
                secrets.insert(name, password);
            }
            Origin::Server => {
                let mut options = OpenOptions::new();
                options.write(true).create(true);
                file.waiting = Some(owned::open(&file.path, &mut options, Readers::Owner)?);
            }
        }
        Ok(())
    }

    /// Stores a secret that the server has generated.
    pub(super) fn keep(
        &mut self,
        account: Account,
        secret: Secret,
        secrets: &mut Secrets,
    ) -> Result<(), Failure> {
        let Some(file) = self.files.get_mut(&account) else { return Ok(()) };
        let Some(mut waiting) = file.waiting.take() else { return Ok(()) };
        let written = waiting.write_all(format!("{}\n", secret.expose()).as_bytes());
        written.and_then(|()| waiting.sync_all()).map_err(|error| {
            Failure::file(&file.path, &error).hint(
                "the account exists, but its secret is not stored; refresh the secret in Harbor, and write the new one into \
                 this file",
            )
        })?;
        owned::confirm(&file.path, &waiting)?;
        secrets.insert(SecretName::Account(account), secret);
        Ok(())
    }
}

/// Whether there is a password in a file. An empty one was left by a run that ended before the server gave a secret.
fn has_content(path: &Path, origin: Origin) -> Result<bool, Failure> {
    match std::fs::metadata(path) {
        Ok(data) => Ok(origin == Origin::Generated || data.len() > 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::file(path, &error)),
    }
}

/// A random password with an upper-case letter, a lower-case letter and a digit.
fn generate() -> Result<Secret, Failure> {
    // A byte from here on would make the first characters of the alphabet more likely.
    let limit = u8::MAX - u8::MAX % 62;
    loop {
        let mut bytes = [0_u8; LENGTH * 2];
        getrandom::fill(&mut bytes).map_err(Failure::internal)?;
        let fair = bytes.iter().filter(|byte| **byte < limit);
        let password: String =
            fair.map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).take(LENGTH).collect();
        let has = |kind: fn(&char) -> bool| password.chars().any(|it| kind(&it));
        if password.len() == LENGTH
            && has(char::is_ascii_uppercase)
            && has(char::is_ascii_lowercase)
            && has(char::is_ascii_digit)
        {
            return Ok(Secret::new(password));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;
    use crate::exit_code::Exit;

    const PULL: SecretName = SecretName::Account(Account::Pull);

    fn files(origin: Origin, directory: &Path) -> PasswordFiles {
        let mut files = PasswordFiles::new(origin);
        files.add(Account::Pull, None, directory, "dkp-pull");
        files
    }

    #[test]
    fn a_password_is_generated_once_into_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut secrets = Secrets::default();
        let mut new = files(Origin::Generated, folder.path());
        new.load(&[Account::Pull], &mut secrets).unwrap();
        assert!(secrets.get(PULL).is_none());
        new.prepare(Account::Pull, &mut secrets).unwrap();
        let password = secrets.get(PULL).unwrap().clone();
        assert_eq!(password.expose().len(), LENGTH);
        let path = folder.path().join("dkp-pull.password");
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", password.expose()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let mut secrets = Secrets::default();
        let mut again = files(Origin::Generated, folder.path());
        again.load(&[Account::Pull], &mut secrets).unwrap();
        again.prepare(Account::Pull, &mut secrets).unwrap();
        assert_eq!(secrets.get(PULL), Some(&password));
        // A file that appeared after it was looked for is not replaced.
        let failure = files(Origin::Generated, folder.path()).prepare(Account::Pull, &mut Secrets::default());
        assert_eq!(failure.unwrap_err().exit, Exit::Files);
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", password.expose()));
    }

    #[test]
    fn the_file_for_a_secret_of_the_server_exists_before_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let mut secrets = Secrets::default();
        let mut files = files(Origin::Server, folder.path());
        files.prepare(Account::Pull, &mut secrets).unwrap();
        let path = folder.path().join("dkp-pull.password");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        files.load(&[Account::Pull], &mut secrets).unwrap();
        assert!(secrets.get(PULL).is_none());
        files.keep(Account::Pull, Secret::new("Abc12345"), &mut secrets).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "Abc12345\n");
        assert_eq!(secrets.get(PULL).unwrap().expose(), "Abc12345");
    }
}
