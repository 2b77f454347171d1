import CKernels
import Feedback
import Foundation
import Testing

/// Every variant of every kernel that this processor runs, against plain loops in double precision.
extension ComputeTests {
  @Suite(.serialized) struct KernelTests {
    private func expect(
      _ computed: [Float], _ reference: [Double], within tolerance: Double = 1e-5,
      _ variant: apprentice_variant, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(computed.count == reference.count, sourceLocation: sourceLocation)
      let size = (reference.reduce(0) { $0 + $1 * $1 } / Double(reference.count)).squareRoot()
      let worst = zip(computed, reference).map { abs(Double($0) - $1) }.max() ?? 0
      #expect(
        worst <= tolerance * max(size, 1e-3), "variant \(variant.rawValue): off by \(worst)",
        sourceLocation: sourceLocation)
    }

    /// The slope of Σ out · dout along each input, by central differences.
    private func slopes(
      _ inputs: [Float], _ dout: [Float], _ function: ([Double]) -> [Double]
    ) -> [Double] {
      inputs.indices.map { index in
        func value(_ step: Double) -> Double {
          var moved = inputs.map(Double.init)
          moved[index] += step
          return zip(function(moved), dout).reduce(0) { $0 + $1.0 * Double($1.1) }
        }
        return (value(1e-5) - value(-1e-5)) / 2e-5
      }
    }

    // 37 is no multiple of any vector's length.
    @Test(arguments: [37, 64]) func `RMS norm and its gradient`(width: Int) {
      let rows = 5
      let x = numbers(rows * width, seed: 1)
      let weight = numbers(width, seed: 2)
      let dout = numbers(rows * width, seed: 3)
      func reference(_ x: [Double]) -> [Double] {
        (0..<rows).flatMap { row in
          let values = x[row * width..<(row + 1) * width]
          let mean = values.reduce(0) { $0 + $1 * $1 } / Double(width)
          return zip(values, weight).map { $0 / (mean + 1e-5).squareRoot() * Double($1) }
        }
      }
      let gradient = slopes(x, dout, reference)
      withEachVariant { variant in
        var out = [Float](repeating: 0, count: x.count)
        var inverse = [Float](repeating: 0, count: rows)
        apprentice_rms_norm(x, weight, &out, &inverse, rows, width, 1e-5)
        expect(out, reference(x.map(Double.init)), variant)
        var dx = [Float](repeating: 1, count: x.count)
        apprentice_rms_norm_backward(x, weight, inverse, dout, &dx, rows, width)
        expect(dx, gradient.map { $0 + 1 }, variant)
      }
    }

    @Test(arguments: [20, 32]) func `RMS norm of each head and its gradient`(size: Int) {
      let (rows, heads, stride, keptStride) = (3, 2, 2 * size + 5, 2 * size + 1)
      let x = numbers(rows * stride, seed: 21)
      let weight = numbers(size, seed: 22)
      let dout = numbers(rows * stride, seed: 23)
      /// Whether a number belongs to a head, and not to what follows the heads in a row.
      func isHead(_ index: Int) -> Bool { index % stride < heads * size }
      func reference(_ x: [Double]) -> [Double] {
        x.indices.map { index in
          guard isHead(index) else { return x[index] }
          let place = index % stride % size
          let values = x[index - place..<index - place + size]
          let mean = values.reduce(0) { $0 + $1 * $1 } / Double(size)
          return x[index] / (mean + 1e-5).squareRoot() * Double(weight[place])
        }
      }
      let gradient = slopes(x, dout, reference)
      withEachVariant { variant in
        var out = x
        var kept = [Float](repeating: 0, count: rows * keptStride)
        apprentice_head_norm(&out, stride, rows, heads, size, weight, 1e-5, &kept, keptStride)
        expect(out, reference(x.map(Double.init)), variant)
        var dx = dout
        apprentice_head_norm_backward(
          kept, keptStride, &dx, stride, rows, heads, size, weight, 1e-5)
        expect(dx, gradient, variant)
      }
    }

