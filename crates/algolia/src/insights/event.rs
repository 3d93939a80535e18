//! An event that keeps the vendor's rules.

use serde_json::value::RawValue;
use std::borrow::Cow;

/// One valid event, borrowed from the text it came in. It can only be made by [`super::parse`] and
/// [`super::parse_event`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event<'a> {
    /// `eventName`: 1 to 64 printable ASCII characters.
    pub name: Cow<'a, str>,
    /// `eventType` and `eventSubtype` together.
    pub kind: Kind,
    /// `index`: there for every kind but [`Kind::Instantsearch`].
    pub index: Option<Cow<'a, str>>,
    /// `userToken`: 1 to 129 of letters, digits and `_=/+-`. A JSON number is read as its text.
    pub user_token: Cow<'a, str>,
    /// `authenticatedUserToken`, of the same form.
    pub authenticated_user_token: Option<Cow<'a, str>>,
    /// `timestamp`: milliseconds since the Unix epoch. Without one the vendor takes the time of receipt.
    pub timestamp: Option<i64>,
    /// `queryID`: 32 lower-case hexadecimal digits, or `message_` and printable ASCII.
    pub query_id: Option<Cow<'a, str>>,
    /// `objectIDs` with what belongs to each, or `filters`.
    pub subject: Subject<'a>,
    /// `value`: total in units of `currency`.
    pub value: Option<Amount<'a>>,
    /// `currency`: three letters, in the case that came.
    pub currency: Option<Cow<'a, str>>,
    /// `agentID`.
    pub agent_id: Option<Cow<'a, str>>,
    /// Keys that the documents don't name, with their JSON, in the order that came.
    pub extra: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// The event's exact JSON text in the body.
    pub raw: &'a str,
    /// Whether `raw` is something else than the documented form, apart from a missing timestamp.
    pub(super) altered: bool,
}

impl Event<'_> {
    /// The searches that it follows from: its own `queryID` first, then its objects'.
    pub fn query_ids(&self) -> impl Iterator<Item = &str> {
        let objects = match &self.subject {
            Subject::Objects(objects) => objects.as_slice(),
            _ => &[],
        };
        let bought = objects.iter().filter_map(|object| object.data.as_ref()?.query_id.as_deref());
        self.query_id.as_deref().into_iter().chain(bought)
    }
}

/// What the shopper did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `click`.
    Click,
    /// `view`.
    View,
    /// `conversion` without a subtype.
    Conversion,
    /// `conversion` with subtype `addToCart`.
    AddToCart,
    /// `conversion` with subtype `purchase`.
    Purchase,
    /// `instantsearch`: telemetry of agents (since 2026-08).
    Instantsearch,
}

impl Kind {
    /// The wire word of `eventType`.
    pub fn event_type(self) -> &'static str {
        match self {
            Kind::Click => "click",
            Kind::View => "view",
            Kind::Conversion | Kind::AddToCart | Kind::Purchase => "conversion",
            Kind::Instantsearch => "instantsearch",
        }
    }

    /// The wire word of `eventSubtype`, where there is one.
    pub fn event_subtype(self) -> Option<&'static str> {
        match self {
            Kind::AddToCart => Some("addToCart"),
            Kind::Purchase => Some("purchase"),
            _ => None,
        }
    }
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject<'a> {
    /// 1 to 20 objects. On a click after a search every object has a position, otherwise none has.
    Objects(Vec<Object<'a>>),
    /// 1 to 20 filters as they came; [`super::filters::decode`] reads them.
    Filters(Vec<Cow<'a, str>>),
    /// Neither; only [`Kind::Instantsearch`].
    None,
}

/// One object of an event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object<'a> {
    /// The record's `objectID`.
    pub id: Cow<'a, str>,
    /// Its place in the results, counted from 1 over all pages.
    pub position: Option<u32>,
    /// Its item of `objectData`.
    pub data: Option<ObjectData<'a>>,
}

/// What was bought or put in the cart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectData<'a> {
    /// The search that the object came from: 32 lower-case hexadecimal digits.
    pub query_id: Option<Cow<'a, str>>,
    /// Final price of one unit, discount included, in units of the event's currency.
    pub price: Option<Amount<'a>>,
    /// Number of units.
    pub quantity: Option<i32>,
    /// Absolute discount on one unit.
    pub discount: Option<Amount<'a>>,
}

/// A sum of money, as it came: the vendor takes a number or a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amount<'a> {
    /// A JSON number's text.
    Number(&'a str),
    /// A string, which need not be a number.
    Text(Cow<'a, str>),
}

impl Amount<'_> {
    /// The amount, if it is a finite number.
    pub fn as_f64(&self) -> Option<f64> {
        let text = match self {
            Amount::Number(text) => text,
            Amount::Text(text) => text.trim(),
        };
        text.parse().ok().filter(|number: &f64| number.is_finite())
    }
}
