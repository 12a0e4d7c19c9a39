//! How sure the engine is of what it read.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A probability from 0 to 1, kept to a thousandth: as a number in JSON, `0.987`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Confidence(u16);

impl Confidence {
    /// The nearest thousandth; what is not a number counts as 0.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The clamp bounds it; NaN becomes 0.
    pub fn new(probability: f32) -> Self {
        Self((probability.clamp(0.0, 1.0) * 1000.0).round() as u16)
    }

    /// From 0 to 1.
    #[must_use]
    pub fn value(self) -> f32 {
        f32::from(self.0) / 1000.0
    }

    /// From 0 to 100, as tesseract's columns and hOCR's `x_wconf` want it.
    #[must_use]
    pub fn percent(self) -> f32 {
        f32::from(self.0) / 10.0
    }

    /// The mean; 0 of nothing.
    #[must_use]
    pub fn mean(of: impl IntoIterator<Item = Self>) -> Self {
        let (sum, count) = of.into_iter().fold((0_u64, 0_u64), |(sum, count), c| (sum + u64::from(c.0), count + 1));
        let mean = (sum + count / 2).checked_div(count).unwrap_or(0);
        Self(u16::try_from(mean).unwrap_or(1000))
    }
}

impl Serialize for Confidence {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.0) / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Confidence {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        f32::deserialize(from).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_short_number_in_json_even_by_way_of_a_value() -> Result<(), serde_json::Error> {
        let value = serde_json::to_value(Confidence::new(0.986_9))?;
        assert_eq!(value.to_string(), "0.987");
        assert_eq!(serde_json::from_value::<Confidence>(value)?, Confidence::new(0.987));
        Ok(())
    }

    #[test]
    fn odd_numbers_are_clamped() {
        assert_eq!(Confidence::new(f32::NAN).value(), 0.0);
        assert_eq!(Confidence::new(-1.0).value(), 0.0);
        assert_eq!(Confidence::new(7.0).value(), 1.0);
    }

    #[test]
    fn mean_rounds_and_of_nothing_is_zero() {
        assert_eq!(Confidence::mean([Confidence::new(0.5), Confidence::new(0.75)]), Confidence::new(0.625));
        assert_eq!(Confidence::mean([]), Confidence::new(0.0));
    }
}
