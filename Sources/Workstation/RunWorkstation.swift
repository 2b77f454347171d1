import Foundation
import Storage
import TerminalUI

/// Opens the workstation on the terminal; returns when the labeler quits or the terminal is gone.
///
/// The workspace is made if there is none. Drafts are on the disk when it returns.
///
/// - Throws: one sentence, the terminal as it was, when the workspace or the terminal cannot be
///   used.
public func runWorkstation(_ options: WorkstationOptions) throws {
  let workspace: Workspace
  do {
    workspace = try Workspace.open(options.workspace)
  } catch {
    throw WorkstationError(sentence(error))
  }
  defer { workspace.close() }
  let mailbox = Mailbox<WorkstationMessage>()
  let session = Session(workspace: workspace, options: options) { mailbox.send($0) }
  session.start()
  defer { session.close() }
  let guidelines = options.guidelines.flatMap { try? String(contentsOf: $0, encoding: .utf8) }
  let clock = ContinuousClock()
  let start = clock.now
  do {
    try runProgram(
      { depth in
        Program(
          model: WorkstationModel(
            labeler: options.labeler, colorDepth: depth, guidelines: guidelines),
          message: { event in
            let elapsed = clock.now - start
            return .terminal(event, at: elapsed / .seconds(1))
          },
          update: update, view: view, perform: { session.perform($0) },
          isFinished: \.isFinished)
      },
      mailbox: mailbox, options: Terminal.Options(mouse: options.mouse))
  } catch {
    throw WorkstationError(sentence(error))
  }
}
