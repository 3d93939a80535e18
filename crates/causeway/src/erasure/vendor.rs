//! Asking Algolia.

use crate::config::ErasureTarget;
use crate::delivery::body::Pieces;
use crate::delivery::client::{self, Client};
use crate::delivery::destination::{AGENT, signed};
use crate::delivery::hosts::Hosts;
use crate::delivery::pace::Pace;
use causeway_algolia::erasure::{Answer, Call, Host, Reply, Stage, Subject, call, read};
use causeway_algolia::hosts::is_hosts_fault;
use http::header::USER_AGENT;
use http::{Method, Request};
use rand::seq::SliceRandom;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Algolia's APIs that know of a person.
#[derive(Debug)]
pub struct Vendor {
    target: ErasureTarget,
    client: Client,
    insights: Place,
    personalization: Place,
    advanced_personalization: Place,
    search: Place,
}

#[derive(Debug)]
struct Place {
    hosts: Hosts,
    pace: Mutex<Pace>,
}

impl Place {
    fn new(host: Host, hosts: Hosts) -> Self {
        Self { hosts, pace: Mutex::new(Pace::new(host.calls_per_second(), Instant::now())) }
    }

    fn pace<T>(&self, act: impl FnOnce(&mut Pace, Instant) -> T) -> T {
        act(&mut self.pace.lock().unwrap_or_else(PoisonError::into_inner), Instant::now())
    }

    async fn leave(&self) {
        while let Err(wait) = self.pace(Pace::take) {
            tokio::time::sleep(wait).await;
        }
    }

    fn learn(&self, reply: &Reply) {
        match reply {
            // How long to wait is the step's; here it is only slower from now on.
            Reply::Busy { .. } => self.pace(|pace, now| pace.refused(now, None)),
            _ => self.pace(|pace, _| pace.succeeded()),
        }
    }
}

impl Vendor {
    /// With these credentials, addresses and connections.
    pub fn new(target: ErasureTarget, client: Client) -> Self {
        let one = |host, origin: &http::Uri| Place::new(host, Hosts::new(&origin.to_string(), &[]));
        let (first, others) = target.search.for_writes(|hosts| hosts.shuffle(&mut rand::rng()));
        Self {
            insights: one(Host::Insights, &target.insights),
            personalization: one(Host::Personalization, &target.personalization),
            advanced_personalization: one(Host::AdvancedPersonalization, &target.advanced_personalization),
            search: Place::new(Host::Search, Hosts::new(&first, &others)),
            target,
            client,
        }
    }

    /// Sends one request, within the rate, and reads the answer.
    pub async fn ask(&self, subject: &Subject, stage: Stage, now: impl Fn() -> i64) -> Reply {
        let call = call(subject, stage);
        let place = self.place(call.host);
        place.leave().await;
        let origin = place.hosts.current(Instant::now());
        let answer = match self.request(&origin, &call) {
            Ok(request) => self.client.exchange(request).await,
            Err(error) => Err(error.to_string()),
        };
        let status = answer.as_ref().ok().map(|answer| answer.status.as_u16());
        if is_hosts_fault(status) {
            place.hosts.failed(&origin, Instant::now());
        }
        let reply = match answer {
            Ok(answer) => understood(subject, stage, &answer, now()),
            // A failed connection's words are our own; they name hosts, never a path.
            Err(message) => Reply::Failed { message },
        };
        place.learn(&reply);
        reply
    }

    fn place(&self, host: Host) -> &Place {
        match host {
            Host::Insights => &self.insights,
            Host::Personalization => &self.personalization,
            Host::AdvancedPersonalization => &self.advanced_personalization,
            Host::Search => &self.search,
        }
    }

    fn request(&self, origin: &str, call: &Call) -> Result<Request<Pieces>, http::Error> {
        let method = if call.deletes { Method::DELETE } else { Method::GET };
        let builder = Request::builder().method(method).uri(format!("{origin}{}", call.path));
        let builder = signed(builder, self.target.app_id.as_str(), &self.target.key);
        builder.header(USER_AGENT, AGENT).body(Pieces::default())
    }
}

/// Reads an answer. Words that name the person are left out: they would stay in the receipt.
fn understood(subject: &Subject, stage: Stage, answer: &client::Answer, now: i64) -> Reply {
    let read_with = |body| {
        let answer = Answer {
            status: answer.status.as_u16(),
            retry_after: answer.retry_after.as_deref(),
            rate_limit_reset: answer.rate_limit_reset.as_deref(),
            body,
        };
        read(subject, stage, answer, now)
    };
    match read_with(&answer.body) {
        Reply::Refused { .. } | Reply::Denied { .. } | Reply::Failed { .. }
            if names(&answer.body, subject.name()) =>
        {
            read_with(b"Algolia's words name the person and are not kept")
        }
        reply => reply,
    }
}

fn names(body: &[u8], name: &str) -> bool {
    let text = String::from_utf8_lossy(body);
    let in_json = serde_json::to_string(name).unwrap_or_default();
    let forms = [name.to_owned(), in_json.trim_matches('"').to_owned(), name.replace('/', "\\/")];
    forms.iter().any(|form| text.contains(form))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use causeway_algolia::erasure::Token;
    use http::StatusCode;

    #[test]
    fn words_that_name_the_person_are_not_kept() {
        let [events, ..] = Subject::of_token(&Token::parse("jane/1").unwrap());
        let said = |body: &'static str| {
            let answer = client::Answer {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                retry_after: None,
                rate_limit_remaining: None,
                rate_limit_reset: None,
                body: Bytes::from_static(body.as_bytes()),
            };
            match understood(&events, Stage::Delete, &answer, 0) {
                Reply::Refused { message } => message,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(said(r#"{"message":"bad token"}"#), "status 422: bad token");
        for body in [r#"{"message":"bad jane/1"}"#, r#"{"message":"bad jane\/1"}"#] {
            assert!(!said(body).contains("jane") && said(body).contains("not kept"), "{body}");
        }
    }
}
