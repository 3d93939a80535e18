//! What a flow left out or changed so that the vendor takes the rest: said to whoever tries a flow, unheard otherwise.

/// A place for notes, or none.
#[derive(Debug, Default)]
pub(super) struct Notes<'n>(Option<&'n mut Vec<String>>);

impl<'n> Notes<'n> {
    /// Keeps what is said.
    pub(super) fn kept(notes: &'n mut Vec<String>) -> Self {
        Self(Some(notes))
    }

    /// Says something, once. It is only put into words if somebody listens.
    pub(super) fn say(&mut self, words: impl FnOnce() -> String) {
        if let Some(notes) = &mut self.0 {
            let words = words();
            if !notes.contains(&words) {
                notes.push(words);
            }
        }
    }
}
