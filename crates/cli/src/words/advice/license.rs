//! Steps about the license of the platform.

use commands::{Kubectl, Objects, Output, Resource, Sentence};
use problems::LicenseAdvice;

use super::with;
use crate::words::Step;

pub(super) fn step(advice: LicenseAdvice) -> Step {
    match advice {
        LicenseAdvice::SaveClusterData => Step::inside(
            Sentence::from("save the data of the cluster to a file; it is a token for the license server: ")
                .command(Kubectl::SaveClusterData),
        ),
        LicenseAdvice::GetKey => Step::outside(
            "send the file to the vendor of the platform, and get a license key for this cluster",
        ),
        LicenseAdvice::InstallKey => Step::inside("create a ClusterLicense with the key in spec.licenseKey"),
        LicenseAdvice::SeeNodes => with(
            "see which nodes are not covered (Unlicensed)",
            Kubectl::Get(
                Objects::one(Resource::EffectiveLicense, "deckhouse-platform"),
                Output::JsonPath("{range .status.nodes[*]}{.billing}{\"\\t\"}{.name}{\"\\n\"}{end}"),
            ),
        ),
    }
}
