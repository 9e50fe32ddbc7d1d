//! What a user reads.

use super::sample::{ago, known, now, pod, well};
use crate::{
    ClusterState, Obstacle, Reading,
    doctor::{Evidence, examine},
};

#[test]
fn a_cluster_that_is_well() {
    let cluster = well();
    insta::assert_snapshot!(examine(&cluster.state, &cluster.evidence, now()).text());
}

#[test]
fn an_image_that_is_not_there() {
    let mut cluster = well();
    let mut pod = pod(false, 14);
    pod.containers[0].image = "r.example:5000/dkp/ee:v1.71.2".to_owned();
    pod.containers[0].waiting_reason = Some("ImagePullBackOff".to_owned());
    pod.containers[0].waiting_message =
        Some("Back-off pulling image \"r.example:5000/dkp/ee:v1.71.2\"".into());
    *known(&mut cluster.state.pods) = vec![pod];
    cluster.releases()[1].phase = crate::objects::Phase::parse("Superseded");
    cluster.releases()[2].phase = crate::objects::Phase::parse("Deployed");
    cluster.releases()[2].transition_time = Some(ago(14));
    cluster.answers().images[1].answer = crate::doctor::Answer::Missing;
    cluster.state.queue = Reading::NotNow { last: None, why: "there is no ready pod to ask".to_owned() };
    cluster.state.nodes = Reading::Unreadable(Obstacle::Forbidden("list nodes".to_owned()));
    cluster.state.alerts = Reading::Absent("this cluster has no ClusterAlerts".to_owned());
    insta::assert_snapshot!(examine(&cluster.state, &cluster.evidence, now()).text());
}

#[test]
fn a_cluster_that_cannot_be_read() {
    insta::assert_snapshot!(examine(&ClusterState::default(), &Evidence::default(), now()).text());
}
