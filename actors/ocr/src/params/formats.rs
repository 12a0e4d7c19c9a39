//! The result formats by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A result format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Plain text in reading order: an empty line between blocks, a form feed between pages.
    Txt,
    /// Markdown: headings, lists, tables, and paragraphs whose hyphenated line ends are joined.
    Md,
    /// Pages, blocks, lines and words with their boxes and confidences.
    Json,
    /// Tab-separated values in the columns of tesseract.
    Tsv,
    /// hOCR 1.2: HTML with boxes.
    Hocr,
    /// ALTO 4.4: XML of libraries.
    Alto,
    /// PAGE 2019: XML of research in layout and text recognition.
    Page,
    /// Searchable PDF: the pages as they came under invisible text.
    Pdf,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] =
        &[Self::Txt, Self::Md, Self::Json, Self::Tsv, Self::Hocr, Self::Alto, Self::Page, Self::Pdf];

    /// As the parameters name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Md => "md",
            Self::Json => "json",
            Self::Tsv => "tsv",
            Self::Hocr => "hocr",
            Self::Alto => "alto",
            Self::Page => "page",
            Self::Pdf => "pdf",
        }
    }

    /// What the names of its files end with, after a dot. Those of the XML formats tell them apart.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Alto => "alto.xml",
            Self::Page => "page.xml",
            other => other.name(),
        }
    }

    /// Its type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Txt => "text/plain; charset=utf-8",
            Self::Md => "text/markdown; charset=utf-8",
            Self::Json => "application/json",
            Self::Tsv => "text/tab-separated-values; charset=utf-8",
            Self::Hocr => "text/html; charset=utf-8",
            Self::Alto | Self::Page => "application/xml",
            Self::Pdf => "application/pdf",
        }
    }
}
