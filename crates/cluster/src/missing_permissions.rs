//! What a read-only account cannot read, and the command that prints the missing permissions.

use commands::{Sentence, Update};

use crate::{ClusterState, Obstacle, Reading};

/// The consequence for a watch if the account cannot read the queues, and how to get the permission.
pub fn without_queues() -> Sentence {
    Sentence::from("this account cannot read the task queues, so the update cannot be reported as done; ")
        .quoted(Update::ReadOnlyRbac { queues: true, secrets: false })
        .text(" prints the missing permissions")
}

/// What is unknown only because a read-only role does not include it, and the command that prints the missing
/// permissions. `None` if nothing is unknown for this reason, or if the account cannot even read the releases.
pub fn left_out(state: &ClusterState) -> Option<Sentence> {
    state.releases.known()?;
    let queues = is_forbidden(&state.queue);
    let (configuration, registry) =
        (is_forbidden(&state.cluster_configuration), is_forbidden(&state.registry));
    let parts = [
        (queues, "the task queues"),
        (configuration, "ClusterConfiguration"),
        (registry, "the registry's address and login"),
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|(missing, _)| *missing).map(|(_, what)| what).collect();
    (!parts.is_empty()).then(|| {
        Sentence::from(format!("this account cannot read {}; ", parts.join(", ")))
            .quoted(Update::ReadOnlyRbac { queues, secrets: configuration || registry })
            .text(" prints the missing permissions")
    })
}

fn is_forbidden<T>(reading: &Reading<T>) -> bool {
    matches!(reading, Reading::Unreadable(Obstacle::Forbidden(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden<T>() -> Reading<T> {
        Reading::Unreadable(Obstacle::Forbidden("no".to_owned()))
    }

    #[test]
    fn each_missing_permission_has_its_flag() {
        let all = ClusterState {
            releases: Reading::Known(Vec::new()),
            queue: forbidden(),
            cluster_configuration: forbidden(),
            registry: forbidden(),
            ..ClusterState::default()
        };
        let text = left_out(&all).unwrap().to_string();
        assert!(text.contains("`dhctl update rbac --read-only --queues --secrets --user NAME`"), "{text}");
        let no_queues = ClusterState { cluster_configuration: Reading::default(), ..all.clone() };
        let text = left_out(&ClusterState { registry: Reading::default(), ..no_queues }).unwrap().to_string();
        assert!(
            text.contains(
                "account cannot read the task queues; `dhctl update rbac --read-only --queues --user NAME`"
            ),
            "{text}"
        );
        let queues = ClusterState { queue: Reading::default(), ..all.clone() };
        assert!(
            left_out(&queues)
                .unwrap()
                .to_string()
                .contains("`dhctl update rbac --read-only --secrets --user NAME`")
        );
        assert_eq!(
            left_out(&ClusterState { releases: forbidden(), ..all }),
            None,
            "not even what matters most"
        );
        let known = ClusterState { releases: Reading::Known(Vec::new()), ..ClusterState::default() };
        assert_eq!(left_out(&known), None);
    }
}
