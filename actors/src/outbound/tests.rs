//! What may not be asked is not asked, however it is written. Everything runs on loopback addresses: those of the network
//! `127.0.0.2/32` stand for public ones, all others must never see a connection.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use d2d_api::ProblemCode;
use d2d_config::OutboundConfig;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Outbound, OutboundError};

/// Addresses that nobody may have asked, in all their spellings, with `PORT` for the port of a server that listens there.
const FORBIDDEN: [&str; 66] = [
    // As they are usually written.
    "http://127.0.0.1:PORT/",
    "http://10.0.0.1:PORT/",
    "http://172.16.0.1:PORT/",
    "http://192.168.0.1:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/machine?comp=goalstate",
    "http://100.100.100.200/latest/meta-data/",
    "http://0.0.0.0:PORT/",
    "http://255.255.255.255:PORT/",
    "http://224.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
    // Short forms, one number, octal, hexadecimal, and mixtures of them.
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://0:PORT/",
    "http://2130706433:PORT/",
    "http://017700000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0177.0.0.01:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.0.0.1:PORT/",
    "http://0X7F.1:PORT/",
    "http://127.0.0x1:PORT/",
    "http://0000177.0.0.1:PORT/",
    "http://3232235521:PORT/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://10.1:PORT/",
    // Dots at the end, other dots, other digits, percent-encoding.
    "http://127.0.0.1.:PORT/",
    "http://127\u{3002}0\u{3002}0\u{3002}1:PORT/",
    "http://\u{ff11}\u{ff12}\u{ff17}.\u{ff10}.\u{ff10}.\u{ff11}:PORT/",
    "http://\u{2460}\u{2461}\u{2466}.\u{24ea}.\u{24ea}.\u{2460}:PORT/",
    "http://127\u{ff0e}0\u{ff0e}0\u{ff0e}1:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://127.0.0%2e1:PORT/",
    // IPv6: loopback, unspecified, link-local, unique local, site-local, multicast.
    "http://[::1]:PORT/",
    "http://[::]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[fc00::1]:PORT/",
    "http://[FEC0::1]:PORT/",
    "http://[ff02::1]:PORT/",
    // IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::FFFF:A9FE:A9FE]/",
    "http://[0:0:0:0:0:ffff:7f00:0001]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[::ffff:0:127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b:1::7f00:1]:PORT/",
    "http://[2002:7f00:1::1]:PORT/",
    "http://[2001:0:7f00:1::1]:PORT/",
    "http://[2001:db8::1]:PORT/",
    // Names of this machine.
    "http://localhost:PORT/",
    "http://LOCALHOST:PORT/",
    "http://LocalHost.:PORT/",
    "http://a.localhost:PORT/",
    "http://\u{ff4c}\u{ff4f}calhost:PORT/",
    "http:localhost:PORT/",
    "http:\\\\localhost:PORT\\",
    // What stands before an `@`, or after a backslash, is not the host.
    "http://127.0.0.2:80@127.0.0.1:PORT/",
    "http://127.0.0.2@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\@127.0.0.2/",
    "http://127.0.0.1:PORT#@127.0.0.2/",
    "http:/\\127.0.0.1:PORT/",
];

/// What is no address that can be asked at all.
const BAD: [&str; 22] = [
    "",
    "127.0.0.1",
    "/etc/passwd",
    "file:///etc/passwd",
    "ftp://127.0.0.2/a",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/stats",
    "data:application/pdf;base64,AAAA",
    "javascript:alert(1)",
    "jar:http://127.0.0.1!/",
    "http://",
    "http:///",
    "http://:80/",
    "http://127.0.0.1:99999/",
    "http://[::1",
    "http://[fe80::1%25eth0]/",
    "http://256.256.256.256/",
    "http://127.0.0.0x100/",
    "http://1.2.3.4.5/",
    "http://a b/",
    "http://anna@127.0.0.2/",
    "http://:secret@127.0.0.2/",
];

/// A server that counts its connections, and answers all of them alike.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(ip: &str, answer: String) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                tokio::spawn(async move {
                    let _ = connection.read(&mut [0; 4096]).await;
                    let _ = connection.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { address, connections }
    }

    /// One that must never be asked.
    async fn secret(ip: &str) -> Self {
        Self::start(ip, ok("secret")).await
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn leads_to(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

/// Names that are resolved as the test wants: each time to the next answer, the last one for ever.
struct Script(Mutex<VecDeque<Vec<IpAddr>>>);

impl Script {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect());
        Arc::new(Self(Mutex::new(answers.collect())))
    }
}

