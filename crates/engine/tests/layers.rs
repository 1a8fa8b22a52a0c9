//! The modules form layers and import downwards only. The bug this catches: a convenience import that makes two parts know each other, after which neither
//! can be read, tested or changed alone.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// From the bottom to the top; modules of one layer do not import each other.
const LAYERS: &[&[&str]] = &[
    &["error", "ids", "random", "sync"],
    &["options", "format", "io", "service"],
    &["wal", "runs", "packs", "checkpoints", "manifest"],
    &["tables"],
    &["catalog"],
    &["events"],
    &["engine"],
    &["registry"],
    &["store"],
];

fn layer(module: &str) -> usize {
    LAYERS.iter().position(|layer| layer.contains(&module)).unwrap_or_else(|| unknown(module))
}

fn unknown(module: &str) -> usize {
    unreachable!("module {module:?} has no layer: add it to LAYERS and to the crate's documentation")
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a readable source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The top-level modules that `source` names through `crate::`, in `use` groups too. Tests may look anywhere.
fn imports(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source);
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code.get(at + "crate::".len()..).unwrap_or_default();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_members(group)),
            None => found.extend(first_name(rest)),
        }
    }
    found
}

fn first_name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    Some(name).filter(|name| !name.is_empty())
}

fn group_members(group: &str) -> Vec<String> {
    let mut members = Vec::new();
    let mut depth = 0;
    let mut at_start = true;
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            letter if at_start && depth == 0 && letter.is_alphabetic() => {
                members.extend(group.get(at..).and_then(first_name));
                at_start = false;
            }
            _ => {}
        }
    }
    members
}

#[test]
fn imports_point_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).expect("a file of the crate");
        let module = relative.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        let module = module.trim_end_matches(".rs");
        let of_tests = relative.components().any(|part| {
            matches!(
                part.as_os_str().to_string_lossy().as_ref(),
                "tests" | "tests.rs" | "testing.rs" | "crash_tests.rs"
            )
        });
        if module == "lib" || of_tests {
            continue;
        }
        for imported in imports(&fs::read_to_string(&file).expect("a readable source")) {
            if imported != module && layer(&imported) >= layer(module) {
                wrong.push(format!("{} imports {imported}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not point down:\n{}", wrong.join("\n"));
}

#[test]
fn imports_are_found_in_groups_and_paths() {
    let source =
        "use crate::{\n    error::{Error, Result},\n    io::disk,\n};\nfn f() { crate::wal::scan() }\n";
    let expected = ["error", "io", "wal"].map(str::to_owned);
    assert_eq!(imports(source), BTreeSet::from(expected));
}
