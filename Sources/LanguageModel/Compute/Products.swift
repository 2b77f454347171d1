import CKernels

/// Matrix products in float32 that are computed together, by all cores.
///
/// Kept and used again, so that nothing is allocated. From one thread only, as ``LanguageModel`` says.
final class Products {
  private let terms: UnsafeMutablePointer<apprentice_product_term>
  private let products: UnsafeMutablePointer<apprentice_product>
  private var termCount = 0
  private var count = 0
  private static let capacity = 16

  init() {
    terms = .allocate(capacity: Self.capacity)
    products = .allocate(capacity: Self.capacity)
  }

  deinit {
    terms.deallocate()
    products.deallocate()
  }

  /// Adds out = scale · a · b, or out += scale · a · b; it must not need what the others compute.
  func add(_ a: Factor, _ b: Factor, scale: Float = 1, into out: Factor, adding: Bool = false) {
    precondition(count < Self.capacity, "too many products at once")
    assert(a.rows == out.rows && b.columns == out.columns && a.columns == b.rows)
    products[count] = apprentice_product(
      terms: terms + termCount, count: 0, rows: out.rows, columns: out.columns,
      out: out.matrix.base, out_stride: out.matrix.stride,
      out_transposed: out.transposed ? 1 : 0, accumulate: adding ? 1 : 0)
    count += 1
    addTerm(a, b, scale: scale)
  }

  /// Adds a · b to the product that was added last.
  func add(_ a: Factor, _ b: Factor) {
    precondition(count > 0 && a.rows == products[count - 1].rows)
    assert(b.columns == products[count - 1].columns && a.columns == b.rows)
    addTerm(a, b, scale: 1)
  }

  private func addTerm(_ a: Factor, _ b: Factor, scale: Float) {
    precondition(termCount < Self.capacity, "too many products at once")
    terms[termCount] = apprentice_product_term(
      a: a.matrix.base, a_stride: a.matrix.stride, a_transposed: a.transposed ? 1 : 0,
      b: b.matrix.base, b_stride: b.matrix.stride, b_transposed: b.transposed ? 1 : 0,
      depth: a.columns, scale: scale)
    termCount += 1
    products[count - 1].count += 1
  }

  /// Computes what was added since the last time.
  func compute() {
    apprentice_multiply(products, count)
    count = 0
    termCount = 0
  }
}

/// out = scale · a · b, or out += scale · a · b, in float32 by all cores; see ``Products``.
func multiply(
  _ a: Factor, _ b: Factor, into out: Matrix, scale: Float = 1, adding: Bool = false
) {
  assert(a.rows == out.rows && b.columns == out.columns && a.columns == b.rows)
  var term = apprentice_product_term(
    a: a.matrix.base, a_stride: a.matrix.stride, a_transposed: a.transposed ? 1 : 0,
    b: b.matrix.base, b_stride: b.matrix.stride, b_transposed: b.transposed ? 1 : 0,
    depth: a.columns, scale: scale)
  withUnsafePointer(to: &term) { term in
    var product = apprentice_product(
      terms: term, count: 1, rows: out.rows, columns: out.columns, out: out.base,
      out_stride: out.stride, out_transposed: 0, accumulate: adding ? 1 : 0)
    apprentice_multiply(&product, 1)
  }
}
