//! The yardstick of intake: an HTTP server that reads the body and answers, and does nothing else.

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use causeway_algolia::insights::request;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// Serves on the address in the first argument.
pub(crate) fn run() -> ExitCode {
    let Some(address) = std::env::args().nth(1) else { return ExitCode::FAILURE };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.and_then(|runtime| runtime.block_on(serve(&address)));
    if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn serve(address: &str) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let router = Router::new().route(request::PATH, post(|_: Bytes| async { request::OK_BODY }));
    axum::serve(listener, router).await
}
