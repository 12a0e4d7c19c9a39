//! Writes `examples/page.png`, the page that the README's first command reads.
//!
//! Run it in the root of the repository: `cargo run -p d2d-tests --bin make-example`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use d2d_tests::page::{Encoding, example};

fn main() -> Result<()> {
    let path: PathBuf = std::env::args_os().nth(1).map_or_else(|| "examples/page.png".into(), Into::into);
    let file = Encoding::Png.encode(&example()?.image)?;
    std::fs::write(&path, file).with_context(|| format!("can't write {}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}
