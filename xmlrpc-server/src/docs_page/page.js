"use strict";
// The documentation page: finds methods, calls them, and shows what came of it.
//
// Names, help and replies are data. They become text nodes and nothing else: no markup is ever made from a string.
(() => {
const INT = [-(2n ** 31n), 2n ** 31n - 1n];
const I8 = [-(2n ** 63n), 2n ** 63n - 1n];
/** Levels of arrays and structs that can be written; the server reads as many by default. */
const DEPTH = 128;
/** Items of an array or a struct that are shown at a time. */
const ITEMS = 200;
/** Characters of a string, and of a document, that are shown at first. */
const CHARACTERS = 4000;
const DOCUMENT = 200_000;
/** Characters of a result or a fault that are announced. */
const SPOKEN = 200;

/** What the user has to mend, in words for the user. */
class Mistake extends Error {}

/* ---- Elements ---- */

const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

/** An element with properties, attributes (those with a dash, and `role`) and children. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

let lastId = 0;
const newId = () => `id${++lastId}`;

/* ---- Values: {type, text} for scalars, {type: "array", items}, {type: "struct", members: [[name, value]]} ---- */

function integer(text, type, [least, greatest] = type === "int" ? INT : I8) {
  const digits = text.trim();
  if (!/^[+-]?\d+$/.test(digits)) throw new Mistake("A whole number is needed here, such as 42.");
  const number = digits.length > 64 ? null : BigInt(digits.replace("+", ""));
  if (number === null || number < least || number > greatest) {
    throw new Mistake(`${type} goes from ${least} to ${greatest}.`);
  }
  return {type, text: String(number)};
}

/** A double is written without an exponent, which XML-RPC does not have; no digit is lost. */
function double(text) {
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d{1,3}))?$/i.exec(text.trim());
  if (!parts || parts[2] + parts[3] === "") throw new Mistake("A number is needed here, such as -2.5.");
  if (!Number.isFinite(Number(text))) throw new Mistake("That is beyond the range of a double.");
  const [, sign, whole, fraction, exponent = "0"] = parts;
  const point = whole.length + Number(exponent);
  const digits = "0".repeat(Math.max(0, 1 - point)) + whole + fraction + "0".repeat(Math.max(0, point + 1 - whole.length - fraction.length));
  const place = Math.max(1, point);
  const front = digits.slice(0, place).replace(/^0+(?=\d)/, "");
  return {type: "double", text: `${sign === "-" ? "-" : ""}${front}.${digits.slice(place)}`};
}

function dateTime(text) {
  const parts = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d)(?::?(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/.exec(text.trim());
  if (!parts) throw new Mistake("A date and a time are needed here, such as 20240229T13:05:00.");
  const [, year, month, day, hour, minute, second = "00", rest = "", zone = ""] = parts;
  return {type: "dateTime.iso8601", text: `${year}${month}${day}T${hour}:${minute}:${second}${rest}${zone}`};
}

function base64(text) {
  const characters = text.replace(/\s+/g, "");
  try {
    atob(characters);
  } catch {
    throw new Mistake("That is not base64.");
  }
  return {type: "base64", text: characters};
}

const boolean = (is) => ({type: "boolean", text: is ? "1" : "0"});
const string = (text) => ({type: "string", text});
const nil = () => ({type: "nil", text: ""});

/** The kind of a type, for its colour. */
const kind = (type) => ({
  int: "number", i8: "number", i4: "number", double: "number", string: "text", base64: "text",
  boolean: "other", "dateTime.iso8601": "other", nil: "nothing",
})[type] ?? "";

/* ---- The notation for values: JSON, and types by name ---- */

/** Reads a value from text. */
function read(text) {
  const reader = {text, place: 0, depth: 0};
  try {
    const value = readValue(reader);
    if (take(reader, /$/y) === undefined) throw new Mistake("there is more text after the value");
    return value;
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const lines = text.slice(0, reader.place).split("\n");
    throw new Mistake(`Line ${lines.length}, column ${lines.at(-1).length + 1}: ${error.message}.`);
  }
}

/** Skips white space, then takes what matches a sticky expression. */
function take(reader, expression) {
  const white = /[\s\uFEFF]*/y;
  white.lastIndex = reader.place;
  white.test(reader.text);
  expression.lastIndex = reader.place = white.lastIndex;
  const match = expression.exec(reader.text);
  if (match) reader.place = expression.lastIndex;
  return match?.[0];
}

const QUOTED = /"[^"\\\u0000-\u001F]*(?:\\.[^"\\\u0000-\u001F]*)*"/y;
const WORD = /[A-Za-z_][\w.]*/y;
const NUMBER = /[+-]?(?:\d|\.\d)[\d.]*(?:[eE][+-]?\d+)?/y;

function readValue(reader) {
  if (take(reader, /\[/y)) return nested(reader, readArray);
  if (take(reader, /\{/y)) return nested(reader, readStruct);
  const quoted = readQuoted(reader);
  if (quoted !== null) return string(quoted);
  const number = take(reader, NUMBER);
  if (number) return plainNumber(number);
  const word = take(reader, WORD);
  if (word) return readWord(reader, word);
  throw new Mistake('a value is needed here, such as 1, "text", [ … ] or { … }');
}

function nested(reader, rest) {
  if (++reader.depth > DEPTH) throw new Mistake(`there are more than ${DEPTH} levels of arrays and structs`);
  const value = rest(reader);
  reader.depth--;
  return value;
}

function readArray(reader) {
  const items = [];
  while (!take(reader, /\]/y)) {
    items.push(readValue(reader));
    comma(reader, /\]/y, "]");
  }
  return {type: "array", items};
}

function readStruct(reader) {
  const members = [];
  const names = new Set();
  while (!take(reader, /\}/y)) {
    const name = readQuoted(reader) ?? take(reader, WORD);
    if (name === undefined) throw new Mistake('the name of a member is needed here, or "}"');
    if (names.has(name)) throw new Mistake(`there are two members named ${JSON.stringify(name)}`);
    names.add(name);
    if (!take(reader, /:/y)) throw new Mistake('":" is needed after the name of a member');
    members.push([name, readValue(reader)]);
    comma(reader, /\}/y, "}");
  }
  return {type: "struct", members};
}

