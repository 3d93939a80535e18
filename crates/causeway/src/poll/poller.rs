//! The background: rounds through the indices, within the quota.

use crate::clock::Clock;
use crate::config::PollTarget;
use crate::delivery::body::Pieces;
use crate::delivery::client::Client;
use crate::delivery::destination::{AGENT, signed};
use crate::pipeline::Committer;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Code;
use causeway_algolia::analytics::{Answer, NoResults, Reply, Searched, read, wait};
use causeway_algolia::records::IndexName;
use causeway_engine::aggregate::Report;
use http::Request;
use http::header::USER_AGENT;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A question that fails, or comes at a busy time, is asked so many times in all; then the next round asks.
const ATTEMPTS: u32 = 3;

/// The wait after a failure, and after a refusal for the quota that does not say how long.
const PAUSE: Duration = Duration::from_secs(60);

/// What the background needs.
pub struct Parts {
    /// What is asked.
    pub target: PollTarget,
    /// How.
    pub client: Client,
    /// Makes reports durable.
    pub committer: Committer,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What time it is.
    pub clock: Clock,
}

/// Asks at once, and then in every interval, until `stop` says so.
pub async fn run(parts: Parts, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = rounds(&parts) => {}
        _ = stop.wait_for(|stopping| *stopping) => {}
    }
}

async fn rounds(parts: &Parts) {
    let mut rounds = tokio::time::interval(parts.target.every);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        for index in &parts.target.indices {
            for day in days(parts.clock.now()) {
                report_on(parts, index, day).await;
                tokio::time::sleep(parts.target.between).await;
            }
        }
    }
}

/// Yesterday, whose last searches are counted after midnight, and today.
fn days(now_ms: i64) -> [Date; 2] {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let today = TimeZone::UTC.to_datetime(now).date();
    [today.saturating_sub(1.day()), today]
}

async fn report_on(parts: &Parts, index: &IndexName, day: Date) {
    for attempt in 1..=ATTEMPTS {
        let (reply, wait) = ask(parts, index, day).await;
        if let Some(wait) = wait {
            tokio::time::sleep(wait).await;
        }
        match reply {
            Reply::Report(searches) => return keep(parts, index, day, searches).await,
            Reply::Refused { message } | Reply::Denied { message } => return gave_up(index, day, &message),
            Reply::Busy if attempt == ATTEMPTS => return gave_up(index, day, "the quota is used up"),
            Reply::Failed { message } if attempt == ATTEMPTS => return gave_up(index, day, &message),
            Reply::Busy if wait.is_some() => {}
            Reply::Busy | Reply::Failed { .. } => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn gave_up(index: &IndexName, day: Date, message: &str) {
    tracing::warn!(
        %index,
        %day,
        message,
        "Algolia does not say which searches had no results; it is asked again in the next round"
    );
}

/// Asks once; answers also how long the next request has to wait.
async fn ask(parts: &Parts, index: &IndexName, day: Date) -> (Reply, Option<Duration>) {
    let target = &parts.target;
    let asked = NoResults { index, day, limit: target.limit };
    let url = format!("{}{}", target.url.to_string().trim_end_matches('/'), asked.path());
    let builder = signed(Request::get(url), target.app_id.as_str(), &target.key);
    let answer = match builder.header(USER_AGENT, AGENT).body(Pieces::default()) {
        Ok(request) => parts.client.exchange(request).await,
        Err(error) => Err(error.to_string()),
    };
    let code =
        answer.as_ref().map_or_else(|_| "none".to_owned(), |answer| answer.status.as_u16().to_string());
    parts.metrics.polls.get_or_create(&Code { code }).inc();
    match answer {
        Ok(answer) => {
            let answer = Answer {
                status: answer.status.as_u16(),
                retry_after: answer.retry_after.as_deref(),
                rate_limit_remaining: answer.rate_limit_remaining.as_deref(),
                rate_limit_reset: answer.rate_limit_reset.as_deref(),
                body: &answer.body,
            };
            (read(answer), wait(answer, parts.clock.now()))
        }
        Err(message) => (Reply::Failed { message }, None),
    }
}

/// Makes a report durable. What can't be kept now is in the next round's report as well.
async fn keep(parts: &Parts, index: &IndexName, day: Date, searches: Vec<Searched>) {
    if searches.is_empty() {
        return;
    }
    let report = Report {
        index: index.to_string(),
        day: day.to_string(),
        anonymous_id: parts.target.anonymous_id.clone(),
        searches,
        grown_by: None,
    };
    if let Err(error) = parts.committer.commit(report.record(parts.clock.now()), None).await {
        tracing::error!(%index, %day, %error, "failed to keep a report; the next round asks for it again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_before_is_asked_for_too() {
        let new_year = 1_767_225_600_000;
        assert_eq!(days(new_year).map(|day| day.to_string()), ["2025-12-31", "2026-01-01"]);
        assert_eq!(days(new_year - 1).map(|day| day.to_string()), ["2025-12-30", "2025-12-31"]);
    }
}
