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

/// A matrix as a product sees it, transposed or not.
struct Factor {
  var matrix: Matrix
  var transposed: Bool

  var rows: Int { transposed ? matrix.columns : matrix.rows }
  var columns: Int { transposed ? matrix.rows : matrix.columns }
}

extension Matrix {
  var plain: Factor { Factor(matrix: self, transposed: false) }
  var transposed: Factor { Factor(matrix: self, transposed: true) }
}
