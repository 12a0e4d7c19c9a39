//! The program's help, asked of the program itself. That there is a test here is also what makes `cargo test` build the
//! program, which the end-to-end tests of the workspace run.

use std::io;
use std::process::Command;

fn help(arguments: &[&str]) -> io::Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_d2d")).args(arguments).arg("--help").output()?;
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn every_command_shows_how_it_is_used() -> io::Result<()> {
    let overview = help(&[])?;
    for command in ["convert", "serve", "user", "dead-letters", "models", "config", "health", "completions", "man"] {
        assert!(overview.contains(command), "`{command}` is not listed");
        let text = help(&[command])?;
        assert!(text.contains(&format!("d2d {command}")) && text.contains("Examples:"), "{command}: {text}");
    }
    Ok(())
}
