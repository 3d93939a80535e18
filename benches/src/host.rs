//! A small fast host that answers searches, in Algolia's place: a page of twenty hits, or none if the query says so.

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::json;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// A query with this word has no results.
pub(crate) const NOTHING: &str = "zilch";

/// Serves on the address in the first argument.
pub(crate) fn run() -> ExitCode {
    let Some(address) = std::env::args().nth(1) else { return ExitCode::FAILURE };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.and_then(|runtime| runtime.block_on(serve(&address)));
    if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn serve(address: &str) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let (some, none) = (answer(20), answer(0));
    let search = move |asked: Bytes| {
        let nothing = asked.windows(NOTHING.len()).any(|word| word == NOTHING.as_bytes());
        let body = if nothing { none.clone() } else { some.clone() };
        async move { ([(CONTENT_TYPE, "application/json")], body) }
    };
    axum::serve(listener, Router::new().route("/1/indexes/{index}/query", post(search))).await
}

fn answer(hits: usize) -> Bytes {
    let hit = |number| {
        json!({
            "objectID": format!("sku-{number}"), "name": "Canvas shoe with a white sole", "brand": "Acme",
            "price": 49.9, "image": "https://images.example.com/shoes/canvas-white-480.jpg",
        })
    };
    let page: Vec<_> = (0..hits).map(hit).collect();
    json!({
        "hits": page, "nbHits": hits, "page": 0, "nbPages": 1, "hitsPerPage": 20, "processingTimeMS": 1,
        "index": "products", "queryID": "7dfe2ada7bca48bdd0629649df0bee07",
    })
    .to_string()
    .into()
}
