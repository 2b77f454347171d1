// The kernels, compiled once for each variant: LANES floats a vector, VARIANT the table's name.
// The including file has math.h, string.h and table.h; ADD_PAIRS and LOAD_HALVES are its own
// instructions, if it has them.

#pragma clang fp contract(fast)

// clang-format off
#include "vector.h"
#include "norm.h"
#include "head_norm.h"
#include "rope.h"
#include "swiglu.h"
#include "softmax.h"
#include "attention.h"
#include "adamw.h"
#include "product.h"
#include "codes.h"
#include "decode_thread.h"
// clang-format on

const struct kernel_table VARIANT = {
    .rms_norm = rms_norm,
    .rms_norm_backward = rms_norm_backward,
    .head_norm_backward = head_norm_backward,
    .rope = rope,
    .swiglu = swiglu,
    .swiglu_backward = swiglu_backward,
    .cross_entropy = cross_entropy,
    .exponentials = exponentials,
    .pick = pick,
    .attention_task = attention_task,
    .attention_backward_task = attention_backward_task,
    .add_heads = add_heads,
    .adamw = adamw,
    .sum_of_squares = sum_of_squares,
    .product_strip = STRIP,
    .product_rows = PRODUCT_ROWS,
    .product_part = product_part,
    .make_code_rows = make_code_rows,
    .code_product = code_product,
    .make_extra_rows = make_extra_rows,
    .decode_thread = decode_thread,
};
