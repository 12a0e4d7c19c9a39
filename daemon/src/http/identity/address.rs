//! Where a request comes from: the other end of the connection, or, if that is a trusted proxy, whom it forwards for.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv6Net};
use poem::http::HeaderMap;

/// The header in which a proxy says whom it forwards for. Each proxy on the way appends the address that it was asked from.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// The network that somebody with IPv6 has for themselves, at the least.
const ONES_OWN: u8 = 64;

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// An address; of IPv6 its network of 64 bits, in which one client can take any address.
    Network(IpAddr),
    /// The local socket.
    Local,
}

impl Source {
    /// The source of a request from `peer` with these headers. `None` is the local socket.
    pub(super) fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        peer.map_or(Self::Local, |peer| Self::Network(network(client(peer, headers, trusted))))
    }
}

/// The last address on the way that is not a trusted proxy's: what comes before it anybody can have written.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer.to_canonical();
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    for line in lines.into_iter().rev() {
        for hop in line.to_str().unwrap_or_default().rsplit(',') {
            // A hop that can't be read is believed as little as what comes before it.
            let (true, Some(address)) = (is_trusted(client), parse(hop)) else { return client };
            client = address;
        }
    }
    client
}

/// An address as proxies write it: some add the port, and then brackets around IPv6.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop.parse().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()));
    let address = address.or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    address.map(|address: IpAddr| address.to_canonical())
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Net::new(v6, ONES_OWN).map_or(address, |network| network.network().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted = ["127.0.0.0/8".parse().unwrap(), "10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()];
        match Source::of(Some(peer.parse().unwrap()), &headers, &trusted) {
            Source::Network(address) => address.to_string(),
            Source::Local => "local".to_owned(),
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(source("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(source("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(source("::ffff:127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(source("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn the_last_untrusted_hop_counts() {
        assert_eq!(source("127.0.0.1", &["1.1.1.1, 198.51.100.1, 10.1.2.3"]), "198.51.100.1");
        assert_eq!(source("127.0.0.1", &["1.1.1.1", "198.51.100.1,10.1.2.3", " 10.1.2.4 "]), "198.51.100.1");
        assert_eq!(source("127.0.0.1", &["10.1.2.3"]), "10.1.2.3", "all are proxies: the farthest");
    }

    #[test]
    fn what_cannot_be_read_ends_the_way() {
        assert_eq!(source("127.0.0.1", &["198.51.100.1, unknown"]), "127.0.0.1");
        assert_eq!(source("127.0.0.1", &["1.1.1.1, x, 10.1.2.3"]), "10.1.2.3");
        assert_eq!(source("127.0.0.1", &["198.51.100.1:8080"]), "198.51.100.1");
        assert_eq!(source("127.0.0.1", &["[2001:db8::7]:8080"]), "2001:db8::");
    }

    #[test]
    fn one_network_of_ipv6_is_one_source() {
        assert_eq!(source("2001:db8:1:2:3:4:5:6", &[]), "2001:db8:1:2::");
        assert_eq!(source("fd00::1", &["2001:db8::ffff:1"]), "2001:db8::");
        assert_eq!(source("fd00::1", &["::ffff:198.51.100.1"]), "198.51.100.1");
    }
}
