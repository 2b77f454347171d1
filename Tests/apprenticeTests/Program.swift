import Foundation
import TestSupport

/// The built program, run as a user runs it.
enum Program {
  /// Beside the tests' own executable.
  static let url: URL = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: tests).deletingLastPathComponent()
      .appendingPathComponent("apprentice")
  }()

  /// What a run left.
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    /// The objects of JSON lines.
    func objects() throws -> [[String: Any]] {
      try output.split(separator: "\n").map { line in
        guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        else { throw NotAnObject(line: String(line)) }
        return object
      }
    }

    /// Each line decoded; `grad_norm` is `gradNorm`.
    func lines<Line: Decodable>(as type: Line.Type) throws -> [Line] {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try output.split(separator: "\n").map {
        try decoder.decode(type, from: Data($0.utf8))
      }
    }
  }

  struct NotAnObject: Error {
    var line: String
  }

  /// Runs the program to its end.
  ///
  /// - Parameter mounting: shell commands that change what is mounted, for this run only; see
  ///   ``canMount``.
  static func run(
    _ arguments: [String], input: String = "", in folder: URL, environment: [String: String] = [:],
    mounting: String? = nil
  ) throws -> Outcome {
    let files = try TemporaryFolder()
    let (process, output, errors) = try start(
      arguments, input: input, in: folder, files: files.url, environment: environment,
      mounting: mounting)
    process.waitUntilExit()
    return Outcome(
      status: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus,
      output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// Starts the program with its output going to files.
  static func start(
    _ arguments: [String], input: String = "", in folder: URL, files: URL,
    environment: [String: String] = [:], mounting: String? = nil
  ) throws -> (process: Process, output: URL, errors: URL) {
    func file(_ name: String, _ text: String = "") throws -> URL {
      let url = files.appendingPathComponent(name)
      try Data(text.utf8).write(to: url)
      return url
    }
    let output = try file("output")
    let errors = try file("errors")
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    if let mounting {
      process.executableURL = unshare
      process.arguments = mountNamespace(mounting) + [url.path] + arguments
    }
    process.currentDirectoryURL = folder
    process.environment = [
      "PATH": "/usr/bin:/bin", "HOME": folder.path, "XDG_CACHE_HOME": folder.path + "/cache",
      "APPRENTICE_PROMPTS": prompts.path, "OMP_NUM_THREADS": "1",
    ].merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: file("input", input))
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    // The threads that tests run on block signals, and a child would inherit that.
    var none = sigset_t()
    var blocked = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &blocked)
    defer { pthread_sigmask(SIG_SETMASK, &blocked, nil) }
    try process.run()
    return (process, output, errors)
  }

  private static let unshare = URL(fileURLWithPath: "/usr/bin/unshare")

  /// What `unshare` takes to run commands and then a program with mounts of its own.
  private static func mountNamespace(_ commands: String) -> [String] {
    ["--map-root-user", "--mount", "/bin/sh", "-ec", commands + "\nexec \"$@\"", "sh"]
  }

  /// Whether this system lets tests mount file systems that only the program they run sees.
  static let canMount: Bool = {
    let process = Process()
    process.executableURL = unshare
    process.arguments = mountNamespace("mount -t tmpfs tmpfs /mnt") + ["/bin/true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  /// The prompts that come with the program.
  static let prompts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../prompts").standardizedFileURL
}

/// A folder with the tiny model, in which the program runs.
final class Bench: Sendable {
  let folder: TemporaryFolder
  let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = folder.url.appendingPathComponent("tiny.gguf").path
    try TinyModel.write(to: model)
  }

  var url: URL { folder.url }

  /// Runs the program with the tiny model.
  func run(_ arguments: String..., input: String = "") throws -> Program.Outcome {
    try Program.run(
      arguments, input: input, in: folder.url, environment: ["APPRENTICE_MODEL": model])
  }

  /// Writes a file.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    let url = folder.url.appendingPathComponent(name)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

  /// The names in the folder, hidden ones too.
  func names() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.url.path))
  }
}
