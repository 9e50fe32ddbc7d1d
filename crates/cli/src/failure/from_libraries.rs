//! How each library error becomes a kind, a wording and hints. The only such place.

use bundle::{BundleError, NotOurs};
use cluster::{
    ClusterState, TargetError, Unknown,
    access::{AccessError, PluginError},
    approve::ApproveError,
    kernel::KernelError,
    missing_permissions::{is_anonymous, refused_user},
    plan::PlanError,
    prepare::PrepareError,
};
use commands::{Approve, Dhctl, Kubectl, Mirror, Objects, Output, Resource, Sentence, Tool, Update, word};
use deckhouse::{SelectError, manifests::ManifestError, release_list::RELEASES_FILE, want::NeedsError};
use egress::{FaultKind, NetworkFault};
use problems::{Kind, ReleaseFact};
use registry::client::{ErrorKind, Refusal};

use super::{Failure, incomplete};
use crate::{exit_code::Exit, words};

impl From<mirror::Error> for Failure {
    fn from(error: mirror::Error) -> Self {
        let message = error.to_string();
        match error {
            mirror::Error::Registry(error) => error.into(),
            mirror::Error::Select(error) => error.into(),
            mirror::Error::Bundle(error) => error.into(),
            mirror::Error::ModulesUnknown { .. } => Self::usage(message).hint(
                "name the modules to pull with --include-module (repeatable), or leave them out with --no-modules",
            ),
            mirror::Error::ModuleVersionsUnknown { .. } => Self::usage(message).hint(
                "a range needs the list of versions; name the module without a range, or exact versions such as NAME@=v1.3.5",
            ),
            mirror::Error::NoSuchModules { .. }
            | mirror::Error::ModuleChoice { .. }
            | mirror::Error::PluginSelection(_)
            | mirror::Error::NoSuchTags { .. } => Self::usage(message),
            mirror::Error::NothingSelected => Self::new(Exit::Incomplete, message)
                .hint("check the path of the source, and the flags that leave something out"),
            mirror::Error::Incomplete { place, items } => Self {
                missing: items.clone(),
                ..Self::new(Exit::Incomplete, message).with_hints(incomplete::hints(place, &items))
            },
            mirror::Error::TagsRefused(error) => (&*error).into(),
            mirror::Error::Damaged(damage) => Self {
                damaged: vec![*damage],
                ..Self::new(Exit::Incomplete, message).hint("copy the named files again, or pull the bundle again")
            },
            mirror::Error::OverLimit(_) => Self::new(Exit::Incomplete, message)
                .hint("check that this is a source of the platform; pull fewer releases and modules into one bundle"),
            mirror::Error::ForeignArchives { .. } => Self::new(Exit::Files, message).hint(
                "move them to another directory, with their parts, sums and partial files, or name another directory with \
                 -i: all archives in a directory are one bundle",
            ),
            mirror::Error::Layout(_) | mirror::Error::ReleaseManifest(_) => Self::new(Exit::Incomplete, message),
            mirror::Error::File { source, .. } => {
                Self::new(Exit::Files, message).with_hints(hints_on_space(&source))
            }
            _ => Self::new(Exit::Internal, message),
        }
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        let message = error.to_string();
        match error {
            AccessError::Nowhere => Self::usage(message)
                .hint("name a kubeconfig with --kubeconfig or KUBECONFIG; on a control-plane node: /etc/kubernetes/admin.conf"),
            AccessError::NoContext { known } | AccessError::NoSuchContext { known, .. } => {
                let hint = if known.is_empty() {
                    "the kubeconfig has no contexts: name another one with --kubeconfig or KUBECONFIG".to_owned()
                } else {
                    format!("choose a context with --context; available contexts: {}", known.join(", "))
                };
                Self::usage(message).hint(hint)
            }
            AccessError::Read { .. } => Self::new(Exit::Files, message)
                .hint("name another one with --kubeconfig or KUBECONFIG; on a control-plane node, as root: /etc/kubernetes/admin.conf"),
            AccessError::Malformed { .. } | AccessError::Unusable { .. } => Self::usage(message),
            AccessError::Plugin { error, .. } => Self::new(Exit::Denied, message).hint(plugin_hint(&error)),
            AccessError::Egress(error) => error.into(),
        }
    }
}

