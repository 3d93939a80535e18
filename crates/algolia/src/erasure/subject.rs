//! What Algolia may keep of a person.

use crate::insights::{is_user_token, limits::MAX_TOKEN_READ};
use crate::records::{IndexName, ObjectId};
use serde::{Deserialize, Serialize};

/// One thing that Algolia may keep.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The events of a token, as user token or as authenticated user token.
    Events(Token),
    /// The token's profile in classic Personalization.
    Profile(Token),
    /// The token's profile in Advanced Personalization.
    AdvancedProfile(Token),
    /// A record in an index.
    Record(IndexName, ObjectId),
}

impl Subject {
    /// Everything that Algolia itself may keep under a token.
    pub fn of_token(token: &Token) -> [Self; 3] {
        [Self::Events(token.clone()), Self::Profile(token.clone()), Self::AdvancedProfile(token.clone())]
    }

    /// What in it names the person: the token or the record's id.
    pub fn name(&self) -> &str {
        match self {
            Self::Events(token) | Self::Profile(token) | Self::AdvancedProfile(token) => token.as_str(),
            Self::Record(_, object_id) => object_id.as_str(),
        }
    }
}

/// A user token in Algolia's own form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(String);

impl Token {
    /// Takes what is legal as `userToken` of an event; nothing else can be kept at Algolia.
    pub fn parse(token: &str) -> Result<Self, TokenError> {
        if is_user_token(token) { Ok(Self(token.to_owned())) } else { Err(TokenError) }
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Token {
    type Error = TokenError;

    fn try_from(text: String) -> Result<Self, TokenError> {
        Self::parse(&text)
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.0
    }
}

/// No user token. The text is not shown, since it may name a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token must have 1 to {MAX_TOKEN_READ} of the signs a-z A-Z 0-9 = + / - _")]
pub struct TokenError;
