//! ALTO 4.4, the XML of libraries. See <https://www.loc.gov/standards/alto/>.
//!
//! One file holds all pages. Positions are in pixels. What read each page is among its `PROCESSINGREFS`, what a block
//! is among its `TAGREFS`. Running heads and page numbers stay in the `PrintSpace`, in the reading order, told by their
//! tags. Words hyphenated at line ends stay as printed: whether the hyphen goes when they are joined (`SUBS_CONTENT`)
//! is not known. Text that is not upright has its corners in a `Shape`.

use std::io::{self, Write};

use super::role::Role;
use super::shape::{Sheet, baseline};
use super::xml::{Element, Xml};
use super::{FileInfo, PageWriter, credits};
use crate::page::{Block, Confidence, Line, Quad, Rect, Word};
use crate::reading::{EngineInfo, Reading};

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const NAMESPACE: &str = "http://www.loc.gov/standards/alto/ns-v4#";
const SCHEMA_LOCATION: &str =
    "http://www.loc.gov/standards/alto/ns-v4# http://www.loc.gov/standards/alto/v4/alto-4-4.xsd";

/// The ID of the processing by this software.
const WRITER: &str = "data2data";

/// Headings of lower rank than this are tagged like those of it.
const LOWEST_HEADING: u8 = 6;

pub(super) struct Alto<W: Write> {
    xml: Xml<W>,
    engines: Vec<EngineInfo>,
}

impl<W: Write> Alto<W> {
    /// Begins the document: everything up to the first page.
    pub(super) fn begin(out: W, file: &FileInfo<'_>) -> io::Result<Self> {
        let mut alto = Self { xml: Xml::begin(out)?, engines: file.engines.to_vec() };
        let root = alto.xml.element("alto").with("xmlns", NAMESPACE).with("xmlns:xsi", SCHEMA_INSTANCE);
        root.with("xsi:schemaLocation", SCHEMA_LOCATION).with("SCHEMAVERSION", "4.4").open()?;
        alto.description(file)?;
        alto.tags()?;
        alto.xml.element("Layout").open()?;
        Ok(alto)
    }

    fn description(&mut self, file: &FileInfo<'_>) -> io::Result<()> {
        self.xml.element("Description").open()?;
        self.xml.element("MeasurementUnit").text("pixel")?;
        self.xml.element("sourceImageInformation").open()?;
        self.xml.element("fileName").text(file.name)?;
        self.xml.close("sourceImageInformation")?;
        let request = serde_json::to_string(&file.request)?;
        self.processing(WRITER, &request, credits::SOFTWARE, Some(credits::VERSION))?;
        for (id, engine) in (1..).map(engine_id).zip(file.engines) {
            self.processing(&id, &credits::models(engine), &engine.name, engine.version.as_deref())?;
        }
        self.xml.close("Description")
    }

    fn processing(&mut self, id: &str, settings: &str, software: &str, version: Option<&str>) -> io::Result<()> {
        self.xml.element("Processing").with("ID", id).open()?;
        self.xml.element("processingCategory").text("contentGeneration")?;
        self.xml.element("processingStepDescription").text("OCR")?;
        self.xml.element("processingStepSettings").text(settings)?;
        self.xml.element("processingSoftware").open()?;
        self.xml.element("softwareName").text(software)?;
        if let Some(version) = version {
            self.xml.element("softwareVersion").text(version)?;
        }
        self.xml.close("processingSoftware")?;
        self.xml.close("Processing")
    }

    fn tags(&mut self) -> io::Result<()> {
        let others =
            [Role::ListItem, Role::Table, Role::Footnote, Role::Header, Role::Footer, Role::PageNumber].into_iter();
        let headings = (1..=LOWEST_HEADING).map(Role::Heading);
        self.xml.element("Tags").open()?;
        for role in std::iter::once(Role::Paragraph).chain(headings).chain(others) {
            let tag = self.xml.element("StructureTag").with("ID", tag(role));
            tag.with("TYPE", "block").with("LABEL", role.name()).empty()?;
        }
        self.xml.close("Tags")
    }

