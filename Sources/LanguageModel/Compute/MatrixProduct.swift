import CKernels
import COneDNN

/// A row-major matrix, or a run of columns of a wider one: rows are `stride` floats apart.
struct Matrix {
  var base: UnsafeMutablePointer<Float>
  var rows: Int
  var columns: Int
  var stride: Int

  init(_ base: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, stride: Int? = nil) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  /// The `count` columns from `first` on.
  func columns(_ first: Int, _ count: Int) -> Matrix {
    Matrix(base + first, rows, count, stride: stride)
  }

  /// The rows of a range.
  func rows(_ range: Range<Int>) -> Matrix {
    Matrix(base + range.lowerBound * stride, range.count, columns, stride: stride)
  }

  /// Writes `row` to every row.
  func fillRows(with row: UnsafePointer<Float>) {
    for index in 0..<rows { (base + index * stride).update(from: row, count: columns) }
  }
}

/// A matrix as a factor of a product, transposed or not.
struct Factor {
  var matrix: Matrix
  var transposed: Bool
}

extension Matrix {
  var plain: Factor { Factor(matrix: self, transposed: false) }
  var transposed: Factor { Factor(matrix: self, transposed: true) }
}

/// out = scale · a · b, or out += scale · a · b, by oneDNN on all cores.
///
/// libgomp keeps a pool of threads for each thread that calls: call from one thread only. Signals
/// wait until the product is computed: a handler that ran in oneDNN's code would destroy the heap.
func multiply(
  _ a: Factor, _ b: Factor, into out: Matrix, scale: Float = 1, adding: Bool = false
) {
  let depth = a.transposed ? a.matrix.rows : a.matrix.columns
  assert((a.transposed ? a.matrix.columns : a.matrix.rows) == out.rows)
  assert((b.transposed ? b.matrix.rows : b.matrix.columns) == out.columns)
  assert((b.transposed ? b.matrix.columns : b.matrix.rows) == depth)
  guard out.rows > 0 else { return }
  let signals = apprentice_hold_signals()
  defer { apprentice_restore_signals(signals) }
  let status = dnnl_sgemm(
    letter(a), letter(b), dnnl_dim_t(out.rows), dnnl_dim_t(out.columns), dnnl_dim_t(depth), scale,
    a.matrix.base, dnnl_dim_t(a.matrix.stride), b.matrix.base, dnnl_dim_t(b.matrix.stride),
    adding ? 1 : 0, out.base, dnnl_dim_t(out.stride))
  precondition(status == dnnl_success, "oneDNN refused a matrix product")
}

private func letter(_ factor: Factor) -> CChar {
  CChar(bitPattern: UInt8(ascii: factor.transposed ? "T" : "N"))
}
