//! The way of an update in a line, with the place where it is.

use cluster::verdict::{Call, Stage, Verdict};
use ratatui::{
    style::{Color, Modifier, Style},
    text::{Line, Span},
};

const WAY: [(Stage, &str); 5] = [
    (Stage::NotStarted, "not started"),
    (Stage::Switching, "switching"),
    (Stage::Converging, "converging"),
    (Stage::Propagating, "propagating"),
    (Stage::Done, "done"),
];

/// The colour of a call, on terminals that have any.
pub(super) fn colour(call: Call) -> Color {
    match call {
        Call::Done => Color::Green,
        Call::Failed => Color::Red,
        Call::Stalled => Color::Yellow,
        _ => Color::Cyan,
    }
}

/// All stages where there is room, else the present one and the count.
pub(super) fn line(verdict: &Verdict, width: u16) -> Line<'static> {
    let here = Style::new().fg(colour(verdict.call)).add_modifier(Modifier::BOLD | Modifier::REVERSED);
    let room: usize = WAY.iter().map(|(_, name)| name.len() + 5).sum();
    if usize::from(width) < room {
        let place = WAY.iter().position(|(stage, _)| *stage == verdict.stage).unwrap_or_default() + 1;
        let name = format!(" {} ", verdict.stage.name());
        return Line::from(vec![Span::styled(name, here), Span::raw(format!(" {place} of {}", WAY.len()))]);
    }
    let mut spans = Vec::new();
    for (stage, name) in WAY {
        if !spans.is_empty() {
            spans.push(Span::styled(" > ", Style::new().add_modifier(Modifier::DIM)));
        }
        let style = match stage.cmp(&verdict.stage) {
            std::cmp::Ordering::Equal => here,
            std::cmp::Ordering::Less => Style::new(),
            std::cmp::Ordering::Greater => Style::new().add_modifier(Modifier::DIM),
        };
        spans.push(Span::styled(format!(" {name} "), style));
    }
    Line::from(spans)
}
