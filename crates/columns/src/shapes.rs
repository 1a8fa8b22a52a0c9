//! The shapes of values: their keys in order, those of nested maps and lists included, and the kind of each column.
//!
//! Constraints: a tree of at most [`MAX_NODES`] nodes, none with more than [`MAX_FANOUT`] children, so that keys that are ids neither fill memory nor cost time; it
//! is emptied when it is full. A number of another kind than those before it in its place makes one new shape, not one for every mixture.
//!
//! A value walks down the tree from the root, token by token, and the node where it ends is its shape. The values of a log mostly walk where the one before them
//! went, so each node remembers its last child.

use std::fmt::Write;

use agent_storage_messagepack::{Reader, Token};

/// How many nodes there can be.
const MAX_NODES: usize = 8192;
/// How many ways can lead on from one node.
const MAX_FANOUT: usize = 64;

/// A node of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId(u32);

impl NodeId {
    /// Where every value starts.
    pub(crate) const ROOT: Self = Self(0);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What leads from a node to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Map(u32),
    List(u32),
    /// Which one stands in the node that it leads to.
    Key,
    /// A text, `null` or a boolean.
    Text,
    Integer,
    Double,
    /// Bytes that a decoder reads.
    Bytes,
}

#[derive(Debug)]
struct Node {
    parent: NodeId,
    step: Step,
    key: Key,
    children: Vec<NodeId>,
    /// The child that was taken last, and what leads to it: looked at first, and nearly always the one.
    recent: NodeId,
    recent_step: Step,
}

/// A key; empty where the step is none.
#[derive(Debug, Default)]
struct Key {
    text: Box<str>,
    /// As it was met, length included, so that no key begins with another.
    encoded: Box<[u8]>,
}

/// See the module's description.
#[derive(Debug)]
pub(crate) struct Shapes {
    nodes: Vec<Node>,
}

impl Shapes {
    pub(crate) fn new() -> Self {
        Self { nodes: vec![Node::new(NodeId::ROOT, Step::Bytes, Key::default())] }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.nodes.len() >= MAX_NODES
    }

    /// Where a `step` that is no key leads from `at`; `None` where there is no room for it.
    #[inline]
    pub(crate) fn step(&mut self, at: NodeId, step: Step) -> Option<NodeId> {
        let node = self.nodes.get(at.index())?;
        if node.recent_step == step {
            return Some(node.recent);
        }
        self.find(at, |node| node.step == step).or_else(|| self.add(at, step, Key::default()))
    }

    /// Where the key leads that `reader` is at, and reads it. `None` also where it is no text or not UTF-8, and where a literal would not make an own property of it.
    #[inline]
    pub(crate) fn key(&mut self, at: NodeId, reader: &mut Reader<'_>) -> Option<NodeId> {
        let node = self.nodes.get(at.index())?;
        if node.recent_step == Step::Key {
            let key = &self.nodes.get(node.recent.index())?.key.encoded;
            if reader.pass(key) {
                return Some(node.recent);
            }
        }
        self.other_key(at, reader)
    }

    fn other_key(&mut self, at: NodeId, reader: &mut Reader<'_>) -> Option<NodeId> {
        let start = reader.at();
        let Token::Text(text) = reader.token()? else { return None };
        let encoded = reader.since(start);
        if let Some(known) = self.find(at, |node| node.step == Step::Key && *node.key.encoded == *encoded) {
            return Some(known);
        }
        let text = std::str::from_utf8(text).ok().filter(|text| *text != "__proto__")?;
        self.add(at, Step::Key, Key { text: text.into(), encoded: encoded.into() })
    }

    /// Where a number leads, and whether it is to be a double.
    #[inline]
    pub(crate) fn number(&mut self, at: NodeId, is_integer: bool) -> Option<(NodeId, bool)> {
        let node = self.nodes.get(at.index())?;
        match (node.recent_step, is_integer) {
            (Step::Double, _) => return Some((node.recent, true)),
            (Step::Integer, true) if node.children.len() == 1 => return Some((node.recent, false)),
            _ => {}
        }
        if let Some(double) = self.find(at, |node| node.step == Step::Double) {
            return Some((double, true));
        }
        let step = if is_integer { Step::Integer } else { Step::Double };
        Some((self.step(at, step)?, !is_integer))
    }

    /// The shape that ends at `node`, as JSON: see [`Group`](crate::Group).
    pub(crate) fn describe(&self, node: NodeId) -> String {
        let mut path = Vec::new();
        let mut at = node;
        while at != NodeId::ROOT
            && let Some(found) = self.nodes.get(at.index())
        {
            path.push(found);
            at = found.parent;
        }
        let mut text = String::new();
        write_shape(&mut path.into_iter().rev(), &mut text);
        text
    }

    fn find(&mut self, at: NodeId, is_it: impl Fn(&Node) -> bool) -> Option<NodeId> {
        let node = self.nodes.get(at.index())?;
        let leads = |child: &NodeId| self.nodes.get(child.index()).is_some_and(&is_it);
        let found = node.children.iter().copied().find(leads)?;
        let step = self.nodes.get(found.index())?.step;
        self.nodes.get_mut(at.index())?.remember(found, step);
        Some(found)
    }

    fn add(&mut self, at: NodeId, step: Step, key: Key) -> Option<NodeId> {
        if self.is_full() {
            return None;
        }
        let id = NodeId(u32::try_from(self.nodes.len()).ok()?);
        let node = self.nodes.get_mut(at.index()).filter(|node| node.children.len() < MAX_FANOUT)?;
        node.children.push(id);
        node.remember(id, step);
        self.nodes.push(Node::new(at, step, key));
        Some(id)
    }
}

impl Node {
    /// A node from which nothing leads on yet; no map has as many keys as the step that it remembers.
    fn new(parent: NodeId, step: Step, key: Key) -> Self {
        Self {
            parent,
            step,
            key,
            children: Vec::new(),
            recent: NodeId::ROOT,
            recent_step: Step::Map(u32::MAX),
        }
    }

    fn remember(&mut self, child: NodeId, step: Step) {
        (self.recent, self.recent_step) = (child, step);
    }
}

fn write_shape<'a>(path: &mut impl Iterator<Item = &'a Node>, to: &mut String) {
    let (kind, count) = match path.next().map(|node| node.step) {
        Some(Step::Map(count)) => ("m", count),
        Some(Step::List(count)) => ("l", count),
        Some(Step::Text) => return to.push_str("\"s\""),
        Some(Step::Integer) => return to.push_str("\"i\""),
        Some(Step::Double) => return to.push_str("\"d\""),
        Some(Step::Bytes | Step::Key) | None => return to.push_str("\"b\""),
    };
    to.push_str("[\"");
    to.push_str(kind);
    to.push('"');
    for _ in 0..count {
        if kind == "m"
            && let Some(node) = path.next()
        {
            to.push(',');
            write_json(&node.key.text, to);
        }
        to.push(',');
        write_shape(path, to);
    }
    to.push(']');
}

fn write_json(text: &str, to: &mut String) {
    to.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                to.push('\\');
                to.push(character);
            }
            '\0'..' ' => {
                // Writing to a text cannot fail.
                let _ = write!(to, "\\u{:04x}", u32::from(character));
            }
            _ => to.push(character),
        }
    }
    to.push('"');
}
