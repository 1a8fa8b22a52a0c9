//! MessagePack values in a form that JavaScript builds plain objects from quickly.
//!
//! Constraints:
//! - what comes out stands for exactly what went in, or the value is left [whole](Columns::whole) for a decoder to read: nothing is guessed, and
//!   nothing here fails;
//! - memory does not grow with how many different values, keys or texts there are, only with the bytes of one batch;
//! - knows nothing of storage, and nothing of Node.
//!
//! The time to replay events is the time to make JavaScript's objects of them, and any decoder that works value by value spends most of it on
//! finding keys and on making short texts. The events of one log have few *shapes*, though: ordered lists of keys, those of nested
//! maps included. So values are grouped by shape; a group holds its values' varying parts as columns of numbers and one text that is cut up;
//! texts that repeat are in a table. JavaScript compiles one object literal a shape. The idea of shapes is that of hidden classes (Self, V8), the one
//! of columns and of a table of repeated texts that of column stores (dictionary encoding in Parquet and ORC).
//!
//! One large value, a checkpoint, crosses as its [skeleton](Skeleton) and its long texts.

mod columns;
mod dictionary;
mod shapes;
mod skeleton;
mod transcode;

pub use columns::{Columns, Group};
pub use dictionary::{FALSE, NULL, SAME, TRUE, Texts};
pub use skeleton::{LEFT, LONG_TEXT_BYTES, LongText, Skeleton};
pub use transcode::Transcoder;
