//! The rules that a single event can break.

use super::limits;
use std::fmt;

/// A rule that an event breaks. [`Violation::message`] is what the vendor says about it; [`Violation::detail`] names
/// the field, the wrong value and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// The item of `events` is no object.
    NotAnObject {
        /// The JSON type that came.
        got: &'static str,
    },
    /// A field has another JSON type than the documented one.
    WrongType {
        /// The field.
        field: &'static str,
        /// The documented type.
        expected: &'static str,
        /// The JSON type that came.
        got: &'static str,
    },
    /// `eventName` is missing.
    NameMissing,
    /// `eventName` is empty, too long or not printable ASCII.
    NameForm(Excerpt),
    /// `eventType` is missing.
    TypeMissing,
    /// `eventType` is no known word.
    TypeUnknown(Excerpt),
    /// `eventSubtype` is no known word.
    SubtypeUnknown(Excerpt),
    /// `eventSubtype` on something else than a conversion.
    SubtypeWithoutConversion(Excerpt),
    /// `index` is missing or empty.
    IndexMissing,
    /// `userToken` is missing.
    TokenMissing,
    /// A user token is empty, too long or has other characters.
    TokenForm {
        /// Which token.
        field: &'static str,
        /// The token.
        value: Excerpt,
    },
    /// The timestamp is older than [`super::Rules::max_age_ms`].
    TooOld {
        /// The timestamp, in milliseconds since the Unix epoch.
        timestamp: i64,
        /// The age allowed, in milliseconds.
        max_age_ms: i64,
    },
    /// The timestamp is further ahead than [`super::Rules::max_future_ms`].
    InFuture {
        /// The timestamp, in milliseconds since the Unix epoch.
        timestamp: i64,
        /// The lead allowed, in milliseconds.
        max_future_ms: i64,
    },
    /// Neither `objectIDs` nor `filters`.
    NoSubject,
    /// Both `objectIDs` and `filters`.
    TwoSubjects,
    /// A list holds more than [`limits::MAX_ITEMS`].
    TooManyItems {
        /// The list.
        field: &'static str,
    },
    /// `positions` on something else than a click.
    PositionsWithoutClick,
    /// `positions` without `queryID`.
    PositionsWithoutQueryId,
    /// A position of 0 or less.
    PositionNotPositive(Excerpt),
    /// Not one position for each object, on a click after a search.
    PositionsCount {
        /// How many objects.
        objects: usize,
        /// How many positions.
        positions: usize,
    },
    /// A query id of neither form.
    QueryIdForm {
        /// Where it stands.
        field: &'static str,
        /// The id.
        value: Excerpt,
    },
    /// Not one item of `objectData` for each object.
    ObjectDataCount {
        /// How many objects.
        objects: usize,
        /// How many items.
        items: usize,
    },
    /// A key of an `objectData` item that the documents don't name; those items are closed.
    ObjectDataKey(Excerpt),
    /// `price`, `discount` or `value` without `currency`.
    CurrencyMissing,
    /// `currency` isn't three letters.
    CurrencyForm(Excerpt),
    /// `value` is a string of more than [`limits::MAX_VALUE_TEXT`] characters.
    ValueLength(Excerpt),
    /// `agentID` is empty.
    AgentIdEmpty,
}

impl Violation {
    /// What the vendor answers, as its spec's examples give it. Rules without a published text get the vendor's
    /// general one, `Invalid payload`.
    pub fn message(&self) -> String {
        match self {
            Violation::WrongType { expected, got, .. } => {
                format!("Invalid type for field events: expected {expected}, got {got}")
            }
            other => other.fixed_message().to_owned(),
        }
    }

    fn fixed_message(&self) -> &'static str {
        match self {
            Violation::NameMissing => "EventName is required",
            Violation::NameForm(_) => {
                "EventName must contain only visible ASCII characters, and be between 1 and 64 characters long"
            }
            Violation::TypeMissing => "EventType is required",
            Violation::TypeUnknown(_) => {
                r#"EventType must be one of "click", "conversion", "view" or "instantsearch""#
            }
            Violation::IndexMissing => "The index field is required",
            Violation::TokenMissing => "The userToken field is required",
            Violation::TokenForm { .. } => {
                "UserToken must contain only alphanumeric, equal, plus, slash, hyphen, or underscore characters, \
                 and be between 1 and 128 characters long"
            }
            Violation::TooOld { .. } => "The timestamp is too far in the past",
            Violation::NoSubject => "Event should specify either some ObjectIDs or some Filters",
            Violation::TwoSubjects => "Event should specify ObjectIDs or Filters, but not both",
            Violation::PositionsWithoutClick => {
                "Only event of type click should specify the positions attribute"
            }
            Violation::PositionsWithoutQueryId => {
                "Event of type click with positions should specify a queryID"
            }
            Violation::PositionNotPositive(_) => {
                "Event of type click may only have strictly positive positions"
            }
            Violation::PositionsCount { .. } => {
                "Event of type click should have the same number of ObjectIDs and Positions"
            }
            Violation::QueryIdForm { .. } => {
                "Query ID must be a search query ID (32 characters hexadecimal string)"
            }
            _ => "Invalid payload",
        }
    }

    /// Field, wrong value and fix, for logs and headers: one line of ASCII, bounded in length.
    pub fn detail(&self) -> String {
        self.to_string()
    }
}

