//! What a program needs to be run besides its own file: the one that starts it, and its libraries.
//!
//! The kernel runs a script by the interpreter in its first line, and most binaries by the dynamic loader that they name
//! (see `elf(5)`, `PT_INTERP`): these must be runnable too. So a process could have the loader run any binary that it may
//! read. That gives it nothing: such a binary is held to the same sandbox, and a process that was taken over can do
//! whatever the sandbox lets it do anyhow.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where systems keep libraries, and the index of them. Those that are not there are passed over.
const LIBRARIES: [&str; 11] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
];

/// A script's interpreter may be a script, and so on; kernels follow no further than this.
const LONGEST_CHAIN: usize = 5;

/// How much of a file tells what starts it: the headers of ELF files are at their beginning.
const HEAD: u64 = 4096;

/// `PT_INTERP`, the type of the program header that tells the loader.
const INTERPRETER: u64 = 3;

/// The files that must be runnable for these programs to run.
pub(super) fn files(programs: &[PathBuf]) -> Vec<PathBuf> {
    let chain = |program: &PathBuf| {
        std::iter::successors(Some(program.clone()), |path| started_by(path)).take(LONGEST_CHAIN).collect::<Vec<_>>()
    };
    programs.iter().flat_map(chain).collect()
}

/// Where their libraries may be: in the system's folders and those beside `bin`, as in `/opt/tesseract/lib`. Nowhere if
/// there are no programs.
pub(super) fn libraries(programs: &[PathBuf]) -> Vec<PathBuf> {
    let beside = programs.iter().filter_map(|program| program.parent()?.parent());
    let beside = beside.filter(|prefix| prefix.parent().is_some());
    let beside: Vec<PathBuf> = beside.flat_map(|prefix| ["lib", "lib64"].map(|name| prefix.join(name))).collect();
    let system = LIBRARIES.iter().filter(|_| !programs.is_empty()).map(PathBuf::from);
    system.chain(beside).collect()
}

/// The program that the kernel starts in order to run this one; `None` if it needs no other, or can't be read.
fn started_by(program: &Path) -> Option<PathBuf> {
    let mut head = Vec::new();
    File::open(program).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    let path = if head.starts_with(b"#!") { script_interpreter(&head)? } else { elf_interpreter(&head)? };
    Some(PathBuf::from(OsStr::from_bytes(path)))
}

/// The path in the first line of a script.
fn script_interpreter(head: &[u8]) -> Option<&[u8]> {
    let line = head.get(2..)?.split(|&byte| byte == b'\n').next()?;
    line.split(u8::is_ascii_whitespace).find(|word| !word.is_empty())
}

/// The dynamic loader that an ELF file names.
fn elf_interpreter(head: &[u8]) -> Option<&[u8]> {
    if !head.starts_with(b"\x7fELF") {
        return None;
    }
    let wide = *head.get(4)? == 2;
    let little = *head.get(5)? == 1;
    let number = |at: u64, bytes: u64| -> Option<u64> {
        let field = head.get(usize::try_from(at).ok()?..usize::try_from(at.checked_add(bytes)?).ok()?)?;
        let push = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if little { field.iter().rev().fold(0, push) } else { field.iter().fold(0, push) })
    };
    // Offset of the program headers, size and number of them; in each, type, offset and size of what it tells of.
    let (headers, size, count) = if wide {
        (number(32, 8)?, number(54, 2)?, number(56, 2)?)
    } else {
        (number(28, 4)?, number(42, 2)?, number(44, 2)?)
    };
    let mut starts = (0..count).filter_map(|index| headers.checked_add(index * size));
    let found = starts.find(|&at| number(at, 4) == Some(INTERPRETER))?;
    let (offset, length) = if wide {
        (number(found + 8, 8)?, number(found + 32, 8)?)
    } else {
        (number(found + 4, 4)?, number(found + 16, 4)?)
    };
    let text = head.get(usize::try_from(offset).ok()?..usize::try_from(offset.checked_add(length)?).ok()?)?;
    text.split(|&byte| byte == 0).next().filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_name_their_interpreter() {
        assert_eq!(script_interpreter(b"#!/bin/sh\necho"), Some(&b"/bin/sh"[..]));
        assert_eq!(script_interpreter(b"#! /usr/bin/env -S sh\n"), Some(&b"/usr/bin/env"[..]));
        assert_eq!(script_interpreter(b"#!\n"), None);
    }

    #[test]
    fn this_program_names_its_loader() -> std::io::Result<()> {
        let chain = files(&[std::env::current_exe()?]);
        let [_, loader] = chain.as_slice() else {
            assert_eq!(chain.len(), 1, "{chain:?}");
            eprintln!("not shown that the loader is found: this program is static");
            return Ok(());
        };
        assert!(loader.is_absolute() && loader.exists(), "{}", loader.display());
        Ok(())
    }

    #[test]
    fn damaged_headers_name_nothing() {
        let mut head = b"\x7fELF\x02\x01".to_vec();
        assert_eq!(elf_interpreter(&head), None);
        head.resize(64, 0xff);
        assert_eq!(elf_interpreter(&head), None);
        assert_eq!(elf_interpreter(b"MZ"), None);
    }

    #[test]
    fn without_programs_no_library_can_be_read() {
        assert!(libraries(&[]).is_empty() && files(&[]).is_empty());
        assert!(libraries(&["/opt/tesseract/bin/tesseract".into()]).contains(&"/opt/tesseract/lib".into()));
        assert!(!libraries(&["/bin/sh".into()]).contains(&"/lib/lib".into()));
    }
}
