//! Waiting until the platform has processed a change.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{PrepareError, QueueState};
use crate::{Reading, objects::Queue};

/// How often in a row the queue must be empty: single hooks fill it for a moment (facts 4.3).
pub const POLLS: u32 = 3;

/// The time between two reads of the queue.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits until the queue has been empty in [`POLLS`] reads, a second apart. `read` reads it; a queue that cannot be read
/// at the moment (the platform's pod is being replaced) is not empty.
pub async fn wait_until_idle<F: Future<Output = Reading<Queue>>>(
    limit: Duration,
    mut read: impl FnMut() -> F,
) -> Result<(), PrepareError> {
    let end = Instant::now() + limit;
    let mut empty = 0;
    loop {
        let seen = read().await;
        let state = match &seen {
            Reading::Known(queue) if queue.tasks == 0 => {
                empty += 1;
                QueueState::JustEmpty
            }
            Reading::Known(queue) => {
                empty = 0;
                match queue.heads.first() {
                    Some(task) => QueueState::Head(Box::new(task.clone())),
                    None => QueueState::Tasks(queue.tasks),
                }
            }
            Reading::NotNow { why, .. } => {
                empty = 0;
                QueueState::Unreadable(why.as_str().into())
            }
            Reading::Absent(_) | Reading::Unreadable(_) => {
                seen.required("the queue")?;
                continue;
            }
        };
        if empty == POLLS {
            return Ok(());
        }
        if Instant::now() + PAUSE > end {
            return Err(PrepareError::Busy { limit, state });
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Obstacle, objects::Task};

    fn tasks(tasks: u64) -> Reading<Queue> {
        let head = Task {
            queue: "main".to_owned(),
            description: "ModuleRun".into(),
            failures: 3,
            ..Task::default()
        };
        Reading::Known(Queue { tasks, heads: if tasks == 0 { Vec::new() } else { vec![head] } })
    }

    async fn wait(limit: u64, seen: Vec<Reading<Queue>>) -> (Result<(), PrepareError>, usize) {
        let mut reads = 0;
        let result = wait_until_idle(Duration::from_secs(limit), || {
            let reading = seen[reads.min(seen.len() - 1)].clone();
            reads += 1;
            async { reading }
        });
        (result.await, reads)
    }

    #[tokio::test(start_paused = true)]
    async fn only_three_reads_in_a_row_count() {
        let away = || Reading::NotNow { last: None, why: "the pod is away".to_owned() };
        assert!(matches!(wait(60, vec![tasks(0)]).await, (Ok(()), 3)));
        let flicker = vec![tasks(0), tasks(0), tasks(1), tasks(0), away(), tasks(0), tasks(0), tasks(0)];
        assert!(matches!(wait(60, flicker).await, (Ok(()), 8)));
        let (result, reads) = wait(30, vec![tasks(2)]).await;
        let Err(PrepareError::Busy { limit, state: QueueState::Head(task) }) = result else {
            panic!("{result:?}")
        };
        assert_eq!((limit, task.failures, reads), (Duration::from_secs(30), 3, 31));
        let (result, _) = wait(600, vec![away()]).await;
        let Err(PrepareError::Busy { state, .. }) = result else { panic!("{result:?}") };
        assert_eq!(state, QueueState::Unreadable("the pod is away".into()));
        let (result, reads) =
            wait(60, vec![tasks(0), Reading::Unreadable(Obstacle::Forbidden("exec".to_owned()))]).await;
        assert_eq!(
            (result.unwrap_err().to_string().as_str(), reads),
            ("the queue cannot be read: no permission: exec", 2)
        );
    }
}
