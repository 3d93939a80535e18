//! The answers that aren't 200: `{"message", "status"}`. The wording is the vendor's where public reports quote it
//! (algoliasearch-client-csharp#558, saleor/apps#926); the specification has none.

use crate::access::Denied;
use crate::body::BadBody;
use crate::reply::{self, Reply};
use hyper::StatusCode;
use serde_json::json;
use std::borrow::Cow;

const SIZE_HELP: &str = "Please have a look at https://www.algolia.com/doc/guides/sending-and-managing-data/\
     prepare-your-data/in-depth/index-and-records-size-and-usage-limitations/#record-size-limits";

/// Why a request is refused as a whole.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    status: StatusCode,
    message: Cow<'static, str>,
    /// Which operation of a batch was it, and on which record.
    place: Option<(usize, String)>,
}

impl Refusal {
    pub(super) const NO_RECORD: Self = Self::fixed(StatusCode::NOT_FOUND, "ObjectID does not exist");
    pub(super) const NO_TASK: Self = Self::fixed(StatusCode::NOT_FOUND, "Task does not exist");
    pub(super) const NO_KEY: Self = Self::fixed(StatusCode::NOT_FOUND, "Key does not exist");
    pub(super) const NOTHING_HERE: Self =
        Self::fixed(StatusCode::NOT_FOUND, "the sandbox has nothing at this path");
    /// "Over-busy indexing returns 429".
    pub(super) const TOO_MANY_JOBS: Self = Self::fixed(StatusCode::TOO_MANY_REQUESTS, "Too many jobs");
    pub(super) const QUOTA: Self =
        Self::fixed(StatusCode::FORBIDDEN, "Record quota exceeded. Change plan or delete records.");
    pub(super) const LACKING: Self =
        Self::fixed(StatusCode::FORBIDDEN, "Method not allowed with this API key");

    /// A key that is restricted to other indices gets to hear this (algoliasearch-jekyll#18).
    pub(super) const FOREIGN_INDEX: Self =
        Self::fixed(StatusCode::FORBIDDEN, "Invalid Application-ID or API key");

    const fn fixed(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message), place: None }
    }

    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: Cow::Owned(message.into()), place: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn denied(denied: Denied) -> Self {
        match denied {
            Denied::Unknown => Self::FOREIGN_INDEX,
            Denied::Lacking => Self::LACKING,
        }
    }

    pub(super) fn unreadable(bad: BadBody) -> Self {
        match bad {
            BadBody::TooLarge => Self::fixed(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
            BadBody::Unreadable => Self::fixed(StatusCode::BAD_REQUEST, "The body can't be read"),
        }
    }

    pub(super) fn no_index(index: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Index {index} does not exist"))
    }

    pub(super) fn no_object_id(action: &str) -> Self {
        Self::bad_request(format!("The 'objectID' attribute is required to use action={action}"))
    }

    pub(super) fn too_big(position: usize, id: &str, size: usize, limit: usize) -> Self {
        let message = format!(
            "Record at the position {position} objectID={id} is too big size={size}/{limit} bytes. {SIZE_HELP}"
        );
        Self { place: Some((position, id.to_owned())), ..Self::bad_request(message) }
    }

    pub(super) fn reply(&self) -> Reply {
        let mut body = json!({"message": self.message});
        if let Some((position, id)) = &self.place {
            body["position"] = (*position).into();
            body["objectID"] = id.as_str().into();
        }
        body["status"] = self.status.as_u16().into();
        reply::json(self.status, &body)
    }
}
