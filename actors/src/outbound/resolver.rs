//! Resolves names to addresses that may be asked, and to no others.

use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::may_be_asked;

/// The resolver of the system.
pub(super) struct SystemResolver;

/// Another resolver, without what may not be asked. The connection is made to what it answers, and to nothing else.
pub(super) struct Guarded {
    pub(super) inner: Arc<dyn Resolve>,
    pub(super) allowed: Arc<[IpNet]>,
}

/// All addresses of a host are ones that may not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has no address that is public")]
pub(super) struct NotPublic;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (answer, allowed) = (self.inner.resolve(name), Arc::clone(&self.allowed));
        Box::pin(async move {
            let found: Vec<SocketAddr> = answer.await?.filter(|found| may_be_asked(found.ip(), &allowed)).collect();
            if found.is_empty() { Err(NotPublic.into()) } else { Ok(Box::new(found.into_iter()) as Addrs) }
        })
    }
}
