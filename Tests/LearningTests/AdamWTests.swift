import Foundation
import Testing

@testable import Learning

@Suite struct AdamWTests {
  /// One parameter, by the formula in double precision.
  private struct Reference {
    var parameter: Double
    var first = 0.0
    var second = 0.0
    var step = 0.0

    mutating func update(gradient: Double, rate: Double) {
      step += 1
      first = 0.9 * first + 0.1 * gradient
      second = 0.95 * second + 0.05 * gradient * gradient
      let corrected = first / (1 - pow(0.9, step))
      let scale = (second / (1 - pow(0.95, step))).squareRoot() + 1e-8
      parameter -= rate * corrected / scale
    }
  }

  private func buffer(_ values: [Float]) -> UnsafeMutableBufferPointer<Float> {
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
    _ = buffer.initialize(from: values)
    return buffer
  }

  private func deallocate(_ buffers: [UnsafeMutableBufferPointer<Float>]) {
    for buffer in buffers { buffer.deallocate() }
  }

  @Test func followsTheFormulaAndClearsTheGradient() {
    let count = 37
    let start = (0..<count).map { Float($0) / 10 - 1 }
    let parameters = buffer(start)
    let gradient = buffer(Array(repeating: 0, count: count))
    defer {
      parameters.deallocate()
      gradient.deallocate()
    }
    var reference = start.map { Reference(parameter: Double($0)) }
    let optimizer = AdamW(count: count)
    for step in 0..<5 {
      for index in 0..<count {
        let value = Float(sin(Double(index * 7 + step)))
        gradient[index] = value
        reference[index].update(gradient: Double(value), rate: 1e-2)
      }
      optimizer.update([(parameters, gradient)], learningRate: 1e-2, clip: 0)
      #expect(gradient.allSatisfy { $0 == 0 })
    }
    for index in 0..<count {
      #expect(abs(Double(parameters[index]) - reference[index].parameter) < 1e-5)
    }
  }

  @Test func clipsTheWholeNormOverAllGroups() {
    let parameters = [buffer([0]), buffer([0])]
    let gradients = [buffer([3]), buffer([4])]
    defer { deallocate(parameters + gradients) }
    let optimizer = AdamW(count: 2)
    let norm = optimizer.update(
      Array(zip(parameters, gradients)).map { ($0.0, $0.1) }, learningRate: 1, clip: 1)
    #expect(abs(norm - 5) < 1e-6)
    #expect(abs(optimizer.state.first[0] - 0.06) < 1e-6)
    #expect(abs(optimizer.state.first[1] - 0.08) < 1e-6)
  }

  @Test func goesOnFromASavedState() throws {
    let whole = buffer([1, 2])
    let resumed = buffer([1, 2])
    let gradient = buffer([0, 0])
    defer { deallocate([whole, resumed, gradient]) }
    let first = AdamW(count: 2)
    var second = AdamW(count: 2)
    for step in 0..<6 {
      for (parameters, optimizer) in [(whole, first), (resumed, second)] {
        gradient[0] = Float(step)
        gradient[1] = 0.5
        optimizer.update([(parameters, gradient)], learningRate: 0.1, clip: 0)
      }
      second = try #require(AdamW(count: 2, state: second.state))
    }
    #expect(Array(whole) == Array(resumed))
    #expect(AdamW(count: 3, state: second.state) == nil)
  }

  @Test func aGradientThatIsNotFiniteChangesNothing() {
    let parameters = buffer([1])
    let gradient = buffer([.nan])
    defer { deallocate([parameters, gradient]) }
    let norm = AdamW(count: 1).update([(parameters, gradient)], learningRate: 1, clip: 1)
    #expect(norm.isNaN)
    #expect(parameters[0] == 1)
  }
}
