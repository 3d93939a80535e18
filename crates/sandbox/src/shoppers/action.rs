//! What shoppers did, for a screen or a log.

/// One thing that one shopper did.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Which of the shoppers, from 0.
    pub shopper: usize,
    /// The browser's `userToken` at that moment.
    pub token: String,
    /// The customer's `authenticatedUserToken` at that moment, if logged in.
    pub customer: Option<String>,
    /// What was done.
    pub verb: Verb,
    /// The search that it belongs to.
    pub query: Option<String>,
    /// The `queryID` of that search: 32 lower-case hexadecimal digits.
    pub query_id: Option<String>,
    /// How many results the search had.
    pub hits: Option<usize>,
    /// What it was done with: a product's name, a filter, an order's summary.
    pub object: Option<String>,
    /// The place in the results that was clicked, from 1.
    pub position: Option<usize>,
    /// How many events were sent for it, deliberately invalid ones included.
    pub events: usize,
    /// How many messages of Segment's were sent for it: calls, or webhooks about an audience.
    pub calls: usize,
    /// How many search requests were sent for it: one for each letter of the query, if searches are sent at all.
    pub searches: usize,
    /// What was odd about the request.
    pub twist: Twist,
    /// What came back; of several searches, from the last.
    pub outcome: Outcome,
}

/// What a shopper can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Arrives with a token; nothing is sent.
    Arrive,
    /// Types a query. Where there is a search address each letter is sent as a search.
    Search,
    /// Sees the first page of results.
    SeeResults,
    /// Clicks a filter.
    Filter,
    /// Clicks a result.
    Click,
    /// Looks at a product's page.
    View,
    /// Puts a product into the cart.
    AddToCart,
    /// Logs in; later events carry both tokens. Who runs Segment's library identifies, otherwise nothing is sent.
    LogIn,
    /// Buys the cart.
    Buy,
    /// Leaves; nothing is sent.
    Leave,
    /// Becomes a member of an audience, by webhook.
    EnterAudience,
    /// Is no longer a member of an audience, by webhook.
    LeaveAudience,
}

/// What was odd about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Twist {
    /// Nothing.
    None,
    /// It is the request before, sent once more.
    Duplicate,
    /// Its last event is invalid on purpose.
    Invalid,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was sent.
    Silent,
    /// This status.
    Answered(u16),
    /// No answer, and why.
    Failed(String),
}

/// What all shoppers did together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Actions, silent ones included, repeated requests not.
    pub actions: u64,
    /// Requests with events, calls or webhooks, repeated ones included.
    pub requests: u64,
    /// Search requests.
    pub searches: u64,
    /// Valid events, each counted once.
    pub events: u64,
    /// Events sent once more in repeated requests.
    pub duplicates: u64,
    /// Events that are invalid on purpose.
    pub invalid: u64,
    /// Messages of Segment's: calls, and webhooks about an audience.
    pub calls: u64,
    /// Requests answered with anything but 200.
    pub refused: u64,
    /// Requests that got no answer.
    pub failed: u64,
}

impl Totals {
    /// Adds one action.
    pub(super) fn count(&mut self, action: &Action) {
        let events = action.events as u64;
        let (valid, again, invalid) = match action.twist {
            Twist::None => (events, 0, 0),
            Twist::Duplicate => (0, events, 0),
            Twist::Invalid => (events.saturating_sub(1), 0, 1),
        };
        self.actions += u64::from(action.twist != Twist::Duplicate);
        self.events += valid;
        self.duplicates += again;
        self.invalid += invalid;
        self.calls += action.calls as u64;
        let speaks = action.outcome != Outcome::Silent && action.searches == 0;
        self.requests += u64::from(speaks).max(action.calls as u64);
        self.searches += action.searches as u64;
        self.refused += u64::from(matches!(action.outcome, Outcome::Answered(status) if status != 200));
        self.failed += u64::from(matches!(action.outcome, Outcome::Failed(_)));
    }

    /// Both together.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            actions: self.actions + other.actions,
            requests: self.requests + other.requests,
            searches: self.searches + other.searches,
            events: self.events + other.events,
            duplicates: self.duplicates + other.duplicates,
            invalid: self.invalid + other.invalid,
            calls: self.calls + other.calls,
            refused: self.refused + other.refused,
            failed: self.failed + other.failed,
        }
    }
}
