//! What a read-only account cannot read, and the command that prints the missing permissions.

use commands::{Sentence, Update};

use crate::{ClusterState, Obstacle, Reading};

/// The account that an API server refuses, as its message names it: `User "bob" cannot list …`. `None` if it names none, or none
/// that permissions are given to as a user: the group and service accounts of `system:` are named in another way.
pub fn refused_user(message: &str) -> Option<String> {
    let (name, _) = message.split_once("User \"")?.1.split_once('"')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@._:-+".contains(c);
    let is_user = !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_plain);
    (is_user && !name.starts_with("system:")).then(|| name.to_owned())
}

/// Whether the API server has accepted no login at all, as its message shows.
pub fn is_anonymous(message: &str) -> bool {
    message.contains("User \"system:anonymous\"")
}

/// A longer name of a user is not shown.
const LONGEST: usize = 253;

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
    fn the_refused_user_is_read_from_the_message() {
        let message = |user: &str| {
            format!("deckhousereleases.deckhouse.io is forbidden: User \"{user}\" cannot list resource \"x\"")
        };
        for (user, expected) in [
            ("bob", Some("bob")),
            ("bob@example.com", Some("bob@example.com")),
            ("system:anonymous", None),
            ("system:serviceaccount:ops:dhctl", None),
            ("bob; rm -rf /", None),
            ("", None),
        ] {
            assert_eq!(refused_user(&message(user)).as_deref(), expected, "{user}");
        }
        assert_eq!(refused_user("exec in the pod (get and create of pods/exec)"), None);
        assert!(is_anonymous(&message("system:anonymous")) && !is_anonymous(&message("bob")));
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