impl Resolve for Script {
    fn resolve(&self, _: Name) -> Resolving {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let found: Vec<_> = answer.unwrap_or_default().into_iter().map(|ip| SocketAddr::new(ip, 0)).collect();
        Box::pin(async move { Ok(Box::new(found.into_iter()) as Addrs) })
    }
}

/// One that may ask `127.0.0.2` as if it were public.
fn outbound(names: Arc<dyn Resolve>) -> Outbound {
    let allow = vec!["127.0.0.2/32".parse().unwrap()];
    Outbound::with_resolver(&OutboundConfig { allow, ..OutboundConfig::default() }, names).unwrap()
}

fn no_names() -> Arc<dyn Resolve> {
    Script::new(&[&[]])
}

async fn get(outbound: &Outbound, url: &str) -> Result<String, OutboundError> {
    let answer = outbound.get(outbound.admit(url)?).await?;
    Ok(answer.text().await.unwrap())
}

fn is_forbidden(result: &Result<String, OutboundError>) -> bool {
    matches!(result, Err(error) if error.code() == ProblemCode::FetchForbidden)
}

#[tokio::test]
async fn no_spelling_of_a_private_address_is_asked() {
    let (v4, v6) = (Server::secret("127.0.0.1").await, Server::secret("::1").await);
    let outbound = outbound(Script::new(&[&["127.0.0.1", "::1"]]));
    for server in [&v4, &v6] {
        let port = server.address.port().to_string();
        for spelling in FORBIDDEN {
            let url = spelling.replace("PORT", &port);
            let admitted = outbound.admit(&url);
            // A name or a password in an address is refused for itself.
            let refused = match &admitted {
                Err(OutboundError::Forbidden { .. }) => true,
                Err(OutboundError::BadUrl(_)) => spelling.contains('@'),
                _ => false,
            };
            assert!(refused, "{url}: {admitted:?}");
            // Whoever asked all the same would be refused, too.
            if let Ok(parsed) = Url::parse(&url) {
                let answer = outbound.get(parsed).await;
                assert!(answer.is_err(), "{url}");
            }
        }
    }
    assert_eq!((v4.connections(), v6.connections()), (0, 0), "somebody was asked");
}

#[tokio::test]
async fn what_is_no_web_address_is_refused() {
    let outbound = outbound(no_names());
    for url in BAD.into_iter().map(str::to_owned).chain([format!("http://127.0.0.2/{}", "x".repeat(4096))]) {
        let admitted = outbound.admit(&url);
        assert!(matches!(&admitted, Err(error) if error.code() == ProblemCode::FetchBadUrl), "{url}: {admitted:?}");
    }
}

#[tokio::test]
async fn an_allowed_address_is_asked_in_any_spelling() {
    let server = Server::start("127.0.0.2", ok("page")).await;
    let outbound = outbound(no_names());
    let port = server.address.port();
    let spellings = ["127.0.0.2", "127.2", "0x7f000002", "2130706434", "127.0.0.2.", "127.0.0.2", "[::ffff:7f00:2]"];
    for host in spellings {
        let answer = get(&outbound, &format!("http://{host}:{port}/")).await;
        // An IPv4 address in IPv6 is admitted as what it is, whether or not the system can reach it so.
        assert!(answer.as_deref() == Ok("page") || host.starts_with('['), "{host}: {answer:?}");
        assert!(!is_forbidden(&answer), "{host}");
    }
    assert!(server.connections() >= spellings.len() - 1);
}

#[tokio::test]
async fn names_of_private_addresses_are_not_asked() {
    let (v4, v6) = (Server::secret("127.0.0.1").await, Server::secret("::1").await);
    let private: [&[&str]; 9] = [
        &["127.0.0.1"],
        &["::1"],
        &["127.0.0.1", "::1"],
        &["::ffff:127.0.0.1"],
        &["10.0.0.1"],
        &["169.254.169.254"],
        &["fe80::1", "fd00::1"],
        &["64:ff9b::7f00:1"],
        &["0.0.0.0", "::"],
    ];
    for answer in private {
        let outbound = outbound(Script::new(&[answer]));
        for server in [&v4, &v6] {
            for name in ["intranet.example", "127.0.0.1.nip.example", "xn--bcher-kva.example."] {
                let url = format!("http://{name}:{}/", server.address.port());
                let answer = get(&outbound, &url).await;
                assert!(is_forbidden(&answer), "{url}: {answer:?}");
            }
        }
    }
    assert_eq!((v4.connections(), v6.connections()), (0, 0), "somebody was asked");
}

