//! Deadlines over the whole call, answer included.
//!
//! A call ends with DEADLINE_EXCEEDED when its deadline passes and with UNAVAILABLE when the service
//! cuts its last calls at the end of a drain. Either way the handler or the answer's stream is
//! dropped, which stops the calculation behind it.

use crate::api::status;
use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tower::{Layer, Service};

/// How long before the deadline that a caller names the call ends: the protocol's library keeps the same deadline
/// outside of this layer and would answer CANCELLED.
const EARLY: Duration = Duration::from_millis(10);

/// The deadlines in force and the token that cuts every call.
#[derive(Debug, Clone)]
pub(super) struct DeadlineLayer {
    /// Deadline of calls that name none.
    pub(super) default: Duration,
    /// Longest deadline.
    pub(super) max: Duration,
    /// Cancelled when the service no longer waits for its calls.
    pub(super) cut: CancellationToken,
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadline { inner, layer: self.clone() }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Deadline<S> {
    inner: S,
    layer: DeadlineLayer,
}

/// Ends with the status that a call gets when it may not go on.
type End = Pin<Box<dyn Future<Output = Status> + Send>>;

impl DeadlineLayer {
    /// The end of a call; streams that are no calculations, such as a health watch, have the deadline they name.
    fn end(&self, path: &str, headers: &HeaderMap) -> End {
        let named = headers.get("grpc-timeout").and_then(|value| parse_timeout(value.to_str().ok()?));
        let after = match named {
            Some(named) => named.min(self.max),
            None if path.starts_with("/agglo.") => self.default,
            None => Duration::MAX,
        };
        let wait = named.map_or(after, |named| after.min(named.saturating_sub(EARLY)));
        let cut = self.cut.clone();
        Box::pin(async move {
            tokio::select! {
                () = tokio::time::sleep(wait) => status::deadline_exceeded(after),
                () = cut.cancelled() => status::shutting_down(),
            }
        })
    }
}

/// Reads `grpc-timeout`: at most eight digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

impl<S, B, R> Service<Request<B>> for Deadline<S>
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
        let mut end = self.layer.end(request.uri().path(), request.headers());
        let answer = self.inner.call(request);
        Box::pin(async move {
            tokio::select! {
                biased;
                response = answer => Ok(response?.map(|body| Body::new(TimedBody { inner: Some(Body::new(body)), end }))),
                status = &mut end => Ok(status.into_http()),
            }
        })
    }
}

/// An answer that ends with a status of its own when the call may not go on.
struct TimedBody {
    inner: Option<Body>,
    end: End,
}

impl HttpBody for TimedBody {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<bytes::Bytes>, Status>>> {
        let this = self.get_mut();
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = Pin::new(inner).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        let Poll::Ready(status) = this.end.as_mut().poll(cx) else { return Poll::Pending };
        this.inner = None;
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_call_ends_before_the_librarys_own_timer_does() {
        let day = Duration::from_secs(86_400);
        let layer = DeadlineLayer { default: day, max: day, cut: CancellationToken::new() };
        let calls = (0..200).map(|i| {
            let handler = |_: Request<Body>| std::future::pending::<Result<Response<Body>, std::convert::Infallible>>();
            let mut service = layer.layer(tower::service_fn(handler));
            let millis = 1 + i % 50;
            let named = Request::builder().header("grpc-timeout", format!("{millis}m")).body(Body::empty()).unwrap();
            tokio::spawn(async move {
                let answer = tokio::time::timeout(Duration::from_millis(millis), service.call(named)).await;
                Status::from_header_map(answer.expect("the outer timer was first").unwrap().headers()).unwrap()
            })
        });
        for call in calls.collect::<Vec<_>>() {
            let status = call.await.unwrap();
            assert_eq!(status.code(), tonic::Code::DeadlineExceeded, "{status:?}");
        }
    }

    #[test]
    fn timeouts_are_read_as_the_protocol_writes_them() {
        for (text, millis) in [("250m", 250), ("2S", 2_000), ("1M", 60_000), ("1H", 3_600_000), ("5000u", 5)] {
            assert_eq!(parse_timeout(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "S", "123456789S", "-1S", "1x", "é"] {
            assert_eq!(parse_timeout(text), None, "{text:?}");
        }
    }
}
