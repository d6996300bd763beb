//! A ClamAV daemon of the tests on loopback: speaks INSTREAM, finds what contains `ZARARLI`, takes
//! 100 000 bytes at most.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const MOST: usize = 100_000;

/// Starts it; says its address as the setting takes it.
pub async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket));
        }
    });
    address
}

/// An address at which nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

async fn answer(mut socket: TcpStream) -> std::io::Result<()> {
    let mut head = [0_u8; 10];
    socket.read_exact(&mut head).await?;
    assert_eq!(&head, b"zINSTREAM\0");
    let mut fed = Vec::new();
    loop {
        let length = socket.read_u32().await? as usize;
        if length == 0 {
            break;
        }
        if fed.len() + length > MOST {
            return socket
                .write_all(b"INSTREAM size limit exceeded. ERROR\0")
                .await;
        }
        let mut piece = vec![0; length];
        socket.read_exact(&mut piece).await?;
        fed.extend(piece);
    }
    let found = fed.windows(7).any(|window| window == b"ZARARLI");
    let words: &[u8] = if found {
        b"stream: Prova.Imza FOUND\0"
    } else {
        b"stream: OK\0"
    };
    socket.write_all(words).await
}