/// The same sentence as [`Violation::detail`].
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::NotAnObject { .. }
            | Violation::WrongType { .. }
            | Violation::NameMissing
            | Violation::NameForm(_)
            | Violation::TypeMissing
            | Violation::TypeUnknown(_)
            | Violation::SubtypeUnknown(_)
            | Violation::SubtypeWithoutConversion(_)
            | Violation::IndexMissing => self.describe_head(f),
            Violation::TokenMissing
            | Violation::TokenForm { .. }
            | Violation::TooOld { .. }
            | Violation::InFuture { .. } => self.describe_person_and_time(f),
            _ => self.describe_subject(f),
        }
    }
}

impl Violation {
    fn describe_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::NotAnObject { got } => write!(f, "an item of events is of type {got}; send an object"),
            Violation::WrongType { field, expected, got } => {
                write!(f, "{field} is of type {got}; send {expected}")
            }
            Violation::NameMissing => f.write_str("eventName is missing; add a name"),
            Violation::NameForm(value) => {
                write!(
                    f,
                    "eventName is {value}; use 1 to {} printable ASCII characters",
                    limits::MAX_EVENT_NAME
                )
            }
            Violation::TypeMissing => {
                f.write_str("eventType is missing; add click, view, conversion or instantsearch")
            }
            Violation::TypeUnknown(value) => {
                write!(f, "eventType is {value}; use click, view, conversion or instantsearch")
            }
            Violation::SubtypeUnknown(value) => {
                write!(f, "eventSubtype is {value}; use addToCart or purchase, or leave it out")
            }
            Violation::SubtypeWithoutConversion(value) => {
                write!(
                    f,
                    "eventSubtype {value} stands on no conversion; set eventType to conversion or leave it out"
                )
            }
            _ => f.write_str("index is missing; add the name of the index"),
        }
    }

    fn describe_person_and_time(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::TokenForm { field, value } => {
                write!(f, "{field} is {value}; use 1 to {} letters, digits and _=/+-", limits::MAX_TOKEN_SENT)
            }
            Violation::TooOld { timestamp, max_age_ms } => write!(
                f,
                "timestamp {timestamp} is older than {max_age_ms} ms; send milliseconds since the Unix epoch, in time"
            ),
            Violation::InFuture { timestamp, max_future_ms } => write!(
                f,
                "timestamp {timestamp} is more than {max_future_ms} ms ahead; send milliseconds since the Unix epoch"
            ),
            _ => f.write_str("userToken is missing; add a pseudonymous id of the shopper"),
        }
    }

    fn describe_subject(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::NoSubject => f.write_str("objectIDs and filters are both missing; add one of them"),
            Violation::TwoSubjects => f.write_str("objectIDs and filters are both there; send two events"),
            Violation::TooManyItems { field } => {
                write!(f, "{field} holds more than {} items; split the event", limits::MAX_ITEMS)
            }
            Violation::PositionsWithoutClick => {
                f.write_str("positions stand on no click; leave them out or set eventType to click")
            }
            Violation::PositionsWithoutQueryId => {
                f.write_str("positions stand without queryID; add queryID or leave positions out")
            }
            Violation::PositionNotPositive(value) => write!(f, "positions hold {value}; count from 1"),
            Violation::PositionsCount { objects, positions } => write!(
                f,
                "positions has {positions} items for {objects} objectIDs; send one position for each object"
            ),
            Violation::QueryIdForm { field, value } => write!(
                f,
                "{field} is {value}; use the search's id ({} lower-case hexadecimal digits) or leave it out",
                limits::SEARCH_QUERY_ID
            ),
            other => other.describe_money(f),
        }
    }

    fn describe_money(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::ObjectDataCount { objects, items } => {
                write!(
                    f,
                    "objectData has {items} items for {objects} objectIDs; send one item for each object"
                )
            }
            Violation::ObjectDataKey(key) => {
                write!(f, "objectData has the key {key}; use only queryID, price, quantity and discount")
            }
            Violation::CurrencyForm(value) => {
                write!(f, "currency is {value}; use {} letters such as EUR", limits::CURRENCY)
            }
            Violation::ValueLength(value) => {
                write!(f, "value is {value}; use a number or at most {} characters", limits::MAX_VALUE_TEXT)
            }
            Violation::AgentIdEmpty => f.write_str("agentID is empty; fill it or leave it out"),
            _ => f.write_str(
                "currency is missing beside price, discount or value; add three letters such as EUR",
            ),
        }
    }
}

/// A value as shown to people: quoted, in ASCII, at most [`Excerpt::MAX`] characters of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// How many characters of a value are shown.
    pub const MAX: usize = 40;

    pub(super) fn new(value: &str) -> Self {
        let mut shown: String = value.chars().take(Self::MAX).flat_map(char::escape_default).collect();
        if value.chars().nth(Self::MAX).is_some() {
            shown.push_str("...");
        }
        Excerpt(shown.into_boxed_str())
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}
