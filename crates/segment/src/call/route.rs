//! Which call it is, and which door it came through.

use crate::limits;
use crate::message::Type;

/// The kind of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Who somebody is.
    Identify,
    /// What somebody did.
    Track,
    /// A page that somebody saw.
    Page,
    /// A screen that somebody saw.
    Screen,
    /// The group that somebody belongs to.
    Group,
    /// Two ids of one person.
    Alias,
    /// Somebody wants to be forgotten. Segment tells it by webhook only.
    Delete,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 7] =
        [Kind::Identify, Kind::Track, Kind::Page, Kind::Screen, Kind::Group, Kind::Alias, Kind::Delete];

    /// The wire word.
    pub fn as_str(self) -> &'static str {
        self.message_type().map_or("delete", Type::as_str)
    }

    /// The kind of a wire word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The type of message that it is; none for a deletion, which can't be sent.
    pub fn message_type(self) -> Option<Type> {
        match self {
            Kind::Identify => Some(Type::Identify),
            Kind::Track => Some(Type::Track),
            Kind::Page => Some(Type::Page),
            Kind::Screen => Some(Type::Screen),
            Kind::Group => Some(Type::Group),
            Kind::Alias => Some(Type::Alias),
            Kind::Delete => None,
        }
    }

    /// Where the call's own data stand: `traits` or `properties`.
    pub(crate) fn content(self) -> &'static str {
        self.message_type().map_or("properties", Type::content)
    }
}

impl From<Type> for Kind {
    fn from(message: Type) -> Self {
        match message {
            Type::Identify => Kind::Identify,
            Type::Track => Kind::Track,
            Type::Page => Kind::Page,
            Type::Screen => Kind::Screen,
            Type::Group => Kind::Group,
            Type::Alias => Kind::Alias,
        }
    }
}

/// Which door a body came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// One of Segment's webhook destinations: a message, or an array of them.
    Webhook,
    /// `/v1/track` and its like: one message, whose type the path says.
    Tracking(Type),
    /// `/v1/batch` or `/v1/import`.
    Batch,
}

impl Route {
    /// Where the Tracking API takes calls: the documented paths, the letters that Segment's browser library posts to, and
    /// `/v1/import`, the batch path of older libraries. Source: `segmentio/analytics-next`, the segmentio plugin.
    pub const PATHS: [(&'static str, Route); 15] = [
        ("/v1/identify", Route::Tracking(Type::Identify)),
        ("/v1/track", Route::Tracking(Type::Track)),
        ("/v1/page", Route::Tracking(Type::Page)),
        ("/v1/screen", Route::Tracking(Type::Screen)),
        ("/v1/group", Route::Tracking(Type::Group)),
        ("/v1/alias", Route::Tracking(Type::Alias)),
        ("/v1/batch", Route::Batch),
        ("/v1/import", Route::Batch),
        ("/v1/i", Route::Tracking(Type::Identify)),
        ("/v1/t", Route::Tracking(Type::Track)),
        ("/v1/p", Route::Tracking(Type::Page)),
        ("/v1/s", Route::Tracking(Type::Screen)),
        ("/v1/g", Route::Tracking(Type::Group)),
        ("/v1/a", Route::Tracking(Type::Alias)),
        ("/v1/b", Route::Batch),
    ];

    /// The word that stands for it, as in the documented path.
    pub fn word(self) -> &'static str {
        match self {
            Route::Webhook => "webhook",
            Route::Tracking(message) => message.as_str(),
            Route::Batch => "batch",
        }
    }

    /// The route of a word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "webhook" => Some(Route::Webhook),
            "batch" => Some(Route::Batch),
            word => Type::parse(word).map(Route::Tracking),
        }
    }

    /// The most bytes of a body.
    pub fn max_body(self) -> usize {
        if self == Route::Webhook { limits::MAX_WEBHOOK } else { limits::MAX_BATCH }
    }

    /// The most messages of a body.
    pub fn max_messages(self) -> usize {
        if self == Route::Webhook { limits::MAX_WEBHOOK_MESSAGES } else { limits::MAX_BATCH_MESSAGES }
    }
}
