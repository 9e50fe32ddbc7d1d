//! A setup of any product: observe, plan, show, ask, and send step by step, each planned again right before it is sent.

use std::io::BufRead as _;

use commands::{Dhctl, Mirror, RegistryLogin, Sentence};
use oci::RepositoryUrl;
use registry::client::{Credentials, check::Purpose};
use registry_admin::{
    Account, AccountState, Agreed, Finding, Next, Object, Product, SecretName, Secrets, Step,
};

use super::{
    passwords::PasswordFiles,
    remark,
    report::{Report, ShownAccount, ShownStep},
};
use crate::{
    Environment,
    commands::registry::check::{Document, RegistryCheck},
    exit_code::Exit,
    failure::Failure,
    format::count,
    printer::{self, Printer},
    settings::{Output, SetupSettings},
    words,
};

/// A setup of a product.
pub(super) struct Setup<'a, P> {
    /// The name of the command.
    pub(super) name: &'static str,
    pub(super) product: P,
    pub(super) settings: &'a SetupSettings,
    pub(super) files: PasswordFiles,
    pub(super) secrets: Secrets,
    /// The platform's repository, as clients reach it.
    pub(super) registry: &'a RepositoryUrl,
    /// Whether clients use HTTP instead of HTTPS.
    pub(super) plain_http: bool,
    pub(super) is_proxy_cache: bool,
    pub(super) environment: &'a Environment,
}

