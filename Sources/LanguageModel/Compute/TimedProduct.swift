import CKernels
import COneDNN

/// The sizes of a product `[rows, depth] · [depth, columns]`.
struct ProductShape {
  var rows: Int
  var columns: Int
  var depth: Int

  /// Multiplications and additions.
  var operations: Double { 2 * Double(rows) * Double(columns) * Double(depth) }
}

/// A matrix product that is ready to be computed again and again.
protocol TimedProduct {
  func compute()
  /// `[rows, columns]`.
  var result: Matrix { get }
}

/// The factors and the result of a product.
private struct Operands {
  let memory: FloatMemory
  let shape: ProductShape
  let a, b, out: UnsafeMutablePointer<Float>

  init(_ shape: ProductShape) throws(LanguageModelError) {
    self.shape = shape
    let sizes = [shape.rows * shape.depth, shape.depth * shape.columns, shape.rows * shape.columns]
    memory = try FloatMemory(count: sizes.reduce(0, +))
    a = memory.base
    b = a + sizes[0]
    out = b + sizes[1]
    a.update(repeating: 0.5, count: sizes[0])
    b.update(repeating: 0.25, count: sizes[1])
  }

  var result: Matrix { Matrix(out, shape.rows, shape.columns) }
}

/// By `dnnl_sgemm`.
struct PlainProduct: TimedProduct {
  private let operands: Operands

  init(_ shape: ProductShape) throws(LanguageModelError) {
    operands = try Operands(shape)
  }

  func compute() {
    let signals = apprentice_hold_signals()
    defer { apprentice_restore_signals(signals) }
    let shape = operands.shape
    let (rows, columns, depth) = (
      dnnl_dim_t(shape.rows), dnnl_dim_t(shape.columns), dnnl_dim_t(shape.depth)
    )
    let plain = CChar(bitPattern: UInt8(ascii: "N"))
    check(
      dnnl_sgemm(
        plain, plain, rows, columns, depth, 1, operands.a, depth, operands.b, columns, 0,
        operands.out, columns))
  }

  var result: Matrix { operands.result }
}

/// By a primitive of oneDNN's, with the weights in the layout that it chose itself.
final class PrimitiveProduct: TimedProduct {
  enum Kind {
    case matmul, innerProduct
  }

  private let operands: Operands
  private let weights: FloatMemory
  private var engine: dnnl_engine_t?
  private var stream: dnnl_stream_t?
  private var primitive: dnnl_primitive_t?
  private var arguments: [dnnl_exec_arg_t] = []

  init(_ shape: ProductShape, _ kind: Kind) throws(LanguageModelError) {
    let signals = apprentice_hold_signals()
    defer { apprentice_restore_signals(signals) }
    operands = try Operands(shape)
    check(dnnl_engine_create(&engine, dnnl_cpu, 0))
    check(dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)))

    // An inner product's weights are [outputs, inputs], a matrix product's [inputs, outputs].
    let weightRows = kind == .matmul ? shape.depth : shape.columns
    let weightColumns = kind == .matmul ? shape.columns : shape.depth
    var a = description(shape.rows, shape.depth, dnnl_ab)
    var anyWeights = description(weightRows, weightColumns, dnnl_format_tag_any)
    var out = description(shape.rows, shape.columns, dnnl_ab)
    var plan: dnnl_primitive_desc_t?
    switch kind {
    case .matmul:
      var operation = dnnl_matmul_desc_t()
      check(dnnl_matmul_desc_init(&operation, &a, &anyWeights, nil, &out))
      check(dnnl_primitive_desc_create(&plan, &operation, nil, engine, nil))
    case .innerProduct:
      var operation = dnnl_inner_product_desc_t()
      check(
        dnnl_inner_product_forward_desc_init(
          &operation, dnnl_forward_inference, &a, &anyWeights, nil, &out))
      check(dnnl_primitive_desc_create(&plan, &operation, nil, engine, nil))
    }
    defer { dnnl_primitive_desc_destroy(plan) }
    check(dnnl_primitive_create(&primitive, plan))

    var chosen = dnnl_primitive_desc_query_md(plan, dnnl_query_weights_md, 0).pointee
    weights = try FloatMemory(
      count: dnnl_memory_desc_get_size(&chosen) / MemoryLayout<Float>.stride)
    var plain = description(weightRows, weightColumns, dnnl_ab)
    let from = memory(&plain, operands.b)
    let to = memory(&chosen, weights.base)
    reorder(from, &plain, to, &chosen)
    dnnl_memory_destroy(from)
    arguments = [
      dnnl_exec_arg_t(arg: DNNL_ARG_SRC_0, memory: memory(&a, operands.a)),
      dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS_0, memory: to),
      dnnl_exec_arg_t(arg: DNNL_ARG_DST_0, memory: memory(&out, operands.out)),
    ]
  }

  deinit {
    for argument in arguments { dnnl_memory_destroy(argument.memory) }
    dnnl_primitive_destroy(primitive)
    dnnl_stream_destroy(stream)
    dnnl_engine_destroy(engine)
  }

  func compute() {
    let signals = apprentice_hold_signals()
    defer { apprentice_restore_signals(signals) }
    check(dnnl_primitive_execute(primitive, stream, Int32(arguments.count), arguments))
    check(dnnl_stream_wait(stream))
  }

  var result: Matrix { operands.result }

  private func memory(
    _ description: inout dnnl_memory_desc_t, _ place: UnsafeMutablePointer<Float>
  ) -> dnnl_memory_t {
    var memory: dnnl_memory_t?
    check(dnnl_memory_create(&memory, &description, engine, place))
    return memory!
  }

  /// Writes the weights in another layout.
  private func reorder(
    _ from: dnnl_memory_t, _ fromDescription: inout dnnl_memory_desc_t,
    _ to: dnnl_memory_t, _ toDescription: inout dnnl_memory_desc_t
  ) {
    var plan: dnnl_primitive_desc_t?
    var reorder: dnnl_primitive_t?
    check(
      dnnl_reorder_primitive_desc_create(
        &plan, &fromDescription, engine, &toDescription, engine, nil))
    check(dnnl_primitive_create(&reorder, plan))
    let arguments = [
      dnnl_exec_arg_t(arg: DNNL_ARG_SRC_0, memory: from),
      dnnl_exec_arg_t(arg: DNNL_ARG_DST_0, memory: to),
    ]
    check(dnnl_primitive_execute(reorder, stream, 2, arguments))
    check(dnnl_stream_wait(stream))
    dnnl_primitive_destroy(reorder)
    dnnl_primitive_desc_destroy(plan)
  }
}

/// A float32 matrix as oneDNN describes it.
private func description(
  _ rows: Int, _ columns: Int, _ layout: dnnl_format_tag_t
) -> dnnl_memory_desc_t {
  var description = dnnl_memory_desc_t()
  check(
    dnnl_memory_desc_init_by_tag(
      &description, 2, [dnnl_dim_t(rows), dnnl_dim_t(columns)], dnnl_f32, layout))
  return description
}

private func check(_ status: dnnl_status_t) {
  precondition(status == dnnl_success, "oneDNN refused a matrix product")
}