/// What a plugin says is not shown, since a login may be in it.
fn plugin_hint(error: &PluginError) -> String {
    let command = word(&error.command);
    if error.not_started {
        format!("install {command}, or correct users[].user.exec.command in the kubeconfig")
    } else {
        format!(
            "run {command} by hand, with args and env of users[].user.exec in the kubeconfig, to see what it says"
        )
    }
}

impl From<cluster::Error> for Failure {
    fn from(error: cluster::Error) -> Self {
        let message = error.to_string();
        match error {
            cluster::Error::Network(fault) => {
                Self::new(Exit::Network, message).with_hints(api_server_hints(&fault))
            }
            cluster::Error::Unauthorized => Self::new(Exit::Denied, message).hint(words::CORRECT_LOGIN),
            cluster::Error::Plugin(error) => Self::new(Exit::Denied, message).hint(plugin_hint(&error)),
            cluster::Error::Forbidden(why) => Self::new(Exit::Denied, message).hint(rights(&why)),
            cluster::Error::NotNow(_) => Self::new(Exit::Cluster, message).hint(
                "this is temporary, for example while the platform's pod is replaced: try again in a minute",
            ),
            _ => Self::new(Exit::Cluster, message),
        }
    }
}

/// The hints of a fault between here and an API server.
pub(crate) fn api_server_hints(fault: &NetworkFault) -> Vec<String> {
    let hints = fault.hints();
    let general = match fault.kind() {
        FaultKind::Connect | FaultKind::Timeout => {
            "check the address of the API server in the kubeconfig (--kubeconfig and --context select it), and that firewalls \
             allow the connection"
        }
        FaultKind::Tls => {
            "check certificate-authority-data of the cluster in the kubeconfig: the API server needs a certificate of this CA"
        }
        _ => return hints,
    };
    if hints.is_empty() { vec![general.to_owned()] } else { hints }
}

impl From<Unknown> for Failure {
    fn from(unknown: Unknown) -> Self {
        let message = unknown.to_string();
        if unknown.forbidden {
            Self::new(Exit::Denied, message).hint(rights(&unknown.why))
        } else {
            Self::new(Exit::Cluster, message)
        }
    }
}

/// The hint where a permission is missing in the cluster. `why`: what the API server says.
pub(crate) fn rights(why: &str) -> Sentence {
    if is_anonymous(why) {
        return words::CORRECT_LOGIN.into();
    }
    Sentence::from("ask a cluster administrator to apply the permissions that this command prints: ")
        .command(refused_user(why).map_or(Update::Rbac, Update::RbacOf))
}

/// The failure where the platform is not in the cluster.
pub(crate) fn no_platform() -> Failure {
    Failure::new(Exit::Cluster, NO_PLATFORM).hint(words::CHECK_CLUSTER)
}

/// What a cluster without the platform lacks.
pub(crate) const NO_PLATFORM: &str = "this does not look like a cluster of the Deckhouse Kubernetes Platform: it has neither \
                                      DeckhouseReleases nor the Deployment d8-system/deckhouse";

/// Refuses a cluster that does not have the platform.
///
/// # Errors
/// [`no_platform`]
pub(crate) fn has_platform(state: &ClusterState) -> Result<(), Failure> {
    if state.is_without_platform() { Err(no_platform()) } else { Ok(()) }
}

