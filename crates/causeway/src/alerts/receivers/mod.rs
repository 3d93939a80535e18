//! Who is told, and how: each receiver takes a few notices as one message of its own kind.

mod mail;
mod pagerduty;
mod slack;
mod target;
mod webhook;

use super::notice::{Kind, Notice, Severity};
use super::post::Address;
use crate::delivery::body::Pieces;
use crate::delivery::client::Client;
use crate::delivery::destination::AGENT;
use crate::moment;
use crate::secret::Secret;
use crate::telemetry::signals::shortened;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, Request, Uri};
use sha2::{Digest, Sha256};
use std::time::Duration;

pub use target::{MailTarget, Target, Tls, To};
pub(crate) use webhook::PREFIX as SECRET_PREFIX;

/// How long a receiver may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// So many notices are in one message; more are counted.
const SHOWN: usize = 20;

/// No receiver may make us wait for longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// What goes into every message.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// Which Causeway writes.
    pub name: String,
    /// Where its admin side is, for people.
    pub link: Option<String>,
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The message itself is refused; it would be again.
    Refused(String),
    /// It may work later, perhaps not before a time has passed.
    Later(String, Option<Duration>),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Refused(words) | Self::Later(words, _)) = self;
        out.write_str(words)
    }
}

/// A receiver, ready.
#[derive(Debug)]
struct Receiver {
    address: Address,
    channel: Channel,
}

#[derive(Debug)]
enum Channel {
    Slack { url: Secret },
    Mail(mail::Mailer),
    Webhook { url: Secret, key: Vec<u8> },
    PagerDuty { url: Uri, routing_key: Secret },
}

/// Everybody who is told.
#[derive(Debug)]
pub struct Receivers {
    letterhead: Letterhead,
    client: Client,
    all: Vec<Receiver>,
}

impl Receivers {
    /// Makes receivers ready. Fails if certificates can't be read.
    pub fn new(targets: &[Target], letterhead: Letterhead) -> std::io::Result<Self> {
        let all = targets.iter().map(Receiver::new).collect::<std::io::Result<_>>()?;
        Ok(Self { letterhead, client: Client::new(TIMEOUT)?, all })
    }

    /// Who there is, and who gets what.
    pub fn addresses(&self) -> Vec<Address> {
        self.all.iter().map(|receiver| receiver.address.clone()).collect()
    }

    /// The receivers with this name, or this kind and name; all without one.
    pub fn named(&self, name: Option<&str>) -> Vec<String> {
        let fits = |id: &str| {
            name.is_none_or(|name| id == name || id.split_once('.').is_some_and(|(_, own)| own == name))
        };
        self.all.iter().map(|receiver| receiver.address.receiver.clone()).filter(|id| fits(id)).collect()
    }

    /// Sends notices to one receiver as one message. What is answered holds no secret.
    pub async fn send(&self, receiver: &str, notices: &[Notice], now: i64) -> Result<(), Failure> {
        let Some(receiver) = self.all.iter().find(|known| known.address.receiver == receiver) else {
            return Err(Failure::Refused(format!("there is no receiver {receiver:?}")));
        };
        let head = &self.letterhead;
        match &receiver.channel {
            Channel::Slack { url } => {
                let answer = self.post(url, HeaderMap::new(), slack::message(notices, head)).await;
                answer.map_err(|failure| without(failure, url))
            }
            Channel::Webhook { url, key } => {
                let body = webhook::body(notices, head, now);
                let headers = webhook::headers(key, &id(&receiver.address.receiver, notices), now, &body);
                self.post(url, headers, body).await.map_err(|failure| without(failure, url))
            }
            Channel::PagerDuty { url, routing_key } => {
                self.page(url, routing_key, notices).await.map_err(|failure| without(failure, routing_key))
            }
            Channel::Mail(mailer) => {
                mailer.send(notices, head, &id(&receiver.address.receiver, notices)).await
            }
        }
    }

    /// PagerDuty takes one event a request. Sent again, an event changes nothing.
    async fn page(&self, url: &Uri, routing_key: &Secret, notices: &[Notice]) -> Result<(), Failure> {
        for event in
            notices.iter().flat_map(|notice| pagerduty::events(notice, routing_key, &self.letterhead))
        {
            self.post_to(url.clone(), HeaderMap::new(), event).await?;
        }
        Ok(())
    }

    async fn post(&self, url: &Secret, headers: HeaderMap, body: Vec<u8>) -> Result<(), Failure> {
        // It was checked with the configuration.
        let url = url.expose().parse().map_err(|_| Failure::Refused("the url is none".to_owned()))?;
        self.post_to(url, headers, body).await
    }

