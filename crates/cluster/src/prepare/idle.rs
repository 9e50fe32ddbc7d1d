//! Waiting until the platform has taken a change in.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::PrepareError;
use crate::{Reading, objects::Queue};

/// How often in a row the queue must be seen empty: single hooks make it flicker (facts 4.3).
pub const POLLS: u32 = 3;

/// Between two looks at the queue.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits until the queue has been empty in [`POLLS`] looks, a second apart. `look` reads it; a queue that cannot be read
/// just now (the platform's pod is being replaced) is not empty.
pub async fn wait_until_idle<F: Future<Output = Reading<Queue>>>(
    limit: Duration,
    mut look: impl FnMut() -> F,
) -> Result<(), PrepareError> {
    let end = Instant::now() + limit;
    let mut empty = 0;
    loop {
        let seen = look().await;
        let head = match &seen {
            Reading::Known(queue) if queue.tasks == 0 => {
                empty += 1;
                "it has been empty for a moment only".to_owned()
            }
            Reading::Known(queue) => {
                empty = 0;
                queue.heads.first().map_or_else(|| format!("{} tasks", queue.tasks), head)
            }
            Reading::NotNow { why, .. } => {
                empty = 0;
                why.clone()
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
            return Err(PrepareError::Busy { limit: words(limit), head });
        }
        sleep(PAUSE).await;
    }
}

fn head(task: &crate::objects::Task) -> String {
    match (&task.failure, task.failures) {
        (_, 0) => format!("queue {}: {}", task.queue, task.description),
        (failure, times) => {
            let failure = failure.as_deref().map_or(String::new(), |text| format!(": {text}"));
            format!("queue {}: {}, failed {times} times{failure}", task.queue, task.description)
        }
    }
}

fn words(limit: Duration) -> String {
    let seconds = limit.as_secs();
    if seconds >= 120 { format!("{} minutes", seconds / 60) } else { format!("{seconds} seconds") }
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

    async fn wait(limit: u64, seen: Vec<Reading<Queue>>) -> (Result<(), String>, usize) {
        let mut looks = 0;
        let result = wait_until_idle(Duration::from_secs(limit), || {
            let reading = seen[looks.min(seen.len() - 1)].clone();
            looks += 1;
            async { reading }
        });
        (result.await.map_err(|error| error.to_string()), looks)
    }

    #[tokio::test(start_paused = true)]
    async fn only_three_looks_in_a_row_count() {
        let away = || Reading::NotNow { last: None, why: "the pod is away".to_owned() };
        assert_eq!(wait(60, vec![tasks(0)]).await, (Ok(()), 3));
        let flicker = vec![tasks(0), tasks(0), tasks(1), tasks(0), away(), tasks(0), tasks(0), tasks(0)];
        assert_eq!(wait(60, flicker).await, (Ok(()), 8));
        let (result, looks) = wait(30, vec![tasks(2)]).await;
        assert_eq!(
            result.unwrap_err(),
            "the queue of the platform is not idle after 30 seconds: queue main: ModuleRun, failed 3 times"
        );
        assert_eq!(looks, 31);
        let (result, _) = wait(600, vec![away()]).await;
        assert!(result.unwrap_err().ends_with("after 10 minutes: the pod is away"));
        let (result, looks) =
            wait(60, vec![tasks(0), Reading::Unreadable(Obstacle::Forbidden("exec".to_owned()))]).await;
        assert_eq!(
            (result.unwrap_err().as_str(), looks),
            ("the queue cannot be read: no permission: exec", 2)
        );
    }
}
