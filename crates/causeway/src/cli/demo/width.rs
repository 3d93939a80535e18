//! What fits into a terminal that is 80 columns wide.

/// The width of a terminal as it opens.
pub(super) const COLUMNS: usize = 80;

/// A text of at most so many characters; a longer one is cut, and ends in `…`.
pub(super) fn fit(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    text.chars().take(columns.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_by_characters() {
        assert_eq!(fit("größer", 6), "größer");
        assert_eq!(fit("größer", 5), "größ…");
    }
}
