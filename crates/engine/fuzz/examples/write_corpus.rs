//! Writes the valid inputs of every target to `corpus/`: `cargo run -p agent-storage-fuzz --example write_corpus`.

use std::{fs, io, path::Path};

use agent_storage_fuzz::TARGETS;

fn main() -> io::Result<()> {
    for target in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
        fs::create_dir_all(&folder)?;
        for (index, sample) in (target.samples)().iter().enumerate() {
            fs::write(folder.join(format!("sample-{index:02}")), sample)?;
        }
    }
    Ok(())
}
