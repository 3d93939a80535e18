//! Searching: at a search address, letter by letter, or in the shop's own shelves.

use super::action::Outcome;
use super::event::INDEX;
use crate::catalogue::{self, Catalogue, Product};
use crate::client::Client;
use crate::search::Shelves;
use bytes::Bytes;
use hyper::Uri;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::InvalidUri;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How many results are seen at once: Insights takes 20 ids an event.
pub(super) const PAGE: usize = 20;
const AGENT: &str = "Algolia%20for%20JavaScript%20(5.57.0)%3B%20causeway-shoppers";
const APP_ID: HeaderName = HeaderName::from_static("x-algolia-application-id");
const API_KEY: HeaderName = HeaderName::from_static("x-algolia-api-key");

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Found {
    pub(super) query: String,
    /// 32 hexadecimal digits; empty where no answer came.
    pub(super) query_id: String,
    pub(super) hits: usize,
    /// The first page.
    pub(super) page: Vec<Product>,
}

/// Where people search.
#[derive(Debug, Clone)]
pub(super) enum Finder {
    /// Nowhere but in the shop: nothing is sent.
    Shelves { shelves: Arc<Shelves>, catalogue: Arc<Catalogue> },
    /// At an address that speaks Algolia's search interface.
    Server(Arc<Server>),
}

/// A search address, with the shop's key.
#[derive(Debug)]
pub(super) struct Server {
    client: Client,
    url: Uri,
    headers: HeaderMap,
}

impl Finder {
    pub(super) fn shelves(catalogue: Arc<Catalogue>) -> Self {
        Self::Shelves { shelves: Arc::new(Shelves::new()), catalogue }
    }

    /// Searches as the vendor's JavaScript client does: several queries a request, JSON as plain text.
    pub(super) fn server(base: &str, app_id: &str, api_key: &str) -> Result<Self, InvalidUri> {
        let url =
            format!("{}/1/indexes/*/queries?x-algolia-agent={AGENT}", base.trim_end_matches('/')).parse()?;
        let value = |text: &str| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
        let headers = [
            (APP_ID, value(app_id)),
            (API_KEY, value(api_key)),
            (CONTENT_TYPE, HeaderValue::from_static("text/plain")),
        ];
        let headers = headers.into_iter().collect();
        Ok(Self::Server(Arc::new(Server { client: Client::new(), url, headers })))
    }

    /// Whether every letter typed is a search of its own.
    pub(super) const fn is_server(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// Searches once. `query_id` is the search's where no server gives one.
    pub(super) async fn search(&self, query: &str, token: &str, query_id: String) -> (Found, Outcome) {
        match self {
            Self::Shelves { shelves, catalogue } => {
                (in_shelves(shelves, catalogue, query, query_id), Outcome::Silent)
            }
            Self::Server(server) => {
                let Server { client, url, headers } = &**server;
                let body = Bytes::from(request(query, token).to_string());
                match client.post(url.clone(), headers.clone(), body).await {
                    Ok(answer) => (read(query, &answer.body), Outcome::Answered(answer.status.as_u16())),
                    Err(problem) => (nothing(query), Outcome::Failed(problem.to_string())),
                }
            }
        }
    }
}

fn in_shelves(shelves: &Shelves, catalogue: &Catalogue, query: &str, query_id: String) -> Found {
    let (hits, ids) = shelves.find(query, PAGE);
    let product = |id: &&str| catalogue.products().iter().find(|product| product.object_id == *id).cloned();
    Found { query: query.to_owned(), query_id, hits, page: ids.iter().filter_map(product).collect() }
}

fn request(query: &str, token: &str) -> Value {
    json!({"requests": [{
        "indexName": INDEX, "query": query, "hitsPerPage": PAGE, "facets": ["brand", "category"],
        "clickAnalytics": true, "userToken": token,
    }]})
}

fn read(query: &str, body: &[u8]) -> Found {
    let answer = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let result = &answer["results"][0];
    let hits = result["hits"].as_array().into_iter().flatten().filter_map(Value::as_object);
    let page = hits
        .map(|hit: &Map<String, Value>| catalogue::product(hit))
        .filter(|product| !product.object_id.is_empty());
    Found {
        query: query.to_owned(),
        query_id: result["queryID"].as_str().unwrap_or_default().to_owned(),
        hits: result["nbHits"].as_u64().unwrap_or_default() as usize,
        page: page.take(PAGE).collect(),
    }
}

fn nothing(query: &str) -> Found {
    Found { query: query.to_owned(), ..Found::default() }
}