    async fn post_to(&self, url: Uri, headers: HeaderMap, body: Vec<u8>) -> Result<(), Failure> {
        let request = Request::post(url).header(CONTENT_TYPE, "application/json").header(USER_AGENT, AGENT);
        let mut request =
            request.body(Pieces::from(body)).map_err(|error| Failure::Refused(error.to_string()))?;
        request.headers_mut().extend(headers);
        let answer = self.client.exchange(request).await.map_err(|words| Failure::Later(words, None))?;
        if answer.status.is_success() {
            return Ok(());
        }
        let words = format!("{}: {}", answer.status, shortened(&String::from_utf8_lossy(&answer.body)));
        Err(judged(answer.status.as_u16(), answer.retry_after.as_deref(), words))
    }
}

impl Receiver {
    fn new(target: &Target) -> std::io::Result<Self> {
        let channel = match &target.to {
            To::Slack { url } => Channel::Slack { url: url.clone() },
            To::Mail(target) => Channel::Mail(mail::Mailer::new(target)?),
            To::Webhook { url, secret } => Channel::Webhook { url: url.clone(), key: webhook::key(secret) },
            To::PagerDuty { url, routing_key } => {
                Channel::PagerDuty { url: url.clone(), routing_key: routing_key.clone() }
            }
        };
        let address = Address { receiver: target.id.clone(), at_least: target.at_least };
        Ok(Self { address, channel })
    }
}

/// What an HTTP receiver's answer means. 400, 413 and 422 speak of the message; with the others it is the address, a right, the
/// load or the server that is at fault, which may be mended.
fn judged(status: u16, retry_after: Option<&str>, words: String) -> Failure {
    if matches!(status, 400 | 413 | 422) {
        return Failure::Refused(words);
    }
    let after = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    Failure::Later(words, after.map(|after| after.min(LONGEST_WAIT)))
}

/// A failure whose words hold no secret, should a server or library repeat it.
fn without(failure: Failure, secret: &Secret) -> Failure {
    let clean = |words: String| words.replace(secret.expose(), "********");
    match failure {
        Failure::Refused(words) => Failure::Refused(clean(words)),
        Failure::Later(words, after) => Failure::Later(clean(words), after),
    }
}

/// A message's id: the same when it is sent again, so that receivers can tell.
fn id(receiver: &str, notices: &[Notice]) -> String {
    let mut hash = Sha256::new();
    hash.update(receiver);
    for notice in notices {
        hash.update(format!("\0{}\0{}\0{:?}", notice.finding.key, notice.at, notice.kind));
    }
    hex::encode(&hash.finalize()[..16])
}

/// What the message is about, in one line.
fn subject(notices: &[Notice]) -> String {
    match notices {
        [] => String::new(),
        [one] => one.headline(),
        [first, ..] => {
            let held = notices.iter().all(|notice| notice.held);
            let when = if held { " from quiet hours" } else { "" };
            format!("{} notices{when}, among them {}", notices.len(), first.headline())
        }
    }
}

/// What stands beneath a notice: since when, and what to read.
fn footnote(notice: &Notice) -> String {
    let since = moment::print(notice.since);
    let when = match notice.kind {
        Kind::Recovered => format!("It lasted from {since} to {}.", moment::print(notice.at)),
        Kind::Test => format!("Sent at {since}."),
        _ => format!("Since {since}."),
    };
    let held = if notice.held { " Held back during quiet hours." } else { "" };
    format!("{when}{held} Handbook: {}. Alert: {}", notice.finding.page, notice.finding.key)
}

/// The text beneath the headline; of something that is over it would mislead.
fn text(notice: &Notice) -> &str {
    if notice.kind == Kind::Recovered { "" } else { &notice.finding.text }
}

/// A text of at most so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::notice::examples::notice;
    use super::*;

    #[test]
    fn a_message_that_is_refused_is_not_sent_again_and_everything_else_is_with_the_wait_that_was_asked_for() {
        let words = || "no".to_owned();
        assert_eq!(judged(400, None, words()), Failure::Refused(words()));
        for status in [401, 403, 404, 410, 500, 503] {
            assert_eq!(judged(status, None, words()), Failure::Later(words(), None));
        }
        assert_eq!(judged(429, Some("30"), words()), Failure::Later(words(), Some(Duration::from_secs(30))));
        assert_eq!(judged(429, Some("9999999"), words()), Failure::Later(words(), Some(LONGEST_WAIT)));
    }

    #[test]
    fn no_secret_is_told_with_a_failure() {
        let failure = Failure::Later("no answer from https://h/s3cret".to_owned(), None);
        assert_eq!(without(failure, &"https://h/s3cret".into()).to_string(), "no answer from ********");
    }

    #[test]
    fn a_subject_names_the_worst_of_several_and_that_they_were_held_back() {
        let one = notice(Kind::Firing, "a", Severity::Critical, 0);
        assert_eq!(subject(std::slice::from_ref(&one)), "CRITICAL: a is wrong");
        let held = |notice: &Notice| Notice { held: true, ..notice.clone() };
        let two = [held(&one), held(&notice(Kind::Recovered, "b", Severity::Warning, 0))];
        assert_eq!(subject(&two), "2 notices from quiet hours, among them CRITICAL: a is wrong");
    }
}
