//! Statuses that the protocol's library makes get the service's codes and details.

use crate::api::status;
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tonic::body::Body;
use tonic::{Code, Status};

/// Mends the status of an answer, in its headers or in its trailers.
pub(super) fn response(mut response: Response<Body>) -> Response<Body> {
    mend(response.headers_mut());
    response.map(|inner| Body::new(MendedBody { inner }))
}

fn mend(headers: &mut HeaderMap) {
    if let Some(status) = Status::from_header_map(headers)
        && status.code() != Code::Ok
        && status.details().is_empty()
        && let Err(unwritable) = status::mend(status).add_header(headers)
    {
        // The status stays as the library made it.
        tracing::error!(%unwritable, "a status cannot be written");
    }
}

struct MendedBody {
    inner: Body,
}

impl HttpBody for MendedBody {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<bytes::Bytes>, Status>>> {
        let mut frame = ready!(Pin::new(&mut self.get_mut().inner).poll_frame(cx));
        if let Some(Ok(frame)) = &mut frame
            && let Some(trailers) = frame.trailers_mut()
        {
            mend(trailers);
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
