//! The engine with a script that stands for tesseract, and with tesseract itself where it is installed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use image::RgbImage;

use super::{Installation, Tesseract, discover};
use crate::engine::{Engine, EngineError, ReadOptions};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What the script answers for a page.
const ANSWER: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
                      5\t1\t1\t1\t1\t1\t2\t3\t10\t5\t91.5\tПривет\n";

/// A script that answers like tesseract, with data for Russian; what it does with a page is up to the caller.
fn stand_in(folder: &Path, page: &str) -> Result<Installation, Box<dyn std::error::Error>> {
    let data = folder.join("tessdata");
    fs::create_dir(&data)?;
    fs::write(data.join("rus.traineddata"), "abc")?;
    fs::write(folder.join("answer"), ANSWER)?;
    let script = format!(
        "#!/bin/sh\ncd '{folder}'\ncase \"$1\" in\n\
         --version) echo 'tesseract 5.9.9'; echo ' leptonica-1.82.0';;\n\
         --list-langs) echo 'List of available languages in \"{data}\" (1):'; echo rus;;\n\
         *) echo \"$OMP_THREAD_LIMIT $*\" > arguments\n{page};;\nesac\n",
        folder = folder.display(),
        data = data.display(),
    );
    let program = folder.join("tesseract");
    fs::write(&program, script)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    Ok(discover(program.to_str().ok_or("an odd folder")?)?)
}

fn russian() -> ReadOptions {
    ReadOptions { languages: vec!["rus".to_owned()], dpi: Some(299.6), ..ReadOptions::default() }
}

/// What comes of reading a page with a script that does this with it.
fn outcome(page: &str) -> Result<Result<String, EngineError>, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let mut engine = Tesseract::new(stand_in(folder.path(), page)?);
    Ok(engine.recognise(&RgbImage::new(400, 300), &russian()).map(|page| page.text()))
}

#[test]
fn it_is_found_asked_and_understood() -> Outcome {
    let folder = tempfile::tempdir()?;
    let installation = stand_in(folder.path(), "cat > image; cat answer")?;
    assert_eq!((installation.version.as_str(), &installation.data), ("5.9.9", &folder.path().join("tessdata")));
    let mut engine = Tesseract::new(installation);
    let image = RgbImage::from_fn(40, 30, |x, _| image::Rgb([u8::try_from(x).unwrap_or_default(), 7, 9]));
    let page = engine.recognise(&image, &russian())?;
    assert_eq!((page.width, page.height, page.text().as_str()), (40, 30, "Привет\n"));
    assert_eq!(image::load_from_memory(&fs::read(folder.path().join("image"))?)?.to_rgb8(), image);
    let data = folder.path().join("tessdata");
    let expected =
        format!("1 stdin stdout --tessdata-dir {} -l rus --psm 3 --dpi 300 -c tessedit_create_tsv=1\n", data.display());
    assert_eq!(fs::read_to_string(folder.path().join("arguments"))?, expected);
    let info = engine.info(&russian())?;
    assert_eq!((info.name.as_str(), info.version.as_deref()), ("tesseract", Some("5.9.9")));
    assert_eq!(info.models[0].name, "rus");
    assert!(info.models[0].sha256.starts_with("ba7816bf"));
    Ok(())
}

#[test]
fn its_failures_are_told() -> Outcome {
    let said = outcome("cat > /dev/null; echo 'out of luck' >&2; exit 3")?;
    assert!(
        matches!(&said, Err(EngineError::Program { reason, .. }) if reason.contains('3') && reason.contains("out of luck")),
        "{said:?}"
    );
    let said = outcome("cat > /dev/null; cat answer; echo '5\tnonsense'")?;
    assert!(matches!(&said, Err(EngineError::Program { reason, .. }) if reason.contains("row 3")), "{said:?}");
    let said = outcome("cat > /dev/null; printf '\\377'")?;
    assert!(matches!(&said, Err(EngineError::Program { reason, .. }) if reason.contains("UTF-8")), "{said:?}");
    Ok(())
}

#[test]
fn an_answer_without_end_and_an_image_not_taken_are_no_deadlock() -> Outcome {
    let said = outcome("yes")?;
    assert!(matches!(&said, Err(EngineError::Program { reason, .. }) if reason.contains("longer than")), "{said:?}");
    assert_eq!(outcome("cat answer")?.ok().as_deref(), Some("Привет\n"));
    Ok(())
}

#[test]
fn a_language_without_data_and_an_absent_program_are_named() -> Outcome {
    let folder = tempfile::tempdir()?;
    let installation = stand_in(folder.path(), "cat answer")?;
    let mut engine = Tesseract::new(installation.clone());
    let ukrainian = ReadOptions { languages: vec!["rus".into(), "ukr".into()], ..ReadOptions::default() };
    let error = engine.recognise(&RgbImage::new(9, 9), &ukrainian).err();
    assert!(matches!(&error, Some(EngineError::MissingLanguage { language }) if language == "ukr"), "{error:?}");
    fs::remove_file(&installation.program)?;
    let error = engine.recognise(&RgbImage::new(9, 9), &russian()).err();
    assert!(matches!(error, Some(EngineError::NoProgram { .. })), "{error:?}");
    let error = engine.recognise(&RgbImage::new(40_000, 1), &russian()).err();
    assert!(matches!(error, Some(EngineError::TooLarge { .. })), "{error:?}");
    Ok(())
}
