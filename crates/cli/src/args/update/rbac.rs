//! `dhctl update rbac`

use clap::{ArgGroup, Args, builder::NonEmptyStringValueParser};

/// `dhctl update rbac`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("subject").args(["user", "group", "service_account"]).multiple(true).required(true))]
pub struct RbacArgs {
    /// Give the rights to this user, as the API server names it (repeatable)
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub user: Vec<String>,
    /// Give the rights to this group (repeatable)
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub group: Vec<String>,
    /// Give the rights to this service account, which is made too (repeatable)
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = parse_account)]
    pub service_account: Vec<(String, String)>,
    /// Only the rights to look: status, plan, watch, doctor
    #[arg(long)]
    pub read_only: bool,
    /// Also the right to read all Secrets of the cluster, for `plan --helm`
    #[arg(long)]
    pub helm: bool,
}

fn parse_account(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => Err("expected NAMESPACE/NAME, as ops/dhctl".to_owned()),
    }
}
