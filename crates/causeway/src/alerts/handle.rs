//! How others reach the background: what it shows, and what it is told.

use super::kept::Kept;
use super::notice::Notice;
use super::receivers::{Failure, Receivers};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// What others may look at.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Book and post.
    pub kept: Kept,
    /// Receivers that do not take notices at the moment, with their words.
    pub failing: BTreeMap<String, String>,
    /// Whether it is quiet.
    pub quiet: bool,
}

/// Somebody sees to an alert.
pub(super) struct Acknowledgement {
    pub(super) key: String,
    pub(super) by: String,
    pub(super) answer: oneshot::Sender<bool>,
}

/// How others reach the background.
#[derive(Clone)]
pub struct Alerts {
    pub(super) view: watch::Receiver<Arc<View>>,
    pub(super) acknowledgements: mpsc::Sender<Acknowledgement>,
    /// Who is told.
    pub receivers: Arc<Receivers>,
}

impl Alerts {
    /// How things stand.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.borrow())
    }

    /// Notes that somebody sees to an alert; answers false if nothing with this key has been told or it is over.
    pub async fn acknowledge(&self, key: &str, by: &str) -> bool {
        let (answer, answered) = oneshot::channel();
        let order = Acknowledgement { key: key.to_owned(), by: by.to_owned(), answer };
        self.acknowledgements.send(order).await.is_ok() && answered.await.unwrap_or(false)
    }

    /// Sends a notice that nothing is wrong to these receivers, all at once; answers what came of it.
    pub async fn test(
        receivers: &Arc<Receivers>,
        ids: Vec<String>,
        now: i64,
    ) -> BTreeMap<String, Result<(), Failure>> {
        let mut sending = JoinSet::new();
        for id in ids {
            let receivers = Arc::clone(receivers);
            sending.spawn(async move {
                let sent = receivers.send(&id, &[Notice::test(now)], now).await;
                (id, sent)
            });
        }
        let mut results = BTreeMap::new();
        while let Some(sent) = sending.join_next().await {
            results.extend(sent.ok());
        }
        results
    }
}
