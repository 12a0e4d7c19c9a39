//! Progress bars.

use ratatui::text::Span;

use super::theme::Theme;

/// A bar of `width` columns, in steps of half a column.
#[must_use]
pub fn bar(theme: Theme, percent: f64, width: usize) -> [Span<'static>; 2] {
    let halves = halves(percent, width);
    let mut done = "━".repeat(halves / 2);
    done.push_str(&"╸".repeat(halves % 2));
    let rest = "─".repeat(width - halves.div_ceil(2));
    [Span::styled(done, theme.bar()), Span::styled(rest, theme.dim())]
}

/// Percent without a fraction, rounded down: 100 % is only shown when all is done.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
pub fn percent(percent: f64) -> u8 {
    percent.clamp(0.0, 100.0) as u8
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "screen widths"
)]
fn halves(percent: f64, width: usize) -> usize {
    (percent.clamp(0.0, 100.0) / 100.0 * (2 * width) as f64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::testing::state;

    fn text(percent: f64, width: usize) -> String {
        bar(Theme::of(&state()), percent, width).iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn bars_grow_by_halves() {
        assert_eq!(text(0.0, 4), "────");
        assert_eq!(text(12.5, 4), "╸───");
        assert_eq!(text(50.0, 4), "━━──");
        assert_eq!(text(100.0, 4), "━━━━");
        assert_eq!((percent(99.9), percent(100.0), percent(f64::NAN)), (99, 100, 0));
    }

    proptest! {
        #[test]
        fn bars_have_their_width(percent in any::<f64>(), width in 0_usize..100) {
            prop_assert_eq!(text(percent, width).width(), width);
        }
    }
}
