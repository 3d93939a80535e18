//! What an answer means for the erasure of a subject.

use super::{Stage, Subject};
use crate::answer::{message, rate_limit_reset, retry_after};
use serde::Deserialize;
use std::fmt;
use std::time::Duration;

/// What of an answer counts.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The `Retry-After` header.
    pub retry_after: Option<&'a str>,
    /// The header [`super::RATE_LIMIT_RESET`].
    pub rate_limit_reset: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// This stage is over; so is what comes next.
    Next {
        /// The next stage.
        stage: Stage,
        /// Until when events may still belong to the deleted profile, in the vendor's words: later ones start a new one.
        deleted_until: Option<String>,
    },
    /// Nothing is left to do.
    Ended(End),
    /// Still there: ask again.
    NotYet,
    /// Refused for good; nothing that waiting or other credentials would change.
    Refused {
        /// The vendor's words.
        message: String,
    },
    /// The key, its rights or the address are wrong.
    Denied {
        /// The vendor's words.
        message: String,
    },
    /// Too much at once.
    Busy {
        /// How long to wait at least, if the vendor said so.
        after: Option<Duration>,
    },
    /// Something is broken over there: ask again.
    Failed {
        /// The vendor's words.
        message: String,
    },
}

/// How an erasure ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was there and is gone.
    Deleted,
    /// The vendor took the order and gives no way to see it carried out.
    Accepted,
    /// Nothing was there.
    Absent,
    /// The application's plan does not have the feature, so nothing is kept there.
    NotOnPlan,
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Deleted => "deleted, and found gone",
            // Source: Insights spec, `deleteUserToken`.
            Self::Accepted => "accepted; Algolia deletes the events within 48 hours",
            Self::Absent => "nothing was there",
            Self::NotOnPlan => "the feature is not on the application's plan, so nothing is kept there",
        })
    }
}

/// Reads the answer to the request of a stage, given the time now in milliseconds since the Unix epoch.
pub fn read(subject: &Subject, stage: Stage, answer: Answer<'_>, now_ms: i64) -> Reply {
    let said = || message(answer.status, answer.body);
    match answer.status {
        200..=299 => taken(subject, stage, answer),
        402 => Reply::Ended(End::NotOnPlan),
        404 => absent(subject, stage, answer),
        425 | 429 => Reply::Busy { after: wait(answer, now_ms) },
        503 if answer.retry_after.is_some() => Reply::Busy { after: wait(answer, now_ms) },
        400 | 422 => Reply::Refused { message: said() },
        408 => Reply::Failed { message: said() },
        401..=499 => Reply::Denied { message: said() },
        _ => Reply::Failed { message: said() },
    }
}

fn wait(answer: Answer<'_>, now_ms: i64) -> Option<Duration> {
    let asked = answer.retry_after.and_then(|text| retry_after(text, now_ms));
    asked.or_else(|| answer.rate_limit_reset.and_then(|text| rate_limit_reset(text, now_ms)))
}

/// What the answers to deletions and tasks say, as far as it counts.
#[derive(Default, Deserialize)]
struct Said {
    #[serde(rename = "taskID")]
    task: Option<i64>,
    #[serde(rename = "deletedUntil")]
    deleted_until: Option<String>,
}

fn taken(subject: &Subject, stage: Stage, answer: Answer<'_>) -> Reply {
    match (subject, stage) {
        (Subject::Events(_), _) => Reply::Ended(End::Accepted),
        (Subject::Record(..), Stage::Delete) => with_task(answer),
        (_, Stage::Delete) => {
            Reply::Next { stage: Stage::Confirm, deleted_until: said(answer.body).deleted_until }
        }
        (_, Stage::Task(_)) if is_published(answer.body) => next(Stage::Confirm),
        // Published, and there all the same: somebody has written the record anew.
        (Subject::Record(..), Stage::Confirm) => next(Stage::Delete),
        (_, Stage::Task(_) | Stage::Confirm) => Reply::NotYet,
    }
}

fn with_task(answer: Answer<'_>) -> Reply {
    let nameless = || format!("{}, which names no taskID", message(answer.status, answer.body));
    said(answer.body)
        .task
        .map_or_else(|| Reply::Failed { message: nameless() }, |task| next(Stage::Task(task)))
}

