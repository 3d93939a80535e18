//! The span of a request that came.

use super::span::{Kind, Span, nanos};
use super::{Context, Tracer};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

/// The header that carries a caller's trace.
const TRACEPARENT: &str = "traceparent";

/// Asked every few seconds by whoever watches the process.
const UNTRACED: [&str; 2] = ["/healthz", "/readyz"];

tokio::task_local! {
    /// The span of the request that a task serves.
    static CURRENT: Context;
}

/// The span of the request that is being served, if it is followed.
pub fn current() -> Option<Context> {
    CURRENT.try_with(|context| *context).ok()
}

/// A layer around the public side.
pub async fn serve(State(tracer): State<Tracer>, request: Request, next: Next) -> Response {
    if UNTRACED.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let given = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let Some((context, parent)) = tracer.enter(given) else { return next.run(request).await };
    // The pattern, not the path: that may hold an id of a person or a secret token.
    let route = request.extensions().get::<MatchedPath>().map_or("*", MatchedPath::as_str).to_owned();
    let (method, start) = (request.method().to_string(), nanos());
    let response = CURRENT.scope(context, next.run(request)).await;
    let status = response.status();
    let mut span = Span::ended(format!("{method} {route}"), Kind::Server, context, parent, start)
        .with("http.request.method", method.as_str())
        .with("http.route", route.as_str())
        .with("http.response.status_code", i64::from(status.as_u16()));
    span.failed = status.is_server_error();
    tracer.record(span);
    response
}
