//! `dhctl update rbac`

use clap::{ArgGroup, Args, builder::NonEmptyStringValueParser};

/// `dhctl update rbac`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(group = ArgGroup::new("subject").args(["user", "group", "service_account"]).multiple(true).required(true))]
pub struct RbacArgs {
    /// User that gets the permissions, as the API server names it (repeatable)
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub user: Vec<String>,
    /// Group that gets the permissions (repeatable)
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub group: Vec<String>,
    /// Service account that gets the permissions; it is created too (repeatable)
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = parse_account)]
    pub service_account: Vec<(String, String)>,
    /// Only permissions to read, for status, plan, want, watch, doctor and support-bundle; without exec and without Secrets
    #[arg(long)]
    pub read_only: bool,
    /// With --read-only: also permission to read the task queues. This is permission to exec into the platform's pods, which
    /// amounts to cluster-admin; without it, `watch` cannot report that an update is done
    #[arg(long, requires = "read_only")]
    pub queues: bool,
    /// With --read-only: also permission to read the Secrets d8-system/deckhouse-registry (for the registry checks of doctor)
    /// and kube-system/d8-cluster-configuration (for requirements in plan)
    #[arg(long, requires = "read_only")]
    pub secrets: bool,
    /// Also permission to read all Secrets of the cluster, for `plan --helm`
    #[arg(long)]
    pub helm: bool,
}

fn parse_account(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => Err("expected NAMESPACE/NAME, such as ops/dhctl".to_owned()),
    }
}
