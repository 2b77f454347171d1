import CKernels
import LanguageModel
import TestSupport
import Testing

/// Compares an adapter's gradient with the reference's: its norm, each tensor's, and each tensor's
/// first and last numbers.
func expectGradient(
  _ gradient: UnsafeMutableBufferPointer<Float>, of adapter: LoRAAdapter, norm: Double,
  tensors: [Goldens.Gradient], within tolerance: Double = 1e-2
) throws {
  let total = apprentice_sum_of_squares(gradient.baseAddress, gradient.count).squareRoot()
  #expect(agree(total, norm, within: tolerance), "\(total) is not \(norm)")
  for tensor in tensors {
    let values = try factorInPEFTOrder(named: tensor.name, of: adapter, in: gradient)
    let computed = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(
      agree(computed, tensor.norm, within: tolerance), "\(tensor.name): \(computed), \(tensor.norm)"
    )
    // A single number may be small among its neighbours: measure it by their size.
    let size = tolerance * tensor.norm / Double(values.count).squareRoot()
    let pairs =
      Array(zip(values.prefix(tensor.first.count), tensor.first))
      + Array(zip(values.suffix(tensor.last.count), tensor.last))
    for (a, b) in pairs {
      #expect(agree(Double(a), b, within: tolerance, or: size), "\(tensor.name): \(a), \(b)")
    }
  }
}
