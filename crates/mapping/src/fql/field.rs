//! What a trigger can ask about.

use crate::path::Path;

/// A field of an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) kind: Kind,
    /// The name below `properties`, `traits` or `context`; empty for the others.
    pub(super) name: String,
    pub(super) path: Path,
}

/// FQL's vocabulary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Type,
    Event,
    Name,
    UserId,
    Property,
    Trait,
    Context,
}

/// The vocabulary as messages list it.
pub(super) const VOCABULARY: &str = "type, event, name, userId, properties.*, traits.*, context.*";

/// Each kind with the word that FQL has for it and the type that the tree has for it.
const KINDS: [(Kind, &str, &str); 7] = [
    (Kind::Type, "type", "event-type"),
    (Kind::Event, "event", "event"),
    (Kind::Name, "name", "name"),
    (Kind::UserId, "userId", "userId"),
    (Kind::Property, "properties", "event-property"),
    (Kind::Trait, "traits", "event-trait"),
    (Kind::Context, "context", "event-context"),
];

impl Kind {
    fn entry(self) -> (Kind, &'static str, &'static str) {
        KINDS.into_iter().find(|(kind, ..)| *kind == self).unwrap_or(KINDS[0])
    }

    /// The word, which is also the event's member that the kind lives in.
    pub(super) fn word(self) -> &'static str {
        self.entry().1
    }

    /// The tree's `type`.
    pub(super) fn tree_type(self) -> &'static str {
        self.entry().2
    }

    pub(super) fn of_tree_type(name: &str) -> Option<Kind> {
        KINDS.into_iter().find(|(.., tree_type)| *tree_type == name).map(|(kind, ..)| kind)
    }

    /// Whether fields of this kind have names.
    pub(super) fn is_named(self) -> bool {
        matches!(self, Kind::Property | Kind::Trait | Kind::Context)
    }
}

impl Field {
    pub(super) fn new(kind: Kind, name: &str) -> Result<Field, String> {
        let path = Path::of_trigger(name).map_err(|error| error.to_string())?;
        Ok(Field { kind, name: name.to_owned(), path })
    }

    /// The field that an identifier names, `None` for one outside the vocabulary. As in the public implementation
    /// `properties` alone is the property of that name.
    pub(super) fn of_identifier(identifier: &str) -> Option<Result<Field, String>> {
        let (word, rest) =
            identifier.split_once('.').map_or((identifier, None), |(word, rest)| (word, Some(rest)));
        let (kind, ..) = KINDS.into_iter().find(|(_, known, _)| *known == word)?;
        match (kind.is_named(), rest) {
            (true, name) => Some(Field::new(kind, name.unwrap_or(identifier))),
            (false, None) => Some(Field::new(kind, "")),
            (false, Some(_)) => None,
        }
    }
}
