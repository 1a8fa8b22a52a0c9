//! Walking over checkpoints.

use agent_storage_engine::{
    catalog::listing::{ListOptions, Order},
    store::Checkpoints,
};
use napi::{Env, Result};
use napi_derive::napi;

use crate::{
    errors::to_js,
    shapes::{NativeCheckpointInfo, integer},
};

/// Which checkpoints to list, and how.
#[napi(object, object_to_js = false)]
pub struct NativeListOptions {
    /// Only ids that start with this.
    pub prefix: Option<String>,
    /// Only this lineage.
    pub lineage: Option<String>,
    /// At most this many.
    pub limit: Option<f64>,
    /// From the last to the first.
    pub reverse: Option<bool>,
    /// What the list goes by.
    #[napi(ts_type = "\"firstSaved\" | \"time\"")]
    pub order_by: Option<String>,
    /// Only this time or a later one.
    pub from: Option<f64>,
    /// Only this time or an earlier one.
    pub until: Option<f64>,
}

impl From<NativeListOptions> for ListOptions {
    fn from(given: NativeListOptions) -> Self {
        Self {
            prefix: given.prefix.unwrap_or_default(),
            lineage: given.lineage,
            limit: given.limit.map(|limit| usize::try_from(integer(limit)).unwrap_or(usize::MAX)),
            reverse: given.reverse.unwrap_or(false),
            order: if given.order_by.as_deref() == Some("time") { Order::Time } else { Order::FirstSaved },
            from: given.from,
            until: given.until,
        }
    }
}

/// A list, made while it is read, as it was at its start.
#[napi]
pub struct NativeListing {
    listing: Checkpoints,
}

impl NativeListing {
    pub(crate) fn new(listing: Checkpoints) -> Self {
        Self { listing }
    }
}

#[napi]
impl NativeListing {
    /// Reads no further, so that nothing of the store is held for it any more.
    #[napi]
    pub fn end(&mut self) {
        self.listing.end();
    }

    /// The next ones, at most `max_checkpoints`; none at the end.
    #[napi(catch_unwind)]
    pub fn next(&mut self, env: &Env, max_checkpoints: f64) -> Result<Vec<NativeCheckpointInfo>> {
        let most = usize::try_from(integer(max_checkpoints)).unwrap_or(usize::MAX);
        let next = self.listing.by_ref().take(most).map(|info| info.map(NativeCheckpointInfo::from));
        next.collect::<std::result::Result<_, _>>().map_err(|error| to_js(env, &error))
    }
}
