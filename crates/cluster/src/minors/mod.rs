//! Minor versions that the controller skips.
//!
//! Where several releases need no approval any more, the controller applies the next one while the pod of the previous one
//! still starts: the minor versions in between become Superseded without ever having run. The platform does not support that
//! (observed with the real controller's logic in November 2026).

mod mode;
mod past;
mod risks;
mod skipped;

pub use mode::deployed_unasked;
pub(crate) use mode::{needs_no_approval, unset_is_auto};
pub(crate) use past::{never_ran, never_ran_before, reports, skipped_for};
pub(crate) use risks::{approved_ahead, minors_ahead, risks, warnings};
pub(crate) use skipped::SkippedMinors;
