//! `dhctl registry check`

use std::time::Duration;

use oci::RepositoryUrl;
use registry::client::{
    Credentials,
    check::{CheckOptions, FailureKind, Purpose, Report, check},
};
use serde::Serialize;

use crate::{
    Environment,
    exit_code::Exit,
    failure::Failure,
    format::count,
    invocation::Invocation,
    printer::Printer,
    settings::{CheckSettings, Connection, Output, RegistryAccess},
    words::registry_check::{self as words, Line},
};

const NAME: &str = "registry check";

/// How long failing requests are repeated.
const RETRY_LIMIT: Duration = Duration::from_secs(2);

/// A check with these settings, or the failure that they are not valid.
pub(crate) fn invocation(
    output: Output,
    settings: Result<Box<CheckSettings>, Failure>,
    environment: Environment,
) -> Invocation {
    Invocation::new(NAME, output, async move { run(&*settings?, &environment).await })
}

async fn run(settings: &CheckSettings, environment: &Environment) -> Result<(), Failure> {
    let CheckSettings { registry, purpose, connection, output, .. } = settings;
    let credentials = settings.login.resolve(registry, environment).await?;
    let write_test = if settings.write_test { Some(fastrand::u64(..)) } else { None };
    let checked = RegistryCheck { registry, purpose: *purpose, write_test, connection };
    let report = checked.run(credentials, environment).await?;
    let document = checked.document(&report);
    Printer::new(*output).result(NAME, &document, &document.text())?;
    document.failure().map_or(Ok(()), Err)
}

/// A registry that is checked.
pub(crate) struct RegistryCheck<'a> {
    pub(crate) registry: &'a RepositoryUrl,
    pub(crate) purpose: Purpose,
    /// A number that makes the content of the write test unique; none without that test.
    pub(crate) write_test: Option<u64>,
    pub(crate) connection: &'a Connection,
}

impl RegistryCheck<'_> {
    /// Checks it with this login.
    pub(crate) async fn run(
        &self,
        credentials: Option<Credentials>,
        environment: &Environment,
    ) -> Result<Report, Failure> {
        let Self { registry, purpose, write_test, connection } = self;
        let pushes = *purpose == Purpose::Push;
        // A check reports what it sees now. Waiting for a registry that is read-only at the moment is for a push.
        let retry_timeout = connection.retry_timeout.min(RETRY_LIMIT);
        let connection = &Connection { retry_timeout, ..(*connection).clone() };
        let access = RegistryAccess { url: registry, credentials, connection, ca: None, pushes };
        let client = access.client(environment)?;
        let options =
            CheckOptions { purpose: *purpose, skip_verify: connection.skip_verify, write_test: *write_test };
        Ok(check(&client, &registry.repository, options).await)
    }

    /// The report in words.
    pub(crate) fn document(&self, report: &Report) -> Document {
        Document {
            registry: self.registry.to_string(),
            purpose: self.purpose,
            product: report.product.map(registry::client::check::Product::name),
            findings: words::lines(report, self.registry),
            worst: report.worst(),
        }
    }
}

/// What was found, as it is printed.
#[derive(Serialize)]
pub(crate) struct Document {
    registry: String,
    #[serde(rename = "for")]
    purpose: Purpose,
    product: Option<&'static str>,
    findings: Vec<Line>,
    #[serde(skip)]
    worst: Option<FailureKind>,
}

impl Document {
    /// The findings: failures first, what was not checked last.
    pub(crate) fn text(&self) -> String {
        self.text_of(|_| true)
    }

    /// The headline, failures and warnings.
    pub(crate) fn problems(&self) -> String {
        self.text_of(|line| matches!(line.status, words::Status::Failure | words::Status::Warning))
    }

    fn text_of(&self, is_shown: impl Fn(&Line) -> bool) -> String {
        let mut lines: Vec<&Line> = self.findings.iter().filter(|line| is_shown(line)).collect();
        lines.sort_by_key(|line| line.status);
        let text: String = lines.into_iter().map(Line::text).collect();
        format!("{}\n{text}", self.headline())
    }

    fn headline(&self) -> String {
        let number = |status| self.findings.iter().filter(|line| line.status == status).count();
        let (failures, warnings) = (number(words::Status::Failure), number(words::Status::Warning));
        let use_of = match self.purpose {
            Purpose::Push => "for a push",
            Purpose::Cluster => "by a cluster",
        };
        let registry = &self.registry;
        let warnings =
            if warnings == 0 { String::new() } else { format!(", {}", count(warnings, "warning")) };
        if failures == 0 {
            format!("{registry} can be used {use_of}{warnings}")
        } else {
            format!("{registry} cannot be used {use_of}: {}{warnings}", count(failures, "failure"))
        }
    }

    /// The failure that the command ends with.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let exit = match self.worst? {
            FailureKind::Registry => Exit::Incomplete,
            FailureKind::Access => Exit::Denied,
            FailureKind::Unreachable => Exit::Network,
        };
        Some(Failure::after_result(exit, self.headline()))
    }
}
