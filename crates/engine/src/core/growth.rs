//! How much comes of how much.

/// How many bytes for a destination come of a byte of bodies, as far as was seen: so that a block's room is right from
/// the start.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Growth(f64);

impl Growth {
    /// A little more is expected than last time.
    const MARGIN: f64 = 1.0 / 16.0;

    /// No more room than this is taken beforehand, whatever was seen.
    const MOST: usize = 4 << 20;

    pub(super) fn expected(self, bodies: usize) -> usize {
        ((bodies as f64 * self.0 * (1.0 + Self::MARGIN)) as usize).min(Self::MOST)
    }

    pub(super) fn learn(&mut self, bodies: usize, made: usize) {
        if made > 0 {
            self.0 = made as f64 / bodies.max(1) as f64;
        }
    }
}
