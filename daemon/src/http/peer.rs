//! The local Unix socket: who is at its other end, as the kernel says, and whether that makes an operator.

use std::borrow::Cow;

use d2d_api::Role;
use nix::unistd::{Gid, Group, Uid, User, geteuid};
use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Request, Result};
use tokio::net::unix::UCred;
use tokio::net::{UnixListener, UnixStream};

use super::caller::{Caller, Credential};

/// The group whose members are operators.
pub(crate) const OPERATORS: &str = "data2data";
/// How the address of an operator's end begins.
const OPERATOR_SCHEME: &str = "unix-operator";
/// How the address of anybody else's end begins.
const OTHER_SCHEME: &str = "unix";

/// Accepts connections on a Unix socket, and asks the kernel who is at their other end.
pub(crate) struct PeerAcceptor(UnixListener);

impl PeerAcceptor {
    /// Accepts connections of `listener`.
    pub(crate) fn new(listener: UnixListener) -> Self {
        Self(listener)
    }
}

impl Acceptor for PeerAcceptor {
    type Io = UnixStream;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.0.local_addr().map(|address| LocalAddr(address.into())).into_iter().collect()
    }

    async fn accept(&mut self) -> std::io::Result<(UnixStream, LocalAddr, RemoteAddr, Scheme)> {
        let (stream, _) = self.0.accept().await?;
        let local = LocalAddr(stream.local_addr()?.into());
        let peer = stream.peer_cred()?;
        let scheme = if is_operator(&peer) { OPERATOR_SCHEME } else { OTHER_SCHEME };
        let name: Cow<'static, str> = user_name(peer.uid()).into();
        Ok((stream, local, RemoteAddr(Addr::Custom(scheme, name)), Scheme::HTTP))
    }
}

/// Somebody whom the kernel says to be an operator.
#[derive(Debug, Clone)]
pub(super) struct LocalOperator(String);

impl LocalOperator {
    /// As the maker of a request. No account has such a name, so it has no tasks but those made here.
    pub(super) fn caller(&self) -> Caller {
        let name = format!("unix:{}", self.0);
        Caller { name, role: Role::Operator, token_expires_at: None, credential: Credential::Local }
    }
}

/// Marks the requests of operators.
#[allow(clippy::unused_async)] // poem wants a future here
pub(super) async fn recognise(mut request: Request) -> Result<Request> {
    if let RemoteAddr(Addr::Custom(OPERATOR_SCHEME, name)) = request.remote_addr() {
        let operator = LocalOperator(name.to_string());
        request.set_data(operator);
    }
    Ok(request)
}

/// Root, the daemon's own user, and members of the group.
fn is_operator(peer: &UCred) -> bool {
    peer.uid() == 0 || peer.uid() == geteuid().as_raw() || in_group(peer)
}

fn in_group(peer: &UCred) -> bool {
    let Ok(Some(group)) = Group::from_name(OPERATORS) else { return false };
    let supplementary = || {
        let user = User::from_uid(Uid::from_raw(peer.uid())).ok().flatten()?;
        Some(group.mem.contains(&user.name))
    };
    group.gid == Gid::from_raw(peer.gid()) || supplementary().unwrap_or(false)
}

fn user_name(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_daemons_own_user_is_an_operator() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d2d.sock");
        let mut acceptor = PeerAcceptor::new(UnixListener::bind(&path).unwrap());
        let _client = UnixStream::connect(&path).await.unwrap();
        let (_stream, _, remote, _) = acceptor.accept().await.unwrap();
        assert!(matches!(remote, RemoteAddr(Addr::Custom(OPERATOR_SCHEME, _))), "{remote}");
    }

    #[tokio::test]
    async fn only_the_kernel_makes_operators() {
        let request = recognise(Request::builder().header("x-operator", "root").finish()).await.unwrap();
        assert!(request.data::<LocalOperator>().is_none());
    }
}
