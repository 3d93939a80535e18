//! The requests of an erasure.

use super::Subject;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// How far the erasure of a subject is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// To be deleted.
    #[default]
    Delete,
    /// A task was made of it; to be published.
    Task(i64),
    /// To be found gone.
    Confirm,
}

/// Whose host a request goes to. The APIs' hosts are in [`crate::region`], those of Search in [`crate::hosts`]: the ones for
/// writes, which know of a deletion first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Host {
    /// The Insights API's.
    Insights,
    /// Classic Personalization's.
    Personalization,
    /// Advanced Personalization's.
    AdvancedPersonalization,
    /// The Search API's, for writes.
    Search,
}

impl Host {
    /// How many erasing requests a second it is sent at most. Sources: the Insights spec's example of a limit, 100 a minute;
    /// the Personalization spec, 40 a second; the Advanced Personalization spec, 500 a minute; for Search, our own figure.
    pub fn calls_per_second(self) -> u32 {
        match self {
            Self::Insights => 1,
            Self::Personalization => 40,
            Self::AdvancedPersonalization => 8,
            Self::Search => 10,
        }
    }
}

/// A request without a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Whether it is a DELETE; else it is a GET.
    pub deletes: bool,
    /// Where it goes.
    pub host: Host,
    /// The path, encoded.
    pub path: String,
}

/// What is to be asked for at a stage.
pub fn call(subject: &Subject, stage: Stage) -> Call {
    Call { deletes: stage == Stage::Delete, host: host(subject), path: path(subject, stage) }
}

fn host(subject: &Subject) -> Host {
    match subject {
        Subject::Events(_) => Host::Insights,
        Subject::Profile(_) => Host::Personalization,
        Subject::AdvancedProfile(_) => Host::AdvancedPersonalization,
        Subject::Record(..) => Host::Search,
    }
}

fn path(subject: &Subject, stage: Stage) -> String {
    let name = encoded(subject.name());
    match (subject, stage) {
        (Subject::Events(_), _) => format!("/1/usertokens/{name}"),
        // A profile is read elsewhere than it is deleted.
        (Subject::Profile(_), Stage::Delete) => format!("/1/profiles/{name}"),
        (Subject::Profile(_), _) => format!("/1/profiles/personalization/{name}"),
        (Subject::AdvancedProfile(_), _) => format!("/2/users/{name}"),
        (Subject::Record(index, _), Stage::Task(task)) => {
            format!("/1/indexes/{}/task/{task}", encoded(index.as_str()))
        }
        (Subject::Record(index, _), _) => format!("/1/indexes/{}/{name}", encoded(index.as_str())),
    }
}

/// A path's segment: everything but letters, digits, `-` and `_` is encoded, the dot too, lest a record named `..` be taken
/// for a way up.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::erasure::Token;
    use crate::records::{IndexName, ObjectId};

    fn of(subject: &Subject, stage: Stage) -> (bool, Host, String) {
        let Call { deletes, host, path } = call(subject, stage);
        (deletes, host, path)
    }

    #[test]
    fn every_api_has_its_own_path_and_tokens_are_encoded() {
        let token = Token::parse("a/b+c=").unwrap();
        let [events, profile, advanced] = Subject::of_token(&token);
        let (one, two) = ("/1/usertokens/a%2Fb%2Bc%3D".to_owned(), "/1/profiles/a%2Fb%2Bc%3D".to_owned());
        assert_eq!(of(&events, Stage::Delete), (true, Host::Insights, one));
        assert_eq!(of(&profile, Stage::Delete), (true, Host::Personalization, two));
        let read = "/1/profiles/personalization/a%2Fb%2Bc%3D".to_owned();
        assert_eq!(of(&profile, Stage::Confirm), (false, Host::Personalization, read));
        let user = "/2/users/a%2Fb%2Bc%3D".to_owned();
        assert_eq!(of(&advanced, Stage::Delete), (true, Host::AdvancedPersonalization, user));
    }

    #[test]
    fn a_records_name_can_not_lead_to_another_path() {
        let record = Subject::Record(IndexName::parse("a/b").unwrap(), ObjectId::parse("../é?").unwrap());
        let path = "/1/indexes/a%2Fb/%2E%2E%2F%C3%A9%3F".to_owned();
        assert_eq!(of(&record, Stage::Delete), (true, Host::Search, path));
        let task = "/1/indexes/a%2Fb/task/7".to_owned();
        assert_eq!(of(&record, Stage::Task(7)), (false, Host::Search, task));
    }
}