/** A comma stands between two items, and may stand behind the last one. */
function comma(reader, end, name) {
  if (take(reader, /,/y)) return;
  const place = reader.place;
  if (!take(reader, end)) throw new Mistake(`"," or "${name}" is needed here`);
  reader.place = place;
}

function readQuoted(reader) {
  const quoted = take(reader, QUOTED);
  if (quoted === undefined) {
    if (take(reader, /"/y)) throw new Mistake("the string does not end on its line; a line break is written \\n");
    return null;
  }
  try {
    return JSON.parse(quoted);
  } catch {
    throw new Mistake("the string has an escape that JSON does not know");
  }
}

function plainNumber(text) {
  const failed = (message) => new Mistake(message.replace(/\.$/, ""));
  try {
    if (/[.e]/i.test(text)) return double(text);
    const wide = integer(text, "i8");
    const number = BigInt(wide.text);
    return number < INT[0] || number > INT[1] ? wide : {...wide, type: "int"};
  } catch (error) {
    throw error instanceof Mistake ? failed(error.message) : error;
  }
}

const WORDS = {true: () => boolean(true), false: () => boolean(false), null: nil, nil};
const TYPES = {
  int: (text) => integer(text, "int"),
  i8: (text) => integer(text, "i8"),
  double, string, dateTime, base64,
};

function readWord(reader, word) {
  if (Object.hasOwn(WORDS, word)) return WORDS[word]();
  if (!Object.hasOwn(TYPES, word)) throw new Mistake(`${word} is not known here; a string stands in double quotes`);
  if (!take(reader, /\(/y)) throw new Mistake(`"(" is needed after ${word}`);
  const text = readQuoted(reader) ?? take(reader, NUMBER);
  if (text === undefined) throw new Mistake(`${word} needs text in double quotes, or a number`);
  if (!take(reader, /\)/y)) throw new Mistake('")" is needed here');
  return TYPES[word](text);
}

/** Writes a `<value>` of a reply in the notation that `read` reads. */
function write(element, indent = "\n") {
  const {type, content} = typed(element);
  const text = content.textContent;
  const list = (items, open, close) =>
    items.length ? `${open}${indent}  ${items.join(`,${indent}  `)}${indent}${close}` : open + close;
  switch (type) {
    case "array": return list(itemsOf(content).map((item) => write(item.value, indent + "  ")), "[", "]");
    case "struct": return list(membersOf(content).map(({name, value}) => `${JSON.stringify(name)}: ${write(value, indent + "  ")}`), "{", "}");
    case "int": case "i4": return text;
    case "i8": return BigInt(text) < INT[0] || BigInt(text) > INT[1] ? text : `i8(${text})`;
    case "double": return /^[+-]?\d+$/.test(text) ? `${text}.0` : text;
    case "boolean": return text.trim() === "1" ? "true" : "false";
    case "nil": return "null";
    case "dateTime.iso8601": return `dateTime(${JSON.stringify(text)})`;
    case "base64": return `base64(${JSON.stringify(text.replace(/\s+/g, ""))})`;
    default: return JSON.stringify(text);
  }
}

/* ---- XML ---- */

/** Text as it stands in an element. A carriage return is a reference, since XML reads a plain one as a line feed. */
function escapeXml(text) {
  const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(text);
  if (forbidden) {
    const code = forbidden[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    throw new Mistake(`The character U+${code} cannot be sent in XML.`);
  }
  const references = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"};
  return text.replace(/[&<>\r]/g, (character) => references[character]);
}

function encode(value) {
  switch (value.type) {
    case "array": return `<value><array><data>${value.items.map(encode).join("")}</data></array></value>`;
    case "struct": {
      const member = ([name, inner]) => `<member><name>${escapeXml(name)}</name>${encode(inner)}</member>`;
      return `<value><struct>${value.members.map(member).join("")}</struct></value>`;
    }
    case "nil": return "<value><nil/></value>";
    default: return `<value><${value.type}>${escapeXml(value.text)}</${value.type}></value>`;
  }
}

function encodeCall(method, values) {
  const params = values.map((value) => `<param>${encode(value)}</param>`).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<methodCall><methodName>${escapeXml(method)}</methodName><params>${params}</params></methodCall>`;
}

/** The page's policy lets this one place turn strings into documents, and these are of XML and never shown. */
const policy = globalThis.trustedTypes?.createPolicy("reply", {createHTML: (text) => text}) ?? {createHTML: (text) => text};

/** The document, or `null` for text that is not well formed. */
function parseXml(text) {
  const parsed = new DOMParser().parseFromString(policy.createHTML(text), "text/xml");
  return find("parsererror", parsed) ? null : parsed;
}

const childrenOf = (element, name) => [...(element?.children ?? [])].filter((child) => child.localName === name);
const childOf = (element, name) => childrenOf(element, name)[0];

/** What a reply is: `{value}` or `{fault}`, each a `<value>`, or nothing where it is no XML-RPC. */
function responseOf(parsed) {
  const root = parsed?.documentElement;
  if (root?.localName !== "methodResponse") return {};
  return {
    fault: childOf(childOf(root, "fault"), "value"),
    value: childOf(childOf(childOf(root, "params"), "param"), "value"),
  };
}

/** The type of a `<value>`, and the element that holds what it is; a value without one is a string. */
function typed(value) {
  const content = value.firstElementChild;
  return content ? {type: content.localName, content} : {type: "string", content: value};
}

const itemsOf = (array) => childrenOf(childOf(array, "data"), "value").map((value, index) => ({name: index, value}));
const membersOf = (struct) => childrenOf(struct, "member")
  .map((member) => ({name: childOf(member, "name")?.textContent ?? "", value: childOf(member, "value")}))
  .filter((member) => member.value);

function faultOf(value) {
  const members = new Map(membersOf(typed(value).content).map((member) => [member.name, typed(member.value).content.textContent]));
  return {code: members.get("faultCode") ?? "", text: members.get("faultString") ?? ""};
}

/** A document laid out, an element a line, into an element: tags apart from text. */
function layOut(parsed, text, place) {
  const parts = [];
  if (parsed) {
    const declaration = /^\s*<\?xml[^>]*\?>/.exec(text);
    if (declaration) parts.push([true, `${declaration[0].trim()}\n`]);
    layOutElement(parsed.documentElement, parts);
  } else {
    parts.push([false, text]);
  }
  showParts(parts, place);
}

/** Walks without recursion: a reply may be as deep as it likes. */
function layOutElement(root, parts) {
  let depth = 0;
  for (let node = root; node; ) {
    const indent = "  ".repeat(Math.min(depth, 40));
    const attributes = [...node.attributes].map(({name, value}) => ` ${name}="${escapeText(value)}"`).join("");
    if (node.childElementCount > 1 || node.firstElementChild?.firstElementChild) {
      parts.push([true, `${indent}<${node.nodeName}${attributes}>\n`]);
      node = node.firstElementChild;
      depth++;
      continue;
    }
    layOutLine(node, indent, attributes, parts);
    while (node !== root && !node.nextElementSibling) {
      node = node.parentElement;
      depth--;
      parts.push([true, `${"  ".repeat(Math.min(depth, 40))}</${node.nodeName}>\n`]);
    }
    node = node === root ? null : node.nextElementSibling;
  }
}

/** An element of text, or with one element of text in it, as `<value><int>1</int></value>`. */
function layOutLine(node, indent, attributes, parts) {
  const inner = node.firstElementChild;
  const start = `${indent}<${node.nodeName}${attributes}>`;
  const end = `</${node.nodeName}>\n`;
  if (inner?.localName === "nil") parts.push([true, `${start}<${inner.nodeName}/>${end}`]);
  else if (inner) parts.push([true, `${start}<${inner.nodeName}>`], [false, escapeText(inner.textContent)], [true, `</${inner.nodeName}>${end}`]);
  else parts.push([true, start], [false, escapeText(node.textContent)], [true, end]);
}

const escapeText = (text) => text.replace(/[&<>"\r]/g, (character) => `&#${character.charCodeAt(0)};`)
  .replaceAll("&#38;", "&amp;").replaceAll("&#60;", "&lt;").replaceAll("&#62;", "&gt;").replaceAll("&#34;", '"');

function showParts(parts, place) {
  let shown = 0;
  const rest = parts.findIndex(([, text]) => (shown += text.length) > DOCUMENT);
  const visible = rest < 0 ? parts : parts.slice(0, rest);
  place.replaceChildren(...visible.map(([tag, text]) => make("span", {className: tag ? "xml-tag" : "xml-text", textContent: text})));
  if (rest < 0) return;
  const left = parts.slice(rest).map(([, text]) => text).join("");
  const more = make("button", {type: "button", className: "plain more", textContent: `Show ${count(left.length, "more character")}`});
  more.onclick = () => more.replaceWith(left);
  place.append("\n", more);
}

/* ---- A result, as a tree ---- */

const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/**
 * Shows a `<value>` behind its key, if it has one. Arrays and structs are filled when they are opened, so that size and depth cost
 * nothing before.
 */
function tree(value, key = "", room = {left: 400}, level = 0) {
  const {type, content} = typed(value);
  if (type === "array") return [branch(type, itemsOf(content), "item", key, room, level)];
  if (type === "struct") return [branch(type, membersOf(content), "member", key, room, level)];
  return [key, ...leaf(type, content.textContent)];
}

function branch(type, entries, noun, key, room, level) {
  const summary = make("summary", {}, key, `${type} · ${count(entries.length, noun)}`);
  const list = make("ul");
  const details = make("details", {}, summary, list);
  const fill = () => {
    if (!list.firstChild) showEntries(entries, 0, type === "struct", list, room, level + 1);
  };
  details.addEventListener("toggle", fill);
  if (level === 0 || (level < 4 && entries.length > 0 && entries.length <= room.left)) {
    room.left -= entries.length;
    details.open = true;
    fill();
  }
  return details;
}

function showEntries(entries, start, named, list, room, level) {
  for (const {name, value} of entries.slice(start, start + ITEMS)) {
    const key = make("bdi", {className: named ? "key name" : "key", textContent: name === "" ? '""' : name});
    list.append(make("li", {}, ...tree(value, key, room, level)));
  }
  const next = start + ITEMS;
  if (next >= entries.length) return;
  const left = (entries.length - next).toLocaleString("en");
  const more = make("button", {type: "button", className: "plain more", textContent: `Show more (${left} left)`});
  const item = make("li", {}, more);
  more.onclick = () => {
    showEntries(entries, next, named, list, room, level);
    item.remove();
  };
  list.append(item);
}

function leaf(type, text) {
  const shown = {
    boolean: () => (text.trim() === "1" ? "true" : "false"),
    nil: () => "nil",
    base64: () => (text === "" ? "empty" : text),
    string: () => (text === "" ? "empty" : text),
  }[type]?.() ?? text;
  const style = text === "" && type !== "boolean" ? "nothing" : kind(type);
  const scalar = make("bdi", {className: `scalar ${style}`, textContent: shown.slice(0, CHARACTERS)});
  const parts = [scalar];
  if (shown.length > CHARACTERS) parts.push(rest(shown, scalar));
  if (type === "base64" && text !== "") parts.push(save(text));
  parts.push(make("span", {className: "type", textContent: type}));
  return parts;
}

function rest(text, place) {
  const more = make("button", {type: "button", className: "plain more", textContent: `Show all of ${count(text.length, "character")}`});
  more.onclick = () => {
    place.textContent = text;
    more.remove();
  };
  return more;
}

/** A button that saves base64 as the bytes it stands for. */
function save(text) {
  const button = make("button", {type: "button", className: "plain more", textContent: "Save the bytes"});
  button.onclick = () => {
    const bytes = Uint8Array.from(atob(text.replace(/\s+/g, "")), (character) => character.charCodeAt(0));
    const link = make("a", {href: URL.createObjectURL(new Blob([bytes])), download: "result.bin"});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return button;
}

/* ---- Controls: what a parameter of each type is entered with ---- */

/** A control: its elements, what takes the label, and `read`, which gives the value or throws a `Mistake`. */
function control(type, id) {
  switch (type) {
    case "int": case "i8": return line(id, {inputMode: "numeric", placeholder: "0"}, (text) => integer(text, type));
    case "double": return line(id, {inputMode: "decimal", placeholder: "0.0"}, double);
    case "dateTime.iso8601": return line(id, {type: "datetime-local", step: "1"}, dateTime);
    case "string": return area(id, {rows: 1}, string);
    case "boolean": return booleanControl(id);
    case "base64": return base64Control(id);
    case "nil": return {element: make("output", {id, textContent: "nothing to enter"}), read: nil};
    case "array": return area(id, {className: "code", value: "[]"}, (text) => expecting(type, '[1, "two"]', read(text)));
    case "struct": return area(id, {className: "code", value: "{}"}, (text) => expecting(type, '{"name": "Ada"}', read(text)));
    default: return area(id, {className: "code", placeholder: '1, "text", [ … ], { … }'}, read);
  }
}

const takesNotation = (type) => !["int", "i8", "double", "dateTime.iso8601", "string", "boolean", "base64", "nil"].includes(type);

function expecting(type, example, value) {
  if (value.type !== type) throw new Mistake(`${type === "array" ? "An array" : "A struct"} is needed here, such as ${example}.`);
  return value;
}

function line(id, properties, parse) {
  const element = make("input", {id, type: "text", autocomplete: "off", spellcheck: false, ...properties});
  return {element, read: () => parse(element.value)};
}

function area(id, properties, parse) {
  const element = make("textarea", {id, rows: 3, spellcheck: false, ...properties});
  return {element, read: () => parse(element.value)};
}

/** Radio buttons that look as one control. */
function segments(choices, chosen) {
  const name = newId();
  const element = make("div", {className: "segments"});
  choices.forEach((choice, index) => {
    const radio = make("input", {type: "radio", name, checked: index === 0});
    radio.onchange = () => chosen(index);
    element.append(make("label", {}, radio, choice));
  });
  return element;
}

function booleanControl(id) {
  const element = segments(["false", "true"], () => {});
  element.id = id;
  return {element, group: true, read: () => boolean(findAll("input", element)[1].checked)};
}

/** Bytes: as text, as base64, or from a file. */
function base64Control(id) {
  const text = make("textarea", {rows: 1, spellcheck: false, "aria-label": "Bytes"});
  const file = make("input", {type: "file", hidden: true, "aria-label": "File"});
  let way = 0;
  const ways = segments(["Text", "Base64", "File"], (index) => {
    way = index;
    text.hidden = way === 2;
    file.hidden = way !== 2;
    text.classList.toggle("code", way === 1);
  });
  const read = () => [() => bytesOf(new Blob([text.value])), () => base64(text.value), () => fileOf(file)][way]();
  return {element: make("div", {id, className: "several"}, ways, text, file), group: true, read};
}

function fileOf(input) {
  if (!input.files.length) throw new Mistake("Choose a file.");
  return bytesOf(input.files[0]);
}

/** The bytes of a blob in base64, which comes as a URL with them behind its comma. */
function bytesOf(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done({type: "base64", text: reader.result.slice(reader.result.indexOf(",") + 1)});
    reader.onerror = () => failed(new Mistake("The file cannot be read."));
    if (blob.size === 0) done({type: "base64", text: ""});
    else reader.readAsDataURL(blob);
  });
}

/** A field: label, type, control, and the place for what is wrong with it. */
function field(name, type) {
  const id = newId();
  const label = make("label", {id: newId(), textContent: name});
  const head = make("div", {className: "label"}, label);
  const mistake = make("p", {className: "mistake", id: newId()});
  const element = make("div", {className: "field"}, head, mistake);
  let current;
  const use = (type) => {
    current?.element.remove();
    current = control(type, id);
    current.element.setAttribute("aria-describedby", mistake.id);
    if (current.group) {
      current.element.setAttribute("role", "group");
      current.element.setAttribute("aria-labelledby", label.id);
    }
    label.htmlFor = current.group ? "" : id;
    mistake.textContent = "";
    mistake.before(current.element);
  };
  /** Says what is wrong, or that nothing is, and gives what to focus. */
  const fail = (error) => {
    const target = current.group ? find("textarea:not([hidden]), input:not([hidden])", current.element) : current.element;
    mistake.textContent = error?.message ?? "";
    target.toggleAttribute("aria-invalid", false);
    if (error) target.setAttribute("aria-invalid", "true");
    return target;
  };
  use(type);
  return {element, head, use, fail, read: () => current.read()};
}

const badge = (type) => make("span", {className: `type ${kind(type)}`, textContent: type});

/* ---- A method ---- */

const url = location.pathname;
let authorization = "";

/** The article of a method, made when it is first opened, and kept with all that was entered. */
function methodArticle(link) {
  const name = link.dataset.name;
  const signatures = link.dataset.signatures ? link.dataset.signatures.split("|").map((types) => types.split(" ")) : [];
  const names = link.dataset.parameters?.split("\n") ?? [];
  const article = find("#method").content.firstElementChild.cloneNode(true);
  const dot = name.lastIndexOf(".") + 1;
  find("h1", article).append(make("bdi", {className: "namespace", textContent: name.slice(0, dot)}), make("bdi", {textContent: name.slice(dot)}));
  find(".help", article).textContent = find(".help", link.closest("li")).textContent;
  const lines = signatures.map((types) => signatureLine(types, names));
  find(".signatures", article).append(...(lines.length ? lines : [unknownSignature(link, names)]));
  const insides = find(".insides", link.closest("li"))?.cloneNode(true);
  for (const type of insides ? findAll(".type", insides) : []) type.className = badge(type.textContent).className;
  if (insides) find("header", article).append(insides);
  const form = parameters(article, signatures, names);
  find("form", article).addEventListener("submit", (event) => {
    event.preventDefault();
    call(article, name, form);
  });
  keepAuthorization(article);
  tabs(find(".outcome", article));
  find(".copy", article).onclick = (event) => copy(find('[role="tabpanel"]:not([hidden])', article), event.currentTarget);
  return article;
}

function signatureLine([result, ...types], names) {
  const named = (index) => (names[index] ? [make("bdi", {textContent: names[index]}), ": "] : []);
  const list = types.flatMap((type, index) => [index ? ", " : "", ...named(index), badge(type)]);
  return make("div", {}, "(", ...list, ") → ", badge(result));
}

const unknownSignature = (link, names) =>
  make("div", {textContent: names.length ? find(".signature", link.closest("li")).textContent : "(any parameters)"});

/** Fills the form. Gives what reads it: a promise of all values. */
function parameters(article, signatures, names) {
  const label = (index) => names[index] || `Parameter ${index + 1}`;
  const place = find(".fields", article);
  const rules = find(".rules", article);
  let fields = [];
  const set = (types) => {
    fields = types.map((type, index) => fixed(label(index), type));
    place.replaceChildren(...fields.map((field) => field.element));
    rules.hidden = !types.some(takesNotation);
  };
  if (signatures.length) set(signatures[0].slice(1));
  else freely(article, place, fields, label);
  if (signatures.length > 1) {
    const choice = find(".choice", article);
    const lists = signatures.map(([, ...types]) => `(${types.join(", ")})`);
    const choices = segments(lists, (index) => set(signatures[index].slice(1)));
    choices.setAttribute("role", "group");
    choices.setAttribute("aria-label", "Parameters");
    choice.append(choices);
    choice.hidden = false;
  }
  return () => readFields(fields);
}

function fixed(label, type) {
  const made = field(label, type);
  made.head.append(type === ANY ? choice(made) : badge(type));
  return made;
}

const ANY = "any";
const CHOICES = [ANY, "string", "int", "i8", "double", "boolean", "dateTime.iso8601", "base64"];

/** Lets the user say the type of a parameter that can be anything, so that its value is entered as one of that type. */
function choice(field) {
  const options = CHOICES.map((type) => make("option", {value: type, textContent: type === ANY ? "any value" : type}));
  const select = make("select", {"aria-label": "Type"}, ...options);
  select.onchange = () => field.use(select.value);
  return select;
}

/** Any number of parameters of any types, for methods whose parameters are not fixed. */
function freely(article, place, fields, label) {
  const add = find(".add", article);
  const number = () => fields.forEach((field, index) => (find("label", field.head).textContent = label(index)));
  add.hidden = find(".rules", article).hidden = false;
  add.onclick = () => {
    const made = field("", ANY);
    const remove = make("button", {type: "button", className: "plain remove", textContent: "Remove"});
    remove.onclick = () => {
      fields.splice(fields.indexOf(made), 1);
      made.element.remove();
      number();
      add.focus();
    };
    made.head.append(choice(made), remove);
    fields.push(made);
    place.append(made.element);
    number();
    find("input, textarea", made.element)?.focus();
  };
}

/** Reads all fields. What is wrong is said at each, and the first of them is focused. */
async function readFields(fields) {
  let first = null;
  const values = [];
  for (const field of fields) {
    try {
      const value = await field.read();
      encode(value);
      field.fail(null);
      values.push(value);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      const target = field.fail(error);
      first ??= target;
    }
  }
  first?.focus();
  return first ? null : values;
}

/** One header for all calls: what is entered at one method is there at the others. */
function keepAuthorization(article) {
  const input = find("[data-authorization]", article);
  input.oninput = () => (authorization = input.value);
  find(".authorization", article).addEventListener("toggle", () => (input.value = authorization));
}

/* ---- A call ---- */

async function call(article, name, form) {
  const button = find(".call", article);
  if (button.ariaDisabled === "true") return;
  const values = await form();
  if (!values) return;
  let request;
  try {
    request = encodeCall(name, values);
  } catch (error) {
    return report(article, "bad", "Not sent", [error.message]);
  }
  const stop = find(".stop", article);
  const abort = new AbortController();
  stop.onclick = () => abort.abort();
  button.ariaDisabled = "true";
  stop.hidden = false;
  report(article, "busy", "Calling …");
  const begin = performance.now();
  try {
    const reply = await post(request, abort.signal);
    show(article, request, {...reply, milliseconds: performance.now() - begin});
  } catch (error) {
    const text = error.name === "AbortError" ? "The call was stopped here; the server may finish it." : "No reply came from the server.";
    show(article, request, {failure: text, text: "", milliseconds: performance.now() - begin});
  }
  button.ariaDisabled = "false";
  if (document.activeElement === stop) button.focus();
  stop.hidden = true;
}

/** Posts a document. The reply is decoded by the charset that it names. */
async function post(body, signal) {
  const headers = {"Content-Type": "text/xml; charset=utf-8"};
  if (authorization.trim()) headers.Authorization = authorization.trim();
  const response = await fetch(url, {method: "POST", body, headers, signal, cache: "no-store", redirect: "error"});
  const bytes = await response.arrayBuffer();
  const charset = /charset="?([\w.:-]+)/i.exec(response.headers.get("Content-Type") ?? "")?.[1];
  return {status: response.status, size: bytes.byteLength, text: decode(bytes, charset)};
}

function decode(bytes, charset = "utf-8") {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** Says how a call stands. The status is announced as it changes, together with what is there for the ear alone. */
function report(article, state, title, facts = [], spoken = "") {
  const status = find(".status", article);
  status.className = `status ${state}`;
  status.replaceChildren(
    make("strong", {textContent: title}),
    ...facts.map((fact) => make("span", {textContent: fact})),
    make("em", {className: "unseen", textContent: spoken.slice(0, SPOKEN)}),
  );
}

function duration(milliseconds) {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}

function size(bytes) {
  if (bytes < 10_000) return count(bytes, "byte");
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Shows a reply: its value, its fault, or that it is neither. */
function show(article, request, reply) {
  const parsed = reply.failure ? null : parseXml(reply.text);
  const {value, fault} = responseOf(parsed);
  const facts = [duration(reply.milliseconds)];
  if (reply.size !== undefined) facts.push(size(reply.size));
  const result = find(".result", article);
  article.dataset.outcome = value ? "value" : fault ? "fault" : "failure";
  if (value) {
    result.replaceChildren(...tree(value));
    report(article, "good", "Result", facts, find(".scalar, summary", result).textContent);
  } else if (fault) {
    const {code, text} = faultOf(fault);
    report(article, "bad", `Fault ${code}`, facts, text);
    result.replaceChildren(failure(`Fault ${code}`, text));
  } else {
    const title = reply.status ? `HTTP status ${reply.status}` : "No reply";
    const text = reply.failure ?? (reply.text.trim().slice(0, CHARACTERS) || "The reply is empty.");
    report(article, "bad", title, facts, text);
    result.replaceChildren(failure(title, text));
  }
  result.notation = value ?? fault;
  layOut(parseXml(request), request, find(".request", article));
  layOut(parsed, reply.text, find(".reply", article));
  find(".curl", article).textContent = curlCommand(request);
  find(".outcome", article).hidden = false;
  find(".status", article).scrollIntoView({block: "nearest"});
}

const failure = (title, text) => make("p", {className: "failure"}, make("b", {textContent: title}), "\n", make("bdi", {textContent: text}));

function curlCommand(request) {
  const quoted = `'${request.slice(request.indexOf("\n") + 1).replaceAll("'", "'\\''")}'`;
  return `curl ${location.origin}${url} \\\n  -H 'Content-Type: text/xml' \\\n  -d ${quoted}`;
}

/** Copies a panel's text; of a result, its notation. */
async function copy(panel, button) {
  let text = panel.textContent;
  try {
    if (panel.notation) text = write(panel.notation);
  } catch {
    // Too deep to be written; its text has to do.
  }
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(panel);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

/* ---- Tabs ---- */

function tabs(card) {
  const buttons = findAll('[role="tab"]', card);
  const panels = findAll('[role="tabpanel"]', card);
  const choose = (chosen) => buttons.forEach((button, index) => {
    const is = index === chosen;
    button.setAttribute("aria-selected", is);
    button.tabIndex = is ? 0 : -1;
    panels[index].hidden = !is;
  });
  buttons.forEach((button, index) => {
    button.id = newId();
    panels[index].id = newId();
    button.setAttribute("aria-controls", panels[index].id);
    panels[index].setAttribute("aria-labelledby", button.id);
    button.onclick = () => choose(index);
    button.onkeydown = (event) => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (!step) return;
      const next = (index + step + buttons.length) % buttons.length;
      choose(next);
      buttons[next].focus();
      event.preventDefault();
    };
  });
  choose(0);
}

/* ---- The index ---- */

/** The search box and the keys that go through the list. */
function index() {
  const query = find("#query");
  const links = findAll("#groups a");
  const texts = new Map(links.map((link) => [link, `${link.dataset.name} ${link.closest("li").textContent}`.toLowerCase()]));
  const visible = () => links.filter((link) => !link.closest("[hidden]"));

  const filter = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const link of links) {
      link.closest("li").hidden = !words.every((word) => texts.get(link).includes(word));
    }
    for (const group of findAll(".group")) {
      group.hidden = !findAll("li", group).some((item) => !item.hidden);
    }
    const found = visible().length;
    find("#found").textContent = words.length ? `${found.toLocaleString("en")} of ${count(links.length, "method")}` : "";
  };

  find("#search").hidden = false;
  find("#search").addEventListener("submit", (event) => {
    event.preventDefault();
    const [first] = visible();
    if (first) location.hash = first.hash;
  });
  query.addEventListener("input", filter);
  filter();

  find("#index").addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      query.value = "";
      filter();
      query.focus();
      return;
    }
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    const all = visible();
    const target = all.indexOf(document.activeElement) + step;
    (target < 0 ? query : all[Math.min(target, all.length - 1)])?.focus();
    event.preventDefault();
  });
}

