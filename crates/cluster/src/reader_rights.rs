//! What an account does not see that only reads, and how to get the rights for it.

use commands::{Sentence, Update};

use crate::{ClusterState, Obstacle, Reading};

/// What it means for a watch that the account may not read the queues, and how to let it.
pub fn without_queues() -> Sentence {
    Sentence::from(
        "the task queues are unknown to this account, and without them an update cannot be called done; ",
    )
    .quoted(Update::ReadOnlyRbac { queues: true, secrets: false })
    .text(" prints the rights for them")
}

/// What of a state is unknown only since a read-only role leaves it out, and the command that prints the rights for it;
/// `None` if nothing is, or if so many rights are missing that these are the least.
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
        Sentence::from(format!("unknown to this account: {}; ", parts.join(", ")))
            .quoted(Update::ReadOnlyRbac { queues, secrets: configuration || registry })
            .text(" prints the rights for this")
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
    fn each_missing_right_has_its_flag() {
        let all = ClusterState {
            releases: Reading::Known(Vec::new()),
            queue: forbidden(),
            cluster_configuration: forbidden(),
            registry: forbidden(),
            ..ClusterState::default()
        };
        let told = left_out(&all).unwrap().to_string();
        assert!(told.contains("`dhctl update rbac --read-only --queues --secrets --user NAME`"), "{told}");
        let no_queues = ClusterState { cluster_configuration: Reading::default(), ..all.clone() };
        let told = left_out(&ClusterState { registry: Reading::default(), ..no_queues }).unwrap().to_string();
        assert!(
            told.contains("account: the task queues; `dhctl update rbac --read-only --queues --user NAME`"),
            "{told}"
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
