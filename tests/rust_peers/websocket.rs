//! WebSocket by tokio-tungstenite.

use futures_util::{SinkExt, StreamExt};
use netns_test::{Host, Network, Task, TestResult, Topology, netns_test};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{accept_async, client_async};

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// Serves one connection: sends back what comes, and returns how the other side closed.
async fn echo(server: Host<'_>) -> TestResult<Task<Result<Option<CloseFrame>, Error>>> {
    let listener = server.run_async(|| TcpListener::bind("[::]:80")).await?;
    Ok(server.spawn(move || async move {
        let (stream, _) = listener.accept().await?;
        let mut socket = accept_async(stream).await?;
        let mut goodbye = None;
        while let Some(message) = socket.next().await {
            match message? {
                Message::Close(frame) => goodbye = frame,
                message @ (Message::Text(_) | Message::Binary(_)) => socket.send(message).await?,
                _ => {}
            }
        }
        Ok(goodbye)
    }))
}

#[netns_test(topology = lan(), families(v4, v6, dual))]
async fn messages_come_back_whole_and_in_order(net: &Network) -> TestResult {
    let served = echo(net.host("server")).await?;
    let talked = net.host("client").run_async(|| async {
        let stream = TcpStream::connect("server:80").await?;
        let (mut socket, response) = client_async("ws://server/echo", stream).await?;
        assert_eq!(response.status(), 101);
        // From nothing to several segments, and a length that takes the longest form.
        let sizes = [0, 1, 125, 126, 65_535, 65_536, 1 << 20];
        for size in sizes {
            let message = Message::binary(vec![size as u8; size]);
            socket.send(message.clone()).await?;
            assert_eq!(socket.next().await.unwrap()?, message);
        }
        for number in 0..100 {
            socket.feed(Message::text(format!("{number}"))).await?;
        }
        socket.flush().await?;
        for number in 0..100 {
            assert_eq!(
                socket.next().await.unwrap()?,
                Message::text(format!("{number}"))
            );
        }
        socket.send(Message::Ping("here?".into())).await?;
        assert_eq!(socket.next().await.unwrap()?, Message::Pong("here?".into()));
        let goodbye = CloseFrame {
            code: CloseCode::Away,
            reason: "enough".into(),
        };
        socket.close(Some(goodbye)).await?;
        assert!(socket.next().await.unwrap()?.is_close());
        Ok::<(), Error>(())
    });
    talked.await?;
    let goodbye = served.await?.ok_or("the client gave no reason")?;
    assert_eq!(
        (goodbye.code, goodbye.reason.as_str()),
        (CloseCode::Away, "enough")
    );
    Ok(())
}

/// A client that vanishes is not one that said goodbye.
#[netns_test(topology = lan(), families(v4, v6, dual))]
async fn a_client_that_vanishes_is_noticed(net: &Network) -> TestResult {
    let served = echo(net.host("server")).await?;
    let talked = net.host("client").run_async(|| async {
        let stream = TcpStream::connect("server:80").await?;
        client_async("ws://server/echo", stream).await.map(drop)
    });
    talked.await?;
    let error = served.await.unwrap_err();
    assert!(
        error.to_string().contains("without closing handshake"),
        "{error}"
    );
    Ok(())
}
