//! Chromium, driven by `WebDriver`: JSON over HTTP to a chromedriver of its own.

use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use serde_json::{Value, json};
use xmlrpc_server::{Base64, Decoder};

use crate::{Connection, LIMIT, found};

/// Browsers take memory and both cores, so that there is one at a time.
static ONE: Mutex<()> = Mutex::new(());

/// The key that `WebDriver` calls an element's reference.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A headless browser with a profile of its own, ended when dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    /// The path of its commands.
    session: String,
    profile: PathBuf,
    _one: MutexGuard<'static, ()>,
}

impl Browser {
    /// Starts one; `None`, loudly, where there is no Chromium or no chromedriver.
    ///
    /// # Panics
    ///
    /// When it does not start, and where `CI` is set and a program is missing.
    pub fn start() -> Option<Self> {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let version = Command::new("chromium").arg("--version").output();
        found("chromium", version)?;
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = found("chromedriver", driver)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port(&mut driver)));
        let mut browser = Self {
            driver,
            address,
            session: "/session".to_owned(),
            profile: profile(),
            _one: one,
        };
        let session = browser.command("POST", "", &capabilities(&browser.profile));
        let id = session["sessionId"].as_str().expect("a session");
        browser.session = format!("/session/{id}");
        Some(browser)
    }

    /// Opens an address, and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.command("POST", "/url", &json!({ "url": url }));
    }

    /// Runs the body of a function, and gives what it returns.
    pub fn run(&self, script: &str, arguments: impl Into<Value>) -> Value {
        let arguments = arguments.into();
        self.command(
            "POST",
            "/execute/sync",
            &json!({ "script": script, "args": arguments }),
        )
    }

    /// The value of an expression.
    pub fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}"), json!([]))
    }

    /// The text of the first element that a CSS selector finds.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn text(&self, selector: &str) -> String {
        let text = self.run(
            "return document.querySelector(arguments[0])?.textContent",
            json!([selector]),
        );
        let text = text.as_str();
        text.unwrap_or_else(|| panic!("nothing is {selector}")).to_owned()
    }

    /// Waits until an expression holds, looking at each frame that the browser draws.
    ///
    /// # Panics
    ///
    /// When it does not within [`LIMIT`].
    pub fn wait_until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[0];
             const look = () => (({expression}) ? done(true) : requestAnimationFrame(look));
             look();"
        );
        self.command("POST", "/execute/async", &json!({ "script": script, "args": [] }));
    }

    /// Clicks on the first element that a CSS selector finds.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.command("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Types into the first element that a CSS selector finds; into a file input, the path of a file.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.command(
            "POST",
            &format!("/element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// Presses and releases keys, one after the other: characters, or those of [`keys`].
    pub fn press(&self, keys: &str) {
        let strokes = keys
            .chars()
            .flat_map(|key| [stroke("keyDown", key), stroke("keyUp", key)]);
        self.act(&strokes.collect::<Vec<_>>());
    }

    /// Presses keys together.
    pub fn press_together(&self, keys: &str) {
        let down = keys.chars().map(|key| stroke("keyDown", key));
        let up = keys.chars().rev().map(|key| stroke("keyUp", key));
        self.act(&down.chain(up).collect::<Vec<_>>());
    }

    fn act(&self, strokes: &[Value]) {
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.command("POST", "/actions", &json!({ "actions": [keyboard] }));
    }

    /// Makes the window as large as a screen of so many pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &screen);
    }

    /// Says what the user's system prefers, `light` or `dark`.
    pub fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": [feature] }));
    }

    fn devtools(&self, method: &str, parameters: &Value) {
        self.command(
            "POST",
            "/goog/cdp/execute",
            &json!({ "cmd": method, "params": parameters }),
        );
    }

    /// A picture of the window, as a PNG.
    ///
    /// # Panics
    ///
    /// When the driver gives none.
    pub fn picture(&self) -> Vec<u8> {
        let picture = self.command("GET", "/screenshot", &Value::Null);
        let text = picture.as_str().expect("base64 of the driver");
        let value = format!("<value><base64>{text}</base64></value>");
        let bytes: Base64 = Decoder::new().value(value.as_bytes()).expect("base64");
        bytes.into_inner()
    }

    /// What the console got since the last time: errors, violations of the policy, and what scripts wrote.
    pub fn console(&self) -> Vec<String> {
        let entries = self.command("POST", "/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["message"].to_string()).collect()
    }

    fn element(&self, selector: &str) -> String {
        let query = json!({ "using": "css selector", "value": selector });
        let element = self.command("POST", "/element", &query);
        element[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// Sends a command and gives its value.
    ///
    /// # Panics
    ///
    /// When it fails.
    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.send(method, path, body).expect("an answer of the driver");
        let mut answer: Value = serde_json::from_str(&answer).expect("JSON of the driver");
        let value = answer["value"].take();
        assert!(value.get("error").is_none(), "{method} {path} {body}: {value}");
        value
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> io::Result<String> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let stream = TcpStream::connect_timeout(&self.address, LIMIT)?;
        // The driver itself gives up a script after 30 seconds, and says which.
        stream.set_read_timeout(Some(2 * LIMIT))?;
        let mut connection = Connection(BufReader::new(stream));
        connection.send(format!(
            "{method} {}{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.session,
            self.address,
            body.len()
        ))?;
        connection.answer().map(|answer| answer.body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Which ends the browser; without its driver it would stay.
        let _ = self.send("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// A folder that is not there yet.
fn profile() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("xmlrpc-browser-{}-{count}", std::process::id()))
}

/// The port that a driver says it listens on.
fn port(driver: &mut Child) -> u16 {
    let pipe = driver.stdout.take().expect("a pipe");
    let (sender, ports) = mpsc::channel();
    thread::spawn(move || {
        // To its end, so that the pipe never fills.
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let port = line.rsplit_once("successfully on port ");
            if let Some(port) = port.and_then(|(_, port)| port.trim_end_matches('.').parse().ok()) {
                let _ = sender.send(port);
            }
        }
    });
    ports.recv_timeout(LIMIT).expect("the port of chromedriver")
}

fn capabilities(profile: &Path) -> Value {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,860",
        &format!("--user-data-dir={}", profile.display()),
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    } } })
}

fn stroke(kind: &str, key: char) -> Value {
    json!({ "type": kind, "value": key })
}

/// Keys that are no characters.
pub mod keys {
    /// Arrow down.
    pub const DOWN: &str = "\u{E015}";
    /// Arrow up.
    pub const UP: &str = "\u{E013}";
    /// Arrow to the right.
    pub const RIGHT: &str = "\u{E014}";
    /// Enter.
    pub const ENTER: &str = "\u{E007}";
    /// Escape.
    pub const ESCAPE: &str = "\u{E00C}";
    /// Tab.
    pub const TAB: &str = "\u{E004}";
    /// Backspace.
    pub const BACKSPACE: &str = "\u{E003}";
    /// Control, to be pressed together with others.
    pub const CONTROL: &str = "\u{E009}";
}
