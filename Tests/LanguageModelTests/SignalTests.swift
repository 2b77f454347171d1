import CKernels
import Foundation
import Synchronization
import Testing

@testable import LanguageModel

/// Signals that arrive while products are computed. oneDNN's code points the stack pointer at the
/// heap, where a handler's frame would overwrite whatever lies there.
@Suite struct SignalTests {
  /// - Parameter kernelsFirst: whether our kernels start libgomp's threads, or a product does.
  @Test(arguments: [false, true])
  func noHandlerRunsInsideAProduct(kernelsFirst: Bool) async {
    // In a process of its own, as the heap does not survive when this goes wrong.
    await #expect(processExitsWith: .success) { [kernelsFirst = kernelsFirst as Bool] in
      Thread.detachNewThread {
        let failure = SignalStorm.run(kernelsFirst: kernelsFirst)
        if let failure { FileHandle.standardError.write(Data("\(failure)\n".utf8)) }
        exit(failure == nil ? 0 : 1)
      }
      while true { pause() }
    }
  }
}

/// Products under a storm of signals.
private enum SignalStorm {
  static let threadName = "multiplier"
  static let arrived = Atomic<Int>(0)
  static let misplaced = Atomic<Int>(0)
  /// An address that every frame above this program's on the thread's stack lies closely below.
  static let stack = Atomic<UInt>(0)

  /// Computes products until a hundred signals have arrived at this thread.
  ///
  /// - Returns: what went wrong, unless every handler ran on the thread's stack and none can run on
  ///   libgomp's threads.
  static func run(kernelsFirst: Bool) -> String? {
    // libgomp's threads inherit the name.
    let comm = fopen("/proc/thread-self/comm", "w")
    fputs(threadName, comm)
    fclose(comm)
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 16) { place in
      stack.store(UInt(bitPattern: place.baseAddress), ordering: .relaxed)
    }
    arrived.store(0, ordering: .relaxed)
    misplaced.store(0, ordering: .relaxed)
    var action = sigaction()
    action.sa_flags = SA_RESTART
    action.__sigaction_handler.sa_handler = { _ in
      var local: UInt8 = 0
      let place = withUnsafePointer(to: &local) { UInt(bitPattern: $0) }
      let stack = SignalStorm.stack.load(ordering: .relaxed)
      SignalStorm.arrived.add(1, ordering: .relaxed)
      if place >= stack || place < stack - 100_000 {
        SignalStorm.misplaced.add(1, ordering: .relaxed)
      }
    }
    sigaction(SIGUSR1, &action, nil)
    // The thread that starts this one holds every signal back.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)

    let (rows, outputs, inputs) = (300, 960, 576)
    var memory = [Float](repeating: 0, count: rows * (inputs + outputs) + outputs * inputs)
    return memory.withUnsafeMutableBufferPointer { memory in
      let x = Matrix(memory.baseAddress!, rows, inputs)
      let weights = Matrix(x.base + rows * inputs, outputs, inputs)
      let out = Matrix(weights.base + outputs * inputs, rows, outputs)
      if kernelsFirst {
        apprentice_swiglu(weights.base, out.base, rows, outputs / 2)
      } else {
        multiply(x.plain, weights.transposed, into: out)
      }
      // Only this thread, between products, is open to signals.
      let open = threadsOpenTo(SIGUSR1)
      guard open == 1 else { return "\(open) threads take signals where one should" }
      let multiplier = pthread_self()
      Thread.detachNewThread {
        while true {
          pthread_kill(multiplier, SIGUSR1)
          usleep(20)
        }
      }
      for _ in 0..<20_000 where arrived.load(ordering: .relaxed) < 100 {
        multiply(x.plain, weights.transposed, into: out)
      }
      guard arrived.load(ordering: .relaxed) >= 100 else { return "no signals arrive" }
      let misplaced = misplaced.load(ordering: .relaxed)
      return misplaced == 0 ? nil : "\(misplaced) handlers ran off the stack"
    }
  }

  /// The number of threads of this name that do not hold a signal back.
  private static func threadsOpenTo(_ signal: Int32) -> Int {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.count { task in
      let status = (try? String(contentsOfFile: "/proc/self/task/\(task)/status", encoding: .utf8))
      var fields: [Substring: Substring] = [:]
      for line in (status ?? "").split(separator: "\n") {
        let parts = line.split(separator: "\t")
        if parts.count == 2 { fields[parts[0]] = parts[1] }
      }
      guard fields["Name:"] == threadName[...], let held = fields["SigBlk:"],
        let mask = UInt64(held, radix: 16)
      else { return false }
      return mask >> UInt64(signal - 1) & 1 == 0
    }
  }
}
