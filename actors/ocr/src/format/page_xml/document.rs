//! A PAGE document: one page, its regions in reading order, their lines and words.

use std::io::{self, Write};

use crate::format::credits;
use crate::format::role::Role;
use crate::format::shape::{Sheet, baseline};
use crate::format::xml::Xml;
use crate::page::{Block, Confidence, Line, Page, Quad, Word};
use crate::reading::{EngineInfo, Reading};

const NAMESPACE: &str = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const SCHEMA_LOCATION: &str = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15 \
                               http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15/pagecontent.xsd";

/// The time of writing that is told.
const EPOCH: &str = "1970-01-01T00:00:00Z";

pub(super) struct Document<W: Write> {
    xml: Xml<W>,
    sheet: Sheet,
}

impl<W: Write> Document<W> {
    /// Writes the document of a page whose image has that name.
    pub(super) fn write(out: W, image: &str, reading: &Reading) -> io::Result<()> {
        let mut document = Self { xml: Xml::begin(out)?, sheet: Sheet::of(&reading.page) };
        let root = document.xml.element("PcGts").with("xmlns", NAMESPACE).with("xmlns:xsi", SCHEMA_INSTANCE);
        root.with("xsi:schemaLocation", SCHEMA_LOCATION).open()?;
        document.metadata(reading.engine.as_ref())?;
        document.page(image, reading)?;
        document.xml.close("PcGts")
    }

    fn metadata(&mut self, engine: Option<&EngineInfo>) -> io::Result<()> {
        self.xml.element("Metadata").open()?;
        self.xml.element("Creator").text(&format!("{} {}", credits::SOFTWARE, credits::VERSION))?;
        self.xml.element("Created").text(EPOCH)?;
        self.xml.element("LastChange").text(EPOCH)?;
        if let Some(engine) = engine {
            self.engine(engine)?;
        }
        self.xml.close("Metadata")
    }

    fn engine(&mut self, engine: &EngineInfo) -> io::Result<()> {
        let step = self.xml.element("MetadataItem").with("type", "processingStep").with("name", "ocr");
        step.with("value", credits::engine(engine)).open()?;
        self.xml.element("Labels").open()?;
        for model in &engine.models {
            let label = self.xml.element("Label").with("value", &model.name).with("type", "model");
            label.with("comments", format_args!("sha256:{}", model.sha256)).empty()?;
        }
        self.xml.close("Labels")?;
        self.xml.close("MetadataItem")
    }

    fn page(&mut self, image: &str, reading: &Reading) -> io::Result<()> {
        let page = &reading.page;
        let mut element = self.xml.element("Page").with("imageFilename", image);
        element = element.with("imageWidth", self.sheet.width).with("imageHeight", self.sheet.height);
        if let Some(dpi) = reading.dpi {
            element = element.with("imageXResolution", dpi).with("imageYResolution", dpi);
            element = element.with("imageResolutionUnit", "PPI");
        }
        element.open()?;
        self.reading_order(page.blocks.len())?;
        for (number, block) in (1..).zip(&page.blocks) {
            self.region(&region_id(number), block, page)?;
        }
        self.xml.close("Page")
    }

    fn reading_order(&mut self, regions: usize) -> io::Result<()> {
        if regions == 0 {
            return Ok(());
        }
        self.xml.element("ReadingOrder").open()?;
        self.xml.element("OrderedGroup").with("id", "reading_order").open()?;
        for index in 0..regions {
            let reference = self.xml.element("RegionRefIndexed").with("index", index);
            reference.with("regionRef", region_id(index + 1)).empty()?;
        }
        self.xml.close("OrderedGroup")?;
        self.xml.close("ReadingOrder")
    }

    fn region(&mut self, id: &str, block: &Block, page: &Page) -> io::Result<()> {
        let (kind, structure) = region_type(Role::of(block, page));
        let mut element = self.xml.element("TextRegion").with("id", id).with("type", kind);
        if let Some(structure) = structure {
            element = element.with("custom", format_args!("structure {{type:{structure};}}"));
        }
        element.open()?;
        self.coords(block.bounds.into())?;
        for (number, line) in (1_usize..).zip(&block.lines) {
            self.line(&format!("{id}_line_{number}"), line)?;
        }
        let lines: Vec<String> = block.lines.iter().map(Line::text).collect();
        self.text(&lines.join("\n"), Confidence::mean(block.lines.iter().map(|line| line.confidence)))?;
        self.xml.close("TextRegion")
    }

    fn line(&mut self, id: &str, line: &Line) -> io::Result<()> {
        self.xml.element("TextLine").with("id", id).open()?;
        self.coords(line.quad)?;
        self.xml.element("Baseline").with("points", self.sheet.points(&baseline(&line.quad))).empty()?;
        for (number, word) in (1_usize..).zip(&line.words) {
            self.word(&format!("{id}_word_{number}"), word)?;
        }
        self.text(&line.text(), line.confidence)?;
        self.xml.close("TextLine")
    }

    fn word(&mut self, id: &str, word: &Word) -> io::Result<()> {
        self.xml.element("Word").with("id", id).open()?;
        self.coords(word.quad)?;
        self.text(&word.text, word.confidence)?;
        self.xml.close("Word")
    }

    fn coords(&mut self, quad: Quad) -> io::Result<()> {
        self.xml.element("Coords").with("points", self.sheet.points(&quad.0)).empty()
    }

    fn text(&mut self, text: &str, confidence: Confidence) -> io::Result<()> {
        self.xml.element("TextEquiv").with("conf", confidence.value()).open()?;
        self.xml.element("Unicode").text(text)?;
        self.xml.close("TextEquiv")
    }
}

fn region_id(number: usize) -> String {
    format!("region_{number}")
}

/// The `type` of a region, and for what PAGE has no type, the structure type that Transkribus and eScriptorium read.
const fn region_type(role: Role) -> (&'static str, Option<&'static str>) {
    match role {
        // `list-label` is the bullet or number alone.
        Role::ListItem => ("paragraph", Some("list-item")),
        // Not a `TableRegion`: its columns are not known, and readers of text pass over it.
        Role::Table => ("other", Some("table")),
        named => (named.name(), None),
    }
}
