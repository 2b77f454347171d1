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
      Thread.detachNewThread { exit(SignalStorm.run(kernelsFirst: kernelsFirst) ? 0 : 1) }
      while true { pause() }
    }
  }
}

/// Products under a storm of signals to every thread that computes them.
private enum SignalStorm {
  static let arrived = Atomic<Int>(0)
  static let misplaced = Atomic<Int>(0)
  static let stackBegin = Atomic<UInt>(0)
  static let stackEnd = Atomic<UInt>(0)

  /// Computes products until hundreds of signals have arrived.
  ///
  /// - Returns: whether every handler ran on the stack of this thread, and so on no other thread.
  static func run(kernelsFirst: Bool) -> Bool {
    let name = "multiplier"
    // libgomp's threads inherit the name.
    pthread_setname_np(pthread_self(), name)
    noteStack()
    arrived.store(0, ordering: .relaxed)
    misplaced.store(0, ordering: .relaxed)
    var action = sigaction()
    action.sa_flags = SA_RESTART
    action.__sigaction_handler.sa_handler = { _ in
      var local: UInt8 = 0
      let place = withUnsafePointer(to: &local) { UInt(bitPattern: $0) }
      SignalStorm.arrived.add(1, ordering: .relaxed)
      if place < SignalStorm.stackBegin.load(ordering: .relaxed)
        || place >= SignalStorm.stackEnd.load(ordering: .relaxed)
      {
        SignalStorm.misplaced.add(1, ordering: .relaxed)
      }
    }
    sigaction(SIGUSR1, &action, nil)

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
      let threads = threads(named: name)
      Thread.detachNewThread {
        while true {
          for thread in threads { tgkill(getpid(), thread, SIGUSR1) }
          usleep(20)
        }
      }
      for _ in 0..<20_000 where arrived.load(ordering: .relaxed) < 300 {
        multiply(x.plain, weights.transposed, into: out)
      }
      return arrived.load(ordering: .relaxed) >= 300 && misplaced.load(ordering: .relaxed) == 0
    }
  }

  /// Where this thread's stack is.
  private static func noteStack() {
    var attributes = pthread_attr_t()
    pthread_getattr_np(pthread_self(), &attributes)
    var begin: UnsafeMutableRawPointer?
    var size = 0
    pthread_attr_getstack(&attributes, &begin, &size)
    pthread_attr_destroy(&attributes)
    stackBegin.store(UInt(bitPattern: begin), ordering: .relaxed)
    stackEnd.store(UInt(bitPattern: begin) + UInt(size), ordering: .relaxed)
  }

  private static func threads(named name: String) -> [pid_t] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return all.filter { task in
      (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) == name + "\n"
    }.compactMap { pid_t($0) }
  }
}
