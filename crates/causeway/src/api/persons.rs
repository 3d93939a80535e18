//! `/api/persons/{id}`: what is known of somebody, and what operators order about it.

use super::Admin;
use super::audit::Details;
use super::extract::{Bytes, Path};
use super::problem::{Problem, blocking};
use crate::moment;
use crate::people::{Answer, Described, People};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use causeway_engine::identity::{Identifier, Kind};
use causeway_engine::order::{Order, Pair};
use causeway_store::Record;
use serde::Deserialize;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Ids longer than this are nobody's.
pub(super) const MAX_ID: usize = 1024;

/// The routes.
pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/persons/{id}", get(show))
        .route("/api/persons/{id}/link", post(link))
        .route("/api/persons/{id}/unlink", post(unlink))
        .route("/api/persons/{id}/repair", post(repair))
}

/// Who is meant beside the person in the path, and since when.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Other {
    user_id: Option<String>,
    anonymous_id: Option<String>,
    at: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Repair {
    #[serde(default)]
    dry_run: bool,
}

async fn show(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Result<Json<Described>, Problem> {
    blocking(move || {
        let described = people(&admin).describe(&id, admin.clock.now())?;
        described.map(Json).ok_or_else(|| Problem::not_found("person known by the id", &id))
    })
    .await
}

async fn link(admin: State<Arc<Admin>>, id: Path<String>, body: Bytes) -> Result<Json<Order>, Problem> {
    order(admin, id, body, Order::Link).await
}

async fn unlink(admin: State<Arc<Admin>>, id: Path<String>, body: Bytes) -> Result<Json<Order>, Problem> {
    order(admin, id, body, Order::Unlink).await
}

/// The order counts from where it stands in the journal; the engine follows at once.
async fn order(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    Bytes(body): Bytes,
    kind: impl FnOnce(Pair) -> Order + Send + 'static,
) -> Result<Json<Order>, Problem> {
    let now = admin.clock.now();
    let other: Other =
        serde_json::from_slice(&body).map_err(|error| Problem::bad(format!("the body: {error}; {BODY}")))?;
    let asked = Arc::clone(&admin);
    let order = blocking(move || Ok(kind(pair(&asked, &id, other, now)?))).await?;
    enter(&admin, vec![order.record(now)]).await?;
    Ok(Json(order))
}

const BODY: &str = "send {\"userId\": \"…\"} or {\"anonymousId\": \"…\"}, with \"at\" if it counts as of another \
                    instant than now";

fn pair(admin: &Admin, id: &str, other: Other, now: i64) -> Result<Pair, Problem> {
    let at = other.instant(now)?;
    let to = other.identifier()?;
    if [id, &to.id].iter().any(|id| id.is_empty() || id.len() > MAX_ID) {
        return Err(Problem::bad(format!("an id is empty or has more than {MAX_ID} bytes")));
    }
    let known = people(admin).find(id, now)?;
    if known.asked == to {
        return Err(Problem::bad(format!("{id:?} is that id itself")));
    }
    // Which kind of id a stranger's is can't be told, and two anonymous ids would become one device.
    if known.is_stranger() && to.kind == Kind::Anonymous {
        return Err(Problem::bad(format!(
            "nothing is known of {id:?}; if it is a user id, ask it of the anonymous id, with {{\"userId\": {id:?}}}"
        )));
    }
    Ok(Pair { from: known.asked, to, at })
}

impl Other {
    fn instant(&self, now: i64) -> Result<i64, Problem> {
        let at = self.at.as_deref().map_or(Ok(now), |at| moment::parse(at, now));
        match at.map_err(|message| Problem::bad(format!("at: {message}")))? {
            at if at > now => Err(Problem::bad("at: it lies ahead; an order counts as of now or of earlier")),
            at => Ok(at),
        }
    }

    fn identifier(self) -> Result<Identifier, Problem> {
        match (self.user_id, self.anonymous_id) {
            (Some(user), None) => Ok(Identifier::user(user)),
            (None, Some(anonymous)) => Ok(Identifier::anonymous(anonymous)),
            (Some(_), Some(_)) => Err(Problem::bad(format!("userId, anonymousId: both are given; {BODY}"))),
            (None, None) => Err(Problem::bad(format!("userId, anonymousId: neither is given; {BODY}"))),
        }
    }
}

async fn repair(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    Extension(details): Extension<Details>,
    Bytes(body): Bytes,
) -> Result<Json<Answer>, Problem> {
    let repair = if body.is_empty() { Ok(Repair::default()) } else { serde_json::from_slice(&body) };
    let Repair { dry_run } = repair
        .map_err(|error| Problem::bad(format!("the body: {error}; send {{\"dry_run\": true}} or nothing")))?;
    let asked = Arc::clone(&admin);
    let plan = blocking(move || Ok(people(&asked).plan(&id, asked.clock.now())?)).await?;
    if dry_run {
        details.nothing();
        return Ok(Json(Answer::planned(plan.events)));
    }
    enter(&admin, plan.records).await?;
    Ok(Json(Answer::done(plan.events)))
}

/// Has records enter the journal together. What has entered when one fails does no harm when it enters again.
async fn enter(admin: &Admin, records: Vec<Record>) -> Result<(), Problem> {
    let mut entering = JoinSet::new();
    for record in records {
        let committer = admin.committer.clone();
        entering.spawn(async move { committer.commit(record, None).await });
    }
    for entered in entering.join_all().await {
        entered.map_err(|error| {
            Problem::new(http::StatusCode::SERVICE_UNAVAILABLE, format!("{error}; asking again does no harm"))
        })?;
    }
    Ok(())
}

fn people(admin: &Admin) -> People<'_> {
    People {
        journal: &*admin.journal,
        state: &*admin.state,
        rules: &admin.rules,
        search: &admin.search_rules,
        token_secret: &admin.token_secret,
    }
}
