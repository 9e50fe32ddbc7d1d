//! The platform's log: a JSON document on each line.

use jiff::Timestamp;
use serde::Deserialize;

use super::details::LogError;
use crate::safe_text::foreign;

/// How many errors are kept, the newest.
const KEPT: usize = 50;

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    level: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    error: Option<serde_json::Value>,
    #[serde(default)]
    time: Option<String>,
}

/// The lines with level `error` or worse, the newest last. Lines that are no JSON, as those of a panic, are left
/// aside.
pub(super) fn errors(log: &str) -> Vec<LogError> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let errors =
        lines.filter(|line| matches!(line.level.to_lowercase().as_str(), "error" | "fatal" | "panic"));
    let mut errors: Vec<LogError> = errors
        .map(|line| {
            let error = line
                .error
                .as_ref()
                .and_then(|error| error.as_str())
                .filter(|error| !line.msg.contains(error));
            LogError {
                time: line.time.and_then(|time| time.parse::<Timestamp>().ok()),
                message: foreign(&match error {
                    Some(error) => format!("{}: {error}", line.msg),
                    None => line.msg,
                }),
            }
        })
        .collect();
    errors.drain(..errors.len().saturating_sub(KEPT));
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_log() {
        let log = r#"
{"level":"info","msg":"all good","time":"2026-11-24T10:00:00Z"}
{"level":"error","logger":"deckhouse","msg":"list tags","error":"GET https://r/v2/: 401","time":"2026-11-24T10:00:01Z"}
panic: something
{"level":"ERROR","msg":"get new image: 401","error":"401","time":"garbage"}
{"level":3}
"#;
        let errors = errors(log);
        let messages: Vec<&str> = errors.iter().map(|line| line.message.as_str()).collect();
        assert_eq!(messages, ["list tags: GET https://r/v2/: 401", "get new image: 401"]);
        assert_eq!(errors[0].time, "2026-11-24T10:00:01Z".parse().ok());
        assert_eq!(errors[1].time, None);
        let many = "{\"level\":\"error\",\"msg\":\"x\"}\n".repeat(KEPT + 7);
        assert_eq!(super::errors(&many).len(), KEPT);
    }

    #[test]
    fn any_bytes() {
        let line = r#"{"level":"error","msg":"list tags","error":"401","time":"2026-11-24T10:00:01Z"}"#;
        fuzzing::fuzz!([line], |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            assert!(errors(&text).len() <= text.lines().count());
        });
    }
}