#[tokio::test]
async fn of_several_addresses_only_public_ones_are_asked() {
    let public = Server::start("127.0.0.2", ok("page")).await;
    let outbound = outbound(Script::new(&[&["127.0.0.1", "::1", "127.0.0.2"]]));
    let url = format!("http://both.example:{}/", public.address.port());
    assert_eq!(get(&outbound, &url).await.as_deref(), Ok("page"));
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_judged_by_what_is_connected_to() {
    let public = Server::start("127.0.0.2", ok("page")).await;
    let port = public.address.port();
    // The same port on the private side: it is told apart by the address alone.
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let outbound = outbound(Script::new(&[&["127.0.0.2"], &["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1"]]));
    let url = format!("http://rebinding.example:{port}/");
    for turn in 0..4 {
        let answer = get(&outbound, &url).await;
        assert_eq!(is_forbidden(&answer), turn % 2 == 1, "{turn}: {answer:?}");
    }
    assert_eq!(public.connections(), 2);
    let nobody = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(nobody.is_err(), "the private side was asked");
}

#[tokio::test]
async fn where_a_public_server_leads_to_is_judged_as_well() {
    let (v4, v6) = (Server::secret("127.0.0.1").await, Server::secret("::1").await);
    let (port4, port6) = (v4.address.port(), v6.address.port());
    let targets = [
        format!("http://127.0.0.1:{port4}/"),
        format!("//127.0.0.1:{port4}/"),
        format!("http://127.1:{port4}/"),
        format!("http://2130706433:{port4}/"),
        format!("http://[::1]:{port6}/"),
        format!("http://[::ffff:127.0.0.1]:{port4}/"),
        format!("http://localhost:{port4}/"),
        format!("http://intranet.example:{port4}/"),
        format!("http://127.0.0.2@127.0.0.1:{port4}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1/".to_owned(),
        "http://[".to_owned(),
    ];
    let outbound = outbound(Script::new(&[&["127.0.0.1", "::1"]]));
    for status in [301, 302, 303, 307, 308] {
        for target in &targets {
            let public = Server::start("127.0.0.2", leads_to(status, target)).await;
            let answer = get(&outbound, &public.url()).await;
            let refused = [ProblemCode::FetchForbidden, ProblemCode::FetchBadUrl];
            assert!(matches!(&answer, Err(error) if refused.contains(&error.code())), "{status} {target}: {answer:?}");
            assert_eq!(public.connections(), 1);
        }
    }
    assert_eq!((v4.connections(), v6.connections()), (0, 0), "somebody was asked");
}

#[tokio::test]
async fn a_way_over_public_servers_to_a_private_one_ends_before_it() {
    let secret = Server::secret("127.0.0.1").await;
    let last = Server::start("127.0.0.2", leads_to(302, &secret.url())).await;
    let first = Server::start("127.0.0.2", leads_to(302, &last.url())).await;
    let answer = get(&outbound(no_names()), &first.url()).await;
    assert!(is_forbidden(&answer), "{answer:?}");
    assert_eq!((first.connections(), last.connections(), secret.connections()), (1, 1, 0));
}

#[tokio::test]
async fn leading_on_has_an_end() {
    let page = Server::start("127.0.0.2", ok("page")).await;
    let mut last = page.url();
    for _ in 0..5 {
        last = Server::start("127.0.0.2", leads_to(302, &last)).await.url();
    }
    let outbound = outbound(no_names());
    assert_eq!(get(&outbound, &last).await.as_deref(), Ok("page"));
    let one_more = Server::start("127.0.0.2", leads_to(302, &last)).await;
    assert_eq!(get(&outbound, &one_more.url()).await, Err(OutboundError::TooManyRedirects));
}

#[tokio::test]
async fn where_the_answer_to_a_post_leads_is_not_followed() {
    let page = Server::start("127.0.0.2", ok("page")).await;
    let server = Server::start("127.0.0.2", leads_to(307, &page.url())).await;
    let outbound = outbound(no_names());
    let answer = outbound.post(server.url().parse().unwrap(), reqwest::header::HeaderMap::new(), Vec::new()).await;
    assert_eq!(answer.map(|answer| answer.status().as_u16()), Ok(307));
    assert_eq!(page.connections(), 0);
}
