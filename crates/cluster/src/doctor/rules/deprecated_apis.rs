//! Clients that use APIs that Kubernetes removes.

use commands::{Command, Filter, Kubectl, Update};
use problems::{ApiUse, Kind, Object, Rule, See, SettingsAdvice, SettingsFact};

use crate::doctor::{
    context::{Context, see},
    finding::{Finding, Severity},
    source::Source,
};

/// APIs that were requested since the API server started. Manifests of users that are not Helm's show only here.
pub(super) fn in_use(context: &Context<'_>) -> Vec<Finding> {
    let requested =
        Context::list(&context.state.deprecated_apis).iter().filter(|it| !it.removed_in.is_empty());
    let mut uses: Vec<ApiUse> = requested
        .map(|it| ApiUse {
            resource: it.resource.as_str().into(),
            group_version: if it.group.is_empty() {
                it.version.as_str().into()
            } else {
                format!("{}/{}", it.group, it.version).into()
            },
            removed_in: it.removed_in.as_str().into(),
        })
        .collect();
    uses.sort();
    uses.dedup();
    if uses.is_empty() {
        return Vec::new();
    }
    let metrics = Command::kubectl(Kubectl::GetMetrics)
        .piped(Filter::Grep("apiserver_requested_deprecated_apis".to_owned()));
    let object = Object::any(Kind::ApiServer);
    vec![
        Finding::new(Rule::DeprecatedApis, Severity::Notable, object, SettingsFact::DeprecatedApis { uses })
            .advise(SettingsAdvice::UpdateApiClients)
            .advise(see(See::Plan, Update::Plan))
            .advise(see(See::DeprecatedApis, metrics))
            .seen_in(Source::ApiServerMetrics),
    ]
}
