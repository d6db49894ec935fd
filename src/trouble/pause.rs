//! Hosts that stand still for a while.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::live::{LiveNode, Parts};
use crate::sys::netlink::look;
use crate::sys::netns::NamespaceId;
use crate::sys::silence::Silencer;
use crate::trouble::Trouble;
use crate::worker;

impl<'net> Host<'net> {
    /// Stops the host until the guard is dropped, like a virtual machine that is paused or a process in a long garbage collection.
    ///
    /// Its programs are stopped (`SIGSTOP`), and it neither sends nor receives anything: no ARP, no neighbour discovery, nothing that it
    /// routes or bridges for others, nothing on its own loopback. Its interfaces keep their carrier, addresses and routes. So others see
    /// silence, and nobody is told; after a few seconds a neighbour on the same segment reports that it is unreachable, as it would of
    /// any host that answers no ARP. Established TCP connections go on when it is over.
    ///
    /// What arrives meanwhile is dropped, as by a paused machine whose receive ring is full. What had arrived before, and has not been
    /// read, is still there. The test's own threads in the host, [`run`](Self::run) and tasks, are not stopped: they send without an
    /// error, and nothing leaves; Unix sockets and pipes work. Clocks go on. Hosts that share a network are paused together. The root
    /// can be paused, too.
    ///
    /// A crash ends the pause.
    ///
    /// # Errors
    ///
    /// The host has crashed or is paused already, somebody gave one of its interfaces a queueing discipline, or the kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let pause = net.host("b").pause().unwrap();
    /// assert_eq!(net.host("a").ping("b").unwrap().received(), 0);
    /// pause.heal().unwrap();
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    ///
    /// See `SIGSTOP` in [signal(7)](https://man7.org/linux/man-pages/man7/signal.7.html).
    #[doc(alias = "freeze")]
    #[doc(alias = "suspend")]
    pub fn pause(self) -> Result<Trouble<'net>> {
        let parts = self.parts();
        let turn = parts.turn();
        let node = parts.plan.namespace_of(self.node());
        let live = parts.node(node);
        may_pause(self, live)?;
        let muted = silence(live).map_err(|error| error.inside(self.name()))?;
        live.outage.paused.store(true, Ordering::SeqCst);
        let namespace = live.namespace;
        let told = format!("host `{}` is paused", self.name());
        let undo = move |parts: &Arc<Parts>| resume(parts, node, namespace, &muted);
        let trouble = Trouble::begun(parts, told, undo);
        let stopped = stop_programs(parts, node, true);
        // If they could not be, the trouble ends here, in a turn of its own.
        drop(turn);
        stopped.map(|()| trouble)
    }
}

fn may_pause(host: Host<'_>, live: &LiveNode) -> Result<()> {
    let refused = |cause| {
        let what = format!("pause host `{}`", host.name());
        Error::new(Kind::Invalid, what, cause)
    };
    if live.has_crashed() {
        return Err(refused("it has crashed").help("`Host::restart` brings it back"));
    }
    if live.is_paused() {
        return Err(refused("it is paused already")
            .help("heal the first pause before; hosts that share a network are paused together"));
    }
    Ok(())
}

fn would_lose(interface: &str) -> Error {
    let cause = "it has a queueing discipline of somebody's, which would be lost";
    Error::new(
        Kind::Invalid,
        format!("silence interface `{interface}`"),
        cause,
    )
    .help(format!(
        "remove that first: `tc qdisc del dev {interface} root`"
    ))
}

/// Silences all interfaces; returns their numbers.
fn silence(live: &LiveNode) -> Result<Vec<u32>> {
    let interfaces = look::interfaces(&mut live.netlink())?;
    let mut silencer = worker::run_in(live, Silencer::open)??;
    let queues = silencer.queues()?;
    if let Some(it) = interfaces.iter().find(|it| queues.contains(&it.index)) {
        return Err(would_lose(&it.name));
    }
    let mut muted = Vec::new();
    let mut begin = |silencer: &mut Silencer| {
        for it in &interfaces {
            silencer.mute(&it.name, it.index)?;
            muted.push(it.index);
        }
        let names: Vec<&str> = interfaces.iter().map(|it| it.name.as_str()).collect();
        silencer.deafen(&names)
    };
    let begun = begin(&mut silencer);
    if begun.is_err() {
        muted.iter().for_each(|index| silencer.unmute(*index));
    }
    begun.map(|()| muted)
}

/// Ends the pause of a namespace, unless a crash has ended it.
fn resume(parts: &Arc<Parts>, node: usize, namespace: NamespaceId, muted: &[u32]) -> Result<()> {
    let _turn = parts.turn();
    let live = parts.node(node);
    if live.namespace != namespace || live.has_crashed() {
        return Ok(());
    }
    let mut silencer = worker::run_in(live, Silencer::open)??;
    muted.iter().for_each(|index| silencer.unmute(*index));
    let heard = silencer.listen();
    live.outage.paused.store(false, Ordering::SeqCst);
    stop_programs(parts, node, false)?;
    heard.map_err(|error| error.inside(&live.name))
}

/// Stops the programs of a node and of those that share its network, or lets them go on.
pub(super) fn stop_programs(parts: &Parts, node: usize, stopped: bool) -> Result<()> {
    for position in parts.sharing(node) {
        if let Some(family) = parts.programs_of(position) {
            let verb = if stopped { "stop" } else { "continue" };
            let what = format!(
                "{verb} the programs of host `{}`",
                parts.node(position).name
            );
            family
                .stop(stopped)
                .map_err(|cause| Error::kernel(what, cause))?;
        }
    }
    Ok(())
}
