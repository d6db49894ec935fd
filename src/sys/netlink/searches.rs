//! The kernel's searches for the hardware addresses of neighbours.
//!
//! A search asks once a second, three times unless the parameters say otherwise, and keeps what waits for the answer. See
//! [arp(7)](https://man7.org/linux/man-pages/man7/arp.7.html).

use rtnetlink::packet_core::NLM_F_REPLACE;
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::neighbour::{
    NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};

use super::look::neighbour;
use super::{Request, Transport};
use crate::address::Family;
use crate::error::Result;

/// Begins those that nobody has answered yet anew: they ask at once, and what waits goes on waiting.
pub(crate) fn search_again(transport: &mut Transport) -> Result<()> {
    let mut requests = Vec::new();
    for family in Family::BOTH {
        for message in transport.dump("list neighbours", &neighbour::request(family))? {
            match message {
                RouteNetlinkMessage::NewNeighbour(it)
                    if it.header.state == NeighbourState::Incomplete =>
                {
                    requests.extend(anew(&it));
                }
                _ => {}
            }
        }
    }
    if requests.is_empty() {
        return Ok(());
    }
    transport.execute(requests)
}

/// A search is not begun while it goes on: first nothing is known of the neighbour, as before it was needed; then it is needed.
fn anew(searched: &NeighbourMessage) -> [Request; 2] {
    let mut message = NeighbourMessage::default();
    message.header.family = searched.header.family;
    message.header.ifindex = searched.header.ifindex;
    let destination = |it: &&NeighbourAttribute| matches!(it, NeighbourAttribute::Destination(_));
    let destination = searched.attributes.iter().find(destination).cloned();
    message.attributes.extend(destination);
    let mut needed = message.clone();
    needed.header.flags = NeighbourFlags::Use;
    [message, needed].map(|message| {
        let what = "search for a neighbour again";
        Request::new(
            what,
            RouteNetlinkMessage::NewNeighbour(message),
            NLM_F_REPLACE,
        )
    })
}