impl<P: Product> Setup<'_, P> {
    /// Does what is missing, checks the registry with the accounts, and prints the result.
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let accounts = self.product.accounts(&P::Observed::default());
        let accounts: Vec<Account> = accounts.iter().map(|it| it.account).collect();
        self.files.load(&accounts, &mut self.secrets)?;
        let mut observed = self.product.observe(&self.secrets).await?;
        let steps = self.plan(&observed)?;
        if !self.settings.dry_run && !steps.is_empty() {
            self.agree(&steps).await?;
            observed = self.carry_out(&steps).await?;
        }
        let mut findings = self.product.findings(&observed);
        findings.retain(|finding| !is_answered(finding, &steps));
        for finding in &findings {
            remark(&words::setup::finding(finding));
        }
        let states = self.product.accounts(&observed);
        let (mut checks, mut next) = (Vec::new(), Vec::new());
        if !self.settings.dry_run {
            checks = self.check(&states).await?;
            next = self.next(&states);
        }
        let report = Report { findings, checks, next, ..self.report(steps, states) };
        let output = Output::result_only(self.settings.format);
        Printer::new(output).result(self.name, &report, &report.text())?;
        report.checks.iter().find_map(Document::failure).map_or(Ok(()), Err)
    }

    /// Checks the registry with each account for what the account is for.
    async fn check(&self, accounts: &[AccountState]) -> Result<Vec<Document>, Failure> {
        let mut checks = Vec::new();
        if !self.settings.check {
            return Ok(checks);
        }
        let connection = &self.settings.connection(self.plain_http);
        for AccountState { account, login, .. } in accounts {
            let Some(password) = self.secrets.get(SecretName::Account(*account)) else { continue };
            let purpose = match account {
                Account::Pull => Purpose::Cluster,
                Account::Push => Purpose::Push,
            };
            let check = RegistryCheck { registry: self.registry, purpose, write_test: None, connection };
            let report = check.run(Some(Credentials::new(login, password.clone())), self.environment).await?;
            checks.push(check.document(&report));
        }
        Ok(checks)
    }

    /// What to do after the setup.
    fn next(&self, accounts: &[AccountState]) -> Vec<Sentence> {
        let login = |account: Account| {
            let state = accounts.iter().find(|it| it.account == account)?;
            Some(RegistryLogin {
                registry: self.registry.to_string(),
                login: state.login.clone(),
                password_file: self.files.path(account).display().to_string(),
                plain_http: self.plain_http,
            })
        };
        let push = login(Account::Push).filter(|_| !self.is_proxy_cache);
        let push = push.map(|login| Sentence::from("push a bundle: ").command(Mirror::PushAs(login)));
        let cluster = login(Account::Pull).map(|login| {
            Sentence::from("configure a new cluster: ").command(Dhctl::InitConfiguration(login))
        });
        push.into_iter().chain(cluster).collect()
    }

    fn plan(&self, observed: &P::Observed) -> Result<Vec<Step>, Failure> {
        let planned = self.product.plan(observed);
        planned.map_err(|refusal| words::setup::refusal(refusal, |account| self.files.path(account)))
    }

    fn report(&self, steps: Vec<Step>, accounts: Vec<AccountState>) -> Report {
        let shown = |step: Step| ShownStep { url: self.product.api().url(&step.call.path), step };
        let account = |state: AccountState| ShownAccount {
            password_file: self.files.path(state.account).display().to_string(),
            state,
        };
        Report {
            server: self.settings.url.to_string(),
            dry_run: self.settings.dry_run,
            changes: steps.into_iter().map(shown).collect(),
            accounts: accounts.into_iter().map(account).collect(),
            findings: Vec::new(),
            checks: Vec::new(),
            next: Vec::new(),
        }
    }

    /// Shows the steps, and asks if one of them changes what exists.
    async fn agree(&self, steps: &[Step]) -> Result<(), Failure> {
        let changed: Vec<&Step> = steps.iter().filter(|step| step.needs_consent()).collect();
        if changed.is_empty() || self.settings.yes {
            return Ok(());
        }
        printer::note(self.report(steps.to_vec(), Vec::new()).calls().trim_end());
        let objects = count(changed.len(), "existing object");
        if !self.environment.can_ask {
            let message = format!(
                "{objects} must be changed, and there is no terminal to ask for confirmation; nothing was changed"
            );
            return Err(Failure::usage(message).hint("check the changes above, and confirm them with --yes"));
        }
        printer::question(&format!("Change {objects} as shown? [y/N] "));
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map(|_| line)
        });
        let answer = answer.await.map_err(Failure::internal)?.unwrap_or_default();
        if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::usage("not confirmed; nothing was changed"))
    }

    /// Sends the steps. Gives what was observed after the last one.
    async fn carry_out(&mut self, steps: &[Step]) -> Result<P::Observed, Failure> {
        // Before the first write: a directory that is not writable must not stop a setup in the middle.
        for account in steps.iter().filter_map(|step| self.product.creates(step)) {
            self.files.prepare(account, &mut self.secrets)?;
        }
        let mut agreed = Agreed::new(steps.to_vec());
        loop {
            let observed = self.product.observe(&self.secrets).await?;
            let planned = self.plan(&observed)?;
            let step = match agreed.next(&planned) {
                Next::Done => return Ok(observed),
                Next::Send(step) => step,
                Next::NotKept(step) => return Err(not_kept(step)),
                Next::Unexpected(step) => return Err(unexpected(step)),
            };
            let answer =
                self.product.send(step, &self.secrets).await.map_err(|error| refused(step, error))?;
            let created = self.product.creates(step);
            if let Some((account, secret)) = created.zip(self.product.generated_secret(&answer)) {
                self.files.keep(account, secret, &mut self.secrets)?;
            }
            printer::say("done", &words::setup::step(step));
            agreed.sent(step);
        }
    }
}

/// Whether a password that could not be compared was sent by one of these steps.
fn is_answered(finding: &Finding, steps: &[Step]) -> bool {
    steps.iter().any(|step| match finding {
        Finding::UpstreamPasswordNotCompared => {
            matches!(step.object, Object::Repository(_) | Object::Endpoint(_))
        }
        Finding::ProxyPasswordNotCompared => step.object == Object::OutgoingProxy,
        _ => false,
    })
}

fn refused(step: &Step, error: registry_admin::Error) -> Failure {
    let failure = Failure::from(error);
    // Harbor contacts the upstream when its endpoint is created or changed.
    if matches!(step.object, Object::Endpoint(_)) {
        failure.hint(words::setup::HARBOR_PROXY)
    } else {
        failure
    }
}

fn not_kept(step: &Step) -> Failure {
    let message = format!(
        "the server accepted the change, but did not keep all of it; still needed: {}",
        words::setup::step(step)
    );
    Failure::new(Exit::Incomplete, message)
        .hint("look at the object in the web interface, and run the same command with --dry-run to see what is left")
}

fn unexpected(step: &Step) -> Failure {
    let message = format!(
        "the server has changed since the plan was made; now also needed: {}",
        words::setup::step(step)
    );
    Failure::new(Exit::Incomplete, message).hint(
        "run the same command with --dry-run to see the new plan; changes already reported as done are kept",
    )
}
