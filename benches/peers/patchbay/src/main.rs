//! patchbay's way: a public router with as many devices, the nearest that it has to hosts on a bridge.
//!
//! Prints the nanoseconds of building, of the first ping and of closing, as every peer here does.

use std::process::Stdio;
use std::time::Instant;

use patchbay::{Lab, RouterPreset};

fn main() -> anyhow::Result<()> {
    // Before there are threads, as its documentation asks for.
    patchbay::init_userns()?;
    let hosts: usize = std::env::args().nth(1).unwrap_or_default().parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(hosts))
}

async fn measure(hosts: usize) -> anyhow::Result<()> {
    let start = Instant::now();
    let lab = Lab::new().await?;
    let router = lab
        .add_router("mydocker0")
        .preset(RouterPreset::Public)
        .build()
        .await?;
    let mut devices = Vec::new();
    for host in 1..=hosts {
        let device = lab
            .add_device(&format!("ns{host}"))
            .iface("eth0", router.id())
            .build()
            .await?;
        devices.push(device);
    }
    let build = start.elapsed();
    let start = Instant::now();
    let target = devices[1].ip().map(|ip| ip.to_string());
    let mut ping = tokio::process::Command::new("ping");
    ping.args(["-c1", "-W5", target.as_deref().unwrap_or_default()])
        .stdout(Stdio::null());
    let status = devices[0].spawn_command(ping)?.wait().await?;
    anyhow::ensure!(status.success(), "the ping failed: {status}");
    let ping = start.elapsed();
    let start = Instant::now();
    drop((devices, router, lab));
    let close = start.elapsed();
    println!(
        "{} {} {}",
        build.as_nanos(),
        ping.as_nanos(),
        close.as_nanos()
    );
    Ok(())
}
