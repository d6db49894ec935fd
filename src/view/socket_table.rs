//! The kernel's socket tables as text, `/proc/net/tcp` and its kin, read into values.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::view::{Socket, SocketProtocol, SocketState};

/// The sockets of one table, or the line that is none.
pub(crate) fn parse(protocol: SocketProtocol, table: &str) -> Result<Vec<Socket>, String> {
    // The first line names the columns.
    let lines = table.lines().skip(1);
    lines
        .map(|line| socket(protocol, line).ok_or_else(|| format!("no socket: `{}`", line.trim())))
        .collect()
}

/// `sl local_address rem_address st tx_queue:rx_queue tr:when retrnsmt uid timeout inode`, and columns of each protocol's own.
fn socket(protocol: SocketProtocol, line: &str) -> Option<Socket> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let local = socket_addr(words.next()?)?;
    let remote = socket_addr(words.next()?)?;
    let state = u8::from_str_radix(words.next()?, 16).ok()?;
    let (send_queue, receive_queue) = words.next()?.split_once(':')?;
    let mut words = words.skip(2);
    let user = words.next()?.parse().ok()?;
    let inode = words.nth(1)?.parse().ok()?;
    Some(Socket {
        protocol,
        local,
        remote: Some(remote).filter(|it| it.port() != 0 || !it.ip().is_unspecified()),
        state: SocketState::from_number(state),
        receive_queue: u32::from_str_radix(receive_queue, 16).ok()?,
        send_queue: u32::from_str_radix(send_queue, 16).ok()?,
        user,
        inode,
    })
}

/// `0100007F:0050`: an address as one number or four, each in the machine's own byte order, and a port.
fn socket_addr(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(address)?)),
        32 => {
            let mut bytes = [0; 16];
            for (place, start) in bytes.chunks_exact_mut(4).zip((0..32).step_by(8)) {
                place.copy_from_slice(&word(address.get(start..start + 8)?)?);
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(SocketAddr::new(
        address,
        u16::from_str_radix(port, 16).ok()?,
    ))
}

fn word(text: &str) -> Option<[u8; 4]> {
    Some(u32::from_str_radix(text, 16).ok()?.to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADING: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    /// The address as this machine's kernel would write it.
    fn written(address: SocketAddr) -> String {
        let bytes = match address.ip() {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let words = bytes.chunks_exact(4).map(|word| {
            let word = word.try_into().unwrap();
            format!("{:08X}", u32::from_ne_bytes(word))
        });
        format!("{}:{:04X}", words.collect::<String>(), address.port())
    }

    fn line(local: &str, remote: &str, state: u8) -> String {
        let [local, remote] = [local, remote].map(|it| written(it.parse().unwrap()));
        format!(
            "   0: {local} {remote} {state:02X} 00000005:0000000A 00:00000000 00000000  1000        0 566 1 000000009ab81be4 100 0 0 10 0\n"
        )
    }

    /// Lines of a real kernel, 6.18 on a little-endian machine.
    #[cfg(target_endian = "little")]
    #[test]
    fn what_a_kernel_wrote_is_read() {
        let tcp = format!(
            "{HEADING}\
             \x20  0: 0100007F:07E8 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 26690010 2 000000005c9bc1ca 100 0 0 10 0                  \n\
             \x20  1: 0100007F:07E8 0100007F:DC0C 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000054c460e0 20 0 0 10 -1                         \n"
        );
        let tcp6 = format!(
            "{HEADING}\
             \x20  0: 010000FD000000000000000002000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 26690007 1 000000007b38170e 100 0 0 10 0\n\
             \x20  1: 010000FD000000000000000002000000:9C40 010000FD000000000000000002000000:0050 06 00000000:00000000 03:00001770 00000000     0        0 0 3 00000000b374347a\n"
        );
        let read: Vec<String> = [tcp, tcp6]
            .iter()
            .flat_map(|text| parse(SocketProtocol::Tcp, text).unwrap())
            .map(|socket| socket.to_string())
            .collect();
        assert_eq!(
            read,
            [
                "tcp LISTEN 1 0 127.0.0.1:2024 0.0.0.0:*",
                "tcp ESTAB 0 0 127.0.0.1:2024 127.0.0.1:56332",
                "tcp LISTEN 0 0 [fd00:1::2]:80 [::]:*",
                "tcp TIME-WAIT 0 0 [fd00:1::2]:40000 [fd00:1::2]:80",
            ]
        );
    }

    #[test]
    fn each_column_finds_its_field() {
        let text = format!(
            "{HEADING}{}{}",
            line("10.1.0.2:80", "10.1.0.1:4000", 1),
            line("[::ffff:10.1.0.2]:80", "[::]:0", 10)
        );
        let sockets = parse(SocketProtocol::Tcp, &text).unwrap();
        assert_eq!(
            sockets[0],
            Socket {
                protocol: SocketProtocol::Tcp,
                local: "10.1.0.2:80".parse().unwrap(),
                remote: Some("10.1.0.1:4000".parse().unwrap()),
                state: SocketState::Established,
                receive_queue: 10,
                send_queue: 5,
                user: 1000,
                inode: 566,
            }
        );
        // An IPv4 address of an IPv6 socket stays what the socket is.
        assert_eq!(sockets[1].local.to_string(), "[::ffff:10.1.0.2]:80");
        assert_eq!(sockets[1].remote, None);
    }

    #[test]
    fn an_empty_table_has_no_sockets() {
        assert_eq!(parse(SocketProtocol::Udp, HEADING), Ok(Vec::new()));
        assert_eq!(parse(SocketProtocol::Udp, ""), Ok(Vec::new()));
    }

    /// A line is a socket or an error, wherever it was cut.
    #[test]
    fn truncated_lines_are_errors_and_never_sockets() {
        let whole = line("10.1.0.2:80", "10.1.0.1:4000", 1);
        let inode = whole.find(" 566").unwrap();
        for end in 1..inode {
            let text = format!("{HEADING}{}", &whole[..end]);
            let error = parse(SocketProtocol::Tcp, &text).unwrap_err();
            assert_eq!(error, format!("no socket: `{}`", whole[..end].trim()));
        }
    }

    proptest! {
        #[test]
        fn every_address_is_read_back(local: Ipv6Addr, remote: Ipv4Addr, port in 1_u16..) {
            let (local, remote) = (SocketAddr::new(local.into(), port), SocketAddr::new(remote.into(), port));
            prop_assert_eq!(socket_addr(&written(local)), Some(local));
            prop_assert_eq!(socket_addr(&written(remote)), Some(remote));
        }

        #[test]
        fn no_text_makes_it_panic(text: String, words in proptest::collection::vec("[0-9A-F:é]{0,34}", 0..14)) {
            drop(parse(SocketProtocol::Tcp, &format!("{HEADING}{text}")));
            drop(parse(SocketProtocol::Udp, &format!("{HEADING}{}", words.join(" "))));
        }
    }
}
