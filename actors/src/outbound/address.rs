//! Which addresses may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What is not public of IPv4: the special-purpose registry of IANA (RFC 6890), multicast, and the former class E; and the
/// one address under which a cloud (Azure) offers its machines, and nobody else, its own services.
const SPECIAL_V4: [Ipv4Net; 17] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([168, 63, 129, 16], 32),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 31, 196, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// What is public of IPv6: global unicast (RFC 4291 section 2.4),
const PUBLIC_V6: Ipv6Net = v6([0x2000, 0, 0], 3);
/// without what the registry of IANA has in it for other ends: protocols (with Teredo), documentation, and 6to4, which
/// carries an IPv4 address.
const SPECIAL_V6: [Ipv6Net; 4] =
    [v6([0x2001, 0, 0], 23), v6([0x2001, 0x0db8, 0], 32), v6([0x2002, 0, 0], 16), v6([0x3fff, 0, 0], 20)];

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b, c]: [u16; 3], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), length)
}

/// Whether an address may be asked: it is public and not one of this machine, or in one of the networks `allowed`. An IPv4
/// address that is written as one of IPv6 is judged as what it is.
pub(super) fn may_be_asked(address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = address.to_canonical();
    allowed.iter().any(|network| network.contains(&address)) || is_public(address) && !is_own(address)
}

/// Whether it is an address of this machine. Behind it are services that no firewall keeps from the machine itself. The
/// system lets nobody listen on an address of another.
fn is_own(address: IpAddr) -> bool {
    let may_listen = |address: IpAddr| UdpSocket::bind((address, 0)).is_ok();
    // Unless it is set up to (`ip_nonlocal_bind`), which one of nobody tells: then nothing can be told of any.
    let nobodys = match address {
        IpAddr::V4(_) => IpAddr::from([192, 0, 2, 1]),
        IpAddr::V6(_) => IpAddr::from([0x2001, 0x0db8, 0, 0, 0, 0, 0, 1]),
    };
    may_listen(address) && !may_listen(nobodys)
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            PUBLIC_V6.contains(&address) && !SPECIAL_V6.iter().any(|network| network.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        may_be_asked(text.parse().unwrap(), &[])
    }

    #[test]
    fn only_public_addresses_are_public() {
        for address in ["1.1.1.1", "93.184.215.14", "172.32.0.1", "192.0.1.1", "223.255.255.255", "2606:4700::1111"] {
            assert!(public(address), "{address}");
        }
        let special = [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for address in special {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn an_operator_can_allow_networks() {
        let allowed = ["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()];
        for (address, may) in [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("10.2.0.1", false), ("::1", true)] {
            assert_eq!(may_be_asked(address.parse().unwrap(), &allowed), may, "{address}");
        }
    }
}
