import Feedback
import Foundation

/// A program that labels: one `/bin/sh -c` process that answers each slate, a line of JSON, with a
/// line of JSON.
final class ScriptedLabeler {
  /// What the labeler is asked.
  struct Question: Encodable {
    struct Candidate: Encodable {
      var id: String
      var text: String
    }

    var slate: String
    var prompt: String
    var completions: [Candidate]

    init(_ slate: Slate) {
      self.slate = String(slate.id)
      prompt = slate.prompt.text
      completions = slate.completions.map { Candidate(id: String($0.id), text: $0.text) }
    }
  }

  /// What it answers.
  struct Answer: Decodable {
    var tiers: [[String]]?
    var demonstration: String?
    var skip: String?
  }

  private let command: String
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var unread = Data()

  init(command: String) throws {
    self.command = command
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.standardInput = input
    process.standardOutput = output
    // A labeler that ends early is an answer that does not come, not a signal.
    signal(SIGPIPE, SIG_IGN)
    do {
      try process.run()
    } catch {
      throw CommandError("The labeler could not be started with /bin/sh -c '\(command)': \(error)")
    }
  }

  /// Ends the labeler's input and waits for it to leave.
  func finish() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Asks about a slate and returns the label's contents.
  func label(_ slate: Slate) throws -> [LabelContent] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var question = try encoder.encode(Question(slate))
    question.append(UInt8(ascii: "\n"))
    do {
      try input.fileHandleForWriting.write(contentsOf: question)
    } catch {
      throw ended(before: slate)
    }
    guard let line = readLine() else { throw ended(before: slate) }
    return try Self.contents(of: line, slate: slate)
  }

  /// The label that an answer's line stands for.
  static func contents(of line: Data, slate: Slate) throws -> [LabelContent] {
    func wrong(_ reason: String) -> CommandError {
      let shown = String(decoding: line.prefix(200), as: UTF8.self)
      return CommandError(
        "The labeler's answer for slate \(slate.id) is not usable: \(reason). It was: \(shown)")
    }
    let answer: Answer
    do {
      answer = try JSONDecoder().decode(Answer.self, from: line)
    } catch {
      throw wrong("it is not {\"tiers\":[[id,…],…]} or {\"skip\":\"reason\"}")
    }
    if let reason = answer.skip { return [.skip(reason: reason)] }
    guard let tiers = answer.tiers else { throw wrong("it has neither tiers nor skip") }
    let ids = try tiers.map { tier in
      try tier.map { text in
        guard let id = Int64(text) else { throw wrong("there is no completion '\(text)'") }
        return id
      }
    }
    var contents: [LabelContent] = []
    do {
      contents.append(.ranking(try Ranking(tiers: ids, of: slate.completions.map(\.id))))
    } catch {
      throw wrong(error.description)
    }
    if let text = answer.demonstration {
      guard !text.isEmpty else { throw wrong("the demonstration is empty") }
      contents.append(.demonstration(Demonstration(text: text)))
    }
    return contents
  }

  private func readLine() -> Data? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Data(unread[unread.startIndex..<end])
        unread = Data(unread[unread.index(after: end)...])
        return line
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      unread.append(more)
    }
  }

  private func ended(before slate: Slate) -> CommandError {
    CommandError(
      "The labeler ended before it answered slate \(slate.id); it was started with: \(command)")
  }
}