impl From<ApproveError> for Failure {
    fn from(error: ApproveError) -> Self {
        let message = error.to_string();
        match error {
            ApproveError::Unmet { reasons, .. } => {
                let reasons: Vec<String> = reasons.iter().map(words::requirement).collect();
                Self::new(Exit::Cluster, format!("{message}:\n  {}", reasons.join("\n  ")))
                    .hint(Sentence::from("see how to meet each requirement: ").command(Update::Plan))
                    .hint("if you have just met a requirement, try again: the controller checks every 15 s")
            }
            ApproveError::Changed { .. } => Self::new(Exit::Cluster, message)
                .hint("nothing was written; run the same command again to see what is to be approved now"),
            ApproveError::NotKept { .. } => Self::new(Exit::Cluster, message).hint(words::FIND_MANIFEST),
            ApproveError::Cluster(error) => error.into(),
            ApproveError::Unknown(unknown) => unknown.into(),
            ApproveError::NotItsTurn { object, fact } => {
                let fact = *fact;
                let failure = Self::new(Exit::Cluster, words::refusal::not_its_turn(&object, &fact));
                match fact {
                    ReleaseFact::PreviousUnfinished { .. } => failure
                        .hint(Sentence::from("wait until that update is done: ").command(Update::Watch)),
                    ReleaseFact::DeployedLost { .. } => failure.hint(
                        Sentence::from("restart the platform's pod, which restores the release object of the running version: ")
                            .command(Kubectl::RestartPlatform),
                    ),
                    ReleaseFact::NotInCluster => {
                        let file = Some(RELEASES_FILE.to_owned());
                        let prepare = Update::Prepare { channel: None, file };
                        failure.hint(
                            Sentence::from("create the releases that the releases file lists: ")
                                .command(prepare),
                        )
                    }
                    ReleaseFact::Earlier(first) => failure.hint(
                        Sentence::from(format!("approve v{first} first: "))
                            .command(Approve::Release(format!("v{first}"))),
                    ),
                    ReleaseFact::Withdrawn => failure.hint(
                        Sentence::from("approve another patch of this minor version; to see the releases: ")
                            .command(Update::Status),
                    ),
                    _ => failure.hint(Sentence::from("see the planned releases: ").command(Update::Plan)),
                }
            }
            ApproveError::Held { object, problem } => {
                Self::of_block(Exit::Cluster, words::refusal::held(&object, &problem))
            }
            ApproveError::NotApprovable { object, reason } => {
                Self::new(Exit::Cluster, format!("{object}: {}", words::refusal::not_approvable(&reason)))
            }
        }
    }
}

