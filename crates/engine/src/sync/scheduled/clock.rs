//! Time that passes where somebody waits for it.

use std::{
    ops::{Add, Sub},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Nanoseconds since the program began. Not a scheduling point: reading a clock lets nobody else run.
static NOW_NS: AtomicU64 = AtomicU64::new(0);

/// A moment, as [`std::time::Instant`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

impl Instant {
    /// The moment at which it is called.
    pub(crate) fn now() -> Self {
        Self(Duration::from_nanos(NOW_NS.load(Ordering::Relaxed)))
    }

    /// How long ago it was.
    pub(crate) fn elapsed(&self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }

    /// The moment `later`.
    pub(crate) fn checked_add(self, later: Duration) -> Option<Self> {
        self.0.checked_add(later).map(Self)
    }

    /// Lets time pass until this moment at least.
    pub(super) fn pass(self) {
        NOW_NS.fetch_max(u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0 + later)
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(earlier))
    }
}