    @Test(arguments: [12, 16, 64]) func `rotary positions and back`(headSize: Int) {
      let (rows, heads, stride) = (6, 3, 3 * headSize + 8)
      let x = numbers(rows * stride, seed: 4)
      let positions: [Int32] = [0, 1, 5, 2, 7, 7]
      func angle(_ position: Int32, _ pair: Int) -> Double {
        Double(position) * pow(10_000, -2 * Double(pair) / Double(headSize))
      }
      var cosines: [Float] = []
      var sines: [Float] = []
      for position in Int32(0)..<8 {
        for pair in 0..<headSize / 2 {
          let (c, s) = (cos(angle(position, pair)), sin(angle(position, pair)))
          cosines += [Float(c), Float(c)]
          sines += [Float(-s), Float(s)]
        }
      }
      var reference = x.map(Double.init)
      for row in 0..<rows {
        for head in 0..<heads {
          for pair in 0..<headSize / 2 {
            let at = row * stride + head * headSize + 2 * pair
            let turn = angle(positions[row], pair)
            let (a, b) = (Double(x[at]), Double(x[at + 1]))
            reference[at] = a * cos(turn) - b * sin(turn)
            reference[at + 1] = a * sin(turn) + b * cos(turn)
          }
        }
      }
      withEachVariant { variant in
        var out = x
        apprentice_rope(&out, stride, rows, heads, headSize, positions, cosines, sines)
        expect(out, reference, variant)
        // A rotation's gradient is the rotation back.
        apprentice_rope_backward(&out, stride, rows, heads, headSize, positions, cosines, sines)
        expect(out, x.map(Double.init), variant)
      }
    }

    @Test(arguments: [37, 128]) func `SwiGLU and its gradient`(width: Int) {
      let rows = 3
      let gateUp = numbers(rows * 2 * width, seed: 5, spread: 6)
      let dout = numbers(rows * width, seed: 6)
      func reference(_ gateUp: [Double]) -> [Double] {
        (0..<rows).flatMap { row in
          (0..<width).map { column in
            let gate = gateUp[row * 2 * width + column]
            return gate / (1 + exp(-gate)) * gateUp[row * 2 * width + width + column]
          }
        }
      }
      let gradient = slopes(gateUp, dout, reference)
      withEachVariant { variant in
        var out = [Float](repeating: 0, count: rows * width)
        apprentice_swiglu(gateUp, &out, rows, width)
        expect(out, reference(gateUp.map(Double.init)), variant)
        var dgateUp = [Float](repeating: 9, count: gateUp.count)
        apprentice_swiglu_backward(gateUp, dout, &dgateUp, rows, width)
        expect(dgateUp, gradient, variant)
      }
    }

    @Test(arguments: [101, 5003]) func `cross-entropy and its gradient`(size: Int) {
      let rows = 4
      let logits = numbers(rows * size, seed: 7, spread: 12)
      let targets: [Int32] = [0, 50, 100, 3]
      let coefficients: [Float] = [-1, 0.5, -0.25, 2]
      var reference: [Double] = []
      var gradient: [Double] = []
      for row in 0..<rows {
        let values = logits[row * size..<(row + 1) * size].map(Double.init)
        let total = values.reduce(0) { $0 + exp($1) }
        reference.append(values[Int(targets[row])] - log(total))
        gradient += values.enumerated().map { index, value in
          Double(coefficients[row])
            * ((index == Int(targets[row]) ? 1 : 0) - exp(value) / total)
        }
      }
      withEachVariant { variant in
        var values = logits
        var logprobs = [Float](repeating: 0, count: rows)
        apprentice_cross_entropy(&values, rows, size, targets, nil, &logprobs)
        #expect(values == logits)
        expect(logprobs, reference, variant)
        apprentice_cross_entropy(&values, rows, size, targets, coefficients, &logprobs)
        expect(logprobs, reference, variant)
        expect(values, gradient, within: 1e-4, variant)
      }
    }

