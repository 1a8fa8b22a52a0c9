//! The types of an event-sourced task graph; knows nothing of storage.