impl From<KernelError> for Failure {
    fn from(error: KernelError) -> Self {
        let message = error.to_string();
        match error {
            KernelError::Foreign(ref name) => {
                let name = vec![name.0.clone()];
                let delete = Kubectl::Delete(Resource::NodeGroupConfiguration, name);
                Self::new(Exit::Cluster, message)
                    .hint(Sentence::from("if you do not need it, delete it: ").command(delete))
            }
            KernelError::Changed { .. } => Self::new(Exit::Cluster, message)
                .hint("nothing was written to it; run the same command again to see what is left to do"),
            KernelError::Write { error, .. } => Self { message: message.into(), ..error.into() },
        }
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        let message = error.to_string();
        match error {
            PrepareError::NoPlatform => no_platform(),
            PrepareError::MovingTag { .. } => Self::new(Exit::Cluster, message)
                .hint("nothing was changed; set the image of Deployment/deckhouse to the tag vX.Y.Z of the running version")
                .hint(Sentence::from("see the image and the fix: ").command(Update::Doctor)),
            PrepareError::NoConfig => Self::new(Exit::Cluster, message).hint(
                Sentence::from("check that this is a cluster of the platform: ")
                    .command(Kubectl::Get(Objects::all(Resource::ModuleConfig), Output::Table)),
            ),
            PrepareError::Changed { .. } => Self::new(Exit::Cluster, message)
                .hint("nothing more was written; run the same command again to see what is left to do"),
            // The controller deletes waiting releases above the version that the channel points to.
            PrepareError::Reverted { object } if object.kind == Kind::DeckhouseRelease => {
                Self::new(Exit::Cluster, message).hint(
                    "the controller deletes releases that are newer than the one that the release channel points to: push the \
                     whole bundle again, with its release channel, or set --to to the release that the channel points to",
                )
            }
            PrepareError::Reverted { .. } => Self::new(Exit::Cluster, message)
                .hint("find what writes this object, such as a GitOps tool, and change it there"),
            PrepareError::Busy { state, .. } => {
                Self::new(Exit::Cluster, format!("{message}: {}", words::refusal::queue(&state)))
                    .hint(Sentence::from("find what blocks the queue: ").command(Update::Doctor))
                    .hint("run the same command again to resume")
            }
            PrepareError::Refused { object, error } => {
                let hint = match error {
                    cluster::Error::Refused(_) => {
                        "nothing was written; if the running version does not know the mode or the channel, use another one"
                    }
                    _ => "nothing was written",
                };
                let mut failure = Self::from(error);
                failure.message = Sentence::from(format!("{object}: ")).then(failure.message);
                failure.hint(hint)
            }
            PrepareError::Write { object, error } => {
                let mut failure = Self::from(error);
                failure.message = Sentence::from(format!("{object}: ")).then(failure.message);
                // On versions before 1.70 the channel is unset before the mode is set.
                if object.kind == Kind::ModuleConfig && failure.exit == Exit::Cluster {
                    failure = failure.hint(
                        "the release channel may be unset now; the next run sets it again; if the running version does \
                         not know the mode, use another --mode",
                    );
                }
                failure.hint("when this is fixed, run the same command again to resume")
            }
            PrepareError::Target(error) => error.into(),
            PrepareError::Read(error) => error.into(),
            PrepareError::Unknown(unknown) => unknown.into(),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let message = error.to_string();
        match error {
            PlanError::Unknown(unknown) => unknown.into(),
            PlanError::NoVersion => Self::new(Exit::Cluster, message)
                .hint(Sentence::from("see the platform's Deployment and releases: ").command(Update::Status)),
            PlanError::Target(error) => error.into(),
        }
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        let failure = Self::usage(error.to_string());
        match error {
            TargetError::Below { .. } => failure,
            TargetError::Absent { .. } => failure
                .hint("name a known release with --to, or pass the releases file: -f deckhousereleases.yaml"),
        }
    }
}

impl From<registry::client::Error> for Failure {
    fn from(error: registry::client::Error) -> Self {
        (&error).into()
    }
}

impl From<&registry::client::Error> for Failure {
    fn from(error: &registry::client::Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::Refused { reason: Refusal::NoSpace, .. } => Exit::Network,
            ErrorKind::Unauthorized { .. }
            | ErrorKind::Denied { .. }
            | ErrorKind::FreshTokenRefused { .. }
            | ErrorKind::Refused { .. } => Exit::Denied,
            ErrorKind::NotFound { .. }
            | ErrorKind::DigestMismatch { .. }
            | ErrorKind::SizeMismatch { .. }
            | ErrorKind::Truncated
            | ErrorKind::TooLarge { .. }
            | ErrorKind::OverLimit { .. }
            | ErrorKind::BadManifest { .. }
            | ErrorKind::SourceMismatch { .. } => Exit::Incomplete,
            ErrorKind::Source(_) => Exit::Files,
            _ => Exit::Network,
        };
        let failure = Self::new(exit, registry_message(error)).with_hints(error.hints());
        match error.kind() {
            ErrorKind::Unauthorized { .. } => failure.hint(LOGIN_FLAGS),
            _ => failure,
        }
    }
}

const MAKE_ROOM: &str = "free some space, or name a file on another disk";

const QUOTA: &str = "remove files that count towards the quota ('quota -s' shows it), have it raised, or name a \
                     file on another disk";

/// What to do where there is no space for a file.
pub(super) fn hints_on_space(error: &std::io::Error) -> Vec<String> {
    let hint = match error.kind() {
        std::io::ErrorKind::StorageFull => Some(MAKE_ROOM),
        std::io::ErrorKind::QuotaExceeded => Some(QUOTA),
        _ => None,
    };
    hint.map(str::to_owned).into_iter().collect()
}

/// An error without the name of a temporary file that a library adds to it.
pub(super) fn of_the_system(error: &std::io::Error) -> String {
    let source = error.get_ref().and_then(std::error::Error::source);
    let source = source.and_then(|it| it.downcast_ref::<std::io::Error>());
    source.filter(|it| it.raw_os_error().is_some()).unwrap_or(error).to_string()
}

