import Foundation
import Storage

/// The trainer that a simulation starts for itself when the workspace has none.
final class TrainerChild {
  private let process: Process?

  /// Starts this program as the workspace's trainer; does nothing when another process is that.
  init(workspace: URL, arguments: [String]) throws {
    guard TrainerLock.holder(workspace) == nil else {
      process = nil
      return
    }
    let process = Process()
    process.executableURL = ProgramFile.url
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    self.process = process
  }

  /// Throws when the trainer has ended: nothing would come any more.
  func check() throws {
    guard let process, !process.isRunning else { return }
    throw CommandError(
      "The trainer ended (exit code \(process.terminationStatus)) before the simulation was done; "
        + "what it said stands above.")
  }

  /// Asks the trainer to end and waits until it has.
  func stop() {
    guard let process, process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }
}

/// This program's own file.
enum ProgramFile {
  static let url = URL(
    fileURLWithPath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0])
}
