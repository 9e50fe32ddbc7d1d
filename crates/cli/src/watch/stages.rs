//! The stages of an update in a line, with the current one marked.

use cluster::verdict::{Call, Stage, Verdict};
use ratatui::{
    style::{Color, Modifier, Style},
    text::{Line, Span},
};

use crate::words::verdict::stage as name;

const STAGES: [Stage; 5] =
    [Stage::NotStarted, Stage::Switching, Stage::Converging, Stage::Propagating, Stage::Done];

/// The colour of a call, on terminals that have any.
pub(super) fn colour(call: Call) -> Color {
    match call {
        Call::Done => Color::Green,
        Call::Failed => Color::Red,
        Call::Stalled => Color::Yellow,
        _ => Color::Cyan,
    }
}

/// All stages where there is room, else the current one and the count.
pub(super) fn line(verdict: &Verdict, width: u16) -> Line<'static> {
    let here = Style::new().fg(colour(verdict.call)).add_modifier(Modifier::BOLD | Modifier::REVERSED);
    let room: usize = STAGES.iter().map(|it| name(*it).len() + 5).sum();
    if usize::from(width) < room {
        let place = STAGES.iter().position(|it| *it == verdict.stage).unwrap_or_default() + 1;
        let name = format!(" {} ", name(verdict.stage));
        return Line::from(vec![
            Span::styled(name, here),
            Span::raw(format!(" {place} of {}", STAGES.len())),
        ]);
    }
    let mut spans = Vec::new();
    for stage in STAGES {
        if !spans.is_empty() {
            spans.push(Span::styled(" > ", Style::new().add_modifier(Modifier::DIM)));
        }
        let style = match stage.cmp(&verdict.stage) {
            std::cmp::Ordering::Equal => here,
            std::cmp::Ordering::Less => Style::new(),
            std::cmp::Ordering::Greater => Style::new().add_modifier(Modifier::DIM),
        };
        spans.push(Span::styled(format!(" {} ", name(stage)), style));
    }
    Line::from(spans)
}
