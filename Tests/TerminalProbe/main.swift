// A program for the driver's tests: it shows every event of the terminal, and crashes on request.
//
// Keys: q ends it, F fails an assertion, A leaves an array's bounds, X calls exit, C shows colours,
// W shows wide and odd text, H hangs without reading, M sends a message from another thread.
import Foundation
import TerminalUI

let mailbox = Mailbox<TerminalEvent>()

struct Model {
  var log: [String] = []
  var size = Size(width: 0, height: 0)
  var page = Character("E")
  var isFinished = false
}

func name(_ event: TerminalEvent) -> String {
  switch event {
  case .key(let key): "key \(key)"
  case .mouse(.press(let point, let button)): "press \(button) \(point.x) \(point.y)"
  case .mouse(.drag(let point)): "drag \(point.x) \(point.y)"
  case .mouse(.release(let point)): "release \(point.x) \(point.y)"
  case .mouse(.scroll(let point, let up)): "scroll \(up ? "up" : "down") \(point.x) \(point.y)"
  case .paste(let text): "paste \(text.replacing("\n", with: "|"))"
  case .resize(let size): "resize \(size.width) \(size.height)"
  case .wake: "wake"
  case .resumed: "resumed"
  case .interrupt(let why): "interrupt \(why)"
  }
}

func update(_ model: inout Model, _ event: TerminalEvent) -> [Character] {
  model.log.append("\(model.log.count + 1) \(name(event))")
  switch event {
  case .resize(let size): model.size = size
  case .key(.character("q")): model.isFinished = true
  case .key(let key):
    guard case .character(let character) = key.key, key.modifiers.isEmpty else { break }
    if "CWE".contains(character) { model.page = character }
    if "FAXHM".contains(character) { return [character] }
  default: break
  }
  return []
}

func view(_ model: Model, _ size: Size) -> Surface {
  var surface = Surface(size: size)
  switch model.page {
  case "C":
    surface.write("red", x: 0, y: 0, style: Style(foreground: .red))
    surface.write("orange", x: 0, y: 1, style: Style(foreground: .indexed(208)))
    surface.write("bold", x: 0, y: 2, style: .bold)
    surface.write("band", x: 0, y: 3, style: Style(background: .blue, attributes: .underline))
  case "W":
    surface.write("日本", x: 0, y: 0)
    surface.write("e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}.", x: 0, y: 1)
    surface.write("🇫🇷👨‍👩‍👧❤️.", x: 0, y: 2)
    surface.write("\u{1B}[31mred\u{9B}31m\u{202E}.", x: 0, y: 3)
    surface.write("字", x: size.width - 1, y: 4)
    surface.write("字", x: size.width - 2, y: 5)
    surface.write("z", x: size.width - 1, y: size.height - 1)
  default:
    for (y, line) in model.log.suffix(size.height - 1).enumerated() {
      surface.write(line, x: 0, y: y)
    }
    surface.write("size \(size.width) \(size.height)", x: 0, y: size.height - 1)
    surface.cursor = Point(x: 3, y: size.height - 1)
  }
  return surface
}

func perform(_ effect: Character) {
  switch effect {
  case "F": fatalError("asked to")
  case "A":
    let empty = CommandLine.arguments.dropFirst(99)
    print(empty[empty.endIndex])
  case "X": exit(3)
  case "M":
    let thread = Thread { mailbox.send(.paste("from a thread")) }
    thread.start()
  default:
    _ = "hanging".withCString { write(STDOUT_FILENO, $0, strlen($0)) }
    while true { pause() }
  }
}

do {
  try runProgram(
    { _ in
      Program(
        model: Model(), message: { $0 }, update: update, view: view, perform: perform,
        isFinished: \.isFinished)
    },
    mailbox: mailbox,
    options: Terminal.Options(mouse: !CommandLine.arguments.contains("--no-mouse")))
  print("done")
} catch {
  print(error.description)
  exit(1)
}
