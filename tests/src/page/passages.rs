//! Prose to set on the pages: of archives and of what becomes of paper, in languages that write Latin with accents.

use fastrand::Rng;

/// Sentences of one language.
#[derive(Debug, Clone, Copy)]
pub struct Passage {
    /// The language, as ISO 639-3 has it.
    pub language: &'static str,
    /// What stands above it.
    pub heading: &'static str,
    /// The sentences.
    pub sentences: &'static [&'static str],
}

const PASSAGES: [Passage; 9] = [
    Passage {
        language: "eng",
        heading: "Notes from the reading room",
        sentences: &[
            "The parish kept its registers in an iron chest, and the chest in a room without a stove.",
            "Of the 412 boxes that came in spring, 37 had stood in water and were dried leaf by leaf.",
            "A clerk with a steady hand could copy forty letters a day; the machine does so in a minute.",
            "Nobody had asked for the harbour accounts since 1893, when a ship owner went to court over them.",
            "Each folder was weighed, numbered and photographed before anybody was allowed to open it.",
            "What the catalogue calls a map turned out to be a pattern for a coat, drawn with great care.",
            "She wrote the date on every page, first the day, then the month, and left the year to the reader.",
            "The ink had faded to the colour of weak tea, yet under a blue lamp every word could be read.",
        ],
    },
    Passage {
        language: "fra",
        heading: "Le dépôt des archives",
        sentences: &[
            "Les registres étaient rangés dans une armoire où la poussière s'était déposée depuis des années.",
            "À la fin de l'été, l'employée relisait chaque page à côté de la fenêtre, là où la lumière était claire.",
            "Le reçu du maître maçon, déchiré en deux, fut recollé grâce à un peu de pâte et de patience.",
            "Après la guerre, le même dépôt accueillit des élèves qui cherchaient leurs aïeux.",
        ],
    },
    Passage {
        language: "deu",
        heading: "Über alte Bücher",
        sentences: &[
            "Für die Prüfung der Bücher wählte man drei Männer aus der Straße am Fluß, die schön schreiben konnten.",
            "Das größte Heft wog mehr als fünf Pfund und ließ sich nur zu zweit aus dem Schrank heben.",
            "Später hieß es, die Gebühren seien höher gewesen, als im Verzeichnis stand.",
            "Über den Rändern kleben noch heute die Zettel, auf denen Schüler ihre Grüße hinterließen.",
        ],
    },
    Passage {
        language: "spa",
        heading: "La memoria de la montaña",
        sentences: &[
            "El archivero encontró la página perdida detrás del cajón, doblada como un pañuelo pequeño.",
            "Según el índice, había más de mil cartas; después de contarlas, faltaban sólo tres.",
            "Allí también dormían los planos del puente, que ningún ingeniero llegó a construir.",
            "En otoño la señora Ibáñez leía en voz alta las actas, y los niños escuchaban sin moverse.",
        ],
    },
    Passage {
        language: "por",
        heading: "Anotações de um escrivão",
        sentences: &[
            "A coleção começou com três maços de papéis que ninguém quis levar para a estação.",
            "Não há razão para crer que a relação dos órfãos tenha sido escrita à mesma mão.",
            "Às vezes a tinta atravessava o papel, e a lição do verso já não se lia.",
        ],
    },
    Passage {
        language: "pol",
        heading: "Księgi z ratusza",
        sentences: &[
            "Każdą księgę oglądano przy świetle, żeby sprawdzić, czy wilgoć nie zniszczyła włókien.",
            "Późną jesienią ktoś dopisał ołówkiem imię córki, której wcześniej w spisie nie było.",
            "Urzędnik liczył strony dwa razy, a potem jeszcze raz, bo zegar na wieży źle chodził.",
        ],
    },
    Passage {
        language: "ces",
        heading: "Zápisky z věže",
        sentences: &[
            "Příběh začíná v malé světnici, kde písař každý večer znovu opisoval účty za dřevo.",
            "Kůň pana učitele prý uměl najít cestu domů, i když šel sníh a můstek nebylo vidět.",
            "Všechny zprávy ležely ve skříni, dokud je žák při úklidu náhodou nenašel.",
        ],
    },
    Passage {
        language: "swe",
        heading: "Från åren på ön",
        sentences: &[
            "På våren öppnade de lådorna och lät sidorna torka över snören mellan björkarna.",
            "Ingen visste längre vem som hade ritat båten, men årtalet gick ännu att läsa.",
            "Läraren bad sina elever att skriva av en sida var och att inte hoppa över något.",
        ],
    },
    Passage {
        language: "hun",
        heading: "Egy régi láda története",
        sentences: &[
            "A láda alján összehajtott térkép feküdt, rajta a város régi utcáinak neve.",
            "Minden levélhez külön számot írtak, és a számokat egy füzetben gyűjtötték össze.",
            "Télen a könyvtáros kesztyűben lapozott, mert a nagy teremben nem volt fűtés.",
        ],
    },
];

/// The sentences of a language, English if there are none of it.
#[must_use]
pub fn passage(language: &str) -> Passage {
    PASSAGES.into_iter().find(|passage| passage.language == language).unwrap_or(PASSAGES[0])
}

/// A paragraph of this many sentences, always the same for the same seed.
#[must_use]
pub fn prose(passage: Passage, sentences: usize, seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    let mut order: Vec<&str> = Vec::new();
    while order.len() < sentences {
        let mut round = passage.sentences.to_vec();
        rng.shuffle(&mut round);
        order.extend(round);
    }
    order.truncate(sentences);
    order.join(" ")
}
