//! A report in which nothing at all could be read: it says why, and is not worth an exit code of success.

use crate::{ClusterState, Obstacle, Reading};

/// Why a report has nothing to say about a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NothingRead {
    /// The API server refused every source; what it said about the first of them.
    Forbidden(String),
    /// At least one source failed for another reason; what it is.
    Failed(String),
}

impl NothingRead {
    /// `None` if anything that the report needs was read. The version of the API server does not count: everyone who can log
    /// in may ask for it. Nor does what the cluster does not have.
    pub fn of(state: &ClusterState) -> Option<Self> {
        let ClusterState {
            releases,
            module_configs,
            deployment,
            queue,
            alerts,
            modules,
            module_releases,
            module_sources,
            module_pull_overrides,
            node_groups,
            nodes,
            registry,
            ..
        } = state;
        let outcomes = [
            outcome(releases),
            outcome(module_configs),
            outcome(deployment),
            outcome(queue),
            outcome(alerts),
            outcome(modules),
            outcome(module_releases),
            outcome(module_sources),
            outcome(module_pull_overrides),
            outcome(node_groups),
            outcome(nodes),
            outcome(registry),
        ];
        if outcomes.contains(&Outcome::Read) {
            return None;
        }
        let failed = outcomes.iter().find_map(|it| match it {
            Outcome::Failed(why) => Some(Self::Failed(why.clone())),
            _ => None,
        });
        let forbidden = outcomes.iter().find_map(|it| match it {
            Outcome::Forbidden(why) => Some(Self::Forbidden(why.clone())),
            _ => None,
        });
        failed.or(forbidden)
    }
}

#[derive(PartialEq, Eq)]
enum Outcome {
    Read,
    Absent,
    Forbidden(String),
    Failed(String),
}

fn outcome<T>(reading: &Reading<T>) -> Outcome {
    match reading {
        Reading::Known(_) => Outcome::Read,
        Reading::Absent(_) => Outcome::Absent,
        Reading::Unreadable(Obstacle::Forbidden(why)) => Outcome::Forbidden(why.clone()),
        Reading::Unreadable(other) => Outcome::Failed(other.to_string()),
        Reading::NotNow { why, .. } => Outcome::Failed(why.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden<T>(what: &str) -> Reading<T> {
        Reading::Unreadable(Obstacle::Forbidden(format!("cannot list {what}")))
    }

    fn refused() -> ClusterState {
        ClusterState {
            // Everyone may ask for the version.
            kubernetes: Reading::Known(semver::Version::new(1, 31, 0)),
            releases: forbidden("releases"),
            module_configs: forbidden("configs"),
            deployment: forbidden("deployments"),
            queue: forbidden("pods"),
            alerts: Reading::Absent("the API server does not serve the resource clusteralerts".to_owned()),
            modules: forbidden("modules"),
            module_releases: forbidden("module releases"),
            module_sources: forbidden("sources"),
            module_pull_overrides: forbidden("overrides"),
            node_groups: forbidden("node groups"),
            nodes: forbidden("nodes"),
            registry: forbidden("secrets"),
            ..ClusterState::default()
        }
    }

    #[test]
    fn only_a_report_without_any_source_is_a_failure() {
        let forbidden = Some(NothingRead::Forbidden("cannot list releases".to_owned()));
        assert_eq!(NothingRead::of(&refused()), forbidden);
        let one_read = ClusterState { nodes: Reading::Known(Vec::new()), ..refused() };
        assert_eq!(NothingRead::of(&one_read), None);
        let away = Reading::NotNow { last: None, why: "no answer within 20 s".to_owned() };
        let one_away = ClusterState { nodes: away, ..refused() };
        assert_eq!(
            NothingRead::of(&one_away),
            Some(NothingRead::Failed("no answer within 20 s".to_owned())),
            "it might have been readable"
        );
        assert_eq!(
            NothingRead::of(&ClusterState::default()),
            Some(NothingRead::Failed("not read yet".to_owned()))
        );
    }
}
