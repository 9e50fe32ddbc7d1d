//! Sections that share the lines of a screen: the important ones get theirs first.

use ratatui::{
    style::{Modifier, Style},
    text::Line,
};

use crate::format::count;

/// A titled list of lines.
pub(super) struct Section {
    pub(super) title: &'static str,
    /// What a line is called where lines are only counted, such as `more release`.
    pub(super) more: &'static str,
    /// All of it is shown before anything of the following ones.
    pub(super) urgent: bool,
    pub(super) lines: Vec<(String, Style)>,
}

/// Lays sections out on `height` lines of `width` columns. Each that is not empty gets its title and one line as long as
/// there is room, in order; what is left goes to the first ones that have more.
pub(super) fn lay_out(sections: Vec<Section>, width: u16, height: u16) -> Vec<Line<'static>> {
    let shares = shares(&sections, usize::from(height));
    let mut out = Vec::new();
    for (section, share) in sections.into_iter().zip(shares).filter(|(_, share)| *share > 0) {
        out.push(Line::styled(section.title, Style::new().add_modifier(Modifier::BOLD)));
        let hidden = section.lines.len() - share;
        for (place, (text, style)) in section.lines.into_iter().take(share).enumerate() {
            let is_last = hidden > 0 && place + 1 == share;
            let line = if is_last && place > 0 {
                cut(&format!("  … {}", count(hidden + 1, section.more)), width)
            } else {
                let more =
                    if is_last { format!(" (and {})", count(hidden, section.more)) } else { String::new() };
                let room = width.saturating_sub(u16::try_from(more.len()).unwrap_or(width));
                cut(&format!("  {text}"), room) + &more
            };
            out.push(Line::styled(line, style));
        }
    }
    out
}

/// How many of its lines each section shows.
fn shares(sections: &[Section], mut room: usize) -> Vec<usize> {
    let mut shares = vec![0; sections.len()];
    for (section, share) in sections.iter().zip(&mut shares) {
        let wanted = if section.urgent { section.lines.len() } else { section.lines.len().min(1) };
        *share = wanted.min(room.saturating_sub(1));
        room -= if *share > 0 { *share + 1 } else { 0 };
    }
    for (section, share) in sections.iter().zip(&mut shares).filter(|(_, share)| **share > 0) {
        let more = room.min(section.lines.len() - *share);
        *share += more;
        room -= more;
    }
    shares
}

/// The text, with `…` where it would leave the screen.
pub(super) fn cut(text: &str, width: u16) -> String {
    let width = usize::from(width);
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}

/// The text in lines of at most `width` columns, broken between words.
pub(super) fn wrap(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(10));
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().filter(|it| it.chars().count() + word.chars().count() < width);
        match last {
            Some(line) => {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}
