//! `forebay-proxy`: the shaping, counting proxy of forebay-testkit for scripts.
//!
//! Prints one line of JSON when it serves, `{"port":…,"control":…}`, and runs until `POST /quit` on
//! the control port, SIGTERM or SIGINT, or (with `--until-stdin-closes`) the end of its standard
//! input, so that a script that is killed leaves no proxy behind.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use forebay_testkit::proxy::{Proxy, ProxySettings, Shape};

const USAGE: &str = "\
usage: forebay-proxy --upstream http://HOST:PORT [flags]
  --port N, --control-port N   ports on 127.0.0.1; 0 (the default) picks a free one
  --shape none|cloud           the shape to begin with; none by default
  --first-byte-ms N            time to first byte of a GET of an object
  --head-ms N                  time to first byte of HEAD and LIST
  --write-ms N                 time to first byte of PUT, POST and DELETE
  --mb-per-s N                 bandwidth per connection in 10^6 bytes; 0 is no limit
  --total-mb-per-s N           bandwidth of all connections together
  --data-prefix P, --data-suffix S
                               keys that count as table data (repeatable; all by default, but
                               for those whose last segment begins with _ or .)
  --pass NAME                  the first pass's name
  --log FILE                   append one line of JSON per request
  --until-stdin-closes         end with standard input
control port: GET /stats[?ranges=1], POST /reset?pass=NAME[&ranges=1], GET /shape, POST /shape,
              GET /healthz, POST /quit
";

/// What the command line asks for.
enum Command {
    Help,
    Run { settings: Box<ProxySettings>, until_stdin_closes: bool },
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Command::Help) => say(USAGE).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        Ok(Command::Run { settings, until_stdin_closes }) => {
            match run(*settings, until_stdin_closes) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("forebay-proxy: {error}");
                    ExitCode::FAILURE
                }
            }
        }
        Err(why) => {
            eprint!("forebay-proxy: {why}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(settings: ProxySettings, until_stdin_closes: bool) -> io::Result<()> {
    let proxy = Proxy::start(settings)?;
    if until_stdin_closes {
        std::thread::spawn(|| {
            // An unreadable input is as closed as an ended one.
            let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
            std::process::exit(0);
        });
    }
    say(&format!("{{\"port\":{},\"control\":{}}}\n", proxy.port(), proxy.control_port()))?;
    proxy.wait_for_quit();
    Ok(())
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut settings = ProxySettings::default();
    let mut shape = Shape::default();
    let mut own = Vec::new();
    let mut until_stdin_closes = false;
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--until-stdin-closes" => {
                until_stdin_closes = true;
                continue;
            }
            _ => {}
        }
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--upstream" => settings.upstream = value,
            "--port" => settings.port = number(&flag, &value)?,
            "--control-port" => settings.control_port = number(&flag, &value)?,
            "--pass" => settings.pass = value,
            "--log" => settings.log = Some(value.into()),
            "--data-prefix" => settings.data.prefixes.push(value),
            "--data-suffix" => settings.data.suffixes.push(value),
            "--shape" => {
                shape = Shape::named(&value).ok_or_else(|| format!("no shape {value}"))?;
            }
            _ => {
                let name = flag.trim_start_matches('-').replace('-', "_");
                if !Shape::default().set(&name, 0) {
                    return Err(format!("no flag {flag}"));
                }
                own.push((name, number(&flag, &value)?));
            }
        }
    }
    // After the named shape, wherever on the line that stood.
    for (name, value) in own {
        shape.set(&name, value);
    }
    if settings.upstream.is_empty() {
        return Err("--upstream is missing".to_owned());
    }
    settings.shape = shape;
    Ok(Command::Run { settings: Box::new(settings), until_stdin_closes })
}

fn number<N: std::str::FromStr>(flag: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("{flag} takes a whole number, not {value}"))
}