const LOGIN_FLAGS: &str = "for a source, set --license-file (or --license), or --source-login and --source-password-file (or --source-password); for a private \
                           registry, set --registry-login (-u) and --registry-password-file (or --registry-password, -p)";

/// What concerns the whole host is said of the host, not of the request that met it first.
fn registry_message(error: &registry::client::Error) -> String {
    let host = error.object().split('/').next().unwrap_or_default();
    match error.kind() {
        ErrorKind::Network(fault)
            if error.other_host().is_none()
                && matches!(
                    fault.kind(),
                    FaultKind::Dns | FaultKind::Connect | FaultKind::Proxy | FaultKind::Tls
                ) =>
        {
            // A fault of the connection names the host itself.
            if fault.kind() == FaultKind::Connect {
                return fault.to_string();
            }
            format!("cannot reach {host}: {fault}")
        }
        _ => error.to_string(),
    }
}

impl From<registry_admin::Error> for Failure {
    fn from(error: registry_admin::Error) -> Self {
        use registry_admin::Error;
        let message = error.to_string();
        match error {
            Error::Egress(error) => error.into(),
            Error::Network { fault, .. } => Self::new(Exit::Network, message).with_hints(fault.hints()),
            Error::Unauthorized { .. } => Self::new(Exit::Denied, message).hint(
                "check --admin-login and --admin-password-file; after a wrong password, a server may refuse even the right one \
                 for a few seconds",
            ),
            Error::Forbidden { .. } => {
                Self::new(Exit::Denied, message).hint("set --admin-login to the login of an administrator")
            }
            Error::Unavailable { .. } => Self::new(Exit::Network, message).hint(
                "wait until the server is ready, or end its read-only mode, and run the same command again",
            ),
            Error::NotTheProduct { redirect: Some(url), .. } => Self::new(Exit::Network, message)
                .hint(format!("the server redirects to {url}: use the address in that URL")),
            Error::NotTheProduct { .. } => Self::new(Exit::Network, message)
                .hint("check the address: it must be that of the product's web interface, including its port and context path"),
            Error::Refused { .. } => Self::new(Exit::Incomplete, message),
            _ => Self::new(Exit::Internal, message),
        }
    }
}

impl From<egress::EgressError> for Failure {
    fn from(error: egress::EgressError) -> Self {
        let exit = match error {
            egress::EgressError::Proxy { .. } => Exit::Usage,
            egress::EgressError::Client { .. } => Exit::Internal,
            _ => Exit::Files,
        };
        Self::new(exit, error.to_string()).with_hints(error.hints())
    }
}

impl From<SelectError> for Failure {
    fn from(error: SelectError) -> Self {
        let failure = Self::usage(error.to_string());
        match error {
            SelectError::NoChannels => Self { exit: Exit::Incomplete, ..failure }
                .hint("check the path: it ends with the edition, such as registry.deckhouse.ru/deckhouse/ee"),
            SelectError::MissingTargets { .. } | SelectError::MissingMinors { .. } => Self {
                exit: Exit::Incomplete,
                ..failure
            }
            .hint("wait until the source has the releases, or write a want list with another target release"),
            SelectError::EndlessSearch { .. } => failure.hint(
                "name the releases with --release, or narrow the range with --min-version or --max-version",
            ),
            _ => failure,
        }
    }
}

impl From<NeedsError> for Failure {
    fn from(error: NeedsError) -> Self {
        let failure = Self::usage(error.to_string());
        match error {
            NeedsError::NoCluster => failure,
            NeedsError::Editions(_) => {
                failure.hint("write a want list for each edition: they are pulled from different sources")
            }
            NeedsError::NoTarget { .. } => failure.hint("name the release to update to with --to"),
            NeedsError::Below { .. } => failure.hint("name a newer release with --to"),
        }
    }
}

