//! An HTTP server by hyper in a host, and a client that takes names.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use netns_test::{Host, Task, TestResult};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;
pub(crate) type Body = BoxBody<Bytes, Failure>;
pub(crate) type Answer = Result<Response<Body>, Failure>;

/// A server that listens on port 80 of its host.
pub(crate) struct Server {
    pub(crate) task: Task<()>,
    stop: oneshot::Sender<()>,
}

impl Server {
    /// It takes no further connections, and ends with the requests that it has.
    pub(crate) fn stop(self) -> Task<()> {
        self.stop.send(()).unwrap();
        self.task
    }
}

/// Starts a server for both versions of the protocol. It listens when this returns.
pub(crate) async fn serve<F, Fut>(host: Host<'_>, handle: F) -> TestResult<Server>
where
    F: Fn(Request<Incoming>, SocketAddr) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let listener = host.run_async(|| TcpListener::bind("[::]:80")).await?;
    let (stop, stopped) = oneshot::channel();
    let task = host.spawn(move || accept(listener, stopped, handle));
    Ok(Server { task, stop })
}

/// The connections end with this future.
async fn accept<F, Fut>(listener: TcpListener, mut stopped: oneshot::Receiver<()>, handle: F)
where
    F: Fn(Request<Incoming>, SocketAddr) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let protocol = auto::Builder::new(TokioExecutor::new());
    loop {
        let (stream, from) = tokio::select! {
            accepted = listener.accept() => accepted.unwrap(),
            // A server that is dropped is not stopped.
            Ok(()) = &mut stopped => break,
        };
        let handle = handle.clone();
        let service = service_fn(move |request| handle(request, from));
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        connections.spawn(graceful.watch(connection.into_owned()));
    }
    drop(listener);
    graceful.shutdown().await;
}

pub(crate) fn text(text: impl Into<String>) -> Answer {
    let body = Full::new(Bytes::from(text.into()));
    Ok(Response::new(body.map_err(Into::into).boxed()))
}

/// The versions of the protocol. Neither side asks for the second one: it is known before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http {
    One,
    Two,
}

impl Http {
    pub(crate) const BOTH: [Self; 2] = [Self::One, Self::Two];

    pub(crate) fn client(self) -> Client<HttpConnector, Body> {
        Client::builder(TokioExecutor::new())
            .http2_only(self == Self::Two)
            .build_http()
    }

    /// Asks for a page and reads it, in the host of whoever polls this.
    pub(crate) async fn get(self, uri: &str) -> Result<String, Failure> {
        let client = self.client();
        read(client.get(uri.parse::<Uri>()?).await?.into_body()).await
    }
}

pub(crate) async fn read(body: Incoming) -> Result<String, Failure> {
    let bytes = body.collect().await?.to_bytes();
    Ok(String::from_utf8(bytes.into())?)
}
