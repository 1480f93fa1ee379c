//! Uploads that end badly: cut, cancelled, late, wrong. None of them leaves anything behind.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/server.rs"]
mod server;
#[path = "support/upload.rs"]
mod upload;

use agglo::api::v1::ImportDatasetRequest;
use agglo::api::v1::import_dataset_request::Frame;
use server::TestServer;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request};
use tonic_types::StatusExt;
use upload::{Client, SMALL, chunk, finish, header, import, request, send, stored};

/// An upload whose frames the test sends one by one.
fn open_upload(client: &Client, timeout: Option<Duration>) -> (mpsc::Sender<ImportDatasetRequest>, Answer) {
    let (sender, receiver) = mpsc::channel(8);
    let mut client = client.clone();
    let answer = tokio::spawn(async move {
        let mut request = Request::new(ReceiverStream::new(receiver));
        if let Some(timeout) = timeout {
            request.set_timeout(timeout);
        }
        client.import_dataset(request).await.map(|answer| answer.into_inner().dataset.unwrap().name)
    });
    (sender, answer)
}

type Answer = tokio::task::JoinHandle<Result<String, tonic::Status>>;

/// Sends the header and all rows, but not the finish.
async fn send_all_rows(sender: &mpsc::Sender<ImportDatasetRequest>) {
    sender.send(request(Frame::Header(header("x")))).await.unwrap();
    sender.send(request(chunk(SMALL.as_bytes()))).await.unwrap();
}

async fn nothing_is_stored(client: &mut Client) {
    // Whatever the server might still do with the end of a stream, it has time to do it.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(stored(client).await.is_empty());
}

#[tokio::test]
async fn a_stream_that_ends_without_a_finish_is_refused() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::new(server.channel().await);
    let (sender, answer) = open_upload(&client, None);
    send_all_rows(&sender).await;
    drop(sender);
    let status = answer.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, "finish");
    nothing_is_stored(&mut client).await;
}

#[tokio::test]
async fn a_cancelled_upload_looks_like_its_end_and_stores_nothing() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::new(server.channel().await);
    for _ in 0..20 {
        let (sender, answer) = open_upload(&client, None);
        send_all_rows(&sender).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
        answer.abort();
        assert!(answer.await.unwrap_err().is_cancelled());
    }
    nothing_is_stored(&mut client).await;
}

#[tokio::test]
async fn a_broken_connection_stores_nothing() {
    let server = TestServer::start(&[]).await;
    // A runtime of its own takes its connection with it.
    let endpoint = server.endpoint();
    let lost = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = Client::connect(endpoint).await.unwrap();
            let (sender, _answer) = open_upload(&client, None);
            send_all_rows(&sender).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        });
    });
    tokio::task::spawn_blocking(|| lost.join().unwrap()).await.unwrap();
    nothing_is_stored(&mut Client::new(server.channel().await)).await;
}

#[tokio::test]
async fn a_deadline_ends_an_upload_with_its_own_code() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::new(server.channel().await);
    let (sender, answer) = open_upload(&client, Some(Duration::from_millis(200)));
    send_all_rows(&sender).await;
    let started = Instant::now();
    let status = answer.await.unwrap().unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
    nothing_is_stored(&mut client).await;
}

#[tokio::test]
async fn the_service_keeps_a_deadline_that_the_client_does_not_name() {
    let server = TestServer::start(&["--default-deadline-seconds=1"]).await;
    let client = Client::new(server.channel().await);
    let (sender, answer) = open_upload(&client, None);
    send_all_rows(&sender).await;
    let started = Instant::now();
    let status = answer.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert_eq!(status.get_details_error_info().unwrap().reason, "ERROR_REASON_CANCELLED");
    assert!((900..2_000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_wrong_finish_is_told_and_stores_nothing() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::new(server.channel().await);
    let bytes = SMALL.as_bytes();
    let whole = |last: Vec<Frame>| [vec![Frame::Header(header("x")), chunk(bytes)], last].concat();
    for (frames, field) in [
        (whole(vec![finish(b"other", 5)]), "finish.sha256"),
        (whole(vec![finish(bytes, 6)]), "finish.row_count"),
        (whole(vec![finish(bytes, -5)]), "finish.row_count"),
        (whole(vec![finish(bytes, 5), chunk(b"")]), "finish"),
        (whole(vec![Frame::Header(header("x"))]), "header"),
        (vec![chunk(bytes), finish(bytes, 5)], "header"),
        (vec![finish(b"", 0)], "header"),
        (vec![], "header"),
    ] {
        let status = send(&mut client, frames).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, field);
    }
    nothing_is_stored(&mut client).await;
}

#[tokio::test]
async fn an_upload_that_outgrows_its_memory_is_refused_with_the_numbers() {
    let server = TestServer::start(&["--max-call-memory-bytes=100000"]).await;
    let mut client = Client::new(server.channel().await);
    let mut text = "state,year,gsp,division\n".to_owned();
    (0..9_000).for_each(|year| text.push_str(&format!("Ohio,{},1,East\n", 1000 + year)));
    let status = import(&mut client, header("x"), &text).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let quota = status.get_details_quota_failure().unwrap().violations;
    assert_eq!((quota[0].subject.as_str(), quota[0].quota_value), ("memory", 100_000));
    nothing_is_stored(&mut client).await;
}

#[tokio::test]
async fn calls_beyond_the_limit_are_told_to_come_again() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::new(server.channel().await);
    let mut open = Vec::new();
    let status = loop {
        let (sender, answer) = open_upload(&client, None);
        sender.send(request(Frame::Header(header("x")))).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        if answer.is_finished() {
            break answer.await.unwrap().unwrap_err();
        }
        open.push((sender, answer));
        assert!(open.len() < 100, "uploads are not limited");
    };
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert_eq!(status.get_details_error_info().unwrap().reason, "ERROR_REASON_BUSY");
    assert!(status.get_details_retry_info().is_some());
    drop(open);
    tokio::time::sleep(Duration::from_millis(100)).await;
    import(&mut client, header("x"), SMALL).await.unwrap();
}

#[tokio::test]
async fn the_end_of_the_service_cuts_an_upload_that_will_not_end() {
    let server = TestServer::start(&["--drain-grace-seconds=1"]).await;
    let client = Client::new(server.channel().await);
    let (sender, answer) = open_upload(&client, None);
    send_all_rows(&sender).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let started = Instant::now();
    server.running.stop().await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let status = answer.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
}

#[tokio::test]
async fn a_call_that_runs_may_finish_while_the_service_drains() {
    let server = TestServer::start(&[]).await;
    let client = Client::new(server.channel().await);
    let (sender, answer) = open_upload(&client, None);
    send_all_rows(&sender).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let stopped = tokio::spawn(server.running.stop());
    tokio::time::sleep(Duration::from_millis(50)).await;
    sender.send(request(finish(SMALL.as_bytes(), 5))).await.unwrap();
    drop(sender);
    assert_eq!(answer.await.unwrap().unwrap(), "datasets/x/versions/1");
    tokio::time::timeout(Duration::from_secs(5), stopped).await.unwrap().unwrap();
}