fn next(stage: Stage) -> Reply {
    Reply::Next { stage, deleted_until: None }
}

fn said(body: &[u8]) -> Said {
    serde_json::from_slice(body).unwrap_or_default()
}

/// Source: Search spec, `taskStatus`.
fn is_published(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Task {
        status: String,
    }
    serde_json::from_slice::<Task>(body).is_ok_and(|task| task.status == "published")
}

fn absent(subject: &Subject, stage: Stage, answer: Answer<'_>) -> Reply {
    match (subject, stage) {
        // Insights takes any token, so what it does not know is the address.
        (Subject::Events(_), _) => Reply::Denied { message: message(answer.status, answer.body) },
        (_, Stage::Delete) => Reply::Ended(End::Absent),
        _ => Reply::Ended(End::Deleted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::erasure::Token;
    use crate::records::{IndexName, ObjectId};

    fn answer(status: u16, body: &str) -> Answer<'_> {
        Answer { status, retry_after: None, rate_limit_reset: None, body: body.as_bytes() }
    }

    fn subjects() -> [Subject; 4] {
        let [events, profile, advanced] = Subject::of_token(&Token::parse("a").unwrap());
        let record = Subject::Record(IndexName::parse("profiles").unwrap(), ObjectId::parse("a").unwrap());
        [events, profile, advanced, record]
    }

    #[test]
    fn a_record_is_deleted_by_a_task_that_is_waited_for_and_then_looked_for() {
        let [.., record] = subjects();
        let of = |stage, status, body| read(&record, stage, answer(status, body), 0);
        assert_eq!(of(Stage::Delete, 200, r#"{"taskID":7,"deletedAt":"x"}"#), next(Stage::Task(7)));
        assert!(matches!(of(Stage::Delete, 200, "{}"), Reply::Failed { .. }));
        assert_eq!(of(Stage::Task(7), 200, r#"{"status":"notPublished"}"#), Reply::NotYet);
        assert_eq!(of(Stage::Task(7), 200, r#"{"status":"published"}"#), next(Stage::Confirm));
        assert_eq!(of(Stage::Confirm, 200, r#"{"objectID":"a"}"#), next(Stage::Delete));
        assert_eq!(of(Stage::Confirm, 404, "{}"), Reply::Ended(End::Deleted));
        assert_eq!(of(Stage::Delete, 404, "{}"), Reply::Ended(End::Absent));
    }

    #[test]
    fn a_profile_is_gone_when_it_is_not_found_and_a_plan_without_it_keeps_nothing() {
        let [_, profile, advanced, _] = subjects();
        for subject in [profile, advanced] {
            let of = |stage, status, body| read(&subject, stage, answer(status, body), 0);
            let until = Some("2026-11-25T01:00:00Z".to_owned());
            let body = r#"{"userToken":"a","deletedUntil":"2026-11-25T01:00:00Z"}"#;
            assert_eq!(
                of(Stage::Delete, 200, body),
                Reply::Next { stage: Stage::Confirm, deleted_until: until }
            );
            assert_eq!(of(Stage::Confirm, 200, "{}"), Reply::NotYet);
            assert_eq!(of(Stage::Confirm, 404, "{}"), Reply::Ended(End::Deleted));
            assert_eq!(of(Stage::Delete, 402, "{}"), Reply::Ended(End::NotOnPlan));
        }
    }

    #[test]
    fn the_other_answers_mean_the_same_everywhere() {
        for subject in subjects() {
            let of = |status| read(&subject, Stage::Delete, answer(status, ""), 0);
            assert!(matches!(of(403), Reply::Denied { .. }));
            assert!(matches!(of(422), Reply::Refused { .. }));
            assert!([500, 503, 408, 302].iter().all(|status| matches!(of(*status), Reply::Failed { .. })));
            let limited = Answer { rate_limit_reset: Some("12"), ..answer(429, "") };
            let after = Some(Duration::from_secs(2));
            assert_eq!(read(&subject, Stage::Delete, limited, 10_000), Reply::Busy { after });
        }
        let [events, ..] = subjects();
        assert_eq!(read(&events, Stage::Delete, answer(204, ""), 0), Reply::Ended(End::Accepted));
        assert!(matches!(read(&events, Stage::Delete, answer(404, ""), 0), Reply::Denied { .. }));
    }
}
