//! Where a request came from: the connection's other end, or what a trusted reverse proxy says.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

use super::failure::PageError;
use crate::app::App;

/// The address by which tries are counted. Of IPv6 that is the network of 64 bits that every
/// subscriber has for itself: otherwise each could try from more addresses than anybody can count.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, app)
            .await
            .map_err(|error| anyhow::anyhow!("peer address: {error}"))?;
        let trusted = &app.config.trusted_proxies;
        Ok(Self(network(client(peer.ip(), &parts.headers, trusted))))
    }
}

/// The address itself, of IPv6 its first 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64))),
    }
}

/// The last hop that `X-Forwarded-For` names, if a trusted proxy sent it: that one the proxy saw
/// itself, all before it anybody can invent.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted.iter().any(|network| network.contains(&peer)) {
        return peer;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    last.and_then(|value| value.to_str().ok())
        .and_then(|hops| hops.rsplit(',').next())
        .and_then(|hop| address(hop.trim()))
        .unwrap_or(peer)
}

/// `203.0.113.7`, `203.0.113.7:4000`, `2001:db8::7` or `[2001:db8::7]:4000`.
fn address(hop: &str) -> Option<IpAddr> {
    let whole = hop.parse::<IpAddr>().ok();
    let whole = whole.or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()));
    whole.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_counts_once_however_many_addresses_it_has() {
        let table = [
            ("2001:db8:1:2::7", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
            ("2001:db8:1:3::7", "2001:db8:1:3::"),
            ("203.0.113.7", "203.0.113.7"),
        ];
        for (address, counted) in table {
            assert_eq!(network(address.parse().unwrap()).to_string(), counted);
        }
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_hop() {
        let trusted = [
            "127.0.0.1/32".parse().unwrap(),
            "10.0.0.0/24".parse().unwrap(),
        ];
        let table: &[(&str, &[&str], &str)] = &[
            ("127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("::ffff:127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.9", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            (
                "10.0.0.9",
                &["198.51.100.1", "203.0.113.7:4000"],
                "203.0.113.7",
            ),
            ("10.0.0.9", &["[2001:db8::7]:4000"], "2001:db8::7"),
            ("10.0.0.9", &["2001:db8::7"], "2001:db8::7"),
            // Said by a stranger.
            ("10.0.1.9", &["203.0.113.7"], "10.0.1.9"),
            ("192.0.2.1", &["127.0.0.1"], "192.0.2.1"),
            // Said by nobody, or unreadable.
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7, bilinmiyor"], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
        ];
        for (peer, hops, expected) in table {
            let mut headers = HeaderMap::new();
            for hop in *hops {
                headers.append("x-forwarded-for", hop.parse().unwrap());
            }
            let found = client(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), *expected, "{peer} {hops:?}");
        }
    }
}
