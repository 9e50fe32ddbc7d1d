//! What to know before an approval, as data.

use foreign_text::ForeignText;
use problems::Problem;

use crate::modules::ModuleNote;

/// What to know before an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalNote {
    /// The release interrupts these.
    Interrupts(Vec<ForeignText>),
    /// The description of the release lists no disruptions.
    NoDisruptions,
    /// The cluster does not wait for an approval of disruptions.
    DisruptionsNotWaitedFor,
    /// No release channel is set.
    NoChannel,
    /// The update mode applies releases without an approval.
    AutoMode,
    /// About a release of a module.
    Module(ModuleNote),
    /// Something shows that the previous update may not be done.
    Unsettled(Box<Problem>),
    /// Minor versions before the deployed one never ran, or it is not known whether they ran.
    SkippedBefore(Box<Problem>),
    /// The node does not belong to a node group.
    NoNodeGroup,
    /// The node group requires an approval of each disruption.
    GroupNeedsApproval {
        /// The group.
        group: String,
    },
    /// The platform approves disruptions of the node group automatically, too.
    GroupApproves {
        /// The group.
        group: String,
        /// Its `disruptions.approvalMode`.
        mode: String,
    },
    /// How disruptions of the node group are approved is unknown.
    GroupUnknown {
        /// The group.
        group: String,
    },
    /// The node is the only master.
    OnlyMaster,
    /// The node is one of several masters.
    OneOfMasters {
        /// How many masters the cluster has.
        count: usize,
    },
}
