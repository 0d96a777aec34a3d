//! What the local host says to the person who started it.

use std::io::{self, Write, stdout};

use simulator::{Simulator, bot};

use crate::demo::Key;
use crate::folder::Folder;
use crate::serve::Addresses;

/// What is where, and what to do next.
pub(crate) fn started(
    folder: &Folder,
    addresses: &Addresses,
    simulator: &Simulator,
    key: &Key,
    echo: Option<&str>,
) -> io::Result<()> {
    let mut out = stdout().lock();
    let kept = folder.api_key();
    let kept = kept.display();
    writeln!(out, "\nWharf runs on this machine.\n")?;
    writeln!(out, "  phone     {}", addresses.simulator)?;
    writeln!(out, "  gateway   {}/v1", addresses.gateway)?;
    writeln!(out, "  document  {}/v1/openapi.json", addresses.gateway)?;
    if key.is_new {
        writeln!(out, "  API key   {}   (shown once, kept in {kept})", key.text)?;
    } else {
        writeln!(out, "  API key   in {kept}")?;
    }
    writeln!(out, "  state     in {}\n", folder.path().display())?;
    writeln!(out, "  Business numbers on the phone:")?;
    for line in simulator.read(|state| state.lines.values().cloned().collect::<Vec<_>>()) {
        writeln!(out, "    {}  {:<16}  {}", line.number, line.name, line.carrier)?;
    }
    writeln!(out, "\n  Open the phone, and try:\n")?;
    writeln!(out, "    export KEY=$(cat {kept})")?;
    writeln!(
        out,
        "    curl -s {}/v1/channels -H \"Authorization: Bearer $KEY\"\n",
        addresses.gateway
    )?;
    if let Some(echo) = echo {
        writeln!(
            out,
            "  A bot that says back what it hears is at {}{}",
            addresses.simulator,
            bot::PATH
        )?;
        writeln!(out, "  It is {echo}. To let it answer on a channel (CHN… of the list above):\n")?;
        writeln!(out, "    curl -s -X PUT {}/v1/channels/CHN… \\", addresses.gateway)?;
        writeln!(
            out,
            "      -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \\"
        )?;
        writeln!(out, "      -d '{{\"use_cases\": [\"{echo}\"]}}'\n")?;
        writeln!(out, "  Then write to that number: menu, document, or anything else.\n")?;
    }
    writeln!(out, "  The README goes on from here. Ctrl-C ends; the next start goes on.\n")?;
    out.flush()
}

pub(crate) fn stopping() -> io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "\nStopping. Everything is kept.")?;
    out.flush()
}
