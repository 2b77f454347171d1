// oneDNN's C API; the matrix products are its row-major dnnl_sgemm.
#include <dnnl.h>