    fn block(&mut self, id: &str, block: &Block, role: Role, sheet: Sheet) -> io::Result<()> {
        let element = self.xml.element("TextBlock").with("ID", id);
        at(element, sheet.rect(block.bounds)).with("TAGREFS", tag(role)).open()?;
        for (number, line) in (1_usize..).zip(&block.lines) {
            self.line(&format!("{id}_line_{number}"), line, sheet)?;
        }
        self.xml.close("TextBlock")
    }

    fn line(&mut self, id: &str, line: &Line, sheet: Sheet) -> io::Result<()> {
        let element = at(self.xml.element("TextLine").with("ID", id), sheet.rect(line.quad.bounds()));
        element.with("BASELINE", sheet.points(&baseline(&line.quad))).open()?;
        self.shape(&line.quad, sheet)?;
        let mut before: Option<Rect> = None;
        for (number, word) in (1_usize..).zip(&line.words) {
            let place = sheet.rect(word.quad.bounds());
            if let Some(before) = before.replace(place) {
                self.space(before, place)?;
            }
            self.word(&format!("{id}_word_{number}"), word, place, sheet)?;
        }
        self.xml.close("TextLine")
    }

    /// The space between two words; without its place if they don't stand one right of the other.
    fn space(&mut self, before: Rect, after: Rect) -> io::Result<()> {
        let gap = Rect { left: before.right, right: after.left, ..before };
        let space = self.xml.element("SP");
        if gap.right > gap.left { at(space, gap).empty() } else { space.empty() }
    }

    fn word(&mut self, id: &str, word: &Word, place: Rect, sheet: Sheet) -> io::Result<()> {
        let string = at(self.xml.element("String").with("ID", id), place);
        let string = string.with("CONTENT", &word.text).with("WC", word.confidence.value());
        if word.quad.is_upright() {
            return string.empty();
        }
        string.open()?;
        self.shape(&word.quad, sheet)?;
        self.xml.close("String")
    }

    /// The corners, if the rectangle around them does not tell them.
    fn shape(&mut self, quad: &Quad, sheet: Sheet) -> io::Result<()> {
        if quad.is_upright() {
            return Ok(());
        }
        self.xml.element("Shape").open()?;
        self.xml.element("Polygon").with("POINTS", sheet.points(&quad.0)).empty()?;
        self.xml.close("Shape")
    }

    /// What made a page.
    fn processing_of(&self, reading: &Reading) -> String {
        let engine = reading.engine.as_ref().and_then(|of| self.engines.iter().position(|engine| engine == of));
        std::iter::once(WRITER.to_owned()).chain(engine.map(|index| engine_id(index + 1))).collect::<Vec<_>>().join(" ")
    }
}

impl<W: Write> PageWriter for Alto<W> {
    fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()> {
        let (page, sheet) = (&reading.page, Sheet::of(&reading.page));
        let processing = self.processing_of(reading);
        let element = self.xml.element("Page").with("ID", format_args!("page_{number}"));
        let element = element.with("PHYSICAL_IMG_NR", number).with("WIDTH", page.width).with("HEIGHT", page.height);
        let mut element = element.with("PROCESSINGREFS", processing);
        if !page.blocks.is_empty() {
            element = element.with("PC", Confidence::mean(page.words().map(|word| word.confidence)).value());
        }
        element.open()?;
        at(self.xml.element("PrintSpace"), Rect::from([0, 0, sheet.width, sheet.height])).open()?;
        for (index, block) in (1_usize..).zip(&page.blocks) {
            self.block(&format!("page_{number}_block_{index}"), block, Role::of(block, page), sheet)?;
        }
        self.xml.close("PrintSpace")?;
        self.xml.close("Page")
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.xml.close("Layout")?;
        self.xml.close("alto")?;
        self.xml.flush()
    }
}

/// With its place.
fn at<W: Write>(element: Element<'_, W>, place: Rect) -> Element<'_, W> {
    let element = element.with("HPOS", place.left).with("VPOS", place.top);
    element.with("WIDTH", place.width()).with("HEIGHT", place.height())
}

fn engine_id(number: usize) -> String {
    format!("engine_{number}")
}

/// The ID of the tag of blocks of that role.
fn tag(role: Role) -> String {
    match role {
        Role::Heading(rank) => format!("heading_{}", rank.clamp(1, LOWEST_HEADING)),
        other => other.name().into(),
    }
}