impl From<ManifestError> for Failure {
    fn from(error: ManifestError) -> Self {
        let message = error.to_string();
        match error {
            ManifestError::Refused { instead, .. } => Self::usage(message).hint(instead),
            ManifestError::Write { .. } => Self::internal(message),
        }
    }
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        let message = error.to_string();
        match error {
            BundleError::NotABundle { .. } => Self::new(Exit::Incomplete, message).hint(
                Sentence::from("a bundle is the FILE.tar that '")
                    .command(Mirror::Pull)
                    .text("' writes, or a directory of archives that d8 writes"),
            ),
            BundleError::Damaged { .. } => {
                Self::new(Exit::Incomplete, message).hint("copy the bundle again, or pull it again")
            }
            BundleError::MissingPart { .. } => Self::new(Exit::Incomplete, message).hint(
                Sentence::from("copy the missing parts; if they are lost, '")
                    .command(Dhctl::BundleMissingParts)
                    .text("' writes a request for them"),
            ),
            BundleError::NoSuchBlob { .. } => Self::new(Exit::Incomplete, message),
            BundleError::NotInParts { path } => Self::usage(message)
                .hint(Sentence::from("check it: ").command(Dhctl::BundleVerify(path.display().to_string()))),
            BundleError::UnknownPartSize { .. } | BundleError::NoPartIntact { .. } => {
                Self::new(Exit::Incomplete, message).hint("copy all parts again")
            }
            BundleError::OtherBundle { .. } => Self::new(Exit::Incomplete, message).hint(
                "name the bundle that the parts were split from; if it no longer exists, pull it again with --locked",
            ),
            BundleError::Locked { .. } => {
                Self::new(Exit::Files, message).hint("wait until the other command ends, or name another file")
            }
            BundleError::DiskFull { .. } => Self::new(Exit::Files, message).hint(MAKE_ROOM),
            BundleError::QuotaExceeded { .. } => Self::new(Exit::Files, message).hint(QUOTA),
            BundleError::WrongPart { .. } => Self::new(Exit::Incomplete, message)
                .hint("copy that part again from the machine with internet access"),
            BundleError::WrongSum { .. } => {
                Self::new(Exit::Incomplete, message).hint("copy the file again, or pull the bundle again")
            }
            BundleError::BadSumFile { .. } => Self::new(Exit::Incomplete, message)
                .hint("write it again with 'gost12sum', or remove it; without it the checksum is not verified"),
            BundleError::FileTooLarge { .. } => {
                Self::new(Exit::Files, message).hint("split the bundle into parts: -c fat32")
            }
            BundleError::TooManyParts { .. } => {
                Self::new(Exit::Files, message).hint("set a larger size with -c")
            }
            BundleError::OntoItself { .. } => {
                Self::new(Exit::Usage, message).hint("name another directory or file with -o")
            }
            BundleError::NotFound { unfinished: true, .. } => Self::new(Exit::Files, message)
                .hint("its pull was interrupted: run the same pull command again to resume it"),
            BundleError::Unfinished { .. } => Self::new(Exit::Incomplete, message).hint(
                "its pull, split or join was interrupted or is still running: wait until it ends, or run the same command again; then name the bundle without .partial",
            ),
            BundleError::NotFound { .. } => Self::new(Exit::Files, message)
                .hint("check the path; for a bundle that was split into parts, give the name of the whole file, such as d8.tar"),
            BundleError::Ambiguous { .. } => {
                Self::new(Exit::Files, message).hint("keep one of them, and move the other one to another directory")
            }
            BundleError::NotOurs { ref path, why } => {
                let failure = Self::new(Exit::Files, message);
                let close = Sentence::from("if you created it, remove the access of others: ")
                    .command(Tool::Close(path.display().to_string()));
                let failure = if matches!(why, NotOurs::Mode(_)) { failure.hint(close) } else { failure };
                failure.hint("another user could change this file or directory: check it and remove it, or use a directory that only \
                       you can write to")
            }
            BundleError::NotAFile { .. } => Self::new(Exit::Files, message).hint(
                "name another file, or replace it with a regular file: a bundle is read and written at many positions, \
                 which only regular files support",
            ),
            BundleError::Cancelled => Self::interrupted(),
            BundleError::Io { .. } => Self::new(Exit::Files, message),
        }
    }
}
