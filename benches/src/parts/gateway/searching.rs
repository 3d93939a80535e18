//! Searches as a shop's page sends them.

use crate::bridge::{API_KEY, APP_ID};
use crate::paced::Requests;
use std::fmt::Write;
use std::net::SocketAddr;

/// Different texts that are searched for.
const QUERIES: u64 = 500;

/// Writes searches.
#[derive(Debug, Clone)]
pub(super) struct Searching {
    server: SocketAddr,
    /// So many people take turns; without a number everybody searches once.
    people: Option<u64>,
    text: String,
}

impl Searching {
    pub(super) fn new(server: SocketAddr, people: Option<u64>) -> Self {
        Self { server, people, text: String::new() }
    }

    /// A person's user id.
    pub(super) fn person(number: u64) -> String {
        format!("shopper-{number:010}")
    }

    /// The whole request of somebody who searches for something.
    pub(super) fn request(&mut self, person: &str, query: &str) -> &[u8] {
        let body = format!(
            r#"{{"query":"{query}","hitsPerPage":20,"facets":["brand","price"],"attributesToRetrieve":["name","brand","price","image"],"userToken":"{person}"}}"#
        );
        self.text.clear();
        let written = write!(
            self.text,
            "POST /1/indexes/products/query HTTP/1.1\r\nhost: {}\r\nx-algolia-application-id: {APP_ID}\r\n\
             x-algolia-api-key: {API_KEY}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.server,
            body.len()
        );
        written.expect("a string takes everything");
        self.text.as_bytes()
    }
}

impl Requests for Searching {
    fn write(&mut self, number: u64) -> &[u8] {
        let person = Self::person(self.people.map_or(number, |people| number % people));
        self.request(&person, &format!("canvas shoes {}", number % QUERIES))
    }
}
