//! Colours that people with any colour vision tell apart (after Okabe and Ito 2008), for light and for dark pages.

use plotters::style::RGBColor;
use std::fmt::Write;

/// A colour of the charts by its role. Charts are drawn in `light`; the page's style sheet turns it into `dark`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour {
    light: (u8, u8, u8),
    dark: (u8, u8, u8),
}

/// Names, values and the zero line.
pub(super) const INK: Colour = Colour { light: (0x1F, 0x25, 0x2D), dark: (0xE6, 0xE9, 0xED) };
/// Ticks and units.
pub(super) const MUTED: Colour = Colour { light: (0x5A, 0x64, 0x70), dark: (0xA4, 0xAD, 0xB8) };
/// Lines to read values by.
pub(super) const GRID: Colour = Colour { light: (0xE2, 0xE6, 0xEA), dark: (0x33, 0x3A, 0x43) };
/// The path without policy, and whatever stands alone.
pub(super) const BASELINE: Colour = Colour { light: (0x00, 0x72, 0xB2), dark: (0x56, 0xAE, 0xE6) };
/// The path with the policy, and its effects.
pub(super) const POLICY: Colour = Colour { light: (0xC2, 0x4E, 0x00), dark: (0xF7, 0x94, 0x5A) };

/// Colours for things side by side, in this order; the last one is for the rest.
pub(super) const SERIES: [Colour; 7] = [
    BASELINE,
    Colour { light: (0xE6, 0x9F, 0x00), dark: (0xF2, 0xBE, 0x4B) },
    Colour { light: (0x00, 0x9E, 0x73), dark: (0x35, 0xC4, 0x9B) },
    Colour { light: (0xCC, 0x79, 0xA7), dark: (0xE0, 0x9C, 0xC2) },
    Colour { light: (0x56, 0xB4, 0xE9), dark: (0xA3, 0xD9, 0xF8) },
    POLICY,
    Colour { light: (0x8A, 0x94, 0xA0), dark: (0x7C, 0x86, 0x92) },
];

const ALL: [Colour; 10] = [INK, MUTED, GRID, BASELINE, POLICY, SERIES[1], SERIES[2], SERIES[3], SERIES[4], SERIES[6]];

impl Colour {
    /// The colour as charts are drawn in.
    pub(super) fn rgb(self) -> RGBColor {
        let (r, g, b) = self.light;
        RGBColor(r, g, b)
    }

    /// The colour as it stands in the drawings' attributes.
    pub(super) fn hex(self) -> String {
        hex(self.light)
    }
}

fn hex((r, g, b): (u8, u8, u8)) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// Style rules that turn every colour into the one for dark pages.
pub(super) fn dark_rules() -> String {
    let mut rules = String::new();
    for colour in ALL {
        let (light, dark) = (hex(colour.light), hex(colour.dark));
        // Writing to a String cannot fail.
        let _ = writeln!(
            rules,
            "svg [fill=\"{light}\"] {{ fill: {dark}; }} svg [stroke=\"{light}\"] {{ stroke: {dark}; }}"
        );
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_role_has_a_colour_of_its_own() {
        let light: BTreeSet<_> = ALL.iter().map(|c| c.light).collect();
        let dark: BTreeSet<_> = ALL.iter().map(|c| c.dark).collect();
        assert_eq!((light.len(), dark.len()), (ALL.len(), ALL.len()));
        assert!(SERIES.iter().all(|colour| ALL.contains(colour)));
    }
}