    @Test func `exponentials reach down to nothing`() {
      let logits: [Float] = (0..<1000).map { Float($0) * -0.12 } + [-1e4, -.infinity]
      withEachVariant { variant in
        var weights = [Float](repeating: -1, count: logits.count)
        var highest: Float = 1
        let total = apprentice_exponentials(logits, logits.count, 1.5, &weights, &highest)
        #expect(highest == 0)
        // The kernel rounds the product to a float before it is raised.
        let reference = logits.map { exp(Double(1.5 * $0)) }
        #expect(abs(total - reference.reduce(0, +)) < 1e-5 * total)
        for (weight, exact) in zip(weights, reference) {
          // Under the smallest normal number a weight may be 0.
          #expect(abs(Double(weight) - exact) <= 3e-7 * exact + 1e-37, "variant \(variant)")
        }
      }
    }

    @Test func `a pick falls where the running sum passes the target`() {
      var weights = [Float](repeating: 0, count: 1003)
      weights[17] = 0.25
      weights[600] = 0.5
      weights[1000] = 0.25
      withEachVariant { _ in
        for (target, index) in [
          (0.0, 17), (0.2, 17), (0.3, 600), (0.74, 600), (0.76, 1000), (2, 1000),
        ] {
          #expect(apprentice_pick(weights, weights.count, target) == index)
        }
      }
    }

    @Test func `transposition`() {
      let (rows, columns, stride) = (21, 9, 12)
      let values = numbers(rows * stride, seed: 10)
      var out = [Float](repeating: 0, count: columns * 30)
      apprentice_transpose(values, stride, rows, columns, &out, 30)
      for row in 0..<rows {
        for column in 0..<columns {
          #expect(out[column * 30 + row] == values[row * stride + column])
        }
      }
    }

    @Test(arguments: [1.0, 0.3]) func `AdamW against its formula`(scale: Double) {
      let count = 1029
      let start = numbers(count, seed: 11)
      var reference = start.map(Double.init)
      var moments = [(m: Double, v: Double)](repeating: (0, 0), count: count)
      for step in 1...3 {
        let gradient = numbers(count, seed: UInt64(20 + step))
        for index in 0..<count {
          let g = Double(gradient[index]) * scale
          moments[index].m = 0.9 * moments[index].m + 0.1 * g
          moments[index].v = 0.95 * moments[index].v + 0.05 * g * g
          let m = moments[index].m / (1 - pow(0.9, Double(step)))
          let v = moments[index].v / (1 - pow(0.95, Double(step)))
          reference[index] -= 0.01 * m / (v.squareRoot() + 1e-8)
        }
      }
      withEachVariant { variant in
        var parameters = start
        var first = [Float](repeating: 0, count: count)
        var second = first
        for step in 1...3 {
          apprentice_adamw(
            &parameters, numbers(count, seed: UInt64(20 + step)), &first, &second, count,
            Float(scale), 0.01, 0.9, 0.95, 1e-8, Int32(step))
        }
        expect(parameters, reference, variant)
      }
    }

    @Test func `sums of squares and fingerprints`() {
      var values = numbers(70_001, seed: 12)
      let reference = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      withEachVariant { _ in
        let sum = apprentice_sum_of_squares(values, values.count)
        #expect(abs(sum - reference) < 1e-6 * reference)
      }
      let before = apprentice_fingerprint(values, values.count)
      #expect(apprentice_fingerprint(values, values.count) == before)
      // The least change of any one value, and two that change places.
      for index in [0, 1, 15, 16, 17, 1093, 1094, 35_000, 69_999, 70_000] {
        let value = values[index]
        for bit in [0, 15, 31] {
          values[index] = Float(bitPattern: value.bitPattern ^ 1 << bit)
          #expect(apprentice_fingerprint(values, values.count) != before)
        }
        values[index] = value
      }
      #expect(apprentice_fingerprint(values, values.count) == before)
      for (one, other) in [(0, 1), (0, 2), (0, 16), (3, 69_000)] {
        values.swapAt(one, other)
        #expect(apprentice_fingerprint(values, values.count) != before)
        values.swapAt(one, other)
      }
      #expect(apprentice_fingerprint(values, 70_000) != before)
    }
  }
}