/** `/` goes to the search box from anywhere but a field; Ctrl and Enter make the call from within one. */
function keys() {
  find(".skip").onclick = (event) => {
    event.preventDefault();
    find("main").focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input:not([type=radio]), textarea, select")) {
      event.preventDefault();
      if (document.documentElement.dataset.view === "method" && !find("#index").offsetParent) location.hash = "";
      find("#query").focus();
      find("#query").select();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.closest("form")?.requestSubmit?.();
    }
  });
}

/* ---- Which method is open: the part of the address behind # ---- */

const articles = new Map();

function open() {
  const name = nameInAddress();
  const links = findAll("#groups a");
  const link = name && links.find((link) => link.dataset.name === name);
  for (const other of links) {
    if (other === link) other.setAttribute("aria-current", "page");
    else other.removeAttribute("aria-current");
  }
  document.documentElement.dataset.view = link ? "method" : "index";
  if (!link) {
    find("main").replaceChildren(welcome);
    return;
  }
  if (!articles.has(name)) articles.set(name, methodArticle(link));
  find("main").replaceChildren(articles.get(name));
  link.closest("li").scrollIntoView({block: "nearest"});
  scrollTo(0, 0);
  find("h1", articles.get(name)).focus({preventScroll: true});
}

function nameInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/* ---- Light and dark ---- */

const THEMES = ["auto", "light", "dark"];

/** The theme that was chosen; a browser may keep nothing for this page. */
function storedTheme() {
  try {
    const theme = localStorage.getItem("theme");
    return THEMES.includes(theme) ? theme : "auto";
  } catch {
    return "auto";
  }
}

function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // It holds until the page is left.
  }
}

function themeButton() {
  const button = find("#theme");
  const name = () => {
    const theme = document.documentElement.dataset.theme;
    find("span", button).textContent = theme[0].toUpperCase() + theme.slice(1);
    button.setAttribute("aria-label", `Colours: ${theme}`);
  };
  button.onclick = () => {
    useTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);
    name();
  };
  button.hidden = false;
  name();
}

let welcome;

function start() {
  welcome = find("#welcome");
  for (const place of findAll("[data-url]")) place.textContent = location.origin + url;
  for (const part of findAll("#facts, #snippets, #keys")) part.hidden = false;
  tabs(find("#snippets"));
  themeButton();
  index();
  keys();
  addEventListener("hashchange", open);
  open();
}

useTheme(storedTheme());
document.addEventListener("DOMContentLoaded", start);
})();
