//! What is wanted of a Harbor.

use crate::secrets::Account;

/// What is wanted of a Harbor: a project with its robots, and for a proxy cache an endpoint.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The project.
    pub project: String,
    /// Repository of the platform below the project, such as `deckhouse/ee`. Rules are checked against it.
    pub repository: String,
    /// Whether everybody may pull. A project that is public already stays public.
    pub public: bool,
    /// The quota in bytes. Without, a new project has no limit, and that of an existing one is left as it is.
    pub quota: Option<u64>,
    /// The upstream, if the project is a proxy cache.
    pub upstream: Option<Upstream>,
    /// Name of the robot that pulls.
    pub pull_robot: String,
    /// Name of the robot that pushes. A proxy cache has none.
    pub push_robot: String,
}

/// The upstream of a proxy cache.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Name of the endpoint in Harbor.
    pub endpoint: String,
    /// Its URL: `https://HOST[:PORT]`.
    pub url: String,
    /// The login there; its password is a secret.
    pub login: Option<String>,
}

/// A robot, with its rights in the project.
pub(super) struct WantedRobot {
    pub(super) account: Account,
    /// Its name without the prefix of robots and the project.
    pub(super) name: String,
    /// Pairs of resource and action.
    pub(super) rights: Vec<(&'static str, &'static str)>,
}

/// What both robots need: to pull, and to see what the registry contains (`registry check`, `registry list`).
const READ: [(&str, &str); 4] =
    [("repository", "pull"), ("repository", "list"), ("project", "read"), ("artifact", "list")];

impl Wanted {
    /// The robots: for pulling, and for an ordinary project also for pushing.
    pub(super) fn robots(&self) -> Vec<WantedRobot> {
        let robot = |account, name: &str, more: &[(&'static str, &'static str)]| WantedRobot {
            account,
            name: name.to_owned(),
            rights: [&READ[..], more].concat(),
        };
        let mut robots = vec![robot(Account::Pull, &self.pull_robot, &[])];
        if self.upstream.is_none() {
            robots.push(robot(Account::Push, &self.push_robot, &[("repository", "push")]));
        }
        robots
    }
}
