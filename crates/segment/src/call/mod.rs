//! Calls: what sources tell Segment, as it comes in by the Tracking API or by Segment's webhooks.
//!
//! A body is read once into [`Call`]s that borrow from it. A mistake in one message does not hide the others, so each is
//! judged by itself ([`Invalid`]); a body that can't be taken apart is refused as a whole ([`Refusal`]).

mod check;
pub(crate) mod members;
mod problem;
mod read;
mod route;
mod times;
mod write;

pub use problem::{Invalid, Problem, Refusal};
pub use read::parse;
pub use route::{Kind, Route};

use crate::message::{MARK, MESSAGE_ID_PREFIX};
use members::{Members, member};
use serde_json::value::RawValue;
use std::borrow::Cow;
use times::Times;

/// The calls of one request.
#[derive(Debug, Clone)]
pub struct Calls<'a> {
    /// One or more, in the order that came, each valid or named with what is wrong.
    pub calls: Vec<Result<Call<'a>, Invalid<'a>>>,
    /// The write key in the body, where it has one.
    pub write_key: Option<Cow<'a, str>>,
}

/// One valid message. Ids and names are never empty; a JSON number became its text.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// What kind of call it is.
    pub kind: Kind,
    /// `messageId`, as the sender gave it.
    pub message_id: Option<Cow<'a, str>>,
    /// `userId`.
    pub user_id: Option<Cow<'a, str>>,
    /// `anonymousId`.
    pub anonymous_id: Option<Cow<'a, str>>,
    /// `previousId`, which an alias has.
    pub previous_id: Option<Cow<'a, str>>,
    /// `groupId`, which a group has.
    pub group_id: Option<Cow<'a, str>>,
    /// A track's `event`, a page's or screen's `name`.
    pub name: Option<Cow<'a, str>>,
    /// When it happened, in milliseconds since the Unix epoch, with the sender's clock corrected as Segment does
    /// (`receivedAt − (sentAt − originalTimestamp)`). None if the message says no time.
    pub timestamp: Option<i64>,
    /// The message's own JSON as it came.
    pub raw: &'a str,
    route: Route,
    members: Members<'a>,
    times: Times<'a>,
    shared: Shared<'a>,
}

/// What a batch says for all of its messages.
#[derive(Debug, Clone, Copy, Default)]
struct Shared<'a> {
    context: Option<&'a RawValue>,
    integrations: Option<&'a RawValue>,
    sent_at: Option<&'a RawValue>,
}

impl<'a> Call<'a> {
    /// A member of the message itself; none if it is null or absent.
    pub fn member(&self, key: &str) -> Option<&'a RawValue> {
        self.members.get(key)
    }

    /// A member of `traits` (identify, group) or `properties` (every other).
    pub fn content(&self, key: &str) -> Option<&'a RawValue> {
        member(self.member(self.kind.content())?, key)
    }

    /// A member of `context`, or of the batch's where the message's own has none.
    pub fn context(&self, key: &str) -> Option<&'a RawValue> {
        let own = self.member("context").into_iter();
        own.chain(self.shared.context).find_map(|context| member(context, key))
    }

    /// All the JSON that [`Call::write_json`] makes the message of: its own, and what its batch says for all.
    pub fn sources(&self) -> impl Iterator<Item = &'a str> {
        let shared = [self.shared.context, self.shared.integrations].into_iter().flatten();
        std::iter::once(self.raw).chain(shared.map(RawValue::get))
    }

    /// Whether it is one of ours that comes back: marked in `context.integration`, or with an id of ours.
    pub fn is_ours(&self) -> bool {
        let prefixed = self.message_id.as_deref().is_some_and(|id| id.starts_with(MESSAGE_ID_PREFIX));
        let integration = || self.context("integration").and_then(|of| Members::of(of).text("name"));
        prefixed || integration().as_deref() == Some(MARK)
    }
}

#[cfg(test)]
mod tests;
