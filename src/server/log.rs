//! One line a call: method, code, duration and the id under which errors are logged.

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument, Span};

/// The header that carries the id of a request, on the way in and out.
pub(super) const REQUEST_ID: &str = "x-request-id";

/// Writes one line when a call has ended, however it ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogLayer;

impl<S> Layer<S> for LogLayer {
    type Service = Log<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Log { inner }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Log<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Log<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: HttpBody<Data = bytes::Bytes> + Send + 'static,
    R::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<Response<Body>, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut line = Line::start(request.uri().path(), request_id(request.headers()));
        let future = self.inner.call(request).instrument(line.span.clone());
        Box::pin(async move {
            let mut response = future.await?;
            response.headers_mut().insert(REQUEST_ID, line.request_id.clone());
            line.note(response.headers());
            Ok(response.map(|body| Body::new(LoggedBody { inner: Body::new(body), line })))
        })
    }
}

/// The caller's id when it has one of a sensible length, else one that is new to this process.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    if let Some(id) = headers.get(REQUEST_ID).filter(|id| id.len() <= 64 && id.to_str().is_ok()) {
        return id.clone();
    }
    let number = CALLS.fetch_add(1, Ordering::Relaxed);
    HeaderValue::from_str(&format!("{:x}-{number:x}", std::process::id())).unwrap_or(HeaderValue::from_static("-"))
}

/// What is known of a call; written when it is dropped.
#[derive(Debug)]
struct Line {
    method: String,
    request_id: HeaderValue,
    started: Instant,
    bytes: u64,
    /// Empty until the call has ended; a call whose answer is dropped before was left by its caller.
    code: Option<Code>,
    span: Span,
}

impl Line {
    fn start(path: &str, request_id: HeaderValue) -> Self {
        let method = path.trim_start_matches('/').to_owned();
        let span = tracing::error_span!("call", request_id = request_id.to_str().unwrap_or("-"));
        Self { method, request_id, started: Instant::now(), bytes: 0, code: None, span }
    }

    /// Takes the code from headers or trailers that have one.
    fn note(&mut self, headers: &HeaderMap) {
        if let Some(status) = Status::from_header_map(headers) {
            self.code = Some(status.code());
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let code = self.code.unwrap_or(Code::Cancelled);
        let duration_ms = self.started.elapsed().as_micros() as f64 / 1e3;
        let request_id = self.request_id.to_str().unwrap_or("-");
        tracing::info!(method = self.method, ?code, duration_ms, bytes = self.bytes, request_id, "call");
    }
}

struct LoggedBody {
    inner: Body,
    line: Line,
}

impl HttpBody for LoggedBody {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<bytes::Bytes>, Status>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            this.line.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            if let Some(trailers) = frame.trailers_ref() {
                this.line.note(trailers);
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
